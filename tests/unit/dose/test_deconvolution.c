/* Point spread and deconvolution: weights, borders, conservation, odd images, and the same numbers
 * as another implementation (tests/data/deconvolution). */
#include "dose/deconvolution.h"

#include <float.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/suite.h"

static const PointSpread PSF = {{6.0, 7.0, 5.0}};
static const double SPACING_MM[3] = {2.5, 3.0, 4.0};

static Volume make_volume(size_t n_i, size_t n_j, size_t n_k) {
    Volume volume;
    Error error = {0};
    Grid grid = {{n_i, n_j, n_k}, affine_identity()};
    for (int axis = 0; axis < 3; axis++) {
        grid.affine.m[axis][axis] = SPACING_MM[axis];
    }
    CU_ASSERT_EQUAL_FATAL(volume_create(&grid, &volume, &error), STATUS_OK);
    return volume;
}

static Volume deconvolve(const Volume *activity, double iterations, double regularisation) {
    Volume result;
    Error error = {0};
    const DeconvolutionConfig config = {iterations, regularisation};
    CU_ASSERT_EQUAL_FATAL(deconvolution_apply(activity, &PSF, &config, &result, &error), STATUS_OK);
    return result;
}

static double total(const Volume *volume) {
    double sum = 0.0;
    for (size_t n = 0; n < grid_voxel_count(&volume->grid); n++) {
        sum += volume->voxels[n];
    }
    return sum;
}

/* Uniform numbers, the same on every machine. */
static float draw(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (float)(*state >> 40) / 16777216.0f;
}

static Volume make_noise(size_t n_i, size_t n_j, size_t n_k, float low, float high) {
    Volume volume = make_volume(n_i, n_j, n_k);
    uint64_t state = 3;
    for (size_t n = 0; n < n_i * n_j * n_k; n++) {
        volume.voxels[n] = low + (high - low) * draw(&state);
    }
    return volume;
}

/* The weight as its definition says, by the midpoint rule: Gaussian times triangle. */
static double integrate_weight(double fwhm_mm, double spacing_mm, long offset) {
    const double sigma = fwhm_mm / (2.0 * sqrt(2.0 * log(2.0)));
    const int n = 20000;
    double sum = 0.0;
    for (int i = 0; i < n; i++) {
        double u = -1.0 + (i + 0.5) * 2.0 / n, x = ((double)offset + u) * spacing_mm;
        sum += exp(-0.5 * x * x / (sigma * sigma)) * (1.0 - fabs(u));
    }
    return sum * 2.0 / n * spacing_mm / (sigma * sqrt(2.0 * M_PI));
}

static void test_weights(void) {
    static const double widths[3][2] = {{6.0, 2.0}, {4.5, 5.0}, {1.0, 4.0}};
    for (int n = 0; n < 3; n++) {
        double sum = 0.0;
        for (long offset = -40; offset <= 40; offset++) {
            double weight = point_spread_weight(widths[n][0], widths[n][1], offset);
            /* 1e-8: the midpoint rule with 20000 points. */
            ASSERT_NEAR(weight, integrate_weight(widths[n][0], widths[n][1], offset), 1e-8);
            CU_ASSERT_EQUAL(weight, point_spread_weight(widths[n][0], widths[n][1], -offset));
            CU_ASSERT_TRUE(weight >= 0.0);
            sum += weight;
        }
        ASSERT_NEAR(sum, 1.0, 1e-12);
    }
}

/* Axial slices, slices along x, and a grid turned by 30 degrees about x (FWHM^2 = 16 x 3/4 + 36 x
 * 1/4 = 21 along j, 16 / 4 + 36 x 3/4 = 31 along k). */
