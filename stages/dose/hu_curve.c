/* Two lines, one kink at water. */
#include "dose/hu_curve.h"

#include <math.h>

static double interpolate(double x, double x0, double y0, double x1, double y1) {
    return y0 + (x - x0) * (y1 - y0) / (x1 - x0);
}

double hu_curve_density_g_ml(const HuCurve *curve, double hu) {
    if (hu <= curve->air_hu) {
        return curve->air_g_ml;
    }
    if (hu >= curve->bone_hu) {
        return curve->bone_g_ml;
    }
    return hu < curve->water_hu
               ? interpolate(hu, curve->air_hu, curve->air_g_ml, curve->water_hu, curve->water_g_ml)
               : interpolate(hu, curve->water_hu, curve->water_g_ml, curve->bone_hu,
                             curve->bone_g_ml);
}

Status hu_curve_check(const HuCurve *curve, Error *error) {
    if (!(isfinite(curve->air_hu) && curve->air_hu < curve->water_hu &&
          curve->water_hu < curve->bone_hu && isfinite(curve->bone_hu))) {
        return error_set(error, STATUS_CONFIG,
                         "dose.hu_curve: CT numbers are %g (air), %g (water), %g (bone): they must "
                         "increase",
                         curve->air_hu, curve->water_hu, curve->bone_hu);
    }
    if (!(curve->air_g_ml >= 0.0 && curve->air_g_ml <= curve->water_g_ml &&
          curve->water_g_ml <= curve->bone_g_ml && isfinite(curve->bone_g_ml))) {
        return error_set(error, STATUS_CONFIG,
                         "dose.hu_curve: densities are %g (air), %g (water), %g g/mL (bone): they "
                         "must not be negative and not decrease",
                         curve->air_g_ml, curve->water_g_ml, curve->bone_g_ml);
    }
    return STATUS_OK;
}
