/* Biologically effective dose of a decaying source, and its equivalent in 2 Gy fractions.
 *
 * Linear-quadratic model with mono-exponential repair, the source left in place until it has
 * decayed (Dale 1985, Br J Radiol 58:515): the lower the dose rate against repair, the less of the
 * quadratic effect is left. */
#ifndef YTTRIA_DOSE_BIOLOGICALLY_EFFECTIVE_DOSE_H
#define YTTRIA_DOSE_BIOLOGICALLY_EFFECTIVE_DOSE_H

#include "core/config.h"
#include "core/volume.h"

/* BED = D (1 + D / (alpha/beta) * T_rep / (T_rep + T_phys)), Gy; `half_life_h` is T_phys, with no
 * biological clearance. A negative dose (noise around zero) has no quadratic effect: BED = D. NaN
 * stays NaN. */
double biologically_effective_dose_gy(double dose_gy, const RadiobiologyConfig *tissue,
                                      double half_life_h);

/* EQD2 = BED / (1 + 2 / (alpha/beta)), Gy: the dose in fractions of 2 Gy, each repaired fully,
 * that has the same effect. */
double equieffective_dose_2gy(double bed_gy, const RadiobiologyConfig *tissue);

/* The map `derived_map` (a DerivedMap) of one treatment's dose, on its grid. Maps of treatments
 * weeks apart add up, for repair is complete in between; of their summed dose they must not be
 * made. STATUS_CONFIG if a parameter of the tissue or the half-life is not positive,
 * STATUS_INTERNAL if there is no such map. `result` is allocated here, the caller frees it. */
Status derived_map_compute(const Volume *dose, int derived_map, const DoseConfig *config,
                           double half_life_h, Volume *result, Error *error);

#endif
