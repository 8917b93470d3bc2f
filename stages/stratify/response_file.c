/* The response tables (response_file.h): one row a criterion and visit, and one a lesion as well.
 */
#include "stratify/response_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "stratify/followup.h"

enum { NAME_SIZE = 64, REASON_SIZE = 256 };

/* One patient's follow-up with room for the answers. */
typedef struct Work {
    Followup followup;
    bool *is_target, *only;
    ResponsePoint *points;
    Table *visits, *lesions;
} Work;

typedef struct ColumnText {
    const char *name;
    ColumnKind kind;
    const char *units, *long_name;
} ColumnText;

#define POINT_COLUMNS                                                                              \
    {"nadir", COLUMN_NUMBER, "1", "smallest before, in `unit`"},                                   \
        {"change_percent", COLUMN_NUMBER, "percent", "change since baseline"},                     \
        {"nadir_change_percent", COLUMN_NUMBER, "percent", "change since the nadir"},              \
        {"response", COLUMN_TEXT, NULL, "CR, PR, SD, PD or NE; empty at baseline"}, {              \
        "reason", COLUMN_TEXT, NULL, "what decided, names separated by ;"                          \
    }

static const ColumnText VISIT_COLUMNS[] = {
    {"criterion", COLUMN_TEXT, NULL, "who, recist, recist_1_1 or mrecist"},
    {"date", COLUMN_TEXT, NULL, "date of the examination, ISO 8601"},
    {"days_since_baseline", COLUMN_NUMBER, "day", "baseline to this date"},
    {"days_since_treatment", COLUMN_NUMBER, "day", "first treatment to this date"},
    {"unit", COLUMN_TEXT, NULL, "of sum and nadir"},
    {"sum", COLUMN_NUMBER, "1", "sum over the targets, in `unit`"},
    POINT_COLUMNS,
};

static const ColumnText LESION_COLUMNS[] = {
    {"criterion", COLUMN_TEXT, NULL, "who, recist, recist_1_1 or mrecist"},
    {"lesion", COLUMN_TEXT, NULL, "label of the lesion"},
    {"organ", COLUMN_TEXT, NULL, "where the lesion lies"},
    {"role", COLUMN_TEXT, NULL, "target, non_target or new"},
    {"date", COLUMN_TEXT, NULL, "date of the examination, ISO 8601"},
    {"days_since_baseline", COLUMN_NUMBER, "day", "baseline to this date"},
    {"days_since_treatment", COLUMN_NUMBER, "day", "first treatment to this date"},
    {"unit", COLUMN_TEXT, NULL, "of size and nadir"},
    {"size", COLUMN_NUMBER, "1", "size by the criterion, in `unit`"},
    POINT_COLUMNS,
};

static Table *new_table(const ColumnText *columns, size_t n_columns, Error *error) {
    Table *table = table_new();
    if (table == NULL) {
        error_no_memory(error, "the response");
    }
    for (size_t c = 0; c < n_columns && table != NULL; c++) {
        if (table_add_column(table, columns[c].name, columns[c].kind, columns[c].units,
                             columns[c].long_name, error) != STATUS_OK) {
            table_free(table);
            return NULL;
        }
    }
    return table;
}

static void format_reason(unsigned because, char text[REASON_SIZE]) {
    static const struct {
        unsigned bit;
        const char *word;
    } words[] = {{RESPONSE_BECAUSE_NEW_LESION, "new_lesion"},
                 {RESPONSE_BECAUSE_NON_TARGET, "non_target"},
                 {RESPONSE_BECAUSE_GROWTH, "growth"},
                 {RESPONSE_BECAUSE_NO_TARGETS, "no_targets"},
                 {RESPONSE_BECAUSE_BASELINE_UNKNOWN, "baseline_unknown"},
                 {RESPONSE_BECAUSE_LESION_MISSING, "lesion_missing"},
                 {RESPONSE_BECAUSE_NEW_UNKNOWN, "new_lesion_unknown"},
                 {RESPONSE_BECAUSE_NON_TARGET_UNKNOWN, "non_target_unknown"},
                 {RESPONSE_BECAUSE_TIE, "progression_tie"}};
    int used = 0;
    text[0] = '\0';
    for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
        if (because & words[w].bit) {
            used += snprintf(text + used, REASON_SIZE - (size_t)used, "%s%s", used > 0 ? ";" : "",
                             words[w].word);
        }
    }
}

