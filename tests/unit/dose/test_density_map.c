/* Densities of PET voxels from a CT: means of densities, any orientation, edges, holes, air. */
#include "dose/density_map.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/suite.h"

static const DoseConfig CONFIG = {
    .density_g_ml = 1.06, .min_density_g_ml = 0.05, .hu_curve = {-1000, 0.0012, 0, 1.0, 1000, 1.6}};

static Grid make_grid(size_t nx, size_t ny, size_t nz, double spacing_mm, double first_mm) {
    Grid grid = {{nx, ny, nz}, affine_identity()};
    for (int axis = 0; axis < 3; axis++) {
        grid.affine.m[axis][axis] = spacing_mm;
        grid.affine.m[axis][3] = first_mm;
    }
    return grid;
}

/* A cube of CT voxels of 1 mm whose corner is at 0 mm. */
static Volume make_ct(size_t n, float hu) {
    Volume ct;
    Error error = {0};
    Grid grid = make_grid(n, n, n, 1.0, 0.5);
    CU_ASSERT_EQUAL_FATAL(volume_create(&grid, &ct, &error), STATUS_OK);
    for (size_t v = 0; v < n * n * n; v++) {
        ct.voxels[v] = hu;
    }
    return ct;
}

static DensityMap make_map(const Volume *ct, const Grid *grid, const Affine *grid_to_ct) {
    DensityMap map;
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(density_map_from_ct(ct, grid, grid_to_ct, &CONFIG, &map, &error),
                          STATUS_OK);
    return map;
}

/* Air and bone in turns: half of each by volume has (0.0012 + 1.6) / 2 g/mL. The mean CT number, 0
 * HU, would be water. Also where CT voxels lie across the borders of the PET's. */
static void test_mean_of_densities(void) {
    Volume ct = make_ct(24, 0.0f);
    const Affine same = affine_identity();
    for (size_t v = 0; v < 24 * 24 * 24; v++) {
        ct.voxels[v] = (v % 24 + v / 24 % 24 + v / 576) % 2 == 0 ? -1000.0f : 1000.0f;
    }
    for (int half = 0; half < 2; half++) {
        Grid grid = make_grid(5, 5, 5, 4.0, 2.0 + 0.5 * half);
        DensityMap map = make_map(&ct, &grid, &same);
        for (size_t v = 0; v < 125; v++) {
            ASSERT_NEAR(map.density_g_ml.voxels[v], 0.8006, 1e-6);
        }
        density_map_free(&map);
    }
    volume_free(&ct);
}

/* CT layers of 1 mm, PET of 2.5 mm: a PET voxel has two whole layers and half of a third. Parts of
 * half a layer count that exactly; parts as long as a layer, three of 0.83 mm, would not. */
static void test_parts_of_layers(void) {
    Volume ct = make_ct(10, 0.0f);
    const Affine same = affine_identity();
    const Grid grid = make_grid(4, 4, 4, 2.5, 1.25);
    for (size_t v = 0; v < 1000; v++) {
        ct.voxels[v] = v % 10 == 2 ? 1000.0f : 0.0f; /* bone from 2 to 3 mm */
    }
    DensityMap map = make_map(&ct, &grid, &same);
    /* 0 to 2.5 mm: half a millimetre of bone in 2.5; likewise 2.5 to 5. Five parts of 0.5 mm. */
    ASSERT_NEAR(map.density_g_ml.voxels[0], 1.0 + 0.6 * 0.2, 1e-6);
    ASSERT_NEAR(map.density_g_ml.voxels[1], 1.0 + 0.6 * 0.2, 1e-6);
    ASSERT_NEAR(map.density_g_ml.voxels[2], 1.0, 1e-6);
    density_map_free(&map);
    volume_free(&ct);
}

/* CT numbers that rise by 8 HU/mm in a slanted direction, below water: density is linear in
 * position, so the mean over a PET voxel is the density at its centre. The CT's axes are turned,
 * and the PET's space is turned and shifted against the CT's. */
