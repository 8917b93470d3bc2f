/* Sheets are read strictly: whatever is odd is named with its line, never repaired by guessing. */
#include "core/sheet.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/atomic_file.h"

enum { MAX_SHEET_COLUMNS = 64, MAX_SHOWN_CELL = 80 };

static const char BLANKS[] = " \t\r\n\v\f";

/* What is being read, for messages and for matching cells to columns. */
typedef struct Reader {
    const char *path;
    int line;
    const SheetColumn *columns; /* accepted columns */
    size_t n_columns;
    bool is_input; /* UTF-8, no other columns, bad rows are kept with their problem */
    int column_of_cell[MAX_SHEET_COLUMNS]; /* index into `columns`, -1 to skip */
    size_t n_cells;
} Reader;

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
static bool is_utf8(const char *text, size_t length) {
    const unsigned char *at = (const unsigned char *)text, *end = at + length;
    while (at < end) {
        unsigned first = *at++;
        int more = first < 0x80 ? 0 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
        unsigned low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
        unsigned high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
        if ((more > 0 && first < 0xC2) || first > 0xF4 || end - at < more) {
            return false;
        }
        for (; more > 0; more--, at++, low = 0x80, high = 0xBF) {
            if (*at < low || *at > high) {
                return false;
            }
        }
    }
    return true;
}

/* How many bytes of a cell a message shows; no character is cut in two. */
static int shown_length(const char *cell) {
    size_t length = strnlen(cell, MAX_SHOWN_CELL + 1);
    if (length > MAX_SHOWN_CELL) {
        length = MAX_SHOWN_CELL;
        while (length > 0 && ((unsigned char)cell[length] & 0xC0) == 0x80) {
            length--;
        }
    }
    return (int)length;
}

static char *trim(char *text) {
    text += strspn(text, BLANKS);
    size_t length = strlen(text);
    while (length > 0 && strchr(BLANKS, text[length - 1]) != NULL) {
        text[--length] = '\0';
    }
    return text;
}

/* Cuts `line` at its tabs, in place, and trims the cells; the number of cells, or MAX_SHEET_COLUMNS
 * + 1 if more. */
static size_t split_cells(char *line, char *cells[MAX_SHEET_COLUMNS]) {
    size_t count = 0;
    for (char *at = line; at != NULL;) {
        if (count == MAX_SHEET_COLUMNS) {
            return MAX_SHEET_COLUMNS + 1;
        }
        char *cell = at;
        at = strchr(at, '\t');
        if (at != NULL) {
            *at++ = '\0';
        }
        cells[count++] = trim(cell);
    }
    return count;
}

static int find_accepted(const Reader *reader, const char *name) {
    for (size_t n = 0; n < reader->n_columns; n++) {
        if (strcmp(reader->columns[n].name, name) == 0) {
            return (int)n;
        }
    }
    return -1;
}

static void list_accepted(const Reader *reader, char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (size_t n = 0; n < reader->n_columns && used < size; n++) {
        used += (size_t)snprintf(text + used, size - used, "%s%s", n > 0 ? ", " : "",
                                 reader->columns[n].name);
    }
}

static Status check_required(const Reader *reader, Error *error) {
    for (size_t n = 0; n < reader->n_columns; n++) {
        bool found = reader->columns[n].need == COLUMN_OPTIONAL;
        for (size_t cell = 0; cell < reader->n_cells; cell++) {
            found |= reader->column_of_cell[cell] == (int)n;
        }
        if (!found) {
            return error_set(error, STATUS_BAD_DATA, "%s:%d: column '%s' is missing", reader->path,
                             reader->line, reader->columns[n].name);
        }
    }
    return STATUS_OK;
}

static Status read_header(Reader *reader, char *line, Error *error) {
    char *cells[MAX_SHEET_COLUMNS];
    reader->n_cells = split_cells(line, cells);
    if (reader->n_cells > MAX_SHEET_COLUMNS) {
        return error_set(error, STATUS_BAD_DATA, "%s:%d: more than %d columns", reader->path,
                         reader->line, MAX_SHEET_COLUMNS);
    }
    for (size_t cell = 0; cell < reader->n_cells; cell++) {
        int column = find_accepted(reader, cells[cell]);
        if (column < 0 && reader->is_input) {
            char accepted[ERROR_MESSAGE_SIZE / 2];
            list_accepted(reader, accepted, sizeof accepted);
            return error_set(error, STATUS_BAD_DATA,
                             "%s:%d: unknown column '%.*s'; the sheet is tab-separated with "
                             "columns %s",
                             reader->path, reader->line, shown_length(cells[cell]), cells[cell],
                             accepted);
        }
        for (size_t earlier = 0; column >= 0 && earlier < cell; earlier++) {
            if (reader->column_of_cell[earlier] == column) {
                return error_set(error, STATUS_BAD_DATA, "%s:%d: column '%s' is there twice",
                                 reader->path, reader->line, cells[cell]);
            }
        }
        reader->column_of_cell[cell] = column;
    }
    return check_required(reader, error);
}

