/* Puts together what a lesion's row needs: geometry from its mask, doses from the maps. */
#include "segment/lesion.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "segment/lesion_uncertainty.h"

void lesion_free(Lesion *lesion) {
    free(lesion->dvh_percent);
    lesion->dvh_percent = NULL;
    vessel_profile_free(&lesion->vessels);
}

static double mean_of(const Volume *map, const Volume *weights) {
    return map->voxels == NULL ? NAN : dose_weighted_mean(map, weights);
}

static Status measure_dose(const Structure *structure, const SegmentDoseMaps *maps,
                           const SegmentationConfig *config, Lesion *lesion, Error *error) {
    SegmentDoseMaps box;
    Volume weights = {0};
    DoseSamples samples = {0};
    double margin_mm = lesion_uncertainty_reach_mm(maps);
    Status status;
    if ((status = segment_dose_maps_crop(maps, structure, margin_mm, &box, error)) ||
        (status =
             segment_dose_weights(&structure->mask, &structure->to_reference, &box,
                                  config->part_fraction, &weights, &lesion->coverage, error)) ||
        (status = dose_samples_gather(box.chosen, &weights, &samples, error))) {
        goto done;
    }
    lesion->davg_gy = dose_weighted_mean(box.chosen, &weights);
    for (int method = 0; method < DOSE_METHOD_COUNT; method++) {
        lesion->davg_by_method_gy[method] = mean_of(&box.maps[method], &weights);
    }
    lesion->bed_gy = mean_of(&box.bed_tumour, &weights);
    lesion->d95_gy = dose_samples_dose_at_volume(&samples, 95);
    lesion->d90_gy = dose_samples_dose_at_volume(&samples, 90);
    lesion->d70_gy = dose_samples_dose_at_volume(&samples, 70);
    lesion->d50_gy = dose_samples_dose_at_volume(&samples, 50);
    lesion->v30_percent = dose_samples_volume_at_dose(&samples, 30);
    lesion->v100_percent = dose_samples_volume_at_dose(&samples, 100);
    if (lesion->coverage < config->min_coverage) {
        flags_add(&lesion->flags, "lesion_outside_dose");
    }
    if (segment_dose_trust(structure, maps) < config->min_registration_quality) {
        flags_add(&lesion->flags, "registration_failed");
    }
    status = lesion_uncertainty_measure(structure, &box, &weights, lesion, error);
    if (status == STATUS_OK) {
        status = dose_samples_histogram(&samples, config->dvh_bin_gy, &lesion->dvh_percent,
                                        &lesion->dvh_bins, error);
    }
done:
    segment_dose_maps_free(&box);
    dose_samples_free(&samples);
    volume_free(&weights);
    return status;
}

Status lesion_measure(const Structure *structure, const SegmentDoseMaps *maps,
                      const SegmentationConfig *config, Lesion *lesion, Error *error) {
    *lesion = (Lesion){.bile_duct_distance_mm = NAN, .bowel_distance_mm = NAN};
    snprintf(lesion->label, sizeof lesion->label, "%s", structure->label);
    lesion->voxels = label_map_count(&structure->mask, 1);
    lesion->volume_ml = (double)lesion->voxels * grid_voxel_volume_ml(&structure->mask.grid);
    if (diameter_measure(&structure->mask, 1, DIAMETER_REACH_DEFAULT, &lesion->diameters, error) !=
            STATUS_OK ||
        measure_dose(structure, maps, config, lesion, error) != STATUS_OK) {
        return error_add_context(error, "lesion %s", structure->label);
    }
    return STATUS_OK;
}
