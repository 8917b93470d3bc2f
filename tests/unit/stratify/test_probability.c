/* Sampling of probability.h against closed forms of one and two normal numbers, and what must not
 * matter. Exact strata: tests/validation/stratify/test_probability_exact.c. */
#include "stratify/probability.h"

#include <string.h>

#include "tests/unit/stratify/probability_fixture.h"

enum { SAMPLES = 40000 };

/* Four and a half standard errors of a share: of a few hundred comparisons none is beyond. */
static double bound(double p) {
    return 4.5 * probability_standard_error(p, SAMPLES);
}

/* Lays the patient out and samples it. */
static Sampled sample(Uncertain *u) {
    fixture_lay_out(u, SAMPLES, 1);
    return fixture_sample(u);
}

static void test_certain(void) {
    static const struct {
        size_t n_low, n_low_large;
        int stratum;
    } cases[] = {{0, 0, 1}, {2, 0, 2}, {2, 2, 3}, {3, 1, 4}, {5, 0, 5}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        Uncertain u = fixture_alike(6, 50.0);
        for (size_t i = 0; i < cases[c].n_low; i++) {
            u.davg_gy[i] = 10.0;
            u.diameter_mm[i] = i < cases[c].n_low_large ? 40.0 : 20.0;
        }
        Sampled sampled = sample(&u);
        for (int s = 0; s <= RULE_MAX_STRATUM; s++) {
            CU_ASSERT_EQUAL(sampled.strata[s], s == cases[c].stratum ? 1.0 : 0.0);
        }
        for (size_t i = 0; i < u.n; i++) {
            CU_ASSERT_EQUAL(sampled.lesions[i].underdosed, i < cases[c].n_low ? 1.0 : 0.0);
            CU_ASSERT_EQUAL(sampled.lesions[i].amenable, i < cases[c].n_low_large ? 0.0 : 1.0);
        }
    }
}

/* Normal exceedances by erfc: one quantity at a time, then size and vessel together. */
static void test_one_lesion(void) {
    static const double values[] = {24.0, 28.0, 30.0, 31.0, 36.0};
    for (size_t n = 0; n < sizeof values / sizeof *values; n++) {
        Uncertain u = fixture_alike(1, values[n]);
        u.own_gy[0] = 3.0;
        double p = fixture_normal((30.0 - values[n]) / 3.0);
        Sampled sampled = sample(&u);
        ASSERT_NEAR(sampled.lesions[0].underdosed, p, bound(p));
        ASSERT_NEAR(sampled.strata[2], p, bound(p));
        ASSERT_NEAR(sampled.strata[1], 1 - p, bound(p));

        u = fixture_alike(1, values[n]);
        u.calibration = 0.1;
        p = fixture_normal(log(30.0 / values[n]) / sqrt(log(1 + 0.1 * 0.1)));
        sampled = sample(&u);
        ASSERT_NEAR(sampled.lesions[0].underdosed, p, bound(p));

        u = fixture_alike(1, 10.0);
        u.diameter_mm[0] = values[n];
        u.distance_mm[0] = 4.0;
        u.u_diameter_mm = 2.0;
        u.u_distance_mm = 1.5;
        p = fixture_normal((30.0 - values[n]) / 2.0) * fixture_normal((4.0 - 3.0) / 1.5);
        sampled = sample(&u);
        ASSERT_NEAR(sampled.lesions[0].amenable, p, bound(p));
        ASSERT_NEAR(sampled.strata[2], p, bound(p));
        ASSERT_NEAR(sampled.strata[3], 1 - p, bound(p));
    }
}

/* Calibration alone: all lesions are underdosed or none; noise alone: each for itself. */
static void test_correlation(void) {
    Uncertain u = fixture_alike(5, 31.0);
    u.calibration = 0.1;
    double p = fixture_normal(log(30.0 / 31.0) / sqrt(log(1.01)));
    Sampled sampled = sample(&u);
    ASSERT_NEAR(sampled.strata[5], p, bound(p));
    CU_ASSERT_EQUAL(sampled.strata[5] + sampled.strata[1], 1.0);

    u.calibration = 0.0;
    for (size_t i = 0; i < u.n; i++) {
        u.own_gy[i] = 3.0;
    }
    p = fixture_normal(-1.0 / 3.0);
    sampled = sample(&u);
    ASSERT_NEAR(sampled.strata[5], pow(p, 5), bound(pow(p, 5)));
    ASSERT_NEAR(sampled.strata[1], pow(1 - p, 5), bound(pow(1 - p, 5)));
}