static void test_scanner_axes(void) {
    const Scanner scanner = {.fwhm_transaxial_mm = 4.0, .fwhm_axial_mm = 6.0};
    const Scanner unknown = {.fwhm_transaxial_mm = NAN, .fwhm_axial_mm = NAN};
    PointSpread psf;
    Grid grid = {{4, 4, 4}, {{{2, 0, 0, 9}, {0, -2, 0, 9}, {0, 0, 3, 9}, {0, 0, 0, 1}}}};
    CU_ASSERT_TRUE_FATAL(point_spread_of_scanner(&scanner, &grid, &psf));
    ASSERT_NEAR(psf.fwhm_mm[0], 4.0, 1e-12);
    ASSERT_NEAR(psf.fwhm_mm[1], 4.0, 1e-12);
    ASSERT_NEAR(psf.fwhm_mm[2], 6.0, 1e-12);
    grid.affine = (Affine){{{0, 0, 3, 0}, {2, 0, 0, 0}, {0, -2, 0, 0}, {0, 0, 0, 1}}};
    CU_ASSERT_TRUE_FATAL(point_spread_of_scanner(&scanner, &grid, &psf));
    ASSERT_NEAR(psf.fwhm_mm[0], 4.0, 1e-12);
    ASSERT_NEAR(psf.fwhm_mm[1], 6.0, 1e-12);
    ASSERT_NEAR(psf.fwhm_mm[2], 4.0, 1e-12);
    const double c = cos(M_PI / 6.0), s = 0.5;
    grid.affine =
        (Affine){{{2, 0, 0, 0}, {0, 2 * c, -3 * s, 0}, {0, 2 * s, 3 * c, 0}, {0, 0, 0, 1}}};
    CU_ASSERT_TRUE_FATAL(point_spread_of_scanner(&scanner, &grid, &psf));
    ASSERT_NEAR(psf.fwhm_mm[1], sqrt(21.0), 1e-12);
    ASSERT_NEAR(psf.fwhm_mm[2], sqrt(31.0), 1e-12);
    CU_ASSERT_FALSE(point_spread_of_scanner(&unknown, &grid, &psf));
    CU_ASSERT_FALSE(point_spread_of_scanner(NULL, &grid, &psf));
}

/* Symmetric with unit sums, also where the reach is longer than the image: sum(K a) = sum(a), K 1 =
 * 1, <K a, b> = <a, K b>. Tolerances: rounding of floats over some hundred terms. */
static void test_filter_conserves_and_is_its_own_adjoint(void) {
    static const size_t sizes[4][3] = {{17, 12, 9}, {2, 3, 1}, {1, 1, 1}, {40, 1, 2}};
    for (int n = 0; n < 4; n++) {
        Volume a = make_noise(sizes[n][0], sizes[n][1], sizes[n][2], 0.0f, 1.0f);
        Volume b = make_noise(sizes[n][0], sizes[n][1], sizes[n][2], 2.0f, 5.0f);
        Volume blurred = make_volume(sizes[n][0], sizes[n][1], sizes[n][2]);
        const size_t count = grid_voxel_count(&a.grid);
        PointSpreadFilter filter;
        Error error = {0};
        CU_ASSERT_EQUAL_FATAL(point_spread_filter_create(&PSF, &a.grid, &filter, &error),
                              STATUS_OK);
        double left = 0.0, right = 0.0;
        point_spread_filter_apply(&filter, a.voxels, blurred.voxels);
        ASSERT_NEAR(total(&blurred) / total(&a), 1.0, 1e-6);
        for (size_t v = 0; v < count; v++) {
            left += (double)blurred.voxels[v] * b.voxels[v];
        }
        point_spread_filter_apply(&filter, b.voxels, b.voxels); /* in place */
        for (size_t v = 0; v < count; v++) {
            right += (double)a.voxels[v] * b.voxels[v];
            blurred.voxels[v] = 7.0f;
        }
        ASSERT_NEAR(left / right, 1.0, 1e-6);
        point_spread_filter_apply(&filter, blurred.voxels, blurred.voxels);
        for (size_t v = 0; v < count; v++) {
            ASSERT_NEAR(blurred.voxels[v], 7.0, 7e-6);
        }
        point_spread_filter_free(&filter);
        volume_free(&a);
        volume_free(&b);
        volume_free(&blurred);
    }
}

/* A point keeps the shape of the product of the three weights, and nothing comes out at the far end
 * of the image. */
static void test_point_is_spread_along_each_axis(void) {
    Volume point = make_volume(31, 29, 27);
    PointSpreadFilter filter;
    Error error = {0};
    point.voxels[(13 * 29 + 14) * 31 + 2] = 1.0f;
    CU_ASSERT_EQUAL_FATAL(point_spread_filter_create(&PSF, &point.grid, &filter, &error),
                          STATUS_OK);
    point_spread_filter_apply(&filter, point.voxels, point.voxels);
    for (size_t n = 0; n < grid_voxel_count(&point.grid); n++) {
        long i = (long)(n % 31), j = (long)(n / 31 % 29), k = (long)(n / (31 * 29));
        double expected = point_spread_weight(PSF.fwhm_mm[0], SPACING_MM[0], i - 2) +
                          point_spread_weight(PSF.fwhm_mm[0], SPACING_MM[0], i + 3); /* mirrored */
        expected *= point_spread_weight(PSF.fwhm_mm[1], SPACING_MM[1], j - 14) *
                    point_spread_weight(PSF.fwhm_mm[2], SPACING_MM[2], k - 13);
        ASSERT_NEAR(point.voxels[n], expected, 1e-7); /* where the weights are cut */
    }
    CU_ASSERT_EQUAL(point.voxels[(13 * 29 + 14) * 31 + 30], 0.0f);
    point_spread_filter_free(&filter);
    volume_free(&point);
}

