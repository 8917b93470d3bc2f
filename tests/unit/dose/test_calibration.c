/* Positron fraction and calibration factor against numbers worked out by hand. */
#include "dose/calibration.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/suite.h"

static const Nuclide yttrium = {.name = "Y-90", .half_life_h = 64.042, .positron_yield = 31.86e-6};
static const CalibrationConfig absolute = {.method = CALIBRATION_ABSOLUTE,
                                           .factor = 1.25,
                                           .uncertainty = 0.05,
                                           .max_positron_fraction_difference = 0.1,
                                           .ratio_tolerance = 0.3};
static const CalibrationConfig administered = {.method = CALIBRATION_ADMINISTERED_ACTIVITY,
                                               .factor = 1.0,
                                               .uncertainty = 0.05,
                                               .max_positron_fraction_difference = 0.1,
                                               .ratio_tolerance = 0.3};

/* The factor, or NaN with the complaint in `error`; flags start empty. */
static double positron_factor(const CalibrationConfig *config, int rule, double fraction,
                              Flags *flags, Error *error) {
    CalibrationConfig changed = *config;
    double factor = NAN;
    changed.positron_fraction = rule;
    *flags = (Flags){""};
    Status status =
        calibration_positron_factor(&changed, &yttrium, fraction, &factor, flags, error);
    CU_ASSERT_TRUE(status == STATUS_OK || status == STATUS_BAD_DATA);
    return status == STATUS_OK ? factor : NAN;
}

static void test_small_difference(void) {
    Flags flags;
    Error error = {0};
    /* 34e-6 / 31.86e-6: the scanner's fraction is 6.7 % too large, its image that much too low. */
    ASSERT_NEAR(positron_factor(&absolute, POSITRON_FRACTION_AUTO, 34e-6, &flags, &error),
                1.0671688637790332, 1e-12);
    ASSERT_NEAR(positron_factor(&administered, POSITRON_FRACTION_AUTO, 34e-6, &flags, &error),
                1.0671688637790332, 1e-12);
    CU_ASSERT_STRING_EQUAL(flags.text, "");
    ASSERT_NEAR(positron_factor(&absolute, POSITRON_FRACTION_IGNORE, 34e-6, &flags, &error), 1.0,
                0.0);
    CU_ASSERT_STRING_EQUAL(flags.text, "");
    ASSERT_NEAR(positron_factor(&absolute, POSITRON_FRACTION_AUTO, NAN, &flags, &error), 1.0, 0.0);
    CU_ASSERT_STRING_EQUAL(flags.text, "");
}

/* A scanner without 90Y among its nuclides: 0.967 of 18F. */
static void test_large_difference(void) {
    Flags flags;
    Error error = {0};
    CU_ASSERT_TRUE(
        isnan(positron_factor(&absolute, POSITRON_FRACTION_AUTO, 0.967, &flags, &error)));
    static const char *const words[] = {"positron_fraction (0018,1076) is 0.967",
                                        "Y-90 has 3.186e-05", "correct", "ignore",
                                        "administered_activity"};
    for (size_t n = 0; n < sizeof words / sizeof *words; n++) {
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, words[n]));
    }
    ASSERT_NEAR(positron_factor(&administered, POSITRON_FRACTION_AUTO, 0.967, &flags, &error), 1.0,
                0.0);
    CU_ASSERT_STRING_EQUAL(flags.text, "positron_fraction_differs");
    ASSERT_NEAR(positron_factor(&absolute, POSITRON_FRACTION_IGNORE, 0.967, &flags, &error), 1.0,
                0.0);
    CU_ASSERT_STRING_EQUAL(flags.text, "positron_fraction_differs");
    ASSERT_NEAR(positron_factor(&absolute, POSITRON_FRACTION_CORRECT, 0.967, &flags, &error),
                30351.53797865662, 1e-7);
    CU_ASSERT_STRING_EQUAL(flags.text, "");
}

