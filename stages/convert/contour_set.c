/* See contour_set.h. */
#include "convert/contour_set.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "convert/polygon.h"

static const double MAX_OFF_SLICE = 0.5;   /* of the slice spacing */
static const double MAX_SAME_PLANE = 0.1;  /* of the slice spacing */
static const double MAX_BEYOND_EDGE = 1.0; /* voxels */

void contour_set_free(ContourSet *set) {
    free(set->points_mm);
    free(set->starts);
    *set = (ContourSet){0};
}

/* How far a continuous index lies outside the slices' edge, voxels; 0 inside. */
static double beyond_edge(const Grid *grid, const double index[3], int axis) {
    double edge = (double)grid->size[axis] - 0.5;
    return fmax(0, fmax(-0.5 - index[axis], index[axis] - edge));
}

/* Mean slice position of contour `c`; false if it is outside or one of the points is off the slice.
 * `*beyond_mm` grows to the largest distance of a point outside the slice's edge, if that is more
 * than a voxel. */
static bool contour_slice(const ContourSet *set, size_t c, const Grid *grid, const Affine *to_index,
                          double *slice, double *beyond_mm) {
    double sum = 0, lowest = INFINITY, highest = -INFINITY, spacing_mm[3];
    grid_spacing_mm(grid, spacing_mm);
    for (size_t n = set->starts[c]; n < set->starts[c + 1]; n++) {
        double index[3];
        affine_apply(to_index, set->points_mm[n], index);
        for (int axis = 0; axis < 2; axis++) {
            double beyond = beyond_edge(grid, index, axis);
            if (beyond > MAX_BEYOND_EDGE) {
                *beyond_mm = fmax(*beyond_mm, beyond * spacing_mm[axis]);
            }
        }
        sum += index[2];
        lowest = fmin(lowest, index[2]);
        highest = fmax(highest, index[2]);
    }
    *slice = sum / (double)(set->starts[c + 1] - set->starts[c]);
    double nearest = round(*slice);
    return nearest >= 0 && nearest < (double)grid->size[2] && nearest - lowest <= MAX_OFF_SLICE &&
           highest - nearest <= MAX_OFF_SLICE;
}

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* From the sorted slice positions of all contours. */
static ContourFit fit_of_slices(const double *slices, size_t count, double spacing_mm) {
    ContourFit fit = {.is_on_grid = true};
    for (size_t c = 0; c < count; c++) {
        double off = fabs(slices[c] - round(slices[c]));
        fit.distance_mm = fmax(fit.distance_mm, off * spacing_mm);
        double gap = c == 0 ? 0 : slices[c] - slices[c - 1];
        if (gap <= MAX_SAME_PLANE) {
            continue;
        }
        fit.gap_slices = fit.gap_slices == 0 ? gap : fmin(fit.gap_slices, gap);
        fit.is_on_grid = fit.is_on_grid && round(slices[c]) > round(slices[c - 1]);
    }
    return fit;
}

Status contour_set_fit(const ContourSet *set, const Grid *grid, ContourFit *fit, Error *error) {
    *fit = (ContourFit){0};
    Affine to_index;
    if (affine_invert(&grid->affine, &to_index, error) != STATUS_OK) {
        return error->status;
    }
    double *slices = calloc(set->n_contours + 1, sizeof *slices);
    if (slices == NULL) {
        return error_no_memory(error, "contours");
    }
    size_t inside = 0;
    double beyond_mm = 0;
    while (inside < set->n_contours &&
           contour_slice(set, inside, grid, &to_index, &slices[inside], &beyond_mm)) {
        inside++;
    }
    if (inside == set->n_contours && inside > 0) {
        double spacing_mm[3];
        grid_spacing_mm(grid, spacing_mm);
        qsort(slices, inside, sizeof *slices, compare_doubles);
        *fit = fit_of_slices(slices, inside, spacing_mm[2]);
        fit->beyond_mm = fit->is_on_grid ? beyond_mm : 0;
        fit->is_on_grid = fit->is_on_grid && beyond_mm == 0;
    }
    free(slices);
    return STATUS_OK;
}

static size_t longest_contour(const ContourSet *set) {
    size_t longest = 0;
    for (size_t c = 0; c < set->n_contours; c++) {
        size_t length = set->starts[c + 1] - set->starts[c];
        longest = length > longest ? length : longest;
    }
    return longest;
}

Status contour_set_rasterise(const ContourSet *set, const Grid *grid, LabelMap *map, Error *error) {
    Affine to_index;
    if (affine_invert(&grid->affine, &to_index, error) != STATUS_OK ||
        label_map_create(grid, map, error) != STATUS_OK) {
        return error->status;
    }
    double(*points)[2] = calloc(longest_contour(set) + 1, sizeof *points);
    if (points == NULL) {
        label_map_free(map);
        return error_no_memory(error, "contours");
    }
    const size_t *size = grid->size;
    for (size_t c = 0; c < set->n_contours; c++) {
        size_t count = set->starts[c + 1] - set->starts[c];
        double sum = 0;
        for (size_t n = 0; n < count; n++) {
            double index[3];
            affine_apply(&to_index, set->points_mm[set->starts[c] + n], index);
            points[n][0] = index[0];
            points[n][1] = index[1];
            sum += index[2];
        }
        double slice = round(sum / (double)count);
        if (slice >= 0 && slice < (double)size[2]) {
            polygon_invert_inside((const double(*)[2])points, count, size[0], size[1],
                                  map->labels + (size_t)slice * size[0] * size[1]);
        }
    }
    free(points);
    return STATUS_OK;
}
