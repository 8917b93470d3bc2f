/* The table of electron_physics.h, by numerical integration of cross sections. Water is two
 * hydrogen and one oxygen; 2 pi re^2 NA = 0.300 cm2/mol is common to all cross sections. */
#include "dose/electron_physics.h"

#include <math.h>
#include <stddef.h>

static const double FINE_STRUCTURE = 7.2973525693e-3;
static const double MEAN_EXCITATION_EV = 78.0; /* ICRU Report 90 */
static const double RUTHERFORD_CM2_MOL = 0.3004607;
static const double WATER_MOLAR_MASS_G = 18.01528;
static const double WATER_ELECTRONS = 10.0;
static const double LOWEST_MEV = 0x1p-10;

/* Longest step: a share of the transport mean free path and of the energy, added as inverses. */
static const double STEP_SCATTER = 0.20;
static const double STEP_LOSS = 0.15;

static double beta_squared(double energy) {
    double total = energy + ELECTRON_MASS_MEV;
    return energy * (energy + 2.0 * ELECTRON_MASS_MEV) / (total * total);
}

static double momentum_squared(double energy) {
    return energy * (energy + 2.0 * ELECTRON_MASS_MEV);
}

/* Collisions with electrons per W^2 of transfer: MeV cm2/g. */
static double collision_strength(double energy) {
    return RUTHERFORD_CM2_MOL * ELECTRON_MASS_MEV * WATER_ELECTRONS / WATER_MOLAR_MASS_G /
           beta_squared(energy);
}

/* Electrons of a water molecule: number and binding energy (H 1s, O 1s, 2s, 2p; Carlson 1975). */
static const double SHELLS[][2] = {{2.0, 13.60}, {2.0, 538.0}, {2.0, 28.48}, {4.0, 13.62}};
enum { SHELL_COUNT = sizeof SHELLS / sizeof *SHELLS };
static const double PLASMA_EV = 21.469; /* of the molecule's electrons at 1 g/mL */

/* A shell's oscillator: energy squared over the plasma energy's, for scaled binding energies. */
static double oscillator(int shell, double scale) {
    double energy = scale * SHELLS[shell][1] / PLASMA_EV;
    return energy * energy;
}

/* Scale of the binding energies with which the oscillators have mean excitation energy I. */
static double find_oscillator_scale(double mean_excitation_ev) {
    double low = 0.1, high = 10.0;
    for (int n = 0; n < 60; n++) {
        double scale = 0.5 * (low + high), sum = 0.0;
        for (int shell = 0; shell < SHELL_COUNT; shell++) {
            double share = SHELLS[shell][0] / WATER_ELECTRONS;
            sum += 0.5 * share * log(oscillator(shell, scale) + 2.0 / 3.0 * share);
        }
        *(sum < log(mean_excitation_ev / PLASMA_EV) ? &low : &high) = scale;
    }
    return 0.5 * (low + high);
}

/* Sternheimer's density effect with one oscillator a shell (insulator; Sternheimer, Berger &
 * Seltzer 1984): the polarisation L solves 1/beta^2 - 1 = sum f / (nu^2 + L^2). */
static double density_effect(double energy, double mean_excitation_ev) {
    const double scale = find_oscillator_scale(mean_excitation_ev);
    const double beta2 = beta_squared(energy), wanted = 1.0 / beta2 - 1.0;
    double low = 0.0, high = 1.0 / wanted, delta = 0.0;
    for (int n = 0; n < 60; n++) {
        double square = 0.5 * (low + high), sum = 0.0;
        for (int shell = 0; shell < SHELL_COUNT; shell++) {
            sum += SHELLS[shell][0] / WATER_ELECTRONS / (oscillator(shell, scale) + square);
        }
        *(sum > wanted ? &low : &high) = square;
    }
    for (int shell = 0; shell < SHELL_COUNT; shell++) {
        double share = SHELLS[shell][0] / WATER_ELECTRONS;
        delta += share * log1p(low / (oscillator(shell, scale) + 2.0 / 3.0 * share));
    }
    return fmax(0.0, delta - low * (1.0 - beta2));
}

