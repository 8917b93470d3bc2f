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
    double voxel_deviation;   /* standard deviation of a voxel; NaN is unknown */
    double correlation_sd_mm; /* s, the same along all axes; 0 is white */
} ImageNoise;

/* Noise of `image` where `weights` (same grid) are at least a half, s from differences at lags of
 * one and of two voxels. Unknown with fewer than 100 differences, or if none up to `max_sd_mm`
 * explains how they grow with the lag: then it is a signal that grows. For regions near to
 * uniform: within a small hot lesion its own blurred shape passes for correlated noise. NaN voxels
 * are left out. Scratch: 4 bytes per voxel. */
Status image_noise_measure(const Volume *image, const Volume *weights, double max_sd_mm,
                           ImageNoise *noise, Error *error);

/* Standard deviation of the weighted mean of voxels of unit variance: `*factor` squared is
 * sum_xy w_x w_y rho(x - y) / (sum w)^2. NaN without weights. Scratch: 24 bytes per voxel. */
Status image_noise_of_mean(const Volume *weights, double correlation_sd_mm, double *factor,
                           Error *error);

#endif
