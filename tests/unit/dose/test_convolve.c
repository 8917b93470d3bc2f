/* The convolution against direct summation in float64: values, edges, tiles, crops, threads. */
#include "dose/convolve.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/suite.h"

static const char *const KERNEL = "configs/nuclides/y90_point_kernel_water.csv";

/* Where the dose is above this part of the largest, the relative difference counts. */
static const double RELEVANT_DOSE = 0.01;

static void make_wide_kernel(const double spacing_mm[3], double radius_mm, VoxelKernel *kernel) {
    PointKernel point;
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(point_kernel_load(KERNEL, &point, &error), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(
        voxel_kernel_from_point_kernel(&point, spacing_mm, 0.942, radius_mm, kernel, &error),
        STATUS_OK);
    point_kernel_free(&point);
}

static void make_kernel(const double spacing_mm[3], VoxelKernel *kernel) {
    make_wide_kernel(spacing_mm, 12.0, kernel);
}

static void make_zeros(const size_t size[3], Volume *volume) {
    Error error = {0};
    Grid grid = {{size[0], size[1], size[2]}, affine_identity()};
    CU_ASSERT_EQUAL_FATAL(volume_create(&grid, volume, &error), STATUS_OK);
}

/* Values from -0.5 to 1 by a linear congruential generator (Knuth's MMIX constants). */
static void make_volume(const size_t size[3], unsigned long long seed, Volume *volume) {
    make_zeros(size, volume);
    for (size_t n = 0; n < grid_voxel_count(&volume->grid); n++) {
        seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
        volume->voxels[n] = (float)((double)(seed >> 40) / (1 << 24) * 1.5 - 0.5);
    }
}

static void convolve(const Volume *source, const VoxelKernel *kernel, double scale,
                     Volume *result) {
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(convolve_volume(source, kernel, scale, result, &error), STATUS_OK);
    CU_ASSERT_TRUE(grid_is_same(&source->grid, &result->grid, 0.0));
}

static void free_all(Volume *const *volumes, size_t count) {
    for (size_t n = 0; n < count; n++) {
        volume_free(volumes[n]);
    }
}

static long first_within(long index, size_t reach) {
    return index > (long)reach ? index - (long)reach : 0;
}

static long end_within(long index, size_t reach, size_t size) {
    long end = index + (long)reach + 1;
    return end < (long)size ? end : (long)size;
}

static double sum_directly(const Volume *source, const VoxelKernel *kernel, const long at[3]) {
    const size_t *size = source->grid.size;
    long first[3], end[3];
    double sum = 0.0;
    for (int axis = 0; axis < 3; axis++) {
        first[axis] = first_within(at[axis], kernel->reach[axis]);
        end[axis] = end_within(at[axis], kernel->reach[axis], size[axis]);
    }
    for (long w = first[2]; w < end[2]; w++) {
        for (long v = first[1]; v < end[1]; v++) {
            const float *row = source->voxels + (long)size[0] * (v + (long)size[1] * w);
            for (long u = first[0]; u < end[0]; u++) {
                sum += voxel_kernel_weight(kernel, at[0] - u, at[1] - v, at[2] - w) * row[u];
            }
        }
    }
    return sum;
}

/* Every `step`th voxel along each axis against direct summation, which is exact to 1e-15. Single
 * precision leaves a few 1e-7 of the largest value; 1e-5 where the dose is relevant is the figure
 * to be reached. Without a border the tiles' edges would be off by 10 %. */
static void check_volume(const Volume *source, const VoxelKernel *kernel, long step) {
    Volume result;
    convolve(source, kernel, 2.0, &result);
    const size_t *size = source->grid.size;
    size_t checked = 0, room = grid_voxel_count(&source->grid);
    double *expected = malloc(room * sizeof *expected), *found = malloc(room * sizeof *found);
    double largest = 0.0, worst = 0.0, worst_relative = 0.0;
    CU_ASSERT_FATAL(expected != NULL && found != NULL);
    for (long k = 0; k < (long)size[2]; k += step) {
        for (long j = 0; j < (long)size[1]; j += step) {
            for (long i = 0; i < (long)size[0]; i += step, checked++) {
                expected[checked] = 2.0 * sum_directly(source, kernel, (const long[]){i, j, k});
                found[checked] = result.voxels[i + (long)size[0] * (j + (long)size[1] * k)];
                largest = fmax(largest, fabs(expected[checked]));
            }
        }
    }
    CU_ASSERT_TRUE(largest > 0.0);
    for (size_t n = 0; n < checked; n++) {
        double difference = fabs(found[n] - expected[n]);
        worst = fmax(worst, difference / largest);
        if (fabs(expected[n]) > RELEVANT_DOSE * largest) {
            worst_relative = fmax(worst_relative, difference / fabs(expected[n]));
        }
    }
    ASSERT_NEAR(worst_relative, 0.0, 1e-5);
    ASSERT_NEAR(worst, 0.0, 1e-6);
    free(expected);
    free(found);
    volume_free(&result);
}

static void check_random(const size_t size[3], const double spacing_mm[3], long step) {
    VoxelKernel kernel;
    Volume source;
    make_kernel(spacing_mm, &kernel);
    make_volume(size, 7, &source);
    check_volume(&source, &kernel, step);
    volume_free(&source);
    voxel_kernel_free(&kernel);
}

static void test_direct_sum(void) {
    check_random((const size_t[]){17, 14, 11}, (const double[]){3.0, 3.0, 3.0}, 1);
    check_random((const size_t[]){13, 9, 21}, (const double[]){4.17, 4.17, 2.03}, 1);
    check_random((const size_t[]){12, 24, 8}, (const double[]){2.0, 1.5, 5.0}, 1);
}

static void test_smaller_than_reach(void) {
    static const size_t sizes[][3] = {{1, 1, 1}, {1, 1, 5},  {1, 7, 1}, {6, 1, 1},
                                      {2, 3, 1}, {33, 1, 1}, {1, 1, 40}};
    for (size_t n = 0; n < sizeof sizes / sizeof *sizes; n++) {
        check_random(sizes[n], (const double[]){2.0, 2.0, 2.0}, 1);
    }
}

/* Long enough for several tiles along x, y or both, in even and odd numbers; the steps have no
 * common factor with tiles, so all their edges are met. */
static void test_several_tiles(void) {
    check_random((const size_t[]){131, 77, 90}, (const double[]){3.0, 3.0, 3.0}, 9);
    check_random((const size_t[]){310, 9, 8}, (const double[]){2.0, 3.0, 3.0}, 3);
    check_random((const size_t[]){9, 290, 8}, (const double[]){3.0, 2.0, 3.0}, 3);
    check_random((const size_t[]){345, 346, 5}, (const double[]){3.0, 3.0, 4.0}, 7);
}

/* The bremsstrahlung tail asks for kernels far wider than beta particles run. */
static void test_wide_kernel(void) {
    Volume source;
    VoxelKernel kernel;
    make_wide_kernel((const double[]){4.0, 2.0, 4.0}, 60.0, &kernel);
    CU_ASSERT_EQUAL(kernel.reach[1], 29);
    make_volume((const size_t[]){40, 90, 36}, 5, &source);
    check_volume(&source, &kernel, 12);
    volume_free(&source);
    voxel_kernel_free(&kernel);
}

/* 36 mm of a hundredfold uptake in a liver of 1, air around it: doses from 1 to 100. */
static void make_lesion(const size_t size[3], double spacing_mm, Volume *volume) {
    make_zeros(size, volume);
    size_t n = 0;
    for (size_t k = 0; k < size[2]; k++) {
        for (size_t j = 0; j < size[1]; j++) {
            for (size_t i = 0; i < size[0]; i++, n++) {
                double x = (double)i - (double)size[0] / 2.0, y = (double)j - 20.0;
                double z = (double)k - (double)size[2] / 2.0;
                double r_mm = spacing_mm * sqrt(x * x + y * y + z * z);
                volume->voxels[n] = r_mm < 18.0 ? 100.0f : r_mm < 60.0 ? 1.0f : 0.0f;
            }
        }
    }
}

static void test_relevant_dose(void) {
    VoxelKernel kernel;
    Volume source;
    make_kernel((const double[]){3.0, 3.0, 3.0}, &kernel);
    make_lesion((const size_t[]){50, 45, 41}, 3.0, &source);
    check_volume(&source, &kernel, 2);
    volume_free(&source);
    voxel_kernel_free(&kernel);
}

/* Gamma index (Low et al., Med Phys 1998;25:656, eqs 2-4) of voxel `at`, global: dose differences
 * in units of `percent` % of the largest reference dose, distances of `mm`. Searched at voxel
 * centres, which can only overestimate it. */
static double find_gamma(const Volume *evaluated, const Volume *reference, double largest,
                         const long at[3], double spacing_mm, double mm, double percent) {
    const long n[3] = {(long)evaluated->grid.size[0], (long)evaluated->grid.size[1],
                       (long)evaluated->grid.size[2]};
    const double dose = reference->voxels[at[0] + n[0] * (at[1] + n[1] * at[2])];
    const long radius = (long)ceil(2.0 * mm / spacing_mm), side = 2 * radius + 1;
    double least = INFINITY;
    for (long o = 0; o < side * side * side; o++) {
        long x = o % side - radius, y = o / side % side - radius, z = o / (side * side) - radius;
        long i = at[0] + x, j = at[1] + y, k = at[2] + z;
        if (i >= 0 && i < n[0] && j >= 0 && j < n[1] && k >= 0 && k < n[2]) {
            double distance = spacing_mm / mm * sqrt((double)(x * x + y * y + z * z));
            double difference =
                (evaluated->voxels[i + n[0] * (j + n[1] * k)] - dose) / (0.01 * percent * largest);
            least = fmin(least, hypot(distance, difference));
        }
    }
    return least;
}

/* Percentage of voxels with gamma <= 1. */
static double find_gamma_pass_rate(const Volume *evaluated, const Volume *reference,
                                   double spacing_mm, double mm, double percent) {
    const long ni = (long)evaluated->grid.size[0], nj = (long)evaluated->grid.size[1];
    const long count = (long)grid_voxel_count(&evaluated->grid);
    double largest = 0.0, passed = 0.0;
    for (long n = 0; n < count; n++) {
        largest = fmax(largest, reference->voxels[n]);
    }
    for (long n = 0; n < count; n++) {
        const long at[3] = {n % ni, n / ni % nj, n / (ni * nj)};
        double gamma = find_gamma(evaluated, reference, largest, at, spacing_mm, mm, percent);
        passed += gamma <= 1.0 ? 1.0 : 0.0;
    }
    return 100.0 * passed / (double)count;
}

static void test_gamma(void) {
    VoxelKernel kernel;
    Volume source, found, direct, worse;
    make_kernel((const double[]){3.0, 3.0, 3.0}, &kernel);
    make_lesion((const size_t[]){34, 30, 25}, 3.0, &source);
    make_zeros(source.grid.size, &direct);
    make_zeros(source.grid.size, &worse);
    convolve(&source, &kernel, 1.0, &found);
    for (long n = 0; n < 34 * 30 * 25; n++) {
        const long at[3] = {n % 34, n / 34 % 30, n / (34 * 30)};
        direct.voxels[n] = (float)sum_directly(&source, &kernel, at);
        worse.voxels[n] = 1.03f * found.voxels[n];
    }
    ASSERT_NEAR(find_gamma_pass_rate(&found, &direct, 3.0, 2.0, 1.0), 100.0, 0.0);
    /* The index itself: 3 % more dose fails inside the lesion, a twentieth of these voxels. */
    CU_ASSERT_TRUE(find_gamma_pass_rate(&worse, &direct, 3.0, 2.0, 1.0) < 99.0);
    free_all((Volume *[]){&source, &found, &direct, &worse}, 4);
    voxel_kernel_free(&kernel);
}

/* The kernel itself appears around a point, across tile borders, and zero elsewhere. */
static void test_point_gives_kernel(void) {
    const size_t size[3] = {150, 20, 20};
    VoxelKernel kernel;
    Volume source, result;
    make_kernel((const double[]){2.0, 3.0, 2.5}, &kernel);
    make_zeros(size, &source);
    source.voxels[60 + 150 * (9 + 20 * 8)] = 1000.0f;
    convolve(&source, &kernel, 1.0, &result);
    double worst = 0.0, total = 0.0;
    for (long n = 0; n < 150 * 20 * 20; n++) {
        double expected =
            1000.0 * voxel_kernel_weight(&kernel, n % 150 - 60, n / 150 % 20 - 9, n / 3000 - 8);
        worst = fmax(worst, fabs(result.voxels[n] - expected));
        total += result.voxels[n];
    }
    ASSERT_NEAR(worst, 0.0, 1e-6 * 1000.0 * voxel_kernel_weight(&kernel, 0, 0, 0));
    /* All energy within the radius stays in the map. */
    ASSERT_NEAR(total / 1000.0, 1.0 - kernel.tail_fraction, 1e-5);
    free_all((Volume *[]){&source, &result}, 2);
    voxel_kernel_free(&kernel);
}

/* Activity well inside: as much energy in the map as the kernel holds, 1e-5 being the figure to
 * be reached; sums in float64. */
static void test_energy_is_conserved(void) {
    VoxelKernel kernel;
    Volume source, result;
    make_kernel((const double[]){4.17, 4.17, 2.03}, &kernel);
    make_volume((const size_t[]){140, 60, 40}, 11, &source);
    double put_in = 0.0, found = 0.0;
    for (size_t n = 0; n < grid_voxel_count(&source.grid); n++) {
        size_t i = n % 140, j = n / 140 % 60, k = n / (140 * 60);
        bool is_inside = i >= 8 && i < 132 && j >= 8 && j < 52 && k >= 8 && k < 32;
        source.voxels[n] = is_inside ? source.voxels[n] : 0.0f;
        put_in += source.voxels[n];
    }
    convolve(&source, &kernel, kernel.tail_scale, &result);
    for (size_t n = 0; n < grid_voxel_count(&source.grid); n++) {
        found += result.voxels[n];
    }
    ASSERT_NEAR(found / put_in, 1.0, 1e-5);
    free_all((Volume *[]){&source, &result}, 2);
    voxel_kernel_free(&kernel);
}

/* A corner of one voxel, which in a circular convolution would shine into the other corners. Only
 * the voxels that it reaches may differ from zero by more than rounding. */
static void test_nothing_wraps_around(void) {
    VoxelKernel kernel;
    Volume source, result;
    make_kernel((const double[]){3.0, 3.0, 3.0}, &kernel);
    make_zeros((const size_t[]){130, 40, 24}, &source);
    size_t count = grid_voxel_count(&source.grid);
    source.voxels[0] = 1.0f;
    source.voxels[count - 1] = 1e-30f; /* active, so that nothing is cropped */
    convolve(&source, &kernel, 1.0, &result);
    double worst = 0.0;
    for (size_t n = 0; n < count; n++) {
        size_t i = n % 130, j = n / 130 % 40, k = n / (130 * 40);
        bool is_reached = i <= kernel.reach[0] && j <= kernel.reach[1] && k <= kernel.reach[2];
        worst = is_reached ? worst : fmax(worst, fabs((double)result.voxels[n]));
    }
    ASSERT_NEAR(worst, 0.0, 1e-7);
    ASSERT_NEAR(result.voxels[0], voxel_kernel_weight(&kernel, 0, 0, 0), 1e-6);
    free_all((Volume *[]){&source, &result}, 2);
    voxel_kernel_free(&kernel);
}

/* The same activity, once in a box of zeros and once with voxels in two opposite corners that are
 * too weak to be seen but keep the whole volume in. */
static void test_crop_changes_nothing(void) {
    const size_t size[3] = {120, 90, 50};
    VoxelKernel kernel;
    Volume source, cropped, whole;
    make_kernel((const double[]){2.5, 3.0, 3.5}, &kernel);
    make_volume(size, 13, &source);
    size_t count = grid_voxel_count(&source.grid), n_outside = 0, n_zero = 0;
    const size_t begin[3] = {30, 2, 14}, end[3] = {71, 40, 31};
    for (size_t n = 0; n < count; n++) {
        const size_t at[3] = {n % 120, n / 120 % 90, n / (120 * 90)};
        for (int axis = 0; axis < 3; axis++) {
            if (at[axis] < begin[axis] || at[axis] >= end[axis]) {
                source.voxels[n] = 0.0f;
            }
        }
    }
    convolve(&source, &kernel, 1.0, &cropped);
    source.voxels[0] = source.voxels[count - 1] = 1e-30f;
    convolve(&source, &kernel, 1.0, &whole);
    double worst = 0.0, largest = 0.0;
    for (size_t n = 0; n < count; n++) {
        const size_t at[3] = {n % 120, n / 120 % 90, n / (120 * 90)};
        bool is_outside = false;
        for (int axis = 0; axis < 3; axis++) {
            size_t reach = kernel.reach[axis];
            is_outside |= at[axis] + reach < begin[axis] || at[axis] >= end[axis] + reach;
        }
        n_outside += is_outside;
        n_zero += is_outside && cropped.voxels[n] == 0.0f;
        worst = fmax(worst, fabs((double)cropped.voxels[n] - (double)whole.voxels[n]));
        largest = fmax(largest, fabs((double)whole.voxels[n]));
    }
    CU_ASSERT_TRUE(n_outside > count / 2);
    CU_ASSERT_EQUAL(n_zero, n_outside);
    ASSERT_NEAR(worst / largest, 0.0, 1e-6);
    free_all((Volume *[]){&source, &cropped, &whole}, 3);
    voxel_kernel_free(&kernel);
}

static void test_no_activity(void) {
    VoxelKernel kernel;
    Volume source, result;
    make_kernel((const double[]){3.0, 3.0, 3.0}, &kernel);
    make_zeros((const size_t[]){20, 10, 5}, &source);
    convolve(&source, &kernel, 1.0, &result);
    CU_ASSERT_EQUAL(memcmp(source.voxels, result.voxels, 20 * 10 * 5 * sizeof(float)), 0);
    free_all((Volume *[]){&source, &result}, 2);
    voxel_kernel_free(&kernel);
}

static void test_same_bytes_for_any_threads(void) {
    static const int threads[] = {1, 2, 3, 5};
    enum { RUNS = sizeof threads / sizeof *threads };
    const double spacing[3] = {4.17, 4.17, 2.03};
    VoxelKernel kernels[RUNS];
    Volume source, results[RUNS];
    int before = omp_get_max_threads();
    make_volume((const size_t[]){130, 70, 61}, 3, &source);
    const size_t bytes = grid_voxel_count(&source.grid) * sizeof(float);
    for (int n = 0; n < RUNS; n++) {
        omp_set_num_threads(threads[n]);
        make_kernel(spacing, &kernels[n]);
        convolve(&source, &kernels[n], 1.0, &results[n]);
        CU_ASSERT_EQUAL(memcmp(results[0].voxels, results[n].voxels, bytes), 0);
        size_t weights = (kernels[n].reach[0] + 1) * (kernels[n].reach[1] + 1) *
                         (kernels[n].reach[2] + 1) * sizeof(double);
        CU_ASSERT_EQUAL(memcmp(kernels[0].weights, kernels[n].weights, weights), 0);
    }
    omp_set_num_threads(before);
    for (int n = 0; n < RUNS; n++) {
        volume_free(&results[n]);
        voxel_kernel_free(&kernels[n]);
    }
    volume_free(&source);
}

/* conv(a + 3 b) = conv(a) + 3 conv(b), to single-precision rounding of the largest value; negative
 * voxels count as they are. */
static void test_linear(void) {
    const size_t size[3] = {40, 30, 20};
    VoxelKernel kernel;
    Volume a, b, sum, conv_a, conv_b, conv_sum;
    make_kernel((const double[]){3.0, 3.0, 3.0}, &kernel);
    make_volume(size, 1, &a);
    make_volume(size, 2, &b);
    make_zeros(size, &sum);
    size_t count = grid_voxel_count(&a.grid);
    for (size_t n = 0; n < count; n++) {
        b.voxels[n] = -fabsf(b.voxels[n]);
        sum.voxels[n] = a.voxels[n] + 3.0f * b.voxels[n];
    }
    convolve(&a, &kernel, 1.0, &conv_a);
    convolve(&b, &kernel, 1.0, &conv_b);
    convolve(&sum, &kernel, 1.0, &conv_sum);
    double worst = 0.0, most = -INFINITY;
    for (size_t n = 0; n < count; n++) {
        worst = fmax(
            worst, fabs(conv_sum.voxels[n] - (conv_a.voxels[n] + 3.0 * (double)conv_b.voxels[n])));
        most = fmax(most, conv_b.voxels[n]);
    }
    ASSERT_NEAR(worst, 0.0, 4e-6);
    CU_ASSERT_TRUE(most < 0.0);
    free_all((Volume *[]){&a, &b, &sum, &conv_a, &conv_b, &conv_sum}, 6);
    voxel_kernel_free(&kernel);
}

int main(void) {
    static const UnitTest tests[] = {
        {"equals direct summation, edges included", test_direct_sum},
        {"equals direct summation where the volume is smaller than the kernel",
         test_smaller_than_reach},
        {"equals direct summation across tiles", test_several_tiles},
        {"equals direct summation for a kernel of 60 mm", test_wide_kernel},
        {"is right to 1e-5 wherever the dose is above 1 % of the largest", test_relevant_dose},
        {"passes gamma 2 mm / 1 % everywhere", test_gamma},
        {"a point gives the kernel and keeps its energy", test_point_gives_kernel},
        {"conserves energy", test_energy_is_conserved},
        {"does not wrap around", test_nothing_wraps_around},
        {"gives the same in a crop, and zero outside it", test_crop_changes_nothing},
        {"gives zeros for no activity", test_no_activity},
        {"same bytes for 1, 2, 3 and 5 threads", test_same_bytes_for_any_threads},
        {"is linear", test_linear},
    };
    return suite_run("convolve", tests, sizeof tests / sizeof *tests);
}
