/* See frame_planes.h. */
#include "convert/frame_planes.h"

#include <math.h>
#include <stdlib.h>

static const double ON_GRID_VOXELS = 0.1;
static const double SAME_PLANE_MM = 0.01;
static const double MAX_UNEVENNESS = 0.2;
static const double DIVIDES_WITHIN = 0.05;
static const double MAX_SLICES = 4096;

/* Height of a frame along the normal. */
typedef struct FrameHeight {
    double mm;
    size_t frame;
} FrameHeight;

static bool is_at_index(const Affine *to_index, const double position_mm[3], double i, double j,
                        double k) {
    double index[3];
    affine_apply(to_index, position_mm, index);
    return fabs(index[0] - i) <= ON_GRID_VOXELS && fabs(index[1] - j) <= ON_GRID_VOXELS &&
           fabs(index[2] - k) <= ON_GRID_VOXELS;
}

static bool is_slice(const FramePlanes *planes, size_t frame, const Grid *grid,
                     const Affine *to_index, size_t *slice) {
    const double *origin = planes->positions_mm[frame];
    double index[3], row_end[3], column_end[3];
    double last_i = (double)planes->width - 1, last_j = (double)planes->height - 1;
    affine_apply(to_index, origin, index);
    double k = round(index[2]);
    if (!(k >= 0 && k < (double)grid->size[2])) {
        return false;
    }
    for (int axis = 0; axis < 3; axis++) {
        row_end[axis] = origin[axis] + last_i * planes->row_mm[axis];
        column_end[axis] = origin[axis] + last_j * planes->column_mm[axis];
    }
    *slice = (size_t)k;
    return is_at_index(to_index, origin, 0, 0, k) && is_at_index(to_index, row_end, last_i, 0, k) &&
           is_at_index(to_index, column_end, 0, last_j, k);
}

bool frame_planes_on_grid(const FramePlanes *planes, const Grid *grid, size_t *slices) {
    Affine to_index;
    Error ignored;
    if (planes->width != grid->size[0] || planes->height != grid->size[1] ||
        affine_invert(&grid->affine, &to_index, &ignored) != STATUS_OK) {
        return false;
    }
    for (size_t n = 0; n < planes->count; n++) {
        if (!is_slice(planes, n, grid, &to_index, &slices[n])) {
            return false;
        }
    }
    return true;
}

static int compare_heights(const void *a, const void *b) {
    double x = ((const FrameHeight *)a)->mm, y = ((const FrameHeight *)b)->mm;
    return (x > y) - (x < y);
}

/* Unit vector along row x column. */
static void unit_normal(const FramePlanes *planes, double normal[3]) {
    const double *r = planes->row_mm, *c = planes->column_mm;
    double cross[3] = {r[1] * c[2] - r[2] * c[1], r[2] * c[0] - r[0] * c[2],
                       r[0] * c[1] - r[1] * c[0]};
    double length = sqrt(cross[0] * cross[0] + cross[1] * cross[1] + cross[2] * cross[2]);
    for (int axis = 0; axis < 3; axis++) {
        normal[axis] = cross[axis] / length;
    }
}

/* Slice spacing from sorted heights and header; 0 if there is no telling. */
static double slice_spacing(const FrameHeight *heights, size_t count, double stated_mm) {
    double smallest = 0;
    for (size_t n = 1; n < count; n++) {
        double gap = heights[n].mm - heights[n - 1].mm;
        if (gap > SAME_PLANE_MM && (smallest == 0 || gap < smallest)) {
            smallest = gap;
        }
    }
    if (smallest == 0) {
        return stated_mm;
    }
    double parts = stated_mm > 0 ? round(smallest / stated_mm) : 0;
    bool divides = parts >= 1 && fabs(smallest / stated_mm - parts) <= DIVIDES_WITHIN;
    return divides ? smallest / parts : smallest;
}

/* Counts slices from gap to gap, so that small errors do not add up. False if there are too many.
 */
static bool number_slices(const FrameHeight *heights, size_t count, double spacing_mm,
                          size_t *slices) {
    double slice = 0;
    for (size_t n = 0; n < count; n++) {
        slice += n == 0 ? 0 : round((heights[n].mm - heights[n - 1].mm) / spacing_mm);
        if (!(slice < MAX_SLICES)) {
            return false;
        }
        slices[heights[n].frame] = (size_t)slice;
    }
    return true;
}

/* Fills the grid from the first and last frame's positions; returns the unevenness. */
static double span_grid(const FramePlanes *planes, const size_t *slices, size_t first, size_t last,
                        const double normal[3], double spacing_mm, Grid *grid) {
    size_t n_steps = slices[last];
    double step[3], worst = 0;
    *grid =
        (Grid){.size = {planes->width, planes->height, n_steps + 1}, .affine = affine_identity()};
    for (int axis = 0; axis < 3; axis++) {
        double origin = planes->positions_mm[first][axis];
        step[axis] = n_steps == 0 ? normal[axis] * spacing_mm
                                  : (planes->positions_mm[last][axis] - origin) / (double)n_steps;
        grid->affine.m[axis][0] = planes->row_mm[axis];
        grid->affine.m[axis][1] = planes->column_mm[axis];
        grid->affine.m[axis][2] = step[axis];
        grid->affine.m[axis][3] = origin;
    }
    for (size_t n = 0; n < planes->count; n++) {
        double squared = 0;
        for (int axis = 0; axis < 3; axis++) {
            double off = planes->positions_mm[n][axis] - planes->positions_mm[first][axis] -
                         (double)slices[n] * step[axis];
            squared += off * off;
        }
        worst = fmax(worst, sqrt(squared) / spacing_mm);
    }
    return worst;
}

Status frame_planes_grid(const FramePlanes *planes, Grid *grid, size_t *slices, double *unevenness,
                         Error *error) {
    FrameHeight *heights = calloc(planes->count + 1, sizeof *heights);
    if (heights == NULL) {
        return error_no_memory(error, "frame positions");
    }
    double normal[3];
    unit_normal(planes, normal);
    for (size_t n = 0; n < planes->count; n++) {
        const double *at = planes->positions_mm[n];
        heights[n].mm = at[0] * normal[0] + at[1] * normal[1] + at[2] * normal[2];
        heights[n].frame = n;
    }
    qsort(heights, planes->count, sizeof *heights, compare_heights);
    Status status = STATUS_OK;
    double spacing_mm = slice_spacing(heights, planes->count, planes->slice_spacing_mm);
    if (!(spacing_mm > 0)) {
        status = error_set(error, STATUS_BAD_DATA,
                           "a single plane without Spacing Between Slices (0018,0088): its "
                           "thickness is unknown; give the image it was drawn on as a row of "
                           "images.tsv");
    } else if (!number_slices(heights, planes->count, spacing_mm, slices)) {
        status = error_set(error, STATUS_BAD_DATA,
                           "the frames span more than %.0f slices of %.3f mm; the positions are "
                           "damaged: export the object again",
                           MAX_SLICES, spacing_mm);
    } else {
        *unevenness = span_grid(planes, slices, heights[0].frame, heights[planes->count - 1].frame,
                                normal, spacing_mm, grid);
        if (*unevenness > MAX_UNEVENNESS) {
            status = error_set(error, STATUS_BAD_DATA,
                               "the frames lie up to %.2f slice spacings off a regular grid of "
                               "%.3f mm; export the object again with evenly spaced frames",
                               *unevenness, spacing_mm);
        } else {
            status = grid_check(grid, error);
        }
    }
    free(heights);
    return status;
}
