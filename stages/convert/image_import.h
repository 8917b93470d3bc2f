/* An image row of images.tsv into /images of convert.h5: voxels in known units, geometry, and for
 * a PET the times that its dose needs. */
#ifndef YTTRIA_CONVERT_IMAGE_IMPORT_H
#define YTTRIA_CONVERT_IMAGE_IMPORT_H

#include "convert/dicom_series.h"
#include "convert/frame_registry.h"
#include "convert/patient_image.h"
#include "core/flags.h"
#include "core/nuclide.h"
#include "core/store.h"

/* What a patient's images share. */
typedef struct ImageImport {
    FrameRegistry *frames;
    Store *output;
    Flags *flags;
    const Nuclide *nuclide;         /* the configured one */
    const Table *treatments;        /* as in convert.h5; for the flag injection_time_differs */
    char patient_id[DICOM_ID_SIZE]; /* of the DICOM files so far; in memory only */
} ImageImport;

/* Imports the image at `path`: a NIfTI file, a DICOM series (a folder or a file), or a folder that
 * holds no DICOM but one NIfTI file (not hidden; in subfolders too). `image` is filled in.
 * STATUS_BAD_DATA and STATUS_NO_INPUT as the readers say; also if a voxel is NaN or infinite, or
 * the DICOM files belong to another patient than those before. */
Status image_import(ImageImport *import, const char *role, const char *timepoint, const char *path,
                    PatientImage *image, Error *error);

/* Fails if a DICOM file at `path` has another Patient ID than the images so far. */
Status image_import_check_patient(ImageImport *import, const char *path, Error *error);

#endif
