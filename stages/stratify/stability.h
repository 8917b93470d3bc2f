/* How much must change before a patient gets another stratum: one quantity at a time, downwards and
 * upwards, with the stratum that comes next. Read off the breakpoints, so exact. */
#ifndef YTTRIA_STRATIFY_STABILITY_H
#define YTTRIA_STRATIFY_STABILITY_H

#include "stratify/breakpoints.h"

typedef enum StabilityQuantity {
    STABILITY_THRESHOLD,       /* the dose threshold, Gy */
    STABILITY_CALIBRATION,     /* all doses multiplied by 1 + change / 100, percent */
    STABILITY_MAX_DIAMETER,    /* the size limit, mm; diameters that shift: the opposite sign */
    STABILITY_VESSEL_DISTANCE, /* added to every distance to a vessel, mm; below zero: overlap */
    STABILITY_VESSEL_DIAMETER, /* the vessel limit, mm */
    STABILITY_MAX_UNDERDOSED,
    STABILITY_QUANTITY_COUNT
} StabilityQuantity;

enum { STABILITY_NONE = -1 };

/* Changes are signed, `lower` <= 0 <= `upper`; NaN, and stratum STABILITY_NONE, if no change that
 * is possible (no setting or dose below zero) gives another stratum. A change is the limit of those
 * that do: whether it is enough itself is a matter of ties. 0 stands for any, however small. */
typedef struct Stability {
    double lower_change, upper_change;
    int lower_stratum, upper_stratum;
} Stability;

/* All quantities of a patient who passed strata_check. Fails only when out of memory. */
Status stability_find(const StrataPatient *patient, const StratificationConfig *config,
                      const StrataRules *rules, Stability stability[STABILITY_QUANTITY_COUNT],
                      Error *error);

/* From the list of a quantity whose value is `value`: the nearest other strata. */
Stability stability_read(const BreakpointList *list, double value);

/* Name in stratify.h5. */
const char *stability_quantity_name(StabilityQuantity quantity);

#endif
