/* SBRT beside 90Y against closed forms: the linear-quadratic model by hand, and a made-up liver, a
 * slab that begins at the margin of a flat target, where every sum is an integral of 2^(-x/h). */
#include "stratify/sbrt.h"

#include <math.h>
#include <stdlib.h>

#include "tests/unit/suite.h"

enum { POINTS = 20000 };

/* 48 Gy in 3 fractions; 5 mm of margin, half every 6 mm; spared below 15 Gy. */
static const SbrtConfig SCHEME = {3, 16, 5, 6, 15};
static const double LIVER_GY = 2.75, LENGTH_MM = 40, MARGIN_MM = 5, HALF_MM = 6;

static Error error;

/* By hand: 48 (1 + 16 / 10) = 124.8 Gy; the review of SBRT prints 117 Gy for the same scheme. */
static void the_scheme_is_worth_what_the_model_says(void) {
    ASSERT_NEAR(sbrt_bed_gy(3, 16, 10), 124.8, 1e-12);
    ASSERT_NEAR(sbrt_eqd2_gy(124.8, 10), 104, 1e-12);
    ASSERT_NEAR(sbrt_bed_gy(5, 10, 10), 100, 1e-12);
    ASSERT_NEAR(sbrt_bed_gy(3, 20, 10), 180, 1e-12);
    ASSERT_NEAR(sbrt_bed_gy(3, 15, 3), 270, 1e-12);
    /* In fractions of 2 Gy EQD2 is the dose, whatever the tissue: 32 Gy to the liver. */
    ASSERT_NEAR(sbrt_eqd2_gy(sbrt_bed_gy(16, 2, 2.75), 2.75), 32, 1e-12);
    ASSERT_NEAR(sbrt_eqd2_gy(sbrt_bed_gy(16, 2, 10), 10), 32, 1e-12);
}

static void dose_halves_beyond_the_margin(void) {
    ASSERT_NEAR(sbrt_share(&SCHEME, 0), 1, 0);
    ASSERT_NEAR(sbrt_share(&SCHEME, 5), 1, 0);
    ASSERT_NEAR(sbrt_share(&SCHEME, 11), 0.5, 1e-15);
    ASSERT_NEAR(sbrt_share(&SCHEME, 17), 0.25, 1e-15);
    CU_ASSERT(isnan(sbrt_share(&SCHEME, NAN)));
}

/* Points evenly from the margin to LENGTH_MM beyond it; 0.05 mL each, 1000 mL together; 90Y has
 * given `y90_bed_gy` everywhere. */
static SbrtSample make_slab(double y90_bed_gy) {
    double *numbers = malloc(3 * POINTS * sizeof *numbers);
    for (int n = 0; n < POINTS; n++) {
        numbers[n] = 0.05;
        numbers[POINTS + n] = y90_bed_gy;
        numbers[2 * POINTS + n] = MARGIN_MM + (n + 0.5) * LENGTH_MM / POINTS;
    }
    return (SbrtSample){POINTS, 1, numbers, numbers + POINTS, numbers + 2 * POINTS};
}

static double slab_bed_gy(double x_mm) {
    double fraction_gy = 16 * pow(2, -x_mm / HALF_MM);
    return 3 * fraction_gy * (1 + fraction_gy / LIVER_GY);
}

/* Integrals over x from 0 to L: of 2^(-x/h) it is h / ln 2 (1 - 2^(-L/h)), of its square half of
 * that with h / 2. */
