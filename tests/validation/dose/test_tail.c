/* The bremsstrahlung tail of 90Y, near, omitted or far: energy, large regions, the profile around
 * a point, and what the coarse grid costs. */
#include "dose/bremsstrahlung_tail.h"

#include <math.h>

#include "dose/convolve.h"
#include "dose/voxel_kernel.h"
#include "tests/unit/suite.h"

static const char *const KERNEL = "configs/nuclides/y90_point_kernel_water.csv";
static const double SCALE = 0.99821 / 1.06, RADIUS_MM = 12.0;

static PointKernel load_point(void) {
    PointKernel point;
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(point_kernel_load(KERNEL, &point, &error), STATUS_OK);
    return point;
}

static Volume make_cube(size_t n, double spacing_mm) {
    Volume volume;
    Error error = {0};
    Grid grid = {{n, n, n}, affine_identity()};
    for (int axis = 0; axis < 3; axis++) {
        grid.affine.m[axis][axis] = spacing_mm;
    }
    CU_ASSERT_EQUAL_FATAL(volume_create(&grid, &volume, &error), STATUS_OK);
    return volume;
}

static double distance_mm(const Volume *volume, size_t voxel, size_t centre) {
    size_t n = volume->grid.size[0];
    double i = (double)(voxel % n) - (double)centre, j = (double)(voxel / n % n) - (double)centre;
    double k = (double)(voxel / (n * n)) - (double)centre;
    return sqrt(i * i + j * j + k * k) * volume->grid.affine.m[0][0];
}

/* The kernel's map with one of the three choices, in units in which local deposition of 1 Bq/mL is
 * 1; `*beyond` is NaN unless the tail is spread. */
