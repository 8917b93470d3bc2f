/* Companding: order, range, invariance, and the cube-root law on two-valued densities. */
#include <math.h>

#include "register/intensity.h"
#include "tests/unit/suite.h"

enum { SIDE = 27, COUNT = SIDE * SIDE * SIDE };

static Volume make_volume(void) {
    const Grid grid = {.size = {SIDE, SIDE, SIDE}, .affine = affine_identity()};
    Volume volume = {0};
    Error error;
    CU_ASSERT_EQUAL_FATAL(volume_create(&grid, &volume, &error), STATUS_OK);
    return volume;
}

static void flat_has_no_contrast(void) {
    Volume volume = make_volume();
    for (size_t n = 0; n < COUNT; n++) {
        volume.voxels[n] = 7.5f;
    }
    CU_ASSERT_FALSE(intensity_compand(&volume));
    CU_ASSERT_EQUAL(volume.voxels[5], 0.0f);
    volume_free(&volume);
}

/* 8 values below 0.5 for each one above: the lower half gets cbrt(8) = 2 times as many bins. */
static void density_follows_cube_root(void) {
    Volume volume = make_volume();
    for (size_t n = 0; n < COUNT; n++) {
        const double u = (double)(n / 9) / (COUNT / 9.0);
        volume.voxels[n] = (float)(n % 9 < 8 ? 0.5 * u : 0.5 + 0.5 * u);
    }
    CU_ASSERT(intensity_compand(&volume));
    double below = 0.0;
    for (size_t n = 0; n < COUNT; n++) {
        CU_ASSERT(volume.voxels[n] >= 0.0f && volume.voxels[n] <= 1.0f);
        if (n % 9 < 8) {
            below = fmax(below, volume.voxels[n]);
        }
    }
    ASSERT_NEAR(below, 2.0 / 3.0, 0.02); /* counting noise of 1024 bins */
    volume_free(&volume);
}

static void affine_change_does_not_matter(void) {
    Volume a = make_volume(), b = make_volume();
    for (size_t n = 0; n < COUNT; n++) {
        const float x = expf(4.0f * sinf(0.37f * (float)n));
        a.voxels[n] = x;
        b.voxels[n] = 8.0f * x; /* a power of two: exact in float */
    }
    CU_ASSERT(intensity_compand(&a));
    CU_ASSERT(intensity_compand(&b));
    for (size_t n = 0; n < COUNT; n++) {
        ASSERT_NEAR(b.voxels[n], a.voxels[n], 1e-6); /* float rounding */
    }
    volume_free(&a);
    volume_free(&b);
}

static void outlier_leaves_contrast(void) {
    Volume volume = make_volume();
    for (size_t n = 0; n < COUNT; n++) {
        volume.voxels[n] = (float)(n % 100);
    }
    volume.voxels[17] = 1e7f;
    CU_ASSERT(intensity_compand(&volume));
    ASSERT_NEAR(volume.voxels[50], 0.5, 0.02); /* as without the outlier */
    volume_free(&volume);
}

int main(void) {
    static const UnitTest tests[] = {
        {"a flat image has no contrast", flat_has_no_contrast},
        {"bins follow the cube root of density", density_follows_cube_root},
        {"a change of scale does not matter", affine_change_does_not_matter},
        {"one extreme voxel does not take the contrast", outlier_leaves_contrast},
    };
    return suite_run("register/intensity", tests, sizeof tests / sizeof *tests);
}
