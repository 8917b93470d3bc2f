/* The protocol's decision (strata.h): facts are laid out for the evaluator (rule_evaluate.h), its
 * answers become verdicts, causes, treatments and flags. Reference: NCT02611661; docs/methods.md.
 */
#include "stratify/strata.h"

#include <math.h>
#include <string.h>

#include "stratify/lesion_verdict.h"

static Status check_amount(const char *of, const char *what, double value, const char *unit,
                           Error *error) {
    if (isinf(value) || value < 0.0) {
        return error_set(error, STATUS_BAD_DATA,
                         "%s: %s is %g %s; it must be a finite number that is not negative "
                         "(missing if unknown); check segment's output",
                         of, what, value, unit);
    }
    return STATUS_OK;
}

static Status check_lesion(const StrataLesion *lesion, Error *error) {
    const char *name = lesion->name;
    /* A little below zero is legal: negative voxels are, where there is no activity. */
    Status status = isinf(lesion->davg_gy)
                        ? check_amount(name, "Davg", lesion->davg_gy, "Gy", error)
                        : STATUS_OK;
    if (status == STATUS_OK) {
        status = check_amount(name, "3-D diameter", lesion->diameter_3d_mm, "mm", error);
    }
    if (status == STATUS_OK) {
        status = check_amount(name, "axial diameter", lesion->diameter_axial_mm, "mm", error);
    }
    for (size_t v = 0; v < lesion->n_vessels && status == STATUS_OK; v++) {
        const StrataVessel *vessel = &lesion->vessels[v];
        status = check_amount(name, "vessel distance", vessel->distance_mm, "mm", error);
        if (status == STATUS_OK) {
            status = check_amount(name, "vessel diameter", vessel->diameter_mm, "mm", error);
        }
        if (status == STATUS_OK && (isnan(vessel->distance_mm) || isnan(vessel->diameter_mm))) {
            status = error_set(error, STATUS_BAD_DATA,
                               "%s: row %zu of its vessel profile has a missing distance or "
                               "diameter; check segment's output",
                               name, v + 1);
        }
    }
    return status;
}

Status strata_check(const StrataPatient *patient, Error *error) {
    Status status =
        check_amount("the patient", "imaging delay", patient->imaging_delay_h, "h", error);
    if (status == STATUS_OK &&
        !(patient->voxel_diagonal_mm > 0.0 && isfinite(patient->voxel_diagonal_mm))) {
        status = error_set(error, STATUS_BAD_DATA,
                           "the voxel diagonal is %g mm; it must be a finite positive number",
                           patient->voxel_diagonal_mm);
    }
    for (size_t i = 0; i < patient->n_lesions && status == STATUS_OK; i++) {
        status = check_lesion(&patient->lesions[i], error);
    }
    return status;
}

/* The patient's own facts; the lesions' columns are lent block by block. */
typedef struct Facts {
    RuleFacts rules;
    LesionColumns columns;
    double n_lesions;
    const char *progression;
} Facts;

static void fill_facts(const StrataPatient *patient, const StratificationConfig *config,
                       Facts *facts) {
    static const char *const words[] = {"no", "yes", "unknown"}; /* as RuleAnswer */
    memset(&facts->rules, 0, sizeof facts->rules);
    facts->n_lesions = (double)patient->n_lesions;
    facts->progression = words[patient->progression];
    facts->rules.n_lesions = patient->n_lesions;
    facts->rules.numbers[RULE_COLUMN_N_LESIONS] = &facts->n_lesions;
    facts->rules.numbers[RULE_COLUMN_IMAGING_DELAY] = &patient->imaging_delay_h;
    facts->rules.texts[RULE_COLUMN_PROGRESSION] = &facts->progression;
    lesion_columns_lend(&facts->columns, &facts->rules);
    strata_rules_settings(config, strata_contact_tolerance_mm(patient, config),
                          facts->rules.settings);
}

/* All lesions, a block at a time; `verdicts` may be NULL. The number underdosed. */
static size_t judge_lesions(const StrataPatient *patient, const StratificationConfig *config,
                            const StrataRules *rules, Facts *facts, RuleTally *tally,
                            StrataVerdict *verdicts) {
    RuleBlock block;
    size_t n_underdosed = 0;
    rule_evaluate_start(&rules->set, tally);
    for (size_t first = 0; first < patient->n_lesions; first += RULE_BLOCK_LESIONS) {
        size_t left = patient->n_lesions - first;
        size_t n = left < RULE_BLOCK_LESIONS ? left : RULE_BLOCK_LESIONS;
        lesion_columns_fill(patient, config, first, n, &facts->columns);
        rule_evaluate_lesions(&rules->set, &facts->rules, 0, n, verdicts != NULL, &block);
        rule_evaluate_add(&rules->set, &block, n, tally);
        n_underdosed += (size_t)__builtin_popcountll(block.yes[rules->underdosed]);
        for (size_t i = 0; i < n && verdicts != NULL; i++) {
            lesion_verdict(patient, config, rules, &facts->rules, &block,
                           &patient->lesions[first + i], i, &verdicts[first + i]);
        }
    }
    return n_underdosed;
}

int strata_stratum(const StrataPatient *patient, const StratificationConfig *config,
                   const StrataRules *rules, size_t *n_underdosed) {
    Facts facts;
    RuleTally tally;
    RuleBlock block;
    fill_facts(patient, config, &facts);
    size_t n = judge_lesions(patient, config, rules, &facts, &tally, NULL);
    if (n_underdosed != NULL) {
        *n_underdosed = n;
    }
    rule_evaluate_patient(&rules->set, &facts.rules, &tally, false, &block);
    return rule_evaluate_decide(&rules->set, &block).stratum;
}

