/* Decay, delay, nuclide, net activity and calibration against numbers worked out by hand. */
#include "dose/activity.h"

#include <math.h>
#include <string.h>

#include "tests/unit/suite.h"

static const Nuclide yttrium = {.name = "Y-90", .half_life_h = 64.042, .mean_energy_mev = 0.9331};

/* 2^(20 / 64.042), 2^(-0.25 / 64.042) and 2^(36.5 / 64.042), by python3: 2**(20/64.042). */
static void test_decay_factor(void) {
    ASSERT_NEAR(activity_decay_factor(&yttrium, 20 * 3600.0), 1.2416814111258785, 1e-12);
    ASSERT_NEAR(activity_decay_factor(&yttrium, -0.25 * 3600.0), 0.9972978269868936, 1e-12);
    ASSERT_NEAR(activity_decay_factor(&yttrium, 36.5 * 3600.0), 1.484460266121581, 1e-12);
    ASSERT_NEAR(activity_decay_factor(&yttrium, 64.042 * 3600.0), 2.0, 1e-12);
    ASSERT_NEAR(activity_decay_factor(&yttrium, 0.0), 1.0, 0.0);
}

static void test_delay(void) {
    Error error = {0};
    CU_ASSERT_EQUAL(activity_check_delay(&yttrium, 0.0, &error), STATUS_OK);
    CU_ASSERT_EQUAL(activity_check_delay(&yttrium, 640.0 * 3600.0, &error), STATUS_OK);
    CU_ASSERT_EQUAL(activity_check_delay(&yttrium, -60.0, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "before administration"));
    CU_ASSERT_EQUAL(activity_check_delay(&yttrium, 641.0 * 3600.0, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "half-lives"));
    CU_ASSERT_EQUAL(activity_check_delay(&yttrium, NAN, &error), STATUS_BAD_DATA);
}

static void test_nuclide(void) {
    Error error = {0};
    /* Scanners write 64.1 h or 64.0 h for 90Y: within 5 %. */
    CU_ASSERT_EQUAL(activity_check_nuclide(&yttrium, 230760, "Y-90", 0.05, &error), STATUS_OK);
    CU_ASSERT_EQUAL(activity_check_nuclide(&yttrium, 230400, "unknown", 0.05, &error), STATUS_OK);
    CU_ASSERT_EQUAL(activity_check_nuclide(&yttrium, NAN, "Y-90", 0.05, &error), STATUS_OK);
    CU_ASSERT_EQUAL(activity_check_nuclide(&yttrium, NAN, "unknown", 0.05, &error),
                    STATUS_BAD_DATA);
    CU_ASSERT_EQUAL(activity_check_nuclide(&yttrium, 6586.2, "unknown", 0.05, &error),
                    STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "6586.2"));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "Y-90"));
    CU_ASSERT_EQUAL(activity_check_nuclide(&yttrium, 230551, "F-18", 0.05, &error),
                    STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "F-18"));
    CU_ASSERT_EQUAL(activity_check_nuclide(&yttrium, INFINITY, "Y-90", 0.05, &error),
                    STATUS_BAD_DATA);
}

static void test_net_activity(void) {
    Error error = {0};
    Flags flags = {""};
    double net = 0.0;
    Administration given = {2.0, 0.1, 0.05};
    CU_ASSERT_EQUAL(activity_net_gbq(&given, &net, &flags, &error), STATUS_OK);
    ASSERT_NEAR(net, 1.805, 1e-12); /* 1.9 * 0.95 */
    CU_ASSERT_STRING_EQUAL(flags.text, "");

    given = (Administration){2.0, NAN, NAN};
    CU_ASSERT_EQUAL(activity_net_gbq(&given, &net, &flags, &error), STATUS_OK);
    ASSERT_NEAR(net, 2.0, 0.0);
    CU_ASSERT_TRUE(flags_has(&flags, "residual_unknown"));
    CU_ASSERT_TRUE(flags_has(&flags, "lung_shunt_unknown"));

    given = (Administration){NAN, 0.1, 0.05};
    CU_ASSERT_EQUAL(activity_net_gbq(&given, &net, &flags, &error), STATUS_OK);
    CU_ASSERT_TRUE(isnan(net));

    given = (Administration){2.0, 2.0, 0.05};
    CU_ASSERT_EQUAL(activity_net_gbq(&given, &net, &flags, &error), STATUS_BAD_DATA);
}

