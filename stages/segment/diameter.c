/* Feret diameters from the corners of each slice's convex outline.
 *
 * The longest distance between two points of a set is reached at corners of its convex hull, and
 * each of those is a corner of the outline of its own slice. Outlines come from the first and last
 * voxel of each row (Andrew's monotone chain, exact in voxel indices). */
#include "segment/diameter.h"

#include <math.h>
#include <stdlib.h>

typedef struct Corner {
    int i, j, k;
} Corner;

typedef struct CornerList {
    Corner *corners;
    size_t count;
} CornerList;

/* > 0 when a, b, c turn to the left in the (i, j) plane. */
static long long turn(const Corner *a, const Corner *b, const Corner *c) {
    return (long long)(b->i - a->i) * (c->j - a->j) - (long long)(b->j - a->j) * (c->i - a->i);
}

/* Appends `next` to the chain that starts at `first`, dropping corners that are not convex. */
static void chain_append(CornerList *list, size_t first, Corner next, int side) {
    while (list->count >= first + 2 &&
           side * turn(&list->corners[list->count - 2], &list->corners[list->count - 1], &next) <=
               0) {
        list->count--;
    }
    list->corners[list->count++] = next;
}

/* First (`last` false) or last voxel inside the row; -1 if there is none. */
static int row_end(const uint16_t *row, size_t size, uint16_t label, int last) {
    for (size_t n = 0; n < size; n++) {
        size_t i = last ? size - 1 - n : n;
        if (row[i] == label) {
            return (int)i;
        }
    }
    return -1;
}

static void append_slice_outline(const LabelMap *mask, uint16_t label, size_t k, CornerList *list) {
    const size_t *size = mask->grid.size;
    for (int last = 0; last <= 1; last++) {
        size_t first = list->count;
        for (size_t j = 0; j < size[1]; j++) {
            int i = row_end(mask->labels + (k * size[1] + j) * size[0], size[0], label, last);
            if (i >= 0) {
                chain_append(list, first, (Corner){i, (int)j, (int)k}, last ? 1 : -1);
            }
        }
    }
}

/* Squared distance of the boundary points that belong to two voxels, the farther pair of the
 * points moved out by `reach` along one of the first `n_axes` axes. Moving both ends along the
 * same axis is never worse than along two (the maximum of a convex function). */
static double squared_distance(const Affine *affine, const Corner *a, const Corner *b, double reach,
                               int n_axes) {
    double steps[3] = {a->i - b->i, a->j - b->j, a->k - b->k};
    double difference[3], squared = 0, gain = 0;
    for (int row = 0; row < 3; row++) {
        difference[row] = affine->m[row][0] * steps[0] + affine->m[row][1] * steps[1] +
                          affine->m[row][2] * steps[2];
        squared += difference[row] * difference[row];
    }
    for (int axis = 0; axis < n_axes; axis++) {
        double along = 0, extent = 0;
        for (int row = 0; row < 3; row++) {
            along += difference[row] * affine->m[row][axis];
            extent += affine->m[row][axis] * affine->m[row][axis];
        }
        gain = fmax(gain, 4 * reach * fabs(along) + 4 * reach * reach * extent);
    }
    return squared + gain;
}

static double longest_squared(const Affine *affine, const Corner *corners, size_t count,
                              double reach, int n_axes) {
    double longest = 0;
#pragma omp parallel for schedule(dynamic, 64) reduction(max : longest)
    for (size_t a = 0; a < count; a++) {
        for (size_t b = a; b < count; b++) {
            double squared = squared_distance(affine, &corners[a], &corners[b], reach, n_axes);
            longest = squared > longest ? squared : longest;
        }
    }
    return longest;
}

Status diameter_measure(const LabelMap *mask, uint16_t label, double reach, Diameters *diameters,
                        Error *error) {
    const size_t *size = mask->grid.size;
    *diameters = (Diameters){0};
    CornerList list = {malloc(2 * size[1] * size[2] * sizeof(Corner)), 0};
    if (list.corners == NULL) {
        return error_no_memory(error, "the outline of a lesion");
    }
    double axial = 0;
    for (size_t k = 0; k < size[2]; k++) {
        size_t first = list.count;
        append_slice_outline(mask, label, k, &list);
        axial = fmax(axial, longest_squared(&mask->grid.affine, list.corners + first,
                                            list.count - first, reach, 2));
    }
    double longest = longest_squared(&mask->grid.affine, list.corners, list.count, reach, 3);
    diameters->longest_3d_mm = sqrt(longest);
    diameters->longest_axial_mm = sqrt(axial);
    free(list.corners);
    return STATUS_OK;
}
