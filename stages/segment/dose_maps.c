/* Masks come to the doses, never the doses to the masks: a dose voxel keeps its value and counts
 * by the part of it that the structure fills. */
#include "segment/dose_maps.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *segment_dose_method_name(int method) {
    return method == DOSE_KERNEL ? "kernel" : "local_deposition";
}

void segment_dose_maps_free(SegmentDoseMaps *maps) {
    volume_free(&maps->kernel);
    volume_free(&maps->local_deposition);
    maps->chosen = NULL;
}

/* NaN means unknown: a later treatment's PET does not reach there. Infinite means broken. */
static Status refuse_infinite(const Volume *map, const char *dataset, Error *error) {
    size_t total = grid_voxel_count(&map->grid);
    for (size_t n = 0; n < total; n++) {
        if (isinf(map->voxels[n])) {
            return error_set(error, STATUS_BAD_DATA,
                             "%s is infinite at element %zu; run the dose stage again", dataset, n);
        }
    }
    return STATUS_OK;
}

/* Reads one map; leaves it empty if dose.h5 does not have it. */
static Status read_map(const Store *dose, const char *dataset, Volume *map, Error *error) {
    if (!store_has(dose, dataset)) {
        return STATUS_OK;
    }
    if (store_read_volume(dose, dataset, map, error) != STATUS_OK) {
        return error->status;
    }
    Status status = refuse_infinite(map, dataset, error);
    return status == STATUS_OK ? status : error_add_context(error, "%s", store_path(dose));
}

static Status read_pet_transform(const Store *registered, const char *pet, Affine *map,
                                 double *quality, Error *error) {
    char dataset[STRUCTURE_TEXT_SIZE + 16];
    snprintf(dataset, sizeof dataset, "/transforms/%s", pet);
    *map = affine_identity();
    *quality = 1;
    Status status = STATUS_OK;
    if (!store_has(registered, dataset)) {
        char reference[STRUCTURE_TEXT_SIZE];
        status = store_get_text(registered, "/", "reference", reference, sizeof reference, error);
        if (status != STATUS_OK || strcmp(pet, reference) == 0) {
            return status;
        }
    }
    status = store_read_affine(registered, dataset, map, error);
    return status == STATUS_OK ? structure_read_quality(registered, dataset, quality, error)
                               : status;
}

/* Several treatments' maps were added through the registrations of their PETs. */
static Status read_sum_quality(const Store *dose, const Store *registered, SegmentDoseMaps *maps,
                               Error *error) {
    Table *treatments = NULL;
    maps->sum_quality = 1;
    if (!store_has(dose, "/treatments")) {
        return STATUS_OK;
    }
    Status status = store_read_table(dose, "/treatments", &treatments, error);
    for (size_t row = 0; status == STATUS_OK && row < table_row_count(treatments); row++) {
        Affine map;
        double quality;
        status = read_pet_transform(registered, table_text(treatments, row, "image"), &map,
                                    &quality, error);
        if (status == STATUS_OK && !affine_is_same(&map, &maps->reference_to_dose)) {
            maps->sum_quality = fmin(maps->sum_quality, fmin(quality, maps->registration_quality));
        }
    }
    table_free(treatments);
    return status;
}

Status segment_dose_maps_read(const Store *dose, const Store *registered,
                              const SegmentationConfig *config, SegmentDoseMaps *maps,
                              Error *error) {
    *maps = (SegmentDoseMaps){0};
    char pet[STRUCTURE_TEXT_SIZE];
    if (read_map(dose, "/dose/kernel", &maps->kernel, error) != STATUS_OK ||
        read_map(dose, "/dose/local_deposition", &maps->local_deposition, error) != STATUS_OK ||
        store_get_text(dose, "/", "pet", pet, sizeof pet, error) != STATUS_OK ||
        read_pet_transform(registered, pet, &maps->reference_to_dose, &maps->registration_quality,
                           error) != STATUS_OK) {
        return error->status;
    }
    if (read_sum_quality(dose, registered, maps, error) != STATUS_OK) {
        return error->status;
    }
    maps->chosen = config->dose_method == DOSE_KERNEL ? &maps->kernel : &maps->local_deposition;
    if (maps->chosen->voxels == NULL) {
        return error_set(error, STATUS_BAD_DATA,
                         "%s has no /dose/%s, which segmentation.dose_method asks for; add it to "
                         "dose.methods and run the dose stage again",
                         store_path(dose), segment_dose_method_name(config->dose_method));
    }
    if (maps->kernel.voxels != NULL && maps->local_deposition.voxels != NULL &&
        !grid_is_same(&maps->kernel.grid, &maps->local_deposition.grid, 1e-3)) {
        return error_set(error, STATUS_BAD_DATA,
                         "%s: /dose/kernel and /dose/local_deposition are on different grids; run "
                         "the dose stage again",
                         store_path(dose));
    }
    return STATUS_OK;
}

double segment_dose_trust(const Structure *structure, const SegmentDoseMaps *maps) {
    Affine to_dose = affine_compose(&maps->reference_to_dose, &structure->to_reference);
    const Affine identity = affine_identity();
    double own = affine_is_same(&to_dose, &identity)
                     ? 1
                     : fmin(structure->registration_quality, maps->registration_quality);
    return fmin(own, maps->sum_quality);
}

/* Takes the weight from voxels of unknown dose; the volume taken. */
static double drop_unknown_ml(const Volume *dose, Volume *weights) {
    double voxels = 0;
    size_t total = grid_voxel_count(&dose->grid);
    for (size_t n = 0; n < total; n++) {
        if (isnan(dose->voxels[n])) {
            voxels += (double)weights->voxels[n];
            weights->voxels[n] = 0;
        }
    }
    return voxels * grid_voxel_volume_ml(&dose->grid);
}

Status segment_dose_weights(const LabelMap *mask, const Affine *to_reference,
                            const SegmentDoseMaps *maps, double part_fraction, Volume *weights,
                            double *coverage, Error *error) {
    Affine to_dose = affine_compose(&maps->reference_to_dose, to_reference);
    double outside_ml;
    if (label_map_coverage(mask, 1, &maps->chosen->grid, &to_dose, part_fraction, weights,
                           &outside_ml, error) != STATUS_OK) {
        return error->status;
    }
    outside_ml += drop_unknown_ml(maps->chosen, weights);
    double volume_ml = (double)label_map_count(mask, 1) * grid_voxel_volume_ml(&mask->grid);
    /* The sum of parts may round to a little more than the whole. */
    *coverage = volume_ml > 0 ? fmin(1, fmax(0, 1 - outside_ml / volume_ml)) : 0;
    return STATUS_OK;
}
