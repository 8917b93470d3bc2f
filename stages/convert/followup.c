/* Rows of followup.tsv into convert.h5 (followup.h): cells as they are, dates also as days since
 * the first treatment, so that no later stage has to read a calendar. */
#include "convert/followup.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/timestamp.h"

#define DAY_S 86400.0

static const struct {
    const char *name;
    ColumnKind kind;
    const char *units, *long_name;
} COLUMNS[] = {
    {"date", COLUMN_TEXT, NULL, "date of the examination, ISO 8601"},
    {"baseline", COLUMN_TEXT, NULL, "yes: the examination that the others are compared with"},
    {"lesion", COLUMN_TEXT, NULL, "label of the lesion; empty: the row is about the examination"},
    {"organ", COLUMN_TEXT, NULL, "where the lesion lies"},
    {"target", COLUMN_TEXT, NULL, "yes: chosen at baseline to be measured"},
    {"status", COLUMN_TEXT, NULL, "measured, absent, too_small or not_assessed"},
    {"longest_mm", COLUMN_NUMBER, "mm", "longest diameter"},
    {"perpendicular_mm", COLUMN_NUMBER, "mm", "largest diameter perpendicular to the longest"},
    {"enhancing_mm", COLUMN_NUMBER, "mm", "longest diameter of the enhancing tissue"},
    {"short_axis_mm", COLUMN_NUMBER, "mm", "short axis of a lymph node"},
    {"new_lesion", COLUMN_TEXT, NULL, "yes: not there at baseline"},
    {"non_target_progression", COLUMN_TEXT, NULL, "unequivocal progression of other disease"},
};
enum { N_COLUMNS = sizeof COLUMNS / sizeof *COLUMNS };

static Status add_columns(Table *table, Error *error) {
    Status status =
        table_add_column(table, "line", COLUMN_NUMBER, "1", "line of the input sheet", error);
    for (size_t c = 0; c < N_COLUMNS && status == STATUS_OK; c++) {
        status = table_add_column(table, COLUMNS[c].name, COLUMNS[c].kind, COLUMNS[c].units,
                                  COLUMNS[c].long_name, error);
    }
    return status == STATUS_OK ? table_add_column(table, "days_since_treatment", COLUMN_NUMBER,
                                                  "day", "first treatment to this date", error)
                               : status;
}

static double day_number(const Timestamp *time) {
    return floor(time->local_s / DAY_S);
}

static Status parse_date(const char *text, double *day, Error *error) {
    char midnight[TIMESTAMP_TEXT_SIZE];
    Timestamp time;
    Error ignored;
    snprintf(midnight, sizeof midnight, "%.10sT00:00", text);
    if (strlen(text) != strlen("2024-03-05") ||
        timestamp_parse(midnight, &time, &ignored) != STATUS_OK) {
        return error_set(error, STATUS_BAD_DATA,
                         "column 'date': '%s' is no date; write year-month-day, as 2024-03-05",
                         text);
    }
    *day = day_number(&time);
    return STATUS_OK;
}

/* Day of the earliest administration; NaN without a treatment. */
static Status find_first_treatment(const Table *treatments, double *day, Error *error) {
    *day = NAN;
    for (size_t row = 0; row < table_row_count(treatments); row++) {
        Timestamp time;
        Status status =
            timestamp_parse(table_text(treatments, row, "administered_at"), &time, error);
        if (status != STATUS_OK) {
            return status;
        }
        *day = isnan(*day) || day_number(&time) < *day ? day_number(&time) : *day;
    }
    return STATUS_OK;
}

static Status add_row(Table *table, const SheetRows *rows, size_t n, double treatment_day,
                      Error *error) {
    double day;
    size_t row;
    Status status = parse_date(sheet_rows_text(rows, n, "date"), &day, error);
    if (status != STATUS_OK || (status = table_add_row(table, &row, error)) != STATUS_OK) {
        return status;
    }
    status = table_set_number(table, row, "line", (double)sheet_rows_line(rows, n), error);
    for (size_t c = 0; c < N_COLUMNS && status == STATUS_OK; c++) {
        const char *name = COLUMNS[c].name;
        status = COLUMNS[c].kind == COLUMN_TEXT
                     ? table_set_text(table, row, name, sheet_rows_text(rows, n, name), error)
                     : table_set_number(table, row, name, sheet_rows_number(rows, n, name), error);
    }
    return status == STATUS_OK
               ? table_set_number(table, row, "days_since_treatment", day - treatment_day, error)
               : status;
}

Status followup_write(const Sheets *sheets, const char *center, const char *patient,
                      const Table *treatments, Store *output, Error *error) {
    SheetRows rows = sheet_rows_of(&sheets->followup, center, patient);
    if (rows.count == 0) {
        return STATUS_OK;
    }
    double treatment_day;
    Table *table = table_new();
    if (table == NULL) {
        return error_no_memory(error, "the follow-up");
    }
    Status status = find_first_treatment(treatments, &treatment_day, error);
    status = status == STATUS_OK ? add_columns(table, error) : status;
    for (size_t n = 0; n < rows.count && status == STATUS_OK; n++) {
        status = add_row(table, &rows, n, treatment_day, error);
        if (status != STATUS_OK) {
            sheet_rows_add_context(&rows, n, "follow-up", error);
        }
    }
    status = status == STATUS_OK ? store_write_table(output, "/followup", table, error) : status;
    table_free(table);
    return status;
}
