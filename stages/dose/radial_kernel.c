/* Spherical shells around the origin; tracks are cut into pieces of a quarter of a shell. */
#include "dose/radial_kernel.h"

#include <math.h>
#include <stdlib.h>

enum { PARTS = 64, PIECES_PER_SHELL = 4, ENERGY_SHARES = 8 };

static const double MM_PER_CM = 10.0;

typedef struct Shells {
    double density_g_ml;
    double shell_mm;
    size_t count;
    double *energy_mev;
} Shells;

static double distance(const double position[3]) {
    return sqrt(position[0] * position[0] + position[1] * position[1] + position[2] * position[2]);
}

static void add(const Shells *shells, const double position[3], double energy_mev) {
    double shell = distance(position) / shells->shell_mm;
    if (shell < (double)shells->count) {
        shells->energy_mev[(size_t)shell] += energy_mev;
    }
}

static double find_margin(const void *context, const Track *track) {
    const Shells *shells = context;
    const double shell = distance(track->position) / shells->shell_mm;
    const double part = shell - floor(shell);
    return (part < 0.5 ? part : 1.0 - part) * shells->shell_mm * shells->density_g_ml / MM_PER_CM;
}

static bool advance(void *context, Track *track, double mass_g_cm2, double energy_mev) {
    const Shells *shells = context;
    const double length_mm = mass_g_cm2 / shells->density_g_ml * MM_PER_CM;
    const double start[3] = {track->position[0], track->position[1], track->position[2]};
    for (int axis = 0; axis < 3; axis++) {
        track->position[axis] += length_mm * track->direction[axis];
    }
    if (energy_mev > 0.0) {
        int pieces = 1 + (int)(length_mm * PIECES_PER_SHELL / shells->shell_mm);
        for (int n = 0; n < pieces; n++) {
            double way = length_mm * (n + 0.5) / pieces, middle[3];
            for (int axis = 0; axis < 3; axis++) {
                middle[axis] = start[axis] + way * track->direction[axis];
            }
            add(shells, middle, energy_mev / pieces);
        }
    }
    return true;
}

static void deposit(void *context, const Track *track, double energy_mev) {
    add(context, track->position, energy_mev);
}

static void escape(void *context, double energy_mev) {
    (void)context;
    (void)energy_mev;
}

/* One part of the histories into `energy_mev`. */
static void simulate_part(const BetaSpectrum *spectrum, const ElectronTransport *transport,
                          Shells *shells, uint64_t first, uint64_t end, uint64_t seed) {
    const TrackSpace space = {shells, find_margin, advance, deposit, escape};
    for (uint64_t history = first; history < end; history++) {
        CounterRandom random = counter_random_start(seed, history);
        double share = (double)(history % ENERGY_SHARES) + counter_random_uniform(&random);
        Track track = {.energy_mev = beta_spectrum_sample(spectrum, share / ENERGY_SHARES)};
        electron_transport_isotropic(&random, track.direction);
        electron_transport_follow(transport, &space, &track, &random);
    }
}

Status radial_kernel_simulate(const BetaSpectrum *spectrum, const ElectronTransport *transport,
                              double density_g_ml, uint64_t histories, uint64_t seed,
                              double shell_mm, size_t n_shells, double *fraction,
                              double *standard_error, Error *error) {
    double *energy = calloc(PARTS * n_shells, sizeof *energy);
    if (energy == NULL) {
        return error_no_memory(error, "a simulated point kernel");
    }
    const uint64_t per_part = (histories + PARTS - 1) / PARTS;
#pragma omp parallel for schedule(dynamic, 1)
    for (size_t part = 0; part < PARTS; part++) {
        Shells shells = {density_g_ml, shell_mm, n_shells, energy + part * n_shells};
        simulate_part(spectrum, transport, &shells, part * per_part, (part + 1) * per_part, seed);
    }
    const double per_decay = 1.0 / ((double)per_part * spectrum->mean_mev);
    for (size_t s = 0; s < n_shells; s++) {
        double sum = 0.0, squares = 0.0;
        for (size_t part = 0; part < PARTS; part++) {
            double value = energy[part * n_shells + s] * per_decay;
            sum += value;
            squares += value * value;
        }
        fraction[s] = sum / PARTS;
        double spread = fmax(0.0, squares / PARTS - fraction[s] * fraction[s]);
        standard_error[s] = sqrt(spread / (PARTS - 1));
    }
    free(energy);
    return STATUS_OK;
}
