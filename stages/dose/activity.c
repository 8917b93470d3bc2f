/* Totals of an image and of what was given. Negative voxels are legal (some reconstructions make
 * them so that noise keeps its mean): they stay in every sum. */
#include "dose/activity.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* 1 GBq/kg = 1e6 Bq/g. */
static const double BQ_G_PER_GBQ_KG = 1e6;

void activity_scale_slices(Volume *volume, const double *slice_factors) {
    size_t slice = volume->grid.size[0] * volume->grid.size[1];
#pragma omp parallel for schedule(static)
    for (size_t k = 0; k < volume->grid.size[2]; k++) {
        float *voxels = volume->voxels + k * slice;
        for (size_t n = 0; n < slice; n++) {
            voxels[n] = (float)(voxels[n] * slice_factors[k]);
        }
    }
}

void activity_scale(Volume *volume, double factor) {
    size_t slice = volume->grid.size[0] * volume->grid.size[1];
#pragma omp parallel for schedule(static)
    for (size_t k = 0; k < volume->grid.size[2]; k++) {
        float *voxels = volume->voxels + k * slice;
        for (size_t n = 0; n < slice; n++) {
            voxels[n] = (float)(voxels[n] * factor);
        }
    }
}

typedef struct SliceSum {
    double positive, negative;
    size_t n_negative;
} SliceSum;

static SliceSum sum_slice(const float *voxels, size_t count) {
    SliceSum sum = {0.0, 0.0, 0};
    for (size_t n = 0; n < count; n++) {
        double value = voxels[n];
        sum.positive += value > 0.0 ? value : 0.0;
        sum.negative += value < 0.0 ? value : 0.0;
        sum.n_negative += value < 0.0;
    }
    return sum;
}

Status activity_sum(const Volume *volume, ActivityTotals *totals, Error *error) {
    const size_t *size = volume->grid.size;
    SliceSum *slices = calloc(size[2], sizeof *slices);
    if (slices == NULL) {
        return error_no_memory(error, "slice sums");
    }
#pragma omp parallel for schedule(static)
    for (size_t k = 0; k < size[2]; k++) {
        slices[k] = sum_slice(volume->voxels + k * size[0] * size[1], size[0] * size[1]);
    }
    SliceSum all = {0.0, 0.0, 0};
    for (size_t k = 0; k < size[2]; k++) {
        all.positive += slices[k].positive;
        all.negative += slices[k].negative;
        all.n_negative += slices[k].n_negative;
    }
    free(slices);
    double voxel_ml = grid_voxel_volume_ml(&volume->grid);
    totals->positive_bq = all.positive * voxel_ml;
    totals->negative_bq = all.negative * voxel_ml;
    totals->total_bq = totals->positive_bq + totals->negative_bq;
    totals->negative_voxel_fraction =
        (double)all.n_negative / (double)grid_voxel_count(&volume->grid);
    totals->negative_activity_fraction = all.positive > 0.0 ? -all.negative / all.positive : NAN;
    return STATUS_OK;
}

Status activity_sum_region(const Volume *volume, const Volume *weights, double *total_bq,
                           Error *error) {
    const size_t *size = volume->grid.size;
    size_t slice = size[0] * size[1];
    double *sums = calloc(size[2], sizeof *sums);
    if (sums == NULL) {
        return error_no_memory(error, "slice sums");
    }
#pragma omp parallel for schedule(static)
    for (size_t k = 0; k < size[2]; k++) {
        const float *values = volume->voxels + k * slice, *parts = weights->voxels + k * slice;
        double sum = 0.0;
        for (size_t n = 0; n < slice; n++) {
            sum += (double)values[n] * (double)parts[n];
        }
        sums[k] = sum;
    }
    double total = 0.0;
    for (size_t k = 0; k < size[2]; k++) {
        total += sums[k];
    }
    free(sums);
    *total_bq = total * grid_voxel_volume_ml(&volume->grid);
    return STATUS_OK;
}

void activity_flag_negative(const ActivityTotals *totals, double max_fraction, Flags *flags) {
    if (-totals->negative_bq > max_fraction * totals->positive_bq) {
        flags_add(flags, "negative_activity");
    }
}

/* Unknown numbers, NaN, are fine: the comparisons are false. */
static Status check_administration(const Administration *administration, Error *error) {
    const struct {
        const char *column, *wanted;
        double value;
        bool is_wrong;
    } checks[] = {
        {"activity_gbq", "a positive number", administration->administered_gbq,
         administration->administered_gbq <= 0.0 || isinf(administration->administered_gbq)},
        {"residual_gbq", "zero or more", administration->residual_gbq,
         administration->residual_gbq < 0.0},
        {"lung_shunt_fraction", "a number from 0 to 1", administration->lung_shunt_fraction,
         administration->lung_shunt_fraction < 0.0 || administration->lung_shunt_fraction > 1.0},
    };
    for (size_t n = 0; n < sizeof checks / sizeof *checks; n++) {
        if (checks[n].is_wrong) {
            return error_set(error, STATUS_BAD_DATA,
                             "%s is %.6g, wanted %s: correct the treatments sheet",
                             checks[n].column, checks[n].value, checks[n].wanted);
        }
    }
    return STATUS_OK;
}

Status activity_net_gbq(const Administration *administration, double *net_gbq, Flags *flags,
                        Error *error) {
    double residual = administration->residual_gbq;
    double shunt = administration->lung_shunt_fraction;
    Status status = check_administration(administration, error);
    if (status != STATUS_OK) {
        return status;
    }
    if (isnan(residual)) {
        flags_add(flags, "residual_unknown");
        residual = 0.0;
    }
    if (isnan(shunt)) {
        flags_add(flags, "lung_shunt_unknown");
        shunt = 0.0;
    }
    *net_gbq = (administration->administered_gbq - residual) * (1.0 - shunt);
    if (*net_gbq <= 0.0) {
        return error_set(error, STATUS_BAD_DATA,
                         "activity_gbq %.6g, residual_gbq %.6g and lung_shunt_fraction %.6g leave "
                         "no activity in the liver: correct the treatments sheet",
                         administration->administered_gbq, residual, shunt);
    }
    return STATUS_OK;
}

double activity_lung_dose_gy(const Administration *administration, const Nuclide *nuclide,
                             double lung_mass_kg) {
    double residual = isnan(administration->residual_gbq) ? 0.0 : administration->residual_gbq;
    double shunted_gbq =
        (administration->administered_gbq - residual) * administration->lung_shunt_fraction;
    return nuclide_dose_factor_gy_per_bq_g(nuclide) * shunted_gbq * BQ_G_PER_GBQ_KG / lung_mass_kg;
}
