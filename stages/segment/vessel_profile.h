/* How near which vessels come to a lesion: a staircase, so that no diameter limit enters here. */
#ifndef YTTRIA_SEGMENT_VESSEL_PROFILE_H
#define YTTRIA_SEGMENT_VESSEL_PROFILE_H

#include "segment/mask.h"

/* One step: the nearest vessel at least that thick. */
typedef struct VesselStep {
    double distance_mm; /* surface to surface; 0 when touching or overlapping */
    double diameter_mm; /* local diameter of the vessel there */
} VesselStep;

typedef struct VesselProfile {
    VesselStep *steps; /* owned; nearest first, each thicker than all before it */
    size_t count;
} VesselProfile;

/* Distance between the surfaces of a lesion and of the vessels: the least over all pairs of their
 * voxels, each reaching a quarter voxel beyond its centre along one axis, as diameters are
 * measured; 0 if any two voxels touch, by a corner is enough, or overlap. Spheres at tubes of 6 to
 * 10 mm in voxels of 1 to 4 mm: mean bias within 0.3 voxel, where the gap between voxel boxes is
 * one voxel short and centre to centre half a voxel long
 * (tests/validation/segment/test_vessel_distance.c). `diameter_mm` is as from
 * local_thickness_measure(vessels). The nearest vessel wider than D is the first step with
 * diameter_mm > D. Scratch: 5 bytes per voxel of the box around both and 40 per vessel voxel. Free
 * with vessel_profile_free, also after a failure. */
Status vessel_profile_measure(const Mask *lesion, const Mask *vessels, const float *diameter_mm,
                              VesselProfile *profile, Error *error);
void vessel_profile_free(VesselProfile *profile);

#endif
