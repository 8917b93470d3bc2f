/* Median absolute differences per pair of axes, then one variance that explains all three. */
#include "segment/image_noise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PAIRS = 3, MIN_DIFFERENCES = 24 };

static const int pair_axes[PAIRS][2] = {{0, 1}, {0, 2}, {1, 2}};
static const double deviation_per_median = 1.482602218505602; /* of a normal distribution */
static const double deviation_per_fwhm = 0.4246609001440095;  /* 1 / sqrt(8 ln 2) */

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

/* Whether the four corners count: all well inside, or (`is_loose`) one of them in touch. */
static bool is_in_region(const float *weights, const size_t corners[4], bool is_loose) {
    int inside = 0;
    for (int c = 0; c < 4; c++) {
        inside += is_loose ? weights[corners[c]] > 0 : weights[corners[c]] >= 0.5f;
    }
    return is_loose ? inside > 0 : inside == 4;
}

/* Gathers |differences| along axes a and b into `values`; their number. */
static size_t gather(const Volume *image, const Volume *weights, const size_t lag[3],
                     const int axes[2], bool is_loose, float *values) {
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
                if (!isnan(value) && is_in_region(weights->voxels, corners, is_loose)) {
                    values[count++] = value;
                }
            }
        }
    }
    return count;
}

static void measure_differences(const Volume *image, const Volume *weights, bool is_loose,
                                float *values, Differences *differences) {
    differences->total = 0;
    for (int p = 0; p < PAIRS; p++) {
        differences->count[p] =
            gather(image, weights, differences->lag, pair_axes[p], is_loose, values);
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
 * four voxels does: then the differences grow as those of a smooth signal. */
static double solve_correlation(const Differences *near, const Differences *far,
                                const double spacing_mm[3]) {
    double low = 0, high = 4 * fmax(spacing_mm[0], fmax(spacing_mm[1], spacing_mm[2]));
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

/* Differences at the lag where the correlation has fallen to about a half: near enough to leave
 * the signal out, far enough not to multiply an error in s. */
static void estimate_known(const Volume *image, const Volume *weights, const double spacing_mm[3],
                           bool is_loose, float *values, ImageNoise *noise) {
    Differences differences;
    for (int axis = 0; axis < 3; axis++) {
        double lag = round(1.5 * noise->correlation_sd_mm[axis] / spacing_mm[axis]);
        differences.lag[axis] = (size_t)fmax(1, lag);
    }
    measure_differences(image, weights, is_loose, values, &differences);
    noise->voxel_deviation =
        differences.total >= MIN_DIFFERENCES
            ? sqrt(variance_of(&differences, spacing_mm, noise->correlation_sd_mm))
            : NAN;
}

static void estimate_both(const Volume *image, const Volume *weights, const double spacing_mm[3],
                          bool is_loose, float *values, ImageNoise *noise) {
    Differences near = {.lag = {1, 1, 1}}, far = {.lag = {2, 2, 2}};
    measure_differences(image, weights, is_loose, values, &near);
    measure_differences(image, weights, is_loose, values, &far);
    noise->voxel_deviation = NAN;
    if (near.total < MIN_DIFFERENCES || far.total < MIN_DIFFERENCES) {
        return;
    }
    double sd_mm = solve_correlation(&near, &far, spacing_mm);
    for (int axis = 0; axis < 3; axis++) {
        noise->correlation_sd_mm[axis] = sd_mm;
    }
    noise->voxel_deviation =
        isnan(sd_mm) ? NAN : sqrt(variance_of(&near, spacing_mm, noise->correlation_sd_mm));
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

/* Standard deviation of the weighted mean of voxels of unit variance. `scratch`: 3 per voxel. */
static double reduce_to_mean(const Volume *weights, const double spacing_mm[3],
                             const double sd_mm[3], double *scratch) {
    size_t total = grid_voxel_count(&weights->grid);
    double *in = scratch, *out = scratch + total, *rho = scratch + 2 * total, sum = 0, variance = 0;
    for (size_t n = 0; n < total; n++) {
        in[n] = (double)weights->voxels[n];
        sum += in[n];
    }
    for (int axis = 0; axis < 3; axis++) {
        correlate_axis(in, &weights->grid, axis, spacing_mm[axis], sd_mm[axis], rho, out);
        double *swap = in;
        in = out;
        out = swap;
    }
    for (size_t n = 0; n < total; n++) {
        variance += (double)weights->voxels[n] * in[n];
    }
    return sqrt(variance) / sum;
}

Status image_noise_measure(const Volume *image, const Volume *weights, const double fwhm_mm[3],
                           ImageNoise *noise, Error *error) {
    size_t total = grid_voxel_count(&image->grid);
    double spacing_mm[3], *scratch = malloc(3 * total * sizeof *scratch);
    float *values = malloc(total * sizeof *values);
    Status status = STATUS_OK;
    bool is_known = true;
    if (scratch == NULL || values == NULL) {
        status = error_no_memory(error, "the noise of a lesion");
        goto done;
    }
    grid_spacing_mm(&image->grid, spacing_mm);
    for (int axis = 0; axis < 3; axis++) {
        noise->correlation_sd_mm[axis] = fwhm_mm[axis] * deviation_per_fwhm;
        is_known = is_known && !isnan(fwhm_mm[axis]);
    }
    noise->voxel_deviation = NAN;
    for (int is_loose = 0; is_loose < 2 && isnan(noise->voxel_deviation); is_loose++) {
        (is_known ? estimate_known : estimate_both)(image, weights, spacing_mm, is_loose != 0,
                                                    values, noise);
    }
    noise->mean_deviation =
        isnan(noise->voxel_deviation)
            ? NAN
            : noise->voxel_deviation *
                  reduce_to_mean(weights, spacing_mm, noise->correlation_sd_mm, scratch);
done:
    free(scratch);
    free(values);
    return status;
}
