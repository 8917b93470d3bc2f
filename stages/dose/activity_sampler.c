/* Cumulative activity and its inverse. */
#include "dose/activity_sampler.h"

#include <math.h>
#include <stdlib.h>

void activity_sampler_free(ActivitySampler *sampler) {
    if (sampler != NULL) {
        free(sampler->voxel);
        free(sampler->cumulative);
        *sampler = (ActivitySampler){0};
    }
}

Status activity_sampler_create(const Volume *activity, ActivitySampler *sampler, Error *error) {
    const size_t count = grid_voxel_count(&activity->grid);
    *sampler = (ActivitySampler){0};
    if (volume_check_finite(activity, "the activity", error) != STATUS_OK) {
        return error->status;
    }
    size_t active = 0;
    for (size_t n = 0; n < count; n++) {
        active += activity->voxels[n] != 0.0f;
    }
    if (active == 0) {
        return error_set(error, STATUS_BAD_DATA,
                         "all %zu voxels of the activity are zero: there is nothing to simulate; "
                         "check the PET and its calibration",
                         count);
    }
    sampler->voxel = malloc(active * sizeof *sampler->voxel);
    sampler->cumulative = malloc(active * sizeof *sampler->cumulative);
    if (sampler->voxel == NULL || sampler->cumulative == NULL) {
        activity_sampler_free(sampler);
        return error_no_memory(error, "the cumulative activity");
    }
    for (size_t n = 0; n < count; n++) {
        if (activity->voxels[n] != 0.0f) {
            sampler->total += fabs((double)activity->voxels[n]);
            sampler->voxel[sampler->count] = n;
            sampler->cumulative[sampler->count++] = sampler->total;
        }
    }
    return STATUS_OK;
}

size_t activity_sampler_find(const ActivitySampler *sampler, double place, size_t hint) {
    if (place < sampler->cumulative[hint]) {
        return hint;
    }
    size_t below = hint, above = sampler->count - 1; /* the answer is in (below, above] */
    while (above - below > 1) {
        size_t middle = below + (above - below) / 2;
        if (place < sampler->cumulative[middle]) {
            above = middle;
        } else {
            below = middle;
        }
    }
    return above;
}
