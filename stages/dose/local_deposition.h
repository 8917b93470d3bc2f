/* Local deposition: every decay leaves its energy in its own voxel. */
#ifndef YTTRIA_DOSE_LOCAL_DEPOSITION_H
#define YTTRIA_DOSE_LOCAL_DEPOSITION_H

#include "core/volume.h"

/* Absorbed dose after complete decay, Gy: D = C / density * dose factor (MIRD 17, Bolch 1999, with
 * a self-absorbed fraction of 1). `activity` in Bq/mL at administration, `density_g_ml` > 0,
 * `dose_factor` in Gy per Bq/g (core/nuclide.h). `dose` is allocated here, the caller frees it.
 * OpenMP over slices; no memory but the result. */
Status local_deposition_compute(const Volume *activity, double density_g_ml,
                                double dose_factor_gy_per_bq_g, Volume *dose, Error *error);

#endif
