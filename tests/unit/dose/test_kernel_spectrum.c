/* The kernel's spectrum against the Fourier sum over all offsets, written out. */
#include "dose/kernel_spectrum.h"

#include <complex.h>
#include <math.h>

#include "tests/unit/suite.h"

static const double TWO_PI = 6.28318530717958647692;

/* Any numbers will do, all different. */
static void make_kernel(double *weights, VoxelKernel *kernel) {
    *kernel = (VoxelKernel){.reach = {3, 2, 2}, .weights = weights};
    for (size_t n = 0; n < 4 * 3 * 3; n++) {
        weights[n] = 1.0 / (double)(1 + n * n % 17 + n);
    }
}

static double complex transform(const VoxelKernel *kernel, long d, const size_t size[2], size_t fx,
                                size_t fy) {
    double complex sum = 0.0;
    for (long j = -(long)kernel->reach[1]; j <= (long)kernel->reach[1]; j++) {
        for (long i = -(long)kernel->reach[0]; i <= (long)kernel->reach[0]; i++) {
            double turns =
                (double)(i * (long)fx) / (double)size[0] + (double)(j * (long)fy) / (double)size[1];
            sum += voxel_kernel_weight(kernel, i, j, d) * cexp(-I * TWO_PI * turns);
        }
    }
    return sum;
}

/* float32: 6e-8 of the sum of the weights, which is 12. The second size is smaller than the
 * kernel, which folds over. */
static void check_size(const size_t size[2]) {
    double weights[4 * 3 * 3], worst = 0.0;
    VoxelKernel kernel;
    KernelSpectrum spectrum;
    Error error = {0};
    make_kernel(weights, &kernel);
    CU_ASSERT_EQUAL_FATAL(kernel_spectrum_make(&kernel, size, 0.5, &spectrum, &error), STATUS_OK);
    for (size_t fx = 0; fx < size[0]; fx++) {
        const float *rows = kernel_spectrum_rows(&spectrum, fx);
        for (size_t d = 0; d <= kernel.reach[2]; d++) {
            for (size_t fy = 0; fy < size[1]; fy++) {
                double complex expected = 0.5 * transform(&kernel, (long)d, size, fx, fy);
                worst = fmax(worst, cabs(rows[d * size[1] + fy] - expected));
            }
        }
    }
    ASSERT_NEAR(worst, 0.0, 1e-6);
    kernel_spectrum_free(&spectrum);
}

static void test_fourier_sum(void) {
    check_size((const size_t[]){16, 24});
    check_size((const size_t[]){5, 4});
}

int main(void) {
    static const UnitTest tests[] = {
        {"equals the Fourier sum, real and even", test_fourier_sum},
    };
    return suite_run("kernel_spectrum", tests, sizeof tests / sizeof *tests);
}