static void a_slab_of_liver_gets_what_the_integrals_say(void) {
    const bool treated = true;
    const double y90_gy = 20;
    double k = HALF_MM / log(2) / LENGTH_MM;
    double mean_share = k * (1 - pow(2, -LENGTH_MM / HALF_MM));
    double mean_square = k / 2 * (1 - pow(2, -2 * LENGTH_MM / HALF_MM));
    double mean_bed_gy = 48 * mean_share + 48 * 16 / LIVER_GY * mean_square;
    double to_eqd2 = 1 / (1 + 2 / LIVER_GY);
    /* The dose of 15 Gy is reached where 48 Gy have fallen to it; the BED of 15 Gy in 3 fractions
     * less that of 90Y where 3 d (1 + d / 2.75) is as much. */
    double spared_mm = LENGTH_MM - HALF_MM * log2(48.0 / 15);
    double left_gy = 15 * (1 + 5 / LIVER_GY) - y90_gy;
    double fraction_gy = LIVER_GY / 2 * (sqrt(1 + 4 * left_gy / (3 * LIVER_GY)) - 1);
    double spared_both_mm = LENGTH_MM - HALF_MM * log2(16 / fraction_gy);
    SbrtSample slab = make_slab(y90_gy);
    SbrtLiver liver;
    CU_ASSERT_EQUAL_FATAL(sbrt_liver_dose(&SCHEME, LIVER_GY, &slab, &treated, &liver, &error),
                          STATUS_OK);
    /* Midpoints of 20,000 intervals; volumes and the third are off by one point at most. */
    ASSERT_NEAR(liver.n_targets, 1, 0);
    ASSERT_NEAR(liver.volume_ml, 1000, 1e-6);
    ASSERT_NEAR(liver.known_percent, 100, 1e-9);
    ASSERT_NEAR(liver.mean_gy, 48 * mean_share, 1e-5);
    ASSERT_NEAR(liver.mean_bed_gy[SBRT_Y90], y90_gy, 1e-9);
    ASSERT_NEAR(liver.mean_bed_gy[SBRT_ALONE], mean_bed_gy, 1e-4);
    ASSERT_NEAR(liver.mean_bed_gy[SBRT_CUMULATED], y90_gy + mean_bed_gy, 1e-4);
    ASSERT_NEAR(liver.mean_eqd2_gy[SBRT_CUMULATED], (y90_gy + mean_bed_gy) * to_eqd2, 1e-4);
    ASSERT_NEAR(liver.spared_ml, 1000 * spared_mm / LENGTH_MM, 0.051);
    ASSERT_NEAR(liver.spared_both_ml, 1000 * spared_both_mm / LENGTH_MM, 0.051);
    ASSERT_NEAR(liver.third_eqd2_gy[SBRT_ALONE], slab_bed_gy(LENGTH_MM / 3) * to_eqd2, 0.02);
    ASSERT_NEAR(liver.third_eqd2_gy[SBRT_CUMULATED],
                (slab_bed_gy(LENGTH_MM / 3) + y90_gy) * to_eqd2, 0.02);
    free((double *)slab.volume_ml);
}

/* BED adds point by point: where 90Y was high SBRT is low here, so that the hottest third of both
 * is not the sum of the hottest thirds. Three points of 1 mL, by hand with alpha/beta of 3 Gy. */
static void beds_add_where_they_are(void) {
    static const SbrtConfig scheme = {3, 6, 0, 10, 9};
    static const double volume_ml[] = {1, 1, 1}, y90_gy[] = {0, 10, 80},
                        distance_mm[] = {0, 10, 20};
    const SbrtSample sample = {3, 1, volume_ml, y90_gy, distance_mm};
    const bool treated = true;
    SbrtLiver liver;
    /* 6, 3 and 1.5 Gy a fraction: BED 18 * 3 = 54, 9 * 2 = 18, 4.5 * 1.5 = 6.75 Gy. */
    CU_ASSERT_EQUAL_FATAL(sbrt_liver_dose(&scheme, 3, &sample, &treated, &liver, &error),
                          STATUS_OK);
    ASSERT_NEAR(liver.mean_bed_gy[SBRT_ALONE], (54 + 18 + 6.75) / 3, 1e-12);
    ASSERT_NEAR(liver.mean_bed_gy[SBRT_CUMULATED], (54 + 28 + 86.75) / 3, 1e-12);
    ASSERT_NEAR(liver.third_eqd2_gy[SBRT_ALONE], 54 / (1 + 2.0 / 3), 1e-12);
    ASSERT_NEAR(liver.third_eqd2_gy[SBRT_Y90], 80 / (1 + 2.0 / 3), 1e-12);
    ASSERT_NEAR(liver.third_eqd2_gy[SBRT_CUMULATED], 86.75 / (1 + 2.0 / 3), 1e-12);
    ASSERT_NEAR(liver.spared_ml, 1, 1e-12);      /* 9 Gy is not below 9 Gy */
    ASSERT_NEAR(liver.spared_both_ml, 0, 1e-12); /* none below the BED of 9 Gy, 18 Gy */
}

