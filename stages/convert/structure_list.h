/* The structures of a mask row, cropped, between reading and writing. */
#ifndef YTTRIA_CONVERT_STRUCTURE_LIST_H
#define YTTRIA_CONVERT_STRUCTURE_LIST_H

#include <stdbool.h>

#include "convert/patient_image.h"
#include "convert/structure_map.h"
#include "core/volume.h"

typedef struct Structure {
    StructureName name;
    const char *format;             /* "RTSTRUCT", "SEG", "NIFTI" */
    const char *image;              /* name of the image on whose grid it lies, or "none" */
    const char *frame_of_reference; /* "F1", ..., or "none" */
    LabelMap mask;                  /* 1 inside, cropped */
} Structure;

typedef struct StructureList {
    Structure *items;
    size_t count;
} StructureList;

/* Appends a copy of the voxels that carry `label` in `full`, as 1, cropped to their bounding box
 * with one voxel of margin where the grid allows. Borrows the strings. STATUS_BAD_DATA ("empty
 * lesion L1 ...") if no voxel does. `structure->mask` is not read. */
Status structure_list_add(StructureList *list, const Structure *structure, const LabelMap *full,
                          uint16_t label, Error *error);

void structure_list_free(StructureList *list);

#endif
