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
 * mask's own grid. Noise as dose_noise.h, surroundings as lesion_surroundings.h; counting only for
 * one treatment, whose activity the file has. */
Status lesion_uncertainty_measure(const Structure *structure, const SegmentDoseMaps *maps,
                                  const Volume *weights, Lesion *lesion, Error *error);

/* Width of the band, mm. */
double lesion_uncertainty_band_mm(const Grid *dose_grid);

/* How far around a lesion the maps are needed, mm. */
double lesion_uncertainty_reach_mm(const SegmentDoseMaps *maps);

#endif
