/* How a convolution cuts a volume: the box that matters, and tiles of its slices.
 *
 * A tile's transform sees a border of the kernel's reach around the results it gives
 * ("overlap-save", Oppenheim & Schafer, Discrete-Time Signal Processing, 8.7.3), so tiles do not
 * depend on each other and nothing wraps around. Tiles go in pairs: one is the real, the other the
 * imaginary part of one complex transform, which a real kernel spectrum does not mix. */
#ifndef YTTRIA_DOSE_CONVOLVE_TILES_H
#define YTTRIA_DOSE_CONVOLVE_TILES_H

#include "core/volume.h"

enum { CONVOLVE_TILE_MAX_SIZE = 256 };

/* Voxel indices along one axis: begin <= index < end. */
typedef struct IndexRange {
    size_t begin, end;
} IndexRange;

typedef struct TileLayout {
    IndexRange active[3]; /* the smallest box that holds all voxels that are not zero */
    IndexRange domain[3]; /* what the kernel reaches from there, inside the volume: the results */
    size_t size[2];       /* samples of a tile along x and y, border included */
    size_t block[2];      /* results of a tile */
    size_t lead[2];       /* samples before the first result */
    size_t count[2];      /* tiles along x and y */
} TileLayout;

/* Lays out the convolution of `source` with a kernel of `reach` voxels (<= 64) along each axis.
 * False if all voxels are zero: there is nothing to lay out. Reads little more than the zeros. */
bool tile_layout_choose(const Volume *source, const size_t reach[3], TileLayout *layout);

/* Pairs of tiles. Tiles 2 p and 2 p + 1 are pair p; the very last tile may not exist. */
size_t tile_layout_pair_count(const TileLayout *layout);

/* Voxels along x (axis 0) or y that tile `tile` computes; none if the tile does not exist. */
IndexRange tile_layout_results(const TileLayout *layout, size_t tile, int axis);

/* Voxels along x (axis 0) or y that tile `tile` sees and that may not be zero. `*first_sample` is
 * the sample that the first of them becomes. */
IndexRange tile_layout_inputs(const TileLayout *layout, size_t tile, int axis,
                              size_t *first_sample);

#endif
