/* Distances from the outside (erosion) or from the inside (dilation), cut at the shift. */
#include "segment/contour_band.h"

#include <math.h>
#include <stdlib.h>

#include "segment/distance_transform.h"

enum { MAX_SPLIT = 8 };

/* How far the surface lies before the nearest centre on its other side, in parts of voxels. */
static const double reach = 0.25;

/* Bounding box of the label: lowest and highest index along each axis. */
static void find_box(const LabelMap *mask, size_t low[3], size_t high[3]) {
    const size_t *size = mask->grid.size;
    size_t n = 0;
    for (int axis = 0; axis < 3; axis++) {
        low[axis] = size[axis] - 1;
        high[axis] = 0;
    }
    for (size_t k = 0; k < size[2]; k++) {
        for (size_t j = 0; j < size[1]; j++) {
            for (size_t i = 0; i < size[0]; i++, n++) {
                const size_t at[3] = {i, j, k};
                for (int axis = 0; mask->labels[n] == 1 && axis < 3; axis++) {
                    low[axis] = at[axis] < low[axis] ? at[axis] : low[axis];
                    high[axis] = at[axis] > high[axis] ? at[axis] : high[axis];
                }
            }
        }
    }
}

/* How the mask's voxels are split, and the layers of empty parts put around them. */
typedef struct Lattice {
    size_t split[3], border[3];
} Lattice;

/* Parts of at most half the shift, so that the surface can move by the shift and not only by
 * whole voxels. */
static Lattice choose_lattice(const double spacing_mm[3], double shift_mm) {
    Lattice lattice;
    for (int axis = 0; axis < 3; axis++) {
        double parts = shift_mm != 0 ? ceil(2 * spacing_mm[axis] / fabs(shift_mm) - 1e-9) : 1;
        lattice.split[axis] = (size_t)fmin(parts, MAX_SPLIT);
        double part_mm = spacing_mm[axis] / (double)lattice.split[axis];
        lattice.border[axis] = 1 + (shift_mm > 0 ? (size_t)ceil(shift_mm / part_mm) : 0);
    }
    return lattice;
}

/* The grid of the box's parts with the border, which may lie beyond the mask's grid. */
static Grid split_box(const Grid *grid, const size_t low[3], const size_t high[3],
                      const Lattice *lattice) {
    Grid box = *grid;
    double first[3];
    for (int axis = 0; axis < 3; axis++) {
        double part = 1 / (double)lattice->split[axis];
        first[axis] = (double)low[axis] - 0.5 + part * (0.5 - (double)lattice->border[axis]);
        box.size[axis] =
            (high[axis] - low[axis] + 1) * lattice->split[axis] + 2 * lattice->border[axis];
        for (int row = 0; row < 3; row++) {
            box.affine.m[row][axis] *= part;
        }
    }
    affine_apply(&grid->affine, first, first);
    for (int axis = 0; axis < 3; axis++) {
        box.affine.m[axis][3] = first[axis];
    }
    return box;
}

/* Marks the parts of the mask's voxels. */
static void copy_marks(const LabelMap *mask, const size_t low[3], const Lattice *lattice,
                       const size_t size[3], unsigned char *marks) {
    const size_t *border = lattice->border, *split = lattice->split;
    for (size_t k = border[2]; k < size[2] - border[2]; k++) {
        for (size_t j = border[1]; j < size[1] - border[1]; j++) {
            size_t row = (low[2] + (k - border[2]) / split[2]) * mask->grid.size[1] + low[1] +
                         (j - border[1]) / split[1];
            const uint16_t *in = mask->labels + row * mask->grid.size[0] + low[0];
            unsigned char *out = marks + (k * size[1] + j) * size[0];
            for (size_t i = border[0]; i < size[0] - border[0]; i++) {
                out[i] = in[(i - border[0]) / split[0]] == 1;
            }
        }
    }
}

/* Labels the voxels further than the shift from the surface on the other side. */
static size_t cut_at_shift(const unsigned char *marks, const float *squared_mm2, double shift_mm,
                           double reach_mm, LabelMap *moved) {
    size_t total = grid_voxel_count(&moved->grid), voxels = 0;
    const double rounding_mm = 1e-4; /* a layer at exactly the shift goes the same way always */
    for (size_t n = 0; n < total; n++) {
        double to_surface_mm = sqrt((double)squared_mm2[n]) - reach_mm;
        bool is_kept = shift_mm <= 0 ? marks[n] == 1 && to_surface_mm > -shift_mm - rounding_mm
                                     : marks[n] == 1 || to_surface_mm < shift_mm - rounding_mm;
        moved->labels[n] = is_kept;
        voxels += is_kept;
    }
    return voxels;
}

Status contour_band_move(const LabelMap *mask, double shift_mm, LabelMap *moved, size_t *parts,
                         Error *error) {
    size_t low[3], high[3];
    double spacing_mm[3];
    unsigned char *marks = NULL;
    float *squared_mm2 = NULL;
    const double no_shift[3] = {0, 0, 0};
    *moved = (LabelMap){0};
    grid_spacing_mm(&mask->grid, spacing_mm);
    *parts = 0;
    find_box(mask, low, high);
    if (low[0] > high[0]) { /* nothing is labelled */
        return STATUS_OK;
    }
    Lattice lattice = choose_lattice(spacing_mm, shift_mm);
    Grid box = split_box(&mask->grid, low, high, &lattice);
    size_t total = grid_voxel_count(&box);
    Status status = label_map_create(&box, moved, error);
    if (status != STATUS_OK) {
        return status;
    }
    marks = calloc(total, 1);
    squared_mm2 = malloc(total * sizeof *squared_mm2);
    if (marks == NULL || squared_mm2 == NULL) {
        status = error_no_memory(error, "a contour band");
        goto done;
    }
    copy_marks(mask, low, &lattice, box.size, marks);
    grid_spacing_mm(&box, spacing_mm);
    status =
        distance_transform(marks, shift_mm > 0, box.size, spacing_mm, no_shift, squared_mm2, error);
    if (status == STATUS_OK) {
        double reach_mm = reach * cbrt(spacing_mm[0] * spacing_mm[1] * spacing_mm[2]);
        *parts = cut_at_shift(marks, squared_mm2, shift_mm, reach_mm, moved);
    }
done:
    free(marks);
    free(squared_mm2);
    return status;
}
