/* Every scenario of a patient (scenarios.h). With method, recovery, diameter and limits fixed, only
 * the comparison of the doses with the threshold is left, and a calibration moves all doses by one
 * factor: the stratum depends on how many of the sorted doses are below the threshold, and whether
 * the next one is at it. So a patient of n lesions is decided at most 2 n + 1 times for any number
 * of thresholds and calibrations. */
#include "stratify/scenarios.h"

#include <math.h>
#include <stdlib.h>

#include "stratify/sweep.h"

typedef enum Axis {
    AXIS_METHOD,
    AXIS_PARTIAL_VOLUME,
    AXIS_CALIBRATION,
    AXIS_DIAMETER,
    AXIS_THRESHOLD,
    AXIS_MAX_DIAMETER,
    AXIS_VESSEL_DIAMETER,
    AXIS_COUNT
} Axis;

/* Counts or indices, one an axis. */
typedef struct Place {
    size_t of[AXIS_COUNT];
} Place;

enum { NOT_DECIDED = -1 };

typedef struct Work {
    const StrataRules *rules;
    const ScenarioDoses *doses;
    const ScenarioConfig *scenarios;
    Place counts;
    StrataPatient patient; /* borrows `lesions` */
    StrataLesion *lesions; /* with the doses of the scenario */
    double *base_gy;       /* before calibration, by lesion */
    double *sorted_gy;     /* those that are known, ascending, each value once */
    size_t n_sorted;
    ScenarioOutcome *decided; /* by 2 * doses below the threshold + whether the next is at it */
    size_t n_decided;
    ScenarioOutcome *outcomes;
} Work;

static size_t count_bits(unsigned set) {
    return (size_t)__builtin_popcount(set);
}

static int nth_bit(unsigned set, size_t n) {
    for (; n > 0; n--) {
        set &= set - 1;
    }
    return __builtin_ctz(set);
}

static Place count_axes(const ScenarioConfig *config) {
    return (Place){.of = {
                       [AXIS_METHOD] = count_bits(config->dose_methods),
                       [AXIS_PARTIAL_VOLUME] = count_bits(config->partial_volume),
                       [AXIS_CALIBRATION] = sweep_range_count(&config->calibration_percent),
                       [AXIS_DIAMETER] = count_bits(config->diameters),
                       [AXIS_THRESHOLD] = sweep_range_count(&config->threshold_gy),
                       [AXIS_MAX_DIAMETER] = sweep_range_count(&config->ablation_max_diameter_mm),
                       [AXIS_VESSEL_DIAMETER] = sweep_range_count(&config->vessel_min_diameter_mm),
                   }};
}

static const char *axis_key(Axis axis) {
    static const char *const keys[AXIS_COUNT] = {
        [AXIS_METHOD] = "dose_method",
        [AXIS_PARTIAL_VOLUME] = "partial_volume",
        [AXIS_CALIBRATION] = "calibration_percent",
        [AXIS_DIAMETER] = "diameter",
        [AXIS_THRESHOLD] = "threshold_gy",
        [AXIS_MAX_DIAMETER] = "ablation_max_diameter_mm",
        [AXIS_VESSEL_DIAMETER] = "vessel_min_diameter_mm",
    };
    return keys[axis];
}

Status scenarios_count(const ScenarioConfig *config, size_t *count, Error *error) {
    const Place counts = count_axes(config);
    double product = 1.0;
    for (int a = 0; a < AXIS_COUNT; a++) {
        if (counts.of[a] == 0) {
            return error_set(error, STATUS_CONFIG,
                             "scenarios.%s holds no value, or a range of more than %d; give at "
                             "least one value, and 'from' not above 'to'",
                             axis_key((Axis)a), (int)SWEEP_MAX_THRESHOLDS);
        }
        product *= (double)counts.of[a];
    }
    if (!(config->calibration_percent.from > -100.0)) {
        return error_set(error, STATUS_CONFIG,
                         "scenarios.calibration_percent.from is %g; it must be above -100",
                         config->calibration_percent.from);
    }
    if (product > SCENARIOS_MAX) {
        return error_set(error, STATUS_CONFIG,
                         "scenarios: %zu dose methods x %zu partial volume x %zu calibrations x "
                         "%zu diameters x %zu thresholds x %zu size limits x %zu vessel limits are "
                         "%.0f scenarios a patient; at most %d are possible: use larger steps",
                         counts.of[AXIS_METHOD], counts.of[AXIS_PARTIAL_VOLUME],
                         counts.of[AXIS_CALIBRATION], counts.of[AXIS_DIAMETER],
                         counts.of[AXIS_THRESHOLD], counts.of[AXIS_MAX_DIAMETER],
                         counts.of[AXIS_VESSEL_DIAMETER], product, (int)SCENARIOS_MAX);
    }
    *count = (size_t)product;
    return STATUS_OK;
}

