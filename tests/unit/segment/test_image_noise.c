/* Noise of images made here: known patterns exactly, random noise within its statistics. */
#include "segment/image_noise.h"
#include "tests/unit/suite.h"

#include <math.h>

enum { SIDE = 24 };

static Error error;
static const double max_sd_mm = 4;

#define OK(call) CU_ASSERT_EQUAL_FATAL((call), STATUS_OK)

static Volume new_volume(double z_mm) {
    Grid grid = {.size = {SIDE, SIDE, SIDE}, .affine = affine_identity()};
    grid.affine.m[2][2] = z_mm;
    Volume volume;
    OK(volume_create(&grid, &volume, &error));
    return volume;
}

/* A block of `count` voxels a side, well inside. */
static Volume new_weights(size_t count) {
    Volume weights = new_volume(2);
    for (size_t k = 4; k < 4 + count; k++) {
        for (size_t j = 4; j < 4 + count; j++) {
            for (size_t i = 4; i < 4 + count; i++) {
                weights.voxels[(k * SIDE + j) * SIDE + i] = 1;
            }
        }
    }
    return weights;
}

static ImageNoise measure(const Volume *image, const Volume *weights) {
    ImageNoise noise;
    OK(image_noise_measure(image, weights, max_sd_mm, &noise, &error));
    return noise;
}

/* A function of one coordinate each, however rough, and a gradient: no mixed difference. */
static void what_changes_along_an_axis_is_no_noise(void) {
    Volume image = new_volume(2), weights = new_weights(12);
    for (size_t n = 0; n < grid_voxel_count(&image.grid); n++) {
        size_t i = n % SIDE, j = n / SIDE % SIDE, k = n / SIDE / SIDE;
        image.voxels[n] = (float)(i * 7 + (j > 9 ? 100 : 0) + (k * k) % 32);
    }
    ImageNoise noise = measure(&image, &weights);
    ASSERT_NEAR(noise.voxel_deviation, 0, 0);
    volume_free(&image);
    volume_free(&weights);
}

/* +1 and -1 in turn along all axes: every mixed difference is +-4. */
static void a_checkerboard_has_its_median(void) {
    Volume image = new_volume(2), weights = new_weights(10);
    for (size_t n = 0; n < grid_voxel_count(&image.grid); n++) {
        image.voxels[n] = (n % SIDE + n / SIDE % SIDE + n / SIDE / SIDE) % 2 == 0 ? 1 : -1;
    }
    /* deviation: 1.4826 * 4 / sqrt(4) */
    ImageNoise noise = measure(&image, &weights);
    ASSERT_NEAR(noise.voxel_deviation, 1.482602218505602 * 2, 1e-9);
    ASSERT_NEAR(noise.correlation_sd_mm, 0, 0); /* two voxels further it is the same */
    double factor;
    OK(image_noise_of_mean(&weights, 0, &factor, &error));
    ASSERT_NEAR(factor, 1 / sqrt(1000), 1e-9); /* 1000 voxels of weight 1 */
    volume_free(&image);
    volume_free(&weights);
}

/* Variance of the mean by the double sum over all pairs of voxels. */
static void the_mean_counts_the_correlation(void) {
    Volume weights = new_weights(5);
    const double s = 1.7;
    weights.voxels[(4 * SIDE + 4) * SIDE + 4] = 0.25f;
    double sum = 0, total = 0, factor;
    OK(image_noise_of_mean(&weights, s, &factor, &error));
    size_t voxels = grid_voxel_count(&weights.grid);
    for (size_t a = 0; a < voxels; a++) {
        if (weights.voxels[a] == 0) {
            continue;
        }
        total += (double)weights.voxels[a];
        for (size_t b = 0; b < voxels; b++) {
            double x = (double)(a % SIDE) - (double)(b % SIDE);
            double y = (double)(a / SIDE % SIDE) - (double)(b / SIDE % SIDE);
            double z = 2 * ((double)(a / SIDE / SIDE) - (double)(b / SIDE / SIDE));
            sum += (double)weights.voxels[a] * (double)weights.voxels[b] *
                   exp(-(x * x + y * y + z * z) / (4 * s * s));
        }
    }
    /* terms below 1e-6 are left out */
    ASSERT_NEAR(factor / (sqrt(sum) / total), 1, 1e-5);
    volume_free(&weights);
}

/* A product of two coordinates grows with the lag as no noise does. */
static void a_signal_is_not_taken_for_noise(void) {
    Volume image = new_volume(2), weights = new_weights(12);
    for (size_t n = 0; n < grid_voxel_count(&image.grid); n++) {
        image.voxels[n] = (float)((n % SIDE) * (n / SIDE % SIDE) * (n / SIDE / SIDE));
    }
    ImageNoise noise = measure(&image, &weights);
    CU_ASSERT(isnan(noise.voxel_deviation));
    volume_free(&image);
    volume_free(&weights);
}

static void nothing_to_compare_is_unknown(void) {
    Volume image = new_volume(2), weights = new_volume(2);
    ImageNoise noise = measure(&image, &weights); /* no region */
    CU_ASSERT(isnan(noise.voxel_deviation));
    for (size_t n = 0; n < grid_voxel_count(&image.grid); n++) {
        weights.voxels[n] = 1;
        image.voxels[n] = NAN;
    }
    noise = measure(&image, &weights);
    CU_ASSERT(isnan(noise.voxel_deviation));
    volume_free(&image);
    volume_free(&weights);
}

int main(void) {
    static const UnitTest tests[] = {
        {"what changes along an axis is no noise", what_changes_along_an_axis_is_no_noise},
        {"a checkerboard has its median", a_checkerboard_has_its_median},
        {"the mean counts the correlation", the_mean_counts_the_correlation},
        {"a signal is not taken for noise", a_signal_is_not_taken_for_noise},
        {"nothing to compare is unknown", nothing_to_compare_is_unknown},
    };
    return suite_run("segment/image_noise", tests, sizeof tests / sizeof *tests);
}
