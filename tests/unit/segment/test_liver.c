/* The whole and the normal liver of small blocks of voxels, counted by hand. */
#include "segment/liver.h"
#include "tests/unit/suite.h"

#include <math.h>
#include <string.h>

enum { SIDE = 12, MAX_STRUCTURES = 4 };

static const double ML = 0.008; /* of a voxel of 2 mm */

typedef struct Block {
    long low[3], high[3]; /* inclusive, on the reference's lattice */
} Block;

typedef struct Patient {
    Structure structures[MAX_STRUCTURES];
    size_t count;
} Patient;

/* 2 mm voxels, the first one at `first` of the reference's lattice. */
static Grid grid_at(const long first[3], const size_t size[3]) {
    Grid grid = {.affine = affine_identity()};
    for (int axis = 0; axis < 3; axis++) {
        grid.size[axis] = size[axis];
        grid.affine.m[axis][axis] = 2;
        grid.affine.m[axis][3] = 2 * (double)first[axis];
    }
    return grid;
}

static bool is_in(const Block *block, const long index[3]) {
    bool in = true;
    for (int axis = 0; axis < 3; axis++) {
        in = in && index[axis] >= block->low[axis] && index[axis] <= block->high[axis];
    }
    return in;
}

/* Adds a structure cropped to its block, without the voxels of `hole` (NULL for none). */
static Structure *add(Patient *patient, const char *role, Block block, const Block *hole) {
    CU_ASSERT_FATAL(patient->count < MAX_STRUCTURES);
    Structure *structure = &patient->structures[patient->count++];
    *structure = (Structure){.to_reference = affine_identity()};
    strcpy(structure->role, role);
    size_t size[3], n = 0;
    for (int axis = 0; axis < 3; axis++) {
        size[axis] = (size_t)(block.high[axis] - block.low[axis] + 1);
    }
    Grid grid = grid_at(block.low, size);
    Error error;
    CU_ASSERT_EQUAL_FATAL(label_map_create(&grid, &structure->mask, &error), STATUS_OK);
    for (long k = block.low[2]; k <= block.high[2]; k++) {
        for (long j = block.low[1]; j <= block.high[1]; j++) {
            for (long i = block.low[0]; i <= block.high[0]; i++, n++) {
                const long index[3] = {i, j, k};
                structure->mask.labels[n] = hole == NULL || !is_in(hole, index);
            }
        }
    }
    return structure;
}

/* Doses of 10 Gy at i = 0 of the reference's lattice and 1 Gy more with every voxel along i, far
 * beyond the reference on all sides. */
static Liver measure(Patient *patient) {
    const long origin[3] = {0, 0, 0}, far[3] = {-10, -10, -10};
    Grid reference = grid_at(origin, (size_t[3]){SIDE, SIDE, SIDE});
    Grid dose_grid = grid_at(far, (size_t[3]){40, 40, 40});
    SegmentDoseMaps maps = {.reference_to_dose = affine_identity()};
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(volume_create(&dose_grid, &maps.kernel, &error), STATUS_OK);
    for (size_t n = 0; n < grid_voxel_count(&dose_grid); n++) {
        maps.kernel.voxels[n] = (float)(n % 40);
    }
    maps.chosen = &maps.kernel;
    StructureList list = {patient->structures, patient->count};
    Liver liver;
    CU_ASSERT_EQUAL(liver_measure(&list, &reference, &maps, 0.2, &liver, &error), STATUS_OK);
    segment_dose_maps_free(&maps);
    for (size_t s = 0; s < patient->count; s++) {
        label_map_free(&patient->structures[s].mask);
    }
    return liver;
}

/* Volumes in voxels; float weights limit the means. */
static void check(const Liver *liver, double whole, double whole_gy, double normal,
                  double normal_gy) {
    CU_ASSERT(liver->is_segmented);
    ASSERT_NEAR(liver->volume_ml, whole * ML, 1e-9);
    ASSERT_NEAR(liver->mean_gy, whole_gy, 1e-4);
    ASSERT_NEAR(liver->normal_volume_ml, normal * ML, 1e-9);
    ASSERT_NEAR(liver->normal_mean_gy, normal_gy, 1e-4);
}

static const Block organ = {{2, 2, 2}, {9, 9, 9}}, lesion = {{3, 4, 4}, {5, 6, 6}};

static void contours_and_labels_give_the_same(void) {
    Patient inclusive = {0}, exclusive = {0};
    add(&inclusive, "liver", organ, NULL);
    add(&inclusive, "lesion", lesion, NULL);
    add(&exclusive, "liver", organ, &lesion);
    add(&exclusive, "lesion", lesion, NULL);
    Liver a = measure(&inclusive), b = measure(&exclusive);
    /* 512 voxels around i = 5.5, less 27 around i = 4. */
    double normal_gy = (512 * 15.5 - 27 * 14) / (512 - 27);
    check(&a, 512, 15.5, 512 - 27, normal_gy);
    check(&b, 512, 15.5, 512 - 27, normal_gy);
    CU_ASSERT(a.volume_ml == b.volume_ml && a.mean_gy == b.mean_gy);
    CU_ASSERT(a.normal_volume_ml == b.normal_volume_ml && a.normal_mean_gy == b.normal_mean_gy);
}

