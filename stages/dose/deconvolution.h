/* Partial-volume correction of the activity, voxel by voxel: deconvolution with the scanner's point
 * spread. */
#ifndef YTTRIA_DOSE_DECONVOLUTION_H
#define YTTRIA_DOSE_DECONVOLUTION_H

#include "core/config.h"
#include "core/volume.h"
#include "dose/point_spread.h"

/* Richardson-Lucy iterations regularised by total variation (Dey 2006, Microsc Res Tech 69:260,
 * doi:10.1002/jemt.20294), beginning at the measured image i. Each iteration is first the
 * regularisation, then the correction,
 *
 *   e = o / (1 - lambda div(grad o / |grad o|)),   o <- e K(i / K e),
 *
 * K the Gaussian filter of point_spread.h, which is its own adjoint with rows that sum to 1. Dey's
 * update takes both at once and loses lambda times the total variation; in this order (as in EM-TV,
 * Sawatzky 2008) every iteration ends with a sum of exactly sum(i).
 *
 * - Total activity is conserved (rounding: 1e-6), a uniform region stays uniform, nothing is NaN.
 * - Negative voxels: the whole image is raised by its most negative voxel and lowered afterwards,
 * so no voxel ends below that one. (Holding the negative part back instead would bias means by
 * noise.)
 * - Border: the activity goes on as its mirror image; what is blurred out comes back in.
 * - lambda = config->regularisation, lengths in the finest voxel edge. |grad o| is smoothed by 8
 * lambda o, in quadrature: below that the explicit step would oscillate.
 *
 * `deconvolved`, Bq/mL, is allocated here, the caller frees it. Memory: the result, two volumes,
 * and a plane and seven rows a thread; nothing is allocated per iteration. OpenMP over slices, the
 * same bytes for any number of threads. STATUS_BAD_DATA if a voxel is not finite; STATUS_CONFIG for
 * less than one iteration, a regularisation outside 0 to 0.1 (beyond 1/6 the denominator could
 * vanish), or a width that point_spread_filter_create refuses. */
Status deconvolution_apply(const Volume *activity, const PointSpread *psf,
                           const DeconvolutionConfig *config, Volume *deconvolved, Error *error);

#endif
