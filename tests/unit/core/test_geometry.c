#include "core/geometry.h"

#include <math.h>

#include "tests/unit/suite.h"

static const double ROUNDING = 1e-9; /* a few operations in double on values below 1e3 */

static Grid example_grid(void) {
    Grid grid = {.size = {4, 5, 6}, .affine = affine_identity()};
    grid.affine.m[0][0] = 2;
    grid.affine.m[1][1] = -3;
    grid.affine.m[2][2] = 4;
    grid.affine.m[0][3] = 10;
    return grid;
}

static void inverse_undoes_the_map(void) {
    double rotation[3] = {0.3, -0.2, 0.7}, translation[3] = {5, -8, 100}, centre[3] = {10, 20, 30};
    Affine map = affine_from_rigid(rotation, translation, centre), inverse;
    Error error;
    CU_ASSERT_EQUAL(affine_invert(&map, &inverse, &error), STATUS_OK);
    Affine identity = affine_compose(&inverse, &map);
    for (int row = 0; row < 4; row++) {
        for (int column = 0; column < 4; column++) {
            ASSERT_NEAR(identity.m[row][column], row == column, ROUNDING);
        }
    }
}

static void rigid_map_turns_about_its_centre(void) {
    double rotation[3] = {0, 0, M_PI / 2}, translation[3] = {1, 2, 3}, centre[3] = {10, 0, 0};
    Affine map = affine_from_rigid(rotation, translation, centre);
    double centre_moved[3], point[3] = {11, 0, 0};
    affine_apply(&map, centre, centre_moved);
    ASSERT_NEAR(centre_moved[0], 11, ROUNDING);
    ASSERT_NEAR(centre_moved[2], 3, ROUNDING);
    affine_apply(&map, point, point); /* x axis turns to y */
    ASSERT_NEAR(point[0], 11, ROUNDING);
    ASSERT_NEAR(point[1], 3, ROUNDING);
}

static void rotations_are_applied_x_then_y_then_z(void) {
    double all[3] = {0.4, 0.5, 0.6}, none[3] = {0, 0, 0};
    Affine whole = affine_from_rigid(all, none, none), product = affine_identity();
    for (int axis = 0; axis < 3; axis++) {
        double one[3] = {0, 0, 0};
        one[axis] = all[axis];
        Affine single = affine_from_rigid(one, none, none);
        product = affine_compose(&single, &product);
    }
    for (int row = 0; row < 3; row++) {
        for (int column = 0; column < 3; column++) {
            ASSERT_NEAR(whole.m[row][column], product.m[row][column], ROUNDING);
        }
    }
}

static void grid_measures_are_those_of_its_voxels(void) {
    Grid grid = example_grid();
    double spacing[3], centre[3];
    grid_spacing_mm(&grid, spacing);
    ASSERT_NEAR(spacing[0], 2, ROUNDING);
    ASSERT_NEAR(spacing[1], 3, ROUNDING);
    ASSERT_NEAR(spacing[2], 4, ROUNDING);
    ASSERT_NEAR(grid_voxel_volume_ml(&grid), 0.024, ROUNDING);
    ASSERT_NEAR(grid_voxel_diagonal_mm(&grid), sqrt(29), ROUNDING);
    grid_centre_mm(&grid, centre);
    ASSERT_NEAR(centre[0], 13, ROUNDING);
    ASSERT_NEAR(centre[1], -6, ROUNDING);
    ASSERT_NEAR(centre[2], 10, ROUNDING);
}

static void same_grids_are_told_from_shifted_ones(void) {
    Grid a = example_grid(), b = example_grid();
    CU_ASSERT_TRUE(grid_is_same(&a, &b, 0.001));
    b.affine.m[2][3] += 0.01;
    CU_ASSERT_FALSE(grid_is_same(&a, &b, 0.001));
    CU_ASSERT_TRUE(grid_is_same(&a, &b, 0.02));
    b = a;
    b.size[0]++;
    CU_ASSERT_FALSE(grid_is_same(&a, &b, 1000));
}

static void impossible_grids_are_refused(void) {
    Error error;
    Grid grid = example_grid();
    CU_ASSERT_EQUAL(grid_check(&grid, &error), STATUS_OK);
    grid.size[1] = 0;
    CU_ASSERT_EQUAL(grid_check(&grid, &error), STATUS_BAD_DATA);
    grid = example_grid();
    grid.size[0] = grid.size[1] = grid.size[2] = 4096;
    CU_ASSERT_EQUAL(grid_check(&grid, &error), STATUS_BAD_DATA);
    grid = example_grid();
    grid.affine.m[1][3] = NAN;
    CU_ASSERT_EQUAL(grid_check(&grid, &error), STATUS_BAD_DATA);
    grid = example_grid();
    grid.affine.m[2][2] = 0;
    CU_ASSERT_EQUAL(grid_check(&grid, &error), STATUS_BAD_DATA);
    grid = example_grid();
    for (int row = 0; row < 3; row++) {
        grid.affine.m[row][1] = grid.affine.m[row][0];
    }
    CU_ASSERT_EQUAL(grid_check(&grid, &error), STATUS_BAD_DATA);
}

static void singular_maps_are_refused(void) {
    Error error;
    Affine flat = affine_identity(), inverse;
    flat.m[2][2] = 0;
    CU_ASSERT_EQUAL(affine_invert(&flat, &inverse, &error), STATUS_BAD_DATA);
}

static void only_patient_maps_pass(void) {
    Error error;
    const double rotation[3] = {0.3, -0.2, 0.1}, translation[3] = {10, -20, 30}, centre[3] = {0};
    Affine rigid = affine_from_rigid(rotation, translation, centre), map = rigid;
    CU_ASSERT_EQUAL(affine_check_patient_map(&map, &error), STATUS_OK);
    map.m[0][0] *= 1e6;
    CU_ASSERT_EQUAL(affine_check_patient_map(&map, &error), STATUS_BAD_DATA);
    map = rigid;
    map.m[2][3] = 1e9;
    CU_ASSERT_EQUAL(affine_check_patient_map(&map, &error), STATUS_BAD_DATA);
    map = rigid;
    map.m[3][0] = 1;
    CU_ASSERT_EQUAL(affine_check_patient_map(&map, &error), STATUS_BAD_DATA);
    map = rigid;
    map.m[1][1] = NAN;
    CU_ASSERT_EQUAL(affine_check_patient_map(&map, &error), STATUS_BAD_DATA);
    map = affine_identity();
    map.m[0][1] = map.m[2][1] = 1;
    map.m[1][1] = 0;
    CU_ASSERT_EQUAL(affine_check_patient_map(&map, &error), STATUS_BAD_DATA); /* flat */
}

int main(void) {
    static const UnitTest tests[] = {
        {"inverse undoes the map", inverse_undoes_the_map},
        {"a rigid map turns about its centre", rigid_map_turns_about_its_centre},
        {"rotations are applied x, then y, then z", rotations_are_applied_x_then_y_then_z},
        {"grid measures are those of its voxels", grid_measures_are_those_of_its_voxels},
        {"same grids are told from shifted ones", same_grids_are_told_from_shifted_ones},
        {"impossible grids are refused", impossible_grids_are_refused},
        {"singular maps are refused", singular_maps_are_refused},
        {"only maps of millimetres to millimetres pass", only_patient_maps_pass},
    };
    return suite_run("geometry", tests, sizeof tests / sizeof *tests);
}
