/* The voxel kernel against published voxel S values, another published point kernel, and brute
 * force; and its sum, symmetry and behaviour at small voxels. */
#include "dose/voxel_kernel.h"

#include <math.h>
#include <stdlib.h>

#include "tests/unit/suite.h"

static const char *const KERNEL = "configs/nuclides/y90_point_kernel_water.csv";
static const char *const GRAVES = "tests/data/physics/y90_dpk_graves2019_water_0-12mm.csv";
static const double JOULE_PER_MEV = 1.602176634e-13;

static void make_kernel(const char *file, double kernel_density, double tissue_density,
                        const double spacing_mm[3], double radius_mm, VoxelKernel *kernel,
                        double *total_mev) {
    PointKernel point;
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(point_kernel_load(file, &point, &error), STATUS_OK);
    *total_mev = point.total_mev;
    CU_ASSERT_EQUAL_FATAL(voxel_kernel_from_point_kernel(&point, spacing_mm,
                                                         kernel_density / tissue_density, radius_mm,
                                                         kernel, &error),
                          STATUS_OK);
    point_kernel_free(&point);
}

/* S value in mGy/(MBq s) of a weight: energy per decay / voxel mass. */
static double s_value(const VoxelKernel *kernel, double total_mev, double density, long i, long j,
                      long k) {
    const double *h = kernel->spacing_mm;
    double kilogram = density * h[0] * h[1] * h[2] * 1e-6;
    return voxel_kernel_weight(kernel, i, j, k) * total_mev * JOULE_PER_MEV / kilogram * 1e9;
}

static double sum_weights(const VoxelKernel *kernel) {
    long r[3] = {(long)kernel->reach[0], (long)kernel->reach[1], (long)kernel->reach[2]};
    double sum = 0.0;
    for (long k = -r[2]; k <= r[2]; k++) {
        for (long j = -r[1]; j <= r[1]; j++) {
            for (long i = -r[0]; i <= r[0]; i++) {
                sum += voxel_kernel_weight(kernel, i, j, k);
            }
        }
    }
    return sum;
}

/* Lanconelli N et al, Phys Med Biol 2012;57:517, soft tissue, from the copy at GitHub
 * mghro/MIRDCalculation @b6449c6 (MIT licence). Their density is 1.04 g/cm3. Printed to three
 * digits (up to 0.5 %), and Monte Carlo codes differ by 1 % in the stopping of electrons: 1 %. */
static void test_published_s_values(void) {
    static const struct {
        double edge_mm, s000, s100, s110, s111;
    } published[] = {
        {2.21, 3.00, 0.570, 0.226, 0.120},
        {3.00, 1.59, 0.275, 0.0950, 0.0429},
        {4.00, 0.858, 0.129, 0.0362, 0.0127},
        {5.00, 0.522, 0.0675, 0.0151, 0.00407},
    };
    for (size_t n = 0; n < sizeof published / sizeof *published; n++) {
        const double edge = published[n].edge_mm, spacing[3] = {edge, edge, edge};
        VoxelKernel kernel;
        double total;
        make_kernel(KERNEL, 0.99821, 1.04, spacing, 12.0, &kernel, &total);
        ASSERT_NEAR(s_value(&kernel, total, 1.04, 0, 0, 0) / published[n].s000, 1.0, 0.01);
        ASSERT_NEAR(s_value(&kernel, total, 1.04, 1, 0, 0) / published[n].s100, 1.0, 0.01);
        ASSERT_NEAR(s_value(&kernel, total, 1.04, 0, 1, 0) / published[n].s100, 1.0, 0.01);
        ASSERT_NEAR(s_value(&kernel, total, 1.04, 1, 1, 0) / published[n].s110, 1.0, 0.015);
        /* The corner of a 5 mm voxel is beyond 8.6 mm, where statistics are the limit. */
        ASSERT_NEAR(s_value(&kernel, total, 1.04, 1, 1, 1) / published[n].s111, 1.0, 0.025);
        voxel_kernel_free(&kernel);
    }
}

