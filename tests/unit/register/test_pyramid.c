/* Smoothing and reduction against what a Gaussian does to simple images. */
#include <math.h>

#include "register/pyramid.h"
#include "tests/unit/suite.h"

static Volume make_volume(size_t i, size_t j, size_t k, double di, double dj, double dk) {
    Grid grid = {.size = {i, j, k}, .affine = affine_identity()};
    const double spacing[3] = {di, dj, dk};
    for (int axis = 0; axis < 3; axis++) {
        grid.affine.m[axis][axis] = spacing[axis];
    }
    Volume volume = {0};
    Error error;
    CU_ASSERT_EQUAL_FATAL(volume_create(&grid, &volume, &error), STATUS_OK);
    return volume;
}

/* Mean square distance from the middle voxel along one axis, weighted by the voxels. */
static double spread_mm2(const Volume *volume, int axis) {
    const size_t *n = volume->grid.size;
    double sum = 0.0, squares = 0.0, spacing[3];
    grid_spacing_mm(&volume->grid, spacing);
    for (size_t v = 0; v < grid_voxel_count(&volume->grid); v++) {
        const size_t at[3] = {v % n[0], v / n[0] % n[1], v / n[0] / n[1]};
        const double d = ((double)at[axis] - (double)(n[axis] / 2)) * spacing[axis];
        sum += volume->voxels[v];
        squares += volume->voxels[v] * d * d;
    }
    ASSERT_NEAR(sum, 1.0, 1e-5); /* float rounding */
    return squares / sum;
}

static void impulse_becomes_gaussian(void) {
    Volume volume = make_volume(41, 33, 25, 1.0, 1.5, 2.0);
    Error error;
    volume.voxels[(12 * 33 + 16) * 41 + 20] = 1.0f;
    CU_ASSERT_EQUAL(pyramid_smooth(&volume, 3.0, &error), STATUS_OK);
    /* 3 %: what is cut off beyond three standard deviations. */
    for (int axis = 0; axis < 3; axis++) {
        ASSERT_NEAR(spread_mm2(&volume, axis), 9.0, 0.27);
    }
    volume_free(&volume);
}

static void reduction_keeps_constants_and_places(void) {
    Volume volume = make_volume(30, 20, 11, 1.0, 1.3, 4.0), reduced = {0};
    Error error;
    for (size_t v = 0; v < grid_voxel_count(&volume.grid); v++) {
        volume.voxels[v] = (float)(v % 30); /* equals x in mm */
    }
    CU_ASSERT_EQUAL_FATAL(pyramid_reduce(&volume, 3.0, &reduced, &error), STATUS_OK);
    CU_ASSERT_EQUAL(reduced.grid.size[0], 10);
    CU_ASSERT_EQUAL(reduced.grid.size[1], 10);
    CU_ASSERT_EQUAL(reduced.grid.size[2], 11); /* coarser already: left alone */
    for (size_t i = 2; i < 8; i++) {           /* away from the edge's clamping */
        double x[3] = {(double)i, 5.0, 5.0};
        affine_apply(&reduced.grid.affine, x, x);
        ASSERT_NEAR(reduced.voxels[(5 * 10 + 5) * 10 + i], x[0], 1e-4); /* float rounding */
    }
    volume_free(&reduced);
    volume_free(&volume);
}

int main(void) {
    static const UnitTest tests[] = {
        {"an impulse spreads with the variance asked for", impulse_becomes_gaussian},
        {"reduction keeps a ramp where it is", reduction_keeps_constants_and_places},
    };
    return suite_run("register/pyramid", tests, sizeof tests / sizeof *tests);
}
