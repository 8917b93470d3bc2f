/* Tiles are as large as makes the sum of all samples least, among lengths that FFTW is fast at. */
#include "dose/convolve_tiles.h"

#include <stdint.h>

/* Lengths that FFTW splits into two large codelets even by estimate: 0.9 to 1.3 ns a sample on a
 * Xeon with AVX-512, where other products of 2, 3, 5 and 7 take 1.8 to 3.5. A pair of the largest
 * tiles is 0.5 MB, within a core's cache; and it leaves room beside the largest reach. */
static const size_t FAST_SIZES[] = {
    16, 24, 40, 48, 64, 80, 96, 120, 128, 144, 160, 192, 200, 240, CONVOLVE_TILE_MAX_SIZE};
enum { N_FAST_SIZES = sizeof FAST_SIZES / sizeof *FAST_SIZES };

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static bool is_zero(const float *voxels, size_t count) {
    size_t n = 0;
    while (n < count && voxels[n] == 0.0f) {
        n++;
    }
    return n == count;
}

static const float *row_of(const Volume *volume, size_t j, size_t k) {
    return volume->voxels + volume->grid.size[0] * (j + volume->grid.size[1] * k);
}

static bool is_slice_zero(const Volume *volume, size_t k) {
    return is_zero(row_of(volume, 0, k), volume->grid.size[0] * volume->grid.size[1]);
}

static bool is_row_zero(const Volume *volume, IndexRange slices, size_t j) {
    size_t k = slices.begin;
    while (k < slices.end && is_zero(row_of(volume, j, k), volume->grid.size[0])) {
        k++;
    }
    return k == slices.end;
}

/* Widens `columns` to hold what is not zero in one row. */
static void widen_columns(const float *row, size_t length, IndexRange *columns) {
    size_t begin = 0, end = length;
    while (begin < columns->begin && row[begin] == 0.0f) {
        begin++;
    }
    while (end > columns->end && row[end - 1] == 0.0f) {
        end--;
    }
    *columns = (IndexRange){begin, end};
}

static IndexRange find_active_columns(const Volume *volume, IndexRange rows, IndexRange slices) {
    size_t length = volume->grid.size[0];
    IndexRange columns = {length, 0};
    for (size_t k = slices.begin; k < slices.end; k++) {
        for (size_t j = rows.begin; j < rows.end; j++) {
            widen_columns(row_of(volume, j, k), length, &columns);
            if (columns.begin == 0 && columns.end == length) {
                return columns;
            }
        }
    }
    return columns;
}

/* From the faces inwards, so that a volume that is active everywhere is hardly read. */
static bool find_active(const Volume *volume, IndexRange active[3]) {
    IndexRange rows = {0, volume->grid.size[1]}, slices = {0, volume->grid.size[2]};
    while (slices.begin < slices.end && is_slice_zero(volume, slices.begin)) {
        slices.begin++;
    }
    if (slices.begin == slices.end) {
        return false;
    }
    while (is_slice_zero(volume, slices.end - 1)) {
        slices.end--;
    }
    while (is_row_zero(volume, slices, rows.begin)) {
        rows.begin++;
    }
    while (is_row_zero(volume, slices, rows.end - 1)) {
        rows.end--;
    }
    active[0] = find_active_columns(volume, rows, slices);
    active[1] = rows;
    active[2] = slices;
    return true;
}

/* Tiles of `size` samples along an axis; 0 if borders leave no room for results. A lone tile needs
 * one border only: what leaves it on one side comes in on the other. */
static size_t count_tiles(size_t extent, size_t reach, size_t size) {
    if (size >= extent + reach) {
        return 1;
    }
    return size > 2 * reach ? (extent + size - 2 * reach - 1) / (size - 2 * reach) : 0;
}

static void choose_sizes(TileLayout *layout, const size_t extent[2], const size_t reach[2]) {
    size_t least = SIZE_MAX;
    for (size_t n = 0; n < (size_t)N_FAST_SIZES * N_FAST_SIZES; n++) {
        const size_t size[2] = {FAST_SIZES[n % N_FAST_SIZES], FAST_SIZES[n / N_FAST_SIZES]};
        const size_t count[2] = {count_tiles(extent[0], reach[0], size[0]),
                                 count_tiles(extent[1], reach[1], size[1])};
        size_t samples = (count[0] * count[1] + 1) / 2 * size[0] * size[1];
        if (samples > 0 && samples < least) {
            least = samples;
            for (int axis = 0; axis < 2; axis++) {
                layout->size[axis] = size[axis];
                layout->count[axis] = count[axis];
            }
        }
    }
}

bool tile_layout_choose(const Volume *source, const size_t reach[3], TileLayout *layout) {
    size_t extent[3];
    *layout = (TileLayout){0};
    if (!find_active(source, layout->active)) {
        return false;
    }
    for (int axis = 0; axis < 3; axis++) {
        IndexRange active = layout->active[axis];
        size_t begin = active.begin - smaller(active.begin, reach[axis]);
        size_t end = smaller(active.end + reach[axis], source->grid.size[axis]);
        layout->domain[axis] = (IndexRange){begin, end};
        extent[axis] = end - begin;
    }
    choose_sizes(layout, extent, reach);
    for (int axis = 0; axis < 2; axis++) {
        size_t count = layout->count[axis];
        layout->block[axis] = (extent[axis] + count - 1) / count;
        layout->lead[axis] = count == 1 ? 0 : reach[axis];
    }
    return true;
}

size_t tile_layout_pair_count(const TileLayout *layout) {
    return (layout->count[0] * layout->count[1] + 1) / 2;
}

/* First voxel that the tile computes, if that lies in the domain. */
static size_t find_start(const TileLayout *layout, size_t tile, int axis) {
    size_t place = axis == 0 ? tile % layout->count[0] : tile / layout->count[0];
    return layout->domain[axis].begin + place * layout->block[axis];
}

static bool has_tile(const TileLayout *layout, size_t tile) {
    return tile < layout->count[0] * layout->count[1];
}

IndexRange tile_layout_results(const TileLayout *layout, size_t tile, int axis) {
    size_t end = layout->domain[axis].end;
    size_t start = has_tile(layout, tile) ? smaller(find_start(layout, tile, axis), end) : end;
    return (IndexRange){start, smaller(start + layout->block[axis], end)};
}

IndexRange tile_layout_inputs(const TileLayout *layout, size_t tile, int axis,
                              size_t *first_sample) {
    IndexRange seen = layout->active[axis];
    size_t lead = layout->lead[axis], start = find_start(layout, tile, axis);
    *first_sample = 0;
    if (!has_tile(layout, tile)) {
        return (IndexRange){seen.begin, seen.begin};
    }
    if (seen.begin + lead < start) {
        seen.begin = start - lead;
    }
    seen.end = smaller(seen.end, start + layout->size[axis] - lead);
    if (seen.begin >= seen.end) {
        return (IndexRange){seen.begin, seen.begin};
    }
    *first_sample = seen.begin + lead - start;
    return seen;
}
