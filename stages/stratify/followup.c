/* Rows in the order of their dates become visits; labels become lesions (followup.h). */
#include "stratify/followup.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stratify/followup_row.h"

static const char LIVER[] = "liver", LYMPH_NODE[] = "lymph_node";

/* What is put together while rows are read. */
typedef struct Builder {
    FollowupRow *rows; /* by date */
    size_t n_rows;
    const char *const *known;
    size_t n_known;
    double baseline_day; /* NaN: none */
    size_t *first_row;   /* per lesion; n_rows: none */
    Followup *result;
} Builder;

static int compare_rows(const void *a, const void *b) {
    const FollowupRow *first = a, *second = b;
    return first->day != second->day ? (first->day > second->day) - (first->day < second->day)
           : first->line != second->line
               ? (first->line > second->line) - (first->line < second->line)
               : 0;
}

static Status read_rows(const Table *table, Builder *builder, Error *error) {
    for (size_t n = 0; n < builder->n_rows; n++) {
        Status status = followup_row_read(table, n, &builder->rows[n], error);
        if (status != STATUS_OK) {
            return status;
        }
    }
    qsort(builder->rows, builder->n_rows, sizeof *builder->rows, compare_rows);
    return STATUS_OK;
}

/* The flagged date, else the last one not after the first treatment's day. */
static Status find_baseline(Builder *builder, Error *error) {
    const FollowupRow *flagged = NULL;
    Flags *flags = &builder->result->flags;
    builder->baseline_day = NAN;
    for (size_t n = 0; n < builder->n_rows; n++) {
        const FollowupRow *row = &builder->rows[n];
        if (row->is_baseline == RESPONSE_YES && flagged != NULL && flagged->day != row->day) {
            return followup_row_refuse(row, error,
                                       "a second date is the baseline, after that of line %zu; "
                                       "leave one",
                                       flagged->line);
        }
        if (row->is_baseline == RESPONSE_YES) {
            flagged = row;
        } else if (row->day <= 0.0 && flagged == NULL) {
            builder->baseline_day = row->day;
        }
    }
    builder->baseline_day = flagged != NULL ? flagged->day : builder->baseline_day;
    for (size_t n = 0; n < builder->n_rows && flagged != NULL; n++) {
        const FollowupRow *row = &builder->rows[n];
        if (row->day == flagged->day && row->is_baseline == RESPONSE_NO) {
            return followup_row_refuse(row, error,
                                       "baseline is no, but line %zu of the same date says yes",
                                       flagged->line);
        }
    }
    flags_add(flags, isnan(builder->baseline_day) ? "baseline_missing" : "");
    flags_add(flags, builder->baseline_day > 0.0 ? "baseline_after_treatment" : "");
    flags_add(flags,
              builder->rows[0].day < builder->baseline_day ? "followup_before_baseline" : "");
    return STATUS_OK;
}

/* Index of the lesion, or n_lesions. */
static size_t find_lesion(const Followup *followup, const char *name) {
    size_t i = 0;
    while (i < followup->history.n_lesions && strcmp(followup->lesions[i].name, name) != 0) {
        i++;
    }
    return i;
}

static void add_lesion(Builder *builder, const char *name, bool is_new, size_t first_row) {
    Followup *followup = builder->result;
    size_t i = followup->history.n_lesions++;
    followup->lesions[i] = (ResponseLesion){.name = name, .organ = "", .is_new = is_new};
    builder->first_row[i] = first_row;
}

/* The first row of a label that the lesion table does not have. */
static Status check_unknown_label(const Builder *builder, const FollowupRow *row, Error *error) {
    if (row->is_new != RESPONSE_YES) {
        bool is_outside_liver = row->organ[0] != '\0' && strcmp(row->organ, LIVER) != 0;
        bool is_at_baseline = isnan(builder->baseline_day) || row->day <= builder->baseline_day;
        if (is_outside_liver && is_at_baseline) {
            return STATUS_OK;
        }
        return followup_row_refuse(row, error,
                                   "the patient's lesion table has no such label; correct it, or "
                                   "write new_lesion yes, or for disease outside the liver its "
                                   "organ and a row at baseline");
    }
    if (row->day <= builder->baseline_day) {
        return followup_row_refuse(row, error, "it is new on or before the date of the baseline");
    }
    if (row->size.status != RESPONSE_MEASURED && row->size.status != RESPONSE_TOO_SMALL) {
        return followup_row_refuse(row, error,
                                   "it is new, but its status is neither measured nor too_small");
    }
    return STATUS_OK;
}

