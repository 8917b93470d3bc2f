/* Where decays happen: voxels in proportion to the magnitude of their activity. */
#ifndef YTTRIA_DOSE_ACTIVITY_SAMPLER_H
#define YTTRIA_DOSE_ACTIVITY_SAMPLER_H

#include "core/volume.h"

/* The voxels that hold activity, in memory order, and their cumulative |Bq/mL|. */
typedef struct ActivitySampler {
    size_t count;
    size_t *voxel;
    double *cumulative; /* up to and with the voxel */
    double total;       /* sum of |Bq/mL| over voxels */
} ActivitySampler;

/* STATUS_BAD_DATA if a voxel is not finite or all are zero. Free with activity_sampler_free. */
Status activity_sampler_create(const Volume *activity, ActivitySampler *sampler, Error *error);
void activity_sampler_free(ActivitySampler *sampler); /* NULL and already freed are fine */

/* The element that holds `place` (0 <= place < total) of the cumulative activity; `hint` is an
 * element at or before it. */
size_t activity_sampler_find(const ActivitySampler *sampler, double place, size_t hint);

#endif
