/* The threads walk through the slices in groups: first each transforms some of the slices that the
 * group's results need and that no group before needed, into a ring of spectra; then each sums,
 * transforms back and stores some of the group's slices. Any thread's share gives the same bytes.
 */
#include "dose/convolve.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "dose/kernel_spectrum.h"
#include "dose/slice_spectra.h"

enum {
    SLICES_PER_THREAD = 8, /* of a group: enough to even out, few enough for the caches */
    MIN_SHARE = 4,         /* a group, and the threads, are at most this part of all slices */
    LANES = 8
};

/* What all threads share. */
typedef struct Convolution {
    TileLayout layout;
    SlicePlans plans;
    KernelSpectrum kernel;
    fftwf_complex *ring; /* `slots` spectra: that of slice k is in slot k % slots */
    fftwf_complex *zero_line;
    size_t slots, group;
    int n_threads;
    SliceScratch *scratch; /* one a thread */
} Convolution;

/* Frequencies side by side, added and multiplied one by one: the same bytes on any machine. */
typedef float Lanes __attribute__((vector_size(32), aligned(4), may_alias));
typedef double Sums __attribute__((vector_size(64), aligned(8), may_alias));
typedef int Places __attribute__((vector_size(32)));

/* Lines of F(k - d) and F(k + d) for d = 0 .. reach, and of K(d). */
typedef struct SumLines {
    const float *below[VOXEL_KERNEL_MAX_REACH + 1], *above[VOXEL_KERNEL_MAX_REACH + 1];
    const float *kernel;
} SumLines;

/* G(k) along one line of n frequencies. n is a multiple of LANES, as all tile sizes are. The small
 * terms come first and the largest last, in double precision. */
__attribute__((target_clones("avx2", "default"))) static void
sum_line(const SumLines *lines, size_t reach, size_t n, double *restrict sum) {
    const Places low = {0, 0, 1, 1, 2, 2, 3, 3}, high = {4, 4, 5, 5, 6, 6, 7, 7};
    for (size_t f = 0; f < n; f += LANES) {
        Lanes far_low = {0.0f}, far_high = {0.0f};
        for (size_t d = reach; d > 0; d--) {
            const Lanes *below = (const Lanes *)(lines->below[d] + 2 * f);
            const Lanes *above = (const Lanes *)(lines->above[d] + 2 * f);
            Lanes weight = *(const Lanes *)(lines->kernel + d * n + f);
            far_low += __builtin_shuffle(weight, low) * (below[0] + above[0]);
            far_high += __builtin_shuffle(weight, high) * (below[1] + above[1]);
        }
        Sums sum_low = __builtin_convertvector(far_low, Sums);
        Sums sum_high = __builtin_convertvector(far_high, Sums);
        Lanes weight = *(const Lanes *)(lines->kernel + f);
        const Lanes *centre = (const Lanes *)(lines->below[0] + 2 * f);
        sum_low += __builtin_convertvector(__builtin_shuffle(weight, low), Sums) *
                   __builtin_convertvector(centre[0], Sums);
        sum_high += __builtin_convertvector(__builtin_shuffle(weight, high), Sums) *
                    __builtin_convertvector(centre[1], Sums);
        ((Sums *)(sum + 2 * f))[0] = sum_low;
        ((Sums *)(sum + 2 * f))[1] = sum_high;
    }
}

static fftwf_complex *slot_of(const Convolution *c, size_t k) {
    return c->ring + k % c->slots * c->plans.samples;
}

/* The line at fx of slice k's spectrum; zeros where there is no activity. k may be "negative". */
static const float *line_of(const Convolution *c, size_t k, size_t fx) {
    IndexRange active = c->layout.active[2];
    bool is_active = k >= active.begin && k < active.end;
    return is_active ? slot_of(c, k)[fx * c->plans.pitch[1]] : c->zero_line[0];
}

static void compute_slice(const Convolution *c, size_t pair, size_t k, const SliceScratch *scratch,
                          Volume *result) {
    const size_t *size = c->plans.size, reach = c->kernel.reach;
    for (size_t fx = 0; fx < size[0]; fx++) {
        SumLines lines = {.kernel = kernel_spectrum_rows(&c->kernel, fx)};
        for (size_t d = 0; d <= reach; d++) {
            lines.below[d] = line_of(c, k - d, fx);
            lines.above[d] = line_of(c, k + d, fx);
        }
        sum_line(&lines, reach, size[1], scratch->sum_line[0]);
        slice_spectra_return_line(&c->plans, &c->layout, fx, scratch);
    }
    slice_spectra_store(&c->plans, &c->layout, pair, k, scratch, result);
}

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Called by all threads together. The ring has room for two groups and the reach on both sides:
 * a thread may transform for the next group while another still sums this one. */
