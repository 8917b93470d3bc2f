/* The scanner's point spread: an anisotropic Gaussian along the voxel axes, and its separable
 * filter. */
#ifndef YTTRIA_DOSE_POINT_SPREAD_H
#define YTTRIA_DOSE_POINT_SPREAD_H

#include <stdbool.h>

#include "core/scanner.h"
#include "core/volume.h"

typedef struct PointSpread {
    double fwhm_mm[3]; /* along the voxel axes i, j, k */
} PointSpread;

/* The filter of one grid. Owns its arrays; free with point_spread_filter_free. */
typedef struct PointSpreadFilter {
    size_t size[3];
    size_t reach[3];     /* offsets run from -reach to +reach */
    float *weights[3];   /* of offsets 0 to reach; both sides together sum to 1 */
    float *scratch;      /* of all threads */
    size_t scratch_size; /* floats of one thread */
} PointSpreadFilter;

/* The scanner's resolution along the axes of `grid`, whose third world axis is the scanner's:
 * FWHM^2 = transaxial^2 (1 - u_z^2) + axial^2 u_z^2 for an axis of direction u. False if the
 * scanner is NULL or its resolution unknown. */
bool point_spread_of_scanner(const Scanner *scanner, const Grid *grid, PointSpread *psf);

/* Share of the activity of a voxel, spread evenly over it, that the image shows in the voxel
 * `offset` further along one axis: the Gaussian integrated over source and target voxel. */
double point_spread_weight(double fwhm_mm, double spacing_mm, long offset);

/* Prepares the filter: weights cut where less than 1e-7 is beyond, then normalised to 1.
 * STATUS_CONFIG if a width is not within 0.1 to 100 mm. Memory: one plane of voxels a thread. */
Status point_spread_filter_create(const PointSpread *psf, const Grid *grid,
                                  PointSpreadFilter *filter, Error *error);
void point_spread_filter_free(PointSpreadFilter *filter); /* NULL and already freed are fine */

/* Blurs `source` into `target` (grid_voxel_count() floats each; they may be the same array). The
 * image goes on beyond its border as its mirror image, so that the matrix of the filter is
 * symmetric with rows and columns that sum to 1: sums are conserved, a uniform image stays, and the
 * filter is its own adjoint. OpenMP over slices; the same bytes for any number of threads up to
 * that at creation. */
void point_spread_filter_apply(const PointSpreadFilter *filter, const float *source, float *target);

#endif
