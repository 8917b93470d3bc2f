/* Liver first, once per patient; then each lesion by its mean and its outline. */
#include "segment/dose_noise.h"

#include <math.h>
#include <stdlib.h>

#include "segment/distance_transform.h"
#include "segment/dose_samples.h"

static const double max_voxels = 4; /* of s */

/* Randoms, scatter and neighbours leave noise where there is no activity: at least a quarter of
 * the liver's variance. */
static const double min_ratio = 0.25;

/* The image whose noise counts, and Gy per its unit; NULL if there is none. */
static const Volume *choose_image(const SegmentDoseMaps *maps, double *gy_per_unit) {
    const PetScan *scan = &maps->scan;
    *gy_per_unit = 1;
    if (maps->activity.voxels != NULL && scan->treatments == 1 && scan->gy_per_bq_ml > 0 &&
        maps->method != DOSE_KERNEL_DECONVOLVED) {
        *gy_per_unit = scan->gy_per_bq_ml;
        return &maps->activity;
    }
    if (maps->method != DOSE_MONTE_CARLO) {
        return maps->chosen;
    }
    const Volume *kernel = &maps->maps[DOSE_KERNEL], *local = &maps->maps[DOSE_LOCAL_DEPOSITION];
    return kernel->voxels != NULL ? kernel : local->voxels != NULL ? local : NULL;
}

/* Leaves 1 in `weights` well inside the liver and away from lesions, 0 elsewhere. */
static Status keep_inner(const SegmentDoseMaps *box, Volume *weights, Error *error) {
    const double no_shift[3] = {0, 0, 0};
    size_t total = grid_voxel_count(&weights->grid);
    unsigned char *marks = malloc(total);
    float *squared_mm2 = malloc(total * sizeof *squared_mm2);
    double spacing_mm[3], margin_mm = segment_dose_blur_mm(box);
    Status status = STATUS_OK;
    if (marks == NULL || squared_mm2 == NULL) {
        status = error_no_memory(error, "the noise of the liver");
        goto done;
    }
    grid_spacing_mm(&weights->grid, spacing_mm);
    for (size_t n = 0; n < total; n++) {
        bool is_lesion = box->lesions.voxels != NULL && box->lesions.voxels[n] > 0;
        marks[n] = weights->voxels[n] >= 0.5f && !is_lesion;
    }
    status =
        distance_transform(marks, 0, weights->grid.size, spacing_mm, no_shift, squared_mm2, error);
    for (size_t n = 0; n < total && status == STATUS_OK; n++) {
        weights->voxels[n] =
            marks[n] == 1 && (double)squared_mm2[n] >= margin_mm * margin_mm ? 1 : 0;
    }
done:
    free(marks);
    free(squared_mm2);
    return status;
}

static Status measure_liver(const Structure *liver, const SegmentationConfig *config,
                            SegmentDoseMaps *maps, Error *error) {
    SegmentDoseMaps box;
    Volume weights = {0};
    double coverage, gy_per_unit;
    Status status;
    if ((status = segment_dose_maps_crop(maps, liver, 0, &box, error)) ||
        (status = segment_dose_weights(&liver->mask, &liver->to_reference, &box,
                                       config->part_fraction, &weights, &coverage, error)) ||
        (status = keep_inner(&box, &weights, error))) {
        goto done;
    }
    maps->liver.mean_gy = dose_weighted_mean(box.chosen, &weights);
    const Volume *image = choose_image(&box, &gy_per_unit);
    if (image != NULL) {
        double max_sd_mm = max_voxels * cbrt(1000 * grid_voxel_volume_ml(&image->grid));
        maps->liver.image_mean = dose_weighted_mean(image, &weights);
        status = image_noise_measure(image, &weights, max_sd_mm, &maps->liver.noise, error);
    }
done:
    volume_free(&weights);
    segment_dose_maps_free(&box);
    return status == STATUS_OK ? status : error_add_context(error, "noise of the liver");
}

Status dose_noise_measure_liver(const StructureList *list, const SegmentationConfig *config,
                                SegmentDoseMaps *maps, Error *error) {
    maps->liver = (DoseLiver){{NAN, NAN}, NAN, NAN};
    for (size_t s = 0; s < list->count; s++) {
        const Structure *structure = &list->structures[s];
        if (structure_has_role(structure, "liver") &&
            segment_dose_trust(structure, maps) >= config->min_registration_quality) {
            return measure_liver(structure, config, maps, error);
        }
    }
    return STATUS_OK;
}

Status dose_noise_measure_lesion(const SegmentDoseMaps *maps, const Volume *weights,
                                 double *noise_gy, Error *error) {
    double gy_per_unit, factor;
    const Volume *image = choose_image(maps, &gy_per_unit);
    const ImageNoise *noise = &maps->liver.noise;
    *noise_gy = NAN;
    if (image == NULL || !(maps->liver.image_mean > 0) || isnan(noise->voxel_deviation)) {
        return STATUS_OK;
    }
    double ratio = dose_weighted_mean(image, weights) / maps->liver.image_mean;
    Status status = image_noise_of_mean(weights, noise->correlation_sd_mm, &factor, error);
    *noise_gy =
        noise->voxel_deviation * sqrt(ratio < min_ratio ? min_ratio : ratio) * factor * gy_per_unit;
    return status;
}
