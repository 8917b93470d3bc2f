/* A patient's stratum as a function of one setting: piecewise constant, so a list of points holds
 * all of it and any value is read off.
 *
 * A setting acts only through comparisons with the patient's own values (doses, diameters,
 * distances, counts). At such a value the answer may differ from both sides (ties), between two of
 * them nothing changes: deciding at each, and just above each, is exact for any rule set. */
#ifndef YTTRIA_STRATIFY_BREAKPOINTS_H
#define YTTRIA_STRATIFY_BREAKPOINTS_H

#include "stratify/strata.h"

typedef enum BreakpointSetting {
    BREAKPOINT_THRESHOLD,
    BREAKPOINT_MAX_DIAMETER,
    BREAKPOINT_VESSEL_DIAMETER,
    BREAKPOINT_CONTACT_TOLERANCE,
    BREAKPOINT_MAX_UNDERDOSED,
    BREAKPOINT_SETTING_COUNT
} BreakpointSetting;

typedef struct BreakpointState {
    int stratum;
    size_t n_underdosed;
} BreakpointState;

typedef struct Breakpoint {
    double value;
    BreakpointState at;
    BreakpointState above; /* up to, not with, the next point's value; the last one's: for ever */
} Breakpoint;

/* In ascending order. The first is the lower end of the values, the others those where the state
 * changes. */
typedef struct BreakpointList {
    Breakpoint *points;
    size_t n;
} BreakpointList;

/* Decides at one value. */
typedef BreakpointState (*BreakpointDecide)(const void *context, double value);

/* The list of what `decide` says from `lower_end` up, if it can change only at the `n_candidates`
 * values (any order; those that are not finite or not above `lower_end` do not count; the array is
 * sorted). Free with breakpoints_free, also after a failure. STATUS_INTERNAL: out of memory. */
Status breakpoints_build(double lower_end, double *candidates, size_t n_candidates,
                         BreakpointDecide decide, const void *context, BreakpointList *list,
                         Error *error);

/* The list of a setting, from 0 up, all else as in `config`. 2 (c + 1) decisions, c the values that
 * the rule set compares with the setting. The patient must have passed strata_check. */
Status breakpoints_find(const StrataPatient *patient, const StratificationConfig *config,
                        const StrataRules *rules, BreakpointSetting setting, BreakpointList *list,
                        Error *error);

void breakpoints_free(BreakpointList *list);

/* The state at `value`, which must not be below the first point. */
BreakpointState breakpoints_read(const BreakpointList *list, double value);

/* Whether the stratum at or above the i-th point is another than just below it; of the first point,
 * always: not so if only the number underdosed changes. */
bool breakpoints_changes_stratum(const BreakpointList *list, size_t i);

/* The configuration's key, without its section. */
const char *breakpoints_setting_name(BreakpointSetting setting);

/* The value in effect. */
double breakpoints_setting_value(const StrataPatient *patient, const StratificationConfig *config,
                                 BreakpointSetting setting);

#endif
