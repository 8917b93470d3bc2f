/* From the positions of slices to one regular grid.
 *
 * Positions and orientations alone decide (DICOM PS3.3 section C.7.6.2): SliceThickness is not a
 * distance, and SpacingBetweenSlices is often wrong. The grid runs from the first to the last
 * slice with the mean step, so its extent is exact; PET bed joins and rounded coordinates leave
 * single slices a little off it. Up to 1 % of the spacing passes in silence, up to 25 % is
 * reported as uneven, more is refused, as is any gap above 1.5 times the median (slices are
 * missing). */
#ifndef YTTRIA_CONVERT_SLICE_STACK_H
#define YTTRIA_CONVERT_SLICE_STACK_H

#include <stdbool.h>
#include <stddef.h>

#include "core/geometry.h"

/* A slice's place: index into the caller's list, centre of its first voxel, and how far that lies
 * along the normal (filled in by slice_stack_sort). */
typedef struct SlicePlace {
    size_t index;
    double position_mm[3];
    double along_mm;
} SlicePlace;

/* Sorts by position along row x column, so that grids are right-handed. */
void slice_stack_sort(const double row[3], const double column[3], SlicePlace *places, size_t n);

/* The grid's affine for `n` sorted places. `i_step_mm` and `j_step_mm` are the steps between
 * columns and between rows. A single slice needs `thickness_mm` (> 0), which else is ignored.
 * STATUS_BAD_DATA if two slices share a place, slices are missing, or the places are uneven. */
Status slice_stack_affine(const double i_step_mm[3], const double j_step_mm[3],
                          const SlicePlace *places, size_t n, double thickness_mm, Affine *affine,
                          bool *is_uneven, Error *error);

#endif
