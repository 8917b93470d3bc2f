/* Voxel S values, mGy/(MBq s), beside three sources: our PENELOPE point kernel and Graves' MCNP6
 * one integrated here by brute force, and the values that Lanconelli published (DOSXYZnrc). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_fixture.h"

static const double DENSITY = 1.04; /* Lanconelli's soft tissue */
static const double JOULE_PER_MEV = 1.602176634e-13;
static const double NUCLIDE_MEV = 0.9331; /* configs/nuclides/y90.yaml: energy of the dose maps */
static const double GRIDS[][3] = {
    {2.21, 2.21, 2.21}, {3.0, 3.0, 3.0}, {4.0, 4.0, 4.0}, {4.17, 4.17, 2.03}};
enum { N_GRIDS = sizeof GRIDS / sizeof *GRIDS, N_CUBIC = 3 };

/* MeV in a voxel to mGy, for a million decays. */
static double mgy_per_mbq_s(double mev, const double h[3]) {
    double kilogram = DENSITY * h[0] * h[1] * h[2] * 1e-6;
    return mev * JOULE_PER_MEV / kilogram * 1e3 * 1e6;
}

/* A point kernel as the file has it, read without our reader: MeV per decay and shell of 0.1 mm. */
enum { N_SHELLS = 120 };

static void read_shells(const char *path, double mev[N_SHELLS]) {
    char line[2048];
    int n = 0;
    FILE *file = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    while (n < N_SHELLS && fgets(line, sizeof line, file) != NULL) {
        double inner, outer;
        if (sscanf(line, "%lf,%lf,%lf", &inner, &outer, &mev[n]) == 3) {
            ASSERT_NEAR(outer, 0.1 * (n + 1), 1e-9);
            n++;
        }
    }
    fclose(file);
    CU_ASSERT_EQUAL_FATAL(n, N_SHELLS);
}

/* Chance that a displacement d joins a point of the source voxel with the voxel at offset o h. */
static double overlap(const double d[3], const int o[3], const double h[3]) {
    double product = 1.0;
    for (int axis = 0; axis < 3; axis++) {
        product *= fmax(0.0, 1.0 - fabs(d[axis] / h[axis] - o[axis]));
    }
    return product;
}

/* One of the three pyramids, tip at no displacement and base at x_axis = length, that make up the
 * box of displacements: x_axis = L s, the others L s u and L s v. The Jacobian s^2 takes away the
 * 1 / r^2 of the point kernel, so that midpoints do. */
static double sum_pyramid(const double mev[N_SHELLS], double scale, const int o[3],
                          const double h[3], int axis, int n) {
    const int b = (axis + 1) % 3, c = (axis + 2) % 3;
    const double box[3] = {(o[0] + 1) * h[0], (o[1] + 1) * h[1], (o[2] + 1) * h[2]};
    const double step = 1.0 / n, per_shell = 1.0 / (0.1 * scale);
    double sum = 0.0;
    for (int iu = 0; iu < n; iu++) {
        for (int iv = 0; iv < n; iv++) {
            const double u = box[b] * (iu + 0.5) * step, v = box[c] * (iv + 0.5) * step;
            const double length = sqrt(box[axis] * box[axis] + u * u + v * v);
            double along = 0.0;
            for (int is = 0; is < n; is++) {
                const double s = (is + 0.5) * step;
                const int shell = (int)(length * s * per_shell);
                double d[3];
                d[axis] = box[axis] * s;
                d[b] = u * s;
                d[c] = v * s;
                along += shell < N_SHELLS ? mev[shell] * per_shell * overlap(d, o, h) : 0.0;
            }
            sum += along / (4.0 * M_PI * length * length);
        }
    }
    return sum * step * step * step * box[0] * box[1] * box[2];
}

/* MeV per decay in the voxel at offset o (0 or 1 along each axis). Along an axis without offset the
 * box of displacements is the half that counts twice. */
static double integrate(const double mev[N_SHELLS], double scale, const int o[3], const double h[3],
                        int n) {
    double sum = 0.0;
    for (int axis = 0; axis < 3; axis++) {
        sum += sum_pyramid(mev, scale, o, h, axis, n);
    }
    return sum * (2 - o[0]) * (2 - o[1]) * (2 - o[2]);
}

/* Tolerance 0.1 %, the accuracy to be shown. The midpoints themselves: 60 to an axis instead of 96
 * change a value by less than 0.03 %, asserted below. */
