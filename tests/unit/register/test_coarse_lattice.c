/* Where the coarse search looks, and distances between rigid maps. */
#include <math.h>
#include <stdlib.h>

#include "register/coarse_lattice.h"
#include "tests/unit/suite.h"

static const double PI = 3.14159265358979323846;

static void body_box_of_a_cuboid(void) {
    Grid grid = {.size = {50, 40, 30}, .affine = affine_identity()};
    grid.affine.m[0][0] = 2.0;
    grid.affine.m[0][3] = -100.0;
    Volume volume = {0};
    Error error;
    CU_ASSERT_EQUAL_FATAL(volume_create(&grid, &volume, &error), STATUS_OK);
    for (size_t v = 0; v < grid_voxel_count(&grid); v++) {
        const size_t i = v % 50, j = v / 50 % 40, k = v / 2000;
        volume.voxels[v] = i >= 10 && i < 30 && j >= 5 && j < 15 && k >= 20 ? 3.0f : 1.0f;
    }
    const BodyBox box = body_box_of(&volume);
    /* Centres of the voxels; a box of n voxels has the variance of n - 1/n voxels: 1 %. */
    ASSERT_NEAR(box.centre_mm[0], -61.0, 1e-9);
    ASSERT_NEAR(box.centre_mm[1], 9.5, 1e-9);
    ASSERT_NEAR(box.centre_mm[2], 24.5, 1e-9);
    ASSERT_NEAR(box.size_mm[0], 40.0, 0.4);
    ASSERT_NEAR(box.size_mm[1], 10.0, 0.1);
    ASSERT_NEAR(box.size_mm[2], 10.0, 0.1);
    volume_free(&volume);
}

static size_t count_starts(double max_rotation_deg, double *nearest_mm) {
    const RigidSpace space = {{10, 20, 30}, 100};
    const BodyBox a = {{10, 20, 30}, {100, 100, 100}}, b = {{500, -300, 900}, {100, 100, 100}};
    const RigidPoint wanted = {{0, 0, 0, 490, -320, 870}};
    RigidPoint *points = NULL;
    size_t count = 0;
    Error error;
    CU_ASSERT_EQUAL_FATAL(coarse_lattice_create(&space, &a, &b, max_rotation_deg, 25, 100000,
                                                &points, &count, &error),
                          STATUS_OK);
    *nearest_mm = INFINITY;
    for (size_t n = 0; n < count; n++) {
        *nearest_mm = fmin(*nearest_mm, rigid_space_distance_mm(&space, &points[n], &wanted));
    }
    free(points);
    return count;
}

/* Boxes of 100 mm may shift by a quarter: 3 positions along each axis. Rotations: integer points
 * of a ball of radius 0, 1, 2: 1, 7, 33. */
static void starts_are_counted(void) {
    double nearest_mm;
    CU_ASSERT_EQUAL(count_starts(0, &nearest_mm), 27);
    CU_ASSERT_EQUAL(count_starts(20, &nearest_mm), 7 * 27);
    CU_ASSERT_EQUAL(count_starts(45, &nearest_mm), 33 * 27);
    ASSERT_NEAR(nearest_mm, 0.0, 1e-9); /* centre on centre is one of them */
}

static void distances_of_maps(void) {
    const RigidSpace space = {{0, 0, 0}, 100};
    const RigidPoint rest = {{0}}, shifted = {{0, 0, 0, 3, 4, 0}};
    const RigidPoint turned = {{0, 0, 100.0 * PI / 6.0, 0, 0, 0}};
    ASSERT_NEAR(rigid_space_distance_mm(&space, &rest, &shifted), 5.0, 1e-9);
    /* A chord: 2 r sin(15 degrees). */
    ASSERT_NEAR(rigid_space_distance_mm(&space, &rest, &turned), 200.0 * sin(PI / 12.0), 1e-9);
    const Affine map = rigid_space_map(&space, &turned);
    ASSERT_NEAR(rigid_rotation_deg(&map), 30.0, 1e-9);
    const Affine identity = affine_identity();
    ASSERT_NEAR(rigid_rotation_deg(&identity), 0.0, 0.0);
}

int main(void) {
    static const UnitTest tests[] = {
        {"the box of a cuboid is the cuboid", body_box_of_a_cuboid},
        {"starts are as many as the ball and the lattice have", starts_are_counted},
        {"distances of maps are chords and shifts", distances_of_maps},
    };
    return suite_run("register/coarse_lattice", tests, sizeof tests / sizeof *tests);
}
