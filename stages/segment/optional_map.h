/* Maps that dose.h5 may lack: what is not there is unknown, not an error. */
#ifndef YTTRIA_SEGMENT_OPTIONAL_MAP_H
#define YTTRIA_SEGMENT_OPTIONAL_MAP_H

#include "core/store.h"

/* Reads a map of `dose`; no voxels (NULL) if it is not there. STATUS_BAD_DATA if it does not lie on
 * `dose_grid`. The caller frees it with volume_free, also after a failure. */
Status optional_map_read(const Store *dose, const char *dataset, const Grid *dose_grid, Volume *map,
                         Error *error);

/* Mean weighted by `weights` of the same grid; NaN for a map without voxels, without weight, and
 * where a voxel that counts is unknown (NaN). */
double optional_map_mean(const Volume *map, const Volume *weights);

#endif
