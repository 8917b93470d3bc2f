/* Overlap-save tiles. A kernel symmetric about its centre has a real spectrum, which is kept as
 * one float a frequency, with the scale and FFTW's missing 1/N in it. */
#include "dose/convolve.h"

#include <fftw3.h>
#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MIN_TILE_LIMIT = 72 };

/* How the volume is cut, and what all tiles share. */
typedef struct Tiling {
    size_t tile[3];  /* samples of a tile, border included */
    size_t block[3]; /* results of a tile: tile - 2 reach */
    size_t count[3]; /* tiles along each axis */
    size_t reach[3];
    size_t samples;     /* of a tile */
    size_t frequencies; /* of a tile */
    float *spectrum;    /* of the kernel */
    fftwf_plan forward, backward;
} Tiling;

/* A thread's own memory. */
typedef struct Buffer {
    float *samples;
    fftwf_complex *frequencies;
} Buffer;

static bool is_fast_size(size_t n) {
    static const size_t primes[] = {2, 3, 5};
    bool is_even = n % 2 == 0;
    for (size_t p = 0; p < sizeof primes / sizeof *primes; p++) {
        while (n % primes[p] == 0) {
            n /= primes[p];
        }
    }
    return is_even && n == 1;
}

/* The tile length that costs least along one axis: transform work n log n, times tiles. */
static size_t choose_tile(size_t extent, size_t reach) {
    size_t limit = 4 * reach > MIN_TILE_LIMIT ? 4 * reach : MIN_TILE_LIMIT;
    size_t best = 0;
    double least = INFINITY;
    for (size_t n = 2 * reach + 2; n <= limit || best == 0; n++) {
        if (is_fast_size(n)) {
            size_t block = n - 2 * reach;
            double cost = ceil((double)extent / (double)block) * (double)n * log((double)n);
            best = cost < least ? n : best;
            least = fmin(cost, least);
        }
    }
    return best;
}

static void lay_out(Tiling *tiling, const size_t size[3], const VoxelKernel *kernel) {
    for (int axis = 0; axis < 3; axis++) {
        tiling->reach[axis] = kernel->reach[axis];
        tiling->tile[axis] = choose_tile(size[axis], kernel->reach[axis]);
        tiling->block[axis] = tiling->tile[axis] - 2 * kernel->reach[axis];
        tiling->count[axis] = (size[axis] + tiling->block[axis] - 1) / tiling->block[axis];
    }
    tiling->samples = tiling->tile[0] * tiling->tile[1] * tiling->tile[2];
    tiling->frequencies = (tiling->tile[0] / 2 + 1) * tiling->tile[1] * tiling->tile[2];
}

/* Distance of sample n from the origin of a periodic axis. */
static long wrapped(size_t n, size_t length) {
    return n <= length / 2 ? (long)n : (long)n - (long)length;
}

static void transform_kernel(const Tiling *tiling, const VoxelKernel *kernel, double scale,
                             const Buffer *buffer) {
    const size_t *tile = tiling->tile;
    size_t n = 0;
    for (size_t k = 0; k < tile[2]; k++) {
        for (size_t j = 0; j < tile[1]; j++) {
            for (size_t i = 0; i < tile[0]; i++, n++) {
                buffer->samples[n] = (float)voxel_kernel_weight(
                    kernel, wrapped(i, tile[0]), wrapped(j, tile[1]), wrapped(k, tile[2]));
            }
        }
    }
    fftwf_execute_dft_r2c(tiling->forward, buffer->samples, buffer->frequencies);
    for (size_t f = 0; f < tiling->frequencies; f++) {
        tiling->spectrum[f] = (float)(buffer->frequencies[f][0] * scale / (double)tiling->samples);
    }
}

/* Voxels of an axis that a tile sees: tile sample `first` is voxel `voxel`, `count` of them. */
typedef struct Span {
    size_t first, voxel, count;
} Span;

static Span find_input(size_t index, size_t block, size_t tile, size_t reach, size_t size) {
    size_t start = index * block;
    Span span = {start < reach ? reach - start : 0, start < reach ? 0 : start - reach, 0};
    size_t room = tile - span.first, rest = size - span.voxel;
    span.count = room < rest ? room : rest;
    return span;
}

/* Copies the tile's voxels, zeros outside the volume. False if all of them are zero. */
static bool gather(const Volume *source, const Tiling *tiling, const size_t index[3],
                   float *samples) {
    Span span[3];
    for (int axis = 0; axis < 3; axis++) {
        span[axis] = find_input(index[axis], tiling->block[axis], tiling->tile[axis],
                                tiling->reach[axis], source->grid.size[axis]);
    }
    bool is_active = false;
    memset(samples, 0, tiling->samples * sizeof *samples);
    for (size_t k = 0; k < span[2].count; k++) {
        for (size_t j = 0; j < span[1].count; j++) {
            const size_t *size = source->grid.size;
            const float *from = source->voxels + span[0].voxel +
                                size[0] * (span[1].voxel + j + size[1] * (span[2].voxel + k));
            float *to =
                samples + span[0].first +
                tiling->tile[0] * (span[1].first + j + tiling->tile[1] * (span[2].first + k));
            for (size_t i = 0; i < span[0].count; i++) {
                to[i] = from[i];
                is_active |= from[i] != 0.0f;
            }
        }
    }
    return is_active;
}

