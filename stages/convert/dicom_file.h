/* One DICOM file: elements by path, pixels as stored integers. The only door to GDCM; the
 * implementation (dicom_file.cpp, dicom_pixels.cpp) is the project's only C++.
 *
 * An element path is "gggg,eeee" in hexadecimal, through sequences as
 * "0054,0016[0]/0018,1074". Items count from 0. */
#ifndef YTTRIA_CONVERT_DICOM_FILE_H
#define YTTRIA_CONVERT_DICOM_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#include "core/error.h"

typedef struct DicomFile DicomFile;

/* True if the file starts like DICOM: a preamble with "DICM", or a plausible data set without
 * one. Cheap: reads no more than the start. */
bool dicom_is_dicom(const char *path);

/* Reads the header, not the pixels. STATUS_NO_INPUT if it cannot be opened, STATUS_BAD_DATA if it
 * cannot be parsed or ends before its elements do. Close with dicom_close (NULL is fine). */
Status dicom_open(const char *path, DicomFile **file, Error *error);
void dicom_close(DicomFile *file);

bool dicom_has(const DicomFile *file, const char *element);

/* The value as text, without padding; values of a multi-valued element are separated by '\\'.
 * Returns false, and "" in `text`, if the element is missing or empty. Cut at `size`. */
bool dicom_text(const DicomFile *file, const char *element, char *text, size_t size);

/* Up to `max` numbers of the element (DS, IS, US, SS, UL, SL, FL, FD, AT as two numbers); how many
 * there are, 0 if missing or not numeric. */
size_t dicom_numbers(const DicomFile *file, const char *element, double *values, size_t max);

/* Number of items; 0 if the sequence is missing. */
size_t dicom_sequence_length(const DicomFile *file, const char *element);

/* Rows x columns x frames of stored pixel values, before rescale, decompressed, in new memory:
 * values[frame][row][column]. One sample per pixel, or STATUS_BAD_DATA. 1-bit data (SEG) is
 * unpacked to 0 and 1. Truncated pixel data is STATUS_BAD_DATA, never padded. */
Status dicom_read_pixels(const DicomFile *file, size_t size[3], int32_t **values, Error *error);

#ifdef __cplusplus
}
#endif

#endif
