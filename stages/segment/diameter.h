/* Longest diameters of a mask, on the mask's own grid: in space (Feret) and within one slice.
 *
 * The surface lies somewhere between the outermost voxel centres inside and the first outside.
 * Centre to centre is right for spheres (some pair always lies close to the surface at both ends)
 * and one voxel short for pointed shapes; face to face (the convention of the Image Biomarker
 * Standardisation Initiative, 13.1 mm for its digital phantom) is right for pointed shapes and
 * 0.9 voxel long for spheres. We take a quarter voxel, half-way between them: mean bias within
 * half a voxel for spheres and ellipsoids alike (tests/validation/segment/test_diameter.c). */
#ifndef YTTRIA_SEGMENT_DIAMETER_H
#define YTTRIA_SEGMENT_DIAMETER_H

#include "core/volume.h"

/* Where the surface is taken to be, in voxels beyond the centre of a boundary voxel. */
#define DIAMETER_REACH_DEFAULT 0.25 /* unbiased on average; what the stage uses */
#define DIAMETER_REACH_IBSI 0.5     /* face centres: Zwanenburg et al., Radiology 2020;295:328 */

typedef struct Diameters {
    double longest_3d_mm;
    double longest_axial_mm; /* the largest within one plane of constant k */
} Diameters;

/* Longest diameters of the voxels labelled `label`. Boundary points are the voxel centres moved
 * outwards by `reach` voxels along one of the grid's axes (i or j for the axial diameter). Works
 * for anisotropic and for sheared grids. Only the corners of the convex outline of each slice are
 * compared, which gives the same maximum. No voxel: both are 0. */
Status diameter_measure(const LabelMap *mask, uint16_t label, double reach, Diameters *diameters,
                        Error *error);

#endif
