/* Sampled probabilities against exact ones (exact_strata.h), and those against enumeration. */
#include <gsl/gsl_integration.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

#include "tests/validation/stratify/exact_strata.h"

enum { PATIENTS = 40, SAMPLES = 40000, STEPS = 800 };

/* All 2^n outcomes one by one. */
static void test_poisson_binomial(void) {
    static const double p[] = {0.02, 0.5, 0.31, 0.97, 0.0, 0.66, 1.0, 0.12};
    for (size_t n = 0; n <= 8; n++) {
        double counts[9], all[9] = {0.0};
        poisson_binomial(p, n, counts);
        for (unsigned outcome = 0; outcome < 1u << n; outcome++) {
            double product = 1.0;
            for (size_t i = 0; i < n; i++) {
                product *= (outcome >> i & 1u) != 0 ? p[i] : 1 - p[i];
            }
            all[__builtin_popcount(outcome)] += product;
        }
        for (size_t k = 0; k <= n; k++) {
            ASSERT_NEAR(counts[k], all[k], 1e-14); /* rounding of 256 terms */
        }
    }
    double equal[] = {0.3, 0.3, 0.3, 0.3, 0.3, 0.3}, counts[7];
    poisson_binomial(equal, 6, counts);
    for (unsigned k = 0; k <= 6; k++) {
        ASSERT_NEAR(counts[k], gsl_ran_binomial_pdf(k, 0.3, 6), 1e-14);
    }
}

/* All 3^n outcomes: not underdosed, underdosed and amenable, underdosed and not. */
static void test_strata_of(void) {
    static const double low[] = {0.4, 0.9, 0.25, 0.7, 0.55, 0.1},
                        ablation[] = {0.3, 0.8, 1.0, 0.0, 0.6, 0.45};
    enum { N = 6, OUTCOMES = 729 };
    double strata[RULE_MAX_STRATUM + 1], all[RULE_MAX_STRATUM + 1] = {0.0};
    exact_strata_of(low, ablation, N, strata);
    for (int outcome = 0; outcome < OUTCOMES; outcome++) {
        int rest = outcome, n_ablation = 0, n_low = 0;
        double product = 1.0;
        for (size_t i = 0; i < N; i++, rest /= 3) {
            int kind = rest % 3;
            product *=
                kind == 0 ? 1 - low[i] : low[i] * (kind == 1 ? ablation[i] : 1 - ablation[i]);
            n_low += kind > 0;
            n_ablation += kind == 1;
        }
        int stratum = 4;
        stratum = n_ablation == 0 ? 3 : stratum;
        stratum = n_ablation == n_low ? 2 : stratum;
        stratum = n_low == 0 ? 1 : stratum;
        stratum = n_low > 4 ? 5 : stratum;
        all[stratum] += product;
    }
    double counts[N + 1];
    poisson_binomial(low, N, counts);
    ASSERT_NEAR(strata[1], counts[0], 1e-14);
    ASSERT_NEAR(strata[5], counts[5] + counts[6], 1e-14);
    for (int s = 0; s <= RULE_MAX_STRATUM; s++) {
        ASSERT_NEAR(strata[s], all[s], 1e-14);
    }
}

/* A patient around all limits at once. */
static Uncertain draw(gsl_rng *rng) {
    Uncertain u = {.n = 1 + gsl_rng_uniform_int(rng, 8)};
    u.calibration = gsl_ran_flat(rng, 0.0, 0.2);
    u.u_diameter_mm = gsl_ran_flat(rng, 0.5, 3.0);
    u.u_distance_mm = gsl_ran_flat(rng, 0.5, 3.0);
    for (size_t i = 0; i < u.n; i++) {
        u.davg_gy[i] = gsl_ran_flat(rng, 15.0, 50.0);
        u.own_gy[i] = gsl_ran_flat(rng, 0.5, 6.0);
        u.diameter_mm[i] = gsl_ran_flat(rng, 20.0, 36.0);
        u.distance_mm[i] = gsl_ran_flat(rng, 0.0, 12.0);
    }
    return u;
}

/* The integral by another rule: Gauss and Hermite, 64 nodes, of P(all lesions are underdosed). */
static void test_integral(void) {
    Uncertain u = {.n = 3,
                   .davg_gy = {28.0, 31.0, 33.0},
                   .diameter_mm = {40.0, 40.0, 40.0},
                   .distance_mm = {9.0, 9.0, 9.0},
                   .calibration = 0.08,
                   .own_gy = {3.0, 4.0, 3.5}};
    double strata[RULE_MAX_STRATUM + 1], underdosed[FIXTURE_LESIONS], none = 0.0;
    exact_strata(&u, STEPS, strata, underdosed);
    gsl_integration_fixed_workspace *rule =
        gsl_integration_fixed_alloc(gsl_integration_fixed_hermite, 64, 0.0, 1.0, 0.0, 0.0);
    const double *nodes = gsl_integration_fixed_nodes(rule);
    const double *weights = gsl_integration_fixed_weights(rule);
    for (int k = 0; k < 64; k++) {
        double product = weights[k] / sqrt(M_PI);
        for (size_t i = 0; i < u.n; i++) {
            product *= 1 - exact_low(&u, i, sqrt(2.0) * nodes[k]);
        }
        none += product;
    }
    gsl_integration_fixed_free(rule);
    ASSERT_NEAR(strata[1], none, 1e-9); /* both converged far beyond what sampling can show */
    ASSERT_NEAR(strata[1] + strata[3], 1.0, 1e-12);
}

/* 4.5 standard errors of sampling: of 40 x 14 comparisons, one in 270 runs would be beyond. */
static void test_sampling(void) {
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    double worst = 0.0;
    for (int patient = 0; patient < PATIENTS; patient++) {
        Uncertain u = draw(rng);
        double strata[RULE_MAX_STRATUM + 1], finer[RULE_MAX_STRATUM + 1];
        double underdosed[FIXTURE_LESIONS];
        exact_strata(&u, 2 * STEPS, finer, underdosed);
        exact_strata(&u, STEPS, strata, underdosed);
        fixture_lay_out(&u, SAMPLES, (uint64_t)patient);
        Sampled sampled = fixture_sample(&u);
        for (int s = 0; s <= RULE_MAX_STRATUM; s++) {
            double error = probability_standard_error(strata[s], SAMPLES);
            ASSERT_NEAR(strata[s], finer[s], 1e-6); /* the integral has converged */
            ASSERT_NEAR(sampled.strata[s], strata[s], 4.5 * error);
            worst = fmax(worst, fabs(sampled.strata[s] - strata[s]) / error);
        }
        for (size_t i = 0; i < u.n; i++) {
            ASSERT_NEAR(sampled.lesions[i].underdosed, underdosed[i],
                        4.5 * probability_standard_error(underdosed[i], SAMPLES));
        }
    }
    gsl_rng_free(rng);
    printf("sampled against exact strata: worst of %d is %.1f standard errors\n",
           PATIENTS * (RULE_MAX_STRATUM + 1), worst);
}

int main(void) {
    const UnitTest tests[] = {
        {"Poisson-binomial counts are those of enumeration", test_poisson_binomial},
        {"exact strata are those of enumeration", test_strata_of},
        {"the integral over the calibration is that of Gauss and Hermite", test_integral},
        {"sampling agrees with exact strata", test_sampling},
    };
    return suite_run("probability_exact", tests, sizeof tests / sizeof *tests);
}