double electron_collision_stopping(double energy_mev, double mean_excitation_ev) {
    const double tau = energy_mev / ELECTRON_MASS_MEV;
    const double ratio = energy_mev / (mean_excitation_ev * 1e-6);
    const double spin =
        (1.0 - beta_squared(energy_mev)) * (1.0 + tau * tau / 8.0 - (2.0 * tau + 1.0) * M_LN2);
    return collision_strength(energy_mev) * (2.0 * log(ratio) + log1p(tau / 2.0) + spin -
                                             density_effect(energy_mev, mean_excitation_ev));
}

double electron_radiative_stopping(double energy_mev) {
    static const double table[][2] = {
        {0.01, 3.898e-3}, {0.02, 3.963e-3}, {0.05, 4.031e-3}, {0.1, 4.228e-3},
        {0.2, 4.801e-3},  {0.3, 5.514e-3},  {0.4, 6.339e-3},  {0.5, 7.257e-3},
        {0.6, 8.254e-3},  {0.8, 1.043e-2},  {1.0, 1.280e-2},  {1.25, 1.600e-2},
        {1.5, 1.942e-2},  {2.0, 2.678e-2},  {2.5, 3.468e-2},  {3.0, 4.299e-2},
    };
    const size_t last = sizeof table / sizeof *table - 1;
    size_t n = 1;
    while (n < last && table[n][0] < energy_mev) {
        n++;
    }
    double slope = log(table[n][1] / table[n - 1][1]) / log(table[n][0] / table[n - 1][0]);
    return table[n - 1][1] * pow(energy_mev / table[n - 1][0], slope);
}

double electron_moller_factor(double energy_mev, double loss_mev) {
    const double total = energy_mev + ELECTRON_MASS_MEV;
    const double a = energy_mev * energy_mev / (total * total);
    const double part = loss_mev / energy_mev, exchange = part / (1.0 - part);
    return 1.0 + exchange * exchange + a * part * part - (1.0 - a) * exchange;
}

/* Close to the scaled cross sections of Seltzer & Berger 1986 for oxygen at 0.1 to 2 MeV, whose
 * integral is set by the radiative stopping power; our own rounding, not their table. */
double electron_photon_factor(double fraction) {
    return 1.0 - 1.1 * fraction + 0.35 * fraction * fraction;
}

/* Hard delta electrons: number and energy, per g/cm2, integrated over ln W by Simpson's rule. */
static void integrate_deltas(double energy, double *number, double *loss) {
    enum { PARTS = 64 };
    const double from = log(ELECTRON_DELTA_THRESHOLD_MEV), to = log(0.5 * energy);
    *number = *loss = 0.0;
    if (to <= from) {
        return;
    }
    for (int n = 0; n <= PARTS; n++) {
        double w = exp(from + (to - from) * n / PARTS);
        double weight = (n == 0 || n == PARTS ? 1.0
                         : n % 2              ? 4.0
                                              : 2.0) *
                        (to - from) / PARTS / 3.0 * collision_strength(energy) *
                        electron_moller_factor(energy, w);
        *number += weight / w;
        *loss += weight;
    }
}

/* Hard photons: number per g/cm2, and the share of the radiative loss below the threshold. */
static void integrate_photons(double energy, double *number, double *soft_share) {
    const double x = ELECTRON_PHOTON_THRESHOLD_MEV / energy;
    const double all = 1.0 - 1.1 / 2.0 + 0.35 / 3.0;
    if (x >= 1.0) {
        *number = 0.0;
        *soft_share = 1.0;
        return;
    }
    *soft_share = (x - 1.1 / 2.0 * x * x + 0.35 / 3.0 * x * x * x) / all;
    *number = electron_radiative_stopping(energy) / (energy * all) *
              (-log(x) - 1.1 * (1.0 - x) + 0.35 / 2.0 * (1.0 - x * x));
}

/* Elastic scattering by nuclei of charge z: screened Rutherford (Wentzel) with Moliere's screening
 * angle, times McKinley & Feshbach 1948 for spin. mu = (1 - cos) / 2, dmu / (mu + s)^2. */
