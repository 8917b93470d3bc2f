/* Deconvolution of the NEMA spheres (10 to 37 mm), blurred in closed form: what it gives back, what
 * it keeps, what it does to noise, and what a wrong width does. */
#include "dose/deconvolution.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/suite.h"

enum { N_SPHERES = 6, PARTS = 3, SIZE = 34 };
static const double DIAMETERS_MM[N_SPHERES] = {10.0, 13.0, 17.0, 22.0, 28.0, 37.0};
static const double SPACING_MM[3] = {2.4, 2.4, 2.0};
static const double FWHM_MM = 6.0;
static const DeconvolutionConfig CONFIG = {.iterations = 10, .regularisation = 0.01};

/* A sphere of radius R and value 1 convolved with a Gaussian, at distance r of its centre: the
 * closed form of the three-dimensional convolution. */
static double blurred_sphere(double r, double radius, double sigma) {
    double a = (radius - r) / (M_SQRT2 * sigma), b = (radius + r) / (M_SQRT2 * sigma);
    double edge = r < 1e-3 * sigma ? 2.0 * radius / (sigma * sigma) * exp(-a * a) /* the limit */
                                   : (exp(-a * a) - exp(-b * b)) / r;
    return 0.5 * (erf(a) + erf(b)) - sigma / sqrt(2.0 * M_PI) * edge;
}

typedef struct Case {
    Volume image;  /* what a scanner of that resolution shows */
    Volume inside; /* fraction of each voxel that the sphere fills */
} Case;

