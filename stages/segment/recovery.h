/* How much of a lesion's mean activity a PET of limited resolution shows.
 *
 * RC(d) = 1 / (1 + (d0 / d)^n), the curve in the volume of Gear et al. (Eur J Nucl Med Mol Imaging
 * 2018;45:2456, section on recovery coefficients) written in the diameter of the sphere of equal
 * volume. */
#ifndef YTTRIA_SEGMENT_RECOVERY_H
#define YTTRIA_SEGMENT_RECOVERY_H

#include <stdbool.h>

#include "core/scanner.h"

/* Diameter of the sphere of that volume. */
double recovery_equivalent_diameter_mm(double volume_ml);

/* RC(d). NaN if the curve is unknown, or below the smallest sphere measured (or if that is not
 * known): a steep curve is not continued there. Above the largest sphere the curve holds: it rises
 * to 1 and has little left to go. */
double recovery_coefficient(const RecoveryCurve *curve, double diameter_mm);

/* True if the curve is known, but not down to this diameter, or it is not known how far down. */
bool recovery_is_too_small(const RecoveryCurve *curve, double diameter_mm);

/* d ln RC / d diameter, per mm; NaN as recovery_coefficient. */
double recovery_log_slope_per_mm(const RecoveryCurve *curve, double diameter_mm);

/* Relative standard uncertainty of RC(d) through the fit: g' V g with the gradient g of ln RC in
 * (d0, n) and their covariance V. NaN if the covariance is unknown. */
double recovery_fit_uncertainty(const RecoveryCurve *curve, double diameter_mm);

#endif
