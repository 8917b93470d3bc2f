/* Median absolute differences per pair of axes, then one variance that explains all three. */
#include "segment/image_noise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PAIRS = 3, MIN_DIFFERENCES = 100 };

static const int pair_axes[PAIRS][2] = {{0, 1}, {0, 2}, {1, 2}};
static const double deviation_per_median = 1.482602218505602; /* of a normal distribution */

/* Median absolute mixed differences at one lag. */
typedef struct Differences {
    size_t lag[3]; /* voxels */
    double median[PAIRS];
    size_t count[PAIRS], total;
} Differences;

static int compare_floats(const void *a, const void *b) {
    const float *first = a, *second = b;
    return (*first > *second) - (*first < *second);
}

static double median_of(float *values, size_t count) {
    if (count == 0) {
        return NAN;
    }
    qsort(values, count, sizeof *values, compare_floats);
    return ((double)values[(count - 1) / 2] + (double)values[count / 2]) / 2;
}

static bool is_in_region(const float *weights, const size_t corners[4]) {
    return weights[corners[0]] >= 0.5f && weights[corners[1]] >= 0.5f &&
           weights[corners[2]] >= 0.5f && weights[corners[3]] >= 0.5f;
}

/* Gathers |differences| along axes a and b into `values`; their number. */
static size_t gather(const Volume *image, const Volume *weights, const size_t lag[3],
                     const int axes[2], float *values) {
    const size_t *size = image->grid.size;
    const size_t stride[3] = {1, size[0], size[0] * size[1]};
    size_t last[3] = {size[0], size[1], size[2]}, count = 0;
    size_t step_a = lag[axes[0]] * stride[axes[0]], step_b = lag[axes[1]] * stride[axes[1]];
    for (int n = 0; n < 2; n++) {
        last[axes[n]] = size[axes[n]] > lag[axes[n]] ? size[axes[n]] - lag[axes[n]] : 0;
    }
    for (size_t k = 0; k < last[2]; k++) {
        for (size_t j = 0; j < last[1]; j++) {
            for (size_t i = 0; i < last[0]; i++) {
                size_t n = i + j * stride[1] + k * stride[2];
                const size_t corners[4] = {n, n + step_a, n + step_b, n + step_a + step_b};
                const float *v = image->voxels;
                float value =
                    fabsf((v[corners[0]] - v[corners[1]]) - (v[corners[2]] - v[corners[3]]));
                if (!isnan(value) && is_in_region(weights->voxels, corners)) {
                    values[count++] = value;
                }
            }
        }
    }
    return count;
}

static void measure_differences(const Volume *image, const Volume *weights, float *values,
                                Differences *differences) {
    differences->total = 0;
    for (int p = 0; p < PAIRS; p++) {
        differences->count[p] = gather(image, weights, differences->lag, pair_axes[p], values);
        differences->median[p] = median_of(values, differences->count[p]);
        differences->total += differences->count[p];
    }
}

static double correlation(double distance_mm, double sd_mm) {
    return sd_mm > 0 ? exp(-distance_mm * distance_mm / (4 * sd_mm * sd_mm))
                     : (distance_mm == 0 ? 1 : 0);
}

/* The voxel variance that makes these differences under that correlation: the difference of a pair
 * has the variance 4 C (1 - rho_a)(1 - rho_b). Pairs count by their number. */
static double variance_of(const Differences *differences, const double spacing_mm[3],
                          const double sd_mm[3]) {
    double sum = 0;
    for (int p = 0; p < PAIRS; p++) {
        double factor = 4;
        for (int n = 0; n < 2; n++) {
            int axis = pair_axes[p][n];
            factor *=
                1 - correlation((double)differences->lag[axis] * spacing_mm[axis], sd_mm[axis]);
        }
        double deviation = deviation_per_median * differences->median[p];
        sum += differences->count[p] > 0
                   ? (double)differences->count[p] * deviation * deviation / factor
                   : 0;
    }
    return sum / (double)differences->total;
}

/* The isotropic s with which lags of one and of two voxels agree on the variance; NaN if none up to
 * the limit does: then the differences grow as those of a smooth signal. */
