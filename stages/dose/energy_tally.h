/* Energy per voxel, its sum and its statistics, the same bytes for any number of threads.
 *
 * Histories come in blocks of two groups. A thread gathers a block in a small hash table, then
 * adds it to the shared sums as 64-bit integers, whose sum has no order. The groups sample
 * neighbouring strata of the source alike, so the square of their difference is what the block
 * adds to the variance (collapsed strata: Cochran, Sampling Techniques, 1977, 5A.12).
 *
 * Integers count 2^-n MeV (MeV^2), n such that the largest possible sum is below 2^62: for 1e8
 * histories 1e-10 MeV, for 1e11 1e-7 MeV. Rounding is to the nearest, at most half of that per
 * voxel and block. */
#ifndef YTTRIA_DOSE_ENERGY_TALLY_H
#define YTTRIA_DOSE_ENERGY_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

enum {
    ENERGY_TALLY_GROUP = 8, /* histories */
    ENERGY_TALLY_BLOCK = 2 * ENERGY_TALLY_GROUP,
    ENERGY_TALLY_VOXELS = 8192, /* of a block; beyond: see energy_tally_add */
    ENERGY_TALLY_SLOTS = 2 * ENERGY_TALLY_VOXELS
};

/* Sums over all histories; 24 bytes a voxel. */
typedef struct EnergySums {
    size_t count;
    int64_t *energy;   /* signed as the activity that emitted it */
    int64_t *variance; /* of the sum above */
    int64_t *additive; /* energy in the voxel times energy of the history's electron */
    int64_t emitted, escaped;
    double energy_unit_mev, square_unit_mev2;
} EnergySums;

/* Room for `count` voxels and `histories` of at most `largest_mev`. Free with energy_sums_free. */
Status energy_sums_create(size_t count, double histories, double largest_mev, EnergySums *sums,
                          Error *error);
void energy_sums_free(EnergySums *sums); /* NULL and already freed are fine */

typedef struct TallyEntry {
    size_t voxel;
    size_t slot; /* of the hash table */
    double energy, difference, additive;
} TallyEntry;

/* One thread's block. */
typedef struct EnergyTally {
    EnergySums *sums;
    double emitted_mev; /* of the current history */
    double sign;        /* of its activity */
    double group_sign;  /* +1 in the block's first group, -1 in its second */
    double total_emitted_mev, total_escaped_mev;
    size_t n_entries;
    TallyEntry entries[ENERGY_TALLY_VOXELS];
    uint16_t slots[ENERGY_TALLY_SLOTS]; /* entry + 1; 0 is free */
} EnergyTally;

/* Empties the block; once per thread. */
void energy_tally_start(EnergyTally *tally, EnergySums *sums);

/* The histories that follow: `group` is 0 or 1. */
void energy_tally_begin_history(EnergyTally *tally, int group, double emitted_mev, double sign);

/* Energy into a voxel. A block that reaches more voxels than ENERGY_TALLY_VOXELS is flushed
 * early: its energy stays right, its variance is then that of the parts. */
void energy_tally_add(EnergyTally *tally, size_t voxel, double energy_mev);
void energy_tally_add_escaped(EnergyTally *tally, double energy_mev);

/* Adds the block to the sums and empties it. */
void energy_tally_flush(EnergyTally *tally);

#endif
