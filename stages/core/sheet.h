/* Sheets: tables as text, the three input sheets (TSV) and the results (CSV, TSV). */
#ifndef YTTRIA_CORE_SHEET_H
#define YTTRIA_CORE_SHEET_H

#include "core/table.h"

/* Whether a column must be there, and whether its cells may be empty. The cells of a key say whose
 * row it is. */
typedef enum ColumnNeed { COLUMN_OPTIONAL, COLUMN_PRESENT, COLUMN_FILLED, COLUMN_KEY } ColumnNeed;

/* One column of an input sheet. */
typedef struct SheetColumn {
    const char *name;
    ColumnKind kind;
    ColumnNeed need;
    const char *choices; /* "yes|no|unknown", or NULL for anything */
    double min, max;     /* accepted range of numbers, inclusive; ignored if min > max */
    const char *units, *long_name;
} SheetColumn;

/* Reads a tab-separated UTF-8 sheet with a header row (BOM and CRLF accepted, blanks around cells
 * and blank lines ignored, `n/a` and empty are missing). Every column must be one of `columns`
 * (count `n`). The table gets two more columns: the number `line` (from 1) and the text `problem`,
 * the first thing wrong with the row, "images.tsv:7: column 'role': ...", or empty: a cell of the
 * wrong kind, range or choice or empty against its need, which is then missing; too many or too
 * few cells, when all but the keys are missing. So a bad row stops those whose row it is, not all.
 * STATUS_BAD_DATA with "path:line: ..." for what stops all: a column that is unknown or twice
 * there, a required one that is missing, an empty key, a text that is not UTF-8. A file that
 * cannot be opened: STATUS_NO_INPUT. `*table` is new, the caller frees it. */
Status sheet_read(const char *path, const SheetColumn *columns, size_t n, Table **table,
                  Error *error);

/* Reads only the named text columns of a sheet whose other columns do not matter (a batch of
 * patients, a status table), and `line`; the columns must be there. A row with too many or too few
 * cells is STATUS_BAD_DATA, the encoding is not looked at. Otherwise as sheet_read. */
Status sheet_read_columns(const char *path, const char *const *names, size_t n, Table **table,
                          Error *error);

/* Writes the table as CSV (RFC 4180, '\n' line ends) or, with `separator` '\t', TSV; missing is
 * empty, numbers have up to 10 significant digits. Atomic: temporary file, flush, rename. */
Status sheet_write(const Table *table, const char *path, char separator, Error *error);

#endif
