/* Exact Euclidean distance transform on anisotropic grids, also from between the voxels.
 *
 * Separable lower envelopes of parabolas: Felzenszwalb & Huttenlocher, Distance transforms of
 * sampled functions, Theory of Computing 2012;8:415. */
#ifndef YTTRIA_SEGMENT_DISTANCE_TRANSFORM_H
#define YTTRIA_SEGMENT_DISTANCE_TRANSFORM_H

#include <stddef.h>

#include "core/error.h"

/* For every voxel, the squared distance (mm2) from its centre displaced by `shift` (in voxels
 * along i, j, k; each within +-0.5) to the nearest centre of a voxel whose `marks` is `value`;
 * infinite if there is none. Arrays hold size[0] * size[1] * size[2] elements, i fastest;
 * `squared_mm2` is the caller's. Scratch: a few lines per thread. Exact to float rounding; the
 * same for any number of threads. */
Status distance_transform(const unsigned char *marks, unsigned char value, const size_t size[3],
                          const double spacing_mm[3], const double shift[3], float *squared_mm2,
                          Error *error);

#endif