/* The columns that both tables have; `sum_column` is sum or size. */
static Status set_point(Table *table, size_t row, ResponseCriterion criterion,
                        const ResponseHistory *history, size_t visit, const ResponsePoint *point,
                        const char *sum_column, double sum, Error *error) {
    char reason[REASON_SIZE];
    format_reason(point->because, reason);
    bool is_area = response_criterion_measure(criterion) == RESPONSE_PRODUCT;
    const char *const texts[][2] = {
        {"criterion", response_criterion_name(criterion)},
        {"date", history->visits[visit].date},
        {"unit", is_area ? "mm2" : "mm"},
        {"response", visit == 0 ? "" : response_category_name(point->category)},
        {"reason", reason}};
    const struct {
        const char *column;
        double value;
    } numbers[] = {{"days_since_baseline", history->visits[visit].day - history->visits[0].day},
                   {"days_since_treatment", history->visits[visit].day},
                   {sum_column, sum},
                   {"nadir", point->nadir},
                   {"change_percent", point->change_percent},
                   {"nadir_change_percent", point->nadir_change_percent}};
    Status status = STATUS_OK;
    for (size_t t = 0; t < sizeof texts / sizeof *texts && status == STATUS_OK; t++) {
        status = table_set_text(table, row, texts[t][0], texts[t][1], error);
    }
    for (size_t n = 0; n < sizeof numbers / sizeof *numbers && status == STATUS_OK; n++) {
        status = table_set_number(table, row, numbers[n].column, numbers[n].value, error);
    }
    return status;
}

static Status add_visits(Work *work, ResponseCriterion criterion, Flags *flags, Error *error) {
    const ResponseHistory *history = &work->followup.history;
    Status status = STATUS_OK;
    for (size_t v = 0; v < history->n_visits && status == STATUS_OK; v++) {
        const ResponsePoint *point = &work->points[v];
        size_t row;
        flags_add(flags, point->because & RESPONSE_BECAUSE_TIE ? "progression_tie" : "");
        flags_add(flags,
                  point->because & RESPONSE_BECAUSE_NON_TARGET_UNKNOWN ? "non_target_unknown" : "");
        status = table_add_row(work->visits, &row, error);
        if (status == STATUS_OK) {
            status = set_point(work->visits, row, criterion, history, v, point, "sum", point->sum,
                               error);
        }
    }
    return status;
}

static Status add_lesion(Work *work, size_t lesion, ResponseCriterion criterion,
                         const ResponseConfig *config, Error *error) {
    const ResponseHistory *history = &work->followup.history;
    const ResponseLesion *one = &history->lesions[lesion];
    const char *role = one->is_new ? "new" : work->is_target[lesion] ? "target" : "non_target";
    const char *const texts[][2] = {{"lesion", one->name}, {"organ", one->organ}, {"role", role}};
    response_evaluate_lesion(history, lesion, criterion, config, work->only, work->points);
    Status status = STATUS_OK;
    for (size_t v = 0; v < history->n_visits && status == STATUS_OK; v++) {
        double size = response_size(&history->sizes[v * history->n_lesions + lesion], one->is_node,
                                    criterion, config);
        size_t row;
        if ((status = table_add_row(work->lesions, &row, error)) == STATUS_OK) {
            status = set_point(work->lesions, row, criterion, history, v, &work->points[v], "size",
                               size, error);
        }
        for (size_t t = 0; t < sizeof texts / sizeof *texts && status == STATUS_OK; t++) {
            status = table_set_text(work->lesions, row, texts[t][0], texts[t][1], error);
        }
    }
    return status;
}

static Status write_summary(Store *output, const Work *work, ResponseCriterion criterion,
                            const ResponseConfig *config, Error *error) {
    ResponseSummary summary;
    response_summarise(&work->followup.history, work->points, config, &summary);
    const char *progression = !isnan(summary.days_to_progression) ? "observed"
                              : !isnan(summary.days_followed)     ? "censored"
                                                                  : "unknown";
    const struct {
        const char *name;
        double value;
    } numbers[] = {{"days_to_response", summary.days_to_response},
                   {"days_to_progression", summary.days_to_progression},
                   {"days_followed", summary.days_followed}};
    char name[NAME_SIZE];
    const char *prefix = response_criterion_name(criterion);
    snprintf(name, sizeof name, "response_%s_best", prefix);
    Status status = store_set_text(output, "/", name, response_category_name(summary.best), error);
    snprintf(name, sizeof name, "response_%s_progression", prefix);
    status = status == STATUS_OK ? store_set_text(output, "/", name, progression, error) : status;
    for (size_t n = 0; n < sizeof numbers / sizeof *numbers && status == STATUS_OK; n++) {
        snprintf(name, sizeof name, "response_%s_%s", prefix, numbers[n].name);
        status = store_set_number(output, "/", name, numbers[n].value, error);
    }
    return status;
}

