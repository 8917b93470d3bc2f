/* Linear convolution of an activity volume with a voxel kernel.
 *
 * The volume is cut into tiles small enough for a core's cache; each is convolved by one
 * single-precision FFT forth and back, with a border of the kernel's reach that overlaps its
 * neighbours ("overlap-save", Oppenheim & Schafer, 8.7.3). Tiles do not depend on each other, so
 * the bytes are the same for any number of threads. Beyond the volume activity counts as zero:
 * nothing wraps around. */
#ifndef YTTRIA_DOSE_CONVOLVE_H
#define YTTRIA_DOSE_CONVOLVE_H

#include "core/volume.h"
#include "dose/voxel_kernel.h"

/* result = scale * (kernel convolved with source), on the grid of `source`. Values are signed:
 * negative activity stays, and rounding leaves about 1e-7 of the tile's maximum where the truth
 * is zero. `result` is allocated here, the caller frees it.
 * Memory beside source and result: one tile spectrum, and two tiles per thread (1 MB each for
 * 2 mm voxels). */
Status convolve_volume(const Volume *source, const VoxelKernel *kernel, double scale,
                       Volume *result, Error *error);

#endif
