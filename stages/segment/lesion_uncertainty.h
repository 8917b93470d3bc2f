/* Gathers what the uncertainty of one lesion's mean dose is made from: its contour band, the
 * noise of the image, the counts in it, the scanner's figures. */
#ifndef YTTRIA_SEGMENT_LESION_UNCERTAINTY_H
#define YTTRIA_SEGMENT_LESION_UNCERTAINTY_H

#include "segment/lesion.h"

/* Fills the band, the Monte Carlo error and `uncertainty` of a lesion whose volume and Davg are
 * measured, and adds the flag `recovery_unknown` if it is smaller than the spheres of the recovery
 * curve. `weights` are the lesion's on `maps`' grid, which may be cropped around it.
 *
 * The band is one voxel of the dose grid wide (the cube root of its volume) on either side, on the
 * mask's own grid. Noise: of the activity map, with the resolution's correlation if it is known,
 * times the dose of local deposition per Bq/mL; for several treatments, a deconvolved map or an
 * older file, of the dose map itself, correlation estimated. */
Status lesion_uncertainty_measure(const Structure *structure, const SegmentDoseMaps *maps,
                                  const Volume *weights, Lesion *lesion, Error *error);

/* Width of the band, mm. */
double lesion_uncertainty_band_mm(const Grid *dose_grid);

#endif
