/* What the validations of the kernel share: the two point kernels, a sphere in closed form and the
 * same sphere in voxels. Lengths in mm, densities in g/mL. */
#ifndef YTTRIA_TESTS_KERNEL_FIXTURE_H
#define YTTRIA_TESTS_KERNEL_FIXTURE_H

#include <math.h>

#include "dose/convolve.h"
#include "tests/unit/suite.h"

#define KERNEL_FIXTURE_OURS "configs/nuclides/y90_point_kernel_water.csv" /* PENELOPE */
#define KERNEL_FIXTURE_GRAVES "tests/data/physics/y90_dpk_graves2019_water_0-12mm.csv"
static const double KERNEL_FIXTURE_OUR_DENSITY = 0.99821, KERNEL_FIXTURE_GRAVES_DENSITY = 1.0;

/* The voxel kernel to 12 mm in tissue of `tissue_density`; `*total_mev` per decay. */
static inline void kernel_fixture_make(const char *file, double kernel_density,
                                       double tissue_density, const double spacing_mm[3],
                                       double radius_mm, VoxelKernel *kernel, double *total_mev) {
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

static inline double kernel_fixture_sum_weights(const VoxelKernel *kernel) {
    double sum = 0.0;
    const long reach[3] = {(long)kernel->reach[0], (long)kernel->reach[1], (long)kernel->reach[2]};
    for (long k = -reach[2]; k <= reach[2]; k++) {
        for (long j = -reach[1]; j <= reach[1]; j++) {
            for (long i = -reach[0]; i <= reach[0]; i++) {
                sum += voxel_kernel_weight(kernel, i, j, k);
            }
        }
    }
    return sum;
}

static inline double kernel_fixture_sphere_radius_mm(double mass_g, double density) {
    return 10.0 * cbrt(3.0 * mass_g / density / (4.0 * M_PI));
}

/* The chance that a point of a sphere, moved by r radii in a random direction, stays inside: its
 * share of all pairs of points (Berger, MIRD Pamphlet 7, 1970). */
static inline double kernel_fixture_sphere_stay(double r) {
    return r < 2.0 ? 1.0 - 0.75 * r + r * r * r / 16.0 : 0.0;
}

/* Absorbed fraction of a uniform sphere: the integral of the point kernel to `reach_mm` (in its own
 * medium) times that chance, over the kernel's energy in there. Midpoints of a tenth of a shell. */
static inline double kernel_fixture_sphere_fraction(const char *file, double distance_scale,
                                                    double radius_mm, double reach_mm) {
    enum { PARTS = 10 };
    PointKernel point;
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(point_kernel_load(file, &point, &error), STATUS_OK);
    double sum = 0.0, all = 0.0;
    for (size_t s = 0; s < point.n_shells && point.radius_mm[s] < reach_mm - 1e-6; s++) {
        double inner = point.radius_mm[s], width = point.radius_mm[s + 1] - inner;
        for (int part = 0; part < PARTS; part++) {
            double r = (inner + width * (part + 0.5) / PARTS) * distance_scale / radius_mm;
            sum += point.fraction[s] / PARTS * kernel_fixture_sphere_stay(r);
        }
        all += point.fraction[s];
    }
    point_kernel_free(&point);
    return sum / all;
}

/* How much of [-h/2, h/2]^3 around (x, y, z) the sphere fills: `parts`^3 sub-voxels. */
static inline double kernel_fixture_fill(const double at[3], double h, double radius_mm,
                                         int parts) {
    double distance = sqrt(at[0] * at[0] + at[1] * at[1] + at[2] * at[2]);
    if (fabs(distance - radius_mm) > 0.8661 * h) { /* half a diagonal: no surface in it */
        return distance < radius_mm ? 1.0 : 0.0;
    }
    long inside = 0;
    for (int n = 0; n < parts * parts * parts; n++) {
        double u = at[0] + h * ((n % parts + 0.5) / parts - 0.5);
        double v = at[1] + h * ((n / parts % parts + 0.5) / parts - 0.5);
        double w = at[2] + h * ((n / parts / parts + 0.5) / parts - 0.5);
        inside += u * u + v * v + w * w < radius_mm * radius_mm;
    }
    return (double)inside / ((double)parts * parts * parts);
}

/* A sphere in voxels of edge h, its centre off the grid's middle by `shift` voxels: every voxel
 * holds the fraction of it that is inside. Activity 1 per mL inside. */
static inline void kernel_fixture_make_sphere(double radius_mm, double h, const double shift[3],
                                              int parts, Volume *sphere) {
    const size_t edge = (size_t)(2.0 * radius_mm / h) + 5;
    const double middle = 0.5 * (double)(edge - 1);
    Grid grid = {{edge, edge, edge}, affine_identity()};
    Error error = {0};
    for (int axis = 0; axis < 3; axis++) {
        grid.affine.m[axis][axis] = h;
    }
    CU_ASSERT_EQUAL_FATAL(volume_create(&grid, sphere, &error), STATUS_OK);
    for (size_t n = 0; n < edge * edge * edge; n++) {
        const double at[3] = {h * ((double)(n % edge) - middle - shift[0]),
                              h * ((double)(n / edge % edge) - middle - shift[1]),
                              h * ((double)(n / edge / edge) - middle - shift[2])};
        sphere->voxels[n] = (float)kernel_fixture_fill(at, h, radius_mm, parts);
    }
}

/* The way of the program: convolve, then the mean over the sphere by the same fractions. In units
 * of the dose of an infinite medium, so an absorbed fraction. */
static inline double kernel_fixture_mean_dose(const Volume *sphere, const VoxelKernel *kernel) {
    Volume dose;
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(convolve_volume(sphere, kernel, kernel->tail_scale, &dose, &error),
                          STATUS_OK);
    double weighted = 0.0, weights = 0.0;
    for (size_t n = 0; n < grid_voxel_count(&sphere->grid); n++) {
        weighted += (double)dose.voxels[n] * (double)sphere->voxels[n];
        weights += (double)sphere->voxels[n];
    }
    volume_free(&dose);
    return weighted / weights;
}

#endif