/* Voxel values are means over PARTS^3 points. The sphere sits off the voxel grid. */
static Case make_case(double diameter_mm, double fwhm_mm, double background) {
    Case sphere = {0};
    Error error = {0};
    Grid grid = {{SIZE, SIZE, SIZE}, affine_identity()};
    const double centre[3] = {16.7, 16.1, 16.4};
    const double sigma = fwhm_mm / (2.0 * sqrt(2.0 * log(2.0))), radius = diameter_mm / 2.0;
    for (int axis = 0; axis < 3; axis++) {
        grid.affine.m[axis][axis] = SPACING_MM[axis];
    }
    CU_ASSERT_EQUAL_FATAL(volume_create(&grid, &sphere.image, &error), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(volume_create(&grid, &sphere.inside, &error), STATUS_OK);
    for (size_t n = 0; n < (size_t)SIZE * SIZE * SIZE; n++) {
        const size_t index[3] = {n % SIZE, n / SIZE % SIZE, n / (SIZE * SIZE)};
        double value = 0.0, inside = 0.0;
        for (int part = 0; part < PARTS * PARTS * PARTS; part++) {
            const int parts[3] = {part % PARTS, part / PARTS % PARTS, part / (PARTS * PARTS)};
            double squares = 0.0;
            for (int axis = 0; axis < 3; axis++) {
                double at = (double)index[axis] + (parts[axis] + 0.5) / PARTS - 0.5 - centre[axis];
                squares += at * at * SPACING_MM[axis] * SPACING_MM[axis];
            }
            value += blurred_sphere(sqrt(squares), radius, sigma);
            inside += sqrt(squares) < radius;
        }
        const double n_parts = PARTS * PARTS * PARTS;
        sphere.image.voxels[n] = (float)(1e5 * (background + (1.0 - background) * value / n_parts));
        sphere.inside.voxels[n] = (float)(inside / n_parts);
    }
    return sphere;
}

static void free_case(Case *sphere) {
    volume_free(&sphere->image);
    volume_free(&sphere->inside);
}

static Volume deconvolve(const Volume *image, double fwhm_mm, DeconvolutionConfig config) {
    Volume result;
    Error error = {0};
    const PointSpread psf = {{fwhm_mm, fwhm_mm, fwhm_mm}};
    CU_ASSERT_EQUAL_FATAL(deconvolution_apply(image, &psf, &config, &result, &error), STATUS_OK);
    return result;
}

/* Mean within the sphere, each voxel by the part inside; true activity 1e5. */
static double mean_inside(const Volume *volume, const Volume *inside) {
    double sum = 0.0, weight = 0.0;
    for (size_t n = 0; n < grid_voxel_count(&volume->grid); n++) {
        sum += (double)volume->voxels[n] * inside->voxels[n];
        weight += inside->voxels[n];
    }
    return sum / weight / 1e5;
}

/* The same mean of the true activity averaged over voxels: what is left for a perfect deconvolution
 * on this grid, as voxels at the edge of the sphere hold background too. */
static double best_mean(const Volume *inside, double background) {
    return background + (1.0 - background) * mean_inside(inside, inside) * 1e5;
}

static double total(const Volume *volume) {
    double sum = 0.0;
    for (size_t n = 0; n < grid_voxel_count(&volume->grid); n++) {
        sum += volume->voxels[n];
    }
    return sum;
}

/* The blurred mean within the sphere, without voxels: Simpson's rule over the radius. */
static double expected_mean(double diameter_mm, double fwhm_mm, double background) {
    const double radius = diameter_mm / 2.0, sigma = fwhm_mm / (2.0 * sqrt(2.0 * log(2.0)));
    const int n = 2000;
    double sum = 0.0;
    for (int i = 0; i <= n; i++) {
        double r = radius * i / n, weight = i == 0 || i == n ? 1.0 : i % 2 == 1 ? 4.0 : 2.0;
        sum += weight * 3.0 * r * r / (radius * radius * radius) * blurred_sphere(r, radius, sigma);
    }
    return background + (1.0 - background) * sum * radius / n / 3.0;
}

/* For every sphere at least three quarters of the loss come back (0.81 to 1.0 as measured here with
 * ten iterations), no more than the loss, and from 22 mm up the mean is within 4 %; activity stays.
 */
static void check_spheres(double background) {
    for (int n = 0; n < N_SPHERES; n++) {
        Case sphere = make_case(DIAMETERS_MM[n], FWHM_MM, background);
        Volume result = deconvolve(&sphere.image, FWHM_MM, CONFIG);
        const double best = best_mean(&sphere.inside, background);
        const double before = mean_inside(&sphere.image, &sphere.inside);
        const double after = mean_inside(&result, &sphere.inside);
        printf("    %2.0f mm, background %.3f: mean %.3f -> %.3f of %.3f at best\n",
               DIAMETERS_MM[n], background, before, after, best);
        /* 27 points a voxel know the edge of the sphere to 0.4 mm; the voxel smooths it. */
        ASSERT_NEAR(before, expected_mean(DIAMETERS_MM[n], FWHM_MM, background), 0.03);
        CU_ASSERT_TRUE(after > before + 0.75 * (best - before));
        CU_ASSERT_TRUE(after < 1.01 * best);
        CU_ASSERT_TRUE(DIAMETERS_MM[n] < 22.0 || after > 0.96 * best);
        ASSERT_NEAR(total(&result) / total(&sphere.image), 1.0, 1e-5);
        volume_free(&result);
        free_case(&sphere);
    }
}

static void test_spheres_without_background(void) {
    check_spheres(0.0);
}

static void test_spheres_eight_to_one(void) {
    check_spheres(0.125);
}

/* A width 1 mm wrong either way: less or more is given back, by less than a tenth of the mean. */
static void test_wrong_width(void) {
    static const double widths_mm[3] = {5.0, 6.0, 7.0};
    for (int n = 0; n < N_SPHERES; n += 2) {
        Case sphere = make_case(DIAMETERS_MM[n], FWHM_MM, 0.125);
        double means[3];
        for (int w = 0; w < 3; w++) {
            Volume result = deconvolve(&sphere.image, widths_mm[w], CONFIG);
            means[w] = mean_inside(&result, &sphere.inside) / best_mean(&sphere.inside, 0.125);
            ASSERT_NEAR(total(&result) / total(&sphere.image), 1.0, 1e-5);
            volume_free(&result);
        }
        printf("    %2.0f mm: share of the best mean %.3f %.3f %.3f with 5, 6, 7 mm for 6 mm\n",
               DIAMETERS_MM[n], means[0], means[1], means[2]);
        CU_ASSERT_TRUE(means[0] < means[1] && means[1] < means[2]);
        CU_ASSERT_TRUE(means[1] - means[0] < 0.1 && means[2] - means[1] < 0.1);
        free_case(&sphere);
    }
}

/* Standard normal by Box and Muller on a linear congruential generator (Knuth's MMIX constants). */
static double draw_normal(uint64_t *state) {
    double uniform[2];
    for (int n = 0; n < 2; n++) {
        *state = *state * 6364136223846793005u + 1442695040888963407u;
        uniform[n] = ((double)(*state >> 11) + 0.5) / 9007199254740992.0;
    }
    return sqrt(-2.0 * log(uniform[0])) * cos(2.0 * M_PI * uniform[1]);
}

/* Adds noise as a reconstruction leaves it: `deviation` a voxel, correlated by a 4 mm filter. */
static void add_noise(Volume *image, double deviation, uint64_t seed) {
    const size_t n_voxels = grid_voxel_count(&image->grid);
    const PointSpread smooth = {{4.0, 4.0, 4.0}};
    PointSpreadFilter filter;
    Error error = {0};
    float *noise = malloc(n_voxels * sizeof *noise);
    CU_ASSERT_PTR_NOT_NULL_FATAL(noise);
    CU_ASSERT_EQUAL_FATAL(point_spread_filter_create(&smooth, &image->grid, &filter, &error),
                          STATUS_OK);
    double squares = 0.0;
    for (size_t n = 0; n < n_voxels; n++) {
        noise[n] = (float)draw_normal(&seed);
    }
    point_spread_filter_apply(&filter, noise, noise);
    for (size_t n = 0; n < n_voxels; n++) {
        squares += (double)noise[n] * noise[n];
    }
    const double scale = deviation / sqrt(squares / (double)n_voxels);
    for (size_t n = 0; n < n_voxels; n++) {
        image->voxels[n] += (float)(scale * noise[n]);
    }
    point_spread_filter_free(&filter);
    free(noise);
}

/* In a uniform region noise of 30 % a voxel grows less than twofold, and its mean stays. */
static void test_noise_amplification(void) {
    Case region = make_case(1000.0, FWHM_MM, 0.0); /* wider than the image */
    const size_t n_voxels = grid_voxel_count(&region.image.grid);
    add_noise(&region.image, 0.3e5, 7);
    Volume result = deconvolve(&region.image, FWHM_MM, CONFIG);
    const double mean = total(&region.image) / (double)n_voxels;
    double squares[2] = {0.0, 0.0};
    for (size_t n = 0; n < n_voxels; n++) {
        squares[0] += pow(region.image.voxels[n] - mean, 2.0);
        squares[1] += pow(result.voxels[n] - mean, 2.0);
    }
    const double growth = sqrt(squares[1] / squares[0]);
    printf("    noise of 30 %% a voxel grows %.2f fold\n", growth);
    CU_ASSERT_TRUE(growth > 1.0 && growth < 2.0);
    ASSERT_NEAR(total(&result) / total(&region.image), 1.0, 1e-5);
    volume_free(&result);
    free_case(&region);
}

/* What the mean gains is about the same with noise and many negative voxels as without: a tenth
 * less, because an image raised by its most negative voxel has less contrast and converges later.
 * The gain scatters by 0.02 an image, the mean of 16 by 0.005. */
static void test_noise_does_not_bias_the_mean(void) {
    Case sphere = make_case(17.0, FWHM_MM, 0.125);
    const size_t n_voxels = grid_voxel_count(&sphere.image.grid);
    Volume clean = deconvolve(&sphere.image, FWHM_MM, CONFIG);
    Volume noisy;
    Error error = {0};
    double gain = 0.0, negative = 0.0;
    CU_ASSERT_EQUAL_FATAL(volume_create(&sphere.image.grid, &noisy, &error), STATUS_OK);
    for (uint64_t image = 1; image <= 16; image++) {
        memcpy(noisy.voxels, sphere.image.voxels, n_voxels * sizeof *noisy.voxels);
        add_noise(&noisy, 0.2e5, image * 1000003u);
        for (size_t n = 0; n < n_voxels; n++) {
            negative += noisy.voxels[n] < 0.0f;
        }
        Volume result = deconvolve(&noisy, FWHM_MM, CONFIG);
        gain += mean_inside(&result, &sphere.inside) - mean_inside(&noisy, &sphere.inside);
        volume_free(&result);
    }
    const double expected =
        mean_inside(&clean, &sphere.inside) - mean_inside(&sphere.image, &sphere.inside);
    printf("    17 mm: gain %.3f with noise, %.3f without\n", gain / 16.0, expected);
    CU_ASSERT_TRUE(negative > 0.2 * 16.0 * (double)n_voxels);
    ASSERT_NEAR(gain / 16.0, expected, 0.02);
    volume_free(&clean);
    volume_free(&noisy);
    free_case(&sphere);
}

int main(void) {
    static const UnitTest tests[] = {
        {"spheres without background", test_spheres_without_background},
        {"spheres at eight to one", test_spheres_eight_to_one},
        {"a wrong width", test_wrong_width},
        {"noise amplification", test_noise_amplification},
        {"noise does not bias the mean", test_noise_does_not_bias_the_mean},
    };
    return suite_run("dose/deconvolution_spheres", tests, sizeof tests / sizeof *tests);
}
