/* The stratum at every dose threshold asked for, all other rules unchanged. */
#ifndef YTTRIA_STRATIFY_SWEEP_H
#define YTTRIA_STRATIFY_SWEEP_H

#include "stratify/strata.h"

enum { SWEEP_MAX_THRESHOLDS = 100000 };

typedef struct SweepPoint {
    double threshold_gy;
    int stratum;
    size_t n_underdosed;
} SweepPoint;

/* Number of thresholds from `from_gy` to `to_gy`, both included; 0 if the range is empty, not
 * finite, its step not positive, or if there are more than SWEEP_MAX_THRESHOLDS. */
size_t sweep_count(const SweepConfig *sweep);

/* The i-th threshold: from + i * step, never a running sum, so that 30 is exactly 30. */
double sweep_threshold_gy(const SweepConfig *sweep, size_t i);

/* Decides the patient at each threshold. `points` has room for sweep_count(). */
void sweep_strata(const StrataPatient *patient, const StratificationConfig *config,
                  const StrataRules *rules, const SweepConfig *sweep, SweepPoint *points);

#endif
