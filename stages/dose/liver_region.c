/* See liver_region.h. A structure's space is that of its image if it has one, else of its frame of
 * reference; register.h5 leads from the reference to both. Nothing is guessed: one mask that cannot
 * be placed leaves the whole region unknown. */
#include "dose/liver_region.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dose/image_space.h"

enum { TEXT_SIZE = 256 };

/* Masks are cut into parts of a quarter of a PET voxel. Volume is conserved whatever the parts:
 * finer ones would only share the boundary out more evenly. */
static const double PART_FRACTION = 0.25;

static bool is_named(const char *text) {
    return text[0] != '\0' && strcmp(text, "none") != 0;
}

/* True if register.h5 knows the image: by a transform, or as the reference itself. */
static bool has_image(const Store *registered, const char *image, const char *reference) {
    char dataset[TEXT_SIZE + 16];
    snprintf(dataset, sizeof dataset, "/transforms/%s", image);
    return store_has(registered, dataset) || strcmp(image, reference) == 0;
}

/* Millimetres of a frame of reference to those of the PET. */
static Status relate_frame(const Store *registered, const char *dataset, const char *reference,
                           const char *pet, Affine *map, double *quality, Error *error) {
    Affine to_frame, from_frame, to_pet;
    double frame_quality = 1.0;
    Status status = store_read_affine(registered, dataset, &to_frame, error);
    if (status == STATUS_OK) {
        status = affine_invert(&to_frame, &from_frame, error);
    }
    if (status == STATUS_OK && store_has_attribute(registered, dataset, "quality")) {
        status = store_get_number(registered, dataset, "quality", &frame_quality, error);
    }
    if (status == STATUS_OK) {
        status = image_space_relate(registered, reference, pet, &to_pet, quality, error);
    }
    if (status != STATUS_OK) {
        return status;
    }
    *map = affine_compose(&to_pet, &from_frame);
    *quality = affine_is_same(&to_pet, &to_frame) ? 1.0 : fmin(*quality, frame_quality);
    return STATUS_OK;
}

/* Millimetres of a structure to those of the PET; `*quality` is NaN if register.h5 has no way. */
static Status relate_structure(const Store *convert, const Store *registered, const char *group,
                               const char *pet, Affine *map, double *quality, Error *error) {
    char image[TEXT_SIZE], frame[TEXT_SIZE], reference[TEXT_SIZE], dataset[TEXT_SIZE + 16];
    if (store_get_text(convert, group, "image", image, sizeof image, error) != STATUS_OK ||
        store_get_text(convert, group, "frame_of_reference", frame, sizeof frame, error) !=
            STATUS_OK ||
        store_get_text(registered, "/", "reference", reference, sizeof reference, error) !=
            STATUS_OK) {
        return error->status;
    }
    *quality = NAN;
    if (is_named(image) && strcmp(image, pet) == 0) {
        *map = affine_identity();
        *quality = 1.0;
        return STATUS_OK;
    }
    bool is_pet_known = has_image(registered, pet, reference);
    if (is_pet_known && is_named(image) && has_image(registered, image, reference)) {
        return image_space_relate(registered, image, pet, map, quality, error);
    }
    snprintf(dataset, sizeof dataset, "/frames/%s", frame);
    if (is_pet_known && !is_named(image) && is_named(frame) && store_has(registered, dataset)) {
        return relate_frame(registered, dataset, reference, pet, map, quality, error);
    }
    return STATUS_OK;
}

void liver_region_unite(Volume *region, const Volume *other) {
    size_t slice = region->grid.size[0] * region->grid.size[1];
#pragma omp parallel for schedule(static)
    for (size_t k = 0; k < region->grid.size[2]; k++) {
        float *to = region->voxels + k * slice;
        const float *from = other->voxels + k * slice;
        for (size_t n = 0; n < slice; n++) {
            to[n] = fminf(1.0f, to[n] + from[n]);
        }
    }
}

/* Adds one mask to the region; its volume, and what of it lies outside, to the sums. */
static Status add_mask(const Store *convert, const char *group, const Affine *to_pet,
                       Volume *region, double *total_ml, double *outside_ml, Error *error) {
    char dataset[TEXT_SIZE + 16];
    LabelMap mask = {0};
    Volume weights = {0};
    double lost_ml = 0.0;
    snprintf(dataset, sizeof dataset, "%s/mask", group);
    Status status = store_read_label_map(convert, dataset, &mask, error);
    if (status == STATUS_OK) {
        status = label_map_coverage(&mask, 1, &region->grid, to_pet, PART_FRACTION, &weights,
                                    &lost_ml, error);
    }
    if (status == STATUS_OK) {
        liver_region_unite(region, &weights);
        *total_ml += (double)label_map_count(&mask, 1) * grid_voxel_volume_ml(&mask.grid);
        *outside_ml += lost_ml;
    }
    volume_free(&weights);
    label_map_free(&mask);
    return status;
}

/* What is known while structures are added. */
typedef struct Search {
    const Store *convert, *registered;
    const char *pet;
    double min_quality;
    bool has_liver, is_unknown;
    double total_ml, outside_ml;
} Search;

static Status add_structure(Search *search, const char *name, Volume *region, Error *error) {
    char group[TEXT_SIZE], role[TEXT_SIZE];
    Affine to_pet;
    double quality = NAN;
    snprintf(group, sizeof group, "/structures/%s", name);
    Status status = store_get_text(search->convert, group, "role", role, sizeof role, error);
    bool is_liver = status == STATUS_OK && strcmp(role, "liver") == 0;
    bool is_used = is_liver || (status == STATUS_OK && strcmp(role, "lesion") == 0);
    if (!is_used) {
        return status;
    }
    search->has_liver |= is_liver;
    status = relate_structure(search->convert, search->registered, group, search->pet, &to_pet,
                              &quality, error);
    if (status != STATUS_OK || !(quality >= search->min_quality)) {
        search->is_unknown = true;
        return status;
    }
    return add_mask(search->convert, group, &to_pet, region, &search->total_ml, &search->outside_ml,
                    error);
}

static LiverRegionStatus conclude(const Search *search) {
    if (!search->has_liver) {
        return LIVER_REGION_NONE;
    }
    bool reaches = search->total_ml - search->outside_ml > 0.0;
    return search->is_unknown || !reaches ? LIVER_REGION_UNKNOWN : LIVER_REGION_KNOWN;
}

Status liver_region_read(const Store *convert, const Store *registered, const char *pet,
                         const Grid *grid, double min_quality, LiverRegion *region, Error *error) {
    char **names = NULL;
    size_t count = 0;
    Search search = {
        .convert = convert, .registered = registered, .pet = pet, .min_quality = min_quality};
    *region = (LiverRegion){.coverage = NAN};
    Status status = volume_create(grid, &region->weights, error);
    if (status == STATUS_OK) {
        status = store_list(convert, "/structures", &names, &count, error);
    }
    for (size_t n = 0; n < count && status == STATUS_OK; n++) {
        status = add_structure(&search, names[n], &region->weights, error);
    }
    store_free_names(names, count);
    if (status == STATUS_OK) {
        region->status = conclude(&search);
    }
    if (region->status == LIVER_REGION_KNOWN) {
        region->coverage = 1.0 - search.outside_ml / search.total_ml;
    } else {
        liver_region_free(region);
    }
    return status == STATUS_OK ? STATUS_OK : error_add_context(error, "liver in PET %s", pet);
}

void liver_region_free(LiverRegion *region) {
    volume_free(&region->weights);
}
