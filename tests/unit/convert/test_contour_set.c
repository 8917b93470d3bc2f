/* Contours against slices: which image they lie on, upright and oblique. */
#include "convert/contour_set.h"

#include <math.h>

#include "tests/unit/convert/structure_fixtures.h"

enum { N_CONTOURS = 3, N_CORNERS = 4 };

/* A 10 x 6 mm rectangle at each of three heights, in the frame of `affine` (index units). */
static void rectangles(const Affine *affine, const double heights[N_CONTOURS],
                       double points[N_CONTOURS * N_CORNERS][3], size_t starts[N_CONTOURS + 1],
                       ContourSet *set) {
    static const double corners[N_CORNERS][2] = {
        {4.5, 4.5}, {14.5, 4.5}, {14.5, 10.5}, {4.5, 10.5}};
    for (size_t c = 0; c < N_CONTOURS; c++) {
        starts[c] = c * N_CORNERS;
        for (size_t n = 0; n < N_CORNERS; n++) {
            double index[3] = {corners[n][0], corners[n][1], heights[c]};
            affine_apply(affine, index, points[c * N_CORNERS + n]);
        }
    }
    starts[N_CONTOURS] = N_CONTOURS * N_CORNERS;
    *set = (ContourSet){.points_mm = points,
                        .n_points = N_CONTOURS * N_CORNERS,
                        .starts = starts,
                        .n_contours = N_CONTOURS};
}

static ContourFit fit_of(const Grid *grid, const double heights[N_CONTOURS]) {
    double points[N_CONTOURS * N_CORNERS][3];
    size_t starts[N_CONTOURS + 1];
    ContourSet set;
    ContourFit fit = {0};
    Error error = {0};
    rectangles(&grid->affine, heights, points, starts, &set);
    CU_ASSERT_EQUAL(contour_set_fit(&set, grid, &fit, &error), STATUS_OK);
    return fit;
}

static Grid upright(void) {
    return upright_image("a", 20, 20, 10, 1, 3, (const double[3]){5, -7, 11}).grid;
}

/* Tilted by 0.3 rad about x and 0.2 rad about z, voxels of 0.8 x 0.8 x 5 mm. */
static Grid oblique(void) {
    Affine rotation = affine_from_rigid((const double[3]){0.3, 0, 0.2}, (const double[3]){5, 6, 7},
                                        (const double[3]){0, 0, 0});
    Affine scale = {{{0.8, 0, 0, 0}, {0, 0.8, 0, 0}, {0, 0, 5, 0}, {0, 0, 0, 1}}};
    return (Grid){.size = {20, 20, 10}, .affine = affine_compose(&rotation, &scale)};
}

static void contours_in_slices_fit(void) {
    Grid grid = upright();
    ContourFit fit = fit_of(&grid, (const double[]){2, 3, 4});
    CU_ASSERT_TRUE(fit.is_on_grid);
    ASSERT_NEAR(fit.distance_mm, 0, 1e-9); /* rounding */
    ASSERT_NEAR(fit.gap_slices, 1, 1e-9);
}

static void distance_is_in_millimetres(void) {
    Grid grid = upright();
    ContourFit fit = fit_of(&grid, (const double[]){2, 3.1, 4});
    CU_ASSERT_TRUE(fit.is_on_grid);
    ASSERT_NEAR(fit.distance_mm, 0.3, 1e-9); /* 0.1 of 3 mm */
}

static void two_planes_in_one_slice_do_not_fit(void) {
    Grid grid = upright();
    CU_ASSERT_FALSE(fit_of(&grid, (const double[]){1.8, 2.2, 3}).is_on_grid);
}

static void several_contours_in_one_plane_fit(void) {
    Grid grid = upright();
    CU_ASSERT_TRUE(fit_of(&grid, (const double[]){2, 2, 3}).is_on_grid);
}

