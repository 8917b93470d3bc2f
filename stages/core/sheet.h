/* Sheets: tables as text, the three input sheets (TSV) and the results (CSV, TSV). */
#ifndef YTTRIA_CORE_SHEET_H
#define YTTRIA_CORE_SHEET_H

#include "core/table.h"

/* Whether a column must be there, and whether its cells may be empty. */
typedef enum ColumnNeed { COLUMN_OPTIONAL, COLUMN_PRESENT, COLUMN_FILLED } ColumnNeed;

/* One column of an input sheet. */
typedef struct SheetColumn {
    const char *name;
    ColumnKind kind;
    ColumnNeed need;
    const char *choices; /* "yes|no|unknown", or NULL for anything */
    double min, max;     /* accepted range of numbers, inclusive; ignored if min > max */
    const char *units, *long_name;
} SheetColumn;

/* Reads a tab-separated UTF-8 sheet with a header row (BOM and CRLF accepted, `n/a` and empty
 * are missing). Every column must be one of `columns` (count `n`); a column that is unknown or
 * twice there, a required one that is missing, a cell of the wrong kind, range or choice, a row
 * with too many or too few cells: STATUS_BAD_DATA with "file:line: column ...". A file that
 * cannot be opened: STATUS_NO_INPUT. The table gets one more column, the number `line` (header
 * line = 1), for messages. `*table` is new, the caller frees it. */
Status sheet_read(const char *path, const SheetColumn *columns, size_t n, Table **table,
                  Error *error);

/* Reads only the named text columns of a sheet whose other columns do not matter (a batch of
 * patients, a status table); they must be there. Otherwise as sheet_read. */
Status sheet_read_columns(const char *path, const char *const *names, size_t n, Table **table,
                          Error *error);

/* Writes the table as CSV (RFC 4180, '\n' line ends) or, with `separator` '\t', TSV; missing is
 * empty, numbers have up to 10 significant digits. Atomic: temporary file, flush, rename. */
Status sheet_write(const Table *table, const char *path, char separator, Error *error);

#endif