static bool is_choice(const char *choices, const char *value) {
    size_t length = strlen(value);
    for (const char *at = choices;; at++) {
        size_t word = strcspn(at, "|");
        if (word == length && memcmp(at, value, length) == 0) {
            return true;
        }
        at += word;
        if (*at == '\0') {
            return false;
        }
    }
}

static Status store_number(const SheetColumn *column, const char *cell, Table *table, size_t row,
                           Error *error) {
    char *end = NULL;
    double value = strtod(cell, &end);
    if (end == cell || *end != '\0' || !isfinite(value)) {
        return error_set(error, STATUS_BAD_DATA,
                         "column '%s': '%.*s' is not a number; write it as 61.5", column->name,
                         shown_length(cell), cell);
    }
    if (column->min <= column->max && (value < column->min || value > column->max)) {
        return error_set(error, STATUS_BAD_DATA, "column '%s': %.*s is outside %g to %g%s%s",
                         column->name, shown_length(cell), cell, column->min, column->max,
                         column->units != NULL ? " " : "",
                         column->units != NULL ? column->units : "");
    }
    return table_set_number(table, row, column->name, value, error);
}

/* STATUS_BAD_DATA is about this cell, which then stays missing. */
static Status store_cell(const SheetColumn *column, const char *cell, Table *table, size_t row,
                         Error *error) {
    if (*cell == '\0' || strcmp(cell, "n/a") == 0) {
        return column->need == COLUMN_FILLED || column->need == COLUMN_KEY
                   ? error_set(error, STATUS_BAD_DATA,
                               "column '%s' is empty; fill it in or remove the row", column->name)
                   : STATUS_OK;
    }
    if (column->kind == COLUMN_NUMBER) {
        return store_number(column, cell, table, row, error);
    }
    if (column->choices != NULL && !is_choice(column->choices, cell)) {
        return error_set(error, STATUS_BAD_DATA, "column '%s': '%.*s' is not one of %s",
                         column->name, shown_length(cell), cell, column->choices);
    }
    return table_set_text(table, row, column->name, cell, error);
}

/* Fills the row; what is wrong with it goes to `problem`, what stops the reading to `error`. In a
 * row with a cell too many or too few only the keys can be told, if anything. */
static Status store_cells(const Reader *reader, char *const *cells, size_t n_cells, Table *table,
                          size_t row, Error *problem, Error *error) {
    bool fits = n_cells == reader->n_cells;
    if (!fits) {
        error_set(problem, STATUS_BAD_DATA,
                  "%zu cells where the header has %zu; separate cells by one tab", n_cells,
                  reader->n_cells);
    }
    for (size_t cell = 0; cell < reader->n_cells; cell++) {
        int index = reader->column_of_cell[cell];
        const SheetColumn *column = index >= 0 ? &reader->columns[index] : NULL;
        if (column == NULL || (!fits && column->need != COLUMN_KEY)) {
            continue;
        }
        Error found = {0};
        Status status = store_cell(column, cell < n_cells ? cells[cell] : "", table, row, &found);
        if (status != STATUS_OK && (status != STATUS_BAD_DATA || column->need == COLUMN_KEY)) {
            *error = found;
            return error_add_context(error, "%s:%d", reader->path, reader->line);
        }
        if (status != STATUS_OK && problem->status == STATUS_OK) {
            *problem = found;
        }
    }
    return STATUS_OK;
}

static Status read_row(const Reader *reader, char *line, Table *table, Error *error) {
    char *cells[MAX_SHEET_COLUMNS];
    size_t n_cells = split_cells(line, cells), row;
    Error problem = {0};
    if (table_add_row(table, &row, error) != STATUS_OK ||
        table_set_number(table, row, "line", reader->line, error) != STATUS_OK ||
        store_cells(reader, cells, n_cells, table, row, &problem, error) != STATUS_OK) {
        return error->status;
    }
    if (problem.status == STATUS_OK) {
        return STATUS_OK;
    }
    if (!reader->is_input) {
        *error = problem;
        return error_add_context(error, "%s:%d", reader->path, reader->line);
    }
    const char *slash = strrchr(reader->path, '/');
    error_add_context(&problem, "%s:%d", slash != NULL ? slash + 1 : reader->path, reader->line);
    return table_set_text(table, row, "problem", problem.message, error);
}

static Status make_columns(const Reader *reader, Table *table, Error *error) {
    for (size_t n = 0; n < reader->n_columns; n++) {
        const SheetColumn *column = &reader->columns[n];
        const char *long_name = column->long_name != NULL ? column->long_name : column->name;
        if (table_add_column(table, column->name, column->kind, column->units, long_name, error) !=
            STATUS_OK) {
            return error->status;
        }
    }
    Status status = table_add_column(table, "line", COLUMN_NUMBER, "1", "line of the sheet", error);
    return status == STATUS_OK && reader->is_input
               ? table_add_column(table, "problem", COLUMN_TEXT, NULL, "what is wrong with the row",
                                  error)
               : status;
}

