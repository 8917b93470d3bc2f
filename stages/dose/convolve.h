/* Linear convolution of an activity volume with a voxel kernel.
 *
 * Slices are transformed in x and y only. Along z the kernel, 6 to 13 voxels wide, is summed up
 * directly on the spectra,
 *     G(k) = K(0) F(k) + sum over d of K(d) (F(k - d) + F(k + d)),
 * where K is real because the kernel is symmetric: 2 reach + 1 multiplications a frequency for a
 * third transform there and back, no padding in z, and only the spectra of some slices around k
 * need to be at hand, in cache. Tiles and pairs: see convolve_tiles.h; lines: slice_spectra.h.
 * Beyond the volume activity counts as zero: nothing wraps around. Nothing is computed where no
 * activity reaches.
 *
 * Chosen by measurement (make bench; two cores, in units of one forward and one inverse FFTW
 * transform of the padded volume): three-dimensional overlap-save tiles of 72 samples took 1.0
 * to 2.5, this takes 0.6 to 0.7. No faster were two, four or eight slices summed at a time, and
 * larger and smaller tiles than those of least samples. Single precision throughout is up to 1.4
 * times as fast, but see slice_spectra.h.
 */
#ifndef YTTRIA_DOSE_CONVOLVE_H
#define YTTRIA_DOSE_CONVOLVE_H

#include "core/volume.h"
#include "dose/voxel_kernel.h"

/* result = scale * (kernel convolved with source), on the grid of `source`. Values are signed:
 * negative activity stays. Rounding leaves up to 2e-7 of the largest value anywhere in the box of
 * what the kernel reaches from non-zero voxels; outside that box the result is exactly zero.
 * `source` must be finite. The bytes do not depend on the number of threads, which is at most a
 * quarter of the slices. `result` is allocated here, the caller frees it; after an error it holds
 * nothing. Two threads must not call this at once (FFTW's planner).
 * Memory beside source and result: spectra of half the slices and of 2 reach more, and a tile per
 * thread; together less than the source from 192 x 192 voxels a slice on, whatever the threads
 * (measured: 0.2 to 0.9), and 3 MB of FFTW's own. */
Status convolve_volume(const Volume *source, const VoxelKernel *kernel, double scale,
                       Volume *result, Error *error);

#endif
