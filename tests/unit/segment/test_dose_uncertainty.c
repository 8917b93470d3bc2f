/* Propagation by hand and by resampling. */
#include "segment/dose_uncertainty.h"
#include "segment/recovery.h"
#include "tests/unit/suite.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static const RecoveryCurve curve = {.d0_mm = 12,
                                    .exponent = 2,
                                    .d0_standard_error_mm = 0.4,
                                    .exponent_standard_error = 0.15,
                                    .correlation = -0.6,
                                    .min_diameter_mm = 10,
                                    .max_diameter_mm = 37};

/* 80 Gy in a sphere of 24 mm, 20 Gy around it; the outline moved by 3 mm changes it by 6 Gy
 * inwards, 10 outwards. */
static DoseMeasurement measurement(void) {
    return (DoseMeasurement){.davg_gy = 80,
                             .diameter_mm = 24,
                             .outline_voxel_mm = 1.2,
                             .outline_fwhm_mm = 2.5,
                             .band_mm = 3,
                             .davg_eroded_gy = 86,
                             .davg_dilated_gy = 70,
                             .calibration_uncertainty = 0.05,
                             .surroundings_gy = 20,
                             .surroundings_uncertainty_gy = 2,
                             .noise_gy = 3,
                             .counting_gy = 2,
                             .recovery = &curve};
}

static void the_diameter_has_two_ends(void) {
    /* 1.2^2 / 6 = 0.24; 2.5^2 / (4 ln 2) = 2.2542 */
    ASSERT_NEAR(dose_uncertainty_diameter_mm(1.2, 2.5), sqrt(0.24 + 2.254211), 1e-6);
    /* unknown: one voxel */
    ASSERT_NEAR(dose_uncertainty_diameter_mm(1.2, NAN), dose_uncertainty_diameter_mm(1.2, 1.2), 0);
}

static void components_are_those_worked_by_hand(void) {
    DoseMeasurement measured = measurement();
    DoseUncertainty result;
    dose_uncertainty_combine(&measured, &result);
    double u_diameter = sqrt(0.24 + 6.25 / (4 * M_LN2));
    ASSERT_NEAR(result.calibration_gy, 4, 1e-12);
    ASSERT_NEAR(result.volume_gy, 16. / 12 * u_diameter, 1e-12); /* 16 Gy over 12 mm */
    ASSERT_NEAR(result.noise_gy, 3, 0);
    ASSERT_NEAR(result.counting_gy, 2, 0);
    /* calibration, outline, and the larger of noise and counting */
    ASSERT_NEAR(result.davg_gy, sqrt(16 + 9 + pow(16. / 12 * u_diameter, 2)), 1e-12);
    ASSERT_NEAR(result.recovery_coefficient, 0.8, 1e-12);
    ASSERT_NEAR(result.davg_recovered_gy, 20 + 60 / 0.8, 1e-12);
    CU_ASSERT_STRING_EQUAL(result.unknown.text, "");
}

static void recovery_adds_its_fit_and_its_covariance(void) {
    DoseMeasurement measured = measurement();
    DoseUncertainty result;
    dose_uncertainty_combine(&measured, &result);
    double u_diameter = sqrt(0.24 + 6.25 / (4 * M_LN2));
    /* lost = 0.2: d ln RC by d0 = -0.2 * 2 / 12, by n = 0.2 ln 2, by d = 0.2 * 2 / 24 */
    double a = -0.4 / 12 * 0.4, b = 0.2 * M_LN2 * 0.15;
    double fit = sqrt(a * a + b * b - 2 * 0.6 * a * b);
    /* of the excess, 75 Gy recovered */
    ASSERT_NEAR(result.recovery_gy, 75 * sqrt(fit * fit + pow(u_diameter / 60, 2)), 1e-9);
    /* dose falls by 16 / 12 Gy per mm, recovery rises by 1/60 of itself; of the surroundings a
     * quarter is taken off */
    double outline = (16. / 12 / 0.8 + 75. / 60) * u_diameter;
    ASSERT_NEAR(result.davg_recovered_uncertainty_gy,
                sqrt(pow(0.05 * 95, 2) + pow(3 / 0.8, 2) + pow(0.25 * 2, 2) + outline * outline +
                     pow(75 * fit, 2)),
                1e-9);
}

/* Blur fills a cold lesion from around: less is left of it when that is taken off. */
static void a_cold_lesion_becomes_colder(void) {
    DoseMeasurement measured = measurement();
    DoseUncertainty result;
    measured.davg_gy = 15;
    measured.surroundings_gy = 40;
    dose_uncertainty_combine(&measured, &result);
    ASSERT_NEAR(result.davg_recovered_gy, 40 - 25 / 0.8, 1e-12);
    measured.surroundings_gy = NAN;
    dose_uncertainty_combine(&measured, &result);
    CU_ASSERT(isnan(result.davg_recovered_gy));
    CU_ASSERT(isnan(result.davg_recovered_uncertainty_gy));
    CU_ASSERT_STRING_EQUAL(result.unknown.text, "recovery");
    measured.surroundings_gy = 40;
    measured.surroundings_uncertainty_gy = NAN;
    dose_uncertainty_combine(&measured, &result);
    CU_ASSERT_STRING_EQUAL(result.unknown.text, "surroundings");
}

static void counting_enters_when_it_is_larger(void) {
    DoseMeasurement measured = measurement();
    DoseUncertainty less, more;
    dose_uncertainty_combine(&measured, &less);
    measured.counting_gy = 5;
    dose_uncertainty_combine(&measured, &more);
    ASSERT_NEAR(more.davg_gy * more.davg_gy - less.davg_gy * less.davg_gy, 25 - 9, 1e-9);
}

