/* Three passes of one-dimensional direct convolution. Rows along i are contiguous in every pass;
 * the passes along j and k work on a copy of one plane, which stays in the cache. */
#include "dose/point_spread.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

static const double MIN_FWHM_MM = 0.1, MAX_FWHM_MM = 100.0;
static const double MAX_TAIL = 1e-7; /* of the weights: below the rounding of a float */

bool point_spread_of_scanner(const Scanner *scanner, const Grid *grid, PointSpread *psf) {
    if (scanner == NULL || isnan(scanner->fwhm_transaxial_mm) || isnan(scanner->fwhm_axial_mm)) {
        return false;
    }
    double spacing_mm[3];
    grid_spacing_mm(grid, spacing_mm);
    for (int axis = 0; axis < 3; axis++) {
        double along = grid->affine.m[2][axis] / spacing_mm[axis];
        double across_squared = fmax(0.0, 1.0 - along * along);
        psf->fwhm_mm[axis] = hypot(scanner->fwhm_transaxial_mm * sqrt(across_squared),
                                   scanner->fwhm_axial_mm * along);
    }
    return true;
}

/* The second antiderivative of the normal density of deviation `sigma`. */
static double twice_integrated(double x, double sigma) {
    double z = x / sigma;
    return 0.5 * x * erfc(-z * M_SQRT1_2) + sigma * exp(-0.5 * z * z) / sqrt(2.0 * M_PI);
}

double point_spread_weight(double fwhm_mm, double spacing_mm, long offset) {
    double sigma = fwhm_mm / (2.0 * sqrt(2.0 * M_LN2)) / spacing_mm;
    double n = (double)labs(offset);
    /* At -n, where the function is small, so that far weights keep their digits. */
    return twice_integrated(1.0 - n, sigma) - 2.0 * twice_integrated(-n, sigma) +
           twice_integrated(-1.0 - n, sigma);
}

static Status make_weights(double fwhm_mm, double spacing_mm, size_t *reach, float **weights,
                           Error *error) {
    double sum = point_spread_weight(fwhm_mm, spacing_mm, 0);
    for (*reach = 0; 1.0 - sum > MAX_TAIL; ++*reach) {
        sum += 2.0 * point_spread_weight(fwhm_mm, spacing_mm, (long)*reach + 1);
    }
    *weights = malloc((*reach + 1) * sizeof **weights);
    if (*weights == NULL) {
        return error_no_memory(error, "the point spread");
    }
    for (size_t n = 0; n <= *reach; n++) {
        (*weights)[n] = (float)(point_spread_weight(fwhm_mm, spacing_mm, (long)n) / sum);
    }
    /* The middle takes what rounding left, so that the sum is 1 to the last digit of a double. */
    double sides = 0.0;
    for (size_t n = *reach; n > 0; n--) {
        sides += 2.0 * (double)(*weights)[n];
    }
    (*weights)[0] = (float)(1.0 - sides);
    return STATUS_OK;
}

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

Status point_spread_filter_create(const PointSpread *psf, const Grid *grid,
                                  PointSpreadFilter *filter, Error *error) {
    double spacing_mm[3];
    Status status = STATUS_OK;
    *filter = (PointSpreadFilter){0};
    grid_spacing_mm(grid, spacing_mm);
    for (int axis = 0; axis < 3 && status == STATUS_OK; axis++) {
        double fwhm_mm = psf->fwhm_mm[axis];
        filter->size[axis] = grid->size[axis];
        if (!(fwhm_mm >= MIN_FWHM_MM && fwhm_mm <= MAX_FWHM_MM)) {
            status = error_set(error, STATUS_CONFIG,
                               "the point spread along voxel axis %c is %g mm wide, wanted %g to "
                               "%g mm: correct psf in the scanner's file",
                               "ijk"[axis], fwhm_mm, MIN_FWHM_MM, MAX_FWHM_MM);
        } else {
            status = make_weights(fwhm_mm, spacing_mm[axis], &filter->reach[axis],
                                  &filter->weights[axis], error);
        }
    }
    if (status == STATUS_OK) {
        const size_t *size = filter->size;
        filter->scratch_size =
            larger(size[0] + 2 * filter->reach[0], size[0] * larger(size[1], size[2]));
        filter->scratch =
            malloc((size_t)omp_get_max_threads() * filter->scratch_size * sizeof *filter->scratch);
        if (filter->scratch == NULL) {
            status = error_no_memory(error, "the point spread's planes");
        }
    }
    if (status != STATUS_OK) {
        point_spread_filter_free(filter);
    }
    return status;
}

