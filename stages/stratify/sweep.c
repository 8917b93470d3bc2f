/* The stratum at every dose threshold (sweep.h), read off the breakpoints. */
#include "stratify/sweep.h"

#include <math.h>

/* A step that does not divide the range exactly in binary (0.1) must still reach its end. */
static const double ROUNDING = 1e-9;

size_t sweep_range_count(const Range *range) {
    double steps = (range->to - range->from) / range->step;
    if (!(range->step > 0.0) || !(steps >= 0.0) || !(steps < SWEEP_MAX_THRESHOLDS)) {
        return 0;
    }
    return (size_t)floor(steps + ROUNDING) + 1;
}

double sweep_range_value(const Range *range, size_t i) {
    return range->from + (double)i * range->step;
}

static Range range_of(const SweepConfig *sweep) {
    return (Range){sweep->from_gy, sweep->to_gy, sweep->step_gy};
}

size_t sweep_count(const SweepConfig *sweep) {
    const Range range = range_of(sweep);
    return sweep_range_count(&range);
}

double sweep_threshold_gy(const SweepConfig *sweep, size_t i) {
    const Range range = range_of(sweep);
    return sweep_range_value(&range, i);
}

void sweep_view(const BreakpointList *thresholds, const SweepConfig *sweep, SweepPoint *points) {
    size_t n_points = sweep_count(sweep);
    for (size_t i = 0; i < n_points; i++) {
        double threshold_gy = sweep_threshold_gy(sweep, i);
        BreakpointState state = breakpoints_read(thresholds, threshold_gy);
        points[i] = (SweepPoint){threshold_gy, state.stratum, state.n_underdosed};
    }
}
