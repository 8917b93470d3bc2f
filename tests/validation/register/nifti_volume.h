/* Reads a NIfTI test image as a Volume in LPS millimetres. Header only: each test is a program. */
#ifndef YTTRIA_TESTS_VALIDATION_REGISTER_NIFTI_VOLUME_H
#define YTTRIA_TESTS_VALIDATION_REGISTER_NIFTI_VOLUME_H

#include <nifti2_io.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/volume.h"

static inline float nifti_volume_value(const nifti_image *image, size_t n) {
    switch (image->datatype) {
    case DT_UINT8:
        return ((const uint8_t *)image->data)[n];
    case DT_INT16:
        return ((const int16_t *)image->data)[n];
    case DT_INT32:
        return (float)((const int32_t *)image->data)[n];
    case DT_FLOAT32:
        return ((const float *)image->data)[n];
    case DT_FLOAT64:
        return (float)((const double *)image->data)[n];
    default:
        fprintf(stderr, "datatype %d is not one of the test images'\n", image->datatype);
        exit(EXIT_FAILURE);
    }
}

/* The caller frees the volume. A missing file ends the program: the repository holds them. */
static inline Volume nifti_volume_read(const char *path) {
    nifti_image *image = nifti_image_read(path, 1);
    Volume volume = {0};
    Grid grid = {.affine = affine_identity()};
    Error error;
    if (!image) {
        fprintf(stderr, "%s cannot be read: run the tests from the top of the repository\n", path);
        exit(EXIT_FAILURE);
    }
    for (int axis = 0; axis < 3; axis++) {
        grid.size[axis] = (size_t)image->dim[axis + 1];
        for (int c = 0; c < 4; c++) {
            const double ras = (double)image->sto_xyz.m[axis][c];
            grid.affine.m[axis][c] = axis < 2 ? -ras : ras;
        }
    }
    if (volume_create(&grid, &volume, &error) != STATUS_OK) {
        exit(EXIT_FAILURE);
    }
    const float slope = image->scl_slope != 0.0 ? (float)image->scl_slope : 1.0f;
    for (size_t n = 0; n < grid_voxel_count(&grid); n++) {
        volume.voxels[n] = slope * nifti_volume_value(image, n) + (float)image->scl_inter;
    }
    nifti_image_free(image);
    return volume;
}

#endif
