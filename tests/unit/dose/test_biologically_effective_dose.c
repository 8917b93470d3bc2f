/* BED and EQD2: hand values, limits, maps, parameters that cannot be. */
#include "dose/biologically_effective_dose.h"

#include <math.h>
#include <string.h>

#include "tests/unit/suite.h"

static const double HALF_LIFE_H = 64.042;
static const DoseConfig CONFIG = {.tumour = {10.0, 1.5}, .normal_liver = {2.75, 2.5}};

/* Liver: 2.5 / (2.5 + 64.042) = 0.0375703; 60 (1 + 60 * 0.0375703 / 2.75) = 109.183; over
 * 1 + 2 / 2.75: 63.211. Tumour: 1.5 / 65.542 = 0.0228861; 120 (1 + 120 * 0.0228861 / 10) =
 * 152.956; / 1.2: 127.463. */
static void test_hand_values(void) {
    double liver = biologically_effective_dose_gy(60.0, &CONFIG.normal_liver, HALF_LIFE_H);
    double tumour = biologically_effective_dose_gy(120.0, &CONFIG.tumour, HALF_LIFE_H);
    ASSERT_NEAR(liver, 109.18288, 1e-5);
    ASSERT_NEAR(tumour, 152.95597, 1e-5);
    ASSERT_NEAR(equieffective_dose_2gy(liver, &CONFIG.normal_liver), 63.21114, 1e-5);
    ASSERT_NEAR(equieffective_dose_2gy(tumour, &CONFIG.tumour), 127.46331, 1e-5);
}

/* No quadratic effect, or repair at once: D. No repair, or decay at once: D (1 + D / (a/b)), the
 * BED of one fraction; and one fraction of 2 Gy has an EQD2 of 2 Gy. */
static void test_limits(void) {
    const RadiobiologyConfig linear = {1e12, 2.5}, fast = {10.0, 1e-12}, slow = {10.0, 1e12};
    ASSERT_NEAR(biologically_effective_dose_gy(60.0, &linear, HALF_LIFE_H), 60.0, 1e-8);
    ASSERT_NEAR(biologically_effective_dose_gy(60.0, &fast, HALF_LIFE_H), 60.0, 1e-8);
    ASSERT_NEAR(biologically_effective_dose_gy(60.0, &slow, HALF_LIFE_H), 420.0, 1e-6);
    ASSERT_NEAR(biologically_effective_dose_gy(60.0, &CONFIG.tumour, 1e-12), 420.0, 1e-6);
    double fraction = biologically_effective_dose_gy(2.0, &slow, HALF_LIFE_H);
    ASSERT_NEAR(equieffective_dose_2gy(fraction, &slow), 2.0, 1e-9);
    ASSERT_NEAR(equieffective_dose_2gy(60.0, &linear), 60.0, 1e-8);
    ASSERT_NEAR(biologically_effective_dose_gy(0.0, &CONFIG.tumour, HALF_LIFE_H), 0.0, 0.0);
}

/* Noise below zero: were its square added, -800 Gy would have a BED of +20,000. */
static void test_negative_and_unknown(void) {
    ASSERT_NEAR(biologically_effective_dose_gy(-800.0, &CONFIG.tumour, HALF_LIFE_H), -800.0, 0.0);
    CU_ASSERT_TRUE(isnan(biologically_effective_dose_gy(NAN, &CONFIG.tumour, HALF_LIFE_H)));
    CU_ASSERT_TRUE(isnan(equieffective_dose_2gy(NAN, &CONFIG.tumour)));
}

static Volume make_dose(void) {
    static const float gy[8] = {0.0f, 60.0f, -1.5f, NAN, 120.0f, 30.0f, 1000.0f, 0.01f};
    Volume dose;
    Error error = {0};
    Grid grid = {{2, 2, 2}, affine_identity()};
    CU_ASSERT_EQUAL_FATAL(volume_create(&grid, &dose, &error), STATUS_OK);
    memcpy(dose.voxels, gy, sizeof gy);
    return dose;
}

/* Every map with its own tissue; float rounding of the result. */
static void test_maps(void) {
    static const struct {
        int map;
        double of_60_gy, of_120_gy;
    } expected[] = {{DERIVED_BED_TUMOUR, 60 * (1 + 60 * 1.5 / 65.542 / 10), 152.95597},
                    {DERIVED_BED_NORMAL_LIVER, 109.18288, 120 * (1 + 240 * 1.25 / 66.542 / 2.75)},
                    {DERIVED_EQD2_TUMOUR, 60 * (1 + 60 * 1.5 / 65.542 / 10) / 1.2, 127.46331},
                    {DERIVED_EQD2_NORMAL_LIVER, 63.21114,
                     120 * (1 + 240 * 1.25 / 66.542 / 2.75) * 2.75 / 4.75}};
    Volume dose = make_dose(), result;
    Error error = {0};
    CU_ASSERT_EQUAL(sizeof expected / sizeof *expected, DERIVED_MAP_COUNT);
    for (int n = 0; n < DERIVED_MAP_COUNT; n++) {
        CU_ASSERT_EQUAL_FATAL(
            derived_map_compute(&dose, expected[n].map, &CONFIG, HALF_LIFE_H, &result, &error),
            STATUS_OK);
        ASSERT_NEAR(result.voxels[0], 0.0, 0.0);
        ASSERT_NEAR(result.voxels[1] / expected[n].of_60_gy, 1.0, 2e-7);
        ASSERT_NEAR(result.voxels[4] / expected[n].of_120_gy, 1.0, 2e-7);
        CU_ASSERT_TRUE(result.voxels[2] < 0.0f && result.voxels[2] >= -1.5f);
        CU_ASSERT_TRUE(isnan(result.voxels[3]));
        volume_free(&result);
    }
    volume_free(&dose);
}

static void test_bad_parameters(void) {
    Volume dose = make_dose(), result;
    Error error = {0};
    DoseConfig config = CONFIG;
    config.normal_liver.alpha_beta_gy = 0.0;
    CU_ASSERT_EQUAL(derived_map_compute(&dose, DERIVED_EQD2_NORMAL_LIVER, &config, HALF_LIFE_H,
                                        &result, &error),
                    STATUS_CONFIG);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "dose.normal_liver"));
    CU_ASSERT_PTR_NULL(result.voxels);
    config.tumour.repair_half_time_h = NAN;
    CU_ASSERT_EQUAL(
        derived_map_compute(&dose, DERIVED_BED_TUMOUR, &config, HALF_LIFE_H, &result, &error),
        STATUS_CONFIG);
    CU_ASSERT_EQUAL(derived_map_compute(&dose, DERIVED_BED_TUMOUR, &CONFIG, 0.0, &result, &error),
                    STATUS_CONFIG);
    CU_ASSERT_EQUAL(
        derived_map_compute(&dose, DERIVED_MAP_COUNT, &CONFIG, HALF_LIFE_H, &result, &error),
        STATUS_INTERNAL);
    volume_free(&dose);
}

int main(void) {
    static const UnitTest tests[] = {
        {"values agree with hand calculation", test_hand_values},
        {"limits are those of no repair and of no quadratic effect", test_limits},
        {"negative dose has no quadratic effect, NaN stays", test_negative_and_unknown},
        {"each map has its own tissue and formula", test_maps},
        {"bad parameters are errors", test_bad_parameters},
    };
    return suite_run("biologically effective dose", tests, sizeof tests / sizeof *tests);
}
