/* Filling a polygon: which voxel centres of a slice lie inside, by the even-odd rule. */
#ifndef YTTRIA_CONVERT_POLYGON_H
#define YTTRIA_CONVERT_POLYGON_H

#include <stddef.h>
#include <stdint.h>

/* Inverts (0 <-> 1) every voxel of `slice` (width x height, rows of `width`) whose centre lies in
 * the closed polygon of `n_points` finite points (i, j) in voxel index units. Inverting makes
 * several contours of one slice combine by exclusive or: a contour in a contour is a hole (DICOM
 * PS3.3 C.8.8.6.3). A centre exactly on an edge belongs to the polygon on the side of larger i (j),
 * so that polygons that share an edge share no voxel. Parts outside the slice are cut off. */
void polygon_invert_inside(const double (*points)[2], size_t n_points, size_t width, size_t height,
                           uint16_t *slice);

#endif
