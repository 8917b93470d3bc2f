/* The store's tables: a group of equal-length columns. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/store_internal.h"

enum { NAME_SIZE = 512, COLUMNS_SIZE = 4096, MAX_ROWS = 1 << 24 };

static void column_path(const char *group, const char *column, char path[NAME_SIZE]) {
    snprintf(path, NAME_SIZE, "%s/%s", group, column);
}

static Status write_text_column(Store *store, const char *path, const Table *table, size_t column,
                                Error *error) {
    size_t rows = table_row_count(table);
    const char **texts = malloc((rows > 0 ? rows : 1) * sizeof *texts);
    if (texts == NULL) {
        return error_no_memory(error, "a table");
    }
    for (size_t row = 0; row < rows; row++) {
        texts[row] = table_text(table, row, table_column_name(table, column));
    }
    hsize_t size = rows;
    hid_t type = store_text_type();
    Status status = store_write_dataset(store, path, type, type, 1, &size, NULL, texts, "1",
                                        table_column_long_name(table, column), error);
    H5Tclose(type);
    free(texts);
    return status;
}

static Status write_number_column(Store *store, const char *path, const Table *table, size_t column,
                                  Error *error) {
    size_t rows = table_row_count(table);
    double *numbers = malloc((rows > 0 ? rows : 1) * sizeof *numbers);
    if (numbers == NULL) {
        return error_no_memory(error, "a table");
    }
    for (size_t row = 0; row < rows; row++) {
        numbers[row] = table_number(table, row, table_column_name(table, column));
    }
    const char *units = table_column_units(table, column);
    Status status = store_write_array(store, path, numbers, rows, units != NULL ? units : "1",
                                      table_column_long_name(table, column), error);
    free(numbers);
    return status;
}

Status store_write_table(Store *store, const char *group, const Table *table, Error *error) {
    char columns[COLUMNS_SIZE] = "";
    size_t used = 0;
    for (size_t n = 0; n < table_column_count(table); n++) {
        const char *name = table_column_name(table, n);
        used +=
            (size_t)snprintf(columns + used, sizeof columns - used, "%s%s", n > 0 ? "," : "", name);
        if (used >= sizeof columns) {
            return store_failed(store, group, "has too many columns", error);
        }
        char path[NAME_SIZE];
        column_path(group, name, path);
        Status status = table_column_kind(table, n) == COLUMN_TEXT
                            ? write_text_column(store, path, table, n, error)
                            : write_number_column(store, path, table, n, error);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return store_set_text(store, group, "columns", columns, error);
}

static Status add_rows(Table *table, size_t rows, Error *error) {
    size_t row;
    while (table_row_count(table) < rows) {
        if (table_add_row(table, &row, error) != STATUS_OK) {
            return error->status;
        }
    }
    return STATUS_OK;
}

static Status fill_texts(const Store *store, const char *path, hid_t id, size_t rows, Table *table,
                         const char *name, Error *error) {
    char **texts = calloc(rows > 0 ? rows : 1, sizeof *texts);
    if (texts == NULL) {
        return error_no_memory(error, "a table");
    }
    hid_t type = store_text_type(), space = H5Dget_space(id);
    Status status = STATUS_OK;
    if (rows > 0 && H5Dread(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts) < 0) {
        status = store_failed(store, path, "cannot be read as text", error);
    }
    for (size_t row = 0; status == STATUS_OK && row < rows; row++) {
        status = table_set_text(table, row, name, texts[row] != NULL ? texts[row] : "", error);
    }
    if (rows > 0) {
        H5Dvlen_reclaim(type, space, H5P_DEFAULT, texts);
    }
    H5Sclose(space);
    H5Tclose(type);
    free(texts);
    return status;
}

static Status fill_numbers(const Store *store, const char *path, size_t rows, Table *table,
                           const char *name, Error *error) {
    double *numbers;
    size_t count;
    Status status = store_read_array(store, path, &numbers, &count, error);
    for (size_t row = 0; status == STATUS_OK && row < rows; row++) {
        status = table_set_number(table, row, name, numbers[row], error);
    }
    free(numbers);
    return status;
}

static Status read_column(const Store *store, const char *group, const char *name, bool first,
                          Table *table, Error *error) {
    char path[NAME_SIZE], units[NAME_SIZE] = "1", long_name[NAME_SIZE] = "";
    column_path(group, name, path);
    hsize_t rows;
    hid_t id = H5I_INVALID_HID;
    if (store_open_dataset(store, path, 1, &rows, &id, error) != STATUS_OK) {
        return error->status;
    }
    hid_t type = H5Dget_type(id);
    bool text = H5Tget_class(type) == H5T_STRING;
    bool readable = !text || H5Tis_variable_str(type) > 0;
    H5Tclose(type);
    Status status = STATUS_OK;
    if (!readable || rows > MAX_ROWS || (!first && rows != table_row_count(table))) {
        status = store_failed(store, path, "is not a column as long as the others", error);
    }
    if (status == STATUS_OK && store_has_attribute(store, path, "units")) {
        status = store_get_text(store, path, "units", units, sizeof units, error);
    }
    if (status == STATUS_OK && store_has_attribute(store, path, "long_name")) {
        status = store_get_text(store, path, "long_name", long_name, sizeof long_name, error);
    }
    if (status == STATUS_OK) {
        status = table_add_column(table, name, text ? COLUMN_TEXT : COLUMN_NUMBER,
                                  text ? NULL : units, long_name, error);
    }
    if (status == STATUS_OK) {
        status = add_rows(table, (size_t)rows, error);
    }
    if (status == STATUS_OK) {
        status = text ? fill_texts(store, path, id, (size_t)rows, table, name, error)
                      : fill_numbers(store, path, (size_t)rows, table, name, error);
    }
    H5Dclose(id);
    return status;
}

Status store_read_table(const Store *store, const char *group, Table **table, Error *error) {
    *table = NULL;
    char columns[COLUMNS_SIZE], *rest = NULL;
    if (store_get_text(store, group, "columns", columns, sizeof columns, error) != STATUS_OK) {
        return error->status;
    }
    Table *read = table_new();
    if (read == NULL) {
        return error_no_memory(error, "a table");
    }
    Status status = STATUS_OK;
    for (char *name = strtok_r(columns, ",", &rest); name != NULL && status == STATUS_OK;
         name = strtok_r(NULL, ",", &rest)) {
        status = read_column(store, group, name, table_column_count(read) == 0, read, error);
    }
    if (status != STATUS_OK) {
        table_free(read);
        return status;
    }
    *table = read;
    return STATUS_OK;
}
