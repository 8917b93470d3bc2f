/* The tiled convolution against direct summation: values, edges, tiles, threads. */
#include "dose/convolve.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/suite.h"

static const char *const KERNEL = "configs/nuclides/y90_point_kernel_water.csv";

static void make_kernel(const double spacing_mm[3], VoxelKernel *kernel) {
    PointKernel point;
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(point_kernel_load(KERNEL, &point, &error), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(
        voxel_kernel_from_point_kernel(&point, spacing_mm, 0.942, 12.0, kernel, &error), STATUS_OK);
    point_kernel_free(&point);
}

/* Values from -0.5 to 1 by a linear congruential generator (Knuth's MMIX constants). */
static void make_volume(size_t nx, size_t ny, size_t nz, unsigned long long seed, Volume *volume) {
    Error error = {0};
    Grid grid = {{nx, ny, nz}, affine_identity()};
    CU_ASSERT_EQUAL_FATAL(volume_create(&grid, volume, &error), STATUS_OK);
    for (size_t n = 0; n < nx * ny * nz; n++) {
        seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
        volume->voxels[n] = (float)((double)(seed >> 40) / (1 << 24) * 1.5 - 0.5);
    }
}

static long first_within(long index, size_t reach) {
    return index > (long)reach ? index - (long)reach : 0;
}

static long end_within(long index, size_t reach, size_t size) {
    long end = index + (long)reach + 1;
    return end < (long)size ? end : (long)size;
}

static double sum_directly(const Volume *source, const VoxelKernel *kernel, long i, long j,
                           long k) {
    const size_t *size = source->grid.size, *reach = kernel->reach;
    double sum = 0.0;
    for (long w = first_within(k, reach[2]); w < end_within(k, reach[2], size[2]); w++) {
        for (long v = first_within(j, reach[1]); v < end_within(j, reach[1], size[1]); v++) {
            for (long u = first_within(i, reach[0]); u < end_within(i, reach[0], size[0]); u++) {
                sum += voxel_kernel_weight(kernel, i - u, j - v, k - w) *
                       source->voxels[u + (long)size[0] * (v + (long)size[1] * w)];
            }
        }
    }
    return sum;
}

/* Single precision over a transform of 2^18 samples: some 1e-7 of the largest value; the
 * tolerance is the 1e-5 to be reached. Without zero padding the corners would be off by 10 %. */
static void check_against_direct(const size_t size[3], const double spacing[3], long step) {
    VoxelKernel kernel;
    Volume source, result;
    Error error = {0};
    make_kernel(spacing, &kernel);
    make_volume(size[0], size[1], size[2], 7, &source);
    CU_ASSERT_EQUAL_FATAL(convolve_volume(&source, &kernel, 2.0, &result, &error), STATUS_OK);
    CU_ASSERT_TRUE(grid_is_same(&source.grid, &result.grid, 0.0));
    double worst = 0.0, largest = 0.0;
    long n[3] = {(long)size[0], (long)size[1], (long)size[2]};
    for (long k = 0; k < n[2]; k += step) {
        for (long j = 0; j < n[1]; j += step) {
            for (long i = 0; i < n[0]; i += step) {
                double expected = 2.0 * sum_directly(&source, &kernel, i, j, k);
                double found = result.voxels[i + n[0] * (j + n[1] * k)];
                worst = fmax(worst, fabs(found - expected));
                largest = fmax(largest, fabs(expected));
            }
        }
    }
    CU_ASSERT_TRUE(largest > 0.1);
    ASSERT_NEAR(worst / largest, 0.0, 1e-5);
    volume_free(&source);
    volume_free(&result);
    voxel_kernel_free(&kernel);
}

static void test_direct_sum(void) {
    check_against_direct((const size_t[]){17, 14, 11}, (const double[]){3.0, 3.0, 3.0}, 1);
    check_against_direct((const size_t[]){13, 9, 21}, (const double[]){4.17, 4.17, 2.03}, 1);
    check_against_direct((const size_t[]){1, 1, 5}, (const double[]){4.0, 4.0, 4.0}, 1);
}

/* Long enough for several tiles along each axis; every 9th voxel meets all of them. */
static void test_several_tiles(void) {
    check_against_direct((const size_t[]){131, 77, 90}, (const double[]){3.0, 3.0, 3.0}, 9);
}

/* A point in one tile: the kernel itself appears, across tile borders, and zero elsewhere. */
static void test_point_gives_kernel(void) {
    const double spacing[3] = {2.0, 3.0, 2.5};
    VoxelKernel kernel;
    Volume source, result;
    Error error = {0};
    make_kernel(spacing, &kernel);
    make_volume(150, 20, 20, 1, &source);
    memset(source.voxels, 0, 150 * 20 * 20 * sizeof(float));
    size_t centre[3] = {60, 9, 8};
    source.voxels[60 + 150 * (9 + 20 * 8)] = 1000.0f;
    CU_ASSERT_EQUAL_FATAL(convolve_volume(&source, &kernel, 1.0, &result, &error), STATUS_OK);
    double worst = 0.0, total = 0.0;
    for (size_t n = 0; n < 150 * 20 * 20; n++) {
        long i = (long)(n % 150) - (long)centre[0], j = (long)(n / 150 % 20) - (long)centre[1];
        long k = (long)(n / 3000) - (long)centre[2];
        double expected = 1000.0 * voxel_kernel_weight(&kernel, i, j, k);
        worst = fmax(worst, fabs(result.voxels[n] - expected));
        total += result.voxels[n];
    }
    ASSERT_NEAR(worst, 0.0, 1e-5 * 1000.0 * voxel_kernel_weight(&kernel, 0, 0, 0));
    /* All energy within the radius stays in the map. */
    ASSERT_NEAR(total / 1000.0, 1.0 - kernel.tail_fraction, 1e-5);
    volume_free(&source);
    volume_free(&result);
    voxel_kernel_free(&kernel);
}

static void test_same_bytes_for_any_threads(void) {
    const double spacing[3] = {4.17, 4.17, 2.03};
    const size_t bytes = 130 * 70 * 61 * sizeof(float);
    VoxelKernel kernels[3];
    Volume source, results[3];
    Error error = {0};
    int before = omp_get_max_threads();
    make_volume(130, 70, 61, 3, &source);
    for (int n = 0; n < 3; n++) {
        omp_set_num_threads(n + 1);
        make_kernel(spacing, &kernels[n]);
        CU_ASSERT_EQUAL_FATAL(convolve_volume(&source, &kernels[n], 1.0, &results[n], &error),
                              STATUS_OK);
        CU_ASSERT_EQUAL(memcmp(results[0].voxels, results[n].voxels, bytes), 0);
        size_t weights = (kernels[n].reach[0] + 1) * (kernels[n].reach[1] + 1) *
                         (kernels[n].reach[2] + 1) * sizeof(double);
        CU_ASSERT_EQUAL(memcmp(kernels[0].weights, kernels[n].weights, weights), 0);
    }
    omp_set_num_threads(before);
    for (int n = 0; n < 3; n++) {
        volume_free(&results[n]);
        voxel_kernel_free(&kernels[n]);
    }
    volume_free(&source);
}

/* conv(a + 3 b) = conv(a) + 3 conv(b), to single-precision rounding of the largest value. */
static void test_linear(void) {
    const double spacing[3] = {3.0, 3.0, 3.0};
    VoxelKernel kernel;
    Volume a, b, sum, conv_a, conv_b, conv_sum;
    Error error = {0};
    make_kernel(spacing, &kernel);
    make_volume(40, 30, 20, 1, &a);
    make_volume(40, 30, 20, 2, &b);
    make_volume(40, 30, 20, 3, &sum);
    size_t count = 40 * 30 * 20;
    for (size_t n = 0; n < count; n++) {
        sum.voxels[n] = a.voxels[n] + 3.0f * b.voxels[n];
    }
    CU_ASSERT_EQUAL_FATAL(convolve_volume(&a, &kernel, 1.0, &conv_a, &error), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(convolve_volume(&b, &kernel, 1.0, &conv_b, &error), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(convolve_volume(&sum, &kernel, 1.0, &conv_sum, &error), STATUS_OK);
    double worst = 0.0;
    for (size_t n = 0; n < count; n++) {
        worst = fmax(
            worst, fabs(conv_sum.voxels[n] - (conv_a.voxels[n] + 3.0 * (double)conv_b.voxels[n])));
    }
    ASSERT_NEAR(worst, 0.0, 4e-6);
    Volume *all[] = {&a, &b, &sum, &conv_a, &conv_b, &conv_sum};
    for (size_t n = 0; n < sizeof all / sizeof *all; n++) {
        volume_free(all[n]);
    }
    voxel_kernel_free(&kernel);
}

int main(void) {
    static const UnitTest tests[] = {
        {"equals direct summation, edges included", test_direct_sum},
        {"equals direct summation across tiles", test_several_tiles},
        {"a point gives the kernel and keeps its energy", test_point_gives_kernel},
        {"same bytes for 1, 2 and 3 threads", test_same_bytes_for_any_threads},
        {"is linear", test_linear},
    };
    return suite_run("convolve", tests, sizeof tests / sizeof *tests);
}
