/* The input sheets and which of their rows belong to a patient (docs/input-sheets.md). */
#ifndef YTTRIA_CONVERT_SHEETS_H
#define YTTRIA_CONVERT_SHEETS_H

#include "core/config.h"
#include "core/table.h"

/* One row's patient and its place in the table. The texts belong to the table. */
typedef struct SheetKey {
    const char *center, *patient;
    size_t row;
} SheetKey;

/* A sheet with its rows grouped by patient, in the order of the file within a patient. */
typedef struct Sheet {
    char path[CONFIG_PATH_SIZE];
    Table *table;
    SheetKey *keys; /* sorted */
    size_t n_keys;
} Sheet;

typedef struct Sheets {
    Sheet patients, treatments, images;
    Sheet followup; /* optional: without rows where there is none */
} Sheets;

/* Reads patients, treatments and images. STATUS_BAD_DATA naming file and line for what makes the
 * whole batch doubtful: an unknown or missing column, a row that does not say whose it is, a sheet
 * that is not UTF-8; STATUS_NO_INPUT if a sheet is missing. What is wrong with one row waits for
 * sheets_check_patient; rows of a patient who is not in patients.tsv are logged and not used. Free
 * with sheets_free, also after a failure. */
Status sheets_load(const Config *config, Sheets *sheets, Error *error);
void sheets_free(Sheets *sheets);

/* Reads the sheet of follow-up, after sheets_load and in the same way; an empty path: there is
 * none. */
Status sheets_load_followup(const char *path, Sheets *sheets, Error *error);

/* A patient must be listed exactly once: of two rows nobody can say which holds. And none of the
 * patient's rows may have a problem (sheet_read): STATUS_BAD_DATA with the first one. */
Status sheets_check_patient(const Sheets *sheets, const char *center, const char *patient,
                            Error *error);

/* The rows of one patient: `keys` of `count` entries, in the order of the file. */
typedef struct SheetRows {
    const Sheet *sheet;
    const SheetKey *keys;
    size_t count;
} SheetRows;

SheetRows sheet_rows_of(const Sheet *sheet, const char *center, const char *patient);

/* Cells of the n-th of these rows. */
const char *sheet_rows_text(const SheetRows *rows, size_t n, const char *column);
double sheet_rows_number(const SheetRows *rows, size_t n, const char *column);

/* Its line in the file. */
size_t sheet_rows_line(const SheetRows *rows, size_t n);

/* Its cell `path`, relative to the sheet's folder unless it is absolute. STATUS_BAD_DATA if it is
 * empty. */
Status sheet_rows_path(const SheetRows *rows, size_t n, char path[CONFIG_PATH_SIZE], Error *error);

/* Puts "images.tsv:7: <what>: " in front of the error's message. */
Status sheet_rows_add_context(const SheetRows *rows, size_t n, const char *what, Error *error);

#endif
