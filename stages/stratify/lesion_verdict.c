/* Lesions as the rules see them (lesion_verdict.h). The rules (rule_evaluate.h) say what holds;
 * here is what they start from: which dose is valid, which diameter counts, which vessel is the
 * nearest large one, and the flags of these. A flag says that a value stood at, or near, a limit,
 * not that the outcome would have changed. Reference: NCT02611661; docs/methods.md. */
#include "stratify/lesion_verdict.h"

#include <math.h>

double strata_contact_tolerance_mm(const StrataPatient *patient,
                                   const StratificationConfig *config) {
    return isnan(config->contact_tolerance_mm) ? patient->voxel_diagonal_mm
                                               : config->contact_tolerance_mm;
}

double strata_diameter_mm(const StrataLesion *lesion, const StratificationConfig *config) {
    return config->diameter == DIAMETER_AXIAL ? lesion->diameter_axial_mm : lesion->diameter_3d_mm;
}

static bool has_vessels(const StrataPatient *patient, const StrataLesion *lesion) {
    return patient->has_vessels && !lesion->has_misplaced_vessels;
}

/* Its row in the staircase, n_vessels without one. */
static size_t nearest_large_vessel(const StrataLesion *lesion, const StratificationConfig *config) {
    double limit_mm = config->vessel_min_diameter_mm;
    size_t v = 0;
    while (v < lesion->n_vessels &&
           !(lesion->vessels[v].diameter_mm > limit_mm ||
             (config->vessel_tie_is_large && lesion->vessels[v].diameter_mm == limit_mm))) {
        v++;
    }
    return v;
}

static double vessel_distance_mm(const StrataPatient *patient, const StrataLesion *lesion,
                                 const StratificationConfig *config) {
    if (!has_vessels(patient, lesion)) {
        return NAN;
    }
    size_t v = nearest_large_vessel(lesion, config);
    return v < lesion->n_vessels ? lesion->vessels[v].distance_mm : INFINITY;
}

void lesion_columns_fill(const StrataPatient *patient, const StratificationConfig *config,
                         size_t first, size_t n, LesionColumns *columns) {
    for (size_t i = 0; i < n; i++) {
        const StrataLesion *lesion = &patient->lesions[first + i];
        bool has_dose = !lesion->is_outside_dose && !lesion->is_misplaced;
        columns->davg_gy[i] = has_dose ? lesion->davg_gy : NAN;
        columns->diameter_mm[i] = strata_diameter_mm(lesion, config);
        columns->diameter_3d_mm[i] = lesion->diameter_3d_mm;
        columns->diameter_axial_mm[i] = lesion->diameter_axial_mm;
        columns->vessel_distance_mm[i] = vessel_distance_mm(patient, lesion, config);
    }
}

void lesion_columns_lend(const LesionColumns *columns, RuleFacts *facts) {
    facts->numbers[RULE_COLUMN_DAVG] = columns->davg_gy;
    facts->numbers[RULE_COLUMN_DIAMETER] = columns->diameter_mm;
    facts->numbers[RULE_COLUMN_DIAMETER_3D] = columns->diameter_3d_mm;
    facts->numbers[RULE_COLUMN_DIAMETER_AXIAL] = columns->diameter_axial_mm;
    facts->numbers[RULE_COLUMN_VESSEL_DISTANCE] = columns->vessel_distance_mm;
}

static void flag_dose(const StrataLesion *lesion, Flags *flags) {
    if (lesion->is_outside_dose) {
        flags_add(flags, "lesion_outside_dose");
    } else if (lesion->is_misplaced) {
        flags_add(flags, "registration_failed");
    } else if (isnan(lesion->davg_gy)) {
        flags_add(flags, "dose_missing");
    } else if (lesion->davg_gy < 0) {
        flags_add(flags, "negative_dose");
    }
}

/* The vessel that counts, and the flags of it and of those nearer than it. */
static void find_vessel(const StrataPatient *patient, const StrataLesion *lesion,
                        const StratificationConfig *config, StrataVerdict *verdict) {
    verdict->vessel_distance_mm = NAN;
    verdict->vessel_diameter_mm = NAN;
    verdict->vessel_status = STRATA_VESSEL_UNKNOWN;
    if (!has_vessels(patient, lesion)) {
        return;
    }
    size_t large = nearest_large_vessel(lesion, config);
    for (size_t v = 0; v <= large && v < lesion->n_vessels; v++) {
        if (lesion->vessels[v].diameter_mm == config->vessel_min_diameter_mm) {
            flags_add(&verdict->flags, "vessel_tie");
        }
    }
    verdict->vessel_status = STRATA_VESSEL_NONE_LARGE;
    if (large == lesion->n_vessels) {
        return;
    }
    const StrataVessel *vessel = &lesion->vessels[large];
    verdict->vessel_status = STRATA_VESSEL_MEASURED;
    verdict->vessel_distance_mm = vessel->distance_mm;
    verdict->vessel_diameter_mm = vessel->diameter_mm;
    double beyond_mm = vessel->distance_mm - strata_contact_tolerance_mm(patient, config);
    if (fabs(beyond_mm) <= patient->voxel_diagonal_mm) {
        flags_add(&verdict->flags, "contact_marginal");
    }
}

/* Flags of the criteria that have a part in the decision, then of those that only raise one. */
static void flag_criteria(const StrataRules *rules, const RuleFacts *facts, const RuleBlock *block,
                          size_t i, Flags *flags) {
    rule_evaluate_flags(&rules->set, facts, block, rules->underdosed, i, i, true, flags);
    rule_evaluate_flags(&rules->set, facts, block, rules->amenable, i, i, true, flags);
    for (int n = 0; n < rules->set.n_nodes; n++) {
        const RuleNode *node = &rules->set.nodes[n];
        if (node->scope == RULE_LESION && node->flag[0] != '\0' &&
            rule_evaluate_answer(block, n, i) == RULE_YES) {
            flags_add(flags, node->flag);
        }
    }
}

void lesion_verdict(const StrataPatient *patient, const StratificationConfig *config,
                    const StrataRules *rules, const RuleFacts *facts, const RuleBlock *block,
                    const StrataLesion *lesion, size_t i, StrataVerdict *verdict) {
    *verdict = (StrataVerdict){.treatment = STRATA_TREAT_UNKNOWN};
    verdict->is_underdosed = (StrataAnswer)rule_evaluate_answer(block, rules->underdosed, i);
    verdict->is_small = (StrataAnswer)rule_evaluate_answer(block, rules->small, i);
    verdict->is_touching = (StrataAnswer)rule_evaluate_answer(block, rules->touching, i);
    verdict->is_amenable = (StrataAnswer)rule_evaluate_answer(block, rules->amenable, i);
    flag_dose(lesion, &verdict->flags);
    flag_criteria(rules, facts, block, i, &verdict->flags);
    find_vessel(patient, lesion, config, verdict);
}
