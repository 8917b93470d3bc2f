/* Concatenates tables of all patients into CSV files (joined_tables.h). */
#include "aggregate/joined_tables.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/atomic_file.h"

enum { MAX_COLUMNS = 16, NAME_SIZE = 64, NUMBER_SIZE = 32 };

/* The columns of docs/file-format.md: a header is there without patients, too. */
static const struct {
    const char *name;
    const char *columns[MAX_COLUMNS]; /* up to the first NULL */
} JOINED[JOINED_TABLES] = {
    {"breakpoints", {"parameter", "value", "stratum_at", "stratum_above"}},
    {"stability", {"parameter", "lower_change", "lower_stratum", "upper_change", "upper_stratum"}},
    {"scenarios",
     {"dose_method", "partial_volume", "calibration_percent", "diameter", "threshold_gy",
      "ablation_max_diameter_mm", "vessel_min_diameter_mm", "stratum", "n_underdosed"}},
    {"annotations", {"rule_set", "title", "criterion", "answer", "text"}},
    {"response",
     {"criterion", "date", "days_since_baseline", "days_since_treatment", "unit", "sum", "nadir",
      "change_percent", "nadir_change_percent", "response", "reason"}},
};

const char *joined_tables_name(size_t n) {
    return JOINED[n].name;
}

Status joined_tables_read(const Store *stratify, PatientTables *tables, Error *error) {
    *tables = (PatientTables){.tables = {NULL}};
    Status status = STATUS_OK;
    for (size_t n = 0; n < JOINED_TABLES && status == STATUS_OK; n++) {
        char group[NAME_SIZE];
        snprintf(group, sizeof group, "/%s", JOINED[n].name);
        if (store_has(stratify, group)) {
            status = store_read_table(stratify, group, &tables->tables[n], error);
        }
    }
    return status;
}

void joined_tables_free(PatientTables *tables) {
    for (size_t n = 0; n < JOINED_TABLES; n++) {
        table_free(tables->tables[n]);
        tables->tables[n] = NULL;
    }
}

/* Quoted where RFC 4180 asks for it. */
static void put_text(FILE *file, const char *text) {
    if (strpbrk(text, ",\"\r\n") == NULL) {
        fputs(text, file);
        return;
    }
    fputc('"', file);
    for (; *text != '\0'; text++) {
        if (*text == '"') {
            fputc('"', file);
        }
        fputc(*text, file);
    }
    fputc('"', file);
}

Status joined_tables_begin(const char *const paths[JOINED_TABLES], JoinedTables *joined,
                           Error *error) {
    *joined = (JoinedTables){.files = {NULL}};
    for (size_t n = 0; n < JOINED_TABLES; n++) {
        joined->paths[n] = paths[n];
        if (atomic_file_begin(paths[n], joined->temporary[n], sizeof joined->temporary[n], error) !=
            STATUS_OK) {
            joined->temporary[n][0] = '\0';
            return error->status;
        }
        joined->files[n] = fopen(joined->temporary[n], "w");
        if (joined->files[n] == NULL) {
            return error_set(error, STATUS_CANNOT_CREATE, "%s: cannot be created: %s", paths[n],
                             strerror(errno));
        }
        fputs("center,patient", joined->files[n]);
        for (size_t c = 0; c < MAX_COLUMNS && JOINED[n].columns[c] != NULL; c++) {
            fprintf(joined->files[n], ",%s", JOINED[n].columns[c]);
        }
        fputc('\n', joined->files[n]);
    }
    return STATUS_OK;
}

static bool is_number(const Table *table, const char *column) {
    for (size_t c = 0; c < table_column_count(table); c++) {
        if (strcmp(table_column_name(table, c), column) == 0) {
            return table_column_kind(table, c) == COLUMN_NUMBER;
        }
    }
    return false; /* not there: reads as an empty text */
}

static void put_rows(FILE *file, const char *const *columns, const Table *table, const char *center,
                     const char *patient) {
    bool is_numeric[MAX_COLUMNS] = {false};
    for (size_t c = 0; c < MAX_COLUMNS && columns[c] != NULL; c++) {
        is_numeric[c] = is_number(table, columns[c]);
    }
    for (size_t row = 0; row < table_row_count(table); row++) {
        put_text(file, center);
        fputc(',', file);
        put_text(file, patient);
        for (size_t c = 0; c < MAX_COLUMNS && columns[c] != NULL; c++) {
            fputc(',', file);
            if (is_numeric[c]) {
                char number[NUMBER_SIZE];
                table_format_number(table_number(table, row, columns[c]), number);
                fputs(number, file);
            } else {
                put_text(file, table_text(table, row, columns[c]));
            }
        }
        fputc('\n', file);
    }
}

/* Keeps why a write failed: the next one that succeeds in between may hide it. */
static void note_failure(JoinedTables *joined, size_t n, bool is_bad) {
    if (is_bad && joined->failures[n] == 0) {
        joined->failures[n] = errno;
    }
}

void joined_tables_add(JoinedTables *joined, const PatientTables *tables, const char *center,
                       const char *patient) {
    for (size_t n = 0; n < JOINED_TABLES; n++) {
        if (tables->tables[n] != NULL) {
            put_rows(joined->files[n], JOINED[n].columns, tables->tables[n], center, patient);
            note_failure(joined, n, ferror(joined->files[n]) != 0);
        }
    }
}

/* All are closed, and so known to be whole, before the first appears. */
Status joined_tables_commit(JoinedTables *joined, Error *error) {
    for (size_t n = 0; n < JOINED_TABLES; n++) {
        note_failure(joined, n, fclose(joined->files[n]) != 0);
        joined->files[n] = NULL;
        if (joined->failures[n] != 0) {
            return error_set(error, STATUS_IO, "%s: cannot be written: %s", joined->paths[n],
                             strerror(joined->failures[n]));
        }
    }
    for (size_t n = 0; n < JOINED_TABLES; n++) {
        Status status = atomic_file_commit(joined->temporary[n], joined->paths[n], error);
        joined->temporary[n][0] = '\0';
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

void joined_tables_abandon(JoinedTables *joined) {
    for (size_t n = 0; n < JOINED_TABLES; n++) {
        if (joined->files[n] != NULL) {
            fclose(joined->files[n]);
            joined->files[n] = NULL;
        }
        if (joined->temporary[n][0] != '\0') {
            unlink(joined->temporary[n]);
            joined->temporary[n][0] = '\0';
        }
    }
}