static void get_at(const ScenarioConfig *config, const Place *place, Scenario *scenario) {
    const size_t *of = place->of;
    *scenario = (Scenario){
        .dose_method = nth_bit(config->dose_methods, of[AXIS_METHOD]),
        .partial_volume = nth_bit(config->partial_volume, of[AXIS_PARTIAL_VOLUME]),
        .diameter = nth_bit(config->diameters, of[AXIS_DIAMETER]),
        .calibration_percent =
            sweep_range_value(&config->calibration_percent, of[AXIS_CALIBRATION]),
        .threshold_gy = sweep_range_value(&config->threshold_gy, of[AXIS_THRESHOLD]),
        .ablation_max_diameter_mm =
            sweep_range_value(&config->ablation_max_diameter_mm, of[AXIS_MAX_DIAMETER]),
        .vessel_min_diameter_mm =
            sweep_range_value(&config->vessel_min_diameter_mm, of[AXIS_VESSEL_DIAMETER]),
    };
}

void scenarios_get(const ScenarioConfig *config, size_t i, Scenario *scenario) {
    const Place counts = count_axes(config);
    Place place;
    for (int a = AXIS_COUNT - 1; a >= 0; a--) {
        place.of[a] = i % counts.of[a];
        i /= counts.of[a];
    }
    get_at(config, &place, scenario);
}

static size_t index_of(const Place *counts, const Place *place) {
    size_t index = 0;
    for (int a = 0; a < AXIS_COUNT; a++) {
        index = index * counts->of[a] + place->of[a];
    }
    return index;
}

static double factor_of(const Scenario *scenario) {
    return 1.0 + scenario->calibration_percent / 100.0;
}

static double base_davg_gy(const ScenarioDoses *doses, const Scenario *scenario, size_t lesion) {
    const double *column = doses->davg_gy[scenario->dose_method];
    double davg_gy = column != NULL ? column[lesion] : NAN;
    if (scenario->partial_volume == PARTIAL_VOLUME_RECOVERED) {
        bool is_known = doses->recovery != NULL && doses->surroundings_gy != NULL &&
                        scenario->dose_method != DOSE_KERNEL_DECONVOLVED;
        double around_gy = is_known ? doses->surroundings_gy[lesion] : NAN;
        double recovery = is_known && doses->recovery[lesion] > 0.0 ? doses->recovery[lesion] : NAN;
        davg_gy = around_gy + (davg_gy - around_gy) / recovery;
    }
    return isfinite(davg_gy) ? davg_gy : NAN;
}

double scenarios_davg_gy(const ScenarioDoses *doses, const Scenario *scenario, size_t lesion) {
    return base_davg_gy(doses, scenario, lesion) * factor_of(scenario);
}

