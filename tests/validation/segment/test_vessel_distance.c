/* Distance from digital spheres to digital tubes against the analytic gap, over directions and
 * positions between the voxels. */
#include "segment/vessel_profile.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/suite.h"

enum { SIDE = 61, VOXELS = SIDE * SIDE * SIDE, DIRECTIONS = 24 };

/* Sphere of radius `sphere_mm` about `centre`; tube of radius `tube_mm` about the line through
 * `axis_point` along `axis`, only where it is nearest. */
typedef struct Scene {
    double centre[3], axis_point[3], axis[3];
    double sphere_mm, tube_mm;
} Scene;

static double dot(const double a[3], const double b[3]) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* The n-th direction of a Fibonacci spiral: even over the sphere. */
static void direction(int n, double u[3]) {
    double z = 1 - (2.0 * n + 1) / DIRECTIONS, around = n * M_PI * (3 - sqrt(5));
    u[0] = sqrt(1 - z * z) * cos(around);
    u[1] = sqrt(1 - z * z) * sin(around);
    u[2] = z;
}

static Scene make_scene(int n, const double spacing_mm[3], double sphere_mm, double tube_mm,
                        double gap_mm) {
    Scene scene = {.sphere_mm = sphere_mm, .tube_mm = tube_mm};
    double u[3], other[3] = {0.3, 0.5, 0.8};
    direction(n, u);
    double along = dot(u, other), length = 0;
    for (int axis = 0; axis < 3; axis++) {
        scene.axis[axis] = other[axis] - along * u[axis];
        length += scene.axis[axis] * scene.axis[axis];
    }
    for (int axis = 0; axis < 3; axis++) {
        scene.axis[axis] /= sqrt(length);
        scene.centre[axis] = spacing_mm[axis] * fmod(0.37 * n * (axis + 1), 1.0);
        scene.axis_point[axis] = scene.centre[axis] + u[axis] * (sphere_mm + gap_mm + tube_mm);
    }
    return scene;
}

static void draw(const Scene *scene, const double spacing_mm[3], unsigned char *lesion,
                 unsigned char *vessel) {
    size_t voxel = 0;
    for (int k = 0; k < SIDE; k++) {
        for (int j = 0; j < SIDE; j++) {
            for (int i = 0; i < SIDE; i++, voxel++) {
                const int index[3] = {i, j, k};
                double from_centre[3], from_axis[3];
                for (int axis = 0; axis < 3; axis++) {
                    double place = (index[axis] - SIDE / 2) * spacing_mm[axis];
                    from_centre[axis] = place - scene->centre[axis];
                    from_axis[axis] = place - scene->axis_point[axis];
                }
                double along = dot(from_axis, scene->axis);
                lesion[voxel] =
                    dot(from_centre, from_centre) <= scene->sphere_mm * scene->sphere_mm;
                vessel[voxel] =
                    dot(from_axis, from_axis) - along * along <= scene->tube_mm * scene->tube_mm &&
                    fabs(along) < 12;
            }
        }
    }
}

static double mean_bias_mm(const double spacing_mm[3], double sphere_mm, double tube_mm) {
    unsigned char *lesion_voxels = malloc(VOXELS), *vessel_voxels = malloc(VOXELS);
    float *diameters = malloc(VOXELS * sizeof *diameters);
    double sum = 0;
    for (size_t n = 0; n < VOXELS; n++) {
        diameters[n] = 8;
    }
    for (int n = 0; n < DIRECTIONS; n++) {
        double gap_mm = 5 + 0.2 * n;
        Scene scene = make_scene(n, spacing_mm, sphere_mm, tube_mm, gap_mm);
        draw(&scene, spacing_mm, lesion_voxels, vessel_voxels);
        Mask lesion = {.size = {SIDE, SIDE, SIDE}, .inside = lesion_voxels};
        for (int axis = 0; axis < 3; axis++) {
            lesion.spacing_mm[axis] = spacing_mm[axis];
        }
        Mask vessels = lesion;
        vessels.inside = vessel_voxels;
        VesselProfile profile;
        Error error;
        CU_ASSERT_EQUAL_FATAL(
            vessel_profile_measure(&lesion, &vessels, diameters, &profile, &error), STATUS_OK);
        CU_ASSERT_EQUAL_FATAL(profile.count, 1);
        sum += profile.steps[0].distance_mm - gap_mm;
        vessel_profile_free(&profile);
    }
    free(lesion_voxels);
    free(vessel_voxels);
    free(diameters);
    return sum / DIRECTIONS;
}

/* What vessel_profile.h promises; the voxel is the geometric mean of the spacings. A Python draft
 * with a k-d tree (SciPy) over the same construction gave -0.04 to 0.49 mm for these grids. */
static void the_mean_is_within_a_third_of_a_voxel(void) {
    static const double spacings[][3] = {{1, 1, 1}, {2, 2, 2}, {2.2, 2.2, 4}, {1.5, 1.5, 3}};
    static const double radii[][2] = {{10, 5}, {8, 3}};
    for (size_t s = 0; s < sizeof spacings / sizeof *spacings; s++) {
        double voxel_mm = cbrt(spacings[s][0] * spacings[s][1] * spacings[s][2]);
        for (size_t r = 0; r < sizeof radii / sizeof *radii; r++) {
            double bias_mm = mean_bias_mm(spacings[s], radii[r][0], radii[r][1]);
            if (getenv("YTTRIA_SHOW_BIAS") != NULL) {
                printf("%g x %g x %g mm, sphere %g, tube %g mm: %+.2f mm\n", spacings[s][0],
                       spacings[s][1], spacings[s][2], radii[r][0], radii[r][1], bias_mm);
            }
            ASSERT_NEAR(bias_mm / voxel_mm, 0, 0.3);
        }
    }
}

int main(void) {
    static const UnitTest tests[] = {
        {"mean distance is within 0.3 voxel of the truth", the_mean_is_within_a_third_of_a_voxel},
    };
    return suite_run("segment/vessel_distance", tests, sizeof tests / sizeof *tests);
}
