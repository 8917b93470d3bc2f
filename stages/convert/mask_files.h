/* The files of a mask row, in the order of their names. */
#ifndef YTTRIA_CONVERT_MASK_FILES_H
#define YTTRIA_CONVERT_MASK_FILES_H

#include <stddef.h>

#include "core/error.h"

typedef enum MaskFormat { MASK_RTSTRUCT, MASK_SEG, MASK_NIFTI } MaskFormat;

typedef struct MaskFile {
    char *path;
    MaskFormat format;
} MaskFile;

typedef struct MaskFiles {
    MaskFile *items;
    size_t count;
} MaskFiles;

/* `path` itself, or the mask files directly in the folder `path`; what is neither RTSTRUCT, SEG nor
 * NIfTI is passed over in a folder and STATUS_BAD_DATA as a file. STATUS_NO_INPUT if there is no
 * mask. Free with mask_files_free in any case. */
Status mask_files_find(const char *path, MaskFiles *files, Error *error);

void mask_files_free(MaskFiles *files);

#endif
