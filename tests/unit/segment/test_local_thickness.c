/* Local thickness of the simplest masks. Tubes of known diameter: tests/validation. */
#include "segment/local_thickness.h"
#include "tests/unit/suite.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 16, VOXELS = SIDE * SIDE * SIDE };

static Mask new_mask(unsigned char inside[VOXELS], double spacing) {
    Mask mask = {
        .size = {SIDE, SIDE, SIDE}, .spacing_mm = {spacing, spacing, spacing}, .inside = inside};
    return mask;
}

static void fill_block(unsigned char inside[VOXELS], const size_t low[3], const size_t high[3]) {
    for (size_t k = low[2]; k <= high[2]; k++) {
        for (size_t j = low[1]; j <= high[1]; j++) {
            for (size_t i = low[0]; i <= high[0]; i++) {
                inside[(k * SIDE + j) * SIDE + i] = 1;
            }
        }
    }
}

static void measure(const Mask *mask, float diameter[VOXELS]) {
    Error error;
    CU_ASSERT_EQUAL_FATAL(local_thickness_measure(mask, diameter, &error), STATUS_OK);
}

static void a_row_of_voxels_is_1_4_voxels_thick(void) {
    unsigned char inside[VOXELS] = {0};
    static float diameter[VOXELS];
    fill_block(inside, (size_t[3]){7, 7, 2}, (size_t[3]){7, 7, 12});
    Mask mask = new_mask(inside, 1.5);
    measure(&mask, diameter);
    /* Farthest from the nearest outside centres a third of a voxel along the row: raw = 2.108. */
    double raw = 2 * sqrt(1 + 1.0 / 9), expected = (raw + sqrt(raw * raw - 4)) / 2;
    ASSERT_NEAR((double)diameter[(7 * SIDE + 7) * SIDE + 7], 1.5 * expected, 1e-6);
    ASSERT_NEAR((double)diameter[0], 0, 0);
}

static void every_voxel_inside_has_a_diameter(void) {
    unsigned char inside[VOXELS] = {0};
    static float diameter[VOXELS];
    fill_block(inside, (size_t[3]){2, 3, 4}, (size_t[3]){9, 6, 5});
    fill_block(inside, (size_t[3]){12, 12, 12}, (size_t[3]){12, 12, 12});
    Mask mask = new_mask(inside, 2);
    measure(&mask, diameter);
    for (size_t n = 0; n < VOXELS; n++) {
        CU_ASSERT_EQUAL(diameter[n] > 0, inside[n] == 1);
    }
}

static void thin_and_thick_parts_differ(void) {
    unsigned char inside[VOXELS] = {0};
    static float diameter[VOXELS];
    fill_block(inside, (size_t[3]){2, 4, 4}, (size_t[3]){7, 9, 9});  /* a cube of 6 voxels */
    fill_block(inside, (size_t[3]){8, 7, 7}, (size_t[3]){14, 7, 7}); /* with a thread out of it */
    Mask mask = new_mask(inside, 1);
    measure(&mask, diameter);
    double cube = (double)diameter[(7 * SIDE + 7) * SIDE + 5];
    CU_ASSERT(cube > 5.5 && cube < 7.1);
    double thread = (double)diameter[(7 * SIDE + 7) * SIDE + 13];
    CU_ASSERT(thread > 0.9 && thread < 1.5);
}

static void threads_do_not_matter(void) {
    unsigned char inside[VOXELS] = {0};
    static float one[VOXELS], many[VOXELS];
    fill_block(inside, (size_t[3]){2, 3, 4}, (size_t[3]){9, 9, 12});
    fill_block(inside, (size_t[3]){5, 5, 2}, (size_t[3]){6, 12, 13});
    Mask mask = new_mask(inside, 1);
    int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    measure(&mask, one);
    omp_set_num_threads(4);
    measure(&mask, many);
    omp_set_num_threads(threads);
    CU_ASSERT_EQUAL(memcmp(one, many, sizeof one), 0);
}

int main(void) {
    static const UnitTest tests[] = {
        {"a row of voxels is 1.4 voxels thick", a_row_of_voxels_is_1_4_voxels_thick},
        {"every voxel inside has a diameter, none outside", every_voxel_inside_has_a_diameter},
        {"thin and thick parts differ", thin_and_thick_parts_differ},
        {"the number of threads does not matter", threads_do_not_matter},
    };
    return suite_run("segment/local_thickness", tests, sizeof tests / sizeof *tests);
}
