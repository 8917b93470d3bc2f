/* Sums over x first, which leaves reach + 1 numbers a row, then over y. */
#include "dose/kernel_spectrum.h"

#include <math.h>
#include <stdlib.h>

static const double TWO_PI = 6.28318530717958647692;

/* What offsets +o and -o make of frequency f together. */
static double fold(size_t offset, size_t f, size_t size) {
    double cosine = cos(TWO_PI * (double)(offset * f % size) / (double)size);
    return offset == 0 ? cosine : 2.0 * cosine;
}

/* Kernel slice d at frequency fx, for each offset j: scale * sum over i. */
static void sum_over_x(const VoxelKernel *kernel, size_t d, const double *fold_x, double scale,
                       double *along_y) {
    const double *weights = kernel->weights + d * (kernel->reach[0] + 1) * (kernel->reach[1] + 1);
    for (size_t j = 0; j <= kernel->reach[1]; j++) {
        double sum = 0.0;
        for (size_t i = 0; i <= kernel->reach[0]; i++) {
            sum += *weights++ * fold_x[i];
        }
        along_y[j] = scale * sum;
    }
}

static void fill_row(const double *along_y, size_t n_offsets, const double *fold_y, size_t size,
                     float *row) {
    for (size_t fy = 0; fy <= size / 2; fy++) {
        double sum = 0.0;
        for (size_t j = 0; j < n_offsets; j++) {
            sum += along_y[j] * fold_y[j * size + fy];
        }
        row[fy] = (float)sum;
    }
    for (size_t fy = size / 2 + 1; fy < size; fy++) {
        row[fy] = row[size - fy];
    }
}

Status kernel_spectrum_make(const VoxelKernel *kernel, const size_t size[2], double scale,
                            KernelSpectrum *spectrum, Error *error) {
    const size_t *reach = kernel->reach;
    size_t n_rows = (size[0] / 2 + 1) * (reach[2] + 1);
    *spectrum = (KernelSpectrum){{size[0], size[1]}, reach[2], NULL};
    spectrum->rows = malloc(n_rows * size[1] * sizeof *spectrum->rows);
    double *fold_y = malloc((reach[1] + 1) * size[1] * sizeof *fold_y);
    if (spectrum->rows == NULL || fold_y == NULL) {
        free(fold_y);
        return error_no_memory(error, "kernel spectrum");
    }
    for (size_t n = 0; n < (reach[1] + 1) * size[1]; n++) {
        fold_y[n] = fold(n / size[1], n % size[1], size[1]);
    }
#pragma omp parallel for schedule(static)
    for (size_t fx = 0; fx <= size[0] / 2; fx++) {
        double fold_x[VOXEL_KERNEL_MAX_REACH + 1], along_y[VOXEL_KERNEL_MAX_REACH + 1];
        for (size_t i = 0; i <= reach[0]; i++) {
            fold_x[i] = fold(i, fx, size[0]);
        }
        for (size_t d = 0; d <= reach[2]; d++) {
            float *row = spectrum->rows + (fx * (reach[2] + 1) + d) * size[1];
            sum_over_x(kernel, d, fold_x, scale, along_y);
            fill_row(along_y, reach[1] + 1, fold_y, size[1], row);
        }
    }
    free(fold_y);
    return STATUS_OK;
}

void kernel_spectrum_free(KernelSpectrum *spectrum) {
    if (spectrum != NULL) {
        free(spectrum->rows);
        spectrum->rows = NULL;
    }
}

const float *kernel_spectrum_rows(const KernelSpectrum *spectrum, size_t fx) {
    size_t mirrored = fx <= spectrum->size[0] / 2 ? fx : spectrum->size[0] - fx;
    return spectrum->rows + mirrored * (spectrum->reach + 1) * spectrum->size[1];
}
