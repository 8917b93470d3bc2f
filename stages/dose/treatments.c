/* Matching treatments with their PETs: never a guess between two. */
#include "dose/treatments.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct PetName {
    char image[TREATMENT_TEXT_SIZE];
    char timepoint[TREATMENT_TEXT_SIZE];
} PetName;

typedef struct PetList {
    size_t count;
    PetName *pets;
} PetList;

void treatments_free(TreatmentList *list) {
    if (list != NULL) {
        free(list->treatments);
        *list = (TreatmentList){0};
    }
}

/* Appends image `name` to the list if it is a PET; the list has room for all images. */
static Status add_if_pet(const Store *convert, const char *name, PetList *list, Error *error) {
    char object[2 * TREATMENT_TEXT_SIZE], role[TREATMENT_TEXT_SIZE];
    PetName *pet = &list->pets[list->count];
    snprintf(object, sizeof object, "/images/%s", name);
    Status status = store_get_text(convert, object, "role", role, sizeof role, error);
    if (status != STATUS_OK || strcmp(role, "pet") != 0) {
        return status;
    }
    snprintf(pet->image, sizeof pet->image, "%s", name);
    list->count++;
    return store_get_text(convert, object, "timepoint", pet->timepoint, sizeof pet->timepoint,
                          error);
}

static Status list_pets(const Store *convert, PetList *list, Error *error) {
    char **names = NULL;
    size_t count = 0;
    Status status = store_list(convert, "/images", &names, &count, error);
    if (status != STATUS_OK) {
        return status;
    }
    list->pets = calloc(count + 1, sizeof *list->pets);
    if (list->pets == NULL) {
        status = error_no_memory(error, "list of PET images");
    }
    for (size_t n = 0; status == STATUS_OK && n < count; n++) {
        status = add_if_pet(convert, names[n], list, error);
    }
    store_free_names(names, count);
    return status;
}

static Status find_pet(const PetList *list, bool is_only_treatment, Treatment *treatment,
                       Error *error) {
    const PetName *found = NULL;
    size_t matches = 0;
    for (size_t n = 0; n < list->count; n++) {
        if (strcmp(list->pets[n].timepoint, treatment->name) == 0) {
            found = &list->pets[n];
            matches++;
        }
    }
    if (matches > 1) {
        return error_set(error, STATUS_BAD_DATA,
                         "%zu PET images have the timepoint %s: keep the one that shows the dose "
                         "in the images sheet",
                         matches, treatment->name);
    }
    if (matches == 0 && is_only_treatment && list->count == 1) {
        found = &list->pets[0];
    }
    if (found == NULL) {
        return error_set(error, STATUS_BAD_DATA,
                         "none of the patient's %zu PET images has the timepoint %s: add the PET "
                         "to the images sheet with the treatment's name as timepoint",
                         list->count, treatment->name);
    }
    snprintf(treatment->image, sizeof treatment->image, "%s", found->image);
    return STATUS_OK;
}

static Status read_row(const Table *table, size_t row, const PetList *pets, Treatment *treatment,
                       Error *error) {
    snprintf(treatment->name, sizeof treatment->name, "%s", table_text(table, row, "treatment"));
    snprintf(treatment->administered_at, sizeof treatment->administered_at, "%s",
             table_text(table, row, "administered_at"));
    treatment->administration = (Administration){
        .administered_gbq = table_number(table, row, "activity_gbq"),
        .residual_gbq = table_number(table, row, "residual_gbq"),
        .lung_shunt_fraction = table_number(table, row, "lung_shunt_fraction"),
    };
    if (treatment->administered_at[0] == '\0') {
        return error_set(error, STATUS_BAD_DATA,
                         "administered_at is missing, so activity cannot be brought to the time "
                         "of administration: fill it in the treatments sheet");
    }
    Status status = timestamp_parse(treatment->administered_at, &treatment->administered, error);
    if (status != STATUS_OK) {
        return error_add_context(error, "administered_at");
    }
    return find_pet(pets, table_row_count(table) == 1, treatment, error);
}

static Status find_reference(TreatmentList *list, const char *reference_pet, Error *error) {
    for (size_t n = 0; n < list->count; n++) {
        for (size_t m = 0; m < n; m++) {
            if (strcmp(list->treatments[n].image, list->treatments[m].image) == 0) {
                return error_set(error, STATUS_BAD_DATA,
                                 "treatment %s is listed twice: keep one row in the treatments "
                                 "sheet",
                                 list->treatments[n].name);
            }
        }
    }
    for (size_t n = 0; n < list->count; n++) {
        if (strcmp(list->treatments[n].image, reference_pet) == 0) {
            list->reference = n;
            return STATUS_OK;
        }
    }
    return error_set(error, STATUS_BAD_DATA,
                     "PET %s, on whose grid the dose is to be, belongs to no treatment: give each "
                     "PET of a treatment that treatment's name as timepoint in the images sheet",
                     reference_pet);
}

static Status read_rows(const Table *table, const PetList *pets, TreatmentList *list,
                        Error *error) {
    size_t count = table_row_count(table);
    if (count == 0) {
        return error_set(error, STATUS_BAD_DATA,
                         "the patient has no treatment: add a row to the treatments sheet");
    }
    if (pets->count == 0) {
        return error_set(error, STATUS_BAD_DATA,
                         "the patient has no PET: add the PET after treatment to the images sheet");
    }
    list->treatments = calloc(count, sizeof *list->treatments);
    if (list->treatments == NULL) {
        return error_no_memory(error, "list of treatments");
    }
    list->count = count;
    for (size_t row = 0; row < count; row++) {
        if (read_row(table, row, pets, &list->treatments[row], error) != STATUS_OK) {
            return error_add_context(error, "treatment %s", list->treatments[row].name);
        }
    }
    return STATUS_OK;
}

Status treatments_read(const Store *convert, const char *reference_pet, TreatmentList *list,
                       Error *error) {
    Table *table = NULL;
    PetList pets = {0};
    *list = (TreatmentList){0};
    Status status = list_pets(convert, &pets, error);
    if (status != STATUS_OK) {
        goto done;
    }
    if (!store_has(convert, "/treatments")) {
        status = error_set(error, STATUS_BAD_DATA,
                           "the patient has no treatment: add a row to the treatments sheet");
        goto done;
    }
    status = store_read_table(convert, "/treatments", &table, error);
    if (status == STATUS_OK) {
        status = read_rows(table, &pets, list, error);
    }
    if (status == STATUS_OK) {
        status = find_reference(list, reference_pet, error);
    }
    if (status != STATUS_OK) {
        treatments_free(list);
    }
done:
    table_free(table);
    free(pets.pets);
    return status;
}
