/* A mask whose outline is moved: the band within which a contour may lie. */
#ifndef YTTRIA_SEGMENT_CONTOUR_BAND_H
#define YTTRIA_SEGMENT_CONTOUR_BAND_H

#include "core/volume.h"

/* The voxels labelled 1 with their surface moved outwards by `shift_mm` (inwards if negative),
 * labelled 1 in `moved`, which is allocated here. Its lattice is the mask's, voxels split into
 * parts of at most half the shift, in a box that holds the result; `*parts` counts those
 * labelled, none after an erosion is no error. Flat faces and spheres move by the shift within half
 * a part or a quarter voxel (tests/unit/segment/test_contour_band.c). Axes count as perpendicular.
 * Scratch: 5 bytes per part of the box. */
Status contour_band_move(const LabelMap *mask, double shift_mm, LabelMap *moved, size_t *parts,
                         Error *error);

#endif
