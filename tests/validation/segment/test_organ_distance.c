/* Distance from digital spheres to digital organs with closed forms: a round bowel loop (a tube
 * whose axis is skew to the grid) and a straight stomach wall (a half-space), through whole
 * structures of their own grids. */
#include "segment/organ_distance.h"

#include <math.h>
#include <stdio.h>

#include "tests/unit/suite.h"

enum { SIDE = 56, PLACES = 6 };

/* Inside where this is at most 0. */
typedef double Shape(const double at_mm[3], const double parameters[7]);

static Error error;

static double sphere(const double at_mm[3], const double p[7]) {
    return hypot(hypot(at_mm[0] - p[0], at_mm[1] - p[1]), at_mm[2] - p[2]) - p[3];
}

/* Beyond distance p[3] from the origin along the unit vector p[0..2]. */
static double wall(const double at_mm[3], const double p[7]) {
    return p[3] - (at_mm[0] * p[0] + at_mm[1] * p[1] + at_mm[2] * p[2]);
}

/* About the line through p[0..2] along the unit vector p[3..5], of radius p[6]. */
static double tube(const double at_mm[3], const double p[7]) {
    double along = 0, squared = 0;
    for (int axis = 0; axis < 3; axis++) {
        along += (at_mm[axis] - p[axis]) * p[3 + axis];
        squared += (at_mm[axis] - p[axis]) * (at_mm[axis] - p[axis]);
    }
    return sqrt(squared - along * along) - p[6];
}

static Structure draw(const char *role, const Grid *grid, Shape *shape, const double p[7]) {
    Structure structure = {.to_reference = affine_identity(), .registration_quality = 1};
    snprintf(structure.role, sizeof structure.role, "%s", role);
    CU_ASSERT_EQUAL_FATAL(label_map_create(grid, &structure.mask, &error), STATUS_OK);
    for (size_t n = 0; n < grid_voxel_count(grid); n++) {
        double at[3] = {(double)(n % SIDE), (double)(n / SIDE % SIDE), (double)(n / SIDE / SIDE)};
        affine_apply(&grid->affine, at, at);
        structure.mask.labels[n] = shape(at, p) <= 0;
    }
    return structure;
}

static Grid make_grid(const double spacing_mm[3]) {
    Grid grid = {.size = {SIDE, SIDE, SIDE}, .affine = affine_identity()};
    for (int axis = 0; axis < 3; axis++) {
        grid.affine.m[axis][axis] = spacing_mm[axis];
        grid.affine.m[axis][3] = -spacing_mm[axis] * SIDE / 2;
    }
    return grid;
}

/* Sphere of 10 mm radius somewhere between the voxels; tube of 5 mm radius and wall, both `gap_mm`
 * from it in the direction of (2, 3, 6) / 7. The biases are added up. */
static void measure(const Grid *grid, int place, double *tube_bias_mm, double *wall_bias_mm) {
    static const double toward[3] = {2.0 / 7, 3.0 / 7, 6.0 / 7}, gap_mm = 7.3;
    double centre[7] = {-6 + 0.37 * place, -8 + 0.61 * place, -15 + 0.83 * place, 10};
    /* (3, -2, 0) is perpendicular to the direction. */
    double pipe[7] = {0, 0, 0, 3 / sqrt(13), -2 / sqrt(13), 0, 5}, plane[7] = {0};
    for (int axis = 0; axis < 3; axis++) {
        pipe[axis] = centre[axis] + toward[axis] * (10 + gap_mm + 5);
        plane[axis] = toward[axis];
        plane[3] += centre[axis] * toward[axis];
    }
    plane[3] += 10 + gap_mm;
    for (int n = 0; n < 2; n++) {
        Structure structures[2] = {draw("lesion", grid, sphere, centre),
                                   n == 0 ? draw("small_bowel", grid, tube, pipe)
                                          : draw("stomach", grid, wall, plane)};
        const StructureList list = {structures, 2};
        const SegmentationConfig config = {.min_registration_quality = 0.25};
        Lesion lesion = {0};
        CU_ASSERT_EQUAL_FATAL(organ_distance_measure(&list, grid, &config, &lesion, 1, &error),
                              STATUS_OK);
        *(n == 0 ? tube_bias_mm : wall_bias_mm) += lesion.bowel_distance_mm - gap_mm;
        label_map_free(&structures[0].mask);
        label_map_free(&structures[1].mask);
    }
}

/* As for vessels: 0.3 voxel on average (tests/validation/segment/test_vessel_distance.c). */
static void the_mean_is_within_a_third_of_a_voxel(void) {
    static const double spacings[][3] = {{1, 1, 1}, {1.5, 1.5, 1.5}, {1.2, 1.2, 2}};
    for (size_t s = 0; s < sizeof spacings / sizeof *spacings; s++) {
        Grid grid = make_grid(spacings[s]);
        double voxel_mm = cbrt(spacings[s][0] * spacings[s][1] * spacings[s][2]);
        double tube_mm = 0, wall_mm = 0;
        for (int place = 0; place < PLACES; place++) {
            measure(&grid, place, &tube_mm, &wall_mm);
        }
        ASSERT_NEAR(tube_mm / PLACES / voxel_mm, 0, 0.3);
        ASSERT_NEAR(wall_mm / PLACES / voxel_mm, 0, 0.3);
    }
}

int main(void) {
    static const UnitTest tests[] = {
        {"mean distance to organs is within 0.3 voxel of the truth",
         the_mean_is_within_a_third_of_a_voxel},
    };
    return suite_run("segment/organ_distance", tests, sizeof tests / sizeof *tests);
}