void point_spread_filter_free(PointSpreadFilter *filter) {
    if (filter != NULL) {
        for (int axis = 0; axis < 3; axis++) {
            free(filter->weights[axis]);
        }
        free(filter->scratch);
        *filter = (PointSpreadFilter){0};
    }
}

/* Where `index` lies in 0..n-1 when the line is mirrored at its ends again and again. */
static size_t mirror(long index, size_t n) {
    long period = 2 * (long)n;
    long wrapped = index % period;
    wrapped += wrapped < 0 ? period : 0;
    return (size_t)(wrapped < (long)n ? wrapped : period - 1 - wrapped);
}

/* target = the sum over offsets of weight x (one row + its opposite); rows do not overlap target.
 */
static void add_rows(const float *restrict before, const float *restrict after, float weight,
                     size_t n, float *restrict target) {
    for (size_t i = 0; i < n; i++) {
        target[i] += weight * (before[i] + after[i]);
    }
}

static void set_row(const float *restrict middle, float weight, size_t n, float *restrict target) {
    for (size_t i = 0; i < n; i++) {
        target[i] = weight * middle[i];
    }
}

static void blur_rows(const PointSpreadFilter *filter, const float *source, float *target,
                      float *padded) {
    const size_t n = filter->size[0], reach = filter->reach[0];
    for (size_t row = 0; row < filter->size[1]; row++) {
        float *line = target + row * n;
        memcpy(padded + reach, source + row * n, n * sizeof *padded);
        for (size_t t = 0; t < reach; t++) {
            padded[reach - 1 - t] = padded[reach + mirror(-1 - (long)t, n)];
            padded[reach + n + t] = padded[reach + mirror((long)(n + t), n)];
        }
        set_row(padded + reach, filter->weights[0][0], n, line);
        for (size_t t = 1; t <= reach; t++) {
            add_rows(padded + reach - t, padded + reach + t, filter->weights[0][t], n, line);
        }
    }
}

/* Blurs a plane of rows along i, `stride` floats apart, across its rows, in place. */
static void blur_across_rows(const PointSpreadFilter *filter, int axis, size_t stride, float *rows,
                             float *plane) {
    const size_t n = filter->size[0], lines = filter->size[axis], reach = filter->reach[axis];
    for (size_t line = 0; line < lines; line++) {
        memcpy(plane + line * n, rows + line * stride, n * sizeof *plane);
    }
    for (size_t line = 0; line < lines; line++) {
        float *target = rows + line * stride;
        set_row(plane + line * n, filter->weights[axis][0], n, target);
        for (size_t t = 1; t <= reach; t++) {
            add_rows(plane + mirror((long)line - (long)t, lines) * n,
                     plane + mirror((long)(line + t), lines) * n, filter->weights[axis][t], n,
                     target);
        }
    }
}

void point_spread_filter_apply(const PointSpreadFilter *filter, const float *source,
                               float *target) {
    const size_t *size = filter->size;
    const size_t slice = size[0] * size[1];
#pragma omp parallel
    {
        float *scratch = filter->scratch + (size_t)omp_get_thread_num() * filter->scratch_size;
#pragma omp for schedule(static)
        for (size_t k = 0; k < size[2]; k++) {
            blur_rows(filter, source + k * slice, target + k * slice, scratch);
            blur_across_rows(filter, 1, size[0], target + k * slice, scratch);
        }
#pragma omp for schedule(static)
        for (size_t j = 0; j < size[1]; j++) {
            blur_across_rows(filter, 2, slice, target + j * size[0], scratch);
        }
    }
}
