/* The recovery curve: its values, its slope and its uncertainty. Expected values are worked by
 * hand, from central differences of the curve itself, or from resampling its parameters. */
#include "segment/recovery.h"
#include "tests/unit/suite.h"

#include <math.h>
#include <stdint.h>

/* d0 = 12 mm and n = 2 measured on spheres of 10 to 37 mm. */
static RecoveryCurve curve(void) {
    return (RecoveryCurve){.d0_mm = 12,
                           .exponent = 2,
                           .d0_standard_error_mm = 0.4,
                           .exponent_standard_error = 0.15,
                           .correlation = -0.6,
                           .min_diameter_mm = 10,
                           .max_diameter_mm = 37};
}

static void the_diameter_is_of_the_sphere_of_equal_volume(void) {
    ASSERT_NEAR(recovery_equivalent_diameter_mm(M_PI / 6), 10, 1e-12); /* pi d^3 / 6 in mm3 */
    ASSERT_NEAR(recovery_equivalent_diameter_mm(26.522), 37, 2e-4);    /* NEMA: 26.52 mL */
}

static void values_are_those_worked_by_hand(void) {
    RecoveryCurve known = curve();
    ASSERT_NEAR(recovery_coefficient(&known, 12), 0.5, 1e-15);
    ASSERT_NEAR(recovery_coefficient(&known, 24), 0.8, 1e-15);         /* 1 / (1 + 1/4) */
    ASSERT_NEAR(recovery_coefficient(&known, 36), 0.9, 1e-15);         /* 1 / (1 + 1/9) */
    ASSERT_NEAR(recovery_coefficient(&known, 120), 100. / 101, 1e-15); /* beyond the largest */
}

/* Published for 90Y on a NEMA phantom (D'Arienzo 2017): 0.20 for 0.52 mL, 0.86 for 26.52 mL. The
 * curve through these two points gives both back, in the volume's form of Gear et al. as well. */
static void the_curve_passes_published_points(void) {
    double small_mm = recovery_equivalent_diameter_mm(0.52);
    double large_mm = recovery_equivalent_diameter_mm(26.52);
    double exponent = log((1 / 0.20 - 1) / (1 / 0.86 - 1)) / log(large_mm / small_mm);
    RecoveryCurve fit = {.d0_mm = small_mm * pow(1 / 0.20 - 1, 1 / exponent),
                         .exponent = exponent,
                         .min_diameter_mm = 9};
    ASSERT_NEAR(recovery_coefficient(&fit, small_mm), 0.20, 1e-12);
    ASSERT_NEAR(recovery_coefficient(&fit, large_mm), 0.86, 1e-12);
    double beta_ml = M_PI / 6000 * pow(fit.d0_mm, 3), eta = fit.exponent / 3;
    for (double volume_ml = 0.6; volume_ml < 30; volume_ml *= 2) {
        double by_volume = 1 - 1 / (1 + pow(volume_ml / beta_ml, eta));
        ASSERT_NEAR(recovery_coefficient(&fit, recovery_equivalent_diameter_mm(volume_ml)),
                    by_volume, 1e-12);
    }
}

static void nothing_is_said_below_the_smallest_sphere(void) {
    RecoveryCurve known = curve(), nothing = {.d0_mm = NAN, .exponent = NAN};
    CU_ASSERT(isnan(recovery_coefficient(&known, 9.99)));
    CU_ASSERT(recovery_is_too_small(&known, 9.99));
    CU_ASSERT(!recovery_is_too_small(&known, 10));
    CU_ASSERT(isnan(recovery_log_slope_per_mm(&known, 9)));
    CU_ASSERT(isnan(recovery_fit_uncertainty(&known, 9)));
    CU_ASSERT(isnan(recovery_coefficient(&nothing, 20)));
    CU_ASSERT(!recovery_is_too_small(&nothing, 20));
    known.min_diameter_mm = NAN;
    CU_ASSERT(isnan(recovery_coefficient(&known, 20)));
    CU_ASSERT(recovery_is_too_small(&known, 20)); /* not known how far down */
}

