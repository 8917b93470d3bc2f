/* Regular ranges of values, and the stratum at every dose threshold asked for: a view of the
 * threshold's breakpoints, all other rules unchanged. */
#ifndef YTTRIA_STRATIFY_SWEEP_H
#define YTTRIA_STRATIFY_SWEEP_H

#include "stratify/breakpoints.h"

enum { SWEEP_MAX_THRESHOLDS = 100000 };

typedef struct SweepPoint {
    double threshold_gy;
    int stratum;
    size_t n_underdosed;
} SweepPoint;

/* Number of values from `from` to `to`, both included; 0 if the range is empty, not finite, its
 * step not positive, or if there are more than SWEEP_MAX_THRESHOLDS. */
size_t sweep_range_count(const Range *range);

/* The i-th value: from + i * step, never a running sum, so that 30 is exactly 30. */
double sweep_range_value(const Range *range, size_t i);

/* The same for the thresholds of a sweep. */
size_t sweep_count(const SweepConfig *sweep);
double sweep_threshold_gy(const SweepConfig *sweep, size_t i);

/* Reads each threshold off `thresholds` (BREAKPOINT_THRESHOLD). `points` has room for
 * sweep_count(). */
void sweep_view(const BreakpointList *thresholds, const SweepConfig *sweep, SweepPoint *points);

#endif
