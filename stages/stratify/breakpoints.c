/* The stratum along one setting (breakpoints.h). What a setting is compared with is asked of the
 * rule set's nodes; only the vessel limit acts before the rules, on the staircases of vessels. */
#include "stratify/breakpoints.h"

#include <math.h>
#include <stdlib.h>

#include "stratify/lesion_verdict.h"

static int compare_numbers(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Keeps what can be a point, in ascending order, each value once. */
static size_t sort_candidates(double lower_end, double *values, size_t n) {
    size_t n_valid = 0, n_distinct = 0;
    for (size_t i = 0; i < n; i++) {
        if (isfinite(values[i]) && values[i] > lower_end) {
            values[n_valid++] = values[i];
        }
    }
    qsort(values, n_valid, sizeof *values, compare_numbers);
    for (size_t i = 0; i < n_valid; i++) {
        if (n_distinct == 0 || values[i] > values[n_distinct - 1]) {
            values[n_distinct++] = values[i];
        }
    }
    return n_distinct;
}

static bool is_same(BreakpointState a, BreakpointState b) {
    return a.stratum == b.stratum && a.n_underdosed == b.n_underdosed;
}

Status breakpoints_build(double lower_end, double *candidates, size_t n_candidates,
                         BreakpointDecide decide, const void *context, BreakpointList *list,
                         Error *error) {
    size_t n = sort_candidates(lower_end, candidates, n_candidates);
    list->n = 0;
    list->points = malloc((n + 1) * sizeof *list->points);
    if (list->points == NULL) {
        return error_no_memory(error, "the breakpoints of a patient");
    }
    for (size_t c = 0; c <= n; c++) {
        double value = c == 0 ? lower_end : candidates[c - 1];
        Breakpoint point = {value, decide(context, value),
                            decide(context, nextafter(value, INFINITY))};
        const Breakpoint *last = list->n > 0 ? &list->points[list->n - 1] : NULL;
        if (last == NULL || !is_same(point.at, last->above) || !is_same(point.above, last->above)) {
            list->points[list->n++] = point;
        }
    }
    return STATUS_OK;
}

void breakpoints_free(BreakpointList *list) {
    free(list->points);
    *list = (BreakpointList){.points = NULL};
}

BreakpointState breakpoints_read(const BreakpointList *list, double value) {
    size_t first = 0, beyond = list->n; /* points[first].value <= value < points[beyond].value */
    while (beyond - first > 1) {
        size_t middle = first + (beyond - first) / 2;
        if (list->points[middle].value <= value) {
            first = middle;
        } else {
            beyond = middle;
        }
    }
    const Breakpoint *point = &list->points[first];
    return value > point->value ? point->above : point->at;
}

bool breakpoints_changes_stratum(const BreakpointList *list, size_t i) {
    int below = i > 0 ? list->points[i - 1].above.stratum : -1;
    return list->points[i].at.stratum != below || list->points[i].above.stratum != below;
}

const char *breakpoints_setting_name(BreakpointSetting setting) {
    static const char *const names[BREAKPOINT_SETTING_COUNT] = {
        [BREAKPOINT_THRESHOLD] = "threshold_gy",
        [BREAKPOINT_MAX_DIAMETER] = "ablation_max_diameter_mm",
        [BREAKPOINT_VESSEL_DIAMETER] = "vessel_min_diameter_mm",
        [BREAKPOINT_CONTACT_TOLERANCE] = "contact_tolerance_mm",
        [BREAKPOINT_MAX_UNDERDOSED] = "max_underdosed",
    };
    return names[setting];
}

static double *setting_of(StratificationConfig *config, BreakpointSetting setting) {
    switch (setting) {
    case BREAKPOINT_THRESHOLD:
        return &config->threshold_gy;
    case BREAKPOINT_MAX_DIAMETER:
        return &config->ablation_max_diameter_mm;
    case BREAKPOINT_VESSEL_DIAMETER:
        return &config->vessel_min_diameter_mm;
    case BREAKPOINT_CONTACT_TOLERANCE:
        return &config->contact_tolerance_mm;
    default:
        return &config->max_underdosed;
    }
}

double breakpoints_setting_value(const StrataPatient *patient, const StratificationConfig *config,
                                 BreakpointSetting setting) {
    StratificationConfig copy = *config;
    return setting == BREAKPOINT_CONTACT_TOLERANCE ? strata_contact_tolerance_mm(patient, config)
                                                   : *setting_of(&copy, setting);
}

/* The setting as rule sets know it; RULE_NONE for the vessel limit. */
static int rule_setting_of(BreakpointSetting setting) {
    static const int ids[BREAKPOINT_SETTING_COUNT] = {
        [BREAKPOINT_THRESHOLD] = RULE_SETTING_THRESHOLD,
        [BREAKPOINT_MAX_DIAMETER] = RULE_SETTING_MAX_DIAMETER,
        [BREAKPOINT_VESSEL_DIAMETER] = RULE_NONE,
        [BREAKPOINT_CONTACT_TOLERANCE] = RULE_SETTING_CONTACT_TOLERANCE,
        [BREAKPOINT_MAX_UNDERDOSED] = RULE_SETTING_MAX_UNDERDOSED,
    };
    return ids[setting];
}

/* What one node compares with its limit. */
static size_t add_compared(const StrataPatient *patient, const StratificationConfig *config,
                           const RuleNode *node, double *values) {
    LesionColumns columns;
    RuleFacts facts = {.n_lesions = patient->n_lesions};
    size_t n = 0;
    if (node->kind == RULE_COUNT_BELOW || node->kind == RULE_COUNT_ABOVE) {
        for (size_t count = 0; count <= patient->n_lesions; count++) {
            values[n++] = (double)count;
        }
        return n;
    }
    if (node->scope == RULE_PATIENT) {
        values[0] = node->column == RULE_COLUMN_N_LESIONS ? (double)patient->n_lesions
                                                          : patient->imaging_delay_h;
        return 1;
    }
    while (n < patient->n_lesions) {
        size_t left = patient->n_lesions - n;
        size_t n_block = left < RULE_BLOCK_LESIONS ? left : RULE_BLOCK_LESIONS;
        lesion_columns_fill(patient, config, n, n_block, &columns);
        lesion_columns_lend(&columns, &facts);
        for (size_t i = 0; i < n_block; i++) {
            values[n++] = facts.numbers[node->column][i];
        }
    }
    return n;
}

/* Every value that the setting is compared with, and how many there are. */
static size_t collect_candidates(const StrataPatient *patient, const StratificationConfig *config,
                                 const StrataRules *rules, BreakpointSetting setting,
                                 double *values) {
    size_t n = 0;
    int id = rule_setting_of(setting);
    for (size_t i = 0; i < patient->n_lesions && id == RULE_NONE; i++) {
        for (size_t v = 0; v < patient->lesions[i].n_vessels; v++) {
            values[n++] = patient->lesions[i].vessels[v].diameter_mm;
        }
    }
    for (int k = 0; k < rules->set.n_nodes && id != RULE_NONE; k++) {
        if (rules->set.nodes[k].limit_setting == id && !rules->set.nodes[k].is_for_flags) {
            n += add_compared(patient, config, &rules->set.nodes[k], values + n);
        }
    }
    return n;
}

static size_t count_room(const StrataPatient *patient, const StrataRules *rules) {
    size_t n_vessels = 0;
    for (size_t i = 0; i < patient->n_lesions; i++) {
        n_vessels += patient->lesions[i].n_vessels;
    }
    return n_vessels + (size_t)rules->set.n_nodes * (patient->n_lesions + 1) + 1;
}

typedef struct SettingContext {
    const StrataPatient *patient;
    const StratificationConfig *config;
    const StrataRules *rules;
    BreakpointSetting setting;
} SettingContext;

static BreakpointState decide_at(const void *context, double value) {
    const SettingContext *of = context;
    StratificationConfig at = *of->config;
    BreakpointState state;
    *setting_of(&at, of->setting) = value;
    state.stratum = strata_stratum(of->patient, &at, of->rules, &state.n_underdosed);
    return state;
}

Status breakpoints_find(const StrataPatient *patient, const StratificationConfig *config,
                        const StrataRules *rules, BreakpointSetting setting, BreakpointList *list,
                        Error *error) {
    const SettingContext context = {patient, config, rules, setting};
    *list = (BreakpointList){.points = NULL};
    double *values = malloc(count_room(patient, rules) * sizeof *values);
    if (values == NULL) {
        return error_no_memory(error, "the values that a setting is compared with");
    }
    size_t n = collect_candidates(patient, config, rules, setting, values);
    Status status = breakpoints_build(0.0, values, n, decide_at, &context, list, error);
    free(values);
    return status;
}