static Status read_line(Reader *reader, char *line, size_t length, Table *table, Error *error) {
    bool has_zero = memchr(line, '\0', length) != NULL;
    if (has_zero || (reader->is_input && !is_utf8(line, length))) {
        return error_set(error, STATUS_BAD_DATA, "%s:%d: %s; save the sheet as UTF-8 text",
                         reader->path, reader->line,
                         has_zero ? "holds a zero byte" : "is not UTF-8");
    }
    if (reader->line == 1 && strncmp(line, "\xef\xbb\xbf", 3) == 0) {
        line += 3;
    }
    if (line[strspn(line, BLANKS)] == '\0') {
        return STATUS_OK;
    }
    return reader->n_cells == 0 ? read_header(reader, line, error)
                                : read_row(reader, line, table, error);
}

static Status read_lines(Reader *reader, FILE *file, Table *table, Error *error) {
    char *line = NULL;
    size_t capacity = 0;
    Status status = make_columns(reader, table, error);
    for (ssize_t got; status == STATUS_OK && (got = getline(&line, &capacity, file)) >= 0;) {
        reader->line++;
        status = read_line(reader, line, (size_t)got, table, error);
    }
    if (status == STATUS_OK && ferror(file)) {
        status = error_set(error, STATUS_IO, "%s: %s", reader->path, strerror(errno));
    } else if (status == STATUS_OK && reader->n_cells == 0) {
        status =
            error_set(error, STATUS_BAD_DATA, "%s: is empty; expected a header row", reader->path);
    }
    free(line);
    return status;
}

static Status read_with(Reader *reader, Table **table, Error *error) {
    *table = table_new();
    FILE *file = fopen(reader->path, "r");
    if (file == NULL || *table == NULL) {
        error_set(error, STATUS_NO_INPUT, "%s: %s", reader->path, strerror(errno));
    } else {
        error->status = read_lines(reader, file, *table, error);
    }
    Status status = error->status;
    if (file != NULL) {
        fclose(file);
    }
    if (status != STATUS_OK) {
        table_free(*table);
        *table = NULL;
    }
    return status;
}

Status sheet_read(const char *path, const SheetColumn *columns, size_t n, Table **table,
                  Error *error) {
    Reader reader = {.path = path, .columns = columns, .n_columns = n, .is_input = true};
    return read_with(&reader, table, error);
}

Status sheet_read_columns(const char *path, const char *const *names, size_t n, Table **table,
                          Error *error) {
    SheetColumn columns[MAX_SHEET_COLUMNS] = {0};
    for (size_t c = 0; c < n && c < MAX_SHEET_COLUMNS; c++) {
        columns[c] = (SheetColumn){.name = names[c], .kind = COLUMN_TEXT, .need = COLUMN_PRESENT};
    }
    Reader reader = {.path = path, .columns = columns, .n_columns = n};
    return read_with(&reader, table, error);
}

/* CSV quotes where RFC 4180 asks for it; TSV has no quoting, so tabs and line ends become
 * spaces. */
static void write_text_cell(FILE *file, const char *text, char separator) {
    bool quote = separator == ',' && strpbrk(text, ",\"\r\n") != NULL;
    if (quote) {
        fputc('"', file);
    }
    for (; *text != '\0'; text++) {
        if (quote && *text == '"') {
            fputc('"', file);
        }
        fputc(separator == '\t' && strchr("\t\r\n", *text) != NULL ? ' ' : *text, file);
    }
    if (quote) {
        fputc('"', file);
    }
}

static void write_cell(FILE *file, const Table *table, size_t row, size_t column, char separator) {
    const char *name = table_column_name(table, column);
    if (table_column_kind(table, column) == COLUMN_TEXT) {
        write_text_cell(file, table_text(table, row, name), separator);
        return;
    }
    char number[32];
    table_format_number(table_number(table, row, name), number);
    fputs(number, file);
}

static void write_rows(FILE *file, const Table *table, char separator) {
    size_t columns = table_column_count(table);
    for (size_t column = 0; column < columns; column++) {
        write_text_cell(file, table_column_name(table, column), separator);
        fputc(column + 1 < columns ? separator : '\n', file);
    }
    for (size_t row = 0; row < table_row_count(table); row++) {
        for (size_t column = 0; column < columns; column++) {
            write_cell(file, table, row, column, separator);
            fputc(column + 1 < columns ? separator : '\n', file);
        }
    }
}

Status sheet_write(const Table *table, const char *path, char separator, Error *error) {
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    if (memory == NULL) {
        return error_no_memory(error, "a sheet");
    }
    write_rows(memory, table, separator);
    Status status = fclose(memory) == 0 ? atomic_file_write(path, text, error)
                                        : error_no_memory(error, "a sheet");
    free(text);
    return status;
}