static void convolve_pair(const Convolution *c, size_t pair, const Volume *source, Volume *result) {
    const SliceScratch *scratch = &c->scratch[omp_get_thread_num()];
    const IndexRange active = c->layout.active[2], domain = c->layout.domain[2];
    size_t transformed = active.begin;
    for (size_t first = domain.begin; first < domain.end; first += c->group) {
        size_t end = smaller(first + c->group, domain.end);
        size_t needed = smaller(end + c->kernel.reach, active.end);
#pragma omp for schedule(dynamic)
        for (size_t k = transformed; k < needed; k++) {
            slice_spectra_transform(&c->plans, &c->layout, source, pair, k, scratch, slot_of(c, k));
        }
        transformed = needed > transformed ? needed : transformed;
#pragma omp for schedule(dynamic) nowait
        for (size_t k = first; k < end; k++) {
            compute_slice(c, pair, k, scratch, result);
        }
    }
#pragma omp barrier
}

static void share_out(Convolution *c) {
    const IndexRange active = c->layout.active[2], domain = c->layout.domain[2];
    size_t share = (domain.end - domain.begin + MIN_SHARE - 1) / MIN_SHARE;
    c->n_threads = (int)smaller((size_t)omp_get_max_threads(), share);
    c->group = smaller((size_t)c->n_threads * SLICES_PER_THREAD, share);
    c->slots = smaller(2 * (c->group + c->kernel.reach), active.end - active.begin);
}

static Status allocate(Convolution *c, Error *error) {
    c->ring = fftwf_alloc_complex(c->slots * c->plans.samples);
    c->zero_line = fftwf_alloc_complex(c->plans.pitch[1]);
    c->scratch = calloc((size_t)c->n_threads, sizeof *c->scratch);
    if (c->ring == NULL || c->zero_line == NULL || c->scratch == NULL) {
        return error_no_memory(error, "spectra of a convolution");
    }
    memset(c->zero_line, 0, c->plans.pitch[1] * sizeof *c->zero_line);
    Status status = STATUS_OK;
    for (int t = 0; status == STATUS_OK && t < c->n_threads; t++) {
        status = slice_scratch_make(&c->plans, &c->scratch[t], error);
    }
    return status;
}

static Status prepare(Convolution *c, const VoxelKernel *kernel, double scale, Error *error) {
    const size_t *size = c->layout.size;
    Status status = slice_plans_make(size, &c->plans, error);
    if (status != STATUS_OK) {
        return status;
    }
    /* FFTW leaves out 1 / N. */
    status =
        kernel_spectrum_make(kernel, size, scale / (double)(size[0] * size[1]), &c->kernel, error);
    if (status != STATUS_OK) {
        return status;
    }
    share_out(c);
    return allocate(c, error);
}

static void release(Convolution *c) {
    for (int t = 0; c->scratch != NULL && t < c->n_threads; t++) {
        slice_scratch_free(&c->scratch[t]);
    }
    free(c->scratch);
    fftwf_free(c->zero_line);
    fftwf_free(c->ring);
    kernel_spectrum_free(&c->kernel);
    slice_plans_free(&c->plans);
}

/* Whether every voxel will be written. */
static bool covers_grid(const TileLayout *layout, const Grid *grid) {
    bool is_all = true;
    for (int axis = 0; axis < 3; axis++) {
        is_all &= layout->domain[axis].begin == 0 && layout->domain[axis].end == grid->size[axis];
    }
    return is_all;
}

Status convolve_volume(const Volume *source, const VoxelKernel *kernel, double scale,
                       Volume *result, Error *error) {
    Convolution convolution = {0};
    bool is_active = tile_layout_choose(source, kernel->reach, &convolution.layout);
    Status status = is_active && covers_grid(&convolution.layout, &source->grid)
                        ? volume_create_unset(&source->grid, result, error)
                        : volume_create(&source->grid, result, error);
    if (status != STATUS_OK || !is_active) {
        return status; /* no activity, no dose: the result is zero already */
    }
    status = prepare(&convolution, kernel, scale, error);
    if (status != STATUS_OK) {
        volume_free(result);
        goto done;
    }
#pragma omp parallel num_threads(convolution.n_threads)
    for (size_t pair = 0; pair < tile_layout_pair_count(&convolution.layout); pair++) {
        convolve_pair(&convolution, pair, source, result);
    }
done:
    release(&convolution);
    return status;
}
