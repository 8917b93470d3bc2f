/* NIfTI label images: every label value a structure. */
#ifndef YTTRIA_CONVERT_LABEL_IMAGE_H
#define YTTRIA_CONVERT_LABEL_IMAGE_H

#include "convert/structure_list.h"

/* Reads a NIfTI image (see nifti_image.h) whose values are labels 0 to 65535. STATUS_NO_INPUT if it
 * is not there; STATUS_BAD_DATA if it cannot be read or has values that are no labels (fractions,
 * negative, NaN). The caller frees `map`. */
Status label_image_load(const char *path, LabelMap *map, Error *error);

/* Appends every label value that `map` wants to `list`; a value has no name, but in a file whose
 * only value is 1 the file's own name is its name ("liver.nii.gz"). The structures lie on the image
 * of the same size and affine (within 0.01 mm), else on one whose voxels (within 0.01 voxel) are
 * the file's with axes turned or swapped, else on one of which the file is such a part; where there
 * are several, anatomy goes before CT or MR, these before PET. They keep the file's grid. Without
 * such an image they lie in the one frame of reference that all images share; STATUS_BAD_DATA if
 * there is no such frame. */
Status label_image_read(const char *path, StructureMap *map, const PatientImage *images,
                        size_t n_images, StructureList *list, Error *error);

#endif
