/* Decay between clocks against numbers worked out apart, and every clock that makes no sense. */
#include "dose/decay.h"

#include <math.h>
#include <string.h>

#include "tests/unit/suite.h"

static const Nuclide yttrium = {.name = "Y-90", .half_life_h = 64.042};
static const Nuclide fluorine = {.name = "F-18", .half_life_h = 1.8295};
static const double hour_s = 3600.0, configured_s = 64.042 * 3600.0, scanner_s = 230760.0;

/* 2^(20 / 64.042), 2^(-0.25 / 64.042) and 2^(36.5 / 64.042), by python3: 2**(20/64.042). */
static void test_decay_factor(void) {
    ASSERT_NEAR(decay_factor(&yttrium, 20 * hour_s), 1.2416814111258785, 1e-12);
    ASSERT_NEAR(decay_factor(&yttrium, -0.25 * hour_s), 0.9972978269868936, 1e-12);
    ASSERT_NEAR(decay_factor(&yttrium, 36.5 * hour_s), 1.484460266121581, 1e-12);
    ASSERT_NEAR(decay_factor(&yttrium, 64.042 * hour_s), 2.0, 1e-12);
    ASSERT_NEAR(decay_factor(&yttrium, 0.0), 1.0, 0.0);
}

/* One over the mean of 2^(-t / T) over the frame, integrated numerically (scipy.integrate.quad). */
static void test_frame_factor(void) {
    ASSERT_NEAR(decay_frame_factor(configured_s, 20 * hour_s, 1800), 1.2450442208553116, 1e-12);
    ASSERT_NEAR(decay_frame_factor(scanner_s, 20 * hour_s, 1800), 1.2447973371385053, 1e-12);
    ASSERT_NEAR(decay_frame_factor(configured_s, 0, 1800), 1.002708270977806, 1e-12);
    ASSERT_NEAR(decay_frame_factor(configured_s, 20 * hour_s, NAN), 1.2416814111258785, 1e-12);
}

/* Ratios of such integrals: 20 h to the injection matter, the frame alone does not. */
static void test_replaced_half_life(void) {
    ASSERT_NEAR(decay_replace_half_life(scanner_s, configured_s, 20 * hour_s, 1800),
                1.00019833245898, 1e-12);
    ASSERT_NEAR(decay_replace_half_life(1.04 * configured_s, configured_s, 20 * hour_s, 1800),
                1.0084652397766143, 1e-12);
    ASSERT_NEAR(decay_replace_half_life(scanner_s, configured_s, 0.0, 1800), 1.0000024461290788,
                1e-12);
    ASSERT_NEAR(decay_replace_half_life(scanner_s, configured_s, 20 * hour_s, NAN),
                1.0001958858507392, 1e-12);
    ASSERT_NEAR(decay_replace_half_life(NAN, configured_s, 20 * hour_s, 1800), 1.0, 0.0);
    ASSERT_NEAR(decay_replace_half_life(configured_s, configured_s, 20 * hour_s, 1800), 1.0, 0.0);
}

/* A slice acquired half an hour after the first, half-life 4 % too long: 1.0078346837852488 by that
 * one, 1.0081492973839166 by the right one. Without the frame's duration the mean activity's time
 * stands for the frame: exact to (lambda D)^2 / 24 of 4 %, 5e-8. */
static void test_replaced_in_factor(void) {
    ASSERT_NEAR(
        decay_replace_in_factor(1.0078346837852488, 1.04 * configured_s, configured_s, 1800),
        1.0081492973839166, 1e-12);
    ASSERT_NEAR(decay_replace_in_factor(1.0078346837852488, 1.04 * configured_s, configured_s, NAN),
                1.0081492973839166, 1e-7);
    ASSERT_NEAR(decay_replace_in_factor(1.0078, NAN, configured_s, 1800), 1.0078, 0.0);
}

static void expect(Status status, const Error *error, const char *complaint) {
    CU_ASSERT_EQUAL(status, STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, complaint));
}

static void test_delay(void) {
    Error error = {0};
    CU_ASSERT_EQUAL(decay_check_delay(&yttrium, 0.0, 10, &error), STATUS_OK);
    CU_ASSERT_EQUAL(decay_check_delay(&yttrium, 640.0 * hour_s, 10, &error), STATUS_OK);
    expect(decay_check_delay(&yttrium, -60.0, 10, &error), &error, "before administration");
    expect(decay_check_delay(&yttrium, 641.0 * hour_s, 10, &error), &error, "10 half-lives");
    expect(decay_check_delay(&yttrium, 129.0 * hour_s, 2, &error), &error,
           "dose.max_delay_half_lives, 2");
    CU_ASSERT_EQUAL(decay_check_delay(&yttrium, NAN, 10, &error), STATUS_BAD_DATA);
}

