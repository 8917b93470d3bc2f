/* Exact probabilities of the protocol's strata, for lesions of known uncertainty.
 *
 * Given the shared calibration the lesions are independent, so that the number underdosed is
 * Poisson-binomial and the numbers of underdosed lesions that are, and are not, amenable follow a
 * product of trinomials: both by adding one lesion after the other (Chen & Liu, Statistica Sinica
 * 1997;7:875, for the first). The calibration is integrated over by the trapezoidal rule, which on
 * the whole line converges faster than any power of the step. Shares no code with the sampling. */
#ifndef YTTRIA_TESTS_EXACT_STRATA_H
#define YTTRIA_TESTS_EXACT_STRATA_H

#include <string.h>

#include "tests/unit/stratify/probability_fixture.h"

/* counts[k], k = 0 ... n: probability that k of n independent events happen. */
static inline void poisson_binomial(const double *p, size_t n, double *counts) {
    memset(counts, 0, (n + 1) * sizeof *counts);
    counts[0] = 1.0;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = i + 1; k > 0; k--) {
            counts[k] = counts[k] * (1 - p[i]) + counts[k - 1] * p[i];
        }
        counts[0] *= 1 - p[i];
    }
}

/* Strata if lesion i is underdosed with probability low[i] and amenable with ablation[i]. */
static inline void exact_strata_of(const double *low, const double *ablation, size_t n,
                                   double strata[RULE_MAX_STRATUM + 1]) {
    double joint[FIXTURE_LESIONS + 2][FIXTURE_LESIONS + 2] = {{0}}; /* [amenable][not] + 1 */
    joint[1][1] = 1.0;
    for (size_t i = 0; i < n; i++) {
        for (size_t a = i + 2; a > 0; a--) {
            for (size_t b = i + 2; b > 0; b--) {
                joint[a][b] = joint[a][b] * (1 - low[i]) + joint[a - 1][b] * low[i] * ablation[i] +
                              joint[a][b - 1] * low[i] * (1 - ablation[i]);
            }
        }
    }
    memset(strata, 0, (RULE_MAX_STRATUM + 1) * sizeof *strata);
    for (size_t a = 0; a <= n; a++) {
        for (size_t b = 0; a + b <= n; b++) {
            int stratum = a + b > 4 ? 5 : a + b == 0 ? 1 : b == 0 ? 2 : a == 0 ? 3 : 4;
            strata[stratum] += joint[a + 1][b + 1];
        }
    }
}

static inline double exact_below(double limit, double value, double uncertainty) {
    return uncertainty > 0 ? fixture_normal((limit - value) / uncertainty) : value < limit;
}

/* Probability that lesion i is underdosed if the calibration is q standard deviations off. */
static inline double exact_low(const Uncertain *u, size_t i, double q) {
    double factor = exp(q * sqrt(log(1 + u->calibration * u->calibration)));
    return exact_below(PROTOCOL.threshold_gy / factor, u->davg_gy[i], u->own_gy[i]);
}

/* Strata, and by lesion P(underdosed); `n_steps` of the integral over +-8.5 standard deviations,
 * beyond which there is 2e-17. */
static inline void exact_strata(const Uncertain *u, int n_steps,
                                double strata[RULE_MAX_STRATUM + 1], double *underdosed) {
    double ablation[FIXTURE_LESIONS], low[FIXTURE_LESIONS], given[RULE_MAX_STRATUM + 1];
    double step = 17.0 / n_steps;
    memset(strata, 0, (RULE_MAX_STRATUM + 1) * sizeof *strata);
    memset(underdosed, 0, u->n * sizeof *underdosed);
    for (size_t i = 0; i < u->n; i++) {
        ablation[i] =
            exact_below(PROTOCOL.ablation_max_diameter_mm, u->diameter_mm[i], u->u_diameter_mm) *
            (1 - exact_below(PROTOCOL.contact_tolerance_mm, u->distance_mm[i], u->u_distance_mm));
    }
    for (int k = 0; k <= n_steps; k++) {
        double q = -8.5 + k * step, weight = step * exp(-q * q / 2) / sqrt(2 * M_PI);
        for (size_t i = 0; i < u->n; i++) {
            low[i] = exact_low(u, i, q);
            underdosed[i] += weight * low[i];
        }
        exact_strata_of(low, ablation, u->n, given);
        for (int s = 0; s <= RULE_MAX_STRATUM; s++) {
            strata[s] += weight * given[s];
        }
    }
}

#endif
