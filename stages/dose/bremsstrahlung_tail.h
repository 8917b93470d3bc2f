/* The dose that bremsstrahlung leaves beyond the kernel's radius, spread as the point kernel says.
 *
 * 0.27 % of 90Y's energy lies between 12 and 200 mm. It varies little over a centimetre, so it is
 * convolved on a coarse grid: activity is summed into coarse voxels (energy is conserved), the
 * voxel kernel of the far shells alone is applied there, and the dose comes back by trilinear
 * interpolation. */
#ifndef YTTRIA_DOSE_BREMSSTRAHLUNG_TAIL_H
#define YTTRIA_DOSE_BREMSSTRAHLUNG_TAIL_H

#include "core/volume.h"
#include "dose/point_kernel.h"

/* Adds to `dose`, a map made without its tail (voxel_kernel_map_scale is 1), the energy of the
 * shells of `point` from `radius_mm` to the last. `activity` (Bq/mL) and `dose` (Gy) are on one
 * grid; `distance_scale` as in voxel_kernel.h; `gy_per_bq_ml` is dose factor / density, as the map
 * was made with. `*beyond_fraction` is what then still is not in the map of the tail, as a fraction
 * of all decays' energy: beyond the last shell, or outside the grid; NaN if there is no activity.
 * A kernel that ends at `radius_mm` adds nothing. STATUS_BAD_DATA if the grids differ. Memory: the
 * coarse grid, a few percent of the activity, and the convolution's tiles. OpenMP over slices. */
Status bremsstrahlung_tail_add(const Volume *activity, const PointKernel *point,
                               double distance_scale, double radius_mm, double gy_per_bq_ml,
                               Volume *dose, double *beyond_fraction, Error *error);

#endif
