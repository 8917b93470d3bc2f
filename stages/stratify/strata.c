/* The protocol's decision (strata.h): lesions are judged by lesion_verdict.c, here they are
 * counted and the rules applied in their order. Reference: NCT02611661; docs/methods.md. */
#include "stratify/strata.h"

#include <math.h>

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

static unsigned imaging_causes(const StrataPatient *patient, const StratificationConfig *config,
                               const StrataVerdict *verdicts) {
    unsigned because = patient->n_lesions == 0 ? STRATA_BECAUSE_NO_LESION : 0u;
    if (isnan(patient->imaging_delay_h)) {
        because |= STRATA_BECAUSE_DELAY_UNKNOWN;
    } else if (patient->imaging_delay_h > config->max_imaging_delay_h &&
               !config->allow_late_imaging) {
        because |= STRATA_BECAUSE_LATE;
    }
    for (size_t i = 0; i < patient->n_lesions; i++) {
        if (verdicts[i].is_underdosed == STRATA_UNKNOWN) {
            because |= STRATA_BECAUSE_DOSE_MISSING;
        }
    }
    return because;
}

static void count_underdosed(const StrataPatient *patient, const StrataVerdict *verdicts,
                             StrataDecision *decision) {
    decision->n_underdosed = 0;
    decision->min_davg_gy = NAN;
    for (size_t i = 0; i < patient->n_lesions; i++) {
        if (verdicts[i].is_underdosed != STRATA_UNKNOWN) {
            /* fmin passes over NaN. */
            decision->min_davg_gy = fmin(decision->min_davg_gy, patient->lesions[i].davg_gy);
        }
        decision->n_underdosed += verdicts[i].is_underdosed == STRATA_YES;
    }
}

/* Stratum by doses, sizes and vessels alone; adds its causes. */
static int stratum_by_dose(const StrataPatient *patient, const StratificationConfig *config,
                           const StrataVerdict *verdicts, StrataDecision *decision) {
    if (decision->n_underdosed == 0) {
        return 1;
    }
    if ((double)decision->n_underdosed > config->max_underdosed) {
        decision->because |= STRATA_BECAUSE_COUNT;
        return 5;
    }
    size_t n_of[3] = {0, 0, 0};
    for (size_t i = 0; i < patient->n_lesions; i++) {
        if (verdicts[i].is_underdosed == STRATA_YES) {
            n_of[verdicts[i].is_amenable]++;
        }
    }
    if (n_of[STRATA_YES] > 0 && n_of[STRATA_NO] > 0) {
        return 4; /* whatever an unknown one turns out to be */
    }
    if (n_of[STRATA_UNKNOWN] > 0) {
        decision->because |= STRATA_BECAUSE_AMENABILITY_UNKNOWN;
        return 0;
    }
    return n_of[STRATA_NO] == 0 ? 2 : 3;
}

/* Rules 2 to 5, with valid imaging. */
static int stratum_with_progression(const StrataPatient *patient,
                                    const StratificationConfig *config, StrataDecision *decision) {
    if (patient->progression == STRATA_YES) {
        decision->because |= STRATA_BECAUSE_PROGRESSION;
        decision->because &= ~(unsigned)STRATA_BECAUSE_AMENABILITY_UNKNOWN;
        return 5;
    }
    if (decision->stratum_by_dose == 5) {
        return 5;
    }
    if (patient->progression == STRATA_UNKNOWN) {
        flags_add(&decision->flags, "progression_unknown");
        if (config->unknown_progression == UNKNOWN_NOT_EVALUABLE) {
            decision->because |= STRATA_BECAUSE_PROGRESSION_UNKNOWN;
            return 0;
        }
    }
    return decision->stratum_by_dose;
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

/* See strata_decide for which of the lesions' flags become the patient's. */
static void collect_flags(const StrataPatient *patient, const StratificationConfig *config,
                          const StrataVerdict *verdicts, StrataDecision *decision) {
    if (patient->imaging_delay_h > config->max_imaging_delay_h) {
        flags_add(&decision->flags, "late_imaging");
    }
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
                   StrataVerdict *verdicts, StrataDecision *decision) {
    *decision = (StrataDecision){.stratum = 0};
    for (size_t i = 0; i < patient->n_lesions; i++) {
        lesion_verdict(patient, &patient->lesions[i], config, &verdicts[i]);
    }
    count_underdosed(patient, verdicts, decision);
    unsigned imaging = imaging_causes(patient, config, verdicts);
    if (imaging != 0) {
        decision->because = imaging;
    } else {
        decision->stratum_by_dose = stratum_by_dose(patient, config, verdicts, decision);
        decision->stratum = stratum_with_progression(patient, config, decision);
    }
    for (size_t i = 0; i < patient->n_lesions; i++) {
        verdicts[i].treatment = propose_treatment(&verdicts[i], decision);
    }
    collect_flags(patient, config, verdicts, decision);
}
