/* See sheets.h. The columns here and in pipeline/schemas/ are the same. */
#include "convert/sheets.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convert/shown_path.h"
#include "core/log.h"
#include "core/sheet.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define TEXT(name, need)                                                                           \
    { name, COLUMN_TEXT, need, NULL, 1, 0, NULL, name }
#define CHOICE(name, need, choices)                                                                \
    { name, COLUMN_TEXT, need, choices, 1, 0, NULL, name }
#define NUMBER(name, low, high, units)                                                             \
    { name, COLUMN_NUMBER, COLUMN_OPTIONAL, NULL, low, high, units, name }

static const SheetColumn patient_columns[] = {
    TEXT("center", COLUMN_KEY),
    TEXT("patient", COLUMN_KEY),
    CHOICE("progression", COLUMN_PRESENT, "yes|no|unknown"),
    NUMBER("age", 0, 120, "year"),
    CHOICE("sex", COLUMN_OPTIONAL, "F|M|O|female|male|other|unknown"),
    NUMBER("ecog", 0, 5, "1"),
    NUMBER("bilirubin_mg_dl", 0, DBL_MAX, "mg dL-1"),
    NUMBER("albumin_g_dl", 0, DBL_MAX, "g dL-1"),
    NUMBER("alt_u_l", 0, DBL_MAX, "1"),
    NUMBER("ast_u_l", 0, DBL_MAX, "1"),
    NUMBER("weight_kg", DBL_MIN, DBL_MAX, "kg"),
    NUMBER("height_cm", DBL_MIN, DBL_MAX, "cm"),
    NUMBER("creatinine_mg_dl", 0, DBL_MAX, "mg dL-1"),
    NUMBER("platelets_1e9_l", 0, DBL_MAX, "1"),
    CHOICE("ascites", COLUMN_OPTIONAL, "yes|no|unknown"),
    CHOICE("encephalopathy", COLUMN_OPTIONAL, "yes|no|unknown"),
    NUMBER("life_expectancy_months", 0, DBL_MAX, "month"),
    CHOICE("after_chemotherapy", COLUMN_OPTIONAL, "yes|no|unknown"),
    CHOICE("lung_function_compromised", COLUMN_OPTIONAL, "yes|no|unknown"),
    CHOICE("contrast_allergy", COLUMN_OPTIONAL, "yes|no|unknown"),
    CHOICE("highly_selective", COLUMN_OPTIONAL, "yes|no|unknown"),
    CHOICE("bilobar", COLUMN_OPTIONAL, "yes|no|unknown"),
};

static const SheetColumn treatment_columns[] = {
    TEXT("center", COLUMN_KEY),
    TEXT("patient", COLUMN_KEY),
    TEXT("treatment", COLUMN_FILLED),
    TEXT("administered_at", COLUMN_PRESENT),
    {"activity_gbq", COLUMN_NUMBER, COLUMN_PRESENT, NULL, DBL_MIN, DBL_MAX, "GBq", "activity_gbq"},
    NUMBER("residual_gbq", 0, DBL_MAX, "GBq"),
    CHOICE("microsphere", COLUMN_OPTIONAL, "glass|resin"),
    NUMBER("lung_shunt_fraction", 0, 1, "1"),
};

static const SheetColumn image_columns[] = {
    TEXT("center", COLUMN_KEY),       TEXT("patient", COLUMN_KEY),
    TEXT("timepoint", COLUMN_FILLED), CHOICE("role", COLUMN_FILLED, "pet|anatomy|ct|mr|mask"),
    TEXT("path", COLUMN_FILLED),      TEXT("structure_map", COLUMN_OPTIONAL),
};

