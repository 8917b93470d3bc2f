/* Two-dimensional spectra of slices, a pair of tiles at a time as real and imaginary part.
 *
 * Every line is transformed alone, out of and into the first-level cache; between x and y the
 * tile is transposed, so that both directions run over neighbouring samples, where FFTW is fast by
 * estimate: measured, 27 to 40 Gflop/s against 8 to 14 for columns across a stride. Lines without
 * activity are left out.
 *
 * Single precision there, double precision back. A transform's rounding errors spread evenly over
 * the tile, as a part of its largest values. On the way there they meet a kernel that damps all but
 * the lowest frequencies; on the way back nothing would, and voxels of 1 % of the largest dose
 * would be off by up to 1.5e-5 of themselves. */
#ifndef YTTRIA_DOSE_SLICE_SPECTRA_H
#define YTTRIA_DOSE_SLICE_SPECTRA_H

#include <fftw3.h>

#include "dose/convolve_tiles.h"

/* Lines that are transposed together, a cache line of complex numbers; every tile size is a
 * multiple of both. */
enum { SLICE_LINES_THERE = 8, SLICE_LINES_BACK = 4 };

/* Transforms of lines of one tile size, shared by all threads. */
typedef struct SlicePlans {
    size_t size[2];
    size_t pitch[2];       /* from line to line along x and along y, in complex numbers */
    size_t longer_pitch;   /* of the two */
    size_t samples;        /* that hold a tile in either order, [y][x] or [x][y] */
    fftwf_plan forward[2]; /* of a line along x, along y */
    fftw_plan backward[2];
} SlicePlans;

/* A thread's own memory. Lines are plans->longer_pitch apart. */
typedef struct SliceScratch {
    float *rows[2];         /* one of each tile */
    fftwf_complex *packed;  /* both */
    fftwf_complex *there;   /* SLICE_LINES_THERE lines over fx */
    fftwf_complex *tile;    /* [fx][y]; uses the memory of `sums` */
    fftw_complex *sum_line; /* one line over fy, to be transformed back */
    fftw_complex *back;     /* SLICE_LINES_BACK lines over y */
    fftw_complex *sums;     /* [y][fx] */
} SliceScratch;

/* Plans by FFTW_ESTIMATE: no time lost, and the same plan, so the same bytes, in every run. Not to
 * be called by two threads at once (FFTW). Free with slice_plans_free. */
Status slice_plans_make(const size_t size[2], SlicePlans *plans, Error *error);
void slice_plans_free(SlicePlans *plans);

Status slice_scratch_make(const SlicePlans *plans, SliceScratch *scratch, Error *error);
void slice_scratch_free(SliceScratch *scratch);

/* spectrum[fx][fy], lines plans->pitch[1] apart, of slice k of a pair of tiles. */
void slice_spectra_transform(const SlicePlans *plans, const TileLayout *layout,
                             const Volume *source, size_t pair, size_t k,
                             const SliceScratch *scratch, fftwf_complex *spectrum);

/* The way back, first part, called for fx = 0, 1, ... in turn: scratch->sum_line over fy becomes
 * column fx of scratch->sums, of which only rows of results are kept. */
void slice_spectra_return_line(const SlicePlans *plans, const TileLayout *layout, size_t fx,
                               const SliceScratch *scratch);

/* Second part: scratch->sums, now full, goes to slice k of `result`, where the pair's results
 * belong. */
void slice_spectra_store(const SlicePlans *plans, const TileLayout *layout, size_t pair, size_t k,
                         const SliceScratch *scratch, Volume *result);

#endif
