/* Choice of the PET, of the reference, and of the image that stands for a frame of reference. */
#include "register/reference.h"

#include <string.h>

bool reference_share_frame(const ImageEntry *a, const ImageEntry *b) {
    return strcmp(a->frame, "none") != 0 && a->frame[0] != '\0' && strcmp(a->frame, b->frame) == 0;
}

static bool has_role(const ImageEntry *image, const char *role) {
    return strcmp(image->role, role) == 0;
}

Status reference_choose_pet(const ImageEntry *images, size_t count, const Table *treatments,
                            size_t *pet, Error *error) {
    const size_t rows = table_row_count(treatments);
    if (rows == 0) {
        return error_set(error, STATUS_BAD_DATA,
                         "/treatments of convert.h5 has no row; the patient needs at least one in "
                         "the treatments sheet, because the dose grid is the first one's PET");
    }
    const char *first = table_text(treatments, 0, "treatment");
    size_t n_pets = 0, only = 0;
    for (size_t n = 0; n < count; n++) {
        if (!has_role(&images[n], "pet")) {
            continue;
        }
        if (strcmp(images[n].timepoint, first) == 0) {
            *pet = n;
            return STATUS_OK;
        }
        n_pets++;
        only = n;
    }
    if (n_pets == 0) {
        return error_set(
            error, STATUS_BAD_DATA,
            "no image with role 'pet'; add the post-treatment PET to the images sheet");
    }
    if (rows == 1 && n_pets == 1) {
        *pet = only;
        return STATUS_OK;
    }
    if (rows == 1) {
        return error_set(error, STATUS_BAD_DATA,
                         "%zu images with role 'pet', none with timepoint '%s', the name of the "
                         "treatment; give the post-treatment PET that timepoint in the images "
                         "sheet",
                         n_pets, first);
    }
    return error_set(error, STATUS_BAD_DATA,
                     "no image with role 'pet' and timepoint '%s', the first of %zu treatments; "
                     "with several treatments the timepoint of each PET must be the name of its "
                     "treatment: correct the images sheet",
                     first, rows);
}

/* 0: cannot be the reference. Any anatomy is above any CT or MR; the same timepoint counts more
 * than the same frame, which registration can make up for. */
static int rank_reference(const ImageEntry *image, const ImageEntry *pet) {
    const bool shares = reference_share_frame(image, pet);
    const bool same_time = strcmp(image->timepoint, pet->timepoint) == 0;
    const int closeness = (shares ? 1 : 0) + (same_time ? 2 : 0);
    if (has_role(image, "anatomy")) {
        return 8 + closeness;
    }
    if (closeness > 0 && (has_role(image, "ct") || has_role(image, "mr"))) {
        return 1 + closeness;
    }
    return 0;
}

size_t reference_choose(const ImageEntry *images, size_t count, size_t pet) {
    size_t best = pet;
    int best_rank = 0;
    for (size_t n = 0; n < count; n++) {
        const int rank = rank_reference(&images[n], &images[pet]);
        if (rank > best_rank) {
            best = n;
            best_rank = rank;
        }
    }
    return best;
}

size_t reference_representative(const ImageEntry *images, size_t count, size_t image) {
    static const char *const order[] = {"anatomy", "ct", "mr", "pet"};
    for (size_t r = 0; r < sizeof order / sizeof *order; r++) {
        for (size_t n = 0; n < count; n++) {
            if (has_role(&images[n], order[r]) &&
                reference_share_frame(&images[n], &images[image])) {
                return n;
            }
        }
    }
    return image;
}
