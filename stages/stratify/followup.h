/* The readers' follow-up rows as a history of lesions and visits, or the sentence that says which
 * rows contradict each other. */
#ifndef YTTRIA_STRATIFY_FOLLOWUP_H
#define YTTRIA_STRATIFY_FOLLOWUP_H

#include "core/flags.h"
#include "core/table.h"
#include "stratify/response.h"

typedef struct Followup {
    ResponseHistory history; /* of the members below; texts belong to the table */
    ResponseLesion *lesions;
    ResponseVisit *visits;
    ResponseSize *sizes;
    Flags flags;
} Followup;

/* Builds the history from the table /followup (docs/file-format.md) and the `known` lesions of the
 * lesion table; both must outlive it. Rows may be in any order. Visits before the baseline are
 * left out. The baseline is the date whose rows say so, else the last one not after the day of the
 * first treatment; without one there are no visits and the flag `baseline_missing`.
 *
 * STATUS_BAD_DATA naming the row: two rows for a lesion on one date, a status that contradicts the
 * sizes, sizes that are negative, not finite or in the wrong order (a perpendicular, enhancing or
 * short axis longer than the longest), a label that is neither known nor new nor, outside the
 * liver, there at baseline, a new lesion that is known, a target, or there by the baseline, a
 * target or organ that changes, a target absent at baseline, two baselines, answers of one date
 * that contradict.
 * Flags: `baseline_missing`, `baseline_after_treatment`, `followup_before_baseline`,
 * `lesions_not_followed` (a known lesion without a row), `target_not_measurable`.
 * Free with followup_free, also after a failure. */
Status followup_build(const Table *rows, const char *const *known, size_t n_known,
                      const ResponseConfig *config, Followup *followup, Error *error);
void followup_free(Followup *followup);

#endif
