#include "core/volume.h"

#include <math.h>
#include <omp.h>
#include <string.h>

#include "tests/unit/suite.h"

static const double FLOAT_ROUNDING = 1e-4; /* float32 sums of values below 100 */

static Grid cubic_grid(size_t size, double spacing_mm, double origin_mm) {
    Grid grid = {.size = {size, size, size}, .affine = affine_identity()};
    for (int axis = 0; axis < 3; axis++) {
        grid.affine.m[axis][axis] = spacing_mm;
        grid.affine.m[axis][3] = origin_mm;
    }
    return grid;
}

/* f = 1 + 2 i + 3 j + 4 k: what trilinear interpolation must reproduce exactly. */
static Volume linear_volume(size_t size) {
    Grid grid = cubic_grid(size, 1, 0);
    Volume volume;
    Error error;
    CU_ASSERT_EQUAL_FATAL(volume_create(&grid, &volume, &error), STATUS_OK);
    size_t n = 0;
    for (size_t k = 0; k < size; k++) {
        for (size_t j = 0; j < size; j++) {
            for (size_t i = 0; i < size; i++) {
                volume.voxels[n++] = (float)(1 + 2 * i + 3 * j + 4 * k);
            }
        }
    }
    return volume;
}

static void sampling_reproduces_a_linear_image(void) {
    Volume volume = linear_volume(5);
    double index[3] = {1.25, 2.5, 0.75};
    ASSERT_NEAR(volume_sample(&volume, index, NAN), 1 + 2 * 1.25 + 3 * 2.5 + 4 * 0.75,
                FLOAT_ROUNDING);
    volume_free(&volume);
}

static void edge_holds_for_half_a_voxel_then_outside(void) {
    Volume volume = linear_volume(3);
    double inside[3] = {-0.4, 0, 2.4}, outside[3] = {-0.6, 0, 0}, not_a_number[3] = {NAN, 0, 0};
    ASSERT_NEAR(volume_sample(&volume, inside, -1), 1 + 8, FLOAT_ROUNDING);
    ASSERT_NEAR(volume_sample(&volume, outside, -1), -1, 0);
    ASSERT_NEAR(volume_sample(&volume, not_a_number, -1), -1, 0);
    volume_free(&volume);
}

static void resampling_follows_the_transform(void) {
    Volume source = linear_volume(8), target;
    Error error;
    Grid grid = cubic_grid(3, 2, 1);
    Affine shift = affine_identity();
    shift.m[0][3] = 0.5;
    CU_ASSERT_EQUAL(volume_resample(&source, &grid, &shift, NAN, &target, &error), STATUS_OK);
    /* target voxel (1, 0, 2) is at (3, 1, 5) mm, in the source at (3.5, 1, 5) */
    ASSERT_NEAR(target.voxels[1 + 0 * 3 + 2 * 9], 1 + 2 * 3.5 + 3 * 1 + 4 * 5, FLOAT_ROUNDING);
    volume_free(&target);
    volume_free(&source);
}

static void resampling_does_not_depend_on_threads(void) {
    Volume source = linear_volume(16), one, three;
    Error error;
    double rotation[3] = {0.1, 0.2, 0.3}, none[3] = {0, 0, 0};
    Affine turn = affine_from_rigid(rotation, none, none);
    Grid grid = cubic_grid(13, 1.1, 0.2);
    omp_set_num_threads(1);
    CU_ASSERT_EQUAL(volume_resample(&source, &grid, &turn, 0, &one, &error), STATUS_OK);
    omp_set_num_threads(3);
    CU_ASSERT_EQUAL(volume_resample(&source, &grid, &turn, 0, &three, &error), STATUS_OK);
    CU_ASSERT_EQUAL(memcmp(one.voxels, three.voxels, 13 * 13 * 13 * sizeof(float)), 0);
    volume_free(&one);
    volume_free(&three);
    volume_free(&source);
}

static double sum_of(const Volume *volume) {
    double sum = 0;
    for (size_t n = 0; n < grid_voxel_count(&volume->grid); n++) {
        sum += volume->voxels[n];
    }
    return sum;
}

