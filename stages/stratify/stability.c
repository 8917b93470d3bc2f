/* The nearest other strata (stability.h). Settings have breakpoints. Doses and distances that
 * change together have them as well: a dose D meets a limit L of the rule set at the factor L / D,
 * a distance d at the shift L - d. Rounding must not put a value on the wrong side of its limit, so
 * the side is taken from the comparison of factors (or shifts), not from the product (or sum). */
#include "stratify/stability.h"

#include <math.h>
#include <stdlib.h>

#include "stratify/lesion_verdict.h"

/* A column of which all values change together. */
typedef struct Shared {
    const StrataPatient *patient; /* as it is */
    const StratificationConfig *config;
    const StrataRules *rules;
    StrataPatient changed; /* borrows `lesions` */
    StrataLesion *lesions;
    StrataVessel *vessels; /* one a lesion: the nearest large one */
    double *values;        /* of the column, by lesion */
    double limits[RULE_MAX_NODES];
    int n_limits;
    bool is_dose; /* a factor on the doses; else a shift of the distances */
} Shared;

/* The factor or shift at which `value` meets `limit`; NaN if none does. */
static double meeting_of(const Shared *shared, double value, double limit) {
    if (!shared->is_dose) {
        return limit - value;
    }
    double factor = value != 0.0 ? limit / value : NAN;
    return factor >= 0.0 ? factor : NAN;
}

static double changed_value(const Shared *shared, double value, double by) {
    double changed = shared->is_dose ? value * by : value + by;
    bool is_falling = shared->is_dose && value < 0.0;
    for (int l = 0; l < shared->n_limits && isfinite(value); l++) {
        double limit = shared->limits[l], meeting = meeting_of(shared, value, limit);
        if (by == meeting) {
            changed = limit;
        } else if ((by > meeting) != is_falling && changed <= limit && !isnan(meeting)) {
            changed = nextafter(limit, INFINITY);
        } else if ((by < meeting) != is_falling && changed >= limit && !isnan(meeting)) {
            changed = nextafter(limit, -INFINITY);
        }
    }
    return changed;
}

static BreakpointState decide_changed(const void *context, double by) {
    const Shared *shared = context;
    BreakpointState state;
    for (size_t i = 0; i < shared->changed.n_lesions; i++) {
        double changed = changed_value(shared, shared->values[i], by);
        if (shared->is_dose) {
            shared->lesions[i].davg_gy = changed;
        } else {
            shared->vessels[i].distance_mm = changed;
        }
    }
    state.stratum =
        strata_stratum(&shared->changed, shared->config, shared->rules, &state.n_underdosed);
    return state;
}

/* The limits that the rule set compares the column with. */
static void collect_limits(RuleColumnId column, Shared *shared) {
    double settings[RULE_SETTING_COUNT];
    const RuleSet *set = &shared->rules->set;
    strata_rules_settings(shared->config,
                          strata_contact_tolerance_mm(shared->patient, shared->config), settings);
    shared->n_limits = 0;
    for (int n = 0; n < set->n_nodes; n++) {
        const RuleNode *node = &set->nodes[n];
        if (node->column == (int)column && (node->kind == RULE_BELOW || node->kind == RULE_ABOVE)) {
            shared->limits[shared->n_limits++] =
                node->limit_setting == RULE_NONE ? node->limit : settings[node->limit_setting];
        }
    }
}

/* Copies of the lesions whose only vessel is the one that counts; the column's values. */
static void copy_lesions(Shared *shared) {
    const StrataPatient *patient = shared->patient;
    LesionColumns columns;
    for (size_t i = 0; i < patient->n_lesions; i++) {
        size_t in_block = i % RULE_BLOCK_LESIONS, left = patient->n_lesions - i;
        if (in_block == 0) {
            lesion_columns_fill(patient, shared->config, i,
                                left < RULE_BLOCK_LESIONS ? left : RULE_BLOCK_LESIONS, &columns);
        }
        double distance_mm = columns.vessel_distance_mm[in_block];
        shared->lesions[i] = patient->lesions[i];
        shared->vessels[i] = (StrataVessel){distance_mm, INFINITY};
        shared->lesions[i].vessels = &shared->vessels[i];
        shared->lesions[i].n_vessels = isfinite(distance_mm) ? 1 : 0;
        shared->values[i] = shared->is_dose ? columns.davg_gy[in_block] : distance_mm;
    }
    shared->changed = *patient;
    shared->changed.lesions = shared->lesions;
}

/* Doses from a factor of 0, distances from where every one is at or below 0. */
static double lower_end_of(const Shared *shared) {
    double largest = 0.0;
    for (size_t i = 0; i < shared->patient->n_lesions && !shared->is_dose; i++) {
        largest = isfinite(shared->values[i]) ? fmax(largest, shared->values[i]) : largest;
    }
    return -largest;
}

