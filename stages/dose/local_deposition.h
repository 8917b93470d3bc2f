/* Local deposition: every decay leaves its energy in its own voxel. */
#ifndef YTTRIA_DOSE_LOCAL_DEPOSITION_H
#define YTTRIA_DOSE_LOCAL_DEPOSITION_H

#include "core/volume.h"

/* Absorbed dose after complete decay, Gy: D = C / density * dose factor (MIRD 17, Bolch 1999, with
 * a self-absorbed fraction of 1). `activity` in Bq/mL at administration, `dose_factor` in Gy per
 * Bq/g (core/nuclide.h). `density_g_ml` is a map on the grid of `activity`, or NULL for
 * `uniform_density_g_ml` everywhere. STATUS_BAD_DATA if the grids differ or a voxel of the map,
 * which is named, is not a number above 0; STATUS_CONFIG if the uniform density is not. `dose` is
 * allocated here, the caller frees it. OpenMP over slices; no memory but the result. Single
 * precision: within one unit in the last place of the exact value (two with a map). */
Status local_deposition_compute(const Volume *activity, const Volume *density_g_ml,
                                double uniform_density_g_ml, double dose_factor_gy_per_bq_g,
                                Volume *dose, Error *error);

#endif