static void the_livers_own_space_is_kept(void) {
    Patient patient = {0};
    Structure *liver = add(&patient, "liver", organ, &lesion);
    Structure *hole = add(&patient, "lesion", lesion, NULL);
    liver->to_reference.m[0][3] = hole->to_reference.m[0][3] = 0.7;
    Liver measured = measure(&patient);
    /* Two of the five parts of every voxel reach the next dose voxel; brought to the reference's
     * lattice first, the masks would snap back by 0.7 mm. */
    check(&measured, 512, 15.9, 512 - 27, (512 * 15.9 - 27 * 14.4) / (512 - 27));
}

static void lobes_beyond_the_reference_are_whole(void) {
    const Block right = {{-4, 0, 0}, {5, 13, 5}}, left = {{6, 0, 0}, {15, 13, 5}};
    Patient patient = {0};
    add(&patient, "liver", right, NULL);
    add(&patient, "liver", left, NULL);
    add(&patient, "lesion", (Block){{14, 12, 0}, {15, 13, 1}}, NULL); /* wholly beyond */
    Liver liver = measure(&patient);
    check(&liver, 1680, 15.5, 1680 - 8, (1680 * 15.5 - 8 * 24.5) / (1680 - 8));
}

static void a_lesion_on_the_rim_is_counted(void) {
    Patient patient = {0};
    add(&patient, "liver", organ, NULL);
    /* Outside the liver's cropped box: face to face, and by a corner only; below 0 too. */
    add(&patient, "lesion", (Block){{10, 4, 4}, {11, 5, 5}}, NULL);
    add(&patient, "lesion", (Block){{-1, -1, -1}, {1, 1, 1}}, NULL);
    Liver liver = measure(&patient);
    check(&liver, 512 + 8 + 27, (512 * 15.5 + 8 * 20.5 + 27 * 10) / (512 + 8 + 27), 512, 15.5);
}

static void a_lesion_elsewhere_is_not(void) {
    Patient patient = {0};
    add(&patient, "liver", organ, NULL);
    add(&patient, "lesion", (Block){{11, 4, 4}, {12, 5, 5}}, NULL);     /* one voxel between */
    add(&patient, "lesion", (Block){{5000, 4, 4}, {5001, 5, 5}}, NULL); /* too far for one box */
    Liver liver = measure(&patient);
    check(&liver, 512, 15.5, 512, 15.5);
}

static void a_finer_lesion_comes_to_the_livers_grid(void) {
    Patient patient = {0};
    add(&patient, "liver", organ, &lesion);
    /* The lesion's 27 voxels as 216 of 1 mm, from 5 mm along i and 7 mm along j and k. */
    Structure *fine = add(&patient, "lesion", (Block){{0, 0, 0}, {5, 5, 5}}, NULL);
    const double first_mm[3] = {5.5, 7.5, 7.5};
    for (int axis = 0; axis < 3; axis++) {
        fine->mask.grid.affine.m[axis][axis] = 1;
        fine->mask.grid.affine.m[axis][3] = first_mm[axis];
    }
    Liver liver = measure(&patient);
    check(&liver, 512, 15.5, 512 - 27, (512 * 15.5 - 27 * 14) / (512 - 27));
}

static void nothing_left_has_no_mean(void) {
    Patient patient = {0};
    add(&patient, "liver", lesion, NULL);
    add(&patient, "lesion", organ, NULL);
    Liver liver = measure(&patient);
    ASSERT_NEAR(liver.volume_ml, 512 * ML, 1e-9);
    ASSERT_NEAR(liver.normal_volume_ml, 0, 0);
    CU_ASSERT(isnan(liver.normal_mean_gy));
}

static void no_liver_is_not_segmented(void) {
    Patient patient = {0};
    add(&patient, "lesion", lesion, NULL);
    Liver liver = measure(&patient);
    CU_ASSERT(!liver.is_segmented);
}

int main(void) {
    static const UnitTest tests[] = {
        {"contours that hold the lesions and labels without them give the same numbers",
         contours_and_labels_give_the_same},
        {"one liver is measured voxel by voxel in its own space", the_livers_own_space_is_kept},
        {"lobes beyond the reference are whole", lobes_beyond_the_reference_are_whole},
        {"a lesion on the rim is counted", a_lesion_on_the_rim_is_counted},
        {"a lesion elsewhere is not", a_lesion_elsewhere_is_not},
        {"a finer lesion comes to the liver's grid", a_finer_lesion_comes_to_the_livers_grid},
        {"where lesions leave nothing the normal liver has no mean", nothing_left_has_no_mean},
        {"without a liver nothing is measured", no_liver_is_not_segmented},
    };
    return suite_run("segment/liver", tests, sizeof tests / sizeof *tests);
}
