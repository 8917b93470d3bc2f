/* A structure's space is that of its image if it has one, else of its frame of reference; register
 * stores reference -> image and reference -> frame, so the way back is the inverse. */
#include "segment/structure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool structure_has_role(const Structure *structure, const char *role) {
    return strcmp(structure->role, role) == 0;
}

size_t structure_list_count(const StructureList *list, const char *role) {
    size_t count = 0;
    for (size_t n = 0; n < list->count; n++) {
        count += structure_has_role(&list->structures[n], role);
    }
    return count;
}

const Structure *structure_list_nth(const StructureList *list, const char *role, size_t n) {
    const Structure *structure = list->structures;
    while (!structure_has_role(structure, role) || n-- > 0) {
        structure++;
    }
    return structure;
}

Status structure_relation_trust(const Structure *a, const Structure *b, double *trust,
                                Error *error) {
    const Affine identity = affine_identity();
    Affine from_reference;
    if (affine_invert(&b->to_reference, &from_reference, error) != STATUS_OK) {
        return error->status;
    }
    Affine relation = affine_compose(&from_reference, &a->to_reference);
    *trust = affine_is_same(&relation, &identity)
                 ? 1
                 : fmin(a->registration_quality, b->registration_quality);
    return STATUS_OK;
}

void structure_list_free(StructureList *list) {
    for (size_t n = 0; n < list->count; n++) {
        label_map_free(&list->structures[n].mask);
    }
    free(list->structures);
    *list = (StructureList){0};
}

/* The dataset of register.h5 that leads from the reference to the structure's space; "" where the
 * structure lies in the reference image's own space. */
static Status find_transform(const Store *convert, const Store *registered, const char *group,
                             char *dataset, size_t size, Error *error) {
    char image[STRUCTURE_TEXT_SIZE], frame[STRUCTURE_TEXT_SIZE], reference[STRUCTURE_TEXT_SIZE];
    if (store_get_text(convert, group, "image", image, sizeof image, error) != STATUS_OK ||
        store_get_text(convert, group, "frame_of_reference", frame, sizeof frame, error) !=
            STATUS_OK ||
        store_get_text(registered, "/", "reference", reference, sizeof reference, error) !=
            STATUS_OK) {
        return error->status;
    }
    bool has_image = strcmp(image, "none") != 0 && image[0] != '\0';
    bool has_frame = strcmp(frame, "none") != 0 && frame[0] != '\0';
    snprintf(dataset, size, "%s/%s", has_image ? "/transforms" : "/frames",
             has_image ? image : frame);
    if ((has_image || has_frame) && store_has(registered, dataset)) {
        return STATUS_OK;
    }
    if (has_image && strcmp(image, reference) == 0) {
        dataset[0] = '\0';
        return STATUS_OK;
    }
    return error_set(error, STATUS_BAD_DATA,
                     "%s: %s lies in image '%s' and frame of reference '%s', for which %s has no "
                     "transform; register the image it was drawn on, or import the mask with it",
                     store_path(convert), group, image, frame, store_path(registered));
}

Status structure_read_quality(const Store *registered, const char *transform, double *quality,
                              Error *error) {
    *quality = 1;
    return store_has_attribute(registered, transform, "quality")
               ? store_get_number(registered, transform, "quality", quality, error)
               : STATUS_OK;
}

static Status read_space(const Store *convert, const Store *registered, const char *group,
                         Affine *to_reference, double *quality, Error *error) {
    char dataset[2 * STRUCTURE_TEXT_SIZE];
    if (find_transform(convert, registered, group, dataset, sizeof dataset, error) != STATUS_OK) {
        return error->status;
    }
    *to_reference = affine_identity();
    *quality = 1;
    if (dataset[0] == '\0') {
        return STATUS_OK;
    }
    Affine from_reference;
    if (store_read_affine(registered, dataset, &from_reference, error) != STATUS_OK ||
        affine_invert(&from_reference, to_reference, error) != STATUS_OK) {
        return error_add_context(error, "%s, %s", store_path(registered), dataset);
    }
    return structure_read_quality(registered, dataset, quality, error);
}