static void contours_outside_do_not_fit(void) {
    Grid grid = upright();
    CU_ASSERT_FALSE(fit_of(&grid, (const double[]){8, 9, 10}).is_on_grid);
    CU_ASSERT_FALSE(fit_of(&grid, (const double[]){-1, 0, 1}).is_on_grid);
    grid.size[0] = 12; /* the rectangle ends at 14.5 */
    CU_ASSERT_FALSE(fit_of(&grid, (const double[]){2, 3, 4}).is_on_grid);
}

/* The rectangles end at 14.5, 10.5; an image of n columns at n - 0.5. */
static void distance_beyond_the_edge_is_in_millimetres(void) {
    Grid grid = oblique(); /* 0.8 mm */
    grid.size[0] = 12;
    ContourFit fit = fit_of(&grid, (const double[]){2, 3, 4});
    CU_ASSERT_FALSE(fit.is_on_grid);
    ASSERT_NEAR(fit.beyond_mm, 3 * 0.8, 1e-9);
    CU_ASSERT_FALSE(fit_of(&grid, (const double[]){8, 9, 10}).beyond_mm > 0); /* off the slices */
    grid = upright();
    grid.size[0] = 14; /* a voxel too far is let through */
    fit = fit_of(&grid, (const double[]){2, 3, 4});
    CU_ASSERT_TRUE(fit.is_on_grid);
    ASSERT_NEAR(fit.beyond_mm, 0, 0);
}

static void sparse_contours_show_their_gap(void) {
    Grid grid = upright();
    ContourFit fit = fit_of(&grid, (const double[]){2, 4, 8});
    CU_ASSERT_TRUE(fit.is_on_grid);
    ASSERT_NEAR(fit.gap_slices, 2, 1e-9);
}

static void contours_across_slices_do_not_fit(void) {
    Grid drawn_on = oblique(), other = upright();
    double points[N_CONTOURS * N_CORNERS][3];
    size_t starts[N_CONTOURS + 1];
    ContourSet set;
    ContourFit fit;
    Error error = {0};
    rectangles(&drawn_on.affine, (const double[]){2, 3, 4}, points, starts, &set);
    contour_set_fit(&set, &other, &fit, &error);
    CU_ASSERT_FALSE(fit.is_on_grid);
}

/* Oblique as upright: 10 x 6 voxel centres in each of three slices. */
static void oblique_contours_fill_their_slices(void) {
    Grid grid = oblique();
    double points[N_CONTOURS * N_CORNERS][3];
    size_t starts[N_CONTOURS + 1];
    ContourSet set;
    LabelMap map;
    Error error = {0};
    rectangles(&grid.affine, (const double[]){2, 3, 4}, points, starts, &set);
    CU_ASSERT_EQUAL(contour_set_rasterise(&set, &grid, &map, &error), STATUS_OK);
    CU_ASSERT_EQUAL(label_map_count(&map, 1), 3 * 10 * 6);
    CU_ASSERT_EQUAL(map.labels[(2 * 20 + 5) * 20 + 5], 1);
    CU_ASSERT_EQUAL(map.labels[(4 * 20 + 10) * 20 + 14], 1);
    CU_ASSERT_EQUAL(map.labels[(5 * 20 + 5) * 20 + 5], 0);
    label_map_free(&map);
}

int main(void) {
    static const UnitTest tests[] = {
        {"contours in slices fit", contours_in_slices_fit},
        {"the distance is in millimetres", distance_is_in_millimetres},
        {"two planes in one slice do not fit", two_planes_in_one_slice_do_not_fit},
        {"several contours in one plane fit", several_contours_in_one_plane_fit},
        {"contours outside do not fit", contours_outside_do_not_fit},
        {"the distance beyond the edge is in millimetres",
         distance_beyond_the_edge_is_in_millimetres},
        {"sparse contours show their gap", sparse_contours_show_their_gap},
        {"contours across slices do not fit", contours_across_slices_do_not_fit},
        {"oblique contours fill their slices", oblique_contours_fill_their_slices},
    };
    return suite_run("convert/contour_set", tests, sizeof tests / sizeof tests[0]);
}
