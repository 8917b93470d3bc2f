/* Decay, calibration and totals. Negative voxels are legal (some reconstructions make them so
 * that noise keeps its mean): they stay in every sum. */
#include "dose/activity.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

static const double MAX_DELAY_HALF_LIVES = 10.0;
static const double MAX_NEGATIVE_FRACTION = 0.2;

Status activity_check_nuclide(const Nuclide *nuclide, double header_half_life_s,
                              const char *radionuclide, double max_difference, Error *error) {
    double wanted_s = nuclide->half_life_h * 3600.0;
    bool is_named = radionuclide[0] != '\0' && strcasecmp(radionuclide, "unknown") != 0;
    if (is_named && strcasecmp(radionuclide, nuclide->name) != 0) {
        return error_set(error, STATUS_BAD_DATA,
                         "radionuclide is %s, the configured nuclide is %s: give the PET of %s, or "
                         "change `nuclide` in the configuration",
                         radionuclide, nuclide->name, nuclide->name);
    }
    if (isnan(header_half_life_s)) {
        if (is_named) {
            return STATUS_OK;
        }
        return error_set(error, STATUS_BAD_DATA,
                         "neither half_life_s nor radionuclide is known, so it cannot be said that "
                         "the PET is of %s: add TracerRadionuclide to the image's header or JSON",
                         nuclide->name);
    }
    double difference = fabs(header_half_life_s / wanted_s - 1.0);
    if (!(difference <= max_difference)) {
        return error_set(error, STATUS_BAD_DATA,
                         "half_life_s is %.6g s, that of the configured nuclide %s is %.6g s, and "
                         "dose.max_half_life_difference allows %.3g: the PET is of another "
                         "nuclide; give the right PET, or change `nuclide` in the configuration",
                         header_half_life_s, nuclide->name, wanted_s, max_difference);
    }
    return STATUS_OK;
}

Status activity_check_delay(const Nuclide *nuclide, double delay_s, Error *error) {
    if (!(delay_s >= 0.0)) {
        return error_set(error, STATUS_BAD_DATA,
                         "the PET starts %.3g h before administration: correct administered_at in "
                         "the treatments sheet, or give the PET after treatment",
                         -delay_s / 3600.0);
    }
    double half_lives = delay_s / (nuclide->half_life_h * 3600.0);
    if (half_lives > MAX_DELAY_HALF_LIVES) {
        return error_set(error, STATUS_BAD_DATA,
                         "the PET starts %.4g h after administration, %.3g half-lives of %s and "
                         "more than the %g at which activity is still measured: correct "
                         "administered_at in the treatments sheet, or give the right PET",
                         delay_s / 3600.0, half_lives, nuclide->name, MAX_DELAY_HALF_LIVES);
    }
    return STATUS_OK;
}

double activity_decay_factor(const Nuclide *nuclide, double elapsed_s) {
    return exp(nuclide_decay_constant_per_s(nuclide) * elapsed_s);
}

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
    return STATUS_OK;
}

Status activity_net_gbq(const Administration *administration, double *net_gbq, Flags *flags,
                        Error *error) {
    double residual = administration->residual_gbq;
    double shunt = administration->lung_shunt_fraction;
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

Status activity_calibrate(const CalibrationConfig *config, double image_gbq, double net_gbq,
                          Calibration *calibration, Flags *flags, Error *error) {
    if (!(image_gbq > 0.0)) {
        return error_set(error, STATUS_BAD_DATA,
                         "the PET holds %.4g GBq in its field of view: an image without activity "
                         "has no dose; check that it is the PET after treatment",
                         image_gbq);
    }
    bool is_absolute = config->method == CALIBRATION_ABSOLUTE;
    if (!is_absolute && isnan(net_gbq)) {
        return error_set(error, STATUS_BAD_DATA,
                         "activity_gbq is missing, which calibration.method "
                         "administered_activity needs: fill it in the treatments sheet, or use "
                         "calibration.method absolute");
    }
    calibration->factor = is_absolute ? config->factor : net_gbq / image_gbq;
    calibration->ratio = image_gbq * config->factor / net_gbq;
    if (fabs(calibration->ratio - 1.0) > config->ratio_tolerance) {
        flags_add(flags, "activity_ratio");
    }
    return STATUS_OK;
}

void activity_flag_negative(const ActivityTotals *totals, Flags *flags) {
    if (-totals->negative_bq > MAX_NEGATIVE_FRACTION * totals->positive_bq) {
        flags_add(flags, "negative_activity");
    }
}
