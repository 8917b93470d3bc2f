/* Reading convert.h5 and writing register.h5, as docs/file-format.md lays them out. */
#include "register/register_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OBJECT_SIZE = 320 };

static const char *method_name(const ImageTransform *transform) {
    return transform->is_rigid ? "rigid_mutual_information" : "identity";
}

static Status read_image(const Store *convert, const char *name, ImageEntry *image, Error *error) {
    char group[OBJECT_SIZE], voxels[OBJECT_SIZE + 8];
    snprintf(image->name, sizeof image->name, "%s", name);
    snprintf(group, sizeof group, "/images/%s", image->name);
    snprintf(voxels, sizeof voxels, "%s/voxels", group);
    Status status = store_get_text(convert, group, "role", image->role, sizeof image->role, error);
    if (status == STATUS_OK) {
        status = store_get_text(convert, group, "timepoint", image->timepoint,
                                sizeof image->timepoint, error);
    }
    if (status == STATUS_OK) {
        status = store_get_text(convert, group, "frame_of_reference", image->frame,
                                sizeof image->frame, error);
    }
    return status == STATUS_OK ? store_read_grid(convert, voxels, &image->grid, error) : status;
}

Status register_file_read_images(const Store *convert, ImageEntry **images, size_t *count,
                                 Error *error) {
    char **names = NULL;
    Status status = store_list(convert, "/images", &names, count, error);
    if (status != STATUS_OK) {
        return status;
    }
    ImageEntry *entries = calloc(*count + 1, sizeof *entries);
    if (!entries) {
        status = error_no_memory(error, "the list of images");
    }
    for (size_t n = 0; n < *count && status == STATUS_OK; n++) {
        status = read_image(convert, names[n], &entries[n], error);
    }
    store_free_names(names, *count);
    if (status != STATUS_OK) {
        free(entries);
        return status;
    }
    *images = entries;
    return STATUS_OK;
}

Status register_file_read_voxels(const Store *convert, const char *image, Volume *volume,
                                 Error *error) {
    char dataset[OBJECT_SIZE];
    snprintf(dataset, sizeof dataset, "/images/%s/voxels", image);
    Status status = store_read_volume(convert, dataset, volume, error);
    return status == STATUS_OK ? volume_check_finite(volume, image, error) : status;
}

Status register_file_write_transform(Store *output, const char *image,
                                     const ImageTransform *transform, Error *error) {
    char object[OBJECT_SIZE];
    snprintf(object, sizeof object, "/transforms/%s", image);
    Status status = store_write_affine(output, object, &transform->reference_to_image,
                                       "reference millimetres to image millimetres", error);
    const struct {
        const char *name;
        double value;
    } numbers[] = {
        {"quality", transform->quality},
        {"normalised_mutual_information", transform->normalised_mutual_information},
        {"rotation_deg", transform->rotation_deg},
        {"translation_mm", transform->translation_mm},
    };
    for (size_t n = 0; n < sizeof numbers / sizeof *numbers && status == STATUS_OK; n++) {
        status = store_set_number(output, object, numbers[n].name, numbers[n].value, error);
    }
    if (status == STATUS_OK) {
        status = store_set_text(output, object, "method", method_name(transform), error);
    }
    return status == STATUS_OK ? store_set_text(output, object, "reason", transform->reason, error)
                               : status;
}

Status register_file_write_voxels(Store *output, const ImageEntry *image, const Volume *resampled,
                                  Error *error) {
    char dataset[OBJECT_SIZE], long_name[IMAGE_TEXT_SIZE + 40];
    const bool is_pet = strcmp(image->role, "pet") == 0;
    snprintf(dataset, sizeof dataset, "/images/%s/voxels", image->name);
    snprintf(long_name, sizeof long_name, "%s on the reference grid", image->name);
    return store_write_volume(output, dataset, resampled, is_pet ? "Bq mL-1" : "1", long_name,
                              error);
}

Status register_file_write_frames(Store *output, const ImageEntry *images,
                                  const ImageTransform *transforms, size_t count, Error *error) {
    Status status = STATUS_OK;
    for (size_t n = 0; n < count && status == STATUS_OK; n++) {
        const bool has_frame = reference_share_frame(&images[n], &images[n]);
        if (!has_frame || reference_representative(images, count, n) != n) {
            continue;
        }
        char object[OBJECT_SIZE];
        snprintf(object, sizeof object, "/frames/%s", images[n].frame);
        status = store_write_affine(output, object, &transforms[n].reference_to_image,
                                    "reference millimetres to millimetres of this frame", error);
        if (status == STATUS_OK) {
            status = store_set_number(output, object, "quality", transforms[n].quality, error);
        }
    }
    return status;
}

static Status add_quality_columns(Table *table, Error *error) {
    static const struct {
        const char *name;
        ColumnKind kind;
        const char *units, *long_name;
    } columns[] = {
        {"image", COLUMN_TEXT, NULL, "name of the image"},
        {"method", COLUMN_TEXT, NULL, "how its transform was found"},
        {"quality", COLUMN_NUMBER, "1", "trust in the transform, 0 to 1"},
        {"normalised_mutual_information", COLUMN_NUMBER, "1", "with the reference, 1 to 2"},
        {"rotation_deg", COLUMN_NUMBER, "degree", "angle of the rotation"},
        {"translation_mm", COLUMN_NUMBER, "mm", "displacement of the centre of the reference"},
        {"reason", COLUMN_TEXT, NULL, "why this method, or what the result is"},
    };
    Status status = STATUS_OK;
    for (size_t c = 0; c < sizeof columns / sizeof *columns && status == STATUS_OK; c++) {
        status = table_add_column(table, columns[c].name, columns[c].kind, columns[c].units,
                                  columns[c].long_name, error);
    }
    return status;
}

static Status add_quality_row(Table *table, const char *image, const ImageTransform *transform,
                              Error *error) {
    size_t row;
    Status status = table_add_row(table, &row, error);
    const char *const texts[][2] = {
        {"image", image}, {"method", method_name(transform)}, {"reason", transform->reason}};
    for (size_t n = 0; n < 3 && status == STATUS_OK; n++) {
        status = table_set_text(table, row, texts[n][0], texts[n][1], error);
    }
    const char *const names[] = {"quality", "normalised_mutual_information", "rotation_deg",
                                 "translation_mm"};
    const double values[] = {transform->quality, transform->normalised_mutual_information,
                             transform->rotation_deg, transform->translation_mm};
    for (size_t n = 0; n < 4 && status == STATUS_OK; n++) {
        status = table_set_number(table, row, names[n], values[n], error);
    }
    return status;
}

Status register_file_write_quality(Store *output, const ImageEntry *images,
                                   const ImageTransform *transforms, size_t count, Error *error) {
    Table *table = table_new();
    if (!table) {
        return error_no_memory(error, "the quality table");
    }
    Status status = add_quality_columns(table, error);
    for (size_t n = 0; n < count && status == STATUS_OK; n++) {
        status = add_quality_row(table, images[n].name, &transforms[n], error);
    }
    if (status == STATUS_OK) {
        status = store_write_table(output, "/quality", table, error);
    }
    table_free(table);
    return status;
}
