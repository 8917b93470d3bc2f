/* Coarser versions of an image for registration from coarse to fine: Gaussian smoothing, then
 * fewer voxels. Smoothing removes what the coarser grid cannot carry and widens the basin of the
 * optimum (Thévenaz and Unser, IEEE Trans Image Process 9:2083, 2000). */
#ifndef YTTRIA_REGISTER_PYRAMID_H
#define YTTRIA_REGISTER_PYRAMID_H

#include "core/volume.h"

/* Smooths `volume` in place with a Gaussian of standard deviation `sigma_mm` along each axis of
 * the grid; the edge value holds beyond the border. An axis whose voxels are larger than three
 * standard deviations is left alone. */
Status pyramid_smooth(Volume *volume, double sigma_mm, Error *error);

/* A smoothed copy of `source` with voxels as close to `spacing_mm` from below as whole factors
 * allow; never finer than `source`. Standard deviation: half of `spacing_mm`. `level` is allocated
 * here; its grid covers the same space. */
Status pyramid_reduce(const Volume *source, double spacing_mm, Volume *level, Error *error);

#endif
