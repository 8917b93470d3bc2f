/* One image series of DICOM files: its slices in order, its grid, its voxels in physical units.
 *
 * Classic objects (a file per slice) and enhanced ones (a file of frames with functional groups)
 * look the same from outside: dicom_slice_numbers and dicom_slice_text know where to look. */
#ifndef YTTRIA_CONVERT_DICOM_SERIES_H
#define YTTRIA_CONVERT_DICOM_SERIES_H

#include <stdbool.h>
#include <stddef.h>

#include "convert/dicom_file.h"
#include "core/volume.h"

enum { DICOM_CODE_SIZE = 20, DICOM_ID_SIZE = 80 };

typedef struct DicomSlice {
    const DicomFile *file;
    size_t file_number; /* in the series */
    size_t frame;       /* in the file, from 0 */
    bool is_enhanced;   /* the file has functional groups */
} DicomSlice;

typedef struct DicomSeries {
    DicomFile **files; /* headers, open; owned */
    size_t n_files;
    DicomSlice *slices; /* in the order of the grid's k; owned */
    Grid grid;
    bool is_uneven;                 /* see slice_stack.h */
    char modality[DICOM_CODE_SIZE]; /* "PT", "CT", "MR" */
    char series_uid[DICOM_ID_SIZE]; /* in memory only */
    char frame_uid[DICOM_ID_SIZE];  /* in memory only; "" if missing */
    char patient_id[DICOM_ID_SIZE]; /* in memory only; "" if missing */
} DicomSeries;

/* Opens the one image series at `path` (a folder or a file) whose modality is listed in
 * `modalities`, such as "CT|MR". Objects without pixels and other modalities are passed over.
 * STATUS_BAD_DATA if there is none or more than one, or if its files disagree in Patient ID, size,
 * orientation or spacing, or do not make a regular stack; STATUS_NO_INPUT if `path` is missing.
 * Close with dicom_series_close, also after a failure. */
Status dicom_series_open(const char *path, const char *modalities, DicomSeries *series,
                         Error *error);
void dicom_series_close(DicomSeries *series);

/* An element of one slice: in its functional groups (`macro` is the sequence there, such as
 * "0020,9113"), or at the top level of its file. As dicom_numbers and dicom_text. */
size_t dicom_slice_numbers(const DicomSlice *slice, const char *macro, const char *element,
                           double *values, size_t max);
bool dicom_slice_text(const DicomSlice *slice, const char *macro, const char *element, char *text,
                      size_t size);

/* Stored values times slope plus intercept of each slice. CT: padding (0028,0120) and whatever is
 * below -1024 HU becomes -1024 HU, air: outside of the scanned circle there is no tissue.
 * `volume` is allocated here; the caller frees it. */
Status dicom_series_read(const DicomSeries *series, Volume *volume, Error *error);

#endif