static void nothing_left_of_the_eroded_mask_leaves_one_side(void) {
    DoseMeasurement measured = measurement();
    DoseUncertainty result;
    measured.davg_eroded_gy = NAN;
    dose_uncertainty_combine(&measured, &result);
    ASSERT_NEAR(result.volume_gy, 10. / 6 * dose_uncertainty_diameter_mm(1.2, 2.5), 1e-12);
}

static void monte_carlo_enters_for_its_own_map(void) {
    DoseMeasurement measured = measurement();
    DoseUncertainty without, with;
    double standard_error = 7;
    dose_uncertainty_combine(&measured, &without);
    measured.monte_carlo_gy = &standard_error;
    dose_uncertainty_combine(&measured, &with);
    ASSERT_NEAR(with.davg_gy * with.davg_gy - without.davg_gy * without.davg_gy, 49, 1e-9);
    standard_error = NAN;
    dose_uncertainty_combine(&measured, &with);
    ASSERT_NEAR(with.davg_gy, without.davg_gy, 0);
    CU_ASSERT(flags_has(&with.unknown, "monte_carlo"));
}

static void what_is_unknown_is_named_and_left_out(void) {
    DoseMeasurement measured = measurement();
    RecoveryCurve unknown = {.d0_mm = NAN, .exponent = NAN, .min_diameter_mm = NAN};
    DoseUncertainty result;
    measured.calibration_uncertainty = measured.counting_gy = measured.noise_gy = NAN;
    measured.recovery = &unknown;
    dose_uncertainty_combine(&measured, &result);
    ASSERT_NEAR(result.davg_gy, result.volume_gy, 1e-12);
    CU_ASSERT(isnan(result.calibration_gy));
    CU_ASSERT(isnan(result.davg_recovered_gy));
    CU_ASSERT(isnan(result.recovery_gy));
    CU_ASSERT(isnan(result.davg_recovered_uncertainty_gy));
    CU_ASSERT_STRING_EQUAL(result.unknown.text, "calibration;noise;counting;recovery");
    measured.recovery = NULL; /* a map with its own correction lacks nothing */
    dose_uncertainty_combine(&measured, &result);
    CU_ASSERT_STRING_EQUAL(result.unknown.text, "calibration;noise;counting");
    measured.davg_gy = measured.davg_eroded_gy = measured.davg_dilated_gy = NAN;
    dose_uncertainty_combine(&measured, &result);
    CU_ASSERT(isnan(result.davg_gy));
}

static double next_uniform(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return ((double)(*state >> 11) + 0.5) / 9007199254740992.0;
}

static void draw_two_normal(uint64_t *state, double *a, double *b) {
    double radius = sqrt(-2 * log(next_uniform(state))), angle = 2 * M_PI * next_uniform(state);
    *a = radius * cos(angle);
    *b = radius * sin(angle);
}

/* Every input drawn from its distribution, one diameter for dose and recovery: the recovered dose
 * spreads as stated. Leaving the covariance out would understate it by 17 %. */
static void resampled_inputs_spread_as_stated(void) {
    enum { DRAWS = 20000 };
    uint64_t state = 7;
    DoseMeasurement measured = measurement();
    DoseUncertainty stated;
    measured.outline_fwhm_mm = 1.2; /* small enough for a straight line */
    dose_uncertainty_combine(&measured, &stated);
    double u_diameter = dose_uncertainty_diameter_mm(1.2, 1.2), sum = 0, sum_of_squares = 0;
    for (int n = 0; n < DRAWS; n++) {
        double a, b, c, d, e, f;
        draw_two_normal(&state, &a, &b);
        draw_two_normal(&state, &c, &d);
        draw_two_normal(&state, &e, &f);
        RecoveryCurve drawn = curve;
        drawn.d0_mm += 0.4 * a;
        drawn.exponent += 0.15 * (-0.6 * a + 0.8 * b);
        double wider_mm = u_diameter * c;
        double scale = 1 + 0.05 * d, around_gy = 20 * scale + 2 * f;
        double davg_gy = (80 - 16. / 12 * wider_mm) * scale + 3 * e;
        double value =
            around_gy + (davg_gy - around_gy) / recovery_coefficient(&drawn, 24 + wider_mm);
        sum += value;
        sum_of_squares += value * value;
    }
    double mean = sum / DRAWS, deviation = sqrt(sum_of_squares / DRAWS - mean * mean);
    /* statistics 0.5 % at one sigma; second-order terms below 1 % */
    ASSERT_NEAR(stated.davg_recovered_uncertainty_gy / deviation, 1, 0.03);
}

int main(void) {
    static const UnitTest tests[] = {
        {"a diameter is uncertain at both ends", the_diameter_has_two_ends},
        {"components are those worked by hand", components_are_those_worked_by_hand},
        {"recovery adds its fit and its covariance", recovery_adds_its_fit_and_its_covariance},
        {"a cold lesion becomes colder", a_cold_lesion_becomes_colder},
        {"counting enters when it is larger than noise", counting_enters_when_it_is_larger},
        {"an eroded mask of nothing leaves one side",
         nothing_left_of_the_eroded_mask_leaves_one_side},
        {"the Monte Carlo error enters for its own map", monte_carlo_enters_for_its_own_map},
        {"what is unknown is named and left out", what_is_unknown_is_named_and_left_out},
        {"resampled inputs spread as stated", resampled_inputs_spread_as_stated},
    };
    return suite_run("segment/dose_uncertainty", tests, sizeof tests / sizeof *tests);
}
