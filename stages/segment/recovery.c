/* All derivatives are of ln RC = -ln(1 + x), x = (d0 / d)^n: each has the factor x / (1 + x), the
 * part of the activity that is lost. */
#include "segment/recovery.h"

#include <math.h>

double recovery_equivalent_diameter_mm(double volume_ml) {
    return cbrt(6000 * volume_ml / M_PI);
}

double recovery_coefficient(const RecoveryCurve *curve, double diameter_mm) {
    return diameter_mm >= curve->min_diameter_mm
               ? 1 / (1 + pow(curve->d0_mm / diameter_mm, curve->exponent))
               : NAN;
}

bool recovery_is_too_small(const RecoveryCurve *curve, double diameter_mm) {
    return !isnan(curve->d0_mm) && !(diameter_mm >= curve->min_diameter_mm);
}

double recovery_log_slope_per_mm(const RecoveryCurve *curve, double diameter_mm) {
    double lost = 1 - recovery_coefficient(curve, diameter_mm);
    return lost * curve->exponent / diameter_mm;
}

double recovery_fit_uncertainty(const RecoveryCurve *curve, double diameter_mm) {
    double lost = 1 - recovery_coefficient(curve, diameter_mm);
    double by_d0 = -lost * curve->exponent / curve->d0_mm * curve->d0_standard_error_mm;
    double by_exponent = -lost * log(curve->d0_mm / diameter_mm) * curve->exponent_standard_error;
    double variance =
        by_d0 * by_d0 + by_exponent * by_exponent + 2 * by_d0 * by_exponent * curve->correlation;
    return sqrt(fmax(0, variance)) + 0 * variance; /* rounding below 0 is 0, NaN stays */
}