static int compare_doses(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void take_doses(Work *work, const Scenario *scenario) {
    size_t n = 0;
    for (size_t i = 0; i < work->patient.n_lesions; i++) {
        work->base_gy[i] = base_davg_gy(work->doses, scenario, i);
        if (!isnan(work->base_gy[i])) {
            work->sorted_gy[n++] = work->base_gy[i];
        }
    }
    qsort(work->sorted_gy, n, sizeof *work->sorted_gy, compare_doses);
    work->n_sorted = 0;
    for (size_t i = 0; i < n; i++) {
        if (work->n_sorted == 0 || work->sorted_gy[i] > work->sorted_gy[work->n_sorted - 1]) {
            work->sorted_gy[work->n_sorted++] = work->sorted_gy[i];
        }
    }
}

static void forget_decided(Work *work) {
    for (size_t d = 0; d < work->n_decided; d++) {
        work->decided[d].stratum = NOT_DECIDED;
    }
}

static ScenarioOutcome decide(const Work *work, const StratificationConfig *config) {
    size_t n_underdosed;
    int stratum = strata_stratum(&work->patient, config, work->rules, &n_underdosed);
    return (ScenarioOutcome){stratum, (unsigned)n_underdosed};
}

/* All thresholds of one calibration, ascending. */
static void decide_thresholds(Work *work, Place *place, StratificationConfig *at) {
    Scenario scenario;
    size_t n_below = 0;
    place->of[AXIS_THRESHOLD] = 0;
    get_at(work->scenarios, place, &scenario);
    double factor = factor_of(&scenario);
    for (size_t i = 0; i < work->patient.n_lesions; i++) {
        work->lesions[i].davg_gy = work->base_gy[i] * factor;
    }
    for (size_t t = 0; t < work->counts.of[AXIS_THRESHOLD]; t++) {
        const double *next = work->sorted_gy + n_below, *end = work->sorted_gy + work->n_sorted;
        place->of[AXIS_THRESHOLD] = t;
        at->threshold_gy = sweep_range_value(&work->scenarios->threshold_gy, t);
        while (next < end && *next * factor < at->threshold_gy) {
            next++;
        }
        n_below = (size_t)(next - work->sorted_gy);
        bool is_at = next < end && *next * factor == at->threshold_gy;
        /* Doses that differ may be rounded to one. */
        bool is_merged = is_at && next + 1 < end && next[1] * factor == at->threshold_gy;
        ScenarioOutcome *decided = &work->decided[2 * n_below + is_at];
        if (decided->stratum == NOT_DECIDED && !is_merged) {
            *decided = decide(work, at);
        }
        work->outcomes[index_of(&work->counts, place)] = is_merged ? decide(work, at) : *decided;
    }
}

/* Whether doses and threshold times a number give the same answers: the rules compare doses with
 * the threshold only. */
static bool is_scalable(const RuleSet *set) {
    for (int n = 0; n < set->n_nodes; n++) {
        const RuleNode *node = &set->nodes[n];
        bool is_limit = node->kind == RULE_BELOW || node->kind == RULE_ABOVE;
        if (is_limit && node->column == RULE_COLUMN_DAVG &&
            node->limit_setting != RULE_SETTING_THRESHOLD) {
            return false;
        }
    }
    return true;
}

/* All calibrations and thresholds, the rest fixed by `place`. */
static void decide_family(Work *work, Place *place, const StratificationConfig *config) {
    Scenario scenario;
    StratificationConfig at = *config;
    bool can_scale = is_scalable(&work->rules->set);
    place->of[AXIS_CALIBRATION] = 0;
    place->of[AXIS_THRESHOLD] = 0;
    get_at(work->scenarios, place, &scenario);
    at.diameter = scenario.diameter;
    at.ablation_max_diameter_mm = scenario.ablation_max_diameter_mm;
    at.vessel_min_diameter_mm = scenario.vessel_min_diameter_mm;
    forget_decided(work);
    for (size_t c = 0; c < work->counts.of[AXIS_CALIBRATION]; c++) {
        if (!can_scale) {
            forget_decided(work);
        }
        place->of[AXIS_CALIBRATION] = c;
        decide_thresholds(work, place, &at);
    }
}

/* The axes that do not touch the doses, for one method and partial volume. */
static void decide_limits(Work *work, Place *place, const StratificationConfig *config) {
    size_t *of = place->of;
    const size_t *n = work->counts.of;
    for (of[AXIS_DIAMETER] = 0; of[AXIS_DIAMETER] < n[AXIS_DIAMETER]; of[AXIS_DIAMETER]++) {
        for (of[AXIS_MAX_DIAMETER] = 0; of[AXIS_MAX_DIAMETER] < n[AXIS_MAX_DIAMETER];
             of[AXIS_MAX_DIAMETER]++) {
            for (of[AXIS_VESSEL_DIAMETER] = 0; of[AXIS_VESSEL_DIAMETER] < n[AXIS_VESSEL_DIAMETER];
                 of[AXIS_VESSEL_DIAMETER]++) {
                decide_family(work, place, config);
            }
        }
    }
}

static Status start_work(const StrataPatient *patient, Work *work, Error *error) {
    size_t n = patient->n_lesions;
    work->n_decided = 2 * n + 1;
    work->lesions = malloc((n + 1) * sizeof *work->lesions);
    work->base_gy = malloc((n + 1) * sizeof *work->base_gy);
    work->sorted_gy = malloc((n + 1) * sizeof *work->sorted_gy);
    work->decided = malloc(work->n_decided * sizeof *work->decided);
    if (work->lesions == NULL || work->base_gy == NULL || work->sorted_gy == NULL ||
        work->decided == NULL) {
        return error_no_memory(error, "the scenarios of a patient");
    }
    for (size_t i = 0; i < n; i++) {
        work->lesions[i] = patient->lesions[i];
    }
    work->patient = *patient;
    work->patient.lesions = work->lesions;
    return STATUS_OK;
}

Status scenarios_evaluate(const StrataPatient *patient, const ScenarioDoses *doses,
                          const StratificationConfig *config, const StrataRules *rules,
                          const ScenarioConfig *scenarios, ScenarioOutcome *outcomes,
                          Error *error) {
    Work work = {.rules = rules,
                 .doses = doses,
                 .scenarios = scenarios,
                 .counts = count_axes(scenarios),
                 .outcomes = outcomes};
    Place place = {.of = {0}};
    Status status = start_work(patient, &work, error);
    if (status != STATUS_OK) {
        goto done;
    }
    for (size_t m = 0; m < work.counts.of[AXIS_METHOD]; m++) {
        for (size_t v = 0; v < work.counts.of[AXIS_PARTIAL_VOLUME]; v++) {
            Scenario scenario;
            place = (Place){.of = {[AXIS_METHOD] = m, [AXIS_PARTIAL_VOLUME] = v}};
            get_at(scenarios, &place, &scenario);
            take_doses(&work, &scenario);
            decide_limits(&work, &place, config);
        }
    }
done:
    free(work.lesions);
    free(work.base_gy);
    free(work.sorted_gy);
    free(work.decided);
    return status;
}

const char *scenarios_partial_volume_name(int partial_volume) {
    return partial_volume == PARTIAL_VOLUME_RECOVERED ? "recovered" : "none";
}

const char *scenarios_diameter_name(int diameter) {
    return diameter == DIAMETER_AXIAL ? "axial" : "3d";
}
