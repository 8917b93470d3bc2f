/* Numbers in, numbers out: lesion_uncertainty.c gathers what they are made from. */
#include "segment/dose_uncertainty.h"

#include <math.h>

#include "segment/recovery.h"

static double squared(double value) {
    return value * value;
}

double dose_uncertainty_diameter_mm(double voxel_mm, double fwhm_mm) {
    double resolved_mm = isnan(fwhm_mm) ? voxel_mm : fwhm_mm;
    return sqrt(squared(voxel_mm) / 6 + squared(resolved_mm) / (4 * M_LN2));
}

/* Change of Davg per mm of diameter. */
static double dose_slope(const DoseMeasurement *measured) {
    return isnan(measured->davg_eroded_gy)
               ? (measured->davg_dilated_gy - measured->davg_gy) / (2 * measured->band_mm)
               : (measured->davg_dilated_gy - measured->davg_eroded_gy) / (4 * measured->band_mm);
}

/* The square of a component; an unknown one is named and adds nothing. */
static double add_known(double value, const char *name, Flags *unknown) {
    if (isnan(value)) {
        flags_add(unknown, name);
        return 0;
    }
    return squared(value);
}

void dose_uncertainty_combine(const DoseMeasurement *measured, DoseUncertainty *result) {
    *result = (DoseUncertainty){.noise_gy = measured->noise_gy,
                                .counting_gy = measured->counting_gy,
                                .recovery_coefficient = NAN};
    Flags *unknown = &result->unknown;
    double u_diameter_mm =
        dose_uncertainty_diameter_mm(measured->outline_voxel_mm, measured->outline_fwhm_mm);
    double slope = dose_slope(measured), monte_carlo_gy = 0, fit = NAN, recovery_slope = NAN;
    if (measured->monte_carlo_gy != NULL) {
        monte_carlo_gy = *measured->monte_carlo_gy;
    }
    if (measured->recovery != NULL) {
        result->recovery_coefficient =
            recovery_coefficient(measured->recovery, measured->diameter_mm);
        recovery_slope = recovery_log_slope_per_mm(measured->recovery, measured->diameter_mm);
        fit = recovery_fit_uncertainty(measured->recovery, measured->diameter_mm);
    }
    result->calibration_gy = fabs(measured->davg_gy) * measured->calibration_uncertainty;
    result->volume_gy = fabs(slope) * u_diameter_mm;

    double calibration = add_known(result->calibration_gy, "calibration", unknown);
    double volume = add_known(result->volume_gy, "volume", unknown);
    double noise = add_known(result->noise_gy, "noise", unknown);
    double counting = add_known(result->counting_gy, "counting", unknown);
    double image = fmax(noise, counting) + add_known(monte_carlo_gy, "monte_carlo", unknown);
    result->davg_gy = isnan(measured->davg_gy) ? NAN : sqrt(calibration + image + volume);

    double coefficient = result->recovery_coefficient, around_gy = measured->surroundings_gy;
    double excess_gy = (measured->davg_gy - around_gy) / coefficient;
    double recovered_gy = around_gy + excess_gy, fit_variance = 0, around = 0;
    double total_slope = slope / coefficient - excess_gy * recovery_slope;
    if (measured->recovery != NULL) {
        fit_variance = add_known(fit + 0 * excess_gy, "recovery", unknown);
    }
    if (!isnan(recovered_gy)) {
        around = add_known(measured->surroundings_uncertainty_gy, "surroundings", unknown);
    }
    result->davg_recovered_gy = recovered_gy;
    result->recovery_gy =
        fabs(excess_gy) * sqrt(squared(fit) + squared(recovery_slope * u_diameter_mm));
    double relative =
        isnan(measured->calibration_uncertainty) ? 0 : measured->calibration_uncertainty;
    result->davg_recovered_uncertainty_gy =
        sqrt(squared(recovered_gy * relative) + image / squared(coefficient) +
             around * squared(1 - 1 / coefficient) + squared(total_slope * u_diameter_mm) +
             squared(excess_gy) * fit_variance);
}
