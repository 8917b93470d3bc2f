/* The spectrum of 90Y against the tabulated one of ICRP Publication 107, and its sampling. */
#include "dose/beta_spectrum.h"

#include <math.h>

#include "tests/unit/suite.h"

static const double END_POINT_MEV = 2.2787;

/* Simpson's rule, which the module does not use. */
static void integrate(double power, double *integral) {
    enum { PARTS = 20000 };
    *integral = 0.0;
    for (int n = 0; n <= PARTS; n++) {
        double energy = END_POINT_MEV * n / PARTS;
        double weight = n == 0 || n == PARTS ? 1.0 : n % 2 ? 4.0 : 2.0;
        *integral += weight * pow(energy, power) * beta_spectrum_y90_density(energy) *
                     END_POINT_MEV / PARTS / 3.0;
    }
}

/* Means: ICRP 107 0.9331 MeV (index file), EGSnrc's first-forbidden shape 0.9355 MeV, DDEP 0.9267
 * MeV. They differ by 0.9 %, mostly in the shape factor; ours must lie among them. */
static void test_mean(void) {
    static BetaSpectrum spectrum;
    double all, energy;
    beta_spectrum_y90(&spectrum);
    integrate(0.0, &all);
    integrate(1.0, &energy);
    ASSERT_NEAR(spectrum.mean_mev, energy / all, 3e-5); /* 2048 straight pieces */
    CU_ASSERT(spectrum.mean_mev > 0.9267 && spectrum.mean_mev < 0.9355);
}

/* Electrons per MeV of ICRP Publication 107 (ICRP-07.BET), printed to four digits. 0.2 %; at 2 MeV
 * their end point, 2.2801 MeV, which is 1.4 keV higher, makes 0.5 % more, and below 5 keV their
 * density is level. */
static void test_icrp_107(void) {
    static const double published[][3] = {
        {0.001, 0.3380, 1e-2}, {0.02, 0.3472, 2e-3}, {0.05, 0.3677, 2e-3}, {0.1, 0.4050, 2e-3},
        {0.2, 0.4740, 2e-3},   {0.3, 0.5294, 2e-3},  {0.4, 0.5709, 2e-3},  {0.5, 0.5998, 2e-3},
        {0.7, 0.6274, 2e-3},   {0.9, 0.6245, 2e-3},  {1.1, 0.5979, 2e-3},  {1.3, 0.5466, 2e-3},
        {1.5, 0.4647, 2e-3},   {1.6, 0.4105, 2e-3},  {1.8, 0.2771, 2e-3},  {2.0, 0.1276, 6e-3},
    };
    double all;
    integrate(0.0, &all);
    for (size_t n = 0; n < sizeof published / sizeof *published; n++) {
        const double *row = published[n];
        ASSERT_NEAR(beta_spectrum_y90_density(row[0]) / all / row[1], 1.0, row[2]);
    }
}

/* Near the end point the neutrino's phase space alone decides: density ~ q^2. */
static void test_ends(void) {
    double ratio = beta_spectrum_y90_density(END_POINT_MEV - 0.002) /
                   beta_spectrum_y90_density(END_POINT_MEV - 0.001);
    ASSERT_NEAR(ratio, 4.0, 0.02); /* 1 keV changes the other factors by 0.1 % */
    CU_ASSERT_EQUAL(beta_spectrum_y90_density(END_POINT_MEV), 0.0);
    CU_ASSERT_EQUAL(beta_spectrum_y90_density(-0.1), 0.0);
    CU_ASSERT_EQUAL(beta_spectrum_y90_density(NAN), 0.0);
    double rest = beta_spectrum_y90_density(0.0);
    CU_ASSERT(isfinite(rest) && rest > 0.0);
    ASSERT_NEAR(rest / beta_spectrum_y90_density(1e-4), 1.0, 0.002);
}

/* Drawn shares of energy intervals equal the integrals of the density. */
static void test_sampling(void) {
    enum { DRAWS = 400000, INTERVALS = 8 };
    static BetaSpectrum spectrum;
    double all, counts[INTERVALS] = {0}, sum = 0.0;
    beta_spectrum_y90(&spectrum);
    integrate(0.0, &all);
    for (int n = 0; n < DRAWS; n++) {
        double energy = beta_spectrum_sample(&spectrum, (n + 0.5) / DRAWS);
        CU_ASSERT_FATAL(energy >= 0.0 && energy <= END_POINT_MEV);
        counts[(int)(energy / END_POINT_MEV * INTERVALS * 0.999999)] += 1.0 / DRAWS;
        sum += energy / DRAWS;
    }
    ASSERT_NEAR(sum, spectrum.mean_mev, 1e-6);
    for (int interval = 0; interval < INTERVALS; interval++) {
        enum { PARTS = 2000 };
        double part = 0.0;
        for (int n = 0; n < PARTS; n++) {
            double energy = (interval + (n + 0.5) / PARTS) * END_POINT_MEV / INTERVALS;
            part += beta_spectrum_y90_density(energy) * END_POINT_MEV / INTERVALS / PARTS / all;
        }
        /* An equal-probability bin holds 1/2048: half of one at either edge. */
        ASSERT_NEAR(counts[interval], part, 1.0 / BETA_SPECTRUM_BINS / 2.0);
    }
}

int main(void) {
    static const UnitTest tests[] = {
        {"the mean energy is that of the density, and among the published", test_mean},
        {"the shape is that of ICRP 107", test_icrp_107},
        {"the ends behave", test_ends},
        {"samples follow the density", test_sampling},
    };
    return suite_run("beta_spectrum", tests, sizeof tests / sizeof *tests);
}
