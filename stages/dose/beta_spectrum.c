/* Unique first-forbidden shape with Fermi functions of a point nucleus. Natural units of beta
 * decay: energies in electron masses, momenta in m c, lengths in hbar / (m c). */
#include "dose/beta_spectrum.h"

#include <gsl/gsl_sf_gamma.h>
#include <math.h>
#include <stddef.h>

static const double ELECTRON_MASS_MEV = 0.51099895;
static const double FINE_STRUCTURE = 7.2973525693e-3;
static const double END_POINT_MEV = 2.2787; /* DDEP 2015 */
static const double DAUGHTER_Z = 40.0;
static const double NUCLEAR_RADIUS = 1.2 * 4.481405 / 386.15927; /* 1.2 fm A^(1/3), A = 90 */

/* Generalised Fermi function F_(k-1) times p^2 for k = 1, 2, without what does not depend on
 * energy: (2 p R)^(2 (gamma_k - k)) exp(pi y) |Gamma(gamma_k + i y)|^2, y = alpha Z W / p. */
static double fermi_factor(double k, double momentum, double total) {
    const double alpha_z = FINE_STRUCTURE * DAUGHTER_Z, gamma = sqrt(k * k - alpha_z * alpha_z);
    const double y = alpha_z * total / momentum;
    gsl_sf_result log_modulus, phase;
    gsl_sf_lngamma_complex_e(gamma, y, &log_modulus, &phase);
    return exp(2.0 * (gamma - k) * log(2.0 * momentum * NUCLEAR_RADIUS) + M_PI * y +
               2.0 * log_modulus.val);
}

/* lambda2 = F1/F0 (2 + gamma2) / (2 (1 + gamma1)); F_(k-1) carries
 * [k (2k-1)!!]^2 4^k / Gamma(1 + 2 gamma_k)^2, which makes both 1 without charge. */
static double lambda2_constant(void) {
    const double alpha_z = FINE_STRUCTURE * DAUGHTER_Z;
    const double gamma1 = sqrt(1.0 - alpha_z * alpha_z), gamma2 = sqrt(4.0 - alpha_z * alpha_z);
    const double gammas = tgamma(1.0 + 2.0 * gamma1) / tgamma(1.0 + 2.0 * gamma2);
    return 576.0 / 4.0 * gammas * gammas * (2.0 + gamma2) / (2.0 * (1.0 + gamma1));
}

double beta_spectrum_y90_density(double energy_mev) {
    if (!(energy_mev >= 0.0) || energy_mev >= END_POINT_MEV) {
        return 0.0;
    }
    /* At rest the density is finite, F0 going as 1/p: taken at 10 eV, where it no longer changes.
     */
    const double kinetic = fmax(energy_mev, 1e-5) / ELECTRON_MASS_MEV;
    const double total = 1.0 + kinetic, momentum = sqrt(kinetic * (kinetic + 2.0));
    const double neutrino = (END_POINT_MEV - energy_mev) / ELECTRON_MASS_MEV;
    const double f0 = fermi_factor(1.0, momentum, total), f1 = fermi_factor(2.0, momentum, total);
    const double shape = neutrino * neutrino + lambda2_constant() * f1 / f0 * momentum * momentum;
    return momentum * total * neutrino * neutrino * f0 * shape;
}

enum { FINE_BINS = 16384 };

void beta_spectrum_tabulate(double (*density)(const void *context, double energy_mev),
                            const void *context, double end_mev, BetaSpectrum *spectrum) {
    const double width = end_mev / FINE_BINS;
    double total = 0.0;
    for (int n = 0; n < FINE_BINS; n++) {
        total += density(context, (n + 0.5) * width);
    }
    double before = 0.0;
    int filled = 0;
    spectrum->energy_mev[filled++] = 0.0;
    for (int n = 0; n < FINE_BINS; n++) {
        double here = density(context, (n + 0.5) * width) / total * BETA_SPECTRUM_BINS;
        while (filled < BETA_SPECTRUM_BINS && filled <= before + here) {
            spectrum->energy_mev[filled] = (n + (filled - before) / here) * width;
            filled++;
        }
        before += here;
    }
    spectrum->energy_mev[BETA_SPECTRUM_BINS] = end_mev;
    double sum = 0.0;
    for (int n = 0; n < BETA_SPECTRUM_BINS; n++) {
        sum += 0.5 * (spectrum->energy_mev[n] + spectrum->energy_mev[n + 1]);
    }
    spectrum->mean_mev = sum / BETA_SPECTRUM_BINS;
}

static double y90_density(const void *context, double energy_mev) {
    (void)context;
    return beta_spectrum_y90_density(energy_mev);
}

void beta_spectrum_y90(BetaSpectrum *spectrum) {
    beta_spectrum_tabulate(y90_density, NULL, END_POINT_MEV, spectrum);
}

double beta_spectrum_sample(const BetaSpectrum *spectrum, double uniform) {
    double place = uniform * BETA_SPECTRUM_BINS;
    int bin = (int)place;
    const double *energy = spectrum->energy_mev + bin;
    return energy[0] + (place - bin) * (energy[1] - energy[0]);
}
