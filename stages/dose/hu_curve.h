/* Mass density by CT number: the bilinear curve of treatment planning. */
#ifndef YTTRIA_DOSE_HU_CURVE_H
#define YTTRIA_DOSE_HU_CURVE_H

#include "core/config.h"

/* Density on the straight lines air - water - bone; level beyond air and beyond bone. Level
 * beyond bone because what is denser in a CT of a treated liver is metal or iodised oil, whose CT
 * number says nothing about density. Lines by tissue as in Schneider 1996, Phys Med Biol 41:111.
 * NaN gives NaN. The curve must have passed hu_curve_check. */
double hu_curve_density_g_ml(const HuCurve *curve, double hu);

/* CT numbers must increase from air over water to bone, densities must be finite, not negative
 * and not decrease; else STATUS_CONFIG. */
Status hu_curve_check(const HuCurve *curve, Error *error);

#endif
