/* Reading one PET, every field checked before anything is computed from it. */
#include "dose/pet_image.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OBJECT_SIZE = 256 };

static const double MIN_EDGE_MM = 0.5;
static const double MAX_EDGE_MM = 12.0;

/* Cosine of the angle between two axes: a voxel of 4 mm is then off by less than 0.01 mm. */
static const double MAX_AXIS_COSINE = 1e-3;

void pet_image_free(PetImage *pet) {
    if (pet != NULL) {
        volume_free(&pet->activity);
        free(pet->slice_factors);
        pet->slice_factors = NULL;
    }
}

Status pet_image_check_grid(const Grid *grid, Error *error) {
    double edge[3];
    grid_spacing_mm(grid, edge);
    for (int axis = 0; axis < 3; axis++) {
        if (!(edge[axis] >= MIN_EDGE_MM && edge[axis] <= MAX_EDGE_MM)) {
            return error_set(error, STATUS_BAD_DATA,
                             "voxels measure %.4g x %.4g x %.4g mm, wanted %g to %g mm each way: "
                             "check the image's geometry",
                             edge[0], edge[1], edge[2], MIN_EDGE_MM, MAX_EDGE_MM);
        }
    }
    for (int axis = 0; axis < 3; axis++) {
        int next = (axis + 1) % 3;
        double product = 0.0;
        for (int row = 0; row < 3; row++) {
            product += grid->affine.m[row][axis] * grid->affine.m[row][next];
        }
        if (!(fabs(product) <= MAX_AXIS_COSINE * edge[axis] * edge[next])) {
            return error_set(error, STATUS_BAD_DATA,
                             "voxel axes %d and %d are not at right angles: resample the image "
                             "onto a right-angled grid",
                             axis + 1, next + 1);
        }
    }
    return STATUS_OK;
}

static Status read_time(const Store *store, const char *object, const char *name, Timestamp *time,
                        Error *error) {
    char text[TIMESTAMP_TEXT_SIZE];
    Status status = store_get_text(store, object, name, text, sizeof text, error);
    if (status != STATUS_OK) {
        return status;
    }
    if (text[0] == '\0') {
        return error_set(error, STATUS_BAD_DATA,
                         "%s is missing, so the PET's activity cannot be brought to the time of "
                         "administration: add it to the image's header or JSON",
                         name);
    }
    status = timestamp_parse(text, time, error);
    return status == STATUS_OK ? STATUS_OK : error_add_context(error, "%s", name);
}

static Status read_decay_correction(const Store *store, const char *object, PetImage *pet,
                                    Error *error) {
    char text[PET_IMAGE_TEXT_SIZE];
    Status status = store_get_text(store, object, "decay_correction", text, sizeof text, error);
    if (status != STATUS_OK) {
        return status;
    }
    bool is_none = strcmp(text, "NONE") == 0;
    pet->decay_correction = is_none ? PET_DECAY_NONE : PET_DECAY_CORRECTED;
    if (is_none || strcmp(text, "START") == 0 || strcmp(text, "ADMIN") == 0) {
        return STATUS_OK;
    }
    return error_set(error, STATUS_BAD_DATA,
                     "decay_correction is '%s', wanted START, ADMIN or NONE: convert again", text);
}

static Status read_texts(const Store *store, const char *object, PetImage *pet, Error *error) {
    const struct {
        const char *name;
        char *value;
    } texts[] = {{"radionuclide", pet->radionuclide},
                 {"manufacturer", pet->manufacturer},
                 {"model", pet->model}};
    for (size_t n = 0; n < sizeof texts / sizeof *texts; n++) {
        Status status = store_get_text(store, object, texts[n].name, texts[n].value,
                                       PET_IMAGE_TEXT_SIZE, error);
        if (status != STATUS_OK) {
            return status;
        }
    }
    const char *gap = pet->manufacturer[0] != '\0' && pet->model[0] != '\0' ? " " : "";
    snprintf(pet->scanner, sizeof pet->scanner, "%s%s%s", pet->manufacturer, gap, pet->model);
    return STATUS_OK;
}

