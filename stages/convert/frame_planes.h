/* Where the frames of a multi-frame object lie: on an image's grid, or on a grid of their own. */
#ifndef YTTRIA_CONVERT_FRAME_PLANES_H
#define YTTRIA_CONVERT_FRAME_PLANES_H

#include <stdbool.h>

#include "core/geometry.h"

/* Parallel frames of one size. Owns `positions_mm`. */
typedef struct FramePlanes {
    size_t width, height;
    double row_mm[3];        /* step from column i to i + 1 */
    double column_mm[3];     /* step from row j to j + 1 */
    double slice_spacing_mm; /* as the header states; 0 if it does not */
    size_t count;
    double (*positions_mm)[3]; /* centre of each frame's first voxel */
} FramePlanes;

/* True if every frame is a slice of `grid`, voxel on voxel within a tenth of a voxel; then
 * slices[n] is the index k of frame n. */
bool frame_planes_on_grid(const FramePlanes *planes, const Grid *grid, size_t *slices);

/* The grid that the frames span, slices ordered along row x column, frames that are missing left
 * as slices of their own. `slices` as above. The spacing is the header's if it divides the smallest
 * gap, else the smallest gap. `*unevenness` is the largest distance of a frame from its slice, in
 * spacings. STATUS_BAD_DATA if it exceeds a fifth, or if there is no telling the spacing. */
Status frame_planes_grid(const FramePlanes *planes, Grid *grid, size_t *slices, double *unevenness,
                         Error *error);

#endif