/* The calibration's factor keeps the sign; a dose below zero is underdosed by noise alone. */
static void test_sign(void) {
    Uncertain u = fixture_alike(1, -1.0);
    u.calibration = 2.0;
    CU_ASSERT_EQUAL(sample(&u).lesions[0].underdosed, 1.0);
    u = fixture_alike(1, 1e-3);
    u.calibration = 2.0;
    Sampled sampled = sample(&u);
    /* 10.3 natural logarithms away at a width of 1.27: never */
    CU_ASSERT_EQUAL(sampled.lesions[0].underdosed, 1.0);
}

/* A measured contact stays one whatever the error, if the tolerance allows for it. */
static void test_staircase(void) {
    const StrataVessel vessels[] = {{2.0, 3.0}, {4.0, 6.0}, {9.0, 8.0}};
    Uncertain u = fixture_alike(1, 10.0);
    u.u_distance_mm = 1.5;
    fixture_lay_out(&u, SAMPLES, 1);
    u.lesions[0].vessels = vessels;
    u.lesions[0].n_vessels = 3;
    double p = fixture_normal((4.0 - 3.0) / 1.5); /* the second is the first that is wide enough */
    ASSERT_NEAR(fixture_sample(&u).lesions[0].amenable, p, bound(p));
    u.lesions[0].n_vessels = 1;
    CU_ASSERT_EQUAL(fixture_sample(&u).lesions[0].amenable, 1.0);
}

static void test_unknown(void) {
    Uncertain u = fixture_alike(2, 31.0);
    u.own_gy[0] = 2.0;
    u.own_gy[1] = NAN;
    Sampled sampled = sample(&u);
    CU_ASSERT(isnan(sampled.lesions[1].underdosed));
    CU_ASSERT_EQUAL(sampled.lesions[1].amenable, 1.0);
    CU_ASSERT(sampled.lesions[0].underdosed > 0.2 && sampled.lesions[0].underdosed < 0.4);
    for (int s = 0; s <= RULE_MAX_STRATUM; s++) {
        CU_ASSERT(isnan(sampled.strata[s]));
    }
    /* A lesion that has no valid dose needs none: the rules say 0. */
    u.lesions[1].is_outside_dose = true;
    sampled = fixture_sample(&u);
    CU_ASSERT_EQUAL(sampled.strata[0], 1.0);
    CU_ASSERT(isnan(sampled.lesions[1].underdosed));

    u = fixture_alike(2, 10.0);
    u.diameter_mm[0] = 50.0;
    u.u_diameter_mm = 1.0;
    fixture_lay_out(&u, SAMPLES, 1);
    u.patient.has_vessels = false;
    sampled = fixture_sample(&u);
    CU_ASSERT_EQUAL(sampled.lesions[0].amenable, 0.0); /* too large in any case */
    CU_ASSERT(isnan(sampled.lesions[1].amenable));
    CU_ASSERT_EQUAL(sampled.strata[0], 1.0);
}

static void test_patient_facts(void) {
    Uncertain u = fixture_alike(1, 31.0);
    u.own_gy[0] = 2.0;
    fixture_lay_out(&u, SAMPLES, 1);
    u.patient.progression = STRATA_YES;
    CU_ASSERT_EQUAL(fixture_sample(&u).strata[5], 1.0);
    u.patient.imaging_delay_h = 48.0;
    CU_ASSERT_EQUAL(fixture_sample(&u).strata[0], 1.0);
    u.patient.n_lesions = 0;
    CU_ASSERT_EQUAL(fixture_sample(&u).strata[0], 1.0);
}

static Uncertain mixed(void) {
    Uncertain u = {.n = 6,
                   .davg_gy = {28.0, 31.0, 25.0, 35.0, 30.0, 33.0},
                   .diameter_mm = {29.0, 31.0, 20.0, 28.0, 33.0, 26.0},
                   .distance_mm = {9.0, 4.0, 2.0, 5.0, 3.0, 12.0},
                   .calibration = 0.05,
                   .own_gy = {2.0, 3.0, 4.0, 2.5, 3.5, 1.0},
                   .u_diameter_mm = 1.5,
                   .u_distance_mm = 1.0};
    return u;
}

/* The same again is the same to the bit; another order of lesions, or another seed, the same within
 * sampling (root 2: both are sampled). */
