/* One lesion against the protocol: underdosed? small enough? touching a large vessel?
 *
 * Where the protocol is silent (exact ties, what touching means, which diameter) the
 * configuration decides and the lesion is flagged; a flag says that a value stood at, or near, a
 * limit, not that the outcome would have changed. Reference: NCT02611661; docs/methods.md. */
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

static StrataAnswer answer(bool is_true) {
    return is_true ? STRATA_YES : STRATA_NO;
}

static StrataAnswer is_underdosed(const StrataLesion *lesion, const StratificationConfig *config,
                                  Flags *flags) {
    if (lesion->is_outside_dose) {
        flags_add(flags, "lesion_outside_dose");
        return STRATA_UNKNOWN;
    }
    if (lesion->is_misplaced) {
        flags_add(flags, "registration_failed");
        return STRATA_UNKNOWN;
    }
    if (isnan(lesion->davg_gy)) {
        flags_add(flags, "dose_missing");
        return STRATA_UNKNOWN;
    }
    if (lesion->davg_gy < 0) {
        flags_add(flags, "negative_dose");
    }
    if (lesion->davg_gy == config->threshold_gy) {
        flags_add(flags, "dose_tie");
        return answer(config->dose_tie_is_underdosed);
    }
    return answer(lesion->davg_gy < config->threshold_gy);
}

static StrataAnswer is_below_size_limit(double diameter_mm, const StratificationConfig *config) {
    if (isnan(diameter_mm)) {
        return STRATA_UNKNOWN;
    }
    if (diameter_mm == config->ablation_max_diameter_mm) {
        return answer(config->size_tie_is_amenable);
    }
    return answer(diameter_mm < config->ablation_max_diameter_mm);
}

static StrataAnswer is_small(const StrataLesion *lesion, const StratificationConfig *config,
                             Flags *flags) {
    double diameter_mm = strata_diameter_mm(lesion, config);
    if (diameter_mm == config->ablation_max_diameter_mm) {
        flags_add(flags, "size_tie");
    }
    if (isnan(diameter_mm)) {
        flags_add(flags, "size_unknown");
    }
    StrataAnswer by_3d = is_below_size_limit(lesion->diameter_3d_mm, config);
    StrataAnswer by_axial = is_below_size_limit(lesion->diameter_axial_mm, config);
    if (by_3d != by_axial && by_3d != STRATA_UNKNOWN && by_axial != STRATA_UNKNOWN) {
        flags_add(flags, "diameter_choice");
    }
    return is_below_size_limit(diameter_mm, config);
}

/* The nearest vessel that counts as large, NULL without one. */
static const StrataVessel *nearest_large_vessel(const StrataLesion *lesion,
                                                const StratificationConfig *config, Flags *flags) {
    for (size_t v = 0; v < lesion->n_vessels; v++) {
        const StrataVessel *vessel = &lesion->vessels[v];
        bool is_tie = vessel->diameter_mm == config->vessel_min_diameter_mm;
        if (is_tie) {
            flags_add(flags, "vessel_tie");
        }
        if (vessel->diameter_mm > config->vessel_min_diameter_mm ||
            (is_tie && config->vessel_tie_is_large)) {
            return vessel;
        }
    }
    return NULL;
}

static StrataAnswer is_touching(const StrataPatient *patient, const StrataLesion *lesion,
                                const StratificationConfig *config, StrataVerdict *verdict) {
    verdict->vessel_distance_mm = NAN;
    verdict->vessel_diameter_mm = NAN;
    if (!patient->has_vessels || lesion->has_misplaced_vessels) {
        verdict->vessel_status = STRATA_VESSEL_UNKNOWN;
        if (verdict->is_small != STRATA_NO) {
            flags_add(&verdict->flags, "vessels_unknown");
        }
        return config->unknown_vessels == UNKNOWN_ASSUME_NO ? STRATA_NO : STRATA_UNKNOWN;
    }
    const StrataVessel *vessel = nearest_large_vessel(lesion, config, &verdict->flags);
    if (vessel == NULL) {
        verdict->vessel_status = STRATA_VESSEL_NONE_LARGE;
        return STRATA_NO;
    }
    verdict->vessel_status = STRATA_VESSEL_MEASURED;
    verdict->vessel_distance_mm = vessel->distance_mm;
    verdict->vessel_diameter_mm = vessel->diameter_mm;
    double tolerance_mm = strata_contact_tolerance_mm(patient, config);
    if (fabs(vessel->distance_mm - tolerance_mm) <= patient->voxel_diagonal_mm) {
        flags_add(&verdict->flags, "contact_marginal");
    }
    return answer(vessel->distance_mm <= tolerance_mm);
}

void lesion_verdict(const StrataPatient *patient, const StrataLesion *lesion,
                    const StratificationConfig *config, StrataVerdict *verdict) {
    *verdict = (StrataVerdict){.treatment = STRATA_TREAT_UNKNOWN};
    verdict->is_underdosed = is_underdosed(lesion, config, &verdict->flags);
    verdict->is_small = is_small(lesion, config, &verdict->flags);
    verdict->is_touching = is_touching(patient, lesion, config, verdict);
    if (verdict->is_small == STRATA_NO || verdict->is_touching == STRATA_YES) {
        verdict->is_amenable = STRATA_NO;
    } else if (verdict->is_small == STRATA_YES && verdict->is_touching == STRATA_NO) {
        verdict->is_amenable = STRATA_YES;
    } else {
        verdict->is_amenable = STRATA_UNKNOWN;
    }
}
