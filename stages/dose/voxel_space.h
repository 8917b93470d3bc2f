/* The voxel grid as electrons see it: straight pieces of track cut at voxel faces.
 *
 * A track's position is 0..1 within its voxel along each axis, so that faces are exact. */
#ifndef YTTRIA_DOSE_VOXEL_SPACE_H
#define YTTRIA_DOSE_VOXEL_SPACE_H

#include "core/geometry.h"
#include "dose/electron_transport.h"
#include "dose/energy_tally.h"

typedef struct VoxelSpace {
    const float *density_g_ml; /* borrowed, [k][j][i] */
    size_t size[3];
    double spacing_mm[3];
    double per_mm[3]; /* voxels per mm */
    EnergyTally *tally;
} VoxelSpace;

/* `density_g_ml` on `grid`, > 0, axes at right angles; energy goes to `tally`. */
VoxelSpace voxel_space(const Grid *grid, const float *density_g_ml, EnergyTally *tally);

/* The interface that transport wants; `space` must outlive it. */
TrackSpace voxel_space_for_tracks(VoxelSpace *space);

/* Puts a track at a random point of a voxel. */
void voxel_space_enter(const VoxelSpace *space, size_t voxel, CounterRandom *random, Track *track);

#endif
