/* Masks come to the doses, never the doses to the masks: a dose voxel keeps its value and counts
 * by the part of it that the structure fills. */
#include "segment/dose_maps.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/flags.h"

enum { DATASET_SIZE = 128, METHOD_SIZE = 64 };

/* Every volume of `maps`, those of dose.h5 first, in the order of reading. */
enum { READ_COUNT = DOSE_METHOD_COUNT + 3, VOLUME_COUNT = READ_COUNT + 1 };

typedef struct VolumeList {
    Volume *volumes[VOLUME_COUNT];
} VolumeList;

static VolumeList list_volumes(SegmentDoseMaps *maps) {
    VolumeList list;
    for (int method = 0; method < DOSE_METHOD_COUNT; method++) {
        list.volumes[method] = &maps->maps[method];
    }
    list.volumes[DOSE_METHOD_COUNT] = &maps->bed_tumour;
    list.volumes[DOSE_METHOD_COUNT + 1] = &maps->activity;
    list.volumes[DOSE_METHOD_COUNT + 2] = &maps->additive_variance;
    list.volumes[READ_COUNT] = &maps->lesions;
    return list;
}

void segment_dose_maps_free(SegmentDoseMaps *maps) {
    VolumeList list = list_volumes(maps);
    for (int n = 0; n < VOLUME_COUNT; n++) {
        volume_free(list.volumes[n]);
    }
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

/* Files without the attribute were written by one method: their /bed is of it. */
static Status find_other_bed(const Store *dose, SegmentDoseMaps *maps, Error *error) {
    char method[METHOD_SIZE];
    if (!store_has_attribute(dose, "/bed", "derived_from")) {
        return STATUS_OK;
    }
    Status status = store_get_text(dose, "/bed", "derived_from", method, sizeof method, error);
    maps->has_other_bed =
        status == STATUS_OK && strcmp(method, dose_method_name((int)maps->method)) != 0;
    return status;
}

/* Reads every map that dose.h5 has, /dose/<method> first. */
static Status read_volumes(const Store *dose, SegmentDoseMaps *maps, Error *error) {
    VolumeList list = list_volumes(maps);
    char dataset[DATASET_SIZE];
    for (int n = 0; n < READ_COUNT; n++) {
        if (list.volumes[n] == &maps->bed_tumour && maps->has_other_bed) {
            continue;
        }
        if (n < DOSE_METHOD_COUNT) {
            snprintf(dataset, sizeof dataset, "/dose/%s", dose_method_name(n));
        } else if (list.volumes[n] == &maps->bed_tumour) {
            snprintf(dataset, sizeof dataset, "/bed/%s", derived_map_name(DERIVED_BED_TUMOUR));
        } else {
            snprintf(dataset, sizeof dataset, "%s",
                     list.volumes[n] == &maps->activity ? "/activity/at_administration"
                                                        : "/monte_carlo/additive_variance");
        }
        if (read_map(dose, dataset, list.volumes[n], error) != STATUS_OK) {
            return error->status;
        }
        if (list.volumes[n]->voxels != NULL && maps->chosen->voxels != NULL &&
            !grid_is_same(&list.volumes[n]->grid, &maps->chosen->grid, 1e-3)) {
            return error_set(error, STATUS_BAD_DATA,
                             "%s: %s and /dose/%s are on different grids; run the dose stage again",
                             store_path(dose), dataset, dose_method_name((int)maps->method));
        }
    }
    return STATUS_OK;
}

/* Why the map that gives Davg is not there, and what to do. */
static Status explain_missing_map(const Store *dose, DoseMethod method, Error *error) {
    Flags flags = {0};
    Status status = STATUS_OK;
    if (store_has_attribute(dose, "/", "flags")) {
        status = store_get_text(dose, "/", "flags", flags.text, sizeof flags.text, error);
    }
    if (status != STATUS_OK) {
        return status;
    }
    bool lacks_psf = method == DOSE_KERNEL_DECONVOLVED && flags_has(&flags, "resolution_unknown");
    return error_set(error, STATUS_BAD_DATA,
                     "%s has no /dose/%s, which segmentation.dose_method asks for; %s",
                     store_path(dose), dose_method_name((int)method),
                     lacks_psf ? "the scanner's psf is unknown: give it in configs/scanners, or "
                                 "choose another segmentation.dose_method"
                               : "add it to dose.methods and run the dose stage again");
}

Status segment_dose_maps_read(const Store *dose, const Store *registered, const Config *config,
                              SegmentDoseMaps *maps, Error *error) {
    *maps = (SegmentDoseMaps){.method = (DoseMethod)config->segmentation.dose_method,
                              .liver = {{NAN, NAN}, NAN, NAN}};
    char pet[STRUCTURE_TEXT_SIZE], dataset[DATASET_SIZE];
    maps->chosen = &maps->maps[maps->method];
    snprintf(dataset, sizeof dataset, "/dose/%s", dose_method_name((int)maps->method));
    if (!store_has(dose, dataset)) {
        return explain_missing_map(dose, maps->method, error);
    }
    Status status;
    if ((status = find_other_bed(dose, maps, error)) ||
        (status = read_volumes(dose, maps, error)) ||
        (status = store_get_text(dose, "/", "pet", pet, sizeof pet, error)) ||
        (status = read_pet_transform(registered, pet, &maps->reference_to_dose,
                                     &maps->registration_quality, error)) ||
        (status = read_sum_quality(dose, registered, maps, error))) {
        return status;
    }
    return pet_scan_read(dose, &config->nuclide, &maps->scan, error);
}

/* Voxel index of the structure's mask to voxel index of the dose grid. */
static Status find_index_map(const SegmentDoseMaps *maps, const Structure *structure, Affine *map,
                             Error *error) {
    Affine to_index, to_dose = affine_compose(&maps->reference_to_dose, &structure->to_reference);
    if (affine_invert(&maps->chosen->grid.affine, &to_index, error) != STATUS_OK) {
        return error->status;
    }
    to_dose = affine_compose(&to_dose, &structure->mask.grid.affine);
    *map = affine_compose(&to_index, &to_dose);
    return STATUS_OK;
}

/* Box of the dose grid that holds the corners of the mask's grid and the margin. */
static void find_box(const SegmentDoseMaps *maps, const Structure *structure,
                     const Affine *index_map, double margin_mm, size_t first[3], size_t size[3]) {
    const Grid *grid = &maps->chosen->grid;
    double low[3] = {INFINITY, INFINITY, INFINITY}, high[3] = {-INFINITY, -INFINITY, -INFINITY};
    double spacing_mm[3];
    grid_spacing_mm(grid, spacing_mm);
    for (int corner = 0; corner < 8; corner++) {
        double at[3];
        for (int axis = 0; axis < 3; axis++) {
            double last = (double)structure->mask.grid.size[axis] - 0.5;
            at[axis] = (corner >> axis) & 1 ? last : -0.5;
        }
        affine_apply(index_map, at, at);
        for (int axis = 0; axis < 3; axis++) {
            low[axis] = fmin(low[axis], at[axis]);
            high[axis] = fmax(high[axis], at[axis]);
        }
    }
    for (int axis = 0; axis < 3; axis++) {
        double end = (double)grid->size[axis] - 1, margin = ceil(margin_mm / spacing_mm[axis]) + 1;
        double from = fmin(end, fmax(0, floor(low[axis]) - margin));
        double to = fmin(end, fmax(0, ceil(high[axis]) + margin));
        first[axis] = (size_t)from;
        size[axis] = (size_t)(to - from) + 1;
    }
}

/* The grid of that box and its first voxel. */
static Status find_box_grid(const SegmentDoseMaps *maps, const Structure *structure,
                            double margin_mm, size_t first[3], Grid *grid, Error *error) {
    Affine index_map;
    Status status = find_index_map(maps, structure, &index_map, error);
    if (status == STATUS_OK) {
        *grid = maps->chosen->grid;
        find_box(maps, structure, &index_map, margin_mm, first, grid->size);
        double corner[3] = {(double)first[0], (double)first[1], (double)first[2]};
        affine_apply(&grid->affine, corner, corner);
        for (int axis = 0; axis < 3; axis++) {
            grid->affine.m[axis][3] = corner[axis];
        }
    }
    return status;
}

static Status crop_volume(const Volume *source, const size_t first[3], const Grid *grid,
                          Volume *box, Error *error) {
    if (volume_create(grid, box, error) != STATUS_OK) {
        return error->status;
    }
    const size_t *size = source->grid.size;
    float *out = box->voxels;
    for (size_t k = 0; k < grid->size[2]; k++) {
        for (size_t j = 0; j < grid->size[1]; j++, out += grid->size[0]) {
            size_t row = (first[2] + k) * size[1] + first[1] + j;
            memcpy(out, source->voxels + row * size[0] + first[0], grid->size[0] * sizeof *out);
        }
    }
    return STATUS_OK;
}

Status segment_dose_maps_crop(const SegmentDoseMaps *maps, const Structure *structure,
                              double margin_mm, SegmentDoseMaps *box, Error *error) {
    SegmentDoseMaps sources = *maps;
    VolumeList from = list_volumes(&sources), to = list_volumes(box);
    size_t first[3];
    Grid grid;
    *box = *maps;
    for (int n = 0; n < VOLUME_COUNT; n++) {
        *to.volumes[n] = (Volume){0};
    }
    box->chosen = &box->maps[maps->method];
    Status status = find_box_grid(maps, structure, margin_mm, first, &grid, error);
    for (int n = 0; n < VOLUME_COUNT && status == STATUS_OK; n++) {
        if (from.volumes[n]->voxels != NULL) {
            status = crop_volume(from.volumes[n], first, &grid, to.volumes[n], error);
        }
    }
    return status;
}

bool segment_dose_is_same_space(const Structure *structure, const SegmentDoseMaps *maps) {
    Affine to_dose = affine_compose(&maps->reference_to_dose, &structure->to_reference);
    const Affine identity = affine_identity();
    return affine_is_same(&to_dose, &identity);
}

bool segment_dose_is_drawn_on_pet(const Structure *structure, const SegmentDoseMaps *maps) {
    const double tolerance = 1e-3; /* of a voxel */
    Affine map;
    Error unused;
    if (find_index_map(maps, structure, &map, &unused) != STATUS_OK) {
        return false;
    }
    for (int row = 0; row < 3; row++) {
        double off = fabs(map.m[row][3] - round(map.m[row][3]));
        for (int axis = 0; axis < 3; axis++) {
            off += fabs(map.m[row][axis] - (row == axis ? 1.0 : 0.0)) *
                   (double)structure->mask.grid.size[axis];
        }
        if (off > tolerance) {
            return false;
        }
    }
    return true;
}

double segment_dose_trust(const Structure *structure, const SegmentDoseMaps *maps) {
    double own = segment_dose_is_same_space(structure, maps)
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

/* Adds the lesion's weights, of a box of the maps, to the map of all. */
static void add_weights(const Volume *weights, Volume *lesions, const size_t first[3]) {
    const size_t *size = weights->grid.size, *full = lesions->grid.size;
    const float *in = weights->voxels;
    for (size_t k = 0; k < size[2]; k++) {
        for (size_t j = 0; j < size[1]; j++, in += size[0]) {
            float *out =
                lesions->voxels + ((first[2] + k) * full[1] + first[1] + j) * full[0] + first[0];
            for (size_t i = 0; i < size[0]; i++) {
                out[i] += in[i];
            }
        }
    }
}

static Status mark_lesion(const Structure *lesion, double part_fraction, SegmentDoseMaps *maps,
                          Error *error) {
    Affine to_dose = affine_compose(&maps->reference_to_dose, &lesion->to_reference);
    Volume weights = {0};
    Grid grid;
    size_t first[3];
    double outside_ml;
    Status status = find_box_grid(maps, lesion, 0, first, &grid, error);
    if (status == STATUS_OK) {
        status = label_map_coverage(&lesion->mask, 1, &grid, &to_dose, part_fraction, &weights,
                                    &outside_ml, error);
    }
    if (status == STATUS_OK) {
        add_weights(&weights, &maps->lesions, first);
    }
    volume_free(&weights);
    return status;
}

Status segment_dose_mark_lesions(const StructureList *list, double part_fraction,
                                 SegmentDoseMaps *maps, Error *error) {
    Status status = volume_create(&maps->chosen->grid, &maps->lesions, error);
    for (size_t s = 0; s < list->count && status == STATUS_OK; s++) {
        if (structure_has_role(&list->structures[s], "lesion")) {
            status = mark_lesion(&list->structures[s], part_fraction, maps, error);
        }
    }
    return status;
}

double segment_dose_blur_mm(const SegmentDoseMaps *maps) {
    double fwhm_mm = pet_scan_mean_fwhm_mm(&maps->scan);
    return fwhm_mm > 0 ? fwhm_mm : 2 * cbrt(1000 * grid_voxel_volume_ml(&maps->chosen->grid));
}