static Status collect_lesions(Builder *builder, Error *error) {
    const Followup *followup = builder->result;
    for (size_t i = 0; i < builder->n_known; i++) {
        add_lesion(builder, builder->known[i], false, builder->n_rows);
    }
    for (size_t n = 0; n < builder->n_rows; n++) {
        const FollowupRow *row = &builder->rows[n];
        if (row->lesion[0] == '\0') {
            continue;
        }
        size_t i = find_lesion(followup, row->lesion);
        if (i == followup->history.n_lesions) {
            Status status = check_unknown_label(builder, row, error);
            if (status != STATUS_OK) {
                return status;
            }
            add_lesion(builder, row->lesion, row->is_new == RESPONSE_YES, n);
        } else if (row->is_new == RESPONSE_YES && !followup->lesions[i].is_new) {
            return followup_row_refuse(row, error,
                                       "it is new, but was there at baseline (in the "
                                       "lesion table or an earlier row)");
        }
        builder->first_row[i] = builder->first_row[i] < n ? builder->first_row[i] : n;
    }
    return STATUS_OK;
}

/* Organ and target of one lesion, stated by any of its rows and the same in all. */
static Status settle_lesion(Builder *builder, size_t i, Error *error) {
    ResponseLesion *lesion = &builder->result->lesions[i];
    ResponseAnswer is_target = RESPONSE_UNSTATED;
    for (size_t n = builder->first_row[i]; n < builder->n_rows; n++) {
        const FollowupRow *row = &builder->rows[n];
        if (strcmp(row->lesion, lesion->name) != 0) {
            continue;
        }
        if (row->organ[0] != '\0' && lesion->organ[0] != '\0' &&
            strcmp(row->organ, lesion->organ) != 0) {
            return followup_row_refuse(row, error, "organ is '%s', but '%s' in another row",
                                       row->organ, lesion->organ);
        }
        lesion->organ = row->organ[0] != '\0' ? row->organ : lesion->organ;
        if (row->is_target != RESPONSE_UNSTATED && is_target != RESPONSE_UNSTATED &&
            row->is_target != is_target) {
            return followup_row_refuse(row, error,
                                       "target is %s, but not in another row; a "
                                       "target is chosen at baseline and stays one",
                                       row->is_target == RESPONSE_YES ? "yes" : "no");
        }
        is_target = row->is_target != RESPONSE_UNSTATED ? row->is_target : is_target;
    }
    lesion->organ = lesion->organ[0] != '\0' ? lesion->organ : LIVER;
    lesion->is_node = strcmp(lesion->organ, LYMPH_NODE) == 0;
    lesion->is_target = is_target == RESPONSE_YES;
    if (builder->first_row[i] == builder->n_rows) {
        flags_add(&builder->result->flags, "lesions_not_followed");
        return STATUS_OK;
    }
    const FollowupRow *first = &builder->rows[builder->first_row[i]];
    if (lesion->is_new && lesion->is_target) {
        return followup_row_refuse(first, error,
                                   "it is new, so it is no target; targets are "
                                   "chosen at baseline");
    }
    if (!lesion->is_new && is_target == RESPONSE_UNSTATED) {
        return followup_row_refuse(first, error,
                                   "column 'target' is empty in all of its rows; "
                                   "write yes or no");
    }
    return STATUS_OK;
}

/* Visits from the baseline on; what the readers say of all other disease. */
static Status collect_visits(Builder *builder, Error *error) {
    Followup *followup = builder->result;
    size_t *n_visits = &followup->history.n_visits;
    for (size_t n = 0; n < builder->n_rows; n++) {
        const FollowupRow *row = &builder->rows[n];
        if (!(row->day >= builder->baseline_day)) {
            continue;
        }
        if (*n_visits == 0 || followup->visits[*n_visits - 1].day != row->day) {
            followup->visits[(*n_visits)++] =
                (ResponseVisit){row->date, row->day, RESPONSE_UNSTATED};
        }
        ResponseAnswer *answer = &followup->visits[*n_visits - 1].non_target_progression;
        ResponseAnswer one = row->non_target_progression;
        bool is_contradiction = (*answer == RESPONSE_YES && one == RESPONSE_NO) ||
                                (*answer == RESPONSE_NO && one == RESPONSE_YES);
        if (is_contradiction || (*n_visits == 1 && one == RESPONSE_YES)) {
            return followup_row_refuse(row, error, "non_target_progression is %s, but %s",
                                       one == RESPONSE_YES ? "yes" : "no",
                                       is_contradiction ? "another row of this date says otherwise"
                                                        : "this is the baseline");
        }
        bool is_stronger =
            one == RESPONSE_YES || (one == RESPONSE_UNKNOWN && *answer != RESPONSE_YES);
        *answer = *answer == RESPONSE_UNSTATED || (one != RESPONSE_UNSTATED && is_stronger)
                      ? one
                      : *answer;
    }
    return STATUS_OK;
}

