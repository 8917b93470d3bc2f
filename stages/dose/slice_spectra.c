/* FFTW's one-dimensional plans, run on every line. All lines are as aligned as the ones that plans
 * were made for: a multiple of a cache line from what FFTW allocates. */
#include "dose/slice_spectra.h"

#include <string.h>

/* An odd number of cache lines: columns then spread over the whole cache. */
static size_t choose_pitch(size_t size) {
    size_t cache_lines = (size + SLICE_LINES_THERE - 1) / SLICE_LINES_THERE;
    return (cache_lines + 1 - cache_lines % 2) * SLICE_LINES_THERE;
}

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

Status slice_plans_make(const size_t size[2], SlicePlans *plans, Error *error) {
    *plans = (SlicePlans){.size = {size[0], size[1]}};
    plans->pitch[0] = choose_pitch(size[0]);
    plans->pitch[1] = choose_pitch(size[1]);
    plans->longer_pitch = larger(plans->pitch[0], plans->pitch[1]);
    plans->samples = larger(size[0] * plans->pitch[1], size[1] * plans->pitch[0]);
    fftw_complex *from = fftw_alloc_complex(plans->longer_pitch);
    fftw_complex *to = fftw_alloc_complex(plans->longer_pitch);
    bool is_complete = from != NULL && to != NULL;
    for (int axis = 0; is_complete && axis < 2; axis++) {
        int n = (int)size[axis];
        plans->forward[axis] = fftwf_plan_dft_1d(n, (fftwf_complex *)from, (fftwf_complex *)to,
                                                 FFTW_FORWARD, FFTW_ESTIMATE);
        plans->backward[axis] = fftw_plan_dft_1d(n, from, to, FFTW_BACKWARD, FFTW_ESTIMATE);
        is_complete = plans->forward[axis] != NULL && plans->backward[axis] != NULL;
    }
    fftw_free(from);
    fftw_free(to);
    return is_complete ? STATUS_OK : error_no_memory(error, "transforms of a slice");
}

void slice_plans_free(SlicePlans *plans) {
    for (int axis = 0; axis < 2; axis++) {
        fftwf_destroy_plan(plans->forward[axis]);
        fftw_destroy_plan(plans->backward[axis]);
    }
    *plans = (SlicePlans){0};
}

Status slice_scratch_make(const SlicePlans *plans, SliceScratch *scratch, Error *error) {
    const size_t line = plans->longer_pitch;
    *scratch = (SliceScratch){
        .rows = {fftwf_alloc_real(line), fftwf_alloc_real(line)},
        .packed = fftwf_alloc_complex(line),
        .there = fftwf_alloc_complex(SLICE_LINES_THERE * line),
        .sum_line = fftw_alloc_complex(line),
        .back = fftw_alloc_complex(SLICE_LINES_BACK * line),
        .sums = fftw_alloc_complex(plans->samples),
    };
    scratch->tile = (fftwf_complex *)scratch->sums; /* never needed at once */
    bool is_complete = scratch->rows[0] != NULL && scratch->rows[1] != NULL &&
                       scratch->packed != NULL && scratch->there != NULL &&
                       scratch->sum_line != NULL && scratch->back != NULL && scratch->sums != NULL;
    return is_complete ? STATUS_OK : error_no_memory(error, "tiles of a slice");
}

void slice_scratch_free(SliceScratch *scratch) {
    fftwf_free(scratch->rows[0]);
    fftwf_free(scratch->rows[1]);
    fftwf_free(scratch->packed);
    fftwf_free(scratch->there);
    fftw_free(scratch->sum_line);
    fftw_free(scratch->back);
    fftw_free(scratch->sums);
    *scratch = (SliceScratch){0};
}

/* Row y of the tile in slice k. False if it is all zeros. */
static bool gather_row(const TileLayout *layout, const Volume *source, size_t tile, size_t y,
                       size_t k, float *row) {
    const size_t *size = source->grid.size;
    size_t first_x, first_y;
    IndexRange x = tile_layout_inputs(layout, tile, 0, &first_x);
    IndexRange rows = tile_layout_inputs(layout, tile, 1, &first_y);
    memset(row, 0, layout->size[0] * sizeof *row);
    if (y < first_y || y - first_y >= rows.end - rows.begin || x.begin == x.end) {
        return false;
    }
    const float *from =
        source->voxels + x.begin + size[0] * (rows.begin + y - first_y + size[1] * k);
    memcpy(row + first_x, from, (x.end - x.begin) * sizeof *row);
    return true;
}

