/* Tables in memory: the three input sheets, the lesion tables in HDF5, the CSV files.
 *
 * Columns have a name, a kind and, when they are physical, units. A missing number is NaN,
 * a missing text is "". */
#ifndef YTTRIA_CORE_TABLE_H
#define YTTRIA_CORE_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

typedef enum ColumnKind { COLUMN_TEXT, COLUMN_NUMBER } ColumnKind;

typedef struct Table Table;

/* An empty table. Free with table_free. NULL when out of memory. */
Table *table_new(void);
void table_free(Table *table);

/* Appends a column (empty or NaN for the rows already there). `units` is UDUNITS spelling ("1"
 * for pure numbers, NULL for text); `long_name` a phrase for humans. Strings are copied. */
Status table_add_column(Table *table, const char *name, ColumnKind kind, const char *units,
                        const char *long_name, Error *error);

/* Appends a row of missing values; its index in `*row`. */
Status table_add_row(Table *table, size_t *row, Error *error);

/* Takes back rows: keeps the first `rows`. More than there are changes nothing. */
void table_keep_rows(Table *table, size_t rows);

Status table_set_text(Table *table, size_t row, const char *column, const char *value,
                      Error *error);
Status table_set_number(Table *table, size_t row, const char *column, double value, Error *error);

size_t table_row_count(const Table *table);
size_t table_column_count(const Table *table);
const char *table_column_name(const Table *table, size_t column);
ColumnKind table_column_kind(const Table *table, size_t column);
const char *table_column_units(const Table *table, size_t column); /* NULL for text */
const char *table_column_long_name(const Table *table, size_t column);

bool table_has_column(const Table *table, const char *name);

/* Cell access by name. A column that is not there reads as missing. The text is owned by the
 * table and valid until that cell changes. */
const char *table_text(const Table *table, size_t row, const char *column);
double table_number(const Table *table, size_t row, const char *column);

/* The shortest text of at most 10 significant digits for `value`, "" for NaN. */
void table_format_number(double value, char text[32]);

#endif
