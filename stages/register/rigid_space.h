/* Rigid maps as six numbers in millimetres, and how far two of them are apart.
 *
 * A rotation is expressed by how far it moves a point `radius_mm` from the centre, so that all
 * six numbers weigh alike in an optimiser. */
#ifndef YTTRIA_REGISTER_RIGID_SPACE_H
#define YTTRIA_REGISTER_RIGID_SPACE_H

#include "core/geometry.h"

enum { RIGID_PARAMETERS = 6 };

typedef struct RigidSpace {
    double centre_mm[3]; /* of rotation, in the space mapped from */
    double radius_mm;    /* half of the object's typical size */
} RigidSpace;

/* Rotations about x, y, z (angle times radius), then translations; millimetres. */
typedef struct RigidPoint {
    double p[RIGID_PARAMETERS];
} RigidPoint;

Affine rigid_space_map(const RigidSpace *space, const RigidPoint *point);

/* Largest distance between the images of the centre and of the six points `radius_mm` from it
 * along the axes. */
double rigid_space_distance_mm(const RigidSpace *space, const RigidPoint *a, const RigidPoint *b);

/* Angle of the rotation of a rigid map, degrees. */
double rigid_rotation_deg(const Affine *map);

#endif
