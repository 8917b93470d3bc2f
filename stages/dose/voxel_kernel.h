/* The voxel kernel: the point kernel integrated exactly over source and target voxel.
 *
 * weight(o) = mean over the source voxel of the energy fraction that lands in the voxel at offset o
 *           = integral dE/dr * <T((r u - o h) / h)>_u dr,  T(d) = prod_a max(0, 1 - |d_a|):
 * the product of triangles is the chance that a point spread evenly over the source voxel lies in
 * the target voxel after a step r u (u: direction, h: voxel edges). Point-in-centre sampling is
 * wrong by tens of percent next to the origin; this holds for any edges h, equal or not.
 *
 * The tail. The weights sum to 1 - tail: bremsstrahlung carries 0.4 % of 90Y's energy beyond 12 mm.
 * Inside a region much larger than the beta range as much of it comes in as goes out, so a map
 * made with the bare weights is 0.4 % low there. `tail_scale` = 1 / (1 - tail) gives the tail back
 * with the shape of the kernel (that is: near its decay); the convolution applies it. So a large
 * uniform region gets the nuclide's dose factor exactly, energy in a map is conserved, local
 * deposition and kernel share one dose factor, and the stored weights stay true fractions. Wrong
 * by at most the tail, and only within some cm of the edge of the activity. The alternatives are to
 * leave it out or to spread it where it belongs (bremsstrahlung_tail.h). */
#ifndef YTTRIA_DOSE_VOXEL_KERNEL_H
#define YTTRIA_DOSE_VOXEL_KERNEL_H

#include "core/config.h"
#include "core/volume.h"
#include "dose/point_kernel.h"

enum { VOXEL_KERNEL_MAX_REACH = 64 };

/* Symmetric under i -> -i, j -> -j, k -> -k, so only offsets >= 0 are kept. */
typedef struct VoxelKernel {
    size_t reach[3]; /* offsets run from -reach to +reach, the outermost may be tiny */
    double spacing_mm[3];
    double *weights;      /* [k][j][i], (reach + 1) along each axis */
    double tail_fraction; /* of a decay's energy, not in the weights */
    double tail_scale;    /* 1 / (1 - tail_fraction) */
} VoxelKernel;

/* Integrates `point` out to `radius_mm` (in its own medium). `distance_scale` is density of the
 * kernel's medium / density of the tissue: path lengths in g/cm2 are equal in water-like media.
 * STATUS_CONFIG if the radius holds no energy or reaches over more than VOXEL_KERNEL_MAX_REACH
 * voxels. OpenMP over parts of the radius, summed in fixed order. Free with voxel_kernel_free.
 * Memory: 16 octants of float64, under 1 MB for 2 mm voxels. */
Status voxel_kernel_from_point_kernel(const PointKernel *point, const double spacing_mm[3],
                                      double distance_scale, double radius_mm, VoxelKernel *kernel,
                                      Error *error);

/* The same of the shells between `inner_mm` and `outer_mm` alone. */
Status voxel_kernel_from_shells(const PointKernel *point, const double spacing_mm[3],
                                double distance_scale, double inner_mm, double outer_mm,
                                VoxelKernel *kernel, Error *error);
void voxel_kernel_free(VoxelKernel *kernel); /* NULL and already freed are fine */

/* What a map made with the kernel is multiplied by, for a BremsstrahlungTail: `tail_scale` where
 * the tail is given back near its decay, else 1. */
double voxel_kernel_map_scale(const VoxelKernel *kernel, int bremsstrahlung_tail);

/* Energy fraction at an offset in voxels; 0 beyond the reach. */
double voxel_kernel_weight(const VoxelKernel *kernel, long i, long j, long k);

/* The whole kernel, 2 reach + 1 along each axis, origin in the middle; millimetres along the
 * voxel axes. `volume` is allocated here, the caller frees it. */
Status voxel_kernel_to_volume(const VoxelKernel *kernel, Volume *volume, Error *error);

#endif
