/* Dose in place: one multiplication a voxel. */
#include "dose/local_deposition.h"

Status local_deposition_compute(const Volume *activity, double density_g_ml,
                                double dose_factor_gy_per_bq_g, Volume *dose, Error *error) {
    Status status = volume_create(&activity->grid, dose, error);
    if (status != STATUS_OK) {
        return status;
    }
    const size_t slice = activity->grid.size[0] * activity->grid.size[1];
    const double gy_per_bq_ml = dose_factor_gy_per_bq_g / density_g_ml;
#pragma omp parallel for schedule(static)
    for (size_t k = 0; k < activity->grid.size[2]; k++) {
        const float *bq_ml = activity->voxels + k * slice;
        float *gy = dose->voxels + k * slice;
        for (size_t n = 0; n < slice; n++) {
            gy[n] = (float)(bq_ml[n] * gy_per_bq_ml);
        }
    }
    return STATUS_OK;
}
