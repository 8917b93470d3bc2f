/* Facts from tables (rule_tables.h): numbers are copied into one block, texts stay where they are.
 */
#include "stratify/rule_tables.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static Status check_kind(const Table *table, const RuleColumn *column, Error *error) {
    ColumnKind wanted = column->units != NULL ? COLUMN_NUMBER : COLUMN_TEXT;
    for (size_t c = 0; c < table_column_count(table); c++) {
        if (strcmp(table_column_name(table, c), column->name) == 0 &&
            table_column_kind(table, c) != wanted) {
            return error_set(error, STATUS_BAD_DATA, "column %s must be %s", column->name,
                             wanted == COLUMN_TEXT ? "text" : "numbers");
        }
    }
    return STATUS_OK;
}

static double number_of(const Table *table, size_t row, const RuleColumn *column) {
    double value = table_number(table, row, column->name);
    bool is_none = column == rule_column(RULE_COLUMN_VESSEL_DISTANCE) && isnan(value) &&
                   strcmp(table_text(table, row, "vessel_status"), "none_large") == 0;
    return is_none ? INFINITY : value;
}

/* `n` rows from `first` of one column, into its place. */
static Status take_column(const Table *table, size_t first, size_t n, RuleColumnId id,
                          double *numbers, const char **texts, RuleFacts *facts, Error *error) {
    const RuleColumn *column = rule_column(id);
    if (table == NULL || !table_has_column(table, column->name)) {
        return STATUS_OK;
    }
    Status status = check_kind(table, column, error);
    for (size_t i = 0; i < n && status == STATUS_OK; i++) {
        if (column->units != NULL) {
            numbers[i] = number_of(table, first + i, column);
            facts->numbers[id] = numbers;
            continue;
        }
        texts[i] = table_text(table, first + i, column->name);
        facts->texts[id] = texts;
        if (*texts[i] != '\0' && strcmp(texts[i], "unknown") != 0 &&
            !rule_words_have(column->words, texts[i])) {
            status = error_set(error, STATUS_BAD_DATA,
                               "column %s, row %zu: '%s' is none of %s or unknown", column->name,
                               first + i + 1, texts[i], column->words);
        }
    }
    return status;
}

Status rule_tables_read(const Table *lesions, const Table *patient, size_t row, RuleTables *tables,
                        Error *error) {
    size_t n = table_row_count(lesions);
    memset(tables, 0, sizeof *tables);
    tables->numbers = calloc((n + 1) * RULE_COLUMN_COUNT, sizeof *tables->numbers);
    tables->texts = calloc((n + 1) * (RULE_COLUMN_COUNT + 1), sizeof *tables->texts);
    if (tables->numbers == NULL || tables->texts == NULL) {
        return error_no_memory(error, "the facts of a rule set");
    }
    RuleFacts *facts = &tables->facts;
    Status status = STATUS_OK;
    for (RuleSettingId s = 0; s < RULE_SETTING_COUNT; s++) {
        facts->settings[s] = NAN;
    }
    for (RuleColumnId id = 0; id < RULE_COLUMN_COUNT && status == STATUS_OK; id++) {
        bool is_lesions = rule_column(id)->scope == RULE_LESION;
        status = take_column(is_lesions ? lesions : patient, is_lesions ? 0 : row,
                             is_lesions ? n : 1, id, tables->numbers + id * (n + 1),
                             tables->texts + id * (n + 1), facts, error);
    }
    const char **names = tables->texts + RULE_COLUMN_COUNT * (n + 1);
    for (size_t i = 0; i < n; i++) {
        names[i] = table_text(lesions, i, "lesion");
    }
    facts->n_lesions = n;
    facts->lesion_names = table_has_column(lesions, "lesion") ? names : NULL;
    if (facts->numbers[RULE_COLUMN_N_LESIONS] == NULL) {
        double *n_lesions = tables->numbers + RULE_COLUMN_N_LESIONS * (n + 1);
        *n_lesions = (double)n;
        facts->numbers[RULE_COLUMN_N_LESIONS] = n_lesions;
    }
    return status;
}

void rule_tables_free(RuleTables *tables) {
    free(tables->numbers);
    free(tables->texts);
    memset(tables, 0, sizeof *tables);
}
