/* Images and label maps on a voxel grid, and resampling between grids. */
#ifndef YTTRIA_CORE_VOLUME_H
#define YTTRIA_CORE_VOLUME_H

#include <stdint.h>

#include "core/geometry.h"

/* A scalar image. Owns `voxels`: grid_voxel_count() floats, i fastest. */
typedef struct Volume {
    Grid grid;
    float *voxels;
} Volume;

/* A label map: 0 is background. Owns `labels`. */
typedef struct LabelMap {
    Grid grid;
    uint16_t *labels;
} LabelMap;

/* Allocates a zero-filled volume. The caller frees it with volume_free. */
Status volume_create(const Grid *grid, Volume *volume, Error *error);

/* The same without the zeros, for who writes every voxel. */
Status volume_create_unset(const Grid *grid, Volume *volume, Error *error);

/* From now on the memory of freed images stays with the process for its next ones: the system
 * takes longer to hand out new memory than a dose map takes to be computed in it. */
void volume_keep_freed_memory(void);
void volume_free(Volume *volume); /* NULL and already freed are fine */

Status label_map_create(const Grid *grid, LabelMap *map, Error *error);
void label_map_free(LabelMap *map);

/* Fails with STATUS_BAD_DATA, naming count and first position, if a voxel is NaN or infinite. */
Status volume_check_finite(const Volume *volume, const char *name, Error *error);

/* Value at continuous voxel index (i, j, k) by trilinear interpolation; `outside` where the
 * point lies more than half a voxel beyond the outermost centres (within that border the edge
 * value holds). */
float volume_sample(const Volume *volume, const double index[3], float outside);

/* Samples `source` at every voxel of `target_grid`, trilinear, OpenMP over slices.
 * `target_to_source` maps patient mm of the target space to patient mm of the source space.
 * `target` is allocated here. Points outside `source` become `outside`. */
Status volume_resample(const Volume *source, const Grid *target_grid,
                       const Affine *target_to_source, float outside, Volume *target, Error *error);

/* Fraction of every voxel of `target_grid` that the voxels of `source` labelled `label` fill:
 * partial-volume weights in 0..1. Volume is conserved: each source voxel is cut into parts no
 * larger than `part_fraction` (0 < f <= 1) of the target voxel along each axis, and each part
 * counts for the voxel in which its centre lies. `source_to_target` maps patient mm.
 * `*outside_ml` is the volume that fell outside the target grid. `weights` is allocated here. */
Status label_map_coverage(const LabelMap *source, uint16_t label, const Grid *target_grid,
                          const Affine *source_to_target, double part_fraction, Volume *weights,
                          double *outside_ml, Error *error);

/* Number of voxels that carry `label`. */
size_t label_map_count(const LabelMap *map, uint16_t label);

#endif