static void test_impossible_fractions(void) {
    static const double impossible[] = {-3e-5, 1.5, INFINITY, -INFINITY};
    Flags flags;
    Error error = {0};
    for (size_t n = 0; n < sizeof impossible / sizeof *impossible; n++) {
        char found[64];
        snprintf(found, sizeof found, "positron_fraction (0018,1076) is %g", impossible[n]);
        for (int rule = POSITRON_FRACTION_AUTO; rule <= POSITRON_FRACTION_CORRECT; rule++) {
            CU_ASSERT_TRUE(isnan(positron_factor(&absolute, rule, impossible[n], &flags, &error)));
            CU_ASSERT_PTR_NOT_NULL(strstr(error.message, found));
            CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "wanted a number from 0 to 1"));
        }
        ASSERT_NEAR(
            positron_factor(&absolute, POSITRON_FRACTION_IGNORE, impossible[n], &flags, &error),
            1.0, 0.0);
        CU_ASSERT_STRING_EQUAL(flags.text, "positron_fraction_differs");
    }
    for (int rule = POSITRON_FRACTION_AUTO; rule <= POSITRON_FRACTION_IGNORE; rule++) {
        ASSERT_NEAR(positron_factor(&absolute, rule, 0.0, &flags, &error), 1.0, 0.0);
        CU_ASSERT_STRING_EQUAL(flags.text, "positron_fraction_zero");
    }
}

static void test_nuclide_without_positrons(void) {
    const Nuclide holmium = {.name = "Ho-166", .half_life_h = 26.8};
    Flags flags = {""};
    Error error = {0};
    double factor;
    CU_ASSERT_EQUAL(calibration_positron_factor(&absolute, &holmium, 0.5, &factor, &flags, &error),
                    STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "Ho-166 has no positrons"));
    CU_ASSERT_EQUAL(calibration_positron_factor(&absolute, &holmium, NAN, &factor, &flags, &error),
                    STATUS_OK);
    ASSERT_NEAR(factor, 1.0, 0.0);
}

static Calibration choose(const CalibrationConfig *config, const Scanner *scanner,
                          RegionActivity activity, double net_gbq, Flags *flags) {
    Calibration calibration = {.factor = NAN};
    Error error = {0};
    *flags = (Flags){""};
    CU_ASSERT_EQUAL(
        calibration_choose(config, scanner, &activity, net_gbq, &calibration, flags, &error),
        STATUS_OK);
    return calibration;
}

static void test_absolute_calibration(void) {
    Flags flags;
    Calibration calibration = choose(&absolute, NULL, (RegionActivity){1.2, NAN}, 1.5, &flags);
    ASSERT_NEAR(calibration.factor, 1.25, 0.0);
    ASSERT_NEAR(calibration.uncertainty, 0.05, 0.0);
    ASSERT_NEAR(calibration.ratio, 1.0, 1e-12);
    CU_ASSERT_STRING_EQUAL(calibration_region_name(&calibration), "field_of_view");
    CU_ASSERT_STRING_EQUAL(flags.text, "");
    calibration = choose(&absolute, NULL, (RegionActivity){0.8, NAN}, 1.5, &flags);
    ASSERT_NEAR(calibration.ratio, 2.0 / 3.0, 1e-12);
    CU_ASSERT_STRING_EQUAL(flags.text, "activity_ratio");
    calibration = choose(&absolute, NULL, (RegionActivity){0.8, NAN}, NAN, &flags);
    CU_ASSERT_TRUE(isnan(calibration.ratio));
    CU_ASSERT_STRING_EQUAL(flags.text, "");
}

static void test_scanners_calibration(void) {
    const Scanner measured = {.calibration_factor = 1.1, .calibration_uncertainty = 0.03},
                  unknown = {.calibration_factor = NAN, .calibration_uncertainty = NAN};
    Flags flags;
    Calibration calibration = choose(&absolute, &measured, (RegionActivity){1.2, NAN}, 1.5, &flags);
    ASSERT_NEAR(calibration.factor, 1.1, 0.0);
    ASSERT_NEAR(calibration.uncertainty, 0.03, 0.0);
    ASSERT_NEAR(calibration.ratio, 1.1 * 1.2 / 1.5, 1e-12);
    calibration = choose(&absolute, &unknown, (RegionActivity){1.2, NAN}, 1.5, &flags);
    ASSERT_NEAR(calibration.factor, 1.25, 0.0);
    ASSERT_NEAR(calibration.uncertainty, 0.05, 0.0);
    /* Scaled to the vial: the scanner's factor is in the ratio only. */
    calibration = choose(&administered, &measured, (RegionActivity){1.2, NAN}, 1.5, &flags);
    ASSERT_NEAR(calibration.factor, 1.25, 1e-12);
    ASSERT_NEAR(calibration.uncertainty, 0.05, 0.0);
    ASSERT_NEAR(calibration.ratio, 1.1 * 1.2 / 1.5, 1e-12);
}

