/* Planar contours of one region of interest: do they lie in an image's slices, and which voxels do
 * they enclose. Points become continuous voxel indices first, so oblique slices need no special
 * care. */
#ifndef YTTRIA_CONVERT_CONTOUR_SET_H
#define YTTRIA_CONVERT_CONTOUR_SET_H

#include <stdbool.h>

#include "core/volume.h"

/* Contour c has the points starts[c] to starts[c + 1] - 1, in LPS millimetres. Owns both arrays. */
typedef struct ContourSet {
    double (*points_mm)[3];
    size_t n_points;
    size_t *starts; /* n_contours + 1 */
    size_t n_contours;
} ContourSet;

/* How contours lie in the slices of a grid. */
typedef struct ContourFit {
    bool is_on_grid;    /* every contour lies in one slice, and no two planes share a slice */
    double distance_mm; /* largest distance of a contour's plane from its slice */
    double gap_slices;  /* smallest distance between two different planes; 0 if only one */
    double beyond_mm;   /* not on the grid only because points are so far outside a slice's edge */
} ContourFit;

void contour_set_free(ContourSet *set);

/* A contour lies in the slice nearest to its mean position if that is in the grid, none of its
 * points is further than half a spacing from it, and none is more than a voxel outside the slice's
 * edge. Contours in the same slice must be in the same plane within a tenth of the spacing. */
Status contour_set_fit(const ContourSet *set, const Grid *grid, ContourFit *fit, Error *error);

/* Voxels of `grid` whose centre the contours enclose become 1 in `map` (allocated here); contours
 * of one slice combine by exclusive or. They must fit the grid. */
Status contour_set_rasterise(const ContourSet *set, const Grid *grid, LabelMap *map, Error *error);

#endif
