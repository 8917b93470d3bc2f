/* Tiles: every result once, every input that a result needs, and no sample outside the tile. */
#include "dose/convolve_tiles.h"

#include <stdlib.h>

#include "tests/unit/suite.h"

static void make_volume(const size_t size[3], const IndexRange active[3], Volume *volume) {
    Error error = {0};
    Grid grid = {{size[0], size[1], size[2]}, affine_identity()};
    CU_ASSERT_EQUAL_FATAL(volume_create(&grid, volume, &error), STATUS_OK);
    for (size_t corner = 0; corner < 8; corner++) {
        size_t at[3];
        for (int axis = 0; axis < 3; axis++) {
            at[axis] = corner >> axis & 1 ? active[axis].end - 1 : active[axis].begin;
        }
        volume->voxels[at[0] + size[0] * (at[1] + size[1] * at[2])] = corner % 2 ? 1.0f : -1.0f;
    }
}

static size_t tile_count(const TileLayout *layout) {
    return layout->count[0] * layout->count[1];
}

/* What the sample that a result takes, and those a reach around it, must hold. */
static bool is_complete_along(const TileLayout *layout, size_t tile, int axis, size_t reach) {
    size_t first_sample;
    IndexRange results = tile_layout_results(layout, tile, axis);
    IndexRange inputs = tile_layout_inputs(layout, tile, axis, &first_sample);
    IndexRange active = layout->active[axis];
    bool is_fine = first_sample + inputs.end - inputs.begin <= layout->size[axis] &&
                   layout->lead[axis] + results.end - results.begin <= layout->size[axis];
    for (size_t r = results.begin; r < results.end; r++) {
        for (size_t v = active.begin; v < active.end; v++) {
            bool is_near = v + reach >= r && v <= r + reach;
            bool is_seen = v >= inputs.begin && v < inputs.end;
            long apart = (long)(first_sample + v - inputs.begin) -
                         (long)(layout->lead[axis] + r - results.begin);
            long wrapped =
                apart < 0 ? apart + (long)layout->size[axis] : apart - (long)layout->size[axis];
            is_fine = is_fine && (!is_near || is_seen);
            is_fine = is_fine && (!is_seen || apart == (long)v - (long)r);
            is_fine = is_fine && (!is_seen || labs(wrapped) > (long)reach);
        }
    }
    return is_fine;
}

static bool is_each_result_once(const TileLayout *layout) {
    size_t n[2], covered = 0;
    for (int axis = 0; axis < 2; axis++) {
        n[axis] = layout->domain[axis].end - layout->domain[axis].begin;
    }
    unsigned char *times = calloc(n[0] * n[1], 1);
    CU_ASSERT_FATAL(times != NULL);
    for (size_t tile = 0; tile < tile_count(layout); tile++) {
        IndexRange x = tile_layout_results(layout, tile, 0);
        IndexRange y = tile_layout_results(layout, tile, 1);
        for (size_t j = y.begin; j < y.end; j++) {
            for (size_t i = x.begin; i < x.end; i++) {
                times[i - layout->domain[0].begin + n[0] * (j - layout->domain[1].begin)]++;
            }
        }
    }
    for (size_t v = 0; v < n[0] * n[1]; v++) {
        covered += times[v] == 1;
    }
    free(times);
    return covered == n[0] * n[1];
}

static void check_layout(const size_t size[3], const IndexRange active[3], const size_t reach[3]) {
    Volume volume;
    TileLayout layout;
    make_volume(size, active, &volume);
    CU_ASSERT_TRUE_FATAL(tile_layout_choose(&volume, reach, &layout));
    for (int axis = 0; axis < 3; axis++) {
        CU_ASSERT_EQUAL(layout.active[axis].begin, active[axis].begin);
        CU_ASSERT_EQUAL(layout.active[axis].end, active[axis].end);
    }
    CU_ASSERT_TRUE(is_each_result_once(&layout));
    CU_ASSERT_EQUAL(tile_layout_pair_count(&layout), (tile_count(&layout) + 1) / 2);
    for (size_t tile = 0; tile < tile_count(&layout); tile++) {
        CU_ASSERT_TRUE(is_complete_along(&layout, tile, 0, reach[0]));
        CU_ASSERT_TRUE(is_complete_along(&layout, tile, 1, reach[1]));
    }
    volume_free(&volume);
}

static void test_whole_volumes(void) {
    static const size_t extents[] = {1, 2, 15, 16, 100, 131, 192, 250, 344, 513};
    static const size_t reaches[] = {1, 4, 13, 64};
    for (size_t e = 0; e < sizeof extents / sizeof *extents; e++) {
        for (size_t r = 0; r < sizeof reaches / sizeof *reaches; r++) {
            size_t nx = extents[e], ny = extents[(e + 3) % 10];
            check_layout((const size_t[]){nx, ny, 1},
                         (const IndexRange[]){{0, nx}, {0, ny}, {0, 1}},
                         (const size_t[]){reaches[r], reaches[3 - r], 2});
        }
    }
}

static void test_boxes(void) {
    check_layout((const size_t[]){90, 80, 20}, (const IndexRange[]){{30, 40}, {1, 79}, {3, 9}},
                 (const size_t[]){6, 5, 4});
    check_layout((const size_t[]){400, 30, 9}, (const IndexRange[]){{0, 7}, {29, 30}, {8, 9}},
                 (const size_t[]){3, 3, 3});
    check_layout((const size_t[]){400, 300, 9}, (const IndexRange[]){{3, 390}, {5, 222}, {0, 1}},
                 (const size_t[]){9, 4, 3});
}

static void test_domain(void) {
    const IndexRange active[3] = {{30, 40}, {1, 79}, {3, 9}};
    Volume volume;
    TileLayout layout;
    make_volume((const size_t[]){90, 80, 20}, active, &volume);
    CU_ASSERT_TRUE_FATAL(tile_layout_choose(&volume, (const size_t[]){6, 5, 4}, &layout));
    const IndexRange expected[3] = {{24, 46}, {0, 80}, {0, 13}};
    for (int axis = 0; axis < 3; axis++) {
        CU_ASSERT_EQUAL(layout.domain[axis].begin, expected[axis].begin);
        CU_ASSERT_EQUAL(layout.domain[axis].end, expected[axis].end);
    }
    volume_free(&volume);
}

static void test_no_activity(void) {
    Error error = {0};
    Grid grid = {{5, 4, 3}, affine_identity()};
    Volume volume;
    TileLayout layout;
    CU_ASSERT_EQUAL_FATAL(volume_create(&grid, &volume, &error), STATUS_OK);
    CU_ASSERT_FALSE(tile_layout_choose(&volume, (const size_t[]){1, 1, 1}, &layout));
    volume_free(&volume);
}

int main(void) {
    static const UnitTest tests[] = {
        {"tiles give each result once and see all it needs", test_whole_volumes},
        {"so do tiles of a box", test_boxes},
        {"the domain is the box and the kernel's reach", test_domain},
        {"a volume of zeros has no layout", test_no_activity},
    };
    return suite_run("convolve_tiles", tests, sizeof tests / sizeof *tests);
}
