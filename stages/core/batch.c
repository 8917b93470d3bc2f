/* The batch sheet names patients; names become folders, so they are checked here, once. */
#include "core/batch.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/sheet.h"

/* Names become folders: letters, digits, '.', '_', '-', not starting with '.'. */
static bool is_folder_name(const char *name) {
    if (name[0] == '\0' || name[0] == '.' || strlen(name) > 64) {
        return false;
    }
    for (const char *at = name; *at != '\0'; at++) {
        if (!isalnum((unsigned char)*at) && strchr("._-", *at) == NULL) {
            return false;
        }
    }
    return true;
}

static Status check_names(const char *path, const Table *table, size_t row, Error *error) {
    static const char *const columns[] = {"center", "patient"};
    for (int n = 0; n < 2; n++) {
        const char *name = table_text(table, row, columns[n]);
        if (!is_folder_name(name)) {
            return error_set(error, STATUS_BAD_DATA,
                             "%s:%.0f: column '%s': '%s' cannot name a folder; use letters, "
                             "digits, '.', '_' and '-', at most 64",
                             path, table_number(table, row, "line"), columns[n], name);
        }
    }
    return STATUS_OK;
}

/* By name, then by line. */
static int compare_names(const void *a, const void *b) {
    const BatchPatient *first = a, *second = b;
    int order = strcmp(first->center, second->center);
    order = order != 0 ? order : strcmp(first->patient, second->patient);
    return order != 0 ? order : (first->line > second->line) - (first->line < second->line);
}

static int compare_lines(const void *a, const void *b) {
    const BatchPatient *first = a, *second = b;
    return (first->line > second->line) - (first->line < second->line);
}

static void patient_free(BatchPatient *patient) {
    free(patient->center);
    free(patient->patient);
}

/* Leaves each patient once, in the order of the sheet. */
static void merge_doubles(Batch *batch) {
    qsort(batch->patients, batch->count, sizeof *batch->patients, compare_names);
    size_t kept = 0;
    for (size_t n = 0; n < batch->count; n++) {
        BatchPatient *last = kept > 0 ? &batch->patients[kept - 1] : NULL;
        BatchPatient *next = &batch->patients[n];
        if (last != NULL && strcmp(last->center, next->center) == 0 &&
            strcmp(last->patient, next->patient) == 0) {
            last->other_line = next->line;
            patient_free(next);
        } else {
            batch->patients[kept++] = *next;
        }
    }
    batch->count = kept;
    qsort(batch->patients, batch->count, sizeof *batch->patients, compare_lines);
}

static Status copy_names(const Table *table, Batch *batch, Error *error) {
    size_t rows = table_row_count(table);
    batch->patients = calloc(rows > 0 ? rows : 1, sizeof *batch->patients);
    if (batch->patients == NULL) {
        return error_no_memory(error, "a batch");
    }
    for (size_t row = 0; row < rows; row++, batch->count++) {
        BatchPatient *patient = &batch->patients[row];
        patient->center = strdup(table_text(table, row, "center"));
        patient->patient = strdup(table_text(table, row, "patient"));
        patient->line = table_number(table, row, "line");
        if (patient->center == NULL || patient->patient == NULL) {
            batch->count++;
            return error_no_memory(error, "a batch");
        }
    }
    return STATUS_OK;
}

Status batch_read(const char *path, Batch *batch, Error *error) {
    static const char *const columns[] = {"center", "patient"};
    *batch = (Batch){0};
    Table *table;
    Status status = sheet_read_columns(path, columns, 2, &table, error);
    for (size_t row = 0; status == STATUS_OK && row < table_row_count(table); row++) {
        status = check_names(path, table, row, error);
    }
    if (status == STATUS_OK) {
        status = copy_names(table, batch, error);
    }
    table_free(table);
    if (status != STATUS_OK) {
        batch_free(batch);
        return status;
    }
    merge_doubles(batch);
    return STATUS_OK;
}

void batch_free(Batch *batch) {
    for (size_t n = 0; n < batch->count; n++) {
        patient_free(&batch->patients[n]);
    }
    free(batch->patients);
    *batch = (Batch){0};
}

Status batch_file_path(const char *run, const BatchPatient *patient, const char *stage,
                       char path[BATCH_PATH_SIZE], Error *error) {
    int length = snprintf(path, BATCH_PATH_SIZE, "%s/%s/%s/%s.h5", run, patient->center,
                          patient->patient, stage);
    return length > 0 && length < BATCH_PATH_SIZE
               ? STATUS_OK
               : error_set(error, STATUS_USAGE, "%s: the path of the run is too long", run);
}

static Status add_status_columns(Table *table, Error *error) {
    static const char *const texts[] = {"center", "patient", "status", "reason"};
    for (int n = 0; n < 4; n++) {
        if (table_add_column(table, texts[n], COLUMN_TEXT, NULL, texts[n], error) != STATUS_OK) {
            return error->status;
        }
    }
    return table_add_column(table, "seconds", COLUMN_NUMBER, "s", "wall-clock time", error);
}

static Status add_status_row(Table *table, const BatchPatient *patient, const PatientResult *result,
                             Error *error) {
    size_t row;
    if (table_add_row(table, &row, error) != STATUS_OK ||
        table_set_text(table, row, "center", patient->center, error) != STATUS_OK ||
        table_set_text(table, row, "patient", patient->patient, error) != STATUS_OK ||
        table_set_text(table, row, "status", patient_status_name(result->status), error) !=
            STATUS_OK ||
        table_set_text(table, row, "reason", result->reason, error) != STATUS_OK) {
        return error->status;
    }
    return table_set_number(table, row, "seconds", round(result->seconds * 1000.0) / 1000.0, error);
}

Status batch_write_status(const char *path, const Batch *batch, const PatientResult *results,
                          Error *error) {
    Table *table = table_new();
    Status status = table != NULL ? add_status_columns(table, error)
                                  : error_no_memory(error, "the status table");
    for (size_t n = 0; status == STATUS_OK && n < batch->count; n++) {
        status = add_status_row(table, &batch->patients[n], &results[n], error);
    }
    if (status == STATUS_OK) {
        status = sheet_write(table, path, '\t', error);
    }
    table_free(table);
    return status;
}