static void test_turned_ct(void) {
    static const double slope[3] = {6.0, -4.0, 3.0}, turn_ct[3] = {0.3, -0.2, 0.5},
                        turn[3] = {-0.1, 0.25, 0.4}, shift[3] = {7.0, -3.0, 5.0}, origin[3] = {0};
    Volume ct = make_ct(64, 0.0f);
    const Affine turned = affine_from_rigid(turn_ct, origin, origin);
    const Affine grid_to_ct = affine_from_rigid(turn, shift, origin);
    for (int axis = 0; axis < 3; axis++) {
        ct.grid.affine.m[axis][3] = -31.5; /* centred */
    }
    ct.grid.affine = affine_compose(&turned, &ct.grid.affine);
    for (size_t v = 0; v < 64 * 64 * 64; v++) {
        double mm[3] = {(double)(v % 64), (double)(v / 64 % 64), (double)(v / 4096)};
        affine_apply(&ct.grid.affine, mm, mm);
        ct.voxels[v] = (float)(-500.0 + slope[0] * mm[0] + slope[1] * mm[1] + slope[2] * mm[2]);
    }
    const Grid grid = make_grid(6, 6, 6, 4.0, -10.0);
    DensityMap map = make_map(&ct, &grid, &grid_to_ct);
    ASSERT_NEAR(map.uncovered_fraction, 0.0, 0.0);
    for (size_t v = 0; v < 216; v++) {
        double mm[3] = {(double)(v % 6), (double)(v / 6 % 6), (double)(v / 36)};
        affine_apply(&grid.affine, mm, mm);
        affine_apply(&grid_to_ct, mm, mm);
        double hu = -500.0 + slope[0] * mm[0] + slope[1] * mm[1] + slope[2] * mm[2];
        /* The CT is a staircase of 8 HU steps of which 512 are averaged; 1 HU is 0.001 g/mL. */
        ASSERT_NEAR(map.density_g_ml.voxels[v], 0.0012 + 0.9988 * (hu + 1000) / 1000, 1e-3);
    }
    density_map_free(&map);
    volume_free(&ct);
}

/* The CT ends 0.4 and then 0.6 of the way through the third PET voxel along i. */
static void test_partly_outside(void) {
    const Affine same = affine_identity();
    for (int is_more = 0; is_more < 2; is_more++) {
        Volume ct = make_ct(20, -500.0f);
        Grid grid = make_grid(4, 2, 2, 8.0, 4.0);
        grid.affine.m[0][3] = is_more ? 3.2 : 4.8;
        DensityMap map = make_map(&ct, &grid, &same);
        const float *density = map.density_g_ml.voxels;
        ASSERT_NEAR(density[1], 0.5006, 1e-6);
        ASSERT_NEAR(density[2], is_more ? 0.5006 : 1.06, 1e-6);
        ASSERT_NEAR(density[3], 1.06, 1e-6);
        ASSERT_NEAR(map.uncovered_fraction, is_more ? 0.25 : 0.5, 1e-12);
        density_map_free(&map);
        volume_free(&ct);
    }
}

/* NaN outside the CT's round field of view; infinity is not a CT number either. */
static void test_holes_in_ct(void) {
    Volume ct = make_ct(16, 0.0f);
    const Affine same = affine_identity();
    const Grid grid = make_grid(4, 4, 4, 4.0, 2.0);
    for (size_t v = 0; v < 16 * 16 * 16; v++) {
        size_t i = v % 16;
        ct.voxels[v] = i < 4 ? NAN : i < 5 ? INFINITY : i < 8 ? 1000.0f : 0.0f;
    }
    DensityMap map = make_map(&ct, &grid, &same);
    ASSERT_NEAR(map.density_g_ml.voxels[0], 1.06, 1e-6);
    ASSERT_NEAR(map.density_g_ml.voxels[1], 1.6, 1e-6); /* of the three quarters that are known */
    ASSERT_NEAR(map.density_g_ml.voxels[2], 1.0, 1e-6);
    ASSERT_NEAR(map.uncovered_fraction, 0.25, 1e-12);
    density_map_free(&map);
    volume_free(&ct);
}

