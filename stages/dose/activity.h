/* Totals: of the activity in an image, and of what was given to the patient.
 *
 * Pure arithmetic on numbers and volumes: no files, no text but error messages. */
#ifndef YTTRIA_DOSE_ACTIVITY_H
#define YTTRIA_DOSE_ACTIVITY_H

#include "core/flags.h"
#include "core/nuclide.h"
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
    double negative_activity_fraction; /* -negative / positive; NaN without positive */
} ActivityTotals;

/* Multiplies slice k by `slice_factors[k]` (grid.size[2] of them). OpenMP over slices. */
void activity_scale_slices(Volume *volume, const double *slice_factors);

/* Multiplies all voxels. OpenMP over slices. */
void activity_scale(Volume *volume, double factor);

/* Totals of a volume in Bq/mL. Slices are summed in order: the same for any thread count.
 * Only failure: no memory. */
Status activity_sum(const Volume *volume, ActivityTotals *totals, Error *error);

/* Activity, Bq, of a volume in Bq/mL in the region of which `weights`, on the same grid, gives each
 * voxel's fraction. Slices are summed in order. Only failure: no memory. */
Status activity_sum_region(const Volume *volume, const Volume *weights, double *total_bq,
                           Error *error);

/* Raises `negative_activity` when negative voxels hold more than `max_fraction` of what the
 * positive ones hold. */
void activity_flag_negative(const ActivityTotals *totals, double max_fraction, Flags *flags);

/* Net activity in the liver, GBq: (administered - residual) (1 - lung shunt). An unknown residual
 * or shunt counts as 0 and raises `residual_unknown`, `lung_shunt_unknown`; unknown administered
 * activity gives NaN. STATUS_BAD_DATA if a known number is impossible or they leave nothing. */
Status activity_net_gbq(const Administration *administration, double *net_gbq, Flags *flags,
                        Error *error);

/* Mean dose to the lungs, Gy: k (administered - residual) shunt / mass, k the nuclide's dose factor
 * in J/GBq (49.73 for 90Y; all energy stays in the lungs). An unknown residual counts as 0; NaN if
 * the administered activity or the shunt is unknown. */
double activity_lung_dose_gy(const Administration *administration, const Nuclide *nuclide,
                             double lung_mass_kg);

#endif
