/* Moved outlines: layers counted by hand, and spheres against their closed form. */
#include "segment/contour_band.h"
#include "tests/unit/suite.h"

#include <math.h>

static Error error;

#define OK(call) CU_ASSERT_EQUAL_FATAL((call), STATUS_OK)

static Grid make_grid(size_t side, double x_mm, double y_mm, double z_mm) {
    Grid grid = {.size = {side, side, side}, .affine = affine_identity()};
    grid.affine.m[0][0] = x_mm;
    grid.affine.m[1][1] = y_mm;
    grid.affine.m[2][2] = z_mm;
    return grid;
}

/* A block of side `count` voxels that begins at index `first` along every axis. */
static LabelMap make_block(const Grid *grid, size_t first, size_t count) {
    LabelMap mask;
    OK(label_map_create(grid, &mask, &error));
    size_t side = grid->size[0];
    for (size_t k = first; k < first + count; k++) {
        for (size_t j = first; j < first + count; j++) {
            for (size_t i = first; i < first + count; i++) {
                mask.labels[(k * side + j) * side + i] = 1;
            }
        }
    }
    return mask;
}

static double moved_ml(const LabelMap *mask, double shift_mm) {
    LabelMap moved;
    size_t voxels;
    OK(contour_band_move(mask, shift_mm, &moved, &voxels, &error));
    if (moved.labels == NULL) {
        return 0;
    }
    CU_ASSERT_EQUAL(label_map_count(&moved, 1), voxels);
    double volume_ml = (double)voxels * grid_voxel_volume_ml(&moved.grid);
    label_map_free(&moved);
    return volume_ml;
}

/* A cube of 10 mm. Grown by s its volume is that with slabs on the faces, quarter tubes along the
 * edges and eighths of a sphere at the corners. */
static void a_cube_moves_by_the_shift(void) {
    Grid grid = make_grid(12, 2, 2, 2);
    LabelMap block = make_block(&grid, 3, 5);
    ASSERT_NEAR(moved_ml(&block, -2), 0.216, 1e-12); /* whole layers: 6 mm are left */
    ASSERT_NEAR(moved_ml(&block, -4), 0.008, 1e-12);
    ASSERT_NEAR(moved_ml(&block, -6), 0, 0);
    ASSERT_NEAR(moved_ml(&block, 0), 1, 1e-12);
    double grown = 1000 + 6 * 100 * 2 + 12 * 10 * M_PI / 4 * 4 + 4. / 3 * M_PI * 8;
    /* edges and corners, a fifth of it, are made of parts of half the shift */
    ASSERT_NEAR(moved_ml(&block, 2), grown / 1000, 0.04 * grown / 1000);
    label_map_free(&block);
}

static void the_edge_of_the_grid_is_no_edge(void) {
    Grid grid = make_grid(5, 2, 2, 2);
    LabelMap block = make_block(&grid, 0, 5); /* fills its grid */
    ASSERT_NEAR(moved_ml(&block, -2), 0.216, 1e-12);
    CU_ASSERT(moved_ml(&block, 2) > 2.2); /* 1 mL and 1.2 mL on the faces */
    label_map_free(&block);
}

/* Voxels of 4.17 x 4.17 x 2.03 mm, moved by their mean edge of 3.28 mm. */
static void unequal_edges_move_by_the_same(void) {
    Grid grid = make_grid(12, 4.17, 4.17, 2.03);
    LabelMap block = make_block(&grid, 3, 6);
    const double shift = cbrt(4.17 * 4.17 * 2.03);
    double left_ml = pow(6 * 4.17 - 2 * shift, 2) * (6 * 2.03 - 2 * shift) / 1000;
    double error_mm = 4.17 / 4 / 2; /* half a part */
    double more_ml =
        pow(6 * 4.17 - 2 * (shift - error_mm), 2) * (6 * 2.03 - 2 * (shift - error_mm)) / 1000;
    ASSERT_NEAR(moved_ml(&block, -shift), left_ml, more_ml - left_ml);
    label_map_free(&block);
}

static void the_moved_mask_stays_in_place(void) {
    Grid grid = make_grid(12, 2, 3, 4);
    grid.affine.m[0][3] = -50;
    LabelMap block = make_block(&grid, 4, 3), moved;
    for (int sign = -1; sign <= 1; sign += 2) {
        size_t voxels, n = 0;
        double sum[3] = {0, 0, 0};
        OK(contour_band_move(&block, sign * 2.1, &moved, &voxels, &error));
        for (size_t k = 0; k < moved.grid.size[2]; k++) {
            for (size_t j = 0; j < moved.grid.size[1]; j++) {
                for (size_t i = 0; i < moved.grid.size[0]; i++, n++) {
                    double at[3] = {(double)i, (double)j, (double)k};
                    affine_apply(&moved.grid.affine, at, at);
                    for (int axis = 0; axis < 3; axis++) {
                        sum[axis] += moved.labels[n] == 1 ? at[axis] / (double)voxels : 0;
                    }
                }
            }
        }
        /* the block's middle voxel has index 5 */
        ASSERT_NEAR(sum[0], -50 + 10, 1e-9);
        ASSERT_NEAR(sum[1], 15, 1e-9);
        ASSERT_NEAR(sum[2], 20, 1e-9);
        label_map_free(&moved);
    }
    label_map_free(&block);
}

/* A sphere of radius R moved by s has the volume 4 pi (R + s)^3 / 3. */
static void spheres_keep_their_shape(void) {
    enum { SIDE = 61 };
    Grid grid = make_grid(SIDE, 1, 1, 1);
    LabelMap sphere;
    OK(label_map_create(&grid, &sphere, &error));
    const double radius = 18.3;
    for (size_t n = 0; n < grid_voxel_count(&grid); n++) {
        double x = (double)(n % SIDE) - 30, y = (double)(n / SIDE % SIDE) - 30;
        double z = (double)(n / SIDE / SIDE) - 30;
        sphere.labels[n] = x * x + y * y + z * z <= radius * radius;
    }
    const double shifts[] = {-8, -4.2, -2.74, 2.74, 4.2, 8};
    for (size_t s = 0; s < sizeof shifts / sizeof *shifts; s++) {
        double moved_mm = cbrt(1000 * moved_ml(&sphere, shifts[s]) * 0.75 / M_PI) - radius;
        /* centres lie anywhere between 0 and sqrt(3) / 2 voxel from the surface */
        ASSERT_NEAR(moved_mm, shifts[s], 0.25);
    }
    label_map_free(&sphere);
}

static void nothing_stays_nothing(void) {
    Grid grid = make_grid(4, 1, 1, 1);
    LabelMap mask;
    OK(label_map_create(&grid, &mask, &error));
    ASSERT_NEAR(moved_ml(&mask, 2), 0, 0);
    ASSERT_NEAR(moved_ml(&mask, -2), 0, 0);
    label_map_free(&mask);
}

int main(void) {
    static const UnitTest tests[] = {
        {"a cube moves by the shift", a_cube_moves_by_the_shift},
        {"unequal edges move by the same", unequal_edges_move_by_the_same},
        {"the edge of the grid is no edge of the lesion", the_edge_of_the_grid_is_no_edge},
        {"the moved mask stays in place", the_moved_mask_stays_in_place},
        {"nothing stays nothing", nothing_stays_nothing},
        {"spheres keep their shape", spheres_keep_their_shape},
    };
    return suite_run("segment/contour_band", tests, sizeof tests / sizeof *tests);
}
