/* The dose maps asked for, summed over treatments on one grid. */
#ifndef YTTRIA_DOSE_DOSE_MAPS_H
#define YTTRIA_DOSE_DOSE_MAPS_H

#include "core/config.h"
#include "core/volume.h"
#include "dose/voxel_kernel.h"

typedef struct DoseMaps {
    const Config *config;           /* borrowed */
    PointKernel point;              /* empty unless the kernel method is asked for */
    VoxelKernel kernel;             /* of the first treatment added */
    Volume maps[DOSE_METHOD_COUNT]; /* Gy, by DoseMethod; no voxels if not asked for */
} DoseMaps;

/* Checks the configured methods and loads the point kernel if it is needed. STATUS_CONFIG if the
 * kernel method is asked for and the nuclide has no point kernel, or a density is not positive.
 * Free with dose_maps_free. */
Status dose_maps_begin(const Config *config, DoseMaps *maps, Error *error);
void dose_maps_free(DoseMaps *maps); /* NULL and already freed are fine */

bool dose_maps_has(const DoseMaps *maps, DoseMethod method);

/* Computes the dose of `activity` (Bq/mL at administration) on its own grid and adds it. The first
 * call sets the grid of the maps. Later calls resample through `maps_to_activity` (patient mm of
 * the maps to patient mm of `activity`); NULL on the first call. Where a later image does not
 * reach the sum is unknown: NaN. */
Status dose_maps_add(DoseMaps *maps, const Volume *activity, const Affine *maps_to_activity,
                     Error *error);

#endif
