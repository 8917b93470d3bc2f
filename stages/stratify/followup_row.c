/* One row of the follow-up (followup_row.h). */
#include "stratify/followup_row.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PHRASE_SIZE = 512 };

Status followup_row_refuse(const FollowupRow *row, Error *error, const char *format, ...) {
    char what[PHRASE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    if (row->lesion[0] == '\0') {
        return error_set(error, STATUS_BAD_DATA, "follow-up sheet, line %zu: %s", row->line, what);
    }
    return error_set(error, STATUS_BAD_DATA, "follow-up sheet, line %zu, lesion '%s': %s",
                     row->line, row->lesion, what);
}

/* Index of the cell's word; an empty cell is `otherwise`. */
static Status read_word(const Table *table, size_t row, const char *column,
                        const char *const words[], int n_words, int otherwise,
                        const FollowupRow *at, int *index, Error *error) {
    const char *text = table_text(table, row, column);
    *index = otherwise;
    if (text[0] == '\0') {
        return STATUS_OK;
    }
    for (*index = 0; *index < n_words; (*index)++) {
        if (strcmp(text, words[*index]) == 0) {
            return STATUS_OK;
        }
    }
    return followup_row_refuse(at, error, "column '%s': '%s' is not one of its words", column,
                               text);
}

static Status read_answer(const Table *table, size_t row, const char *column, const FollowupRow *at,
                          ResponseAnswer *answer, Error *error) {
    static const char *const words[] = {"no", "yes", "unknown"};
    int index;
    Status status = read_word(table, row, column, words, 3, RESPONSE_UNSTATED, at, &index, error);
    *answer = (ResponseAnswer)index;
    return status;
}

static Status read_sizes(const Table *table, size_t row, FollowupRow *result, Error *error) {
    ResponseSize *size = &result->size;
    const struct {
        const char *column;
        double *target;
    } numbers[] = {{"longest_mm", &size->longest_mm},
                   {"perpendicular_mm", &size->perpendicular_mm},
                   {"enhancing_mm", &size->enhancing_mm},
                   {"short_axis_mm", &size->short_axis_mm}};
    for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++) {
        double value = table_number(table, row, numbers[n].column);
        *numbers[n].target = value;
        if (value < 0.0 || isinf(value)) {
            return followup_row_refuse(result, error, "%s is %g; a size is 0 mm or more",
                                       numbers[n].column, value);
        }
        if (value > size->longest_mm) { /* never where either is missing */
            return followup_row_refuse(result, error,
                                       "%s (%g mm) is longer than longest_mm (%g mm); correct one",
                                       numbers[n].column, value, size->longest_mm);
        }
    }
    return STATUS_OK;
}

static bool is_given(double value) {
    return !isnan(value);
}

/* Sizes are there exactly when the status says measured. */
static Status check_status(const FollowupRow *row, Error *error) {
    const ResponseSize *size = &row->size;
    bool has_size = is_given(size->longest_mm) || is_given(size->perpendicular_mm) ||
                    is_given(size->enhancing_mm) || is_given(size->short_axis_mm);
    bool has_positive = size->longest_mm > 0.0 || size->perpendicular_mm > 0.0 ||
                        size->enhancing_mm > 0.0 || size->short_axis_mm > 0.0;
    bool has_zero = size->longest_mm == 0.0 || size->perpendicular_mm == 0.0 ||
                    size->short_axis_mm == 0.0; /* enhancing tissue may well have gone */
    if (size->status == RESPONSE_MEASURED && (!has_size || has_zero)) {
        return followup_row_refuse(row, error,
                                   "status is measured, but %s; write its size, or absent, "
                                   "too_small or not_assessed",
                                   has_zero ? "a diameter is 0" : "no size is given");
    }
    if (size->status == RESPONSE_ABSENT && has_positive) {
        return followup_row_refuse(row, error,
                                   "status is absent, but a size is given; remove one of the two");
    }
    if ((size->status == RESPONSE_TOO_SMALL || size->status == RESPONSE_NOT_ASSESSED) && has_size) {
        return followup_row_refuse(row, error,
                                   "status is %s, but a size is given; write measured, or remove "
                                   "the size",
                                   size->status == RESPONSE_TOO_SMALL ? "too_small"
                                                                      : "not_assessed");
    }
    return STATUS_OK;
}

static Status check_lesion(const Table *table, size_t index, const FollowupRow *row, Error *error) {
    bool has_status = table_text(table, index, "status")[0] != '\0';
    if (row->lesion[0] == '\0') {
        bool says_of_lesion = has_status || row->organ[0] != '\0' ||
                              row->is_target != RESPONSE_UNSTATED || row->is_new == RESPONSE_YES ||
                              is_given(row->size.longest_mm) ||
                              is_given(row->size.perpendicular_mm) ||
                              is_given(row->size.enhancing_mm) || is_given(row->size.short_axis_mm);
        return says_of_lesion ? followup_row_refuse(row, error,
                                                    "it describes a lesion, but column 'lesion' "
                                                    "is empty; fill it in")
                              : STATUS_OK;
    }
    if (!has_status) {
        return followup_row_refuse(row, error,
                                   "column 'status' is empty; write measured, absent, too_small "
                                   "or not_assessed");
    }
    return check_status(row, error);
}

Status followup_row_read(const Table *table, size_t row, FollowupRow *result, Error *error) {
    static const char *const statuses[] = {"not_assessed", "measured", "absent", "too_small"};
    double line = table_number(table, row, "line");
    *result = (FollowupRow){.date = table_text(table, row, "date"),
                            .lesion = table_text(table, row, "lesion"),
                            .organ = table_text(table, row, "organ"),
                            .day = table_number(table, row, "days_since_treatment"),
                            .line = line > 0.0 && line < 1e9 ? (size_t)line : row + 1};
    int found = 0;
    if (!isfinite(result->day)) {
        return followup_row_refuse(result, error,
                                   "its days since the first treatment are not "
                                   "known; add the treatment and its time");
    }
    Status status;
    if ((status = read_answer(table, row, "baseline", result, &result->is_baseline, error)) ||
        (status = read_answer(table, row, "target", result, &result->is_target, error)) ||
        (status = read_answer(table, row, "new_lesion", result, &result->is_new, error)) ||
        (status = read_answer(table, row, "non_target_progression", result,
                              &result->non_target_progression, error)) ||
        (status = read_word(table, row, "status", statuses, 4, RESPONSE_NOT_ASSESSED, result,
                            &found, error)) ||
        (status = read_sizes(table, row, result, error))) {
        return status;
    }
    result->size.status = (ResponseStatus)found;
    return check_lesion(table, row, result, error);
}
