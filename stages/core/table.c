/* Columns own their cells; rows grow together, by doubling. */
#include "core/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Column {
    char *name, *units, *long_name;
    ColumnKind kind;
    char **texts;    /* one per row when kind is COLUMN_TEXT; NULL reads as "" */
    double *numbers; /* one per row when kind is COLUMN_NUMBER */
} Column;

struct Table {
    Column *columns;
    size_t n_columns;
    size_t n_rows, row_capacity;
};

Table *table_new(void) {
    return calloc(1, sizeof(Table));
}

static void column_free(Column *column, size_t n_rows) {
    free(column->name);
    free(column->units);
    free(column->long_name);
    for (size_t row = 0; column->texts != NULL && row < n_rows; row++) {
        free(column->texts[row]);
    }
    free(column->texts);
    free(column->numbers);
}

void table_free(Table *table) {
    if (table == NULL) {
        return;
    }
    for (size_t n = 0; n < table->n_columns; n++) {
        column_free(&table->columns[n], table->n_rows);
    }
    free(table->columns);
    free(table);
}

static Status column_reserve(Column *column, size_t capacity, Error *error) {
    void *grown = column->kind == COLUMN_TEXT
                      ? realloc(column->texts, capacity * sizeof *column->texts)
                      : realloc(column->numbers, capacity * sizeof *column->numbers);
    if (grown == NULL) {
        return error_no_memory(error, "a table");
    }
    if (column->kind == COLUMN_TEXT) {
        column->texts = grown;
    } else {
        column->numbers = grown;
    }
    return STATUS_OK;
}

static void column_clear_cell(Column *column, size_t row) {
    if (column->kind == COLUMN_TEXT) {
        column->texts[row] = NULL;
    } else {
        column->numbers[row] = NAN;
    }
}

Status table_add_column(Table *table, const char *name, ColumnKind kind, const char *units,
                        const char *long_name, Error *error) {
    Column *grown = realloc(table->columns, (table->n_columns + 1) * sizeof *grown);
    if (grown == NULL) {
        return error_no_memory(error, "a table");
    }
    table->columns = grown;
    Column column = {.name = strdup(name), .kind = kind, .long_name = strdup(long_name)};
    column.units = units != NULL ? strdup(units) : NULL;
    size_t capacity = table->row_capacity > 0 ? table->row_capacity : 1;
    bool copied = column.name && column.long_name && (column.units || units == NULL);
    if (!copied || column_reserve(&column, capacity, error) != STATUS_OK) {
        column_free(&column, 0);
        return error_no_memory(error, "a table");
    }
    for (size_t row = 0; row < table->n_rows; row++) {
        column_clear_cell(&column, row);
    }
    table->columns[table->n_columns++] = column;
    return STATUS_OK;
}

Status table_add_row(Table *table, size_t *row, Error *error) {
    if (table->n_rows == table->row_capacity) {
        size_t capacity = table->row_capacity > 0 ? 2 * table->row_capacity : 16;
        for (size_t n = 0; n < table->n_columns; n++) {
            if (column_reserve(&table->columns[n], capacity, error) != STATUS_OK) {
                return error->status;
            }
        }
        table->row_capacity = capacity;
    }
    for (size_t n = 0; n < table->n_columns; n++) {
        column_clear_cell(&table->columns[n], table->n_rows);
    }
    *row = table->n_rows++;
    return STATUS_OK;
}

void table_keep_rows(Table *table, size_t rows) {
    for (; table->n_rows > rows; table->n_rows--) {
        for (size_t n = 0; n < table->n_columns; n++) {
            if (table->columns[n].kind == COLUMN_TEXT) {
                free(table->columns[n].texts[table->n_rows - 1]);
                column_clear_cell(&table->columns[n], table->n_rows - 1);
            }
        }
    }
}

static Column *find_column(const Table *table, const char *name) {
    for (size_t n = 0; n < table->n_columns; n++) {
        if (strcmp(table->columns[n].name, name) == 0) {
            return &table->columns[n];
        }
    }
    return NULL;
}

/* The column for writing cell (row, name), or NULL after recording what is wrong. */
static Column *writable(Table *table, size_t row, const char *name, ColumnKind kind, Error *error) {
    Column *column = find_column(table, name);
    if (column == NULL || column->kind != kind || row >= table->n_rows) {
        error_set(error, STATUS_INTERNAL, "no %s cell in column '%s', row %zu of a table",
                  kind == COLUMN_TEXT ? "text" : "number", name, row);
        return NULL;
    }
    return column;
}

Status table_set_text(Table *table, size_t row, const char *column, const char *value,
                      Error *error) {
    Column *target = writable(table, row, column, COLUMN_TEXT, error);
    if (target == NULL) {
        return error->status;
    }
    char *copy = strdup(value);
    if (copy == NULL) {
        return error_no_memory(error, "a table");
    }
    free(target->texts[row]);
    target->texts[row] = copy;
    return STATUS_OK;
}

Status table_set_number(Table *table, size_t row, const char *column, double value, Error *error) {
    Column *target = writable(table, row, column, COLUMN_NUMBER, error);
    if (target == NULL) {
        return error->status;
    }
    target->numbers[row] = value;
    return STATUS_OK;
}

size_t table_row_count(const Table *table) {
    return table->n_rows;
}

size_t table_column_count(const Table *table) {
    return table->n_columns;
}

const char *table_column_name(const Table *table, size_t column) {
    return table->columns[column].name;
}

ColumnKind table_column_kind(const Table *table, size_t column) {
    return table->columns[column].kind;
}

const char *table_column_units(const Table *table, size_t column) {
    return table->columns[column].units;
}

const char *table_column_long_name(const Table *table, size_t column) {
    return table->columns[column].long_name;
}

bool table_has_column(const Table *table, const char *name) {
    return find_column(table, name) != NULL;
}

const char *table_text(const Table *table, size_t row, const char *column) {
    const Column *source = find_column(table, column);
    bool there = source != NULL && source->kind == COLUMN_TEXT && row < table->n_rows;
    return there && source->texts[row] != NULL ? source->texts[row] : "";
}

double table_number(const Table *table, size_t row, const char *column) {
    const Column *source = find_column(table, column);
    bool there = source != NULL && source->kind == COLUMN_NUMBER && row < table->n_rows;
    return there ? source->numbers[row] : NAN;
}

void table_format_number(double value, char text[32]) {
    if (isnan(value)) {
        text[0] = '\0';
    } else if (isinf(value)) {
        strcpy(text, value > 0 ? "inf" : "-inf");
    } else {
        snprintf(text, 32, "%.10g", value == 0 ? 0.0 : value);
    }
}
