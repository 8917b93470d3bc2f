/* Spectra of a voxel kernel's slices: what kernel slice +-d does to a slice's frequencies.
 *
 * A slice of the kernel is symmetric in x and y, so its spectrum is a sum of cosines: real and
 * even. It is summed up in float64, not transformed: no tile-sized float64 volume, no rounding. */
#ifndef YTTRIA_DOSE_KERNEL_SPECTRUM_H
#define YTTRIA_DOSE_KERNEL_SPECTRUM_H

#include "dose/convolve_tiles.h"
#include "dose/voxel_kernel.h"

/* Rows of `size[1]` numbers over fy, for fx = 0 .. size[0] / 2 and d = 0 .. reach. */
typedef struct KernelSpectrum {
    size_t size[2]; /* of the tile */
    size_t reach;   /* of the kernel along z */
    float *rows;
} KernelSpectrum;

/* scale * sum of weights(i, j, d) cos(2 pi fx i / size[0]) cos(2 pi fy j / size[1]) over all i, j
 * from -reach to reach. Free with kernel_spectrum_free. OpenMP over fx. */
Status kernel_spectrum_make(const VoxelKernel *kernel, const size_t size[2], double scale,
                            KernelSpectrum *spectrum, Error *error);
void kernel_spectrum_free(KernelSpectrum *spectrum); /* NULL and already freed are fine */

/* The row of kernel slice 0 for any fx < size[0]; those of slices d = 1 .. reach follow. */
const float *kernel_spectrum_rows(const KernelSpectrum *spectrum, size_t fx);

#endif