static void test_absolute_calibration(void) {
    const CalibrationConfig config = {
        .method = CALIBRATION_ABSOLUTE, .factor = 1.25, .ratio_tolerance = 0.3};
    Calibration calibration;
    Flags flags = {""};
    Error error = {0};
    CU_ASSERT_EQUAL(activity_calibrate(&config, 1.2, 1.5, &calibration, &flags, &error), STATUS_OK);
    ASSERT_NEAR(calibration.factor, 1.25, 0.0);
    ASSERT_NEAR(calibration.ratio, 1.0, 1e-12);
    CU_ASSERT_STRING_EQUAL(flags.text, "");

    CU_ASSERT_EQUAL(activity_calibrate(&config, 0.8, 1.5, &calibration, &flags, &error), STATUS_OK);
    ASSERT_NEAR(calibration.ratio, 2.0 / 3.0, 1e-12);
    CU_ASSERT_STRING_EQUAL(flags.text, "activity_ratio");

    CU_ASSERT_EQUAL(activity_calibrate(&config, 0.8, NAN, &calibration, &flags, &error), STATUS_OK);
    CU_ASSERT_TRUE(isnan(calibration.ratio));
    CU_ASSERT_EQUAL(activity_calibrate(&config, 0.0, 1.5, &calibration, &flags, &error),
                    STATUS_BAD_DATA);
    CU_ASSERT_EQUAL(activity_calibrate(&config, -0.1, 1.5, &calibration, &flags, &error),
                    STATUS_BAD_DATA);
}

static void test_administered_activity_calibration(void) {
    const CalibrationConfig config = {
        .method = CALIBRATION_ADMINISTERED_ACTIVITY, .factor = 1.0, .ratio_tolerance = 0.3};
    Calibration calibration;
    Flags flags = {""};
    Error error = {0};
    CU_ASSERT_EQUAL(activity_calibrate(&config, 1.2, 1.5, &calibration, &flags, &error), STATUS_OK);
    ASSERT_NEAR(calibration.factor, 1.25, 1e-12);
    ASSERT_NEAR(calibration.ratio, 0.8, 1e-12); /* of the scanner, not of the scaled image */
    CU_ASSERT_STRING_EQUAL(flags.text, "");
    /* Scaling by two hides nothing: scanner and vial disagree. */
    CU_ASSERT_EQUAL(activity_calibrate(&config, 0.6, 1.2, &calibration, &flags, &error), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(flags.text, "activity_ratio");
    CU_ASSERT_EQUAL(activity_calibrate(&config, 1.2, NAN, &calibration, &flags, &error),
                    STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "activity_gbq"));
}

/* 2 x 3 x 2 voxels of 5 x 5 x 4 mm = 0.1 mL: eleven of 10 Bq/mL and one of -30. */
static void test_totals_and_slices(void) {
    Grid grid = {{2, 3, 2}, affine_identity()};
    grid.affine.m[0][0] = 5.0;
    grid.affine.m[1][1] = -5.0;
    grid.affine.m[2][2] = 4.0;
    Volume volume;
    ActivityTotals totals;
    Flags flags = {""};
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(volume_create(&grid, &volume, &error), STATUS_OK);
    for (int n = 0; n < 12; n++) {
        volume.voxels[n] = n == 5 ? -30.0f : 10.0f;
    }
    CU_ASSERT_EQUAL(activity_sum(&volume, &totals, &error), STATUS_OK);
    ASSERT_NEAR(totals.positive_bq, 11.0, 1e-12);
    ASSERT_NEAR(totals.negative_bq, -3.0, 1e-12);
    ASSERT_NEAR(totals.total_bq, 8.0, 1e-12);
    ASSERT_NEAR(totals.negative_voxel_fraction, 1.0 / 12.0, 1e-12);
    activity_flag_negative(&totals, &flags); /* 3 of 11 is more than 20 % */
    CU_ASSERT_STRING_EQUAL(flags.text, "negative_activity");

    activity_scale_slices(&volume, (const double[]){1.0, 0.5});
    activity_scale(&volume, 3.0);
    ASSERT_NEAR(volume.voxels[5], -90.0, 0.0);
    ASSERT_NEAR(volume.voxels[6], 15.0, 0.0);
    volume_free(&volume);
}

int main(void) {
    static const UnitTest tests[] = {
        {"decay factors are those worked out by hand", test_decay_factor},
        {"the PET follows administration within ten half-lives", test_delay},
        {"another nuclide is refused", test_nuclide},
        {"net activity is less residual and lung shunt", test_net_activity},
        {"absolute calibration uses the factor", test_absolute_calibration},
        {"calibration to the administered activity", test_administered_activity_calibration},
        {"negative voxels stay in totals and are flagged", test_totals_and_slices},
    };
    return suite_run("dose activity", tests, sizeof tests / sizeof *tests);
}
