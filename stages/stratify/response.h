/* Response to treatment: from the lesions' sizes at each time point to CR, PR, SD, PD or NE.
 *
 * Pure: arrays in, answers out; the criteria are data (response_config.h). Order of the rules at a
 * time point: a new lesion or non-target progression is PD; then complete response of the targets;
 * then growth of their sum over the nadir (the smallest sum of all earlier time points, baseline
 * included) is PD; then shrinkage from baseline is PR, otherwise SD (Eisenhauer 2009, 4.3 and
 * table 1). What is not known is NE, never SD. */
#ifndef YTTRIA_STRATIFY_RESPONSE_H
#define YTTRIA_STRATIFY_RESPONSE_H

#include <stddef.h>

#include "stratify/response_config.h"

/* From worst to best, so that the best response is the largest. */
typedef enum ResponseCategory {
    RESPONSE_NE,
    RESPONSE_PD,
    RESPONSE_SD,
    RESPONSE_PR,
    RESPONSE_CR
} ResponseCategory;

typedef enum ResponseStatus {
    RESPONSE_NOT_ASSESSED, /* also where there is no row */
    RESPONSE_MEASURED,
    RESPONSE_ABSENT,
    RESPONSE_TOO_SMALL /* there, but too small to measure */
} ResponseStatus;

typedef enum ResponseAnswer {
    RESPONSE_NO,
    RESPONSE_YES,
    RESPONSE_UNKNOWN,
    RESPONSE_UNSTATED /* no if the non-target disease is gone or there is none, otherwise unknown */
} ResponseAnswer;

/* One lesion at one time point; a size that was not measured is NaN. */
typedef struct ResponseSize {
    ResponseStatus status;
    double longest_mm, perpendicular_mm, enhancing_mm, short_axis_mm;
} ResponseSize;

typedef struct ResponseLesion {
    const char *name, *organ; /* borrowed */
    bool is_target;           /* chosen at baseline; otherwise non-target disease */
    bool is_node;             /* a lymph node */
    bool is_new;              /* not there at baseline */
} ResponseLesion;

typedef struct ResponseVisit {
    const char *date;                      /* borrowed */
    double day;                            /* since the first treatment; negative before it */
    ResponseAnswer non_target_progression; /* "unequivocal progression", as the reader says */
} ResponseVisit;

/* A patient's follow-up. Visit 0 is the baseline, the others follow in time. */
typedef struct ResponseHistory {
    const ResponseLesion *lesions; /* n_lesions, new ones included */
    size_t n_lesions;
    const ResponseVisit *visits; /* n_visits; 0: there is no baseline */
    size_t n_visits;
    const ResponseSize *sizes; /* [visit][lesion] */
} ResponseHistory;

/* Why the response is what it is; several may hold at once. */
enum {
    RESPONSE_BECAUSE_NEW_LESION = 1u << 0,
    RESPONSE_BECAUSE_NON_TARGET = 1u << 1, /* progresses: PD; or is not gone: PR instead of CR */
    RESPONSE_BECAUSE_GROWTH = 1u << 2,
    RESPONSE_BECAUSE_NO_TARGETS = 1u << 3,       /* none that is measured by this criterion */
    RESPONSE_BECAUSE_BASELINE_UNKNOWN = 1u << 4, /* a target has no size at baseline */
    RESPONSE_BECAUSE_LESION_MISSING = 1u << 5,   /* a target has no size at this time point */
    RESPONSE_BECAUSE_NEW_UNKNOWN = 1u << 6,      /* whether a new lesion enhances */
    RESPONSE_BECAUSE_NON_TARGET_UNKNOWN = 1u << 7,
    RESPONSE_BECAUSE_TIE = 1u << 8 /* growth of exactly progression_percent */
};

/* One criterion at one visit. The units of sum and nadir are mm, of WHO mm2. */
typedef struct ResponsePoint {
    double sum;                  /* over the targets; NaN if one is not known */
    double nadir;                /* smallest sum before; at baseline the sum itself */
    double change_percent;       /* of the sum since baseline */
    double nadir_change_percent; /* of the sum since the nadir; NaN if the nadir is 0 */
    ResponseCategory category;   /* NE at baseline */
    unsigned because;
} ResponsePoint;

typedef struct ResponseSummary {
    ResponseCategory best;   /* up to the first progression */
    double days_to_response; /* first treatment to first CR or PR before progression; NaN: none */
    double days_to_progression; /* first treatment to first PD; NaN: none was seen */
    double days_followed;       /* to the last time point that is not NE up to progression, where
                                   a patient without progression is censored; NaN: none */
} ResponseSummary;

/* "CR", "PR", "SD", "PD", "NE". */
const char *response_category_name(ResponseCategory category);

/* The lesion's size by the criterion: mm (WHO mm2); 0 if absent, NaN if not known. A lymph node's
 * is its short axis where the criterion has a rule for nodes. Too small to measure counts as
 * too_small_mm (Eisenhauer 2009, 4.3.2), for WHO as a square of that side. */
double response_size(const ResponseSize *size, bool is_node, ResponseCriterion criterion,
                     const ResponseConfig *config);

/* Marks in `is_target` (n_lesions) the lesions whose sizes the criterion sums: the chosen targets
 * whose baseline size is not 0, the largest first where there are more than the criterion allows
 * (equal ones: in the order of the lesions; one of unknown size comes first). Returns how many
 * chosen targets the limits left out; they are non-target disease. */
size_t response_select_targets(const ResponseHistory *history, ResponseCriterion criterion,
                               const ResponseConfig *config, bool *is_target);

/* Response of the patient at every visit; `is_target` from response_select_targets, `points` has
 * n_visits.
 * A target without a size makes the sum unknown: NE, unless the others alone have grown enough
 * for PD, the unknown ones counted as gone (Eisenhauer 2009, 4.4.2). CR needs every non-target
 * lesion gone (a lymph node: normal; by mRECIST: not enhancing); a visit without all of their sizes
 * is at most PR. */
void response_evaluate(const ResponseHistory *history, ResponseCriterion criterion,
                       const ResponseConfig *config, const bool *is_target, ResponsePoint *points);

/* The same thresholds for one lesion alone; a new lesion that counts is PD. `is_target` is room
 * for n_lesions. */
void response_evaluate_lesion(const ResponseHistory *history, size_t lesion,
                              ResponseCriterion criterion, const ResponseConfig *config,
                              bool *is_target, ResponsePoint *points);

/* Best response until progression, without confirmation: SD counts from min_stable_days after
 * baseline. */
void response_summarise(const ResponseHistory *history, const ResponsePoint *points,
                        const ResponseConfig *config, ResponseSummary *summary);

#endif
