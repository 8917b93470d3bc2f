/* See carried_over.h. Treatments are few: every pair is looked at. */
#include "dose/carried_over.h"

#include <math.h>

#include "dose/decay.h"

double carried_over_share(const TreatmentList *list, const TreatmentActivity *measured,
                          const Nuclide *nuclide) {
    double largest = 0.0;
    for (size_t n = 0; n < list->count; n++) {
        for (size_t m = 0; m < list->count; m++) {
            double apart_s = timestamp_difference_s(&list->treatments[n].administered,
                                                    &list->treatments[m].administered, NULL);
            bool is_in_image = apart_s + measured[n].imaging_delay_h * 3600.0 > 0.0;
            if (m != n && is_in_image) {
                largest = fmax(largest, decay_factor(nuclide, -apart_s));
            }
        }
    }
    return largest;
}

void carried_over_flag(const TreatmentList *list, const TreatmentActivity *measured,
                       const Nuclide *nuclide, double limit, Flags *flags) {
    if (carried_over_share(list, measured, nuclide) > limit) {
        flags_add(flags, "activity_carried_over");
    }
}
