/* A map on another grid than the doses would be read at the wrong places: refused. */
#include "segment/optional_map.h"

#include <math.h>

#include "segment/dose_samples.h"

static const double GRID_TOLERANCE_MM = 1e-3;

Status optional_map_read(const Store *dose, const char *dataset, const Grid *dose_grid, Volume *map,
                         Error *error) {
    *map = (Volume){0};
    if (!store_has(dose, dataset)) {
        return STATUS_OK;
    }
    Status status = store_read_volume(dose, dataset, map, error);
    if (status == STATUS_OK && !grid_is_same(&map->grid, dose_grid, GRID_TOLERANCE_MM)) {
        status = error_set(error, STATUS_BAD_DATA,
                           "%s: %s does not lie on the grid of the dose maps; run the dose stage "
                           "again",
                           store_path(dose), dataset);
    }
    return status;
}

double optional_map_mean(const Volume *map, const Volume *weights) {
    return map->voxels == NULL ? NAN : dose_weighted_mean(map, weights);
}
