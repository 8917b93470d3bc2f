/* From the scanner's Bq/mL to true ones: its positron fraction, its calibration factor, and what
 * was given to the patient. Numbers in, numbers out. */
#ifndef YTTRIA_DOSE_CALIBRATION_H
#define YTTRIA_DOSE_CALIBRATION_H

#include <stdbool.h>

#include "core/config.h"
#include "core/flags.h"

/* How the image was brought to absolute activity. */
typedef struct Calibration {
    double factor;          /* multiplies every voxel */
    double absolute_factor; /* the scanner's, else the configuration's, whichever was used */
    double uncertainty;     /* relative standard uncertainty of `factor` */
    double ratio;           /* activity in the region by `absolute_factor` / net administered; NaN
                               without net */
    bool is_in_liver;       /* the region: liver with lesions; else the field of view */
} Calibration;

/* Activity that a calibration compares, GBq at administration before calibration. */
typedef struct RegionActivity {
    double field_of_view_gbq;
    double liver_gbq; /* NaN where the liver is not known */
} RegionActivity;

/* What undoes the positron fraction that the scanner divided by: `fraction` of the header
 * (0018,1076) over the nuclide's yield, or 1.
 * NaN: absent, 1. 0: not filled in (nothing can be divided by it), 1 and flag
 * `positron_fraction_zero`. By the rule `ignore`: 1. Negative, more than 1, or a nuclide without
 * yield: STATUS_BAD_DATA. A difference of more than `max_positron_fraction_difference`: by the rule
 * `correct` corrected; by `auto` STATUS_BAD_DATA with absolute calibration, 1 with
 * administered_activity, where it cancels. What is not corrected and differs by more than that is
 * flagged `positron_fraction_differs`. */
Status calibration_positron_factor(const CalibrationConfig *config, const Nuclide *nuclide,
                                   double fraction, double *factor, Flags *flags, Error *error);

/* The calibration factor by the configured method, and the ratio of the two methods, in the
 * configured region. `scanner` NULL, or without factor or uncertainty: the configuration's. The
 * uncertainty of administered_activity is the configuration's: that of the activity meter. Raises
 * `activity_ratio` when |ratio - 1| is more than `ratio_tolerance`. No activity in the image or in
 * the region it is normalised in, or no administered activity (`net_gbq` NaN) where the method
 * needs it: STATUS_BAD_DATA. */
Status calibration_choose(const CalibrationConfig *config, const Scanner *scanner,
                          const RegionActivity *activity, double net_gbq, Calibration *calibration,
                          Flags *flags, Error *error);

/* "liver" or "field_of_view". */
const char *calibration_region_name(const Calibration *calibration);

#endif
