/* Local diameter of a mask: the largest sphere inside it that contains the point.
 *
 * Hildebrand & Ruegsegger, J Microsc 1997;185:67, for masks sampled at voxel centres: "inside"
 * means that the sphere contains no centre of an outside voxel, and sphere centres lie up to nine
 * times finer than voxels. Inscribing spheres in the stepped outline of the voxels instead would
 * find tubes more than one voxel too thin.
 *
 * A sphere that only avoids lattice points is a little too large. The points that limit it lie in a
 * shell whose volume is about (surface x excess), so the excess falls as voxel area / diameter:
 * raw = d + c h^2 / d, with h the geometric mean of the spacings. c = 1 was found on digital tubes
 * of 1.2 to 10 voxels diameter; the mean bias left is within 0.25 voxel
 * (tests/validation/segment/test_local_thickness.c). A single row of voxels, the image of a tube
 * of anything up to 1.4 voxels, comes out as 1.4 voxels. */
#ifndef YTTRIA_SEGMENT_LOCAL_THICKNESS_H
#define YTTRIA_SEGMENT_LOCAL_THICKNESS_H

#include "core/error.h"
#include "segment/mask.h"

/* Local diameter in mm at every voxel inside `mask`, 0 outside; `diameter_mm` is the caller's,
 * one element per voxel of the mask. The outermost layer of the mask's box must be outside (as
 * mask_place makes it). Scratch: 7 bytes per voxel of the box. */
Status local_thickness_measure(const Mask *mask, float *diameter_mm, Error *error);

#endif