/* Puts the row's size where it belongs; `filled` has the line of the row that did so before. */
static Status place_size(Builder *builder, const FollowupRow *row, size_t visit, size_t *filled,
                         Error *error) {
    Followup *followup = builder->result;
    size_t i = find_lesion(followup, row->lesion);
    size_t at = visit * followup->history.n_lesions + i;
    if (filled[i] != 0) {
        return followup_row_refuse(row, error,
                                   "line %zu is about the same lesion on the same "
                                   "date; leave one",
                                   filled[i]);
    }
    filled[i] = row->line;
    if (!isnan(row->size.short_axis_mm) && !followup->lesions[i].is_node) {
        return followup_row_refuse(row, error,
                                   "short_axis_mm is for lymph nodes; leave it empty, "
                                   "or write organ %s",
                                   LYMPH_NODE);
    }
    if (!(row->day >= builder->baseline_day)) {
        return STATUS_OK;
    }
    if (visit == 0 && followup->lesions[i].is_target && row->size.status == RESPONSE_ABSENT) {
        return followup_row_refuse(row, error, "it is a target, but absent at baseline");
    }
    followup->sizes[at] = row->size;
    return STATUS_OK;
}

static Status collect_sizes(Builder *builder, Error *error) {
    Followup *followup = builder->result;
    size_t n_lesions = followup->history.n_lesions, visit = 0;
    size_t *filled = calloc(n_lesions + 1, sizeof *filled);
    Status status = filled == NULL ? error_no_memory(error, "the follow-up") : STATUS_OK;
    for (size_t n = 0; n < builder->n_rows && status == STATUS_OK; n++) {
        const FollowupRow *row = &builder->rows[n];
        bool is_next_date = n > 0 && row->day != builder->rows[n - 1].day;
        if (is_next_date) {
            memset(filled, 0, n_lesions * sizeof *filled);
            visit += builder->rows[n - 1].day >= builder->baseline_day;
        }
        if (row->lesion[0] != '\0') {
            status = place_size(builder, row, visit, filled, error);
        }
    }
    free(filled);
    return status;
}

static void flag_small_targets(Followup *followup, const ResponseConfig *config) {
    for (size_t i = 0; i < followup->history.n_lesions && followup->history.n_visits > 0; i++) {
        const ResponseLesion *lesion = &followup->lesions[i];
        const ResponseSize *size = &followup->sizes[i];
        bool is_small = size->status == RESPONSE_TOO_SMALL ||
                        (lesion->is_node ? size->short_axis_mm < config->min_target_node_mm
                                         : size->longest_mm < config->min_target_mm);
        flags_add(&followup->flags, lesion->is_target && is_small ? "target_not_measurable" : "");
    }
}

static Status build(const Table *table, Builder *builder, const ResponseConfig *config,
                    Error *error) {
    Followup *followup = builder->result;
    Status status;
    if ((status = read_rows(table, builder, error)) || (status = find_baseline(builder, error)) ||
        (status = collect_lesions(builder, error))) {
        return status;
    }
    for (size_t i = 0; i < followup->history.n_lesions; i++) {
        if ((status = settle_lesion(builder, i, error)) != STATUS_OK) {
            return status;
        }
    }
    if ((status = collect_visits(builder, error))) {
        return status;
    }
    size_t n_sizes = (followup->history.n_visits + 1) * followup->history.n_lesions;
    followup->sizes = malloc((n_sizes + 1) * sizeof *followup->sizes);
    if (followup->sizes == NULL) {
        return error_no_memory(error, "the follow-up");
    }
    for (size_t n = 0; n < n_sizes; n++) {
        followup->sizes[n] = (ResponseSize){RESPONSE_NOT_ASSESSED, NAN, NAN, NAN, NAN};
    }
    if ((status = collect_sizes(builder, error)) == STATUS_OK) {
        flag_small_targets(followup, config);
    }
    return status;
}

Status followup_build(const Table *rows, const char *const *known, size_t n_known,
                      const ResponseConfig *config, Followup *followup, Error *error) {
    *followup = (Followup){.flags = {.text = ""}};
    size_t n_rows = table_row_count(rows);
    if (n_rows == 0) {
        flags_add(&followup->flags, "baseline_missing");
        return STATUS_OK;
    }
    Builder builder = {.n_rows = n_rows, .known = known, .n_known = n_known, .result = followup};
    builder.rows = calloc(n_rows, sizeof *builder.rows);
    builder.first_row = calloc(n_known + n_rows, sizeof *builder.first_row);
    followup->lesions = calloc(n_known + n_rows, sizeof *followup->lesions);
    followup->visits = calloc(n_rows, sizeof *followup->visits);
    Status status = builder.rows == NULL || builder.first_row == NULL ||
                            followup->lesions == NULL || followup->visits == NULL
                        ? error_no_memory(error, "the follow-up")
                        : build(rows, &builder, config, error);
    followup->history.lesions = followup->lesions;
    followup->history.visits = followup->visits;
    followup->history.sizes = followup->sizes;
    free(builder.first_row);
    free(builder.rows);
    return status;
}

void followup_free(Followup *followup) {
    free(followup->lesions);
    free(followup->visits);
    free(followup->sizes);
    *followup = (Followup){.flags = {.text = ""}};
}
