/* Why a patient has no decision (earlier_failure.h). The tables say what the last run found, so
 * they are believed even where an older stratify.h5 is still lying there. */
#include "aggregate/earlier_failure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/batch.h"
#include "core/sheet.h"

static const char *const STAGES[] = {"convert", "register", "dose", "segment", "stratify"};

static Status append(EarlierFailures *failures, const char *stage, const Table *table, size_t row,
                     Error *error) {
    EarlierFailure *grown =
        realloc(failures->failures, (failures->count + 1) * sizeof *failures->failures);
    if (grown == NULL) {
        return error_no_memory(error, "the failures of earlier stages");
    }
    failures->failures = grown;
    EarlierFailure *failure = &grown[failures->count++];
    failure->center = strdup(table_text(table, row, "center"));
    failure->patient = strdup(table_text(table, row, "patient"));
    if (asprintf(&failure->reason, "failed in %s: %s", stage, table_text(table, row, "reason")) <
        0) {
        failure->reason = NULL;
    }
    return failure->center != NULL && failure->patient != NULL && failure->reason != NULL
               ? STATUS_OK
               : error_no_memory(error, "the failures of earlier stages");
}

static Status read_stage(const char *run, const char *stage, EarlierFailures *failures,
                         Error *error) {
    static const char *const columns[] = {"center", "patient", "status", "reason"};
    char path[BATCH_PATH_SIZE];
    int length = snprintf(path, sizeof path, "%s/status/%s.tsv", run, stage);
    if (length < 0 || length >= BATCH_PATH_SIZE) {
        return error_set(error, STATUS_USAGE, "%.200s...: the path of the run is too long", run);
    }
    Table *table = NULL;
    Status status = sheet_read_columns(path, columns, 4, &table, error);
    if (status != STATUS_OK) {
        return status == STATUS_NO_INPUT ? STATUS_OK : status;
    }
    for (size_t row = 0; row < table_row_count(table) && status == STATUS_OK; row++) {
        if (strcmp(table_text(table, row, "status"), "failed") == 0) {
            status = append(failures, stage, table, row, error);
        }
    }
    table_free(table);
    return status;
}

Status earlier_failures_read(const char *run, EarlierFailures *failures, Error *error) {
    *failures = (EarlierFailures){.count = 0};
    Status status = STATUS_OK;
    for (size_t s = 0; s < sizeof STAGES / sizeof *STAGES && status == STATUS_OK; s++) {
        status = read_stage(run, STAGES[s], failures, error);
    }
    return status;
}

void earlier_failures_free(EarlierFailures *failures) {
    for (size_t f = 0; f < failures->count; f++) {
        free(failures->failures[f].center);
        free(failures->failures[f].patient);
        free(failures->failures[f].reason);
    }
    free(failures->failures);
    *failures = (EarlierFailures){.count = 0};
}

const char *earlier_failures_find(const EarlierFailures *failures, const char *center,
                                  const char *patient) {
    for (size_t f = 0; f < failures->count; f++) {
        if (strcmp(failures->failures[f].patient, patient) == 0 &&
            strcmp(failures->failures[f].center, center) == 0) {
            return failures->failures[f].reason;
        }
    }
    return NULL;
}
