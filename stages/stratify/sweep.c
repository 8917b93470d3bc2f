/* The stratum at every dose threshold (sweep.h), by deciding again: a decision is a pass over the
 * lesion table, so thousands cost less than reading the file. */
#include "stratify/sweep.h"

#include <math.h>

/* A step that does not divide the range exactly in binary (0.1) must still reach its end. */
static const double ROUNDING = 1e-9;

size_t sweep_count(const SweepConfig *sweep) {
    double steps = (sweep->to_gy - sweep->from_gy) / sweep->step_gy;
    if (!(sweep->step_gy > 0.0) || !(steps >= 0.0) || !(steps < SWEEP_MAX_THRESHOLDS)) {
        return 0;
    }
    return (size_t)floor(steps + ROUNDING) + 1;
}

double sweep_threshold_gy(const SweepConfig *sweep, size_t i) {
    return sweep->from_gy + (double)i * sweep->step_gy;
}

void sweep_strata(const StrataPatient *patient, const StratificationConfig *config,
                  const StrataRules *rules, const SweepConfig *sweep, SweepPoint *points) {
    size_t n_points = sweep_count(sweep);
    StratificationConfig at = *config;
    for (size_t i = 0; i < n_points; i++) {
        at.threshold_gy = sweep_threshold_gy(sweep, i);
        points[i].threshold_gy = at.threshold_gy;
        points[i].stratum = strata_stratum(patient, &at, rules, &points[i].n_underdosed);
    }
}
