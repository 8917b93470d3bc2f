/* The DICOM files below a folder, in an order that does not depend on the file system. */
#ifndef YTTRIA_CONVERT_DICOM_FOLDER_H
#define YTTRIA_CONVERT_DICOM_FOLDER_H

#include <stddef.h>

#include "core/error.h"

/* Paths of DICOM files, sorted. Owned; free with dicom_folder_free. */
typedef struct DicomFolder {
    char **paths;
    size_t count;
} DicomFolder;

/* Lists `path` itself if it is a file, else the DICOM files of the folder and its subfolders.
 * Links are followed; hidden files, DICOMDIRs and files of other formats are passed over.
 * STATUS_NO_INPUT if `path` is not there; STATUS_BAD_DATA if there is no DICOM file, or a file
 * that ends in .dcm is not DICOM (an interrupted copy). */
Status dicom_folder_list(const char *path, DicomFolder *folder, Error *error);
void dicom_folder_free(DicomFolder *folder);

#endif
