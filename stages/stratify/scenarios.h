/* The grid of scenarios: a patient's stratum for every combination of dose method, partial volume,
 * calibration, diameter and limits, from the lesion table alone. All other rules stay as
 * configured. */
#ifndef YTTRIA_STRATIFY_SCENARIOS_H
#define YTTRIA_STRATIFY_SCENARIOS_H

#include "stratify/strata.h"

enum { SCENARIOS_MAX = 100000 };

typedef struct Scenario {
    int dose_method;    /* DoseMethod */
    int partial_volume; /* PartialVolume */
    int diameter;       /* DiameterChoice */
    double calibration_percent, threshold_gy, ablation_max_diameter_mm, vessel_min_diameter_mm;
} Scenario;

typedef struct ScenarioOutcome {
    int stratum;
    unsigned n_underdosed;
} ScenarioOutcome;

/* The lesions' doses, borrowed, one value a lesion; NULL where there is no such column. */
typedef struct ScenarioDoses {
    const double *davg_gy[DOSE_METHOD_COUNT];
    const double *recovery;        /* recovery coefficients */
    const double *surroundings_gy; /* mean dose around the lesion, over which RC is the excess */
} ScenarioDoses;

/* How many combinations there are, and that there are at least one and at most SCENARIOS_MAX;
 * STATUS_CONFIG otherwise. */
Status scenarios_count(const ScenarioConfig *config, size_t *count, Error *error);

/* The i-th combination, in the order of dose method, partial volume, calibration, diameter,
 * threshold, size limit, vessel limit; the last changes fastest. */
void scenarios_get(const ScenarioConfig *config, size_t i, Scenario *scenario);

/* Dose of a lesion in a scenario, Gy: Davg D of the method, if recovery is asked for B + (D - B) /
 * RC (B: surroundings), times 1 + calibration / 100. NaN (so stratum 0) if one of them is unknown,
 * or if recovery is asked for of the deconvolved map, which has it already. */
double scenarios_davg_gy(const ScenarioDoses *doses, const Scenario *scenario, size_t lesion);

/* Every combination's outcome; `outcomes` has room for scenarios_count(). `config` gives what no
 * scenario changes. The patient must have passed strata_check. Fails only when out of memory. */
Status scenarios_evaluate(const StrataPatient *patient, const ScenarioDoses *doses,
                          const StratificationConfig *config, const StrataRules *rules,
                          const ScenarioConfig *scenarios, ScenarioOutcome *outcomes, Error *error);

/* Word of the configuration. */
const char *scenarios_partial_volume_name(int partial_volume);
const char *scenarios_diameter_name(int diameter);

#endif
