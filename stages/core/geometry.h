/* Where voxels are: affine maps and voxel grids.
 *
 * One convention everywhere: voxel index (i, j, k), i fastest in memory, maps through `affine`
 * to patient millimetres in LPS (x to the patient's left, y to posterior, z to the head), as in
 * DICOM. A voxel's index is its centre. */
#ifndef YTTRIA_CORE_GEOMETRY_H
#define YTTRIA_CORE_GEOMETRY_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

/* A 4 x 4 affine map, row major, last row 0 0 0 1. */
typedef struct Affine {
    double m[4][4];
} Affine;

/* A regular voxel grid. */
typedef struct Grid {
    size_t size[3]; /* voxels along i, j, k; all > 0 */
    Affine affine;  /* (i, j, k) to LPS millimetres */
} Grid;

Affine affine_identity(void);

/* The map that applies `first`, then `second`. */
Affine affine_compose(const Affine *second, const Affine *first);

/* Inverts `map` into `inverse`; STATUS_BAD_DATA if it is singular or not finite. */
Status affine_invert(const Affine *map, Affine *inverse, Error *error);

/* Checks that `map` can be one from millimetres to millimetres of a patient: last row 0 0 0 1, no
 * axis stretched or shrunk more than twofold, no position moved further than a kilometre, not
 * flat; else STATUS_BAD_DATA naming what is wrong. */
Status affine_check_patient_map(const Affine *map, Error *error);

/* out = map(in); `in` and `out` may be the same array. */
void affine_apply(const Affine *map, const double in[3], double out[3]);

/* True if no element differs by more than 1e-6: rounding of millimetres. */
bool affine_is_same(const Affine *a, const Affine *b);

/* The rigid map x -> R(x - centre) + centre + translation, with R = Rz Ry Rx of the three
 * rotation angles in radians, in that order: rotations x, y, z. Millimetres. */
Affine affine_from_rigid(const double rotation_rad[3], const double translation_mm[3],
                         const double centre_mm[3]);

size_t grid_voxel_count(const Grid *grid);

/* Distances between neighbouring voxel centres along i, j, k. */
void grid_spacing_mm(const Grid *grid, double spacing_mm[3]);

double grid_voxel_volume_ml(const Grid *grid);

/* Length of a voxel's diagonal, mm. */
double grid_voxel_diagonal_mm(const Grid *grid);

/* Patient position of the middle of the grid, mm. */
void grid_centre_mm(const Grid *grid, double centre_mm[3]);

/* True if sizes agree and no corner voxel differs by more than `tolerance_mm`. */
bool grid_is_same(const Grid *a, const Grid *b, double tolerance_mm);

/* Checks sizes (1 to 4096 each, at most 2^31 voxels), finite affine within a kilometre with last
 * row 0 0 0 1, right-angled or sheared axes that span a volume, voxel spacing within 0.01 to
 * 100 mm; else STATUS_BAD_DATA naming what is wrong. */
Status grid_check(const Grid *grid, Error *error);

#endif
