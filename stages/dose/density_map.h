/* The density of every voxel of a PET, from the CT.
 *
 * Many CT voxels lie in one PET voxel. Mass adds up, CT numbers do not (the curve has a kink), so
 * a PET voxel gets the mean of the densities in its volume: its mass over its volume, which is
 * what local deposition divides by. */
#ifndef YTTRIA_DOSE_DENSITY_MAP_H
#define YTTRIA_DOSE_DENSITY_MAP_H

#include "core/config.h"
#include "core/volume.h"

typedef struct DensityMap {
    Volume density_g_ml;       /* on the PET's grid, all > 0 */
    double uncovered_fraction; /* of the voxels: outside the CT, they have dose.density_g_ml */
    double raised_fraction;    /* of the voxels: below dose.min_density_g_ml, raised to it */
} DensityMap;

/* Densities on `grid` by config->hu_curve. `grid_to_ct` maps patient mm of the grid to patient mm
 * of the CT. A CT voxel that is NaN or infinite does not count; a grid voxel of which the CT
 * covers less than half is uncovered, one that it covers in part has the mean of that part.
 * STATUS_CONFIG if the curve or a density of `config` is wrong, STATUS_BAD_DATA if a map cannot be
 * inverted. OpenMP over slices; no memory but the result. Free with density_map_free. */
Status density_map_from_ct(const Volume *ct_hu, const Grid *grid, const Affine *grid_to_ct,
                           const DoseConfig *config, DensityMap *map, Error *error);
void density_map_free(DensityMap *map); /* NULL and already freed are fine */

#endif
