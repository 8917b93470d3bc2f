/* From the scanner's Bq/mL to calibrated Bq/mL at administration: decay, calibration, totals.
 *
 * Pure arithmetic on numbers and volumes: no files, no text but error messages. */
#ifndef YTTRIA_DOSE_ACTIVITY_H
#define YTTRIA_DOSE_ACTIVITY_H

#include "core/config.h"
#include "core/flags.h"
#include "core/volume.h"

/* What was given to the patient; NaN where unknown. */
typedef struct Administration {
    double administered_gbq;
    double residual_gbq;        /* left in vial and tubing */
    double lung_shunt_fraction; /* 0 to 1 */
} Administration;

/* Sums over an activity volume. */
typedef struct ActivityTotals {
    double total_bq;    /* of all voxels, negative ones included */
    double positive_bq; /* of the positive voxels */
    double negative_bq; /* of the negative voxels, <= 0 */
    double negative_voxel_fraction;
} ActivityTotals;

/* How the image was brought to absolute activity. */
typedef struct Calibration {
    double factor; /* multiplies every voxel */
    double ratio;  /* image activity, by the configured absolute factor whichever was used, over net
                      administered; NaN without net */
} Calibration;

/* The image's header must be of the configured nuclide. `header_half_life_s` NaN: judged by
 * `radionuclide`, which is "unknown" where the header has none. STATUS_BAD_DATA if half-lives
 * differ by more than `max_difference` (fraction of the nuclide's), if the names differ, or if
 * the header says neither. */
Status activity_check_nuclide(const Nuclide *nuclide, double header_half_life_s,
                              const char *radionuclide, double max_difference, Error *error);

/* The PET must start after administration and within ten half-lives of it; else
 * STATUS_BAD_DATA. `delay_s`: start of acquisition - administration. */
Status activity_check_delay(const Nuclide *nuclide, double delay_s, Error *error);

/* Factor from activity at the image's reference time to activity at administration:
 * A(t_admin) = A(t_ref) exp(lambda (t_ref - t_admin)); `elapsed_s` is t_ref - t_admin. */
double activity_decay_factor(const Nuclide *nuclide, double elapsed_s);

/* Multiplies slice k by `slice_factors[k]` (grid.size[2] of them). OpenMP over slices. */
void activity_scale_slices(Volume *volume, const double *slice_factors);

/* Multiplies all voxels. OpenMP over slices. */
void activity_scale(Volume *volume, double factor);

/* Totals of a volume in Bq/mL. Slices are summed in order: the same for any thread count.
 * Only failure: no memory. */
Status activity_sum(const Volume *volume, ActivityTotals *totals, Error *error);

/* Net activity in the liver, GBq: (administered - residual) (1 - lung shunt). An unknown residual
 * or shunt counts as 0 and raises `residual_unknown`, `lung_shunt_unknown`; unknown administered
 * activity gives NaN. STATUS_BAD_DATA if the known numbers leave nothing. */
Status activity_net_gbq(const Administration *administration, double *net_gbq, Flags *flags,
                        Error *error);

/* The calibration factor by the configured method. Raises `activity_ratio` when the scanner's
 * activity and the net administered activity differ by more than `ratio_tolerance`. An image
 * without activity, or a missing administered activity where the method needs it:
 * STATUS_BAD_DATA. `image_gbq`: field of view, at administration, before calibration. */
Status activity_calibrate(const CalibrationConfig *config, double image_gbq, double net_gbq,
                          Calibration *calibration, Flags *flags, Error *error);

/* Raises `negative_activity` when negative voxels hold more than 20 % of what the positive hold. */
void activity_flag_negative(const ActivityTotals *totals, Flags *flags);

#endif
