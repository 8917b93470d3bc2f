/* NIfTI-1 and NIfTI-2 images (.nii, .nii.gz) as volumes in LPS millimetres.
 *
 * The header is read by the NIfTI library; the voxels are read here, because the library turns
 * NaN into 0 and gives no error for a truncated file in all cases. */
#ifndef YTTRIA_CONVERT_NIFTI_IMAGE_H
#define YTTRIA_CONVERT_NIFTI_IMAGE_H

#include <stdbool.h>

#include "core/volume.h"

/* True if the name ends in .nii or .nii.gz. */
bool nifti_has_suffix(const char *path);

/* Reads one three-dimensional image: sform if there is one, else qform, from RAS to LPS; spatial
 * units metre, millimetre (also when not stated) or micron; scl_slope and scl_inter applied unless
 * the slope is 0. All integer and floating-point types of up to 64 bits. STATUS_NO_INPUT if the
 * file is not there; STATUS_BAD_DATA if it is damaged, truncated, has several frames, no
 * orientation or another type. `volume` is allocated here. */
Status nifti_read_volume(const char *path, Volume *volume, Error *error);

#endif
