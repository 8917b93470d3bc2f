/* One function per component that needs the images. */
#include "segment/lesion_uncertainty.h"

#include <math.h>

#include "segment/contour_band.h"
#include "segment/dose_noise.h"
#include "segment/lesion_surroundings.h"
#include "segment/recovery.h"

double lesion_uncertainty_band_mm(const Grid *dose_grid) {
    return cbrt(1000 * grid_voxel_volume_ml(dose_grid));
}

double lesion_uncertainty_reach_mm(const SegmentDoseMaps *maps) {
    return fmax(lesion_uncertainty_band_mm(&maps->chosen->grid),
                lesion_surroundings_reach_mm(maps));
}

/* The moved outline is known to half a dose voxel (contour_band_move): parts need be no finer. */
static const double band_part_fraction = 0.5;

/* Davg of the structure with its outline moved; NaN if nothing is left. */
static Status measure_moved(const Structure *structure, const SegmentDoseMaps *maps,
                            double shift_mm, double *davg_gy, Error *error) {
    LabelMap moved;
    Volume weights = {0};
    size_t voxels;
    double coverage;
    *davg_gy = NAN;
    Status status = contour_band_move(&structure->mask, shift_mm, &moved, &voxels, error);
    if (status == STATUS_OK && voxels > 0) {
        status = segment_dose_weights(&moved, &structure->to_reference, maps, band_part_fraction,
                                      &weights, &coverage, error);
        if (status == STATUS_OK) {
            *davg_gy = dose_weighted_mean(maps->chosen, &weights);
        }
    }
    volume_free(&weights);
    label_map_free(&moved);
    return status;
}

/* Sum of weight times value over the lesion. */
static double weigh(const Volume *map, const Volume *weights) {
    double sum = 0;
    size_t total = grid_voxel_count(&weights->grid);
    for (size_t n = 0; n < total; n++) {
        sum += weights->voxels[n] > 0 ? (double)weights->voxels[n] * (double)map->voxels[n] : 0;
    }
    return sum;
}

/* Poisson: one over the root of the coincidences, which are those of one treatment. */
static double counting_gy(const SegmentDoseMaps *maps, const Volume *weights, double davg_gy) {
    if (maps->activity.voxels == NULL || maps->scan.treatments > 1) {
        return NAN;
    }
    double activity_bq =
        weigh(&maps->activity, weights) * grid_voxel_volume_ml(&maps->activity.grid);
    double coincidences = activity_bq * maps->scan.coincidences_per_bq;
    return coincidences > 0 ? fabs(davg_gy) / sqrt(coincidences) : NAN;
}

static double monte_carlo_gy(const SegmentDoseMaps *maps, const Volume *weights) {
    if (maps->additive_variance.voxels == NULL) {
        return NAN;
    }
    double total = 0;
    size_t voxels = grid_voxel_count(&weights->grid);
    for (size_t n = 0; n < voxels; n++) {
        total += (double)weights->voxels[n];
    }
    return sqrt(weigh(&maps->additive_variance, weights)) / total;
}

Status lesion_uncertainty_measure(const Structure *structure, const SegmentDoseMaps *maps,
                                  const Volume *weights, Lesion *lesion, Error *error) {
    const PetScan *scan = &maps->scan;
    bool is_deconvolved = maps->method == DOSE_KERNEL_DECONVOLVED;
    bool is_drawn_on_pet = segment_dose_is_drawn_on_pet(structure, maps);
    lesion->monte_carlo_standard_error_gy = monte_carlo_gy(maps, weights);
    DoseMeasurement measured = {
        .davg_gy = lesion->davg_gy,
        .diameter_mm = recovery_equivalent_diameter_mm(lesion->volume_ml),
        .outline_voxel_mm = cbrt(1000 * grid_voxel_volume_ml(&structure->mask.grid)),
        .outline_fwhm_mm = is_drawn_on_pet ? pet_scan_mean_fwhm_mm(scan) : NAN,
        .band_mm = lesion_uncertainty_band_mm(&maps->chosen->grid),
        .calibration_uncertainty = scan->calibration_uncertainty,
        .counting_gy = counting_gy(maps, weights, lesion->davg_gy),
        .monte_carlo_gy =
            maps->method == DOSE_MONTE_CARLO ? &lesion->monte_carlo_standard_error_gy : NULL,
        .recovery = is_deconvolved ? NULL : &scan->recovery,
    };
    Status status;
    if ((status =
             measure_moved(structure, maps, -measured.band_mm, &lesion->davg_eroded_gy, error)) ||
        (status =
             measure_moved(structure, maps, measured.band_mm, &lesion->davg_dilated_gy, error)) ||
        (status = dose_noise_measure_lesion(maps, weights, &measured.noise_gy, error)) ||
        (status = lesion_surroundings_measure(structure, maps, &measured.surroundings_gy,
                                              &measured.surroundings_uncertainty_gy, error))) {
        return status;
    }
    lesion->davg_surroundings_gy = measured.surroundings_gy;
    measured.davg_eroded_gy = lesion->davg_eroded_gy;
    measured.davg_dilated_gy = lesion->davg_dilated_gy;
    dose_uncertainty_combine(&measured, &lesion->uncertainty);
    if (isnan(measured.outline_fwhm_mm)) {
        flags_add(&lesion->uncertainty.unknown, "outline");
    }
    if (!segment_dose_is_same_space(structure, maps)) {
        flags_add(&lesion->uncertainty.unknown, "registration");
    }
    if (!is_deconvolved && recovery_is_too_small(&scan->recovery, measured.diameter_mm)) {
        flags_add(&lesion->flags, "recovery_unknown");
    }
    return STATUS_OK;
}
