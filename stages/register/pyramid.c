/* Coarser versions of an image: separable Gaussian smoothing, then resampling by whole factors.
 * Every output voxel is summed in one fixed order, so the result does not depend on threads. */
#include "register/pyramid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_RADIUS = 64 };

/* Weights of offsets 0..radius, normalised over -radius..radius. */
static int gaussian_weights(double sigma_voxels, float weights[MAX_RADIUS + 1]) {
    int radius = (int)ceil(3.0 * sigma_voxels);
    if (radius > MAX_RADIUS) {
        radius = MAX_RADIUS;
    }
    double sum = 0.0;
    for (int t = 0; t <= radius; t++) {
        const double w = exp(-0.5 * t * t / (sigma_voxels * sigma_voxels));
        weights[t] = (float)w;
        sum += t == 0 ? w : 2.0 * w;
    }
    for (int t = 0; t <= radius; t++) {
        weights[t] = (float)(weights[t] / sum);
    }
    return radius;
}

/* One pass over an array seen as [outer][n][inner], along n. */
static void smooth_axis(const float *in, float *out, size_t outer, size_t n, size_t inner,
                        const float *weights, int radius) {
#pragma omp parallel for collapse(2) schedule(static)
    for (size_t o = 0; o < outer; o++) {
        for (size_t p = 0; p < n; p++) {
            float *row = out + (o * n + p) * inner;
            memset(row, 0, inner * sizeof *row);
            for (int t = -radius; t <= radius; t++) {
                const long q = (long)p + t;
                const size_t at = q < 0 ? 0 : (size_t)q >= n ? n - 1 : (size_t)q;
                const float *source = in + (o * n + at) * inner;
                const float w = weights[abs(t)];
                for (size_t i = 0; i < inner; i++) {
                    row[i] += w * source[i];
                }
            }
        }
    }
}

Status pyramid_smooth(Volume *volume, double sigma_mm, Error *error) {
    const size_t *n = volume->grid.size;
    const size_t count = grid_voxel_count(&volume->grid);
    double spacing[3];
    grid_spacing_mm(&volume->grid, spacing);
    float *buffer = malloc(count * sizeof *buffer);
    if (!buffer) {
        return error_no_memory(error, "the buffer of Gaussian smoothing");
    }
    const size_t inner[3] = {1, n[0], n[0] * n[1]};
    for (int axis = 0; axis < 3; axis++) {
        const double sigma = sigma_mm / spacing[axis];
        if (sigma < 1.0 / 3.0 || n[axis] < 2) {
            continue;
        }
        float weights[MAX_RADIUS + 1];
        const int radius = gaussian_weights(sigma, weights);
        smooth_axis(volume->voxels, buffer, count / (inner[axis] * n[axis]), n[axis], inner[axis],
                    weights, radius);
        float *swap = volume->voxels;
        volume->voxels = buffer;
        buffer = swap;
    }
    free(buffer);
    return STATUS_OK;
}

/* The grid whose voxels are `factor` voxels of `grid` wide; the last partial block is kept. */
static Grid grid_reduced(const Grid *grid, const size_t factor[3]) {
    Grid reduced = *grid;
    for (int axis = 0; axis < 3; axis++) {
        reduced.size[axis] = (grid->size[axis] + factor[axis] - 1) / factor[axis];
        const double shift = 0.5 * ((double)factor[axis] - 1.0);
        for (int r = 0; r < 3; r++) {
            reduced.affine.m[r][axis] = grid->affine.m[r][axis] * (double)factor[axis];
            reduced.affine.m[r][3] += grid->affine.m[r][axis] * shift;
        }
    }
    return reduced;
}

/* Beyond the last centre by less than one reduced voxel: the value of the edge. */
static float sample_clamped(const Volume *source, double index[3]) {
    for (int axis = 0; axis < 3; axis++) {
        const double last = (double)source->grid.size[axis] - 1.0;
        index[axis] = index[axis] > last ? last : index[axis];
    }
    return volume_sample(source, index, 0.0f);
}

static void fill_reduced(const Volume *source, const size_t factor[3], Volume *level) {
    const size_t *n = level->grid.size;
#pragma omp parallel for schedule(static)
    for (size_t k = 0; k < n[2]; k++) {
        for (size_t j = 0; j < n[1]; j++) {
            for (size_t i = 0; i < n[0]; i++) {
                double index[3] = {
                    (double)(i * factor[0]) + 0.5 * ((double)factor[0] - 1.0),
                    (double)(j * factor[1]) + 0.5 * ((double)factor[1] - 1.0),
                    (double)(k * factor[2]) + 0.5 * ((double)factor[2] - 1.0),
                };
                level->voxels[(k * n[1] + j) * n[0] + i] = sample_clamped(source, index);
            }
        }
    }
}

Status pyramid_reduce(const Volume *source, double spacing_mm, Volume *level, Error *error) {
    Volume smooth = {0};
    double spacing[3];
    size_t factor[3];
    grid_spacing_mm(&source->grid, spacing);
    for (int axis = 0; axis < 3; axis++) {
        const double whole = floor(spacing_mm / spacing[axis] + 1e-6);
        factor[axis] = whole < 1.0 ? 1 : (size_t)whole;
    }
    Status status = volume_create(&source->grid, &smooth, error);
    if (status == STATUS_OK) {
        memcpy(smooth.voxels, source->voxels,
               grid_voxel_count(&source->grid) * sizeof *smooth.voxels);
        status = pyramid_smooth(&smooth, 0.5 * spacing_mm, error);
    }
    if (status == STATUS_OK) {
        const Grid reduced = grid_reduced(&source->grid, factor);
        status = volume_create(&reduced, level, error);
    }
    if (status == STATUS_OK) {
        fill_reduced(&smooth, factor, level);
    }
    volume_free(&smooth);
    return status;
}
