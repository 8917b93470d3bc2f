/* How noisy an image is in a region, and how uncertain that makes the region's mean.
 *
 * Mixed differences v(x) - v(x + La) - v(x + Lb) + v(x + La + Lb) along two of the grid's axes are
 * blind to gradients and to whatever changes along one axis only, so that the lesion itself hardly
 * shows in them (separable high-pass differences as in Immerkaer, Comput Vis Image Underst
 * 1996;64:300, with a lag, and the median in place of the mean). Noise is taken as stationary in
 * the region with a Gaussian autocorrelation exp(-h^2 / 4 s^2) along each axis: that of white noise
 * seen through a Gaussian of standard deviation s. */
#ifndef YTTRIA_SEGMENT_IMAGE_NOISE_H
#define YTTRIA_SEGMENT_IMAGE_NOISE_H

#include "core/volume.h"

typedef struct ImageNoise {
    double voxel_deviation;      /* standard deviation of a voxel */
    double mean_deviation;       /* of the weighted mean of the region */
    double correlation_sd_mm[3]; /* s along i, j, k; 0 is white */
} ImageNoise;

/* Noise of `image` where `weights` (same grid) are: of voxels filled at least half, or, when a
 * region is too small for that, of differences that touch it, which its outline then enters: too
 * large rather than too small. `fwhm_mm`: resolution along i, j, k, 0 for white noise; if NaN the
 * correlation is estimated from differences at one and two voxels. All is NaN (unknown) if there
 * are too few differences, or if they grow with the lag as a signal does rather than noise.
 * Variance of the mean: sum_xy w_x w_y rho(x - y) / (sum w)^2. Voxels that are NaN are left out.
 * Scratch: 28 bytes per voxel of the box. */
Status image_noise_measure(const Volume *image, const Volume *weights, const double fwhm_mm[3],
                           ImageNoise *noise, Error *error);

#endif
