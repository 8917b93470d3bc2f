/* Richardson-Lucy with total variation. The gradient is of forward differences and the divergence
 * of backward ones, adjoint to each other, with no flux through the border. */
#include "dose/deconvolution.h"

#include <float.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

static const double MAX_REGULARISATION = 0.1;
/* A gradient below this times lambda of the voxel's own value is no edge. Where |grad o| is
 * constant the step is a diffusion, which oscillates from 6 down and is damped by half here. */
static const float EDGE_FACTOR = 8.0f;
/* Of the mean voxel: less counts as nothing, so that no ratio is 0/0 or overflows. */
static const double LEAST_FRACTION = 1e-10;

/* Parts of a thread's row buffer: the direction of the gradient along a row, along the rows before
 * it in j and in k, and what of those is not needed. */
enum { ROW_X, ROW_Y, ROW_Z, ROW_BEFORE_J, ROW_BEFORE_K, ROW_SPARE, ROW_SPARE_TOO, N_ROWS };

/* What every iteration needs. */
typedef struct Deconvolution {
    const Volume *activity;
    PointSpreadFilter filter;
    float lambda;
    float scale[3]; /* finest voxel edge / edge along each axis */
    float offset;   /* added to every voxel; see the header */
    float least;    /* activity that counts as none */
    float *regularised, *ratio;
    float *rows; /* N_ROWS rows of each thread */
} Deconvolution;

/* What makes every voxel non-negative, and what is nothing beside the mean then. */
static void measure(const Volume *activity, float *offset, float *least) {
    const size_t n_voxels = grid_voxel_count(&activity->grid);
    double sum = 0.0;
    *offset = 0.0f;
    for (size_t n = 0; n < n_voxels; n++) {
        sum += activity->voxels[n];
        *offset = fmaxf(*offset, -activity->voxels[n]);
    }
    *least = (float)(LEAST_FRACTION * (sum / (double)n_voxels + (double)*offset));
}

static void free_work(Deconvolution *work) {
    point_spread_filter_free(&work->filter);
    free(work->regularised);
    free(work->ratio);
    free(work->rows);
}

static Status prepare(const Volume *activity, const PointSpread *psf,
                      const DeconvolutionConfig *config, Deconvolution *work, Error *error) {
    const Grid *grid = &activity->grid;
    const size_t n_voxels = grid_voxel_count(grid);
    double spacing_mm[3];
    grid_spacing_mm(grid, spacing_mm);
    const double finest_mm = fmin(fmin(spacing_mm[0], spacing_mm[1]), spacing_mm[2]);
    *work = (Deconvolution){.activity = activity, .lambda = (float)config->regularisation};
    measure(activity, &work->offset, &work->least);
    for (int axis = 0; axis < 3; axis++) {
        work->scale[axis] = (float)(finest_mm / spacing_mm[axis]);
    }
    Status status = point_spread_filter_create(psf, grid, &work->filter, error);
    if (status == STATUS_OK) {
        work->regularised = malloc(n_voxels * sizeof(float));
        work->ratio = malloc(n_voxels * sizeof(float));
        work->rows = malloc((size_t)omp_get_max_threads() * N_ROWS * grid->size[0] * sizeof(float));
        if (work->regularised == NULL || work->ratio == NULL || work->rows == NULL) {
            status = error_no_memory(error, "the deconvolution");
        }
    }
    return status;
}

/* grad o / |grad o| along the row (j, k): its parts along the three axes. */
static void direct_row(const Deconvolution *work, const float *o, size_t j, size_t k,
                       float *restrict x, float *restrict y, float *restrict z) {
    const size_t *size = work->activity->grid.size;
    const float *row = o + (k * size[1] + j) * size[0];
    const float *next_j = j + 1 < size[1] ? row + size[0] : row;
    const float *next_k = k + 1 < size[2] ? row + size[0] * size[1] : row;
    const float edge_fraction = EDGE_FACTOR * work->lambda;
    for (size_t i = 0; i < size[0]; i++) {
        const float next_i = i + 1 < size[0] ? row[i + 1] : row[i];
        const float d_x = work->scale[0] * (next_i - row[i]);
        const float d_y = work->scale[1] * (next_j[i] - row[i]);
        const float d_z = work->scale[2] * (next_k[i] - row[i]);
        const float edge = edge_fraction * row[i];
        const float squares = d_x * d_x + d_y * d_y + d_z * d_z + edge * edge;
        const float inverse = 1.0f / sqrtf(squares + FLT_MIN); /* 0 where all is 0 */
        x[i] = d_x * inverse;
        y[i] = d_y * inverse;
        z[i] = d_z * inverse;
    }
}