/* Causes of the outcomes that decided, or of those that are unknown. */
static unsigned causes_of(const StrataRules *rules, const RuleDecision *decision) {
    unsigned because = 0;
    for (int o = 0; o < rules->set.n_outcomes; o++) {
        if ((decision->holding >> o & 1u) != 0) {
            because |= rules->because_holding[o];
        }
        if (decision->is_open && (decision->unknown >> o & 1u) != 0) {
            because |= rules->because_unknown[o];
        }
    }
    return because;
}

/* What the rules would say if there were no progression. */
static void decide_by_dose(const StrataRules *rules, const Facts *facts, const RuleTally *tally,
                           StrataDecision *decision) {
    static const char *const no = "no";
    RuleFacts without = facts->rules;
    RuleBlock block;
    without.texts[RULE_COLUMN_PROGRESSION] = &no;
    rule_evaluate_patient(&rules->set, &without, tally, false, &block);
    RuleDecision by_dose = rule_evaluate_decide(&rules->set, &block);
    decision->stratum_by_dose = by_dose.stratum;
    decision->outcome_by_dose = by_dose.is_open ? RULE_NONE : by_dose.n_reached - 1;
}

/* Lowest dose of the lesions whose dose is known. */
static double lowest_dose_gy(const StrataPatient *patient, const StrataVerdict *verdicts) {
    double lowest_gy = NAN;
    for (size_t i = 0; i < patient->n_lesions; i++) {
        if (verdicts[i].is_underdosed != STRATA_UNKNOWN) {
            lowest_gy = fmin(lowest_gy, patient->lesions[i].davg_gy); /* passes over NaN */
        }
    }
    return lowest_gy;
}

static StrataTreatment propose_treatment(const StrataVerdict *verdict,
                                         const StrataDecision *decision) {
    if ((decision->because & STRATA_BECAUSE_IMAGING) != 0) {
        return STRATA_TREAT_UNKNOWN;
    }
    if (decision->stratum == 5 || verdict->is_underdosed != STRATA_YES) {
        return STRATA_TREAT_NONE; /* systemic therapy is the patient's, not a lesion's */
    }
    if ((decision->because & STRATA_BECAUSE_PROGRESSION_UNKNOWN) != 0) {
        return STRATA_TREAT_UNKNOWN;
    }
    switch (verdict->is_amenable) {
    case STRATA_YES:
        return STRATA_TREAT_ABLATION;
    case STRATA_NO:
        return STRATA_TREAT_SBRT;
    default:
        return STRATA_TREAT_UNKNOWN;
    }
}

/* Flags of the patient's criteria that were asked. What was unknown matters only where the outcomes
 * were still being gone through. */
static void collect_patient_flags(const StrataRules *rules, const RuleFacts *facts,
                                  const RuleBlock *block, StrataDecision *decision) {
    for (int o = 0; o < decision->by_rules.n_asked; o++) {
        int when = rules->set.outcomes[o].when;
        if (when != RULE_NONE) {
            rule_evaluate_flags(&rules->set, facts, block, when, 0, 0,
                                o < decision->by_rules.n_reached, &decision->flags);
        }
    }
}

/* See strata_decide for which of the lesions' flags become the patient's. */
static void collect_lesion_flags(const StrataPatient *patient, const StrataVerdict *verdicts,
                                 StrataDecision *decision) {
    bool is_amenability_asked =
        (decision->because & STRATA_BECAUSE_IMAGING) == 0 && decision->stratum != 5;
    static const char *const of_dose[] = {"dose_tie", "negative_dose", "lesion_outside_dose",
                                          "registration_failed", "dose_missing"};
    for (size_t i = 0; i < patient->n_lesions; i++) {
        const StrataVerdict *verdict = &verdicts[i];
        if (is_amenability_asked && verdict->is_underdosed == STRATA_YES) {
            flags_add(&decision->flags, verdict->flags.text);
            continue;
        }
        for (size_t f = 0; f < sizeof of_dose / sizeof *of_dose; f++) {
            if (flags_has(&verdict->flags, of_dose[f])) {
                flags_add(&decision->flags, of_dose[f]);
            }
        }
    }
}

void strata_decide(const StrataPatient *patient, const StratificationConfig *config,
                   const StrataRules *rules, StrataVerdict *verdicts, StrataDecision *decision) {
    Facts facts;
    RuleTally tally;
    RuleBlock block;
    *decision = (StrataDecision){.outcome_by_dose = RULE_NONE};
    fill_facts(patient, config, &facts);
    decision->n_underdosed = judge_lesions(patient, config, rules, &facts, &tally, verdicts);
    decision->min_davg_gy = lowest_dose_gy(patient, verdicts);
    rule_evaluate_patient(&rules->set, &facts.rules, &tally, true, &block);
    decision->by_rules = rule_evaluate_decide(&rules->set, &block);
    decision->stratum = decision->by_rules.stratum;
    decision->because = causes_of(rules, &decision->by_rules);
    if ((decision->because & STRATA_BECAUSE_IMAGING) == 0) {
        decide_by_dose(rules, &facts, &tally, decision);
    }
    for (size_t i = 0; i < patient->n_lesions; i++) {
        verdicts[i].treatment = propose_treatment(&verdicts[i], decision);
    }
    collect_patient_flags(rules, &facts.rules, &block, decision);
    collect_lesion_flags(patient, verdicts, decision);
}