static Status find_shared(Shared *shared, RuleColumnId column, BreakpointList *list, Error *error) {
    size_t n_lesions = shared->patient->n_lesions, n = 0;
    collect_limits(column, shared);
    double *candidates = malloc((n_lesions * (size_t)shared->n_limits + 1) * sizeof *candidates);
    if (candidates == NULL) {
        return error_no_memory(error, "the changes of a patient's doses or distances");
    }
    shared->is_dose = column == RULE_COLUMN_DAVG;
    copy_lesions(shared);
    for (size_t i = 0; i < n_lesions; i++) {
        for (int l = 0; l < shared->n_limits; l++) {
            candidates[n++] = meeting_of(shared, shared->values[i], shared->limits[l]);
        }
    }
    Status status =
        breakpoints_build(lower_end_of(shared), candidates, n, decide_changed, shared, list, error);
    free(candidates);
    return status;
}

Stability stability_read(const BreakpointList *list, double value) {
    Stability found = {NAN, NAN, STABILITY_NONE, STABILITY_NONE};
    int stratum = breakpoints_read(list, value).stratum;
    for (size_t i = 0; i < list->n; i++) {
        const Breakpoint *point = &list->points[i];
        bool is_other_at = point->at.stratum != stratum;
        bool is_other_above = point->above.stratum != stratum;
        double end = i + 1 < list->n ? list->points[i + 1].value : INFINITY;
        if (point->value < value && (is_other_at || is_other_above)) {
            double nearest = is_other_above ? fmin(end, value) : point->value;
            found.lower_change = nearest - value;
            found.lower_stratum = is_other_above ? point->above.stratum : point->at.stratum;
        }
        if (isnan(found.upper_change) &&
            ((point->value > value && is_other_at) || (end > value && is_other_above))) {
            bool is_first_at = point->value > value && is_other_at;
            found.upper_change = fmax(point->value, value) - value;
            found.upper_stratum = is_first_at ? point->at.stratum : point->above.stratum;
        }
    }
    return found;
}

/* From factors of all doses to percent. */
static Stability as_percent(Stability factors) {
    factors.lower_change *= 100.0;
    factors.upper_change *= 100.0;
    return factors;
}

static Status find_settings(const StrataPatient *patient, const StratificationConfig *config,
                            const StrataRules *rules, Stability *stability, Error *error) {
    static const struct {
        StabilityQuantity quantity;
        BreakpointSetting setting;
    } settings[] = {{STABILITY_THRESHOLD, BREAKPOINT_THRESHOLD},
                    {STABILITY_MAX_DIAMETER, BREAKPOINT_MAX_DIAMETER},
                    {STABILITY_VESSEL_DIAMETER, BREAKPOINT_VESSEL_DIAMETER},
                    {STABILITY_MAX_UNDERDOSED, BREAKPOINT_MAX_UNDERDOSED}};
    Status status = STATUS_OK;
    for (size_t s = 0; s < sizeof settings / sizeof *settings && status == STATUS_OK; s++) {
        BreakpointList list;
        status = breakpoints_find(patient, config, rules, settings[s].setting, &list, error);
        if (status == STATUS_OK) {
            double value = breakpoints_setting_value(patient, config, settings[s].setting);
            stability[settings[s].quantity] = stability_read(&list, value);
        }
        breakpoints_free(&list);
    }
    return status;
}

Status stability_find(const StrataPatient *patient, const StratificationConfig *config,
                      const StrataRules *rules, Stability stability[STABILITY_QUANTITY_COUNT],
                      Error *error) {
    size_t n = patient->n_lesions + 1;
    BreakpointList factors = {.points = NULL}, shifts = {.points = NULL};
    Shared shared = {.patient = patient, .config = config, .rules = rules};
    Status status = find_settings(patient, config, rules, stability, error);
    shared.lesions = malloc(n * sizeof *shared.lesions);
    shared.vessels = malloc(n * sizeof *shared.vessels);
    shared.values = malloc(n * sizeof *shared.values);
    if (shared.lesions == NULL || shared.vessels == NULL || shared.values == NULL) {
        status = error_no_memory(error, "copies of a patient's lesions");
    }
    if (status == STATUS_OK) {
        status = find_shared(&shared, RULE_COLUMN_DAVG, &factors, error);
    }
    if (status == STATUS_OK) {
        status = find_shared(&shared, RULE_COLUMN_VESSEL_DISTANCE, &shifts, error);
    }
    if (status == STATUS_OK) {
        stability[STABILITY_CALIBRATION] = as_percent(stability_read(&factors, 1.0));
        stability[STABILITY_VESSEL_DISTANCE] = stability_read(&shifts, 0.0);
    }
    breakpoints_free(&factors);
    breakpoints_free(&shifts);
    free(shared.lesions);
    free(shared.vessels);
    free(shared.values);
    return status;
}

const char *stability_quantity_name(StabilityQuantity quantity) {
    static const char *const names[STABILITY_QUANTITY_COUNT] = {
        [STABILITY_THRESHOLD] = "threshold_gy",
        [STABILITY_CALIBRATION] = "calibration_percent",
        [STABILITY_MAX_DIAMETER] = "ablation_max_diameter_mm",
        [STABILITY_VESSEL_DISTANCE] = "vessel_distance_mm",
        [STABILITY_VESSEL_DIAMETER] = "vessel_min_diameter_mm",
        [STABILITY_MAX_UNDERDOSED] = "max_underdosed",
    };
    return names[quantity];
}
