/* The HU curve: its points, its lines, its ends, and curves that cannot be. */
#include "dose/hu_curve.h"

#include <math.h>
#include <string.h>

#include "tests/unit/suite.h"

static const HuCurve CURVE = {-1000, 0.0012, 0, 1.0, 1000, 1.6};

/* By hand: 0.0012 + 0.9988 (hu + 1000) / 1000 below water, 1 + 0.0006 hu above. */
static void test_lines(void) {
    static const double expected[][2] = {{-1000, 0.0012}, {-750, 0.2509}, {-500, 0.5006},
                                         {-100, 0.90012}, {0, 1.0},       {60, 1.036},
                                         {500, 1.3},      {1000, 1.6}};
    for (size_t n = 0; n < sizeof expected / sizeof *expected; n++) {
        ASSERT_NEAR(hu_curve_density_g_ml(&CURVE, expected[n][0]), expected[n][1], 1e-12);
    }
}

static void test_ends_are_level(void) {
    ASSERT_NEAR(hu_curve_density_g_ml(&CURVE, -1024), 0.0012, 0);
    ASSERT_NEAR(hu_curve_density_g_ml(&CURVE, -INFINITY), 0.0012, 0);
    ASSERT_NEAR(hu_curve_density_g_ml(&CURVE, 3071), 1.6, 0);
    CU_ASSERT_TRUE(isnan(hu_curve_density_g_ml(&CURVE, NAN)));
}

/* Also with the kink away from 0 HU, where mixing up the two lines would leave a step. */
static void test_rises_without_steps(void) {
    const HuCurve shifted = {-990, 0.002, 40, 1.05, 1500, 1.92};
    const HuCurve *curves[2] = {&CURVE, &shifted};
    for (int c = 0; c < 2; c++) {
        double before = hu_curve_density_g_ml(curves[c], -1100);
        for (double hu = -1100; hu <= 2000; hu += 0.25) {
            double density = hu_curve_density_g_ml(curves[c], hu);
            CU_ASSERT_TRUE(density >= before && density - before < 0.001);
            before = density;
        }
        ASSERT_NEAR(before, curves[c]->bone_g_ml, 0);
    }
}

static void test_impossible_curves(void) {
    static const HuCurve bad[] = {
        {0, 0.0012, 0, 1.0, 1000, 1.6},       {-1000, 0.0012, 1000, 1.0, 1000, 1.6},
        {-1000, 0.0012, 0, 1.0, -5, 1.6},     {-1000, 1.1, 0, 1.0, 1000, 1.6},
        {-1000, 0.0012, 0, 1.7, 1000, 1.6},   {-1000, -0.1, 0, 1.0, 1000, 1.6},
        {-1000, 0.0012, NAN, 1.0, 1000, 1.6}, {-1000, NAN, 0, 1.0, 1000, 1.6},
        {-1000, 0.0012, 0, NAN, 1000, 1.6},   {-1000, 0.0012, 0, 1.0, INFINITY, 1.6}};
    Error error = {0};
    CU_ASSERT_EQUAL(hu_curve_check(&CURVE, &error), STATUS_OK);
    for (size_t n = 0; n < sizeof bad / sizeof *bad; n++) {
        CU_ASSERT_EQUAL(hu_curve_check(&bad[n], &error), STATUS_CONFIG);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "dose.hu_curve"));
    }
}

int main(void) {
    static const UnitTest tests[] = {
        {"the lines go through the points", test_lines},
        {"level beyond air and bone", test_ends_are_level},
        {"density rises with the CT number, without steps", test_rises_without_steps},
        {"impossible curves are configuration errors", test_impossible_curves},
    };
    return suite_run("HU curve", tests, sizeof tests / sizeof *tests);
}