static const SheetColumn followup_columns[] = {
    TEXT("center", COLUMN_KEY),
    TEXT("patient", COLUMN_KEY),
    TEXT("date", COLUMN_FILLED),
    CHOICE("baseline", COLUMN_OPTIONAL, "yes|no"),
    TEXT("lesion", COLUMN_OPTIONAL),
    TEXT("organ", COLUMN_OPTIONAL),
    CHOICE("target", COLUMN_OPTIONAL, "yes|no"),
    CHOICE("status", COLUMN_OPTIONAL, "measured|absent|too_small|not_assessed"),
    NUMBER("longest_mm", 0, DBL_MAX, "mm"),
    NUMBER("perpendicular_mm", 0, DBL_MAX, "mm"),
    NUMBER("enhancing_mm", 0, DBL_MAX, "mm"),
    NUMBER("short_axis_mm", 0, DBL_MAX, "mm"),
    CHOICE("new_lesion", COLUMN_OPTIONAL, "yes|no"),
    CHOICE("non_target_progression", COLUMN_OPTIONAL, "yes|no|unknown"),
};

static int compare_patients(const SheetKey *a, const SheetKey *b) {
    int order = strcmp(a->center, b->center);
    return order != 0 ? order : strcmp(a->patient, b->patient);
}

static int compare_keys(const void *a, const void *b) {
    const SheetKey *first = a, *second = b;
    int order = compare_patients(first, second);
    return order != 0 ? order : first->row < second->row ? -1 : first->row > second->row;
}

static size_t line_of(const Sheet *sheet, size_t row) {
    return (size_t)table_number(sheet->table, row, "line");
}

static Status load(const char *path, const SheetColumn *columns, size_t n_columns, Sheet *sheet,
                   Error *error) {
    snprintf(sheet->path, sizeof sheet->path, "%s", path);
    Status status = sheet_read(path, columns, n_columns, &sheet->table, error);
    if (status != STATUS_OK) {
        return status;
    }
    sheet->n_keys = table_row_count(sheet->table);
    sheet->keys = calloc(sheet->n_keys + 1, sizeof *sheet->keys);
    if (sheet->keys == NULL) {
        return error_no_memory(error, "a sheet");
    }
    for (size_t row = 0; row < sheet->n_keys; row++) {
        sheet->keys[row] = (SheetKey){table_text(sheet->table, row, "center"),
                                      table_text(sheet->table, row, "patient"), row};
    }
    qsort(sheet->keys, sheet->n_keys, sizeof *sheet->keys, compare_keys);
    return STATUS_OK;
}

/* One warning a patient: a stray row says nothing about those who are in the batch. */
static void warn_of_unknown(const Sheet *sheet, const Sheet *patients) {
    char shown[SHOWN_PATH_SIZE];
    shown_path(sheet->path, shown);
    for (size_t n = 0; n < sheet->n_keys; n++) {
        const SheetKey *key = &sheet->keys[n];
        bool is_first = n == 0 || compare_patients(key - 1, key) != 0;
        if (is_first && sheet_rows_of(patients, key->center, key->patient).count == 0) {
            log_message(LOG_WARNING,
                        "%s:%zu: patient %s/%s is not in the sheet of patients, the row is not "
                        "used; add the patient there or correct center and patient here",
                        shown, line_of(sheet, key->row), key->center, key->patient);
        }
    }
}

Status sheets_load(const Config *config, Sheets *sheets, Error *error) {
    *sheets = (Sheets){0};
    Status status = load(config->patients_sheet, patient_columns, COUNT(patient_columns),
                         &sheets->patients, error);
    if (status == STATUS_OK) {
        status = load(config->treatments_sheet, treatment_columns, COUNT(treatment_columns),
                      &sheets->treatments, error);
    }
    if (status == STATUS_OK) {
        status =
            load(config->images_sheet, image_columns, COUNT(image_columns), &sheets->images, error);
    }
    if (status == STATUS_OK) {
        warn_of_unknown(&sheets->treatments, &sheets->patients);
        warn_of_unknown(&sheets->images, &sheets->patients);
    }
    return status;
}

Status sheets_load_followup(const char *path, Sheets *sheets, Error *error) {
    if (path[0] == '\0') {
        return STATUS_OK;
    }
    Status status = load(path, followup_columns, COUNT(followup_columns), &sheets->followup, error);
    if (status == STATUS_OK) {
        warn_of_unknown(&sheets->followup, &sheets->patients);
    }
    return status;
}