static void test_invariance(void) {
    Uncertain u = mixed(), again = mixed(), reversed = mixed(), reseeded = mixed();
    for (size_t i = 0; i < u.n; i++) {
        reversed.davg_gy[i] = u.davg_gy[u.n - 1 - i];
        reversed.diameter_mm[i] = u.diameter_mm[u.n - 1 - i];
        reversed.distance_mm[i] = u.distance_mm[u.n - 1 - i];
        reversed.own_gy[i] = u.own_gy[u.n - 1 - i];
    }
    Sampled first = sample(&u), second = sample(&again), third = sample(&reversed);
    fixture_lay_out(&reseeded, SAMPLES, 2);
    Sampled fourth = fixture_sample(&reseeded);
    double sum = 0.0;
    for (int s = 0; s <= RULE_MAX_STRATUM; s++) {
        CU_ASSERT_EQUAL(first.strata[s], second.strata[s]);
        ASSERT_NEAR(first.strata[s], third.strata[s], sqrt(2) * bound(first.strata[s]));
        ASSERT_NEAR(first.strata[s], fourth.strata[s], sqrt(2) * bound(first.strata[s]));
        sum += first.strata[s];
    }
    ASSERT_NEAR(sum, 1.0, 1e-12); /* counts over a count */
    CU_ASSERT_NOT_EQUAL(first.lesions[0].underdosed, fourth.lesions[0].underdosed);
    CU_ASSERT_EQUAL(memcmp(first.lesions, second.lesions, u.n * sizeof *first.lesions), 0);
    for (size_t i = 0; i < u.n; i++) {
        double p = first.lesions[i].underdosed;
        ASSERT_NEAR(p, third.lesions[u.n - 1 - i].underdosed, sqrt(2) * bound(p));
    }
}

/* More lesions after a lesion do not change its own samples. */
static void test_lesion_by_lesion(void) {
    Uncertain all = mixed(), some = mixed();
    some.n = 3;
    Sampled of_all = sample(&all), of_some = sample(&some);
    CU_ASSERT_EQUAL(memcmp(of_all.lesions, of_some.lesions, some.n * sizeof *of_all.lesions), 0);
}

/* Root mean square error over seeds of P(stratum 4) around its value of many samples. */
static double spread(size_t n_samples, double truth) {
    enum { SEEDS = 200 };
    double sum = 0.0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        Uncertain u = mixed();
        fixture_lay_out(&u, n_samples, seed);
        sum += pow(fixture_sample(&u).strata[4] - truth, 2);
    }
    return sqrt(sum / SEEDS);
}

/* 1/sqrt(N): the error is the stated standard error at N and at 16 N. A root mean square of 200 is
 * known to 5 %: within 20 %. Sizes that are no multiple of 64 lanes. */
static void test_convergence(void) {
    Uncertain u = mixed();
    fixture_lay_out(&u, 300000, 77);
    double truth = fixture_sample(&u).strata[4];
    for (size_t n_samples = 150; n_samples <= 2400; n_samples *= 16) {
        double stated = probability_standard_error(truth, n_samples);
        ASSERT_NEAR(spread(n_samples, truth) / stated, 1.0, 0.2);
    }
}

static void test_standard_error(void) {
    ASSERT_NEAR(probability_standard_error(0.5, 10000), 0.005, 1e-6);
    CU_ASSERT(probability_standard_error(1.0, 10000) > 0.0);
    ASSERT_NEAR(probability_standard_error(1.0, 10000), 1e-4, 1e-6);
}

/* As dose_uncertainty_diameter_mm of segment for a voxel of 1 mm and an unknown resolution:
 * sqrt(1/6 + 0.360674) = 0.726182. */
static void test_length(void) {
    ASSERT_NEAR(probability_length_mm(NAN, sqrt(3.0)), 0.726182, 1e-5);
    CU_ASSERT_EQUAL(probability_length_mm(0.0, 2.0), 0.0);
    CU_ASSERT_EQUAL(probability_length_mm(1.25, 2.0), 1.25);
}

int main(void) {
    const UnitTest tests[] = {
        {"without uncertainty the stratum is certain", test_certain},
        {"one lesion follows the normal distribution", test_one_lesion},
        {"calibration is shared and noise is not", test_correlation},
        {"calibration cannot change a dose's sign", test_sign},
        {"the vessel staircase shifts as a whole", test_staircase},
        {"what is unknown has no probability", test_unknown},
        {"facts about the patient are certain", test_patient_facts},
        {"order and seed do not matter", test_invariance},
        {"a lesion's samples are its own", test_lesion_by_lesion},
        {"the error falls as stated", test_convergence},
        {"the standard error is never zero", test_standard_error},
        {"lengths are as certain as voxels", test_length},
    };
    return suite_run("probability", tests, sizeof tests / sizeof *tests);
}
