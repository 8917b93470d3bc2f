/* See convert.h. Top to bottom: the clinical row, the treatments, the images, the structures that
 * lie on them. Identifiers of the source stay in memory and end with the patient. */
#include "convert/convert.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "convert/followup.h"
#include "convert/image_import.h"
#include "convert/sheets.h"
#include "convert/sources.h"
#include "convert/structures.h"
#include "core/timestamp.h"

Status convert_begin(const Config *config, void **shared, Error *error) {
    Sheets *sheets = calloc(1, sizeof *sheets);
    if (sheets == NULL) {
        return error_no_memory(error, "the sheets");
    }
    Status status = sheets_load(config, sheets, error);
    if (status == STATUS_OK) {
        status = sheets_load_followup(config->followup_sheet, sheets, error);
    }
    if (status != STATUS_OK) {
        convert_end(sheets);
        return status;
    }
    *shared = sheets;
    return STATUS_OK;
}

void convert_end(void *shared) {
    if (shared != NULL) {
        sheets_free(shared);
        free(shared);
    }
}

Status convert_digest_sources(void *shared, const char *center, const char *patient, char **digests,
                              double *cost, Error *error) {
    if (cost != NULL) {
        *cost = sources_size_bytes(shared, center, patient);
    }
    if (digests == NULL) {
        return STATUS_OK;
    }
    Status status = sheets_check_patient(shared, center, patient, error);
    return status == STATUS_OK ? sources_digest(shared, center, patient, digests, error) : status;
}

static Status write_clinical(const Sheets *sheets, const PatientJob *job, Error *error) {
    SheetRows rows = sheet_rows_of(&sheets->patients, job->center, job->patient);
    const Table *table = sheets->patients.table;
    Status status = sheets_check_patient(sheets, job->center, job->patient, error);
    for (size_t c = 0; status == STATUS_OK && c < table_column_count(table); c++) {
        const char *name = table_column_name(table, c);
        bool is_clinical = strcmp(name, "center") != 0 && strcmp(name, "patient") != 0 &&
                           strcmp(name, "line") != 0 && strcmp(name, "problem") != 0;
        if (is_clinical && table_column_kind(table, c) == COLUMN_TEXT) {
            const char *text = sheet_rows_text(&rows, 0, name);
            bool is_progression = strcmp(name, "progression") == 0;
            text = is_progression && text[0] == '\0' ? "unknown" : text; /* never `no` */
            if (text[0] != '\0') {
                status = store_set_text(job->output, "/patient", name, text, error);
            }
        } else if (is_clinical && !isnan(sheet_rows_number(&rows, 0, name))) {
            status = store_set_number(job->output, "/patient", name,
                                      sheet_rows_number(&rows, 0, name), error);
        }
    }
    return status;
}

static Status add_treatment_columns(Table *table, Error *error) {
    static const struct {
        const char *name;
        ColumnKind kind;
        const char *units, *long_name;
    } columns[] = {
        {"treatment", COLUMN_TEXT, NULL, "name of the treatment"},
        {"administered_at", COLUMN_TEXT, NULL, "time of administration, ISO 8601"},
        {"activity_gbq", COLUMN_NUMBER, "GBq", "activity in the vial at administration"},
        {"residual_gbq", COLUMN_NUMBER, "GBq", "activity left in vial and tubing"},
        {"microsphere", COLUMN_TEXT, NULL, "product: glass or resin"},
        {"lung_shunt_fraction", COLUMN_NUMBER, "1", "fraction shunted to the lungs"},
    };
    Status status = STATUS_OK;
    for (size_t c = 0; status == STATUS_OK && c < sizeof columns / sizeof columns[0]; c++) {
        status = table_add_column(table, columns[c].name, columns[c].kind, columns[c].units,
                                  columns[c].long_name, error);
    }
    return status;
}

static Status add_treatment(Table *table, const SheetRows *rows, size_t n, Error *error) {
    Timestamp administered;
    char time[TIMESTAMP_TEXT_SIZE];
    size_t row = 0;
    Status status =
        timestamp_parse(sheet_rows_text(rows, n, "administered_at"), &administered, error);
    for (size_t earlier = 0; status == STATUS_OK && earlier < n; earlier++) {
        if (strcmp(sheet_rows_text(rows, earlier, "treatment"),
                   sheet_rows_text(rows, n, "treatment")) == 0) {
            status =
                error_set(error, STATUS_BAD_DATA,
                          "treatment '%s' is already listed in line %zu; give each treatment "
                          "its own name",
                          sheet_rows_text(rows, n, "treatment"), sheet_rows_line(rows, earlier));
        }
    }
    status = status == STATUS_OK ? table_add_row(table, &row, error) : status;
    if (status != STATUS_OK) {
        return status;
    }
    timestamp_format(&administered, time);
    status = table_set_text(table, row, "administered_at", time, error);
    static const char *const texts[] = {"treatment", "microsphere"};
    for (size_t c = 0; status == STATUS_OK && c < sizeof texts / sizeof texts[0]; c++) {
        status = table_set_text(table, row, texts[c], sheet_rows_text(rows, n, texts[c]), error);
    }
    static const char *const numbers[] = {"activity_gbq", "residual_gbq", "lung_shunt_fraction"};
    for (size_t c = 0; status == STATUS_OK && c < sizeof numbers / sizeof numbers[0]; c++) {
        status =
            table_set_number(table, row, numbers[c], sheet_rows_number(rows, n, numbers[c]), error);
    }
    return status;
}

