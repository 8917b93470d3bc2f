/* One multiplication a voxel, or one with a division: the loops wait for memory, not for
 * arithmetic, so they read once, write once and check densities on the way. */
#include "dose/local_deposition.h"

#include <float.h>
#include <stdint.h>

static const double GRID_TOLERANCE_MM = 0.01;

static void scale_voxels(const Volume *activity, float gy_per_bq_ml, Volume *dose) {
    const size_t slice = activity->grid.size[0] * activity->grid.size[1];
#pragma omp parallel for schedule(static)
    for (size_t k = 0; k < activity->grid.size[2]; k++) {
        const float *bq_ml = activity->voxels + k * slice;
        float *gy = dose->voxels + k * slice;
        for (size_t n = 0; n < slice; n++) {
            gy[n] = bq_ml[n] * gy_per_bq_ml;
        }
    }
}

static size_t find_bad_density(const float *density, size_t count) {
    size_t n = 0;
    while (n < count && density[n] > 0.0f && density[n] <= FLT_MAX) {
        n++;
    }
    return n;
}

/* The first voxel whose density is not a number above 0; SIZE_MAX without one. */
static size_t divide_voxels(const Volume *activity, const Volume *density, float gy_g_per_bq,
                            Volume *dose) {
    const size_t slice = activity->grid.size[0] * activity->grid.size[1];
    size_t first_bad = SIZE_MAX;
#pragma omp parallel for schedule(static) reduction(min : first_bad)
    for (size_t k = 0; k < activity->grid.size[2]; k++) {
        const float *bq_ml = activity->voxels + k * slice, *g_ml = density->voxels + k * slice;
        float *gy = dose->voxels + k * slice;
        unsigned bad = 0;
        for (size_t n = 0; n < slice; n++) {
            gy[n] = bq_ml[n] * gy_g_per_bq / g_ml[n];
            bad |= !(g_ml[n] > 0.0f) | !(g_ml[n] <= FLT_MAX);
        }
        if (bad != 0) {
            size_t here = k * slice + find_bad_density(g_ml, slice);
            first_bad = here < first_bad ? here : first_bad;
        }
    }
    return first_bad;
}

static Status compute_with_map(const Volume *activity, const Volume *density, double dose_factor,
                               Volume *dose, Error *error) {
    size_t bad = divide_voxels(activity, density, (float)dose_factor, dose);
    if (bad == SIZE_MAX) {
        return STATUS_OK;
    }
    size_t ni = density->grid.size[0], nj = density->grid.size[1];
    return error_set(
        error, STATUS_BAD_DATA,
        "the density at i=%zu j=%zu k=%zu is %g g/mL, wanted more than 0: check the CT "
        "and dose.hu_curve",
        bad % ni, bad / ni % nj, bad / (ni * nj), (double)density->voxels[bad]);
}

Status local_deposition_compute(const Volume *activity, const Volume *density_g_ml,
                                double uniform_density_g_ml, double dose_factor_gy_per_bq_g,
                                Volume *dose, Error *error) {
    *dose = (Volume){0};
    if (density_g_ml == NULL && !(uniform_density_g_ml > 0.0)) {
        return error_set(error, STATUS_CONFIG, "dose.density_g_ml is %g, wanted more than 0",
                         uniform_density_g_ml);
    }
    if (density_g_ml != NULL &&
        !grid_is_same(&activity->grid, &density_g_ml->grid, GRID_TOLERANCE_MM)) {
        return error_set(error, STATUS_BAD_DATA,
                         "the density map is not on the grid of the activity: resample it");
    }
    Status status = volume_create_unset(&activity->grid, dose, error);
    if (status != STATUS_OK) {
        return status;
    }
    if (density_g_ml == NULL) {
        scale_voxels(activity, (float)(dose_factor_gy_per_bq_g / uniform_density_g_ml), dose);
        return STATUS_OK;
    }
    status = compute_with_map(activity, density_g_ml, dose_factor_gy_per_bq_g, dose, error);
    if (status != STATUS_OK) {
        volume_free(dose);
    }
    return status;
}