static void test_administered_activity_calibration(void) {
    Flags flags;
    Calibration calibration = choose(&administered, NULL, (RegionActivity){1.2, NAN}, 1.5, &flags);
    ASSERT_NEAR(calibration.factor, 1.25, 1e-12);
    ASSERT_NEAR(calibration.ratio, 0.8, 1e-12); /* of the scanner, not of the scaled image */
    CU_ASSERT_STRING_EQUAL(flags.text, "");
    /* Scaling by two hides nothing: scanner and vial disagree. */
    choose(&administered, NULL, (RegionActivity){0.6, NAN}, 1.2, &flags);
    CU_ASSERT_STRING_EQUAL(flags.text, "activity_ratio");
}

static void test_region(void) {
    CalibrationConfig field = administered;
    Flags flags;
    field.region = CALIBRATION_FIELD_OF_VIEW;
    Calibration calibration = choose(&administered, NULL, (RegionActivity){1.2, 1.0}, 1.5, &flags);
    CU_ASSERT_STRING_EQUAL(calibration_region_name(&calibration), "liver");
    ASSERT_NEAR(calibration.factor, 1.5, 1e-12);
    ASSERT_NEAR(calibration.ratio, 1.0 / 1.5, 1e-12);
    calibration = choose(&field, NULL, (RegionActivity){1.2, 1.0}, 1.5, &flags);
    CU_ASSERT_STRING_EQUAL(calibration_region_name(&calibration), "field_of_view");
    ASSERT_NEAR(calibration.factor, 1.25, 1e-12);
    calibration = choose(&absolute, NULL, (RegionActivity){1.2, 1.0}, 1.5, &flags);
    ASSERT_NEAR(calibration.factor, 1.25, 0.0);
    ASSERT_NEAR(calibration.ratio, 1.25 / 1.5, 1e-12);
}

static void expect_failure(const CalibrationConfig *config, RegionActivity activity, double net_gbq,
                           const char *complaint) {
    Calibration calibration;
    Flags flags = {""};
    Error error = {0};
    CU_ASSERT_EQUAL(
        calibration_choose(config, NULL, &activity, net_gbq, &calibration, &flags, &error),
        STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, complaint));
}

static void test_nothing_to_calibrate(void) {
    expect_failure(&absolute, (RegionActivity){0.0, NAN}, 1.5, "an image without activity");
    expect_failure(&absolute, (RegionActivity){-0.1, NAN}, 1.5, "holds -0.1 GBq");
    expect_failure(&absolute, (RegionActivity){NAN, NAN}, 1.5, "an image without activity");
    expect_failure(&administered, (RegionActivity){1.2, 1.0}, NAN, "activity_gbq is missing");
    expect_failure(&administered, (RegionActivity){1.2, -0.1}, 1.5, "in the imported liver");
    expect_failure(&administered, (RegionActivity){1.2, 0.0}, 1.5, "calibration.region");
}

int main(void) {
    static const UnitTest tests[] = {
        {"a small difference of positron fractions is corrected", test_small_difference},
        {"a large one fails, is flagged or corrected, by the rule", test_large_difference},
        {"an impossible positron fraction is refused", test_impossible_fractions},
        {"a nuclide without positrons has no fraction", test_nuclide_without_positrons},
        {"absolute calibration uses the factor", test_absolute_calibration},
        {"a scanner's own factor comes first", test_scanners_calibration},
        {"calibration to the administered activity", test_administered_activity_calibration},
        {"the liver is the region where it is known", test_region},
        {"without activity nothing can be calibrated", test_nothing_to_calibrate},
    };
    return suite_run("dose calibration", tests, sizeof tests / sizeof *tests);
}