static Status read_numbers(const Store *store, const char *object, PetImage *pet, Error *error) {
    const struct {
        const char *name;
        double *value;
    } numbers[] = {{"half_life_s", &pet->half_life_s},
                   {"frame_duration_s", &pet->frame_duration_s},
                   {"positron_fraction", &pet->positron_fraction}};
    Status status = STATUS_OK;
    for (size_t n = 0; n < sizeof numbers / sizeof *numbers && status == STATUS_OK; n++) {
        status = store_get_number(store, object, numbers[n].name, numbers[n].value, error);
    }
    return status;
}

static Status read_header(const Store *store, const char *object, PetImage *pet, Error *error) {
    Status status = read_decay_correction(store, object, pet, error);
    if (status == STATUS_OK) {
        status = read_time(store, object, "decay_reference_time", &pet->reference, error);
    }
    if (status == STATUS_OK) {
        status = read_time(store, object, "acquisition_time", &pet->acquisition, error);
    }
    if (status == STATUS_OK) {
        status = read_texts(store, object, pet, error);
    }
    return status == STATUS_OK ? read_numbers(store, object, pet, error) : status;
}

static Status read_voxels(const Store *store, const char *object, PetImage *pet, Error *error) {
    char dataset[2 * OBJECT_SIZE], units[OBJECT_SIZE];
    snprintf(dataset, sizeof dataset, "%s/voxels", object);
    Status status = store_get_text(store, dataset, "units", units, sizeof units, error);
    if (status != STATUS_OK) {
        return status;
    }
    if (strcmp(units, "Bq mL-1") != 0) {
        return error_set(error, STATUS_BAD_DATA,
                         "units are '%s', wanted 'Bq mL-1': export the PET in becquerel per "
                         "millilitre and convert again",
                         units);
    }
    status = store_read_volume(store, dataset, &pet->activity, error);
    if (status == STATUS_OK) {
        status = pet_image_check_grid(&pet->activity.grid, error);
    }
    if (status == STATUS_OK) {
        status = volume_check_finite(&pet->activity, "voxels", error);
    }
    return status;
}

static Status read_slice_factors(const Store *store, const char *object, PetImage *pet,
                                 Error *error) {
    char dataset[2 * OBJECT_SIZE];
    size_t count = 0, wanted = pet->activity.grid.size[2];
    snprintf(dataset, sizeof dataset, "%s/slice_decay_factor", object);
    Status status = store_read_array(store, dataset, &pet->slice_factors, &count, error);
    if (status == STATUS_OK && count != wanted) {
        return error_set(error, STATUS_BAD_DATA,
                         "slice_decay_factor has %zu values for %zu slices: convert again", count,
                         wanted);
    }
    for (size_t k = 0; status == STATUS_OK && k < count; k++) {
        double factor = pet->slice_factors[k];
        if (!(factor > 0.0) || !isfinite(factor)) {
            status = error_set(error, STATUS_BAD_DATA,
                               "slice_decay_factor of slice %zu is %g, wanted a positive number: "
                               "check the times in the image's header",
                               k, factor);
        }
    }
    return status;
}

Status pet_image_read(const Store *convert, const char *image, PetImage *pet, Error *error) {
    char object[OBJECT_SIZE];
    *pet = (PetImage){0};
    snprintf(object, sizeof object, "/images/%s", image);
    Status status = read_header(convert, object, pet, error);
    if (status == STATUS_OK) {
        status = read_voxels(convert, object, pet, error);
    }
    if (status == STATUS_OK) {
        status = read_slice_factors(convert, object, pet, error);
    }
    if (status != STATUS_OK) {
        pet_image_free(pet);
        return error_add_context(error, "PET %s", image);
    }
    return STATUS_OK;
}