/* target = o / (1 - lambda div(grad o / |grad o|)) along the row (j, k). */
static void regularise_row(const Deconvolution *work, const float *o, size_t j, size_t k,
                           float *target, float *rows) {
    const size_t n = work->activity->grid.size[0];
    const size_t first = (k * work->activity->grid.size[1] + j) * n;
    const float *x = rows + ROW_X * n, *y = rows + ROW_Y * n, *z = rows + ROW_Z * n;
    float *before_j = rows + ROW_BEFORE_J * n, *before_k = rows + ROW_BEFORE_K * n;
    float *spare = rows + ROW_SPARE * n, *spare_too = rows + ROW_SPARE_TOO * n;
    direct_row(work, o, j, k, rows + ROW_X * n, rows + ROW_Y * n, rows + ROW_Z * n);
    if (j > 0) {
        direct_row(work, o, j - 1, k, spare, before_j, spare_too);
    } else {
        memset(before_j, 0, n * sizeof *before_j);
    }
    if (k > 0) {
        direct_row(work, o, j, k - 1, spare, spare_too, before_k);
    } else {
        memset(before_k, 0, n * sizeof *before_k);
    }
    for (size_t i = 0; i < n; i++) {
        const float along_i = i > 0 ? x[i] - x[i - 1] : x[i];
        const float divergence = work->scale[0] * along_i + work->scale[1] * (y[i] - before_j[i]) +
                                 work->scale[2] * (z[i] - before_k[i]);
        target[first + i] = o[first + i] / (1.0f - work->lambda * divergence);
    }
}

static void regularise(const Deconvolution *work, const float *o, float *target) {
    const size_t *size = work->activity->grid.size;
#pragma omp parallel
    {
        float *rows = work->rows + (size_t)omp_get_thread_num() * N_ROWS * size[0];
#pragma omp for schedule(static)
        for (size_t k = 0; k < size[2]; k++) {
            for (size_t j = 0; j < size[1]; j++) {
                regularise_row(work, o, j, k, target, rows);
            }
        }
    }
}

/* One iteration: regularise, then multiply by the blurred ratio of image to blurred estimate. */
static void iterate(const Deconvolution *work, float *o) {
    const float *image = work->activity->voxels;
    const size_t slice = work->activity->grid.size[0] * work->activity->grid.size[1];
    const size_t n_slices = work->activity->grid.size[2];
    float *ratio = work->ratio;
    regularise(work, o, work->regularised);
    point_spread_filter_apply(&work->filter, work->regularised, ratio);
#pragma omp parallel for schedule(static)
    for (size_t k = 0; k < n_slices; k++) {
        for (size_t n = k * slice; n < (k + 1) * slice; n++) {
            const float seen = image[n] + work->offset;
            ratio[n] = ratio[n] > work->least ? seen / ratio[n] : 0.0f;
        }
    }
    point_spread_filter_apply(&work->filter, ratio, ratio);
#pragma omp parallel for schedule(static)
    for (size_t k = 0; k < n_slices; k++) {
        for (size_t n = k * slice; n < (k + 1) * slice; n++) {
            o[n] = work->regularised[n] * ratio[n];
        }
    }
}

/* Iterates the image, raised by the offset, and lowers the result again. */
static void deconvolve(const Deconvolution *work, size_t n_iterations, float *o) {
    const float *image = work->activity->voxels;
    const size_t n_voxels = grid_voxel_count(&work->activity->grid);
    for (size_t n = 0; n < n_voxels; n++) {
        o[n] = image[n] + work->offset;
    }
    for (size_t iteration = 0; iteration < n_iterations; iteration++) {
        iterate(work, o);
    }
    for (size_t n = 0; n < n_voxels; n++) {
        o[n] -= work->offset;
    }
}

static Status check_config(const DeconvolutionConfig *config, Error *error) {
    if (!(config->iterations >= 1.0)) {
        return error_set(error, STATUS_CONFIG,
                         "dose.deconvolution.iterations is %g, wanted 1 or more",
                         config->iterations);
    }
    if (!(config->regularisation >= 0.0 && config->regularisation <= MAX_REGULARISATION)) {
        return error_set(error, STATUS_CONFIG,
                         "dose.deconvolution.regularisation is %g, wanted 0 to %g",
                         config->regularisation, MAX_REGULARISATION);
    }
    return STATUS_OK;
}

Status deconvolution_apply(const Volume *activity, const PointSpread *psf,
                           const DeconvolutionConfig *config, Volume *deconvolved, Error *error) {
    Deconvolution work = {0};
    *deconvolved = (Volume){0};
    Status status = check_config(config, error);
    if (status == STATUS_OK) {
        status = volume_check_finite(activity, "the activity", error);
    }
    if (status == STATUS_OK) {
        status = prepare(activity, psf, config, &work, error);
    }
    if (status == STATUS_OK) {
        status = volume_create(&activity->grid, deconvolved, error);
    }
    if (status == STATUS_OK) {
        const bool has_contrast = work.least > 0.0f;
        deconvolve(&work, has_contrast ? (size_t)config->iterations : 0, deconvolved->voxels);
    }
    free_work(&work);
    return status;
}
