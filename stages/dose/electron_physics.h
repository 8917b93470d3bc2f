/* How electrons of 1 keV to 4 MeV lose energy and scatter in water.
 *
 * All in g/cm2, so that a medium of another density is water with distances scaled. Losses above
 * a threshold (delta electrons, bremsstrahlung photons) are "hard": simulated one by one. All
 * else is "soft" and acts as averages along a step: mixed or class II simulation (Salvat, PENELOPE
 * 2018, OECD NEA, chapters 3 and 4). */
#ifndef YTTRIA_DOSE_ELECTRON_PHYSICS_H
#define YTTRIA_DOSE_ELECTRON_PHYSICS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ELECTRON_MASS_MEV 0.51099895
/* Energy losses above these are hard. */
#define ELECTRON_DELTA_THRESHOLD_MEV 0.020
#define ELECTRON_PHOTON_THRESHOLD_MEV 0.010

enum {
    ELECTRON_BINS_PER_OCTAVE = 32,
    ELECTRON_OCTAVES = 12, /* from 2^-10 MeV to 2^2 MeV */
    ELECTRON_ROWS = ELECTRON_BINS_PER_OCTAVE * ELECTRON_OCTAVES + 1
};

/* What an electron of one energy does. */
typedef struct ElectronRow {
    double range_g_cm2;  /* continuous slowing down, all losses */
    double step_g_cm2;   /* longest step */
    double soft_loss;    /* MeV cm2/g */
    double straggling;   /* variance of the soft loss, MeV2 cm2/g */
    double scatter1;     /* inverse of the first soft transport mean free path, cm2/g */
    double scatter2;     /* of the second */
    double hard_deltas;  /* collisions, cm2/g */
    double hard_photons; /* emissions, cm2/g */
} ElectronRow;

typedef struct ElectronPhysics {
    ElectronRow rows[ELECTRON_ROWS];
} ElectronPhysics;

/* Fills the table. */
void electron_physics_tabulate(ElectronPhysics *physics);

/* Mass collision stopping power of water, MeV cm2/g (ICRU Report 37; density effect:
 * Sternheimer, Berger & Seltzer 1984). `mean_excitation_ev` is I: 78 eV in ICRU Report 90, which
 * the table uses, 75 eV in Report 37. */
double electron_collision_stopping(double energy_mev, double mean_excitation_ev);

/* Mass radiative stopping power of water, MeV cm2/g (NIST ESTAR, log-log between its values, which
 * are recalled and not read again: half a percent of the energy hangs on them). */
double electron_radiative_stopping(double energy_mev);

/* Moeller's cross section per energy transfer, over that of Rutherford 1/W^2: identical particles,
 * `loss_mev` up to half of `energy_mev`. Between 0 and ELECTRON_MOLLER_MAX. */
double electron_moller_factor(double energy_mev, double loss_mev);
#define ELECTRON_MOLLER_MAX 2.25

/* Photons emitted per ln k, by k / energy: over its value at 0. Between 0 and 1. */
double electron_photon_factor(double fraction);

/* Linear in energy between rows; energies outside 1 keV to 4 MeV take the first or last bin. Here,
 * so that a caller pays only for the columns it uses. */
static inline void electron_physics_at(const ElectronPhysics *physics, double energy_mev,
                                       ElectronRow *row) {
    /* Rows are spaced evenly in the bits of a double: exponent and first five bits of fraction. */
    enum { FRACTION_BITS = 52, ROW_BITS = 5, REST_BITS = FRACTION_BITS - ROW_BITS };
    const uint64_t base = (uint64_t)(1023 - 10) << FRACTION_BITS;
    uint64_t bits;
    memcpy(&bits, &energy_mev, sizeof bits);
    uint64_t place = bits > base ? bits - base : 0;
    uint64_t last = ((uint64_t)(ELECTRON_ROWS - 1) << REST_BITS) - 1;
    place = place < last ? place : last;
    double part = (double)(int64_t)(place & ((UINT64_C(1) << REST_BITS) - 1)) * 0x1p-47;
    const double *low = (const double *)&physics->rows[place >> REST_BITS];
    const double *high = (const double *)(&physics->rows[place >> REST_BITS] + 1);
    double *out = (double *)row;
    for (size_t n = 0; n < sizeof *row / sizeof *out; n++) {
        out[n] = low[n] + part * (high[n] - low[n]);
    }
}

#endif
