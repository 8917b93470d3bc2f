/* The distance transform against the nearest of all marks, tried one by one. */
#include "segment/distance_transform.h"
#include "tests/unit/suite.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { NI = 19, NJ = 7, NK = 6, TOTAL = NI * NJ * NK };

static const size_t size[3] = {NI, NJ, NK};
static const double spacing[3] = {0.8, 1.5, 3.0};

/* About one voxel in `rarity` is marked. */
static void fill_marks(unsigned char marks[TOTAL], unsigned seed, unsigned rarity) {
    for (size_t n = 0; n < TOTAL; n++) {
        seed = seed * 1664525u + 1013904223u;
        marks[n] = (seed >> 16) % rarity == 0;
    }
}

static double nearest_by_search(const unsigned char marks[TOTAL], size_t voxel,
                                const double shift[3]) {
    double nearest = INFINITY;
    for (size_t n = 0; n < TOTAL; n++) {
        double di = ((double)(voxel % NI) + shift[0] - (double)(n % NI)) * spacing[0];
        double dj = ((double)(voxel / NI % NJ) + shift[1] - (double)(n / NI % NJ)) * spacing[1];
        double dk = ((double)(voxel / NI / NJ) + shift[2] - (double)(n / NI / NJ)) * spacing[2];
        double squared = di * di + dj * dj + dk * dk;
        nearest = marks[n] && squared < nearest ? squared : nearest;
    }
    return nearest;
}

static void compare(unsigned seed, unsigned rarity, const double shift[3]) {
    unsigned char marks[TOTAL];
    float squared[TOTAL];
    Error error;
    fill_marks(marks, seed, rarity);
    CU_ASSERT_EQUAL_FATAL(distance_transform(marks, 1, size, spacing, shift, squared, &error),
                          STATUS_OK);
    double worst = 0;
    for (size_t n = 0; n < TOTAL; n++) {
        worst = fmax(worst, fabs((double)squared[n] - nearest_by_search(marks, n, shift)));
    }
    ASSERT_NEAR(worst, 0, 1e-4); /* float rounding of up to 600 mm2 */
}

static void it_finds_the_nearest_mark(void) {
    static const double none[3] = {0, 0, 0};
    for (unsigned seed = 1; seed < 20; seed++) {
        compare(seed, 3 + seed * seed, none);
    }
}

static void it_finds_it_from_between_voxels(void) {
    static const double shifts[3][3] = {{0.5, -0.5, 0.5}, {-1.0 / 3, 0.2, -0.1}, {0, 0.4, 0}};
    for (unsigned n = 0; n < 3; n++) {
        compare(n + 50, 40, shifts[n]);
    }
}

static void without_a_mark_all_is_infinite(void) {
    static const double none[3] = {0, 0, 0};
    unsigned char marks[TOTAL] = {0};
    float squared[TOTAL];
    Error error;
    CU_ASSERT_EQUAL(distance_transform(marks, 1, size, spacing, none, squared, &error), STATUS_OK);
    for (size_t n = 0; n < TOTAL; n++) {
        CU_ASSERT(isinf(squared[n]));
    }
    CU_ASSERT_EQUAL(distance_transform(marks, 0, size, spacing, none, squared, &error), STATUS_OK);
    ASSERT_NEAR((double)squared[TOTAL / 2], 0, 0);
}

static void threads_do_not_matter(void) {
    static const double shift[3] = {0.3, 0.1, -0.2};
    unsigned char marks[TOTAL];
    float one[TOTAL], many[TOTAL];
    Error error;
    int threads = omp_get_max_threads();
    fill_marks(marks, 3, 30);
    omp_set_num_threads(1);
    CU_ASSERT_EQUAL(distance_transform(marks, 1, size, spacing, shift, one, &error), STATUS_OK);
    omp_set_num_threads(5);
    CU_ASSERT_EQUAL(distance_transform(marks, 1, size, spacing, shift, many, &error), STATUS_OK);
    omp_set_num_threads(threads);
    CU_ASSERT_EQUAL(memcmp(one, many, sizeof one), 0);
}

int main(void) {
    static const UnitTest tests[] = {
        {"the nearest mark is found", it_finds_the_nearest_mark},
        {"also from between voxels", it_finds_it_from_between_voxels},
        {"without a mark all is infinite", without_a_mark_all_is_infinite},
        {"the number of threads does not matter", threads_do_not_matter},
    };
    return suite_run("segment/distance_transform", tests, sizeof tests / sizeof *tests);
}