static void coverage_conserves_volume(void) {
    Grid fine = cubic_grid(12, 1.3, 0.37), coarse = cubic_grid(10, 4.1, -8);
    LabelMap mask;
    Volume weights;
    Error error;
    double outside_ml = -1;
    CU_ASSERT_EQUAL_FATAL(label_map_create(&fine, &mask, &error), STATUS_OK);
    for (size_t n = 0; n < grid_voxel_count(&fine); n += 3) {
        mask.labels[n] = 7;
    }
    double rotation[3] = {0.2, 0, 0.1}, none[3] = {0, 0, 0};
    Affine turn = affine_from_rigid(rotation, none, none);
    CU_ASSERT_EQUAL(
        label_map_coverage(&mask, 7, &coarse, &turn, 0.2, &weights, &outside_ml, &error),
        STATUS_OK);
    double expected_ml = (double)label_map_count(&mask, 7) * grid_voxel_volume_ml(&fine);
    ASSERT_NEAR(sum_of(&weights) * grid_voxel_volume_ml(&coarse), expected_ml, 1e-5);
    ASSERT_NEAR(outside_ml, 0, 0);
    volume_free(&weights);
    label_map_free(&mask);
}

static void coverage_of_the_same_grid_is_the_mask(void) {
    Grid grid = cubic_grid(6, 2, 0);
    LabelMap mask;
    Volume weights;
    Error error;
    double outside_ml;
    CU_ASSERT_EQUAL_FATAL(label_map_create(&grid, &mask, &error), STATUS_OK);
    mask.labels[43] = 1;
    Affine same = affine_identity();
    CU_ASSERT_EQUAL(label_map_coverage(&mask, 1, &grid, &same, 0.2, &weights, &outside_ml, &error),
                    STATUS_OK);
    ASSERT_NEAR(weights.voxels[43], 1, FLOAT_ROUNDING);
    ASSERT_NEAR(sum_of(&weights), 1, FLOAT_ROUNDING);
    volume_free(&weights);
    label_map_free(&mask);
}

static void coverage_says_what_falls_outside(void) {
    Grid source = cubic_grid(4, 1, 0), half = cubic_grid(4, 1, 0);
    half.size[0] = 2;
    LabelMap mask;
    Volume weights;
    Error error;
    double outside_ml;
    CU_ASSERT_EQUAL_FATAL(label_map_create(&source, &mask, &error), STATUS_OK);
    for (size_t n = 0; n < grid_voxel_count(&source); n++) {
        mask.labels[n] = 1;
    }
    Affine same = affine_identity();
    CU_ASSERT_EQUAL(label_map_coverage(&mask, 1, &half, &same, 0.5, &weights, &outside_ml, &error),
                    STATUS_OK);
    ASSERT_NEAR(outside_ml, 0.032, 1e-9); /* half of 64 mm3 */
    volume_free(&weights);
    label_map_free(&mask);
}

static void voxels_that_are_not_finite_are_found(void) {
    Volume volume = linear_volume(4);
    Error error;
    CU_ASSERT_EQUAL(volume_check_finite(&volume, "PET", &error), STATUS_OK);
    volume.voxels[1 + 2 * 4 + 3 * 16] = NAN;
    CU_ASSERT_EQUAL(volume_check_finite(&volume, "PET", &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "i=1 j=2 k=3"));
    volume_free(&volume);
}

static void grids_that_do_not_belong_together(void) {
    Grid coarse = {.size = {2, 2, 2}, .affine = affine_identity()}, fine = coarse;
    for (int axis = 0; axis < 3; axis++) {
        coarse.affine.m[axis][axis] = 90;
        fine.affine.m[axis][axis] = 0.02; /* 4500 voxels in one, along each axis */
    }
    LabelMap map;
    Volume weights;
    Error error;
    double outside_ml;
    Affine same = affine_identity();
    CU_ASSERT_EQUAL_FATAL(label_map_create(&coarse, &map, &error), STATUS_OK);
    map.labels[0] = 1;
    CU_ASSERT_EQUAL(label_map_coverage(&map, 1, &fine, &same, 0.2, &weights, &outside_ml, &error),
                    STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "do not belong together"));
    label_map_free(&map);
    volume_free(&weights);
}

int main(void) {
    static const UnitTest tests[] = {
        {"sampling reproduces a linear image", sampling_reproduces_a_linear_image},
        {"the edge holds for half a voxel", edge_holds_for_half_a_voxel_then_outside},
        {"resampling follows the transform", resampling_follows_the_transform},
        {"resampling does not depend on threads", resampling_does_not_depend_on_threads},
        {"coverage conserves volume", coverage_conserves_volume},
        {"coverage of the same grid is the mask", coverage_of_the_same_grid_is_the_mask},
        {"coverage says what falls outside", coverage_says_what_falls_outside},
        {"voxels that are not finite are found", voxels_that_are_not_finite_are_found},
        {"a mask voxel of millions of image voxels is refused", grids_that_do_not_belong_together},
    };
    return suite_run("volume", tests, sizeof tests / sizeof *tests);
}
