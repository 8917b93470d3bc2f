/* Diameters of digital spheres and ellipsoids of known size, and of the IBSI digital phantom. */
#include "segment/diameter.h"
#include "tests/unit/suite.h"

#include <math.h>
#include <stdio.h>

/* A reproducible number in 0..1. */
static double next_random(unsigned *state) {
    *state = *state * 1664525u + 1013904223u;
    return (double)(*state >> 8) / 16777216.0;
}

/* Right-angled unit axes in a random direction. */
static void random_axes(unsigned *state, double axes[3][3]) {
    double z = 2 * next_random(state) - 1, turn = 6.283185307179586 * next_random(state);
    double r = sqrt(1 - z * z);
    const double first[3] = {r * cos(turn), r * sin(turn), z};
    const double second[3] = {-sin(turn), cos(turn), 0};
    for (int n = 0; n < 3; n++) {
        axes[0][n] = first[n];
        axes[1][n] = second[n];
        axes[2][n] =
            first[(n + 1) % 3] * second[(n + 2) % 3] - first[(n + 2) % 3] * second[(n + 1) % 3];
    }
}

/* Voxels whose centre lies in the ellipsoid with these half axes, at a random place. */
static LabelMap digital_ellipsoid(const double half[3], double axes[3][3], const double spacing[3],
                                  unsigned *state) {
    double longest = fmax(half[0], fmax(half[1], half[2])), centre[3];
    Grid grid = {.affine = affine_identity()};
    for (int axis = 0; axis < 3; axis++) {
        grid.affine.m[axis][axis] = spacing[axis];
        grid.size[axis] = (size_t)ceil(2 * longest / spacing[axis]) + 4;
        centre[axis] = ((double)grid.size[axis] / 2 - 1 + next_random(state)) * spacing[axis];
    }
    LabelMap mask;
    Error error;
    CU_ASSERT_EQUAL_FATAL(label_map_create(&grid, &mask, &error), STATUS_OK);
    for (size_t n = 0; n < grid_voxel_count(&grid); n++) {
        double mm[3] = {(double)(n % grid.size[0]), (double)(n / grid.size[0] % grid.size[1]),
                        (double)(n / grid.size[0] / grid.size[1])};
        double sum = 0;
        affine_apply(&grid.affine, mm, mm);
        for (int axis = 0; axis < 3; axis++) {
            double along = 0;
            for (int c = 0; c < 3; c++) {
                along += axes[axis][c] * (mm[c] - centre[c]);
            }
            sum += along * along / (half[axis] * half[axis]);
        }
        mask.labels[n] = sum <= 1;
    }
    return mask;
}

static const double spacings[][3] = {{1, 1, 1}, {2, 2, 2}, {3, 3, 3}, {1, 1, 3}, {1.5, 1.5, 3}};
enum { SPACINGS = sizeof spacings / sizeof *spacings, PLACES = 4 };

/* Mean bias, in voxels (the largest spacing), of both diameters over random places. */
static void measure_bias(const double half[3], int turned, const double spacing[3], double *bias_3d,
                         double *bias_axial) {
    static double straight[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
    double voxel = fmax(spacing[0], fmax(spacing[1], spacing[2]));
    double longest = 2 * fmax(half[0], fmax(half[1], half[2]));
    unsigned state = 20;
    *bias_3d = *bias_axial = 0;
    for (int place = 0; place < PLACES; place++) {
        double axes[3][3];
        random_axes(&state, axes);
        LabelMap mask = digital_ellipsoid(half, turned ? axes : straight, spacing, &state);
        Diameters found;
        Error error;
        CU_ASSERT_EQUAL(diameter_measure(&mask, 1, DIAMETER_REACH_DEFAULT, &found, &error),
                        STATUS_OK);
        *bias_3d += (found.longest_3d_mm - longest) / voxel / PLACES;
        *bias_axial += (found.longest_axial_mm - longest) / voxel / PLACES;
        label_map_free(&mask);
    }
}

/* Half a voxel: the surface is not known better than to the voxel it crosses. */
static const double tolerance_voxels = 0.5;

static void spheres_are_right_within_half_a_voxel(void) {
    static const double diameters[] = {10, 20, 30};
    for (size_t s = 0; s < SPACINGS; s++) {
        for (size_t d = 0; d < 3; d++) {
            double half[3] = {diameters[d] / 2, diameters[d] / 2, diameters[d] / 2};
            double bias_3d, bias_axial;
            measure_bias(half, 0, spacings[s], &bias_3d, &bias_axial);
            ASSERT_NEAR(bias_3d, 0, tolerance_voxels);
            ASSERT_NEAR(bias_axial, 0, tolerance_voxels);
        }
    }
}

static void ellipsoids_are_right_within_half_a_voxel(void) {
    static const double halves[][3] = {{15, 10, 10}, {10, 15, 10}, {10, 10, 15}, {20, 8, 12}};
    for (size_t s = 0; s < SPACINGS; s++) {
        for (size_t h = 0; h < 4; h++) {
            double bias_3d, bias_axial;
            measure_bias(halves[h], 0, spacings[s], &bias_3d, &bias_axial);
            ASSERT_NEAR(bias_3d, 0, tolerance_voxels);
            measure_bias(halves[h], 1, spacings[s], &bias_3d, &bias_axial);
            ASSERT_NEAR(bias_3d, 0, tolerance_voxels);
        }
    }
}

/* Mask of the digital phantom of the Image Biomarker Standardisation Initiative (CC BY 4.0,
 * github.com/theibsi/data_sets): 5 x 4 x 4 voxels of 2 mm; all but these six are inside. */
static void ibsi_phantom_is_13_1_mm_long(void) {
    static const size_t outside[] = {30, 43, 44, 52, 63, 64};
    Grid grid = {.size = {5, 4, 4}, .affine = affine_identity()};
    for (int axis = 0; axis < 3; axis++) {
        grid.affine.m[axis][axis] = 2;
    }
    LabelMap mask;
    Error error;
    CU_ASSERT_EQUAL_FATAL(label_map_create(&grid, &mask, &error), STATUS_OK);
    for (size_t n = 0; n < 80; n++) {
        mask.labels[n] = 1;
    }
    for (size_t n = 0; n < sizeof outside / sizeof *outside; n++) {
        mask.labels[outside[n]] = 0;
    }
    Diameters found;
    CU_ASSERT_EQUAL(diameter_measure(&mask, 1, DIAMETER_REACH_IBSI, &found, &error), STATUS_OK);
    /* Consensus value and its tolerance: "Maximum 3D diameter", Zwanenburg et al. 2020. */
    ASSERT_NEAR(found.longest_3d_mm, 13.1, 0.1);
    label_map_free(&mask);
}

int main(void) {
    static const UnitTest tests[] = {
        {"spheres are right within half a voxel", spheres_are_right_within_half_a_voxel},
        {"ellipsoids are right within half a voxel", ellipsoids_are_right_within_half_a_voxel},
        {"the IBSI phantom has its published diameter", ibsi_phantom_is_13_1_mm_long},
    };
    return suite_run("segment/diameter (validation)", tests, sizeof tests / sizeof *tests);
}