static void shares_of_targets_add_up_to_the_prescription(void) {
    static const double volume_ml[] = {1, 1}, y90_gy[] = {0, 0};
    static const double distance_mm[] = {11, 8, /* of the first lesion */ 17, 8, /* second */
                                         0,  0 /* a third, not treated */};
    const SbrtSample sample = {2, 3, volume_ml, y90_gy, distance_mm};
    const bool treated[] = {true, true, false};
    SbrtLiver liver;
    CU_ASSERT_EQUAL_FATAL(sbrt_liver_dose(&SCHEME, 10, &sample, treated, &liver, &error),
                          STATUS_OK);
    /* A half and a quarter; twice 2^(-1/2), which is more than all. */
    ASSERT_NEAR(liver.n_targets, 2, 0);
    ASSERT_NEAR(liver.mean_gy, 48 * (0.75 + 1) / 2, 1e-12);
}

static void what_is_unknown_stays_so(void) {
    static const double volume_ml[] = {1, 3}, distance_mm[] = {5, 100, NAN, 5};
    static const double y90_gy[] = {40, NAN};
    const SbrtSample sample = {2, 2, volume_ml, y90_gy, distance_mm};
    const bool first[] = {true, false}, second[] = {false, true};
    SbrtLiver liver;
    CU_ASSERT_EQUAL_FATAL(sbrt_liver_dose(&SCHEME, 10, &sample, first, &liver, &error), STATUS_OK);
    ASSERT_NEAR(liver.known_percent, 25, 1e-12);
    ASSERT_NEAR(liver.mean_bed_gy[SBRT_Y90], 40, 1e-12);
    ASSERT_NEAR(liver.mean_bed_gy[SBRT_CUMULATED], 164.8, 1e-12); /* of the known part */
    ASSERT_NEAR(liver.spared_ml, 3, 1e-12);
    ASSERT_NEAR(liver.spared_both_ml, 0, 1e-12);
    const bool *const unknown[] = {second, NULL};
    for (int u = 0; u < 2; u++) {
        CU_ASSERT_EQUAL_FATAL(sbrt_liver_dose(&SCHEME, 10, &sample, unknown[u], &liver, &error),
                              STATUS_OK);
        CU_ASSERT(isnan(liver.spared_ml) && isnan(liver.spared_both_ml) && isnan(liver.mean_gy));
        CU_ASSERT(isnan(liver.mean_bed_gy[SBRT_ALONE]) && isnan(liver.third_eqd2_gy[SBRT_ALONE]));
        CU_ASSERT(isnan(liver.mean_bed_gy[SBRT_CUMULATED]));
        ASSERT_NEAR(liver.mean_bed_gy[SBRT_Y90], 40, 1e-12);
    }
    CU_ASSERT(isnan(liver.n_targets));
    const SbrtSample none = {.n_lesions = 2};
    CU_ASSERT_EQUAL_FATAL(sbrt_liver_dose(&SCHEME, 10, &none, first, &liver, &error), STATUS_OK);
    CU_ASSERT(isnan(liver.volume_ml) && isnan(liver.spared_ml) && isnan(liver.known_percent));
    CU_ASSERT(isnan(liver.mean_bed_gy[SBRT_Y90]) && isnan(liver.third_eqd2_gy[SBRT_CUMULATED]));
}

int main(void) {
    static const UnitTest tests[] = {
        {"BED and EQD2 of schemes are those by hand", the_scheme_is_worth_what_the_model_says},
        {"the dose halves with the distance beyond the margin", dose_halves_beyond_the_margin},
        {"a slab of liver gets what the integrals say",
         a_slab_of_liver_gets_what_the_integrals_say},
        {"BEDs add point by point", beds_add_where_they_are},
        {"shares of several targets add up, at most to the prescription",
         shares_of_targets_add_up_to_the_prescription},
        {"what is unknown stays unknown", what_is_unknown_stays_so},
    };
    return suite_run("stratify/sbrt", tests, sizeof tests / sizeof *tests);
}