static void integrate_elastic(double energy, double z, double *first, double *second) {
    enum { PARTS = 256 };
    const double p2 = momentum_squared(energy), beta2 = beta_squared(energy), beta = sqrt(beta2);
    const double alpha_z = FINE_STRUCTURE * z;
    const double angle = FINE_STRUCTURE * ELECTRON_MASS_MEV * cbrt(z) / 0.88534;
    const double s = 0.25 * angle * angle / p2 * (1.13 + 3.76 * alpha_z * alpha_z / beta2);
    const double strength =
        0.5 * RUTHERFORD_CM2_MOL * z * z * ELECTRON_MASS_MEV * ELECTRON_MASS_MEV / (p2 * beta2);
    const double top = log1p(1.0 / s);
    *first = *second = 0.0;
    for (int n = 0; n <= PARTS; n++) {
        double t = top * n / PARTS, mu = fmin(s * expm1(t), 1.0), root = sqrt(mu);
        double spin = 1.0 - beta2 * mu + M_PI * alpha_z * beta * root * (1.0 - root);
        double weight = (n == 0 || n == PARTS ? 1.0
                         : n % 2              ? 4.0
                                              : 2.0) *
                        top / PARTS / 3.0 * strength * spin * exp(-t) / s;
        *first += weight * 2.0 * mu;
        *second += weight * 6.0 * mu * (1.0 - mu);
    }
}

/* Nuclei, and soft collisions with electrons: theta^2 = 2 m W / p^2 in a close collision, and
 * distant ones add one to the logarithm of the largest over the mean excitation energy. */
static void add_scatter(double energy, ElectronRow *row) {
    double hydrogen[2], oxygen[2];
    integrate_elastic(energy, 1.0, &hydrogen[0], &hydrogen[1]);
    integrate_elastic(energy, 8.0, &oxygen[0], &oxygen[1]);
    double largest = fmin(ELECTRON_DELTA_THRESHOLD_MEV, 0.5 * energy);
    double electrons = collision_strength(energy) * ELECTRON_MASS_MEV / momentum_squared(energy) *
                       (log(largest / (MEAN_EXCITATION_EV * 1e-6)) + 1.0);
    row->scatter1 = (2.0 * hydrogen[0] + oxygen[0]) / WATER_MOLAR_MASS_G + electrons;
    row->scatter2 = (2.0 * hydrogen[1] + oxygen[1]) / WATER_MOLAR_MASS_G + 3.0 * electrons;
}

static double row_energy(int row) {
    int octave = row / ELECTRON_BINS_PER_OCTAVE, rest = row % ELECTRON_BINS_PER_OCTAVE;
    return ldexp(LOWEST_MEV * (1.0 + (double)rest / ELECTRON_BINS_PER_OCTAVE), octave);
}

void electron_physics_tabulate(ElectronPhysics *physics) {
    double range = 0.0, last_energy = 0.0, last_inverse = 0.0;
    for (int n = 0; n < ELECTRON_ROWS; n++) {
        ElectronRow *row = &physics->rows[n];
        const double energy = row_energy(n);
        const double collision = electron_collision_stopping(energy, MEAN_EXCITATION_EV);
        const double radiative = electron_radiative_stopping(energy);
        double delta_loss, soft_share;
        integrate_deltas(energy, &row->hard_deltas, &delta_loss);
        integrate_photons(energy, &row->hard_photons, &soft_share);
        add_scatter(energy, row);
        row->soft_loss = collision - delta_loss + radiative * soft_share;
        row->straggling =
            collision_strength(energy) * fmin(ELECTRON_DELTA_THRESHOLD_MEV, 0.5 * energy);
        row->step_g_cm2 =
            1.0 / (row->scatter1 / STEP_SCATTER + row->soft_loss / (STEP_LOSS * energy));
        /* Below the table the stopping power is taken to fall to 0 with energy, linearly. */
        double inverse = 1.0 / (collision + radiative);
        range += 0.5 * (energy - last_energy) * (inverse + last_inverse);
        row->range_g_cm2 = range;
        last_energy = energy;
        last_inverse = inverse;
    }
}
