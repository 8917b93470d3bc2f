/* One row of the follow-up: words and numbers read, and what contradicts itself refused. */
#ifndef YTTRIA_STRATIFY_FOLLOWUP_ROW_H
#define YTTRIA_STRATIFY_FOLLOWUP_ROW_H

#include "core/table.h"
#include "stratify/response.h"

typedef struct FollowupRow {
    const char *date, *lesion, *organ; /* of the table; empty where not stated */
    double day;                        /* since the first treatment */
    size_t line;                       /* of the input sheet */
    ResponseAnswer is_baseline, is_target, is_new, non_target_progression;
    ResponseSize size;
} FollowupRow;

/* STATUS_BAD_DATA as followup_build says, for what one row alone can contradict. */
Status followup_row_read(const Table *table, size_t row, FollowupRow *result, Error *error);

/* A failure at that row: "follow-up sheet, line 7, lesion 'L2': <what>". */
Status followup_row_refuse(const FollowupRow *row, Error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
