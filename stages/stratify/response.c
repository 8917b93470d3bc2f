/* Response criteria on sums of lesion sizes (response.h). Comparisons with a threshold allow for
 * the rounding of decimal millimetres: 50.1 to 60.12 mm is an increase of exactly 20 %. */
#include "stratify/response.h"

#include <math.h>
#include <string.h>

/* Relative; far above rounding of doubles, far below any measurement. */
#define ROUNDING 1e-9

const char *response_category_name(ResponseCategory category) {
    static const char *const names[] = {"NE", "PD", "SD", "PR", "CR"};
    return names[category];
}

double response_size(const ResponseSize *size, bool is_node, ResponseCriterion criterion,
                     const ResponseConfig *config) {
    ResponseMeasure measure = response_criterion_measure(criterion);
    double small_mm = config->too_small_mm;
    switch (size->status) {
    case RESPONSE_ABSENT:
        return 0.0;
    case RESPONSE_TOO_SMALL:
        return measure == RESPONSE_PRODUCT ? small_mm * small_mm : small_mm;
    case RESPONSE_MEASURED:
        if (is_node && response_criterion_has_node_rule(criterion)) {
            return size->short_axis_mm;
        }
        return measure == RESPONSE_PRODUCT     ? size->longest_mm * size->perpendicular_mm
               : measure == RESPONSE_ENHANCING ? size->enhancing_mm
                                               : size->longest_mm;
    default:
        return NAN;
    }
}

static double size_at(const ResponseHistory *history, size_t visit, size_t lesion,
                      ResponseCriterion criterion, const ResponseConfig *config) {
    return response_size(&history->sizes[visit * history->n_lesions + lesion],
                         history->lesions[lesion].is_node, criterion, config);
}

/* The largest chosen target not yet taken, of an organ that has room; n_lesions if there is none.
 */
static size_t next_target(const ResponseHistory *history, ResponseCriterion criterion,
                          const ResponseConfig *config, const bool *is_target) {
    const ResponseRule *rule = &config->rules[criterion];
    size_t best = history->n_lesions;
    double largest = 0.0;
    for (size_t i = 0; i < history->n_lesions; i++) {
        const ResponseLesion *lesion = &history->lesions[i];
        double size = size_at(history, 0, i, criterion, config);
        size = isnan(size) ? INFINITY : size;
        if (!lesion->is_target || is_target[i] || !(size > largest)) {
            continue;
        }
        size_t taken = 0;
        for (size_t other = 0; other < history->n_lesions; other++) {
            taken += is_target[other] && strcmp(history->lesions[other].organ, lesion->organ) == 0;
        }
        if (rule->targets_per_organ > 0.0 && (double)taken >= rule->targets_per_organ) {
            continue;
        }
        best = i;
        largest = size;
    }
    return best;
}

size_t response_select_targets(const ResponseHistory *history, ResponseCriterion criterion,
                               const ResponseConfig *config, bool *is_target) {
    const ResponseRule *rule = &config->rules[criterion];
    size_t n_possible = 0, n_taken = 0;
    for (size_t i = 0; i < history->n_lesions; i++) {
        is_target[i] = false;
    }
    if (history->n_visits == 0) {
        return 0;
    }
    for (size_t i = 0; i < history->n_lesions; i++) {
        n_possible += history->lesions[i].is_target &&
                      size_at(history, 0, i, criterion, config) != 0.0; /* NaN: possible */
    }
    while (rule->targets <= 0.0 || (double)n_taken < rule->targets) {
        size_t next = next_target(history, criterion, config, is_target);
        if (next == history->n_lesions) {
            break;
        }
        is_target[next] = true;
        n_taken++;
    }
    return n_possible - n_taken;
}

static bool is_normal_node(const ResponseLesion *lesion, double size, ResponseCriterion criterion,
                           const ResponseConfig *config) {
    return lesion->is_node && response_criterion_has_node_rule(criterion) &&
           size < config->node_normal_mm;
}

/* Whether a new lesion has appeared by this visit that counts. */
static ResponseAnswer has_new_lesion(const ResponseHistory *history, size_t visit, size_t lesion,
                                     ResponseCriterion criterion) {
    ResponseAnswer answer = RESPONSE_NO;
    for (size_t v = 0; v <= visit; v++) {
        const ResponseSize *size = &history->sizes[v * history->n_lesions + lesion];
        bool is_seen = size->status == RESPONSE_MEASURED || size->status == RESPONSE_TOO_SMALL;
        if (!is_seen) {
            continue;
        }
        if (!response_criterion_new_must_enhance(criterion) || size->enhancing_mm > 0.0) {
            return RESPONSE_YES;
        }
        answer = isnan(size->enhancing_mm) ? RESPONSE_UNKNOWN : answer;
    }
    return answer;
}

