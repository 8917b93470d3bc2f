/* Intensities made ready for a joint histogram.
 *
 * Registration compares images whose numbers have nothing in common: HU, Bq/mL with a tumour a
 * hundred times above muscle, MR of arbitrary scale. Equal bins between minimum and maximum would
 * put most of a PET into one bin, equal counts per bin would spend most bins on noise in air.
 * Between the two lies the quantiser with the least mean square error: density of bins in
 * proportion to the cube root of the density of values (Panter and Dite, Proc IRE 39:44, 1951);
 * this is what k-means binning of registration histograms tends to (Knops, Maintz, Viergever,
 * Pluim, Med Image Anal 10:432, 2006). */
#ifndef YTTRIA_REGISTER_INTENSITY_H
#define YTTRIA_REGISTER_INTENSITY_H

#include <stdbool.h>

#include "core/volume.h"

/* Maps the voxels in place to 0..1, increasing with intensity. An affine change of the input
 * changes the output by rounding only. False if all voxels are equal: nothing can be
 * registered; the voxels are then all 0. Voxels must be finite. */
bool intensity_compand(Volume *volume);

#endif