static Status judge(Work *work, Store *output, const ResponseConfig *config, Flags *flags,
                    Error *error) {
    const ResponseHistory *history = &work->followup.history;
    Status status = STATUS_OK;
    flags_add(flags, work->followup.flags.text);
    for (int c = 0; c < RESPONSE_CRITERION_COUNT && status == STATUS_OK; c++) {
        ResponseCriterion criterion = (ResponseCriterion)c;
        size_t n_left_out = response_select_targets(history, criterion, config, work->is_target);
        flags_add(flags, n_left_out > 0 ? "targets_limited" : "");
        response_evaluate(history, criterion, config, work->is_target, work->points);
        status = add_visits(work, criterion, flags, error);
        if (status == STATUS_OK) {
            status = write_summary(output, work, criterion, config, error);
        }
        for (size_t i = 0; i < history->n_lesions && status == STATUS_OK; i++) {
            status = add_lesion(work, i, criterion, config, error);
        }
    }
    return status;
}

static Status check_columns(const Store *segment, const Table *table, Error *error) {
    static const char *const names[] = {"line",
                                        "date",
                                        "baseline",
                                        "lesion",
                                        "organ",
                                        "target",
                                        "status",
                                        "longest_mm",
                                        "perpendicular_mm",
                                        "enhancing_mm",
                                        "short_axis_mm",
                                        "new_lesion",
                                        "non_target_progression",
                                        "days_since_treatment"};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        if (!table_has_column(table, names[n])) {
            return error_set(error, STATUS_BAD_DATA,
                             "%s: table /followup has no column %s; write the file anew with "
                             "yttria-convert and yttria-segment",
                             store_path(segment), names[n]);
        }
    }
    return STATUS_OK;
}

static Status build_history(const Table *rows, const StrataPatient *patient,
                            const ResponseConfig *config, Followup *followup, Error *error) {
    const char **known = calloc(patient->n_lesions + 1, sizeof *known);
    if (known == NULL) {
        return error_no_memory(error, "the follow-up");
    }
    for (size_t i = 0; i < patient->n_lesions; i++) {
        known[i] = patient->lesions[i].name;
    }
    Status status = followup_build(rows, known, patient->n_lesions, config, followup, error);
    free(known);
    return status;
}

static Status make_room(Work *work, Error *error) {
    const ResponseHistory *history = &work->followup.history;
    work->is_target = calloc(history->n_lesions + 1, sizeof *work->is_target);
    work->only = calloc(history->n_lesions + 1, sizeof *work->only);
    work->points = calloc(history->n_visits + 1, sizeof *work->points);
    if (work->is_target == NULL || work->only == NULL || work->points == NULL) {
        return error_no_memory(error, "the response");
    }
    work->visits = new_table(VISIT_COLUMNS, sizeof VISIT_COLUMNS / sizeof *VISIT_COLUMNS, error);
    work->lesions =
        new_table(LESION_COLUMNS, sizeof LESION_COLUMNS / sizeof *LESION_COLUMNS, error);
    return work->visits == NULL || work->lesions == NULL ? error->status : STATUS_OK;
}

Status response_file_write(Store *output, const Store *segment, const StrataPatient *patient,
                           const ResponseConfig *config, Flags *flags, Error *error) {
    Work work = {.is_target = NULL};
    Table *rows = NULL;
    Status status;
    if (!store_has(segment, "/followup")) {
        return STATUS_OK;
    }
    if ((status = store_read_table(segment, "/followup", &rows, error)) ||
        (status = check_columns(segment, rows, error)) ||
        (status = build_history(rows, patient, config, &work.followup, error)) ||
        (status = make_room(&work, error)) ||
        (status = judge(&work, output, config, flags, error)) ||
        (status = store_write_table(output, "/response", work.visits, error))) {
        goto done;
    }
    status = store_write_table(output, "/response_lesions", work.lesions, error);
done:
    table_free(work.lesions);
    table_free(work.visits);
    free(work.points);
    free(work.only);
    free(work.is_target);
    followup_free(&work.followup);
    table_free(rows);
    return status;
}