static void sheet_free(Sheet *sheet) {
    table_free(sheet->table);
    free(sheet->keys);
}

void sheets_free(Sheets *sheets) {
    sheet_free(&sheets->patients);
    sheet_free(&sheets->treatments);
    sheet_free(&sheets->images);
    sheet_free(&sheets->followup);
    *sheets = (Sheets){0};
}

SheetRows sheet_rows_of(const Sheet *sheet, const char *center, const char *patient) {
    const SheetKey wanted = {center, patient, 0};
    size_t low = 0, high = sheet->n_keys;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_keys(&sheet->keys[middle], &wanted) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    SheetRows rows = {sheet, sheet->keys + low, 0};
    while (low + rows.count < sheet->n_keys &&
           compare_patients(&rows.keys[rows.count], &wanted) == 0) {
        rows.count++;
    }
    return rows;
}

static Status check_rows(const SheetRows *rows, Error *error) {
    for (size_t n = 0; n < rows->count; n++) {
        const char *problem = sheet_rows_text(rows, n, "problem");
        if (problem[0] != '\0') {
            return error_set(error, STATUS_BAD_DATA, "%s", problem);
        }
    }
    return STATUS_OK;
}

Status sheets_check_patient(const Sheets *sheets, const char *center, const char *patient,
                            Error *error) {
    SheetRows rows = sheet_rows_of(&sheets->patients, center, patient);
    char shown[SHOWN_PATH_SIZE];
    shown_path(sheets->patients.path, shown);
    if (rows.count == 0) {
        return error_set(error, STATUS_BAD_DATA, "%s: patient %s/%s is not there; add a row", shown,
                         center, patient);
    }
    if (rows.count > 1) {
        return error_set(error, STATUS_BAD_DATA,
                         "%s:%zu: patient %s/%s is already listed in line %zu; remove the row that "
                         "is wrong",
                         shown, sheet_rows_line(&rows, 1), center, patient,
                         sheet_rows_line(&rows, 0));
    }
    const Sheet *const all[] = {&sheets->patients, &sheets->treatments, &sheets->images,
                                &sheets->followup};
    Status status = STATUS_OK;
    for (size_t s = 0; s < COUNT(all) && status == STATUS_OK; s++) {
        rows = sheet_rows_of(all[s], center, patient);
        status = check_rows(&rows, error);
    }
    return status;
}

const char *sheet_rows_text(const SheetRows *rows, size_t n, const char *column) {
    return table_text(rows->sheet->table, rows->keys[n].row, column);
}

double sheet_rows_number(const SheetRows *rows, size_t n, const char *column) {
    return table_number(rows->sheet->table, rows->keys[n].row, column);
}

size_t sheet_rows_line(const SheetRows *rows, size_t n) {
    return line_of(rows->sheet, rows->keys[n].row);
}

Status sheet_rows_path(const SheetRows *rows, size_t n, char path[CONFIG_PATH_SIZE], Error *error) {
    const char *cell = sheet_rows_text(rows, n, "path");
    if (cell[0] == '\0') { /* else it would be the folder of the sheet, the whole archive */
        return error_set(error, STATUS_BAD_DATA, "column 'path' is empty; fill it in");
    }
    const char *slash = strrchr(rows->sheet->path, '/');
    int folder = cell[0] == '/' || slash == NULL ? 0 : (int)(slash - rows->sheet->path) + 1;
    int length = snprintf(path, CONFIG_PATH_SIZE, "%.*s%s", folder, rows->sheet->path, cell);
    if (length >= CONFIG_PATH_SIZE) {
        return error_set(error, STATUS_BAD_DATA, "the path is longer than %d characters",
                         CONFIG_PATH_SIZE - 1);
    }
    return STATUS_OK;
}

Status sheet_rows_add_context(const SheetRows *rows, size_t n, const char *what, Error *error) {
    char shown[SHOWN_PATH_SIZE];
    return error_add_context(error, "%s:%zu: %s", shown_path(rows->sheet->path, shown),
                             sheet_rows_line(rows, n), what);
}