static Volume make_map(const Volume *activity, int choice, double *beyond) {
    PointKernel point = load_point();
    double h = activity->grid.affine.m[0][0];
    const double spacing[3] = {h, h, h};
    VoxelKernel kernel;
    Volume dose;
    Error error = {0};
    *beyond = NAN;
    CU_ASSERT_EQUAL_FATAL(
        voxel_kernel_from_point_kernel(&point, spacing, SCALE, RADIUS_MM, &kernel, &error),
        STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(
        convolve_volume(activity, &kernel, voxel_kernel_map_scale(&kernel, choice), &dose, &error),
        STATUS_OK);
    if (choice == BREMSSTRAHLUNG_FAR) {
        CU_ASSERT_EQUAL_FATAL(
            bremsstrahlung_tail_add(activity, &point, SCALE, RADIUS_MM, 1.0, &dose, beyond, &error),
            STATUS_OK);
    }
    voxel_kernel_free(&kernel);
    point_kernel_free(&point);
    return dose;
}

static double sum_voxels(const Volume *volume) {
    double sum = 0.0;
    for (size_t n = 0; n < grid_voxel_count(&volume->grid); n++) {
        sum += volume->voxels[n];
    }
    return sum;
}

/* Energy beyond 12 mm in the kernel's file, summed by awk over its rows: 0.40 % of the 0.93498 MeV
 * absorbed, 0.13 % of them beyond 200 mm. A ball in a cube of 440 mm keeps the rest of it. */
static void test_energy(void) {
    Volume activity = make_cube(88, 5.0);
    double beyond, emitted = 0.0;
    for (size_t n = 0; n < grid_voxel_count(&activity.grid); n++) {
        activity.voxels[n] = distance_mm(&activity, n, 44) < 17.0 ? 1e4f : 0.0f;
        emitted += activity.voxels[n];
    }
    Volume near = make_map(&activity, BREMSSTRAHLUNG_NEAR, &beyond);
    Volume omitted = make_map(&activity, BREMSSTRAHLUNG_OMITTED, &beyond);
    CU_ASSERT_TRUE(isnan(beyond));
    Volume far = make_map(&activity, BREMSSTRAHLUNG_FAR, &beyond);
    /* Single precision: 1e-5 is what the maps have to reach. */
    ASSERT_NEAR(sum_voxels(&near) / emitted, 1.0, 1e-5);
    ASSERT_NEAR(sum_voxels(&omitted) / emitted, 1.0 - 0.0040, 1e-4);
    ASSERT_NEAR(sum_voxels(&far) / emitted + beyond, 1.0, 1e-5);
    ASSERT_NEAR(beyond, 1.0 - 0.933738 / 0.93498, 2e-6);
    volume_free(&activity);
    volume_free(&near);
    volume_free(&omitted);
    volume_free(&far);
}

/* In the middle of a cube of 440 mm all shells (to 188 mm in this tissue) are there: A k / m, less
 * what is beyond the last of them; near gives A k / m itself, omitted 0.40 % less. */
static void test_large_region(void) {
    Volume activity = make_cube(88, 5.0);
    double beyond, none;
    size_t middle = (44 * 88 + 43) * 88 + 44;
    for (size_t n = 0; n < grid_voxel_count(&activity.grid); n++) {
        activity.voxels[n] = 1.0f;
    }
    Volume near = make_map(&activity, BREMSSTRAHLUNG_NEAR, &none);
    Volume omitted = make_map(&activity, BREMSSTRAHLUNG_OMITTED, &none);
    Volume far = make_map(&activity, BREMSSTRAHLUNG_FAR, &beyond);
    ASSERT_NEAR(near.voxels[middle], 1.0, 1e-5); /* 5e-4 is asked for */
    ASSERT_NEAR(omitted.voxels[middle], 1.0 - 0.0040, 1e-4);
    ASSERT_NEAR(far.voxels[middle], 0.933738 / 0.93498, 1e-5);
    CU_ASSERT_TRUE(beyond > 1.0 - 0.933738 / 0.93498); /* some leaves through the faces */
    /* At a corner less bremsstrahlung comes in than near gives back: by no more than the tail. */
    CU_ASSERT_TRUE(near.voxels[0] > far.voxels[0] && near.voxels[0] < 1.004f * far.voxels[0]);
    volume_free(&activity);
    volume_free(&near);
    volume_free(&omitted);
    volume_free(&far);
}

/* What a voxel of 4 mm at distance r should get: the energy within 5 mm of r over the volume of
 * that shell. */
static double expect_at(const PointKernel *point, double r) {
    double low = r - 5.0, high = r + 5.0;
    double energy = point_kernel_fraction_within(point, high / SCALE) -
                    point_kernel_fraction_within(point, low / SCALE);
    return energy / (4.0 / 3.0 * M_PI * (pow(high, 3.0) - pow(low, 3.0))) * 64.0;
}

/* Around one voxel of activity dose falls with distance as the point kernel says. For blocks of h =
 * 8 mm, source, target and interpolation spread energy with a variance of h2/12 + h2/12 + h2/6 =
 * 21 mm2 an axis, the block's middle is 2 mm off along each, and expect_at is 8/r2 low: of a 1/r2
 * profile 34/r2 more, of a steeper one a little more still: 4 to 5 % at 30 mm, 1.3 % at 50 mm. The
 * kernel's own statistics are 3 % in 5 mm. */
static void test_profile(void) {
    static const struct {
        double from_mm, to_mm, tolerance;
    } bins[] = {{25.0, 35.0, 0.06},
                {45.0, 55.0, 0.02},
                {60.0, 100.0, 0.02},
                {100.0, 140.0, 0.02},
                {140.0, 180.0, 0.02}};
    PointKernel point = load_point();
    Volume activity = make_cube(101, 4.0), dose = make_cube(101, 4.0);
    Error error = {0};
    double beyond;
    activity.voxels[(50 * 101 + 50) * 101 + 50] = 1.0f;
    CU_ASSERT_EQUAL_FATAL(
        bremsstrahlung_tail_add(&activity, &point, SCALE, RADIUS_MM, 1.0, &dose, &beyond, &error),
        STATUS_OK);
    for (size_t b = 0; b < sizeof bins / sizeof *bins; b++) {
        double sum = 0.0, expected = 0.0;
        for (size_t n = 0; n < grid_voxel_count(&dose.grid); n++) {
            double r = distance_mm(&dose, n, 50);
            if (r >= bins[b].from_mm && r < bins[b].to_mm) {
                sum += dose.voxels[n];
                expected += expect_at(&point, r);
            }
        }
        ASSERT_NEAR(sum / expected, 1.0, bins[b].tolerance);
    }
    size_t middle = (50 * 101 + 50) * 101 + 50;
    /* Along one axis, voxel by voxel. */
    for (size_t step = 10; step <= 40; step++) {
        double ahead = dose.voxels[middle + step], behind = dose.voxels[middle - step];
        ASSERT_NEAR((ahead + behind) / 2.0 / expect_at(&point, 4.0 * (double)step), 1.0, 0.05);
    }
    point_kernel_free(&point);
    volume_free(&activity);
    volume_free(&dose);
}

/* Without the coarse grid: the same shells on the fine grid. A lesion of 30 mm with eight times the
 * activity of the liver around it. */
static void test_coarse_grid(void) {
    static const double spacing[3] = {4.0, 4.0, 4.0};
    PointKernel point = load_point();
    Volume activity = make_cube(60, 4.0), coarse = make_cube(60, 4.0), fine;
    VoxelKernel kernel;
    Error error = {0};
    double beyond, worst = 0.0;
    for (size_t n = 0; n < grid_voxel_count(&activity.grid); n++) {
        activity.voxels[n] = distance_mm(&activity, n, 20) < 15.0   ? 8.0f
                             : distance_mm(&activity, n, 30) < 80.0 ? 1.0f
                                                                    : 0.0f;
    }
    CU_ASSERT_EQUAL_FATAL(
        bremsstrahlung_tail_add(&activity, &point, SCALE, RADIUS_MM, 1.0, &coarse, &beyond, &error),
        STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(
        voxel_kernel_from_shells(&point, spacing, SCALE, RADIUS_MM, 200.0, &kernel, &error),
        STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(convolve_volume(&activity, &kernel, 1.0, &fine, &error), STATUS_OK);
    for (size_t n = 0; n < grid_voxel_count(&fine.grid); n++) {
        worst = fmax(worst, fabs((double)fine.voxels[n] - coarse.voxels[n]));
    }
    /* Found: 0.00013 where the liver has 1 and the lesion 8, and 0.06 % of the tail's sum. Spread
     * to the wrong place, the tail would be off by its largest value, 0.0016. Limit: half of the
     * 0.05 % asked of large regions. */
    CU_ASSERT_TRUE(worst < 2.5e-4);
    ASSERT_NEAR(sum_voxels(&coarse) / sum_voxels(&fine), 1.0, 2e-3);
    voxel_kernel_free(&kernel);
    point_kernel_free(&point);
    volume_free(&activity);
    volume_free(&coarse);
    volume_free(&fine);
}

int main(void) {
    static const UnitTest tests[] = {
        {"near and far hold the same energy", test_energy},
        {"large regions get A k / m less what is lost", test_large_region},
        {"around a point dose is the kernel's", test_profile},
        {"the coarse grid costs less than it must", test_coarse_grid},
    };
    return suite_run("bremsstrahlung tail", tests, sizeof tests / sizeof *tests);
}