static void test_reference(void) {
    Error error = {0};
    CU_ASSERT_EQUAL(decay_check_reference(&yttrium, 20.0 * hour_s, 10, &error), STATUS_OK);
    CU_ASSERT_EQUAL(decay_check_reference(&yttrium, -0.5 * hour_s, 10, &error), STATUS_OK);
    expect(decay_check_reference(&yttrium, 641.0 * hour_s, 10, &error), &error,
           "decay_reference_time lies 641 h from acquisition_time");
    expect(decay_check_reference(&yttrium, -641.0 * hour_s, 10, &error), &error,
           "decay_reference_time lies 641 h from acquisition_time");
    CU_ASSERT_EQUAL(decay_check_reference(&yttrium, NAN, 10, &error), STATUS_BAD_DATA);
}

static void test_frame(void) {
    Error error = {0};
    CU_ASSERT_EQUAL(decay_check_frame(&yttrium, 1800.0, 10, &error), STATUS_OK);
    CU_ASSERT_EQUAL(decay_check_frame(&yttrium, NAN, 10, &error), STATUS_OK);
    expect(decay_check_frame(&yttrium, 0.0, 10, &error), &error, "frame_duration_s is 0 s");
    expect(decay_check_frame(&yttrium, -1800.0, 10, &error), &error, "frame_duration_s is -1800 s");
    expect(decay_check_frame(&yttrium, INFINITY, 10, &error), &error, "at most 10 half-lives");
    /* Half an hour in microseconds. */
    expect(decay_check_frame(&yttrium, 1.8e9, 10, &error), &error, "at most 10 half-lives");
}

static void test_nuclide(void) {
    Error error = {0};
    /* Scanners write 64.1 h or 64.0 h for 90Y: within 5 %. */
    CU_ASSERT_EQUAL(decay_check_nuclide(&yttrium, 230760, "Y-90", 0.05, &error), STATUS_OK);
    CU_ASSERT_EQUAL(decay_check_nuclide(&yttrium, 230400, "unknown", 0.05, &error), STATUS_OK);
    CU_ASSERT_EQUAL(decay_check_nuclide(&yttrium, NAN, "Y-90", 0.05, &error), STATUS_OK);
    CU_ASSERT_EQUAL(decay_check_nuclide(&fluorine, 6588, "F-18", 0.05, &error), STATUS_OK);
    expect(decay_check_nuclide(&yttrium, NAN, "unknown", 0.05, &error), &error, "neither");
    expect(decay_check_nuclide(&yttrium, NAN, "", 0.05, &error), &error, "neither");
    expect(decay_check_nuclide(&yttrium, 6586.2, "unknown", 0.05, &error), &error, "6586.2");
    expect(decay_check_nuclide(&yttrium, 230551, "F-18", 0.05, &error), &error,
           "radionuclide is F-18, the configured nuclide is Y-90");
    expect(decay_check_nuclide(&yttrium, 6588, "F-18", 0.05, &error), &error, "F-18");
    expect(decay_check_nuclide(&yttrium, 6588, "Y-90", 0.05, &error), &error,
           "half_life_s is 6588 s, that of the configured nuclide Y-90 is 230551 s");
}

static void test_half_lives_that_are_none(void) {
    Error error = {0};
    expect(decay_check_nuclide(&yttrium, 0.0, "Y-90", 0.05, &error), &error,
           "half_life_s is 0 s, wanted a positive number");
    expect(decay_check_nuclide(&yttrium, -230760.0, "Y-90", 0.05, &error), &error,
           "half_life_s is -230760 s, wanted a positive number");
    expect(decay_check_nuclide(&yttrium, INFINITY, "Y-90", 0.05, &error), &error,
           "half_life_s is inf s, wanted a positive number");
}

int main(void) {
    static const UnitTest tests[] = {
        {"decay factors are those worked out by hand", test_decay_factor},
        {"frame factors undo the mean over the frame", test_frame_factor},
        {"the scanner's half-life is replaced", test_replaced_half_life},
        {"a slice factor's half-life is replaced without its delay", test_replaced_in_factor},
        {"the PET follows administration within some half-lives", test_delay},
        {"the decay reference is near the acquisition", test_reference},
        {"a frame has a duration", test_frame},
        {"another nuclide is refused", test_nuclide},
        {"half-lives of zero, below, and beyond numbers are refused",
         test_half_lives_that_are_none},
    };
    return suite_run("dose decay", tests, sizeof tests / sizeof *tests);
}
