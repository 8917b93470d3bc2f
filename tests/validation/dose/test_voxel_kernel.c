/* The voxel kernel against sampling by brute force; its symmetry, radius and density. Its values
 * beside published ones: test_voxel_s_values.c; its sum: test_energy.c. */
#include <stdlib.h>

#include "kernel_fixture.h"

/* Brute force: points spread over the source voxel, steps drawn from the point kernel, hits
 * counted. The points are a Kronecker sequence in six dimensions (Roberts' constants: powers of
 * the root of x^7 = x + 1). With 4e6, 1.6e7 and 4e7 points the worst of these shares was off by
 * 12e-4, 2e-4 and 2.5e-4: what is left is the sampling. The tolerance is the accuracy to be shown.
 */
enum { SAMPLES = 16000000, TABLE = 65536 };

/* Radius within which a decay leaves `energy`, a fraction. */
static double find_radius(const PointKernel *point, double energy) {
    size_t shell = 0;
    double before = 0.0;
    while (shell + 1 < point->n_shells && before + point->fraction[shell] < energy) {
        before += point->fraction[shell++];
    }
    double part = (energy - before) / point->fraction[shell];
    return point->radius_mm[shell] + part * (point->radius_mm[shell + 1] - point->radius_mm[shell]);
}

static void count_hits(const PointKernel *point, double radius_mm, const double h[3],
                       double hits[3][3][3]) {
    double *radii = calloc(TABLE + 1, sizeof *radii); /* the inverse distribution */
    double within = point_kernel_fraction_within(point, radius_mm);
    double root = 1.1, step[6], u[6] = {0.5, 0.5, 0.5, 0.5, 0.5, 0.5};
    for (int n = 0; n <= TABLE; n++) {
        radii[n] = fmin(find_radius(point, within * n / TABLE), radius_mm);
    }
    for (int n = 0; n < 100; n++) {
        root = pow(1.0 + root, 1.0 / 7.0);
    }
    for (int d = 0; d < 6; d++) {
        step[d] = pow(root, -(d + 1.0));
    }
    for (int n = 0; n < SAMPLES; n++) {
        for (int d = 0; d < 6; d++) {
            u[d] += step[d] - (u[d] + step[d] >= 1.0 ? 1.0 : 0.0);
        }
        int entry = (int)(u[3] * TABLE);
        double r = radii[entry] + (u[3] * TABLE - entry) * (radii[entry + 1] - radii[entry]);
        double z = 2.0 * u[4] - 1.0, rho = sqrt(1.0 - z * z), phi = 2.0 * M_PI * u[5];
        int i = abs((int)floor(u[0] + r * rho * cos(phi) / h[0]));
        int j = abs((int)floor(u[1] + r * rho * sin(phi) / h[1]));
        int k = abs((int)floor(u[2] + r * z / h[2]));
        if (i < 3 && j < 3 && k < 3) {
            hits[k][j][i] += within / SAMPLES;
        }
    }
    free(radii);
}

static void test_brute_force(void) {
    static const double spacings[2][3] = {{3.0, 3.0, 3.0}, {4.17, 4.17, 2.03}};
    PointKernel point;
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(point_kernel_load(KERNEL_FIXTURE_OURS, &point, &error), STATUS_OK);
    for (int n = 0; n < 2; n++) {
        double hits[3][3][3] = {0};
        VoxelKernel kernel;
        count_hits(&point, 12.0, spacings[n], hits);
        CU_ASSERT_EQUAL_FATAL(
            voxel_kernel_from_point_kernel(&point, spacings[n], 1.0, 12.0, &kernel, &error),
            STATUS_OK);
        for (int offset = 0; offset < 8; offset++) {
            int i = offset & 1, j = offset >> 1 & 1, k = offset >> 2;
            double mirrors = (double)((1 + i) * (1 + j) * (1 + k));
            double exact = voxel_kernel_weight(&kernel, i, j, k) * mirrors;
            ASSERT_NEAR(hits[k][j][i] / exact, 1.0, 1e-3);
        }
        voxel_kernel_free(&kernel);
    }
    point_kernel_free(&point);
}

/* A grid with its axes exchanged has the same weights: an error in the treatment of one axis (only
 * z has its polar angle, x and y share an azimuth) would show. */
static void test_axes_are_alike(void) {
    static const double one[3] = {4.17, 3.1, 2.03}, other[3] = {2.03, 4.17, 3.1};
    VoxelKernel a, b;
    double total;
    kernel_fixture_make(KERNEL_FIXTURE_OURS, KERNEL_FIXTURE_OUR_DENSITY, 1.06, one, 12.0, &a,
                        &total);
    kernel_fixture_make(KERNEL_FIXTURE_OURS, KERNEL_FIXTURE_OUR_DENSITY, 1.06, other, 12.0, &b,
                        &total);
    for (long i = 0; i <= 3; i++) {
        for (long j = 0; j <= 3; j++) {
            for (long k = 0; k <= 3; k++) {
                double expected = voxel_kernel_weight(&a, i, j, k);
                /* Quadrature, not rounding: 1e-5 of the central weight's size. */
                ASSERT_NEAR(voxel_kernel_weight(&b, k, i, j), expected, 1e-5 * 0.3);
            }
        }
    }
    voxel_kernel_free(&a);
    voxel_kernel_free(&b);
}

/* Cutting the kernel keeps 1 - tail; the medium's density only stretches distances. */
static void test_radius_and_density(void) {
    static const double spacing[3] = {3.0, 3.0, 3.0}, half[3] = {1.5, 1.5, 1.5};
    VoxelKernel cut, dense, same;
    double total;
    kernel_fixture_make(KERNEL_FIXTURE_OURS, 1.0, 1.0, spacing, 5.05, &cut, &total);
    ASSERT_NEAR(kernel_fixture_sum_weights(&cut), 1.0 - cut.tail_fraction, 1e-9);
    CU_ASSERT_TRUE(cut.tail_fraction > 0.1 && cut.reach[0] == 2);
    kernel_fixture_make(KERNEL_FIXTURE_OURS, 1.0, 2.0, half, 12.0, &dense, &total);
    kernel_fixture_make(KERNEL_FIXTURE_OURS, 1.0, 1.0, spacing, 12.0, &same, &total);
    ASSERT_NEAR(voxel_kernel_weight(&dense, 1, 1, 0), voxel_kernel_weight(&same, 1, 1, 0), 1e-12);
    voxel_kernel_free(&cut);
    voxel_kernel_free(&dense);
    voxel_kernel_free(&same);
}

int main(void) {
    static const UnitTest tests[] = {
        {"weights agree with counting by brute force", test_brute_force},
        {"no axis is special", test_axes_are_alike},
        {"radius cuts, density stretches", test_radius_and_density},
    };
    return suite_run("voxel kernel", tests, sizeof tests / sizeof *tests);
}