/* `*table` is new, the caller frees it, also after a failure. */
static Status write_treatments(const Sheets *sheets, const PatientJob *job, Table **table,
                               Error *error) {
    SheetRows rows = sheet_rows_of(&sheets->treatments, job->center, job->patient);
    *table = table_new();
    if (*table == NULL) {
        return error_no_memory(error, "treatments");
    }
    Status status = add_treatment_columns(*table, error);
    for (size_t n = 0; status == STATUS_OK && n < rows.count; n++) {
        status = add_treatment(*table, &rows, n, error);
        if (status != STATUS_OK) {
            sheet_rows_add_context(&rows, n, "treatment", error);
        }
    }
    return status == STATUS_OK ? store_write_table(job->output, "/treatments", *table, error)
                               : status;
}

static bool is_mask(const SheetRows *rows, size_t n) {
    return strcmp(sheet_rows_text(rows, n, "role"), "mask") == 0;
}

static Status import_image(ImageImport *import, const SheetRows *rows, size_t n,
                           PatientImage *image, Error *error) {
    char path[CONFIG_PATH_SIZE];
    const char *role = sheet_rows_text(rows, n, "role");
    Status status = sheet_rows_path(rows, n, path, error);
    if (status == STATUS_OK) {
        status =
            image_import(import, role, sheet_rows_text(rows, n, "timepoint"), path, image, error);
    }
    return status == STATUS_OK ? status : sheet_rows_add_context(rows, n, role, error);
}

static Status import_mask(ImageImport *import, const SheetRows *rows, size_t n,
                          const PatientImage *images, size_t n_images, Error *error) {
    char path[CONFIG_PATH_SIZE];
    Status status = sheet_rows_path(rows, n, path, error);
    status = status == STATUS_OK ? image_import_check_patient(import, path, error) : status;
    if (status == STATUS_OK) {
        status = structures_import(path, sheet_rows_text(rows, n, "structure_map"), images,
                                   n_images, import->frames, import->output, import->flags, error);
    }
    return status == STATUS_OK ? status : sheet_rows_add_context(rows, n, "mask", error);
}

/* Images first: structures lie on them. */
static Status import_rows(ImageImport *import, const SheetRows *rows, Error *error) {
    PatientImage *images = calloc(rows->count + 1, sizeof *images);
    if (images == NULL) {
        return error_no_memory(error, "the list of images");
    }
    size_t n_images = 0;
    Status status = STATUS_OK;
    for (size_t n = 0; status == STATUS_OK && n < rows->count; n++) {
        if (!is_mask(rows, n)) {
            status = import_image(import, rows, n, &images[n_images++], error);
        }
    }
    for (size_t n = 0; status == STATUS_OK && n < rows->count; n++) {
        if (is_mask(rows, n)) {
            status = import_mask(import, rows, n, images, n_images, error);
        }
    }
    free(images);
    return status;
}

Status convert_patient(const PatientJob *job, Error *error) {
    const Sheets *sheets = job->shared;
    SheetRows rows = sheet_rows_of(&sheets->images, job->center, job->patient);
    Flags flags = {0};
    Table *treatments = NULL;
    FrameRegistry *frames = frame_registry_new();
    Status status = frames == NULL ? error_no_memory(error, "frames of reference") : STATUS_OK;
    status = status == STATUS_OK ? write_clinical(sheets, job, error) : status;
    status = status == STATUS_OK ? write_treatments(sheets, job, &treatments, error) : status;
    status = status == STATUS_OK
                 ? followup_write(sheets, job->center, job->patient, treatments, job->output, error)
                 : status;
    if (status == STATUS_OK) {
        ImageImport import = {.frames = frames,
                              .output = job->output,
                              .flags = &flags,
                              .nuclide = &job->config->nuclide,
                              .treatments = treatments};
        status = import_rows(&import, &rows, error);
    }
    if (status == STATUS_OK) {
        status = store_set_text(job->output, "/", "flags", flags.text, error);
    }
    table_free(treatments);
    frame_registry_free(frames);
    return status;
}