static void interleave(const float *restrict real, const float *restrict imaginary, size_t n,
                       float *restrict packed) {
    for (size_t i = 0; i < n; i++) {
        packed[2 * i] = real[i];
        packed[2 * i + 1] = imaginary[i];
    }
}

static void transform_row(const SlicePlans *plans, const TileLayout *layout, const Volume *source,
                          size_t pair, size_t y, size_t k, const SliceScratch *scratch,
                          fftwf_complex *line) {
    bool is_active = false;
    for (size_t t = 0; t < 2; t++) {
        is_active |= gather_row(layout, source, 2 * pair + t, y, k, scratch->rows[t]);
    }
    if (is_active) {
        interleave(scratch->rows[0], scratch->rows[1], plans->size[0], scratch->packed[0]);
        fftwf_execute_dft(plans->forward[0], scratch->packed, line);
    } else {
        memset(line, 0, plans->size[0] * sizeof *line);
    }
}

/* Columns of SLICE_LINES_THERE lines become pieces of lines. */
static void transpose_there(fftwf_complex *restrict lines, size_t pitch, size_t n_columns,
                            fftwf_complex *restrict to, size_t to_pitch) {
    for (size_t c = 0; c < n_columns; c++) {
        for (size_t l = 0; l < SLICE_LINES_THERE; l++) {
            memcpy(to + c * to_pitch + l, lines + l * pitch + c, sizeof *to);
        }
    }
}

static void transpose_back(fftw_complex *restrict lines, size_t pitch, size_t n_columns,
                           fftw_complex *restrict to, size_t to_pitch) {
    for (size_t c = 0; c < n_columns; c++) {
        for (size_t l = 0; l < SLICE_LINES_BACK; l++) {
            memcpy(to + c * to_pitch + l, lines + l * pitch + c, sizeof *to);
        }
    }
}

void slice_spectra_transform(const SlicePlans *plans, const TileLayout *layout,
                             const Volume *source, size_t pair, size_t k,
                             const SliceScratch *scratch, fftwf_complex *spectrum) {
    const size_t *size = plans->size, pitch = plans->longer_pitch;
    for (size_t y = 0; y < size[1]; y++) {
        size_t l = y % SLICE_LINES_THERE;
        transform_row(plans, layout, source, pair, y, k, scratch, scratch->there + l * pitch);
        if (l + 1 == SLICE_LINES_THERE) {
            transpose_there(scratch->there, pitch, size[0], scratch->tile + y - l, plans->pitch[1]);
        }
    }
    for (size_t fx = 0; fx < size[0]; fx++) {
        size_t line = fx * plans->pitch[1];
        fftwf_execute_dft(plans->forward[1], scratch->tile + line, spectrum + line);
    }
}

void slice_spectra_return_line(const SlicePlans *plans, const TileLayout *layout, size_t fx,
                               const SliceScratch *scratch) {
    const size_t pitch = plans->longer_pitch, l = fx % SLICE_LINES_BACK;
    fftw_execute_dft(plans->backward[1], scratch->sum_line, scratch->back + l * pitch);
    if (l + 1 == SLICE_LINES_BACK) {
        transpose_back(scratch->back + layout->lead[1], pitch, layout->block[1],
                       scratch->sums + fx - l, plans->pitch[0]);
    }
}

void slice_spectra_store(const SlicePlans *plans, const TileLayout *layout, size_t pair, size_t k,
                         const SliceScratch *scratch, Volume *result) {
    const size_t *size = result->grid.size;
    IndexRange x[2], y[2];
    for (size_t t = 0; t < 2; t++) {
        x[t] = tile_layout_results(layout, 2 * pair + t, 0);
        y[t] = tile_layout_results(layout, 2 * pair + t, 1);
    }
    for (size_t r = 0; r < layout->block[1]; r++) {
        fftw_execute_dft(plans->backward[0], scratch->sums + r * plans->pitch[0], scratch->back);
        for (int t = 0; t < 2; t++) {
            if (r >= y[t].end - y[t].begin) {
                continue;
            }
            const double *from = &scratch->back[layout->lead[0]][t];
            float *to = result->voxels + x[t].begin + size[0] * (y[t].begin + r + size[1] * k);
            for (size_t i = 0; i < x[t].end - x[t].begin; i++) {
                to[i] = (float)from[2 * i];
            }
        }
    }
}
