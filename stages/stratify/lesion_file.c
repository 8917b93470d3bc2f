/* segment.h5 as the decision needs it (lesion_file.h). Values are taken as they are; whether they
 * are possible is checked by strata_check. */
#include "stratify/lesion_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_SIZE = 32 };

static Status read_word(const Store *store, const char *attribute, const char *const words[],
                        size_t n_words, size_t *index, Error *error) {
    char value[WORD_SIZE];
    Status status = store_get_text(store, "/", attribute, value, sizeof value, error);
    if (status != STATUS_OK) {
        return status;
    }
    for (*index = 0; *index < n_words; (*index)++) {
        if (strcmp(value, words[*index]) == 0) {
            return STATUS_OK;
        }
    }
    return error_set(error, STATUS_BAD_DATA,
                     "%s: attribute %s is \"%s\"; expected \"%s\"%s or \"%s\"", store_path(store),
                     attribute, value, words[0], n_words > 2 ? ", another known word," : "",
                     words[n_words - 1]);
}

static Status read_patient(const Store *store, LesionFile *file, Error *error) {
    static const char *const progression[] = {"no", "yes", "unknown"}; /* as StrataAnswer */
    static const char *const vessels[] = {"none", "segmented"};
    size_t answer = 0, has_vessels = 0;
    StrataPatient *patient = &file->patient;
    Status status = read_word(store, "progression", progression, 3, &answer, error);
    if (status == STATUS_OK) {
        status = read_word(store, "vessels", vessels, 2, &has_vessels, error);
    }
    if (status == STATUS_OK) {
        status = store_get_number(store, "/", "imaging_delay_h", &patient->imaging_delay_h, error);
    }
    if (status == STATUS_OK) {
        status =
            store_get_number(store, "/", "voxel_diagonal_mm", &patient->voxel_diagonal_mm, error);
    }
    if (status == STATUS_OK && store_has_attribute(store, "/", "flags")) {
        status =
            store_get_text(store, "/", "flags", file->flags.text, sizeof file->flags.text, error);
    }
    patient->progression = (StrataAnswer)answer;
    patient->has_vessels = has_vessels == 1;
    return status;
}

static Status check_columns(const Store *store, const char *group, const Table *table,
                            const char *const names[], size_t n_names, Error *error) {
    for (size_t c = 0; c < n_names; c++) {
        if (!table_has_column(table, names[c])) {
            return error_set(error, STATUS_BAD_DATA,
                             "%s: table %s has no column %s; write the file anew with "
                             "yttria-segment",
                             store_path(store), group, names[c]);
        }
    }
    return STATUS_OK;
}

static Status read_lesions(const Store *store, LesionFile *file, Error *error) {
    static const char *const columns[] = {"lesion", "davg_gy", "diameter_3d_mm",
                                          "diameter_axial_mm", "flags"};
    Status status = store_read_table(store, "/lesions", &file->table, error);
    if (status == STATUS_OK) {
        status = check_columns(store, "/lesions", file->table, columns, 5, error);
    }
    if (status != STATUS_OK) {
        return status;
    }
    size_t n = table_row_count(file->table);
    file->lesions = calloc(n + 1, sizeof *file->lesions);
    if (file->lesions == NULL) {
        return error_no_memory(error, "the lesions");
    }
    for (size_t i = 0; i < n; i++) {
        Flags flags;
        StrataLesion *lesion = &file->lesions[i];
        lesion->name = table_text(file->table, i, "lesion");
        lesion->davg_gy = table_number(file->table, i, "davg_gy");
        lesion->diameter_3d_mm = table_number(file->table, i, "diameter_3d_mm");
        lesion->diameter_axial_mm = table_number(file->table, i, "diameter_axial_mm");
        flags = (Flags){.text = ""};
        flags_add(&flags, table_text(file->table, i, "flags"));
        lesion->is_outside_dose = flags_has(&flags, "lesion_outside_dose");
        lesion->has_misplaced_vessels = flags_has(&flags, "vessels_misplaced");
        lesion->is_misplaced = flags_has(&flags, "registration_failed");
        for (size_t other = 0; other <= i; other++) {
            bool is_twice = other < i && strcmp(file->lesions[other].name, lesion->name) == 0;
            if (is_twice || lesion->name[0] == '\0') {
                return error_set(error, STATUS_BAD_DATA,
                                 "%s: table /lesions, row %zu: lesion \"%s\" %s", store_path(store),
                                 i + 1, lesion->name, is_twice ? "is there twice" : "has no name");
            }
        }
    }
    file->patient.lesions = file->lesions;
    file->patient.n_lesions = n;
    return STATUS_OK;
}

/* Appends the staircase of one lesion to `vessels`. */
static Status collect_staircase(const Store *store, const Table *profile, StrataLesion *lesion,
                                StrataVessel *vessels, size_t *n_vessels, Error *error) {
    lesion->vessels = &vessels[*n_vessels];
    lesion->n_vessels = 0;
    for (size_t row = 0; row < table_row_count(profile); row++) {
        if (strcmp(table_text(profile, row, "lesion"), lesion->name) != 0) {
            continue;
        }
        StrataVessel vessel = {table_number(profile, row, "vessel_distance_mm"),
                               table_number(profile, row, "vessel_diameter_mm")};
        if (lesion->n_vessels > 0 && vessel.distance_mm < vessels[*n_vessels - 1].distance_mm) {
            return error_set(error, STATUS_BAD_DATA,
                             "%s: table /vessel_profile, row %zu: a vessel of %s at %g mm follows "
                             "one at %g mm; the nearest must come first",
                             store_path(store), row + 1, lesion->name, vessel.distance_mm,
                             vessels[*n_vessels - 1].distance_mm);
        }
        vessels[(*n_vessels)++] = vessel;
        lesion->n_vessels++;
    }
    return STATUS_OK;
}

static Status read_vessels(const Store *store, LesionFile *file, Error *error) {
    static const char *const columns[] = {"lesion", "vessel_distance_mm", "vessel_diameter_mm"};
    Table *profile = NULL;
    size_t n_vessels = 0;
    Status status = store_read_table(store, "/vessel_profile", &profile, error);
    if (status == STATUS_OK) {
        status = check_columns(store, "/vessel_profile", profile, columns, 3, error);
    }
    if (status != STATUS_OK) {
        goto done;
    }
    file->vessels = calloc(table_row_count(profile) + 1, sizeof *file->vessels);
    if (file->vessels == NULL) {
        status = error_no_memory(error, "the vessel profiles");
        goto done;
    }
    for (size_t i = 0; i < file->patient.n_lesions && status == STATUS_OK; i++) {
        status =
            collect_staircase(store, profile, &file->lesions[i], file->vessels, &n_vessels, error);
    }
    if (status == STATUS_OK && n_vessels != table_row_count(profile)) {
        status = error_set(error, STATUS_BAD_DATA,
                           "%s: table /vessel_profile has %zu rows that name no lesion of "
                           "/lesions",
                           store_path(store), table_row_count(profile) - n_vessels);
    }
done:
    table_free(profile);
    return status;
}

Status lesion_file_read(const Store *store, LesionFile *file, Error *error) {
    *file = (LesionFile){.table = NULL};
    Status status = read_patient(store, file, error);
    if (status == STATUS_OK) {
        status = read_lesions(store, file, error);
    }
    if (status == STATUS_OK && file->patient.has_vessels) {
        status = read_vessels(store, file, error);
    }
    return status;
}

void lesion_file_free(LesionFile *file) {
    table_free(file->table);
    free(file->lesions);
    free(file->vessels);
    *file = (LesionFile){.table = NULL};
}
