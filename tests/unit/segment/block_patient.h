/* Patients made of blocks of 2 mm voxels, and maps on a dose grid around them, for the tests of
 * segment. The lattice's voxel (0, 0, 0) lies at 0 mm. */
#ifndef YTTRIA_TESTS_BLOCK_PATIENT_H
#define YTTRIA_TESTS_BLOCK_PATIENT_H

#include <stdio.h>
#include <string.h>

#include "segment/dose_maps.h"
#include "tests/unit/suite.h"

enum { BLOCK_MAX_STRUCTURES = 4, BLOCK_DOSE_SIDE = 40, BLOCK_DOSE_FIRST = -10 };

static const double BLOCK_VOXEL_ML = 0.008;

typedef struct Block {
    long low[3], high[3]; /* inclusive, on the lattice */
} Block;

typedef struct BlockPatient {
    Structure structures[BLOCK_MAX_STRUCTURES];
    size_t count;
} BlockPatient;

static inline Grid block_grid(const long first[3], const size_t size[3]) {
    Grid grid = {.affine = affine_identity()};
    for (int axis = 0; axis < 3; axis++) {
        grid.size[axis] = size[axis];
        grid.affine.m[axis][axis] = 2;
        grid.affine.m[axis][3] = 2 * (double)first[axis];
    }
    return grid;
}

static inline bool block_holds(const Block *block, const long index[3]) {
    bool in = true;
    for (int axis = 0; axis < 3; axis++) {
        in = in && index[axis] >= block->low[axis] && index[axis] <= block->high[axis];
    }
    return in;
}

/* Adds a structure cropped to its block, without the voxels of `hole` (NULL for none). */
static inline Structure *block_add(BlockPatient *patient, const char *role, Block block,
                                   const Block *hole) {
    CU_ASSERT_FATAL(patient->count < BLOCK_MAX_STRUCTURES);
    Structure *structure = &patient->structures[patient->count++];
    *structure = (Structure){.to_reference = affine_identity(), .registration_quality = 1};
    snprintf(structure->role, sizeof structure->role, "%s", role);
    snprintf(structure->label, sizeof structure->label, "B%zu", patient->count);
    size_t size[3], n = 0;
    for (int axis = 0; axis < 3; axis++) {
        size[axis] = (size_t)(block.high[axis] - block.low[axis] + 1);
    }
    Grid grid = block_grid(block.low, size);
    Error error;
    CU_ASSERT_EQUAL_FATAL(label_map_create(&grid, &structure->mask, &error), STATUS_OK);
    for (long k = block.low[2]; k <= block.high[2]; k++) {
        for (long j = block.low[1]; j <= block.high[1]; j++) {
            for (long i = block.low[0]; i <= block.high[0]; i++, n++) {
                const long index[3] = {i, j, k};
                structure->mask.labels[n] = hole == NULL || !block_holds(hole, index);
            }
        }
    }
    return structure;
}

static inline void block_patient_free(BlockPatient *patient) {
    for (size_t s = 0; s < patient->count; s++) {
        label_map_free(&patient->structures[s].mask);
    }
}

/* A map on the dose grid, from voxel -10 to 29 of the lattice along each axis: at index i of the
 * lattice start + step * i, with `inside` (if not NULL) of value `inside_value`. */
static inline Volume block_map(double start, double step, const Block *inside,
                               double inside_value) {
    const long first[3] = {BLOCK_DOSE_FIRST, BLOCK_DOSE_FIRST, BLOCK_DOSE_FIRST};
    Grid grid = block_grid(first, (size_t[3]){BLOCK_DOSE_SIDE, BLOCK_DOSE_SIDE, BLOCK_DOSE_SIDE});
    Volume map;
    Error error;
    CU_ASSERT_EQUAL_FATAL(volume_create(&grid, &map, &error), STATUS_OK);
    for (long n = 0; n < BLOCK_DOSE_SIDE * BLOCK_DOSE_SIDE * BLOCK_DOSE_SIDE; n++) {
        const long index[3] = {n % BLOCK_DOSE_SIDE + BLOCK_DOSE_FIRST,
                               n / BLOCK_DOSE_SIDE % BLOCK_DOSE_SIDE + BLOCK_DOSE_FIRST,
                               n / BLOCK_DOSE_SIDE / BLOCK_DOSE_SIDE + BLOCK_DOSE_FIRST};
        bool is_inside = inside != NULL && block_holds(inside, index);
        map.voxels[n] = (float)(is_inside ? inside_value : start + step * (double)index[0]);
    }
    return map;
}

/* Dose maps of which only the kernel's is there and chosen; takes over `dose` and `activity`, which
 * may have no voxels. Free with segment_dose_maps_free. */
static inline void block_dose_maps(Volume dose, Volume activity, SegmentDoseMaps *maps) {
    *maps = (SegmentDoseMaps){.method = DOSE_KERNEL,
                              .activity = activity,
                              .reference_to_dose = affine_identity(),
                              .registration_quality = 1,
                              .sum_quality = 1};
    maps->maps[DOSE_KERNEL] = dose;
    maps->chosen = &maps->maps[DOSE_KERNEL];
}

#endif
