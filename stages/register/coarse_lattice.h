/* Where the coarse search looks: rotations in a ball, translations that let the bodies overlap. */
#ifndef YTTRIA_REGISTER_COARSE_LATTICE_H
#define YTTRIA_REGISTER_COARSE_LATTICE_H

#include "core/volume.h"
#include "register/rigid_space.h"

/* A body in an image: the box that has the mean and the variance of the positions of all voxels
 * brighter than the mean voxel. */
typedef struct BodyBox {
    double centre_mm[3];
    double size_mm[3];
} BodyBox;

BodyBox body_box_of(const Volume *volume);

/* All starts: rotations up to `max_rotation_deg` in equal steps of at most 25 degrees about any
 * axis; translations a lattice `step_mm` apart (or wider, to keep within `max_points`) over all
 * positions in which the boxes overlap by at least about half of the smaller along each axis.
 * `*points` is new; the caller frees it. */
Status coarse_lattice_create(const RigidSpace *space, const BodyBox *sampled, const BodyBox *other,
                             double max_rotation_deg, double step_mm, size_t max_points,
                             RigidPoint **points, size_t *count, Error *error);

#endif