/* Within float rounding, amplified by five iterations, of a float64 calculation. */
static void test_same_as_another_implementation(void) {
    Volume image = make_volume(11, 9, 7);
    double *expected = calloc(2 * 693, sizeof *expected);
    char line[256];
    FILE *file = fopen("tests/data/deconvolution/richardson_lucy.tsv", "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_PTR_NOT_NULL_FATAL(expected);
    CU_ASSERT_PTR_NOT_NULL_FATAL(fgets(line, sizeof line, file));
    size_t n_negative = 0;
    for (size_t n = 0; n < 693; n++) {
        CU_ASSERT_EQUAL_FATAL(
            fscanf(file, "%f %lf %lf", &image.voxels[n], &expected[n], &expected[693 + n]), 3);
        n_negative += image.voxels[n] < 0.0f;
    }
    fclose(file);
    CU_ASSERT_TRUE(n_negative > 0);
    for (size_t column = 0; column < 2; column++) {
        Volume result = deconvolve(&image, 5, column == 0 ? 0.0 : 0.02);
        double largest = 0.0;
        for (size_t n = 0; n < 693; n++) {
            largest = fmax(largest, fabs(result.voxels[n] - expected[column * 693 + n]));
        }
        ASSERT_NEAR(largest, 0.0, 0.05); /* values go to 15000: 3e-6 of them */
        volume_free(&result);
    }
    free(expected);
    volume_free(&image);
}

/* Uniform but for the last bits, which the regularisation must not take for edges; up to the
 * border. */
static void test_uniform_stays_uniform(void) {
    Volume image = make_noise(20, 15, 12, 123456.0f, 123456.1f);
    for (double lambda = 0.001; lambda < 0.11; lambda *= 10.0) {
        Volume result = deconvolve(&image, 100, lambda);
        double worst = 0.0;
        for (size_t n = 0; n < grid_voxel_count(&image.grid); n++) {
            worst = fmax(worst, fabs(result.voxels[n] / 123456.0 - 1.0));
        }
        ASSERT_NEAR(worst, 0.0, 1e-5);
        volume_free(&result);
    }
    volume_free(&image);
}

static void test_activity_is_conserved(void) {
    static const float lows[2] = {0.0f, -500.0f};
    for (int n = 0; n < 2; n++) {
        Volume image = make_noise(23, 18, 11, lows[n], 1000.0f);
        for (double iterations = 1; iterations < 40; iterations *= 6) {
            Volume result = deconvolve(&image, iterations, 0.02);
            ASSERT_NEAR(total(&result) / total(&image), 1.0, 1e-6);
            volume_free(&result);
        }
        volume_free(&image);
    }
}

/* No voxel ends below the lowest, and an image raised by a number by hand gives the same. */
static void test_negative_voxels(void) {
    Volume image = make_noise(14, 12, 10, -300.0f, 900.0f);
    Volume result = deconvolve(&image, 10, 0.01);
    float lowest = 0.0f;
    for (size_t n = 0; n < grid_voxel_count(&image.grid); n++) {
        lowest = fminf(lowest, image.voxels[n]);
    }
    for (size_t n = 0; n < grid_voxel_count(&image.grid); n++) {
        image.voxels[n] -= lowest;
    }
    Volume raised = deconvolve(&image, 10, 0.01);
    for (size_t n = 0; n < grid_voxel_count(&image.grid); n++) {
        CU_ASSERT_TRUE(result.voxels[n] >= lowest);
        ASSERT_NEAR(result.voxels[n], raised.voxels[n] + lowest, 1e-3); /* rounding of 900 */
    }
    CU_ASSERT_TRUE(lowest < -250.0f);
    volume_free(&image);
    volume_free(&raised);
    volume_free(&result);
}

/* Zero, all negative, one voxel, one hot voxel among zeros, forty orders of magnitude. */
static void test_odd_images_give_no_nan(void) {
    for (int kind = 0; kind < 5; kind++) {
        Volume image = kind == 2 ? make_volume(1, 1, 1) : make_volume(16, 16, 16);
        const size_t count = grid_voxel_count(&image.grid);
        for (size_t n = 0; n < count; n++) {
            image.voxels[n] = kind == 1 ? -0.1f : kind == 4 ? powf(10.0f, (float)(n % 41) - 20) : 0;
        }
        image.voxels[count / 2] = kind == 2 || kind == 3 ? 1e9f : image.voxels[count / 2];
        Volume result = deconvolve(&image, 60, 0.05);
        for (size_t n = 0; n < count; n++) {
            CU_ASSERT_TRUE(isfinite(result.voxels[n]));
            CU_ASSERT_TRUE(kind > 1 || result.voxels[n] == image.voxels[n]);
        }
        ASSERT_NEAR(total(&result), total(&image), 1e-5 * fabs(total(&image)));
        volume_free(&image);
        volume_free(&result);
    }
}

static void test_same_bytes_for_any_number_of_threads(void) {
    Volume image = make_noise(21, 19, 13, -10.0f, 100.0f);
    const int most = omp_get_max_threads();
    omp_set_num_threads(1);
    Volume alone = deconvolve(&image, 6, 0.01);
    for (int n = 2; n <= 5; n++) {
        omp_set_num_threads(n);
        Volume together = deconvolve(&image, 6, 0.01);
        CU_ASSERT_EQUAL(
            memcmp(alone.voxels, together.voxels, grid_voxel_count(&image.grid) * sizeof(float)),
            0);
        volume_free(&together);
    }
    omp_set_num_threads(most);
    volume_free(&image);
    volume_free(&alone);
}

static double total_variation(const Volume *volume) {
    double sum = 0.0;
    for (size_t n = 1; n < grid_voxel_count(&volume->grid); n++) {
        sum += fabs((double)volume->voxels[n] - volume->voxels[n - 1]);
    }
    return sum;
}

static void test_regularisation_takes_variation_away(void) {
    Volume image = make_noise(20, 20, 12, 400.0f, 1000.0f);
    double before = INFINITY;
    for (double lambda = 0.0; lambda < 0.06; lambda += 0.02) {
        Volume result = deconvolve(&image, 15, lambda);
        double variation = total_variation(&result);
        CU_ASSERT_TRUE(variation < 0.97 * before);
        before = variation;
        volume_free(&result);
    }
    volume_free(&image);
}

static void check_refused(Volume *image, const PointSpread *psf, DeconvolutionConfig config,
                          Status expected, const char *words) {
    Volume result = {0};
    Error error = {0};
    CU_ASSERT_EQUAL(deconvolution_apply(image, psf, &config, &result, &error), expected);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, words));
    CU_ASSERT_PTR_NULL(result.voxels);
}