static void the_slope_is_that_of_the_curve(void) {
    RecoveryCurve known = curve();
    for (double d = 11; d < 60; d += 7) {
        const double step = 1e-4;
        double above = log(recovery_coefficient(&known, d + step));
        double below = log(recovery_coefficient(&known, d - step));
        /* central differences: the third derivative times step^2 / 6 is below 1e-9 */
        ASSERT_NEAR(recovery_log_slope_per_mm(&known, d), (above - below) / (2 * step), 1e-8);
    }
}

/* Gradient by central differences, covariance by hand. */
static void the_fit_propagates_through_its_covariance(void) {
    const double step = 1e-5;
    for (double d = 11; d < 40; d += 5) {
        RecoveryCurve known = curve(), up = known, down = known;
        up.d0_mm += step;
        down.d0_mm -= step;
        double by_d0 =
            log(recovery_coefficient(&up, d) / recovery_coefficient(&down, d)) / (2 * step);
        up = down = known;
        up.exponent += step;
        down.exponent -= step;
        double by_exponent =
            log(recovery_coefficient(&up, d) / recovery_coefficient(&down, d)) / (2 * step);
        double variance = by_d0 * by_d0 * 0.16 + by_exponent * by_exponent * 0.0225 +
                          2 * by_d0 * by_exponent * -0.6 * 0.4 * 0.15;
        ASSERT_NEAR(recovery_fit_uncertainty(&known, d), sqrt(variance), 1e-9);
    }
}

/* Uniform in (0, 1), a linear congruential generator (Knuth's constants). */
static double next_uniform(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return ((double)(*state >> 11) + 0.5) / 9007199254740992.0;
}

/* Parameters drawn from their joint distribution: RC spreads as the propagation says. */
static void resampled_parameters_spread_as_stated(void) {
    enum { DRAWS = 20000 };
    uint64_t state = 1;
    double sum = 0, sum_of_squares = 0;
    RecoveryCurve known = curve();
    for (int n = 0; n < DRAWS; n++) {
        double radius = sqrt(-2 * log(next_uniform(&state)));
        double angle = 2 * M_PI * next_uniform(&state);
        double a = radius * cos(angle), b = radius * sin(angle);
        RecoveryCurve drawn = known;
        drawn.d0_mm += 0.4 * a;
        drawn.exponent += 0.15 * (-0.6 * a + 0.8 * b);
        double value = recovery_coefficient(&drawn, 16);
        sum += value;
        sum_of_squares += value * value;
    }
    double mean = sum / DRAWS, deviation = sqrt(sum_of_squares / DRAWS - mean * mean);
    /* 1 / sqrt(2 * 20000) = 0.5 % statistics at one sigma, curvature below 1 % */
    ASSERT_NEAR(recovery_fit_uncertainty(&known, 16) * recovery_coefficient(&known, 16) / deviation,
                1, 0.03);
}

static void an_unknown_covariance_stays_unknown(void) {
    RecoveryCurve known = curve();
    known.correlation = NAN;
    CU_ASSERT(isnan(recovery_fit_uncertainty(&known, 20)));
    known = curve();
    known.d0_standard_error_mm = NAN;
    CU_ASSERT(isnan(recovery_fit_uncertainty(&known, 20)));
}

int main(void) {
    static const UnitTest tests[] = {
        {"a volume has the diameter of its sphere", the_diameter_is_of_the_sphere_of_equal_volume},
        {"recovery is that worked by hand", values_are_those_worked_by_hand},
        {"published points lie on the curve, in either form", the_curve_passes_published_points},
        {"below the smallest sphere nothing is said", nothing_is_said_below_the_smallest_sphere},
        {"the slope is the curve's", the_slope_is_that_of_the_curve},
        {"the fit's covariance is propagated", the_fit_propagates_through_its_covariance},
        {"resampled parameters spread as stated", resampled_parameters_spread_as_stated},
        {"an unknown covariance stays unknown", an_unknown_covariance_stays_unknown},
    };
    return suite_run("segment/recovery", tests, sizeof tests / sizeof *tests);
}
