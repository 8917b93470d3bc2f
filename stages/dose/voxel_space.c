/* Walking through voxels face by face (Amanatides & Woo 1987), the mass path shrinking by length
 * times density. */
#include "dose/voxel_space.h"

#include <math.h>

static const double MM_PER_CM = 10.0;

VoxelSpace voxel_space(const Grid *grid, const float *density_g_ml, EnergyTally *tally) {
    VoxelSpace space = {.density_g_ml = density_g_ml, .tally = tally};
    grid_spacing_mm(grid, space.spacing_mm);
    for (int axis = 0; axis < 3; axis++) {
        space.size[axis] = grid->size[axis];
        space.per_mm[axis] = 1.0 / space.spacing_mm[axis];
    }
    return space;
}

void voxel_space_enter(const VoxelSpace *space, size_t voxel, CounterRandom *random, Track *track) {
    const size_t *size = space->size;
    track->voxel = voxel;
    track->cell[0] = voxel % size[0];
    track->cell[1] = voxel / size[0] % size[1];
    track->cell[2] = voxel / (size[0] * size[1]);
    for (int axis = 0; axis < 3; axis++) {
        track->position[axis] = counter_random_uniform(random);
    }
}

static double find_margin(const void *context, const Track *track) {
    const VoxelSpace *space = context;
    double least = INFINITY;
    for (int axis = 0; axis < 3; axis++) {
        double x = track->position[axis];
        double edge = (x < 0.5 ? x : 1.0 - x) * space->spacing_mm[axis];
        least = edge < least ? edge : least;
    }
    return least * (double)space->density_g_ml[track->voxel] / MM_PER_CM;
}

/* Through the face that lies ahead on `axis`. False if the volume ends there. */
static bool cross_face(const VoxelSpace *space, Track *track, int axis, bool is_upward) {
    const size_t stride[3] = {1, space->size[0], space->size[0] * space->size[1]};
    if (is_upward ? track->cell[axis] + 1 == space->size[axis] : track->cell[axis] == 0) {
        return false;
    }
    track->cell[axis] += is_upward ? 1 : (size_t)-1;
    track->voxel += is_upward ? stride[axis] : (size_t)0 - stride[axis];
    track->position[axis] = is_upward ? 0.0 : 1.0;
    return true;
}

static bool advance(void *context, Track *track, double mass_g_cm2, double energy_mev) {
    VoxelSpace *space = context;
    for (;;) {
        const double length = mass_g_cm2 * MM_PER_CM / (double)space->density_g_ml[track->voxel];
        double part = 1.0, move[3]; /* part of the way to the nearest face ahead */
        int axis_of_face = -1;
        for (int axis = 0; axis < 3; axis++) {
            move[axis] = length * track->direction[axis] * space->per_mm[axis];
            double end = track->position[axis] + move[axis];
            if (end < 0.0 || end > 1.0) {
                double here = ((end < 0.0 ? 0.0 : 1.0) - track->position[axis]) / move[axis];
                if (here <= part) {
                    part = here;
                    axis_of_face = axis;
                }
            }
        }
        if (energy_mev > 0.0) {
            energy_tally_add(space->tally, track->voxel, part * energy_mev);
        }
        for (int axis = 0; axis < 3; axis++) {
            double x = track->position[axis] + part * move[axis];
            track->position[axis] = x < 0.0 ? 0.0 : x > 1.0 ? 1.0 : x;
        }
        if (axis_of_face < 0) {
            return true;
        }
        mass_g_cm2 *= 1.0 - part;
        energy_mev *= 1.0 - part;
        if (!cross_face(space, track, axis_of_face, move[axis_of_face] > 0.0)) {
            energy_tally_add_escaped(space->tally, energy_mev);
            return false;
        }
    }
}

static void deposit(void *context, const Track *track, double energy_mev) {
    const VoxelSpace *space = context;
    energy_tally_add(space->tally, track->voxel, energy_mev);
}

static void escape(void *context, double energy_mev) {
    const VoxelSpace *space = context;
    energy_tally_add_escaped(space->tally, energy_mev);
}

TrackSpace voxel_space_for_tracks(VoxelSpace *space) {
    return (TrackSpace){space, find_margin, advance, deposit, escape};
}
