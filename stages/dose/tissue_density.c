/* Which CT belongs to a PET: never one that is only by chance in the archive before a better one.
 */
#include "dose/tissue_density.h"

#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "dose/image_space.h"

enum { TEXT_SIZE = 256 };

typedef struct ImageFacts {
    char modality[TEXT_SIZE], timepoint[TEXT_SIZE], frame[TEXT_SIZE];
} ImageFacts;

static Status read_facts(const Store *convert, const char *image, ImageFacts *facts, Error *error) {
    char object[TEXT_SIZE];
    snprintf(object, sizeof object, "/images/%s", image);
    Status status =
        store_get_text(convert, object, "modality", facts->modality, sizeof facts->modality, error);
    if (status == STATUS_OK) {
        status = store_get_text(convert, object, "timepoint", facts->timepoint,
                                sizeof facts->timepoint, error);
    }
    if (status == STATUS_OK) {
        status = store_get_text(convert, object, "frame_of_reference", facts->frame,
                                sizeof facts->frame, error);
    }
    return status;
}

/* How well a CT goes with the PET: 0 is not at all. */
static int rank_ct(const ImageFacts *ct, const ImageFacts *pet) {
    bool is_ct = strcmp(ct->modality, "CT") == 0;
    bool is_frame = strcmp(ct->frame, pet->frame) == 0 && strcmp(ct->frame, "none") != 0;
    bool is_time = strcmp(ct->timepoint, pet->timepoint) == 0;
    return is_ct ? 1 + 2 * is_frame + 4 * is_time : 0;
}

/* The name of the best CT, the first by name of equals; "" if there is none. */
static Status find_ct(const Store *convert, const char *pet, char ct[TEXT_SIZE], Error *error) {
    char **names = NULL;
    size_t count = 0;
    int best = 0;
    ImageFacts pet_facts, facts;
    ct[0] = '\0';
    Status status = read_facts(convert, pet, &pet_facts, error);
    if (status == STATUS_OK) {
        status = store_list(convert, "/images", &names, &count, error);
    }
    for (size_t n = 0; n < count && status == STATUS_OK; n++) {
        status = read_facts(convert, names[n], &facts, error);
        if (status == STATUS_OK && rank_ct(&facts, &pet_facts) > best) {
            best = rank_ct(&facts, &pet_facts);
            snprintf(ct, TEXT_SIZE, "%s", names[n]);
        }
    }
    store_free_names(names, count);
    return status;
}

static Status bring_density(const Store *convert, const char *ct, const Grid *grid,
                            const Affine *grid_to_ct, const DoseConfig *config, DensityMap *map,
                            Error *error) {
    char dataset[2 * TEXT_SIZE];
    Volume hu = {0};
    snprintf(dataset, sizeof dataset, "/images/%s/voxels", ct);
    Status status = store_read_volume(convert, dataset, &hu, error);
    if (status == STATUS_OK) {
        status = density_map_from_ct(&hu, grid, grid_to_ct, config, map, error);
    }
    volume_free(&hu);
    return status == STATUS_OK ? status : error_add_context(error, "density from CT %s", ct);
}

Status tissue_density_read(const Store *convert, const Store *registered, const char *pet,
                           const Grid *grid, const DoseConfig *config, DensityMap *map,
                           Flags *flags, Error *error) {
    char ct[TEXT_SIZE];
    Affine pet_to_ct;
    double quality = 0.0;
    *map = (DensityMap){0};
    Status status = find_ct(convert, pet, ct, error);
    if (status == STATUS_OK && ct[0] != '\0') {
        status = image_space_relate(registered, pet, ct, &pet_to_ct, &quality, error);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (ct[0] == '\0' || quality < config->min_registration_quality) {
        flags_add(flags, "density_uniform");
        return STATUS_OK;
    }
    log_message(LOG_DEBUG, "density of PET %s from CT %s", pet, ct);
    return bring_density(convert, ct, grid, &pet_to_ct, config, map, error);
}
