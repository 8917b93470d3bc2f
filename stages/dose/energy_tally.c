/* A block's hash table (linear probing) and the shared integer sums. */
#include "dose/energy_tally.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Largest power of two that keeps `largest` below 2^62 units. */
static double choose_unit(double largest) {
    int exponent;
    frexp(largest, &exponent);
    return ldexp(1.0, exponent - 62);
}

Status energy_sums_create(size_t count, double histories, double largest_mev, EnergySums *sums,
                          Error *error) {
    /* |difference| of a block is at most BLOCK * largest; there are histories / BLOCK of them. */
    *sums = (EnergySums){
        .count = count,
        .energy = calloc(count, sizeof(int64_t)),
        .variance = calloc(count, sizeof(int64_t)),
        .additive = calloc(count, sizeof(int64_t)),
        .energy_unit_mev = choose_unit(histories * largest_mev),
        .square_unit_mev2 = choose_unit(histories * ENERGY_TALLY_BLOCK * largest_mev * largest_mev),
    };
    if (sums->energy == NULL || sums->variance == NULL || sums->additive == NULL) {
        energy_sums_free(sums);
        return error_no_memory(error, "Monte Carlo tallies");
    }
    return STATUS_OK;
}

void energy_sums_free(EnergySums *sums) {
    if (sums != NULL) {
        free(sums->energy);
        free(sums->variance);
        free(sums->additive);
        *sums = (EnergySums){0};
    }
}

void energy_tally_start(EnergyTally *tally, EnergySums *sums) {
    tally->sums = sums;
    tally->n_entries = 0;
    tally->total_emitted_mev = tally->total_escaped_mev = 0.0;
    memset(tally->slots, 0, sizeof tally->slots);
}

void energy_tally_begin_history(EnergyTally *tally, int group, double emitted_mev, double sign) {
    tally->emitted_mev = emitted_mev;
    tally->sign = sign;
    tally->group_sign = group == 0 ? 1.0 : -1.0;
    tally->total_emitted_mev += emitted_mev;
}

static size_t first_slot(size_t voxel) {
    return (voxel * UINT64_C(0x9E3779B97F4A7C15) >> 40) % ENERGY_TALLY_SLOTS;
}

static TallyEntry *find_entry(EnergyTally *tally, size_t voxel) {
    size_t slot = first_slot(voxel);
    while (tally->slots[slot] != 0) {
        TallyEntry *entry = &tally->entries[tally->slots[slot] - 1];
        if (entry->voxel == voxel) {
            return entry;
        }
        slot = (slot + 1) % ENERGY_TALLY_SLOTS;
    }
    TallyEntry *entry = &tally->entries[tally->n_entries++];
    *entry = (TallyEntry){.voxel = voxel, .slot = slot};
    tally->slots[slot] = (uint16_t)tally->n_entries;
    return entry;
}

void energy_tally_add(EnergyTally *tally, size_t voxel, double energy_mev) {
    if (tally->n_entries == ENERGY_TALLY_VOXELS) {
        energy_tally_flush(tally);
    }
    TallyEntry *entry = find_entry(tally, voxel);
    double signed_mev = tally->sign * energy_mev;
    entry->energy += signed_mev;
    entry->difference += tally->group_sign * signed_mev;
    entry->additive += energy_mev * tally->emitted_mev;
}

void energy_tally_add_escaped(EnergyTally *tally, double energy_mev) {
    tally->total_escaped_mev += energy_mev;
}

static void add_rounded(int64_t *sum, double value, double unit) {
    int64_t units = llrint(value / unit);
#pragma omp atomic update
    *sum += units;
}

void energy_tally_flush(EnergyTally *tally) {
    EnergySums *sums = tally->sums;
    for (size_t n = 0; n < tally->n_entries; n++) {
        const TallyEntry *entry = &tally->entries[n];
        const size_t voxel = entry->voxel;
        add_rounded(&sums->energy[voxel], entry->energy, sums->energy_unit_mev);
        add_rounded(&sums->variance[voxel], entry->difference * entry->difference,
                    sums->square_unit_mev2);
        add_rounded(&sums->additive[voxel], entry->additive, sums->square_unit_mev2);
        tally->slots[entry->slot] = 0;
    }
    add_rounded(&sums->emitted, tally->total_emitted_mev, sums->energy_unit_mev);
    add_rounded(&sums->escaped, tally->total_escaped_mev, sums->energy_unit_mev);
    tally->n_entries = 0;
    tally->total_emitted_mev = tally->total_escaped_mev = 0.0;
}
