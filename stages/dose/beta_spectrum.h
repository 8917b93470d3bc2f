/* The energy spectrum of 90Y's electrons, from theory.
 *
 * 90Y (2-) to 90Zr (0+) is a unique first-forbidden transition: N(E) = p W q2 F0 (q2 + lambda2 p2),
 * with the generalised Fermi functions of a point nucleus taken at the nuclear radius (Behrens &
 * Buehring, Electron Radial Wave Functions and Nuclear Beta-Decay, 1982). No screening; the branch
 * of 0.017 % to the 1.76 MeV level is left out. */
#ifndef YTTRIA_DOSE_BETA_SPECTRUM_H
#define YTTRIA_DOSE_BETA_SPECTRUM_H

enum { BETA_SPECTRUM_BINS = 2048 };

/* The inverse cumulative distribution: a bin holds 1/BINS of the decays, evenly over its energies.
 */
typedef struct BetaSpectrum {
    double energy_mev[BETA_SPECTRUM_BINS + 1]; /* ascending */
    double mean_mev;                           /* of what beta_spectrum_sample returns */
} BetaSpectrum;

/* Electrons of kinetic energy `energy_mev` per MeV, not normalised; 0 outside 0 to the end point
 * of 2.2787 MeV (DDEP 2015). */
double beta_spectrum_y90_density(double energy_mev);

/* Tabulates any density over 0 to `end_mev`: `density(context, energy)`, >= 0, not all 0. */
void beta_spectrum_tabulate(double (*density)(const void *context, double energy_mev),
                            const void *context, double end_mev, BetaSpectrum *spectrum);

/* The spectrum of 90Y. */
void beta_spectrum_y90(BetaSpectrum *spectrum);

/* Kinetic energy in MeV at cumulative probability `uniform`, 0 <= uniform < 1. */
double beta_spectrum_sample(const BetaSpectrum *spectrum, double uniform);

#endif