static bool is_used(const char *role) {
    static const char *const used[] = {"liver",   "lesion", "vessel",      "lung",  "bile_duct",
                                       "stomach", "bowel",  "small_bowel", "colon", "duodenum"};
    bool found = false;
    for (size_t r = 0; r < sizeof used / sizeof *used; r++) {
        found |= strcmp(role, used[r]) == 0;
    }
    return found;
}

/* Reads one structure; leaves `role` empty when segment has no use for it. */
static Status read_structure(const Store *convert, const Store *registered, const char *name,
                             Structure *structure, Error *error) {
    char group[2 * STRUCTURE_TEXT_SIZE], mask[2 * STRUCTURE_TEXT_SIZE + 8];
    snprintf(group, sizeof group, "/structures/%s", name);
    snprintf(mask, sizeof mask, "%s/mask", group);
    snprintf(structure->name, sizeof structure->name, "%s", name);
    if (store_get_text(convert, group, "role", structure->role, sizeof structure->role, error) !=
            STATUS_OK ||
        store_get_text(convert, group, "label", structure->label, sizeof structure->label, error) !=
            STATUS_OK) {
        return error->status;
    }
    if (!is_used(structure->role)) {
        structure->role[0] = '\0';
        return STATUS_OK;
    }
    if (structure->label[0] == '\0') {
        snprintf(structure->label, sizeof structure->label, "%s", name);
    }
    if (read_space(convert, registered, group, &structure->to_reference,
                   &structure->registration_quality, error) != STATUS_OK ||
        store_read_label_map(convert, mask, &structure->mask, error) != STATUS_OK) {
        return error->status;
    }
    if (label_map_count(&structure->mask, 1) == 0) {
        return error_set(error, STATUS_BAD_DATA,
                         "%s: %s has no voxel with value 1; remove the structure from the "
                         "structure map or import it again",
                         store_path(convert), mask);
    }
    return STATUS_OK;
}

static int compare_labels(const void *a, const void *b) {
    const Structure *first = a, *second = b;
    int order = strverscmp(first->label, second->label);
    return order != 0 ? order : strcmp(first->name, second->name);
}

static Status refuse_duplicate_lesions(const Store *convert, const StructureList *list,
                                       Error *error) {
    for (size_t n = 1; n < list->count; n++) {
        for (size_t m = 0; m < n; m++) {
            const Structure *a = &list->structures[m], *b = &list->structures[n];
            if (structure_has_role(a, "lesion") && structure_has_role(b, "lesion") &&
                strcmp(a->label, b->label) == 0) {
                return error_set(error, STATUS_BAD_DATA,
                                 "%s: two masks, %s and %s, are both lesion '%s'; give every "
                                 "lesion its own label in the structure maps",
                                 store_path(convert), a->name, b->name, a->label);
            }
        }
    }
    return STATUS_OK;
}

Status structure_list_read(const Store *convert, const Store *registered, StructureList *list,
                           Error *error) {
    char **names = NULL;
    size_t count = 0;
    *list = (StructureList){0};
    Status status = store_list(convert, "/structures", &names, &count, error);
    if (status != STATUS_OK) {
        return status;
    }
    list->structures = calloc(count > 0 ? count : 1, sizeof *list->structures);
    if (list->structures == NULL) {
        status = error_no_memory(error, "the list of structures");
        goto done;
    }
    for (size_t n = 0; n < count; n++) {
        Structure *structure = &list->structures[list->count];
        status = read_structure(convert, registered, names[n], structure, error);
        if (status != STATUS_OK) {
            label_map_free(&structure->mask);
            goto done;
        }
        list->count += structure->role[0] != '\0';
    }
    qsort(list->structures, list->count, sizeof *list->structures, compare_labels);
    status = refuse_duplicate_lesions(convert, list, error);
done:
    store_free_names(names, count);
    return status;
}