static void test_bad_input_is_refused(void) {
    Volume image = make_noise(5, 5, 5, 1.0f, 2.0f);
    const DeconvolutionConfig good = {10, 0.002};
    const PointSpread zero = {{0.0, 5.0, 5.0}}, unknown = {{5.0, 5.0, NAN}}, wide = {{5, 1e3, 5}};
    check_refused(&image, &zero, good, STATUS_CONFIG, "axis i is 0 mm");
    check_refused(&image, &unknown, good, STATUS_CONFIG, "axis k is nan mm");
    check_refused(&image, &wide, good, STATUS_CONFIG, "axis j is 1000 mm");
    check_refused(&image, &PSF, (DeconvolutionConfig){0, 0.002}, STATUS_CONFIG, "iterations is 0");
    check_refused(&image, &PSF, (DeconvolutionConfig){NAN, 0.002}, STATUS_CONFIG, "iterations");
    check_refused(&image, &PSF, (DeconvolutionConfig){5, 0.2}, STATUS_CONFIG, "regularisation is");
    check_refused(&image, &PSF, (DeconvolutionConfig){5, -1.0}, STATUS_CONFIG, "regularisation");
    image.voxels[62] = NAN;
    check_refused(&image, &PSF, good, STATUS_BAD_DATA, "activity");
    volume_free(&image);
}

int main(void) {
    static const UnitTest tests[] = {
        {"weights are Gaussian times triangle", test_weights},
        {"the scanner's axes become the grid's", test_scanner_axes},
        {"the filter conserves and is its own adjoint",
         test_filter_conserves_and_is_its_own_adjoint},
        {"a point is spread along each axis", test_point_is_spread_along_each_axis},
        {"same as another implementation", test_same_as_another_implementation},
        {"uniform stays uniform", test_uniform_stays_uniform},
        {"activity is conserved", test_activity_is_conserved},
        {"negative voxels stay above the lowest", test_negative_voxels},
        {"odd images give no NaN", test_odd_images_give_no_nan},
        {"same bytes for any number of threads", test_same_bytes_for_any_number_of_threads},
        {"regularisation takes variation away", test_regularisation_takes_variation_away},
        {"bad input is refused", test_bad_input_is_refused},
    };
    return suite_run("dose/deconvolution", tests, sizeof tests / sizeof *tests);
}