/* Air alone, and air with 1/32 of water in it (0.0324 g/mL), are raised; lung at 0.25 is not. */
static void test_air_is_raised(void) {
    Volume ct = make_ct(16, -1000.0f);
    const Affine same = affine_identity();
    const Grid grid = make_grid(4, 4, 4, 4.0, 2.0);
    for (size_t v = 0; v < 16 * 16 * 16; v++) {
        size_t i = v % 16, j = v / 16 % 16, k = v / 256;
        ct.voxels[v] = i >= 8                                             ? -750.0f
                       : i >= 4 && i % 4 == 0 && j % 4 == 0 && k % 2 == 0 ? 0.0f
                                                                          : -1000.0f;
    }
    DensityMap map = make_map(&ct, &grid, &same);
    ASSERT_NEAR(map.density_g_ml.voxels[0], 0.05, 1e-7);
    ASSERT_NEAR(map.density_g_ml.voxels[1], 0.05, 1e-7);
    ASSERT_NEAR(map.density_g_ml.voxels[2], 0.2509, 1e-6);
    ASSERT_NEAR(map.raised_fraction, 0.5, 1e-12);
    density_map_free(&map);
    volume_free(&ct);
}

/* A CT coarser than the PET gives the CT voxel that holds the PET's. */
static void test_coarse_ct(void) {
    Volume ct = make_ct(3, 0.0f);
    const Affine same = affine_identity();
    const Grid grid = make_grid(12, 12, 12, 0.25, 0.125);
    for (size_t v = 0; v < 27; v++) {
        ct.voxels[v] = v % 3 == 1 ? 500.0f : 0.0f;
    }
    DensityMap map = make_map(&ct, &grid, &same);
    for (size_t i = 0; i < 12; i++) {
        ASSERT_NEAR(map.density_g_ml.voxels[i], i / 4 == 1 ? 1.3 : 1.0, 1e-6);
    }
    density_map_free(&map);
    volume_free(&ct);
}

static void test_threads_do_not_matter(void) {
    static const double turn[3] = {0.1, 0.2, 0.3}, origin[3] = {0};
    Volume ct = make_ct(20, 0.0f);
    const Affine grid_to_ct = affine_from_rigid(turn, origin, origin);
    const Grid grid = make_grid(8, 8, 8, 3.1, 1.0);
    for (size_t v = 0; v < 8000; v++) {
        ct.voxels[v] = (float)(v * 7919 % 2000) - 1000.0f;
    }
    int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    DensityMap one = make_map(&ct, &grid, &grid_to_ct);
    omp_set_num_threads(3);
    DensityMap three = make_map(&ct, &grid, &grid_to_ct);
    omp_set_num_threads(threads);
    CU_ASSERT_EQUAL(memcmp(one.density_g_ml.voxels, three.density_g_ml.voxels, 512 * sizeof(float)),
                    0);
    CU_ASSERT_TRUE(one.uncovered_fraction == three.uncovered_fraction &&
                   one.uncovered_fraction > 0.0 && one.uncovered_fraction < 1.0);
    density_map_free(&one);
    density_map_free(&three);
    volume_free(&ct);
}

static void test_bad_input(void) {
    Volume ct = make_ct(4, 0.0f);
    const Affine same = affine_identity();
    const Grid grid = make_grid(2, 2, 2, 2.0, 1.0);
    DensityMap map;
    Error error = {0};
    DoseConfig config = CONFIG;
    config.hu_curve.water_hu = -2000;
    CU_ASSERT_EQUAL(density_map_from_ct(&ct, &grid, &same, &config, &map, &error), STATUS_CONFIG);
    CU_ASSERT_PTR_NULL(map.density_g_ml.voxels);
    config = CONFIG;
    config.min_density_g_ml = 0.0;
    CU_ASSERT_EQUAL(density_map_from_ct(&ct, &grid, &same, &config, &map, &error), STATUS_CONFIG);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "dose.min_density_g_ml"));
    ct.grid.affine.m[0][0] = 0.0;
    CU_ASSERT_EQUAL(density_map_from_ct(&ct, &grid, &same, &CONFIG, &map, &error), STATUS_BAD_DATA);
    density_map_free(&map);
    density_map_free(NULL);
    volume_free(&ct);
}

int main(void) {
    static const UnitTest tests[] = {
        {"densities are averaged, not CT numbers", test_mean_of_densities},
        {"CT voxels across a border count by their parts", test_parts_of_layers},
        {"a turned and shifted CT is found where it is", test_turned_ct},
        {"outside the CT density is uniform, and said", test_partly_outside},
        {"holes in the CT do not count", test_holes_in_ct},
        {"air is raised to the least density, and said", test_air_is_raised},
        {"a coarse CT is looked up", test_coarse_ct},
        {"threads do not matter", test_threads_do_not_matter},
        {"bad input is an error", test_bad_input},
    };
    return suite_run("density map", tests, sizeof tests / sizeof *tests);
}
