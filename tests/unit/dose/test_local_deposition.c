/* Local deposition, uniform and with a density map: values, energy, densities that cannot be. */
#include "dose/local_deposition.h"

#include <float.h>
#include <math.h>
#include <omp.h>
#include <string.h>

#include "tests/unit/suite.h"

static const double FACTOR = 4.97258e-5; /* Gy per Bq/g, as of 90Y */

enum { NX = 7, NY = 5, NZ = 6, COUNT = NX * NY * NZ };

static Volume make_volume(void) {
    Volume volume;
    Error error = {0};
    Grid grid = {{NX, NY, NZ}, affine_identity()};
    CU_ASSERT_EQUAL_FATAL(volume_create(&grid, &volume, &error), STATUS_OK);
    return volume;
}

/* Activities from -2e5 to 2e6 Bq/mL, densities from 0.05 to 1.9 g/mL: Knuth's MMIX generator. */
static void make_inputs(Volume *activity, Volume *density) {
    unsigned long long seed = 3;
    *activity = make_volume();
    *density = make_volume();
    for (size_t n = 0; n < COUNT; n++) {
        seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
        activity->voxels[n] = (float)(seed >> 40) / (1 << 24) * 2.2e6f - 2e5f;
        density->voxels[n] = 0.05f + (float)(seed >> 20 & 0xffff) / 65536.0f * 1.85f;
    }
}

/* Rounding to float: of the factor, and of each result; one unit in the last place (2^-23). */
static void test_uniform(void) {
    Volume activity, density, dose;
    Error error = {0};
    make_inputs(&activity, &density);
    CU_ASSERT_EQUAL_FATAL(local_deposition_compute(&activity, NULL, 1.06, FACTOR, &dose, &error),
                          STATUS_OK);
    for (size_t n = 0; n < COUNT; n++) {
        double expected = (double)activity.voxels[n] * FACTOR / 1.06;
        ASSERT_NEAR(dose.voxels[n], expected, fabs(expected) * FLT_EPSILON);
    }
    volume_free(&activity);
    volume_free(&density);
    volume_free(&dose);
}

/* Dose times mass is the energy of the voxel's decays, whatever the density. */
static void test_energy_with_map(void) {
    Volume activity, density, dose;
    Error error = {0};
    make_inputs(&activity, &density);
    CU_ASSERT_EQUAL_FATAL(local_deposition_compute(&activity, &density, NAN, FACTOR, &dose, &error),
                          STATUS_OK);
    double absorbed = 0.0, emitted = 0.0;
    for (size_t n = 0; n < COUNT; n++) {
        double expected = (double)activity.voxels[n] * FACTOR / (double)density.voxels[n];
        ASSERT_NEAR(dose.voxels[n], expected, fabs(expected) * 2.0 * FLT_EPSILON);
        absorbed += (double)dose.voxels[n] * density.voxels[n];
        emitted += (double)activity.voxels[n] * FACTOR;
    }
    ASSERT_NEAR(absorbed / emitted, 1.0, 1e-6); /* rounding of 210 values averages out */
    volume_free(&activity);
    volume_free(&density);
    volume_free(&dose);
}

/* The first bad voxel is named, whichever thread meets one first. */
static void test_impossible_densities(void) {
    static const float bad[] = {0.0f, -0.0f, -0.3f, NAN, INFINITY};
    Volume activity, density, dose;
    Error error = {0};
    make_inputs(&activity, &density);
    int threads = omp_get_max_threads();
    omp_set_num_threads(3);
    for (size_t b = 0; b < sizeof bad / sizeof *bad; b++) {
        Volume broken = make_volume();
        memcpy(broken.voxels, density.voxels, COUNT * sizeof(float));
        broken.voxels[(2 * NY + 3) * NX + 4] = bad[b];
        broken.voxels[(2 * NY + 4) * NX + 1] = bad[b];
        broken.voxels[(5 * NY + 0) * NX + 0] = bad[b];
        CU_ASSERT_EQUAL(local_deposition_compute(&activity, &broken, 1.06, FACTOR, &dose, &error),
                        STATUS_BAD_DATA);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "i=4 j=3 k=2"));
        CU_ASSERT_PTR_NULL(dose.voxels);
        volume_free(&broken);
    }
    omp_set_num_threads(threads);
    CU_ASSERT_EQUAL(local_deposition_compute(&activity, NULL, 0.0, FACTOR, &dose, &error),
                    STATUS_CONFIG);
    CU_ASSERT_EQUAL(local_deposition_compute(&activity, NULL, NAN, FACTOR, &dose, &error),
                    STATUS_CONFIG);
    density.grid.affine.m[0][3] = 1.0; /* a map of somewhere else */
    CU_ASSERT_EQUAL(local_deposition_compute(&activity, &density, 1.06, FACTOR, &dose, &error),
                    STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "grid"));
    volume_free(&activity);
    volume_free(&density);
}

int main(void) {
    static const UnitTest tests[] = {
        {"uniform density: C k / density to the last place", test_uniform},
        {"with a density map energy is conserved", test_energy_with_map},
        {"impossible densities are errors that name the voxel", test_impossible_densities},
    };
    return suite_run("local deposition", tests, sizeof tests / sizeof *tests);
}
