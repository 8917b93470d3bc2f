/* Follow-up tables from text, as convert writes them. */
#ifndef YTTRIA_TESTS_STRATIFY_FOLLOWUP_FIXTURE_H
#define YTTRIA_TESTS_STRATIFY_FOLLOWUP_FIXTURE_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/table.h"
#include "tests/unit/suite.h"

static inline void must(Status status, const Error *error) {
    if (status != STATUS_OK) {
        printf("%s\n", error->message);
    }
    CU_ASSERT_EQUAL_FATAL(status, STATUS_OK);
}

/* One row of "day lesion key=value ..." ('-' for no lesion); keys are columns, or their first
 * letters: t=target s=status l=longest_mm p=perpendicular_mm e=enhancing_mm a=short_axis_mm. */
static inline void followup_add(Table *table, const char *text) {
    static const char *const keys[][2] = {{"t", "target"},       {"s", "status"},
                                          {"l", "longest_mm"},   {"p", "perpendicular_mm"},
                                          {"e", "enhancing_mm"}, {"a", "short_axis_mm"}};
    char copy[256], date[32], *rest = NULL;
    Error error;
    size_t row;
    snprintf(copy, sizeof copy, "%s", text);
    must(table_add_row(table, &row, &error), &error);
    const char *day = strtok_r(copy, " ", &rest), *lesion = strtok_r(NULL, " ", &rest);
    snprintf(date, sizeof date, "day %s", day);
    must(table_set_number(table, row, "line", (double)row + 2.0, &error), &error);
    must(table_set_text(table, row, "date", date, &error), &error);
    must(table_set_number(table, row, "days_since_treatment", strtod(day, NULL), &error), &error);
    must(table_set_text(table, row, "lesion", strcmp(lesion, "-") == 0 ? "" : lesion, &error),
         &error);
    for (char *item = strtok_r(NULL, " ", &rest); item; item = strtok_r(NULL, " ", &rest)) {
        char *value = strchr(item, '=');
        *value++ = '\0';
        const char *column = item;
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
            column = strcmp(item, keys[k][0]) == 0 ? keys[k][1] : column;
        }
        bool is_number = strstr(column, "_mm") != NULL;
        must(is_number ? table_set_number(table, row, column, strtod(value, NULL), &error)
                       : table_set_text(table, row, column, value, &error),
             &error);
    }
}

/* A table of the rows, one a line. */
static inline Table *followup_table(const char *const rows[], size_t n_rows) {
    static const char *const columns[] = {"line",         "days_since_treatment",
                                          "longest_mm",   "perpendicular_mm",
                                          "enhancing_mm", "short_axis_mm",
                                          "date",         "baseline",
                                          "lesion",       "organ",
                                          "target",       "status",
                                          "new_lesion",   "non_target_progression"};
    enum { N_NUMBERS = 6 };
    Error error;
    Table *table = table_new();
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++) {
        bool is_number = c < N_NUMBERS;
        must(table_add_column(table, columns[c], is_number ? COLUMN_NUMBER : COLUMN_TEXT,
                              is_number ? "1" : NULL, columns[c], &error),
             &error);
    }
    for (size_t n = 0; n < n_rows; n++) {
        followup_add(table, rows[n]);
    }
    return table;
}

#endif
