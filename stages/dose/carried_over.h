/* Activity that is in two PETs: a PET also shows what is left of the other treatments, and adding
 * the treatments' doses counts that twice. */
#ifndef YTTRIA_DOSE_CARRIED_OVER_H
#define YTTRIA_DOSE_CARRIED_OVER_H

#include "core/flags.h"
#include "dose/treatment_activity.h"
#include "dose/treatments.h"

/* The largest share of one treatment's activity that the PET of another shows, both at their own
 * administration: exp(-lambda (t_n - t_m)) over the PETs n that start after administration m. It
 * is more than 1 for a treatment given between another's administration and its PET; 0 for one
 * treatment. `measured`: of each treatment of the list; only `imaging_delay_h` is used. */
double carried_over_share(const TreatmentList *list, const TreatmentActivity *measured,
                          const Nuclide *nuclide);

/* Raises `activity_carried_over` if that share is more than `limit`. */
void carried_over_flag(const TreatmentList *list, const TreatmentActivity *measured,
                       const Nuclide *nuclide, double limit, Flags *flags);

#endif