static double solve_correlation(const Differences *near, const Differences *far,
                                const double spacing_mm[3], double max_sd_mm) {
    double low = 0, high = max_sd_mm;
    for (int step = 0; step < 50; step++) {
        double at = step == 0 ? low : step == 1 ? high : (low + high) / 2;
        const double sd_mm[3] = {at, at, at};
        bool is_enough =
            variance_of(near, spacing_mm, sd_mm) >= variance_of(far, spacing_mm, sd_mm);
        if (step == 0 && is_enough) {
            return 0;
        }
        if (step == 1 && !is_enough) {
            return NAN;
        }
        *(is_enough ? &high : &low) = at;
    }
    return high;
}

/* Along one axis: out(x) = sum_y in(y) rho(x - y). `rho` has room for the length of the axis. */
static void correlate_axis(const double *in, const Grid *grid, int axis, double spacing_mm,
                           double sd_mm, double *rho, double *out) {
    const size_t stride = axis == 0 ? 1 : axis == 1 ? grid->size[0] : grid->size[0] * grid->size[1];
    size_t length = grid->size[axis], lines = grid_voxel_count(grid) / length / stride, reach = 0;
    for (double value = 1; reach < length && value > 1e-6; reach++) {
        rho[reach] = correlation((double)reach * spacing_mm, sd_mm);
        value = rho[reach];
    }
    for (size_t line = 0; line < lines; line++) {
        for (size_t x = 0; x < length; x++) {
            size_t low = x + 1 > reach ? x + 1 - reach : 0;
            size_t high = x + reach < length ? x + reach : length;
            double *to = out + (line * length + x) * stride;
            memset(to, 0, stride * sizeof *to);
            for (size_t y = low; y < high; y++) {
                const double *from = in + (line * length + y) * stride;
                double factor = rho[x > y ? x - y : y - x];
                for (size_t n = 0; n < stride; n++) {
                    to[n] += factor * from[n];
                }
            }
        }
    }
}

Status image_noise_of_mean(const Volume *weights, double correlation_sd_mm, double *factor,
                           Error *error) {
    size_t total = grid_voxel_count(&weights->grid);
    double spacing_mm[3], sum = 0, variance = 0, *scratch = malloc(3 * total * sizeof *scratch);
    if (scratch == NULL) {
        return error_no_memory(error, "the noise of a lesion");
    }
    double *in = scratch, *out = scratch + total, *rho = scratch + 2 * total;
    grid_spacing_mm(&weights->grid, spacing_mm);
    for (size_t n = 0; n < total; n++) {
        in[n] = (double)weights->voxels[n];
        sum += in[n];
    }
    for (int axis = 0; axis < 3; axis++) {
        correlate_axis(in, &weights->grid, axis, spacing_mm[axis], correlation_sd_mm, rho, out);
        double *swap = in;
        in = out;
        out = swap;
    }
    for (size_t n = 0; n < total; n++) {
        variance += (double)weights->voxels[n] * in[n];
    }
    *factor = sqrt(variance) / sum;
    free(scratch);
    return STATUS_OK;
}

Status image_noise_measure(const Volume *image, const Volume *weights, double max_sd_mm,
                           ImageNoise *noise, Error *error) {
    double spacing_mm[3];
    float *values = malloc(grid_voxel_count(&image->grid) * sizeof *values);
    Differences near = {.lag = {1, 1, 1}}, far = {.lag = {2, 2, 2}};
    *noise = (ImageNoise){NAN, NAN};
    if (values == NULL) {
        return error_no_memory(error, "the noise of an image");
    }
    grid_spacing_mm(&image->grid, spacing_mm);
    measure_differences(image, weights, values, &near);
    measure_differences(image, weights, values, &far);
    free(values);
    if (near.total < MIN_DIFFERENCES || far.total < MIN_DIFFERENCES) {
        return STATUS_OK;
    }
    double at = solve_correlation(&near, &far, spacing_mm, max_sd_mm);
    if (!isnan(at)) {
        const double sd_mm[3] = {at, at, at};
        *noise = (ImageNoise){sqrt(variance_of(&near, spacing_mm, sd_mm)), at};
    }
    return STATUS_OK;
}
