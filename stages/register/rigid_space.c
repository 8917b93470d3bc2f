/* Six parameters to a rigid map, and distances between such maps. */
#include "register/rigid_space.h"

#include <math.h>
#include <string.h>

Affine rigid_space_map(const RigidSpace *space, const RigidPoint *point) {
    const double rotation_rad[3] = {point->p[0] / space->radius_mm, point->p[1] / space->radius_mm,
                                    point->p[2] / space->radius_mm};
    return affine_from_rigid(rotation_rad, point->p + 3, space->centre_mm);
}

double rigid_space_distance_mm(const RigidSpace *space, const RigidPoint *a, const RigidPoint *b) {
    const Affine map_a = rigid_space_map(space, a), map_b = rigid_space_map(space, b);
    double largest = 0.0;
    for (int probe = 0; probe < 7; probe++) {
        double x[3], at_a[3], at_b[3];
        memcpy(x, space->centre_mm, sizeof x);
        if (probe < 6) {
            x[probe / 2] += probe % 2 ? space->radius_mm : -space->radius_mm;
        }
        affine_apply(&map_a, x, at_a);
        affine_apply(&map_b, x, at_b);
        const double d = hypot(hypot(at_a[0] - at_b[0], at_a[1] - at_b[1]), at_a[2] - at_b[2]);
        largest = fmax(largest, d);
    }
    return largest;
}

double rigid_rotation_deg(const Affine *map) {
    const double cosine = 0.5 * (map->m[0][0] + map->m[1][1] + map->m[2][2] - 1.0);
    /* The sine from the antisymmetric part: acos alone loses small angles to rounding. */
    const double sine = 0.5 * hypot(hypot(map->m[2][1] - map->m[1][2], map->m[0][2] - map->m[2][0]),
                                    map->m[1][0] - map->m[0][1]);
    return atan2(sine, cosine) * 180.0 / acos(-1.0);
}