static ResponseAnswer has_any_new_lesion(const ResponseHistory *history, size_t visit,
                                         ResponseCriterion criterion) {
    ResponseAnswer answer = RESPONSE_NO;
    for (size_t i = 0; i < history->n_lesions && answer != RESPONSE_YES; i++) {
        if (history->lesions[i].is_new) {
            ResponseAnswer one = has_new_lesion(history, visit, i, criterion);
            answer = one != RESPONSE_NO ? one : answer;
        }
    }
    return answer;
}

/* What the targets of one visit come to. */
typedef struct TargetSum {
    double known; /* sum over those whose size is known */
    bool is_complete;
    bool is_all_gone; /* those whose size is known */
} TargetSum;

static TargetSum sum_targets(const ResponseHistory *history, size_t visit,
                             ResponseCriterion criterion, const ResponseConfig *config,
                             const bool *is_target) {
    TargetSum sum = {0.0, true, true};
    for (size_t i = 0; i < history->n_lesions; i++) {
        if (!is_target[i]) {
            continue;
        }
        double size = size_at(history, visit, i, criterion, config);
        sum.is_complete = sum.is_complete && !isnan(size);
        sum.known += isnan(size) ? 0.0 : size;
        sum.is_all_gone =
            sum.is_all_gone && (isnan(size) || size == 0.0 ||
                                is_normal_node(&history->lesions[i], size, criterion, config));
    }
    return sum;
}

/* Every lesion of the baseline that is not summed has gone, or there is none (unknown: it has not).
 */
static bool is_non_target_gone(const ResponseHistory *history, size_t visit,
                               ResponseCriterion criterion, const ResponseConfig *config,
                               const bool *is_target) {
    for (size_t i = 0; i < history->n_lesions; i++) {
        const ResponseLesion *lesion = &history->lesions[i];
        double size = size_at(history, visit, i, criterion, config);
        if (!is_target[i] && !lesion->is_new && size != 0.0 &&
            !is_normal_node(lesion, size, criterion, config)) {
            return false;
        }
    }
    return true;
}

static bool is_about(double value, double threshold) {
    return fabs(value - threshold) <= ROUNDING * fmax(fabs(value), fabs(threshold));
}

/* RESPONSE_BECAUSE_GROWTH if the sum has grown enough over the nadir, and RESPONSE_BECAUSE_TIE if
 * by exactly the threshold. A nadir of 0 is exceeded by anything that is there. */
static unsigned judge_growth(double sum, double nadir, const ResponseRule *rule,
                             const ResponseConfig *config) {
    double threshold = nadir * (1.0 + rule->progression_percent / 100.0);
    double increase = sum - nadir;
    bool is_tie = nadir > 0.0 && is_about(sum, threshold);
    bool is_large = nadir == 0.0 || increase >= rule->min_increase_mm ||
                    fabs(increase - rule->min_increase_mm) <= ROUNDING * fmax(sum, nadir);
    if (!(increase > 0.0) || !is_large) {
        return 0;
    }
    if (is_tie) {
        return RESPONSE_BECAUSE_TIE |
               (config->progression_tie_is_progression ? RESPONSE_BECAUSE_GROWTH : 0u);
    }
    return sum > threshold ? RESPONSE_BECAUSE_GROWTH : 0u;
}

static bool is_partial(double sum, double baseline, const ResponseRule *rule) {
    double threshold = baseline * (1.0 - rule->partial_percent / 100.0);
    return sum < threshold || is_about(sum, threshold);
}

/* The category by the sums alone. */
static ResponseCategory judge_sum(const ResponsePoint *point, const TargetSum *sum, double baseline,
                                  const ResponseRule *rule) {
    if (point->because & RESPONSE_BECAUSE_GROWTH) {
        return RESPONSE_PD;
    }
    if (!sum->is_complete) {
        return RESPONSE_NE;
    }
    return sum->is_all_gone                         ? RESPONSE_CR
           : is_partial(sum->known, baseline, rule) ? RESPONSE_PR
                                                    : RESPONSE_SD;
}

/* Sum, nadir and changes of one visit; `*nadir` is that of the visits before. */
static void fill_sums(const TargetSum *sum, double baseline, double *nadir, ResponsePoint *point) {
    point->sum = sum->is_complete ? sum->known : NAN;
    point->nadir = *nadir;
    point->change_percent =
        baseline > 0.0 ? 100.0 * (point->sum - baseline) / baseline : (double)NAN;
    point->nadir_change_percent =
        *nadir > 0.0 ? 100.0 * (point->sum - *nadir) / *nadir : (double)NAN;
    *nadir = point->sum < *nadir ? point->sum : *nadir;
}