/* Two codes, PENELOPE and MCNP6: they agree within 1.8 % per mm, so voxels within 1 %. */
static void test_graves_point_kernel(void) {
    static const double spacings[2][3] = {{3.0, 3.0, 3.0}, {4.17, 4.17, 2.03}};
    for (int n = 0; n < 2; n++) {
        VoxelKernel ours, theirs;
        double our_total, their_total;
        make_kernel(KERNEL, 0.99821, 1.04, spacings[n], 12.0, &ours, &our_total);
        make_kernel(GRAVES, 1.0, 1.04, spacings[n], 12.0, &theirs, &their_total);
        for (long i = 0; i <= 1; i++) {
            for (long k = 0; k <= 1; k++) {
                double ratio = s_value(&ours, our_total, 1.04, i, 0, k) /
                               s_value(&theirs, their_total, 1.04, i, 0, k);
                ASSERT_NEAR(ratio, 1.0, 0.01);
            }
        }
        voxel_kernel_free(&ours);
        voxel_kernel_free(&theirs);
    }
}

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
    CU_ASSERT_EQUAL_FATAL(point_kernel_load(KERNEL, &point, &error), STATUS_OK);
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

/* Rounding only: each share of energy is split into parts that sum to it. */
static void test_sum(void) {
    static const double spacings[][3] = {{0.5, 0.5, 0.5},  {2.21, 2.21, 2.21},
                                         {3.0, 3.0, 3.0},  {4.17, 4.17, 2.03},
                                         {12.0, 0.7, 5.0}, {12.0, 12.0, 12.0}};
    for (size_t n = 0; n < sizeof spacings / sizeof *spacings; n++) {
        VoxelKernel kernel;
        double total;
        make_kernel(KERNEL, 0.99821, 1.06, spacings[n], 12.0, &kernel, &total);
        ASSERT_NEAR(sum_weights(&kernel), 1.0 - kernel.tail_fraction, 1e-9);
        ASSERT_NEAR(sum_weights(&kernel) * kernel.tail_scale, 1.0, 1e-9);
        /* Energy beyond 12 mm: 0.39 % by EGSnrc, 0.40 % in this kernel (0.93498 MeV in all). */
        ASSERT_NEAR(kernel.tail_fraction, 0.0039, 2e-4);
        voxel_kernel_free(&kernel);
    }
}

/* A grid with its axes exchanged has the same weights: an error in the treatment of one axis (only
 * z has its polar angle, x and y share an azimuth) would show. */
static void test_axes_are_alike(void) {
    static const double one[3] = {4.17, 3.1, 2.03}, other[3] = {2.03, 4.17, 3.1};
    VoxelKernel a, b;
    double total;
    make_kernel(KERNEL, 0.99821, 1.06, one, 12.0, &a, &total);
    make_kernel(KERNEL, 0.99821, 1.06, other, 12.0, &b, &total);
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
    make_kernel(KERNEL, 1.0, 1.0, spacing, 5.05, &cut, &total);
    ASSERT_NEAR(sum_weights(&cut), 1.0 - cut.tail_fraction, 1e-9);
    CU_ASSERT_TRUE(cut.tail_fraction > 0.1 && cut.reach[0] == 2);
    make_kernel(KERNEL, 1.0, 2.0, half, 12.0, &dense, &total);
    make_kernel(KERNEL, 1.0, 1.0, spacing, 12.0, &same, &total);
    ASSERT_NEAR(voxel_kernel_weight(&dense, 1, 1, 0), voxel_kernel_weight(&same, 1, 1, 0), 1e-12);
    voxel_kernel_free(&cut);
    voxel_kernel_free(&dense);
    voxel_kernel_free(&same);
}

int main(void) {
    static const UnitTest tests[] = {
        {"S values agree with Lanconelli 2012", test_published_s_values},
        {"S values agree with those of Graves' point kernel", test_graves_point_kernel},
        {"weights agree with counting by brute force", test_brute_force},
        {"weights sum to 1 - tail", test_sum},
        {"no axis is special", test_axes_are_alike},
        {"radius cuts, density stretches", test_radius_and_density},
    };
    return suite_run("voxel kernel", tests, sizeof tests / sizeof *tests);
}