static void scatter(const float *samples, const Tiling *tiling, const size_t index[3],
                    Volume *result) {
    const size_t *size = result->grid.size, *tile = tiling->tile, *reach = tiling->reach;
    size_t start[3], count[3];
    for (int axis = 0; axis < 3; axis++) {
        start[axis] = index[axis] * tiling->block[axis];
        size_t rest = size[axis] - start[axis];
        count[axis] = tiling->block[axis] < rest ? tiling->block[axis] : rest;
    }
    for (size_t k = 0; k < count[2]; k++) {
        for (size_t j = 0; j < count[1]; j++) {
            const float *from =
                samples + reach[0] + tile[0] * (reach[1] + j + tile[1] * (reach[2] + k));
            float *to =
                result->voxels + start[0] + size[0] * (start[1] + j + size[1] * (start[2] + k));
            memcpy(to, from, count[0] * sizeof *to);
        }
    }
}

static void convolve_tile(const Volume *source, const Tiling *tiling, size_t number,
                          const Buffer *buffer, Volume *result) {
    const size_t *count = tiling->count;
    const size_t index[3] = {number % count[0], number / count[0] % count[1],
                             number / count[0] / count[1]};
    if (!gather(source, tiling, index, buffer->samples)) {
        return; /* the result is zero already */
    }
    fftwf_execute_dft_r2c(tiling->forward, buffer->samples, buffer->frequencies);
    for (size_t f = 0; f < tiling->frequencies; f++) {
        buffer->frequencies[f][0] *= tiling->spectrum[f];
        buffer->frequencies[f][1] *= tiling->spectrum[f];
    }
    fftwf_execute_dft_c2r(tiling->backward, buffer->frequencies, buffer->samples);
    scatter(buffer->samples, tiling, index, result);
}

/* FFTW_ESTIMATE: the same plan every time, and no planning cost worth a saved plan. Plans are run
 * on every thread's buffers, which fftwf_malloc aligns alike. */
static Status make_plans(Tiling *tiling, const Buffer *buffer, Error *error) {
    int n[3] = {(int)tiling->tile[2], (int)tiling->tile[1], (int)tiling->tile[0]};
    tiling->forward = fftwf_plan_dft_r2c_3d(n[0], n[1], n[2], buffer->samples, buffer->frequencies,
                                            FFTW_ESTIMATE);
    tiling->backward = fftwf_plan_dft_c2r_3d(n[0], n[1], n[2], buffer->frequencies, buffer->samples,
                                             FFTW_ESTIMATE);
    if (tiling->forward == NULL || tiling->backward == NULL) {
        return error_set(error, STATUS_INTERNAL, "FFTW cannot plan a tile of %d x %d x %d", n[2],
                         n[1], n[0]);
    }
    return STATUS_OK;
}

static Status allocate_buffers(const Tiling *tiling, int n_threads, Buffer **buffers,
                               Error *error) {
    *buffers = calloc((size_t)n_threads, sizeof **buffers);
    bool is_complete = *buffers != NULL;
    for (int t = 0; is_complete && t < n_threads; t++) {
        (*buffers)[t].samples = fftwf_alloc_real(tiling->samples);
        (*buffers)[t].frequencies = fftwf_alloc_complex(tiling->frequencies);
        is_complete = (*buffers)[t].samples != NULL && (*buffers)[t].frequencies != NULL;
    }
    return is_complete ? STATUS_OK : error_no_memory(error, "convolution tiles");
}

static void release(Tiling *tiling, Buffer *buffers, int n_threads) {
    for (int t = 0; buffers != NULL && t < n_threads; t++) {
        fftwf_free(buffers[t].samples);
        fftwf_free(buffers[t].frequencies);
    }
    free(buffers);
    free(tiling->spectrum);
    fftwf_destroy_plan(tiling->forward);
    fftwf_destroy_plan(tiling->backward);
}

Status convolve_volume(const Volume *source, const VoxelKernel *kernel, double scale,
                       Volume *result, Error *error) {
    Tiling tiling = {0};
    Buffer *buffers = NULL;
    int n_threads = omp_get_max_threads();
    *result = (Volume){0};
    lay_out(&tiling, source->grid.size, kernel);
    Status status = allocate_buffers(&tiling, n_threads, &buffers, error);
    if (status != STATUS_OK) {
        goto done;
    }
    status = make_plans(&tiling, &buffers[0], error);
    if (status != STATUS_OK) {
        goto done;
    }
    tiling.spectrum = malloc(tiling.frequencies * sizeof *tiling.spectrum);
    if (tiling.spectrum == NULL) {
        status = error_no_memory(error, "kernel spectrum");
        goto done;
    }
    status = volume_create(&source->grid, result, error);
    if (status != STATUS_OK) {
        goto done;
    }
    transform_kernel(&tiling, kernel, scale, &buffers[0]);
    size_t n_tiles = tiling.count[0] * tiling.count[1] * tiling.count[2];
#pragma omp parallel for schedule(dynamic) num_threads(n_threads)
    for (size_t tile = 0; tile < n_tiles; tile++) {
        convolve_tile(source, &tiling, tile, &buffers[omp_get_thread_num()], result);
    }
done:
    release(&tiling, buffers, n_threads);
    return status;
}