/* All visits by the sums of `is_target` alone; at baseline NE. */
static void evaluate_sums(const ResponseHistory *history, ResponseCriterion criterion,
                          const ResponseConfig *config, const bool *is_target,
                          ResponsePoint *points) {
    const ResponseRule *rule = &config->rules[criterion];
    size_t n_targets = 0;
    for (size_t i = 0; i < history->n_lesions; i++) {
        n_targets += is_target[i];
    }
    double baseline = NAN, nadir = NAN;
    for (size_t v = 0; v < history->n_visits; v++) {
        TargetSum sum = sum_targets(history, v, criterion, config, is_target);
        sum.is_complete = sum.is_complete && n_targets > 0;
        if (v == 0) {
            baseline = nadir = sum.is_complete ? sum.known : (double)NAN;
        }
        ResponsePoint *point = &points[v];
        *point = (ResponsePoint){.category = RESPONSE_NE};
        double nadir_before = nadir;
        fill_sums(&sum, baseline, &nadir, point);
        if (n_targets == 0 || !(baseline > 0.0)) {
            point->because = n_targets > 0 && isnan(baseline) ? RESPONSE_BECAUSE_BASELINE_UNKNOWN
                                                              : RESPONSE_BECAUSE_NO_TARGETS;
        } else if (v > 0) {
            /* Normal nodes do not progress, whatever their sum. */
            point->because =
                (sum.is_all_gone ? 0u : judge_growth(sum.known, nadir_before, rule, config)) |
                (sum.is_complete ? 0u : RESPONSE_BECAUSE_LESION_MISSING);
            point->category = judge_sum(point, &sum, baseline, rule);
        }
    }
}

/* What a new lesion makes of a response by the sums. */
static void apply_new_lesion(ResponseAnswer has_new, ResponsePoint *point) {
    if (has_new == RESPONSE_YES) {
        point->because |= RESPONSE_BECAUSE_NEW_LESION;
        point->category = RESPONSE_PD;
    } else if (has_new == RESPONSE_UNKNOWN) {
        point->because |= RESPONSE_BECAUSE_NEW_UNKNOWN;
        point->category = point->category == RESPONSE_PD ? RESPONSE_PD : RESPONSE_NE;
    }
}

static void apply_non_target(ResponseAnswer progresses, bool is_gone, const ResponseConfig *config,
                             ResponsePoint *point) {
    if (progresses == RESPONSE_YES) {
        point->because |= RESPONSE_BECAUSE_NON_TARGET;
        point->category = RESPONSE_PD;
    } else if (progresses == RESPONSE_UNKNOWN) {
        point->because |= RESPONSE_BECAUSE_NON_TARGET_UNKNOWN;
        bool is_not_evaluable = config->unknown_non_target == UNKNOWN_NOT_EVALUABLE;
        if (is_not_evaluable && point->category != RESPONSE_PD) {
            point->category = RESPONSE_NE;
        }
    }
    if (point->category == RESPONSE_CR && !is_gone) {
        point->because |= RESPONSE_BECAUSE_NON_TARGET;
        point->category = RESPONSE_PR;
    }
}

void response_evaluate(const ResponseHistory *history, ResponseCriterion criterion,
                       const ResponseConfig *config, const bool *is_target, ResponsePoint *points) {
    evaluate_sums(history, criterion, config, is_target, points);
    for (size_t v = 1; v < history->n_visits; v++) {
        bool is_gone = is_non_target_gone(history, v, criterion, config, is_target);
        ResponseAnswer progresses = history->visits[v].non_target_progression;
        if (progresses == RESPONSE_UNSTATED) {
            progresses = is_gone ? RESPONSE_NO : RESPONSE_UNKNOWN;
        }
        apply_non_target(progresses, is_gone, config, &points[v]);
        apply_new_lesion(has_any_new_lesion(history, v, criterion), &points[v]);
    }
}

void response_evaluate_lesion(const ResponseHistory *history, size_t lesion,
                              ResponseCriterion criterion, const ResponseConfig *config,
                              bool *is_target, ResponsePoint *points) {
    for (size_t i = 0; i < history->n_lesions; i++) {
        is_target[i] = i == lesion;
    }
    evaluate_sums(history, criterion, config, is_target, points);
    for (size_t v = 1; history->lesions[lesion].is_new && v < history->n_visits; v++) {
        apply_new_lesion(has_new_lesion(history, v, lesion, criterion), &points[v]);
    }
}

void response_summarise(const ResponseHistory *history, const ResponsePoint *points,
                        const ResponseConfig *config, ResponseSummary *summary) {
    *summary = (ResponseSummary){RESPONSE_NE, NAN, NAN, NAN};
    for (size_t v = 1; v < history->n_visits && isnan(summary->days_to_progression); v++) {
        ResponseCategory category = points[v].category;
        double day = history->visits[v].day;
        if (category == RESPONSE_NE) {
            continue;
        }
        summary->days_followed = day;
        if (category == RESPONSE_PD) {
            summary->days_to_progression = day;
        }
        if (category >= RESPONSE_PR && isnan(summary->days_to_response)) {
            summary->days_to_response = day;
        }
        bool is_too_early =
            category == RESPONSE_SD && day - history->visits[0].day < config->min_stable_days;
        if (!is_too_early && category > summary->best) {
            summary->best = category;
        }
    }
}
