/* The two lungs may be one structure or several, side by side or one inside the other: their
 * weights add up on the dose grid, to at most 1 in a voxel. */
#include "segment/lung.h"

#include <math.h>

#include "segment/dose_samples.h"
#include "segment/optional_map.h"

static const double BQ_PER_GBQ = 1e9;

double lung_mean_dose_gy(const Volume *dose, const Volume *weights, const LungDoseMedium *medium) {
    const float *densities = medium->densities_g_ml.voxels;
    if (densities == NULL) {
        return dose_weighted_mean(dose, weights) * medium->map_density_g_ml /
               medium->lung_density_g_ml;
    }
    double energy = 0, total = 0;
    size_t count = grid_voxel_count(&dose->grid);
    for (size_t n = 0; n < count; n++) {
        double weight = (double)weights->voxels[n];
        if (weight > 0) {
            energy += weight * (double)dose->voxels[n] * (double)densities[n];
            total += weight;
        }
    }
    return total > 0 ? energy / total / medium->lung_density_g_ml : NAN;
}

static void add_weights(const Volume *weights, Volume *sum) {
    size_t total = grid_voxel_count(&sum->grid);
    for (size_t n = 0; n < total; n++) {
        sum->voxels[n] = fminf(1, sum->voxels[n] + weights->voxels[n]);
    }
}

static double volume_of(const Volume *weights) {
    double voxels = 0;
    size_t total = grid_voxel_count(&weights->grid);
    for (size_t n = 0; n < total; n++) {
        voxels += (double)weights->voxels[n];
    }
    return voxels * grid_voxel_volume_ml(&weights->grid);
}

/* Gathers the weights of all lungs, and the volume that lies beyond the dose map. */
static Status gather_weights(const StructureList *list, const SegmentDoseMaps *maps,
                             double part_fraction, Volume *sum, double *outside_ml, Error *error) {
    Status status = volume_create(&maps->chosen->grid, sum, error);
    *outside_ml = 0;
    for (size_t s = 0; s < list->count && status == STATUS_OK; s++) {
        const Structure *lung = &list->structures[s];
        if (!structure_has_role(lung, "lung")) {
            continue;
        }
        Volume weights = {0};
        double coverage;
        status = segment_dose_weights(&lung->mask, &lung->to_reference, maps, part_fraction,
                                      &weights, &coverage, error);
        if (status == STATUS_OK) {
            add_weights(&weights, sum);
            *outside_ml += (1 - coverage) * (double)label_map_count(&lung->mask, 1) *
                           grid_voxel_volume_ml(&lung->mask.grid);
        }
        volume_free(&weights);
    }
    return status;
}

static bool is_misplaced(const StructureList *list, const SegmentDoseMaps *maps,
                         double min_quality) {
    bool found = false;
    for (size_t s = 0; s < list->count; s++) {
        const Structure *structure = &list->structures[s];
        found |= structure_has_role(structure, "lung") &&
                 segment_dose_trust(structure, maps) < min_quality;
    }
    return found;
}

Status lung_measure(const StructureList *list, const SegmentDoseMaps *maps,
                    const LungDoseMedium *medium, const SegmentationConfig *config, Lung *lung,
                    Error *error) {
    *lung = (Lung){.is_segmented = structure_list_count(list, "lung") > 0,
                   .volume_ml = NAN,
                   .coverage = NAN,
                   .activity_gbq = NAN,
                   .mean_gy = NAN};
    if (!lung->is_segmented) {
        return STATUS_OK;
    }
    if (is_misplaced(list, maps, config->min_registration_quality)) {
        flags_add(&lung->flags, "lung_misplaced");
        return STATUS_OK;
    }
    Volume weights = {0};
    double outside_ml;
    Status status = gather_weights(list, maps, config->part_fraction, &weights, &outside_ml, error);
    if (status == STATUS_OK) {
        double covered_ml = volume_of(&weights);
        lung->volume_ml = covered_ml + outside_ml;
        lung->coverage = covered_ml / lung->volume_ml;
        lung->mean_gy = lung_mean_dose_gy(maps->chosen, &weights, medium);
        lung->activity_gbq =
            maps->scan.treatments > 1
                ? NAN
                : optional_map_mean(&maps->activity, &weights) * covered_ml / BQ_PER_GBQ;
    }
    volume_free(&weights);
    return status == STATUS_OK ? status : error_add_context(error, "lung");
}
