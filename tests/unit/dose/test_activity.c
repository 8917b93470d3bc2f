/* Totals of an image and of what was given, against numbers worked out by hand. */
#include "dose/activity.h"

#include <math.h>
#include <string.h>

#include "tests/unit/suite.h"

static const Nuclide yttrium = {.name = "Y-90", .half_life_h = 64.042, .mean_energy_mev = 0.9331};

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
}

static void expect_wrong(Administration given, const char *complaint) {
    Error error = {0};
    Flags flags = {""};
    double net = 0.0;
    CU_ASSERT_EQUAL(activity_net_gbq(&given, &net, &flags, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, complaint));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "treatments sheet"));
}

static void test_impossible_administrations(void) {
    expect_wrong((Administration){2.0, 2.0, 0.05}, "leave no activity");
    expect_wrong((Administration){2.0, 0.1, 1.0}, "leave no activity");
    expect_wrong((Administration){0.0, NAN, NAN}, "activity_gbq is 0, wanted a positive number");
    expect_wrong((Administration){-2.0, NAN, NAN}, "activity_gbq is -2");
    expect_wrong((Administration){INFINITY, NAN, NAN}, "activity_gbq is inf");
    expect_wrong((Administration){2.0, -0.1, 0.05}, "residual_gbq is -0.1, wanted zero or more");
    expect_wrong((Administration){2.0, 0.1, -0.05}, "lung_shunt_fraction is -0.05");
    expect_wrong((Administration){2.0, 0.1, 5.0}, "lung_shunt_fraction is 5, wanted a number from");
}

/* 49.7257 J/GBq (python3: 64.042 * 3600 / log(2) * 0.9331 * 1.602176634e-4), 1.9 GBq, 5 %. */
static void test_lung_dose(void) {
    const double unshunted_gy = 49.72565461824113 * 1.9;
    const Administration given = {2.0, 0.1, 0.05}, unknown_residual = {1.9, NAN, 0.05},
                         unknown_shunt = {2.0, 0.1, NAN}, unknown_activity = {NAN, 0.1, 0.05},
                         no_shunt = {2.0, 0.1, 0.0};
    ASSERT_NEAR(activity_lung_dose_gy(&given, &yttrium, 1.0), 0.05 * unshunted_gy, 1e-9);
    ASSERT_NEAR(activity_lung_dose_gy(&given, &yttrium, 0.8), 0.0625 * unshunted_gy, 1e-9);
    ASSERT_NEAR(activity_lung_dose_gy(&unknown_residual, &yttrium, 1.0), 0.05 * unshunted_gy, 1e-9);
    CU_ASSERT_TRUE(isnan(activity_lung_dose_gy(&unknown_shunt, &yttrium, 1.0)));
    CU_ASSERT_TRUE(isnan(activity_lung_dose_gy(&unknown_activity, &yttrium, 1.0)));
    ASSERT_NEAR(activity_lung_dose_gy(&no_shunt, &yttrium, 1.0), 0.0, 0.0);
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
    ASSERT_NEAR(totals.negative_activity_fraction, 3.0 / 11.0, 1e-12);
    activity_flag_negative(&totals, 0.3, &flags);
    CU_ASSERT_STRING_EQUAL(flags.text, "");
    activity_flag_negative(&totals, 0.2, &flags); /* 3 of 11 is more than 20 % */
    CU_ASSERT_STRING_EQUAL(flags.text, "negative_activity");

    activity_scale_slices(&volume, (const double[]){1.0, 0.5});
    activity_scale(&volume, 3.0);
    ASSERT_NEAR(volume.voxels[5], -90.0, 0.0);
    ASSERT_NEAR(volume.voxels[6], 15.0, 0.0);
    volume_free(&volume);
}

/* Half of voxel 5 and a quarter of voxel 7, of 0.1 mL: 0.1 (-15 + 2.5) Bq. Only negative voxels
 * have no fraction. */
static void test_region(void) {
    Grid grid = {{2, 3, 2}, affine_identity()};
    grid.affine.m[0][0] = 5.0;
    grid.affine.m[1][1] = -5.0;
    grid.affine.m[2][2] = 4.0;
    Volume volume, weights;
    ActivityTotals totals;
    Error error = {0};
    double total_bq = NAN;
    CU_ASSERT_EQUAL_FATAL(volume_create(&grid, &volume, &error), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(volume_create(&grid, &weights, &error), STATUS_OK);
    for (int n = 0; n < 12; n++) {
        volume.voxels[n] = n == 5 ? -30.0f : 10.0f;
    }
    weights.voxels[5] = 0.5f;
    weights.voxels[7] = 0.25f;
    CU_ASSERT_EQUAL(activity_sum_region(&volume, &weights, &total_bq, &error), STATUS_OK);
    ASSERT_NEAR(total_bq, -1.25, 1e-12);
    for (int n = 0; n < 12; n++) {
        volume.voxels[n] = -1.0f;
    }
    CU_ASSERT_EQUAL(activity_sum(&volume, &totals, &error), STATUS_OK);
    ASSERT_NEAR(totals.total_bq, -1.2, 1e-12);
    CU_ASSERT_TRUE(isnan(totals.negative_activity_fraction));
    volume_free(&volume);
    volume_free(&weights);
}

int main(void) {
    static const UnitTest tests[] = {
        {"net activity is less residual and lung shunt", test_net_activity},
        {"what cannot have been given is refused", test_impossible_administrations},
        {"the lungs receive what was shunted", test_lung_dose},
        {"negative voxels stay in totals and are flagged", test_totals_and_slices},
        {"a region's activity is that of its voxels' fractions", test_region},
    };
    return suite_run("dose activity", tests, sizeof tests / sizeof *tests);
}