static void test_brute_force(void) {
    double mev[N_SHELLS];
    const double scale = KERNEL_FIXTURE_OUR_DENSITY / DENSITY;
    read_shells(KERNEL_FIXTURE_OURS, mev);
    for (int grid = 0; grid < N_GRIDS; grid++) {
        VoxelKernel kernel;
        double total;
        kernel_fixture_make(KERNEL_FIXTURE_OURS, KERNEL_FIXTURE_OUR_DENSITY, DENSITY, GRIDS[grid],
                            12.0, &kernel, &total);
        for (int n = 0; n < 8; n++) {
            const int o[3] = {n & 1, n >> 1 & 1, n >> 2};
            double brute = integrate(mev, scale, o, GRIDS[grid], 96);
            double ours = total * voxel_kernel_weight(&kernel, o[0], o[1], o[2]);
            ASSERT_NEAR(integrate(mev, scale, o, GRIDS[grid], 60) / brute, 1.0, 3e-4);
            ASSERT_NEAR(ours / brute, 1.0, 1e-3);
        }
        voxel_kernel_free(&kernel);
    }
}

/* The published value of an offset; they are kept once per set of mirror images, i <= j <= k. */
static double published(double edge_mm, int i, int j, int k) {
    char line[256];
    double found = NAN;
    FILE *file = fopen("tests/data/physics/y90_vsv_lanconelli2012_soft.csv", "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    while (isnan(found) && fgets(line, sizeof line, file) != NULL) {
        double edge, value;
        int o[3];
        if (sscanf(line, "%lf,%d,%d,%d,%lf", &edge, &o[0], &o[1], &o[2], &value) == 5 &&
            fabs(edge - edge_mm) < 1e-6 && o[0] == i && o[1] == j && o[2] == k) {
            found = value;
        }
    }
    fclose(file);
    return found;
}

/* Ours as the kernel says (its own 0.93498 MeV, without the tail beyond 12 mm) and as the dose maps
 * have it (the nuclide's 0.9331 MeV, the tail given back): 0.2 % apart. */
static void our_values(const VoxelKernel *kernel, double total_mev, const int o[3],
                       double values[2]) {
    const double weight = voxel_kernel_weight(kernel, o[0], o[1], o[2]);
    values[0] = mgy_per_mbq_s(weight * total_mev, kernel->spacing_mm);
    values[1] = mgy_per_mbq_s(weight * kernel->tail_scale * NUCLIDE_MEV, kernel->spacing_mm);
}

/* Three Monte Carlo codes differ by up to 1.8 % per mm of radius and Lanconelli's values have three
 * digits (0.5 % at most): 1 % is what is asked for, for the voxel itself and those that touch its
 * faces. */
static void test_three_sources(void) {
    double penelope[N_SHELLS], graves[N_SHELLS];
    read_shells(KERNEL_FIXTURE_OURS, penelope);
    read_shells(KERNEL_FIXTURE_GRAVES, graves);
    for (int grid = 0; grid < N_GRIDS; grid++) {
        const double *h = GRIDS[grid];
        VoxelKernel kernel;
        double total;
        kernel_fixture_make(KERNEL_FIXTURE_OURS, KERNEL_FIXTURE_OUR_DENSITY, DENSITY, h, 12.0,
                            &kernel, &total);
        for (int n = 0; n < 4; n++) {
            const int o[3] = {n == 1, n == 2, n == 3};
            double ours[2];
            our_values(&kernel, total, o, ours);
            double sources[3] = {
                mgy_per_mbq_s(integrate(penelope, KERNEL_FIXTURE_OUR_DENSITY / DENSITY, o, h, 60),
                              h),
                mgy_per_mbq_s(integrate(graves, KERNEL_FIXTURE_GRAVES_DENSITY / DENSITY, o, h, 60),
                              h),
                published(h[0], 0, 0, n > 0)};
            for (int source = 0; source < (grid < N_CUBIC ? 3 : 2); source++) {
                ASSERT_NEAR(ours[0] / sources[source], 1.0, 0.01);
                ASSERT_NEAR(ours[1] / sources[source], 1.0, 0.01);
            }
        }
        voxel_kernel_free(&kernel);
    }
}

/* Farther out, where a value is small beside its neighbours': edges and corners. Beyond 8.6 mm the
 * codes' statistics are the limit. */
static void test_edges_and_corners(void) {
    for (int grid = 0; grid < N_CUBIC; grid++) {
        VoxelKernel kernel;
        double total, ours[2];
        kernel_fixture_make(KERNEL_FIXTURE_OURS, KERNEL_FIXTURE_OUR_DENSITY, DENSITY, GRIDS[grid],
                            12.0, &kernel, &total);
        our_values(&kernel, total, (const int[]){1, 1, 0}, ours);
        ASSERT_NEAR(ours[0] / published(GRIDS[grid][0], 0, 1, 1), 1.0, 0.015);
        our_values(&kernel, total, (const int[]){1, 1, 1}, ours);
        ASSERT_NEAR(ours[0] / published(GRIDS[grid][0], 1, 1, 1), 1.0, 0.025);
        voxel_kernel_free(&kernel);
    }
}

int main(void) {
    static const UnitTest tests[] = {
        {"the integrator agrees with brute force", test_brute_force},
        {"S values agree with three sources", test_three_sources},
        {"S values of edges and corners agree with Lanconelli 2012", test_edges_and_corners},
    };
    return suite_run("voxel S values", tests, sizeof tests / sizeof *tests);
}
