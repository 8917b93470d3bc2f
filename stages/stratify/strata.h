/* The protocol's decision: from a patient's lesions to a stratum, every outcome by a named rule.
 *
 * Pure: numbers in, numbers out; no file, no text for humans (reason.h makes that). The rules are
 * those of a rule set (configs/rules/protocol.yaml, docs/rules.md) and of the configuration.
 * Protocol: NCT02611661, PET/MRI-directed adaptive locoregional therapy after 90Y
 * radioembolization: underdosed is Davg < 30 Gy; none underdosed: 1; one to four, all amenable to
 * ablation (< 3 cm, not touching vasculature > 4 mm): 2; none amenable: 3; mixed: 4; more than
 * four, or disease progression: 5. Not evaluable: 0. */
#ifndef YTTRIA_STRATIFY_STRATA_H
#define YTTRIA_STRATIFY_STRATA_H

#include <stdbool.h>
#include <stddef.h>

#include "core/config.h"
#include "core/flags.h"
#include "stratify/strata_rules.h"

/* A RuleAnswer, value for value. */
typedef enum StrataAnswer {
    STRATA_NO = RULE_NO,
    STRATA_YES = RULE_YES,
    STRATA_UNKNOWN = RULE_UNKNOWN
} StrataAnswer;

typedef enum StrataTreatment {
    STRATA_TREAT_NONE,
    STRATA_TREAT_ABLATION,
    STRATA_TREAT_SBRT,
    STRATA_TREAT_UNKNOWN
} StrataTreatment;

typedef enum StrataVesselStatus {
    STRATA_VESSEL_MEASURED,   /* there is a vessel wider than the limit */
    STRATA_VESSEL_NONE_LARGE, /* vessels are segmented, none is wider than the limit */
    STRATA_VESSEL_UNKNOWN     /* vessels are not segmented */
} StrataVesselStatus;

/* Why a stratum is what it is; several may hold at once. */
enum {
    STRATA_BECAUSE_NO_LESION = 1u << 0,
    STRATA_BECAUSE_DELAY_UNKNOWN = 1u << 1,
    STRATA_BECAUSE_LATE = 1u << 2,
    STRATA_BECAUSE_DOSE_MISSING = 1u << 3, /* outside the dose map, misplaced, or no Davg */
    STRATA_BECAUSE_PROGRESSION = 1u << 4,
    STRATA_BECAUSE_COUNT = 1u << 5,
    STRATA_BECAUSE_PROGRESSION_UNKNOWN = 1u << 6,
    STRATA_BECAUSE_AMENABILITY_UNKNOWN = 1u << 7,
    STRATA_BECAUSE_RULE = 1u << 8,    /* another outcome of stratum 0 holds */
    STRATA_BECAUSE_UNKNOWN = 1u << 9, /* another criterion is unknown */
    /* The study does not allow the decision, whatever else is known. */
    STRATA_BECAUSE_IMAGING = STRATA_BECAUSE_NO_LESION | STRATA_BECAUSE_DELAY_UNKNOWN |
                             STRATA_BECAUSE_LATE | STRATA_BECAUSE_DOSE_MISSING | STRATA_BECAUSE_RULE
};

/* One row of a lesion's vessel staircase (segment.h5, /vessel_profile): nearest first, each
 * thicker than all before it. */
typedef struct StrataVessel {
    double distance_mm; /* surface to surface, 0 in contact */
    double diameter_mm;
} StrataVessel;

typedef struct StrataLesion {
    const char *name;
    double davg_gy;                           /* NaN if there is no dose */
    double diameter_3d_mm, diameter_axial_mm; /* NaN if not measured */
    bool is_outside_dose;                     /* the dose map covers too little of it */
    bool is_misplaced;                        /* its registration to the dose map failed */
    bool has_misplaced_vessels;               /* their registration to it failed: unknown */
    const StrataVessel *vessels;              /* borrowed; may be NULL if there are none */
    size_t n_vessels;
} StrataLesion;

typedef struct StrataPatient {
    const StrataLesion *lesions; /* borrowed */
    size_t n_lesions;
    StrataAnswer progression;
    double imaging_delay_h;   /* administration to PET; NaN if unknown */
    double voxel_diagonal_mm; /* of the segmentation grid */
    bool has_vessels;         /* vessels are segmented */
} StrataPatient;

/* What was found about one lesion. */
typedef struct StrataVerdict {
    StrataAnswer is_underdosed;
    StrataAnswer is_small;    /* below the size limit for ablation */
    StrataAnswer is_touching; /* a vessel wider than the limit is within the tolerance */
    StrataAnswer is_amenable; /* to ablation: small and not touching */
    StrataVesselStatus vessel_status;
    double vessel_distance_mm, vessel_diameter_mm; /* nearest large vessel; NaN without one */
    StrataTreatment treatment;
    Flags flags; /* dose_tie size_tie vessel_tie contact_marginal diameter_choice
                    vessels_unknown size_unknown lesion_outside_dose
                    registration_failed dose_missing negative_dose */
} StrataVerdict;

typedef struct StrataDecision {
    int stratum;         /* 0 not evaluable, 1 to 5 */
    int stratum_by_dose; /* what it would be with valid imaging and without progression */
    int outcome_by_dose; /* of the rule set, that gives it; RULE_NONE without one */
    RuleDecision by_rules;
    unsigned because;    /* STRATA_BECAUSE_... */
    size_t n_underdosed; /* lesions whose dose is known and too low */
    double min_davg_gy;  /* over lesions whose dose is known; NaN if there are none */
    Flags flags;         /* of the rules that acted on this patient */
} StrataDecision;

/* Refuses what no patient can have: a negative or infinite dose, diameter, distance or delay, or
 * a voxel diagonal that is not positive. STATUS_BAD_DATA naming lesion and value. */
Status strata_check(const StrataPatient *patient, Error *error);

/* Decides by the outcomes of `rules`, in their order (protocol.yaml: imaging that does not allow a
 * decision gives 0 whatever else is known; more than `max_underdosed`, then progression: 5; then by
 * amenability; 0 where something unknown could change the stratum). `verdicts` has room for
 * n_lesions. The patient must have passed strata_check. A patient gets a flag where its rule acted:
 * dose_tie and what is wrong with a dose from any lesion; those about size and vessels only from
 * underdosed lesions and only if amenability was asked for. */
void strata_decide(const StrataPatient *patient, const StratificationConfig *config,
                   const StrataRules *rules, StrataVerdict *verdicts, StrataDecision *decision);

/* The stratum alone, and the number of underdosed lesions (NULL: not wanted), for those who ask a
 * million times: no verdicts, no flags, no allocation. */
int strata_stratum(const StrataPatient *patient, const StratificationConfig *config,
                   const StrataRules *rules, size_t *n_underdosed);

/* The contact tolerance in effect, mm: as configured, else one voxel diagonal. */
double strata_contact_tolerance_mm(const StrataPatient *patient,
                                   const StratificationConfig *config);

/* The diameter that counts, mm: as configured. */
double strata_diameter_mm(const StrataLesion *lesion, const StratificationConfig *config);

#endif
