/* Frames of a multi-frame object: on an image's grid, or spanning their own. */
#include "convert/frame_planes.h"

#include <math.h>

#include "tests/unit/convert/structure_fixtures.h"

enum { MAX_FRAMES = 6 };

/* Upright frames of 5 x 4 pixels of 2 mm at x = 10, y = 20 and the given heights. */
static FramePlanes frames_at(const double *heights, size_t count, double stated_mm,
                             double positions[MAX_FRAMES][3]) {
    for (size_t n = 0; n < count; n++) {
        positions[n][0] = 10;
        positions[n][1] = 20;
        positions[n][2] = heights[n];
    }
    return (FramePlanes){.width = 5,
                         .height = 4,
                         .row_mm = {2, 0, 0},
                         .column_mm = {0, 2, 0},
                         .slice_spacing_mm = stated_mm,
                         .count = count,
                         .positions_mm = positions};
}

static Status span(const double *heights, size_t count, double stated_mm, Grid *grid,
                   size_t slices[MAX_FRAMES], double *unevenness) {
    double positions[MAX_FRAMES][3];
    FramePlanes planes = frames_at(heights, count, stated_mm, positions);
    Error error = {0};
    return frame_planes_grid(&planes, grid, slices, unevenness, &error);
}

static void order_and_missing_slices(void) {
    Grid grid;
    size_t slices[MAX_FRAMES];
    double unevenness;
    CU_ASSERT_EQUAL(span((const double[]){9, 0, 3, 18}, 4, 0, &grid, slices, &unevenness),
                    STATUS_OK);
    CU_ASSERT_EQUAL(grid.size[2], 7);
    ASSERT_NEAR(grid.affine.m[2][2], 3, 1e-12);
    ASSERT_NEAR(grid.affine.m[2][3], 0, 1e-12);
    CU_ASSERT_EQUAL(slices[0], 3);
    CU_ASSERT_EQUAL(slices[1], 0);
    CU_ASSERT_EQUAL(slices[2], 1);
    CU_ASSERT_EQUAL(slices[3], 6);
    ASSERT_NEAR(unevenness, 0, 1e-12);
}

/* Two frames 6 mm apart with 3 mm stated: one slice between them has no frame. */
static void stated_spacing_divides_the_gap(void) {
    Grid grid;
    size_t slices[MAX_FRAMES];
    double unevenness;
    span((const double[]){0, 6}, 2, 3, &grid, slices, &unevenness);
    CU_ASSERT_EQUAL(grid.size[2], 3);
    CU_ASSERT_EQUAL(slices[1], 2);
}

/* A stated spacing that the positions contradict loses: positions are the truth. */
static void positions_go_before_the_header(void) {
    Grid grid;
    size_t slices[MAX_FRAMES];
    double unevenness;
    span((const double[]){0, 5, 10}, 3, 4, &grid, slices, &unevenness);
    CU_ASSERT_EQUAL(grid.size[2], 3);
    ASSERT_NEAR(grid.affine.m[2][2], 5, 1e-12);
}

static void frames_of_several_segments_share_planes(void) {
    Grid grid;
    size_t slices[MAX_FRAMES];
    double unevenness;
    span((const double[]){0, 2, 2, 4, 0}, 5, 2, &grid, slices, &unevenness);
    CU_ASSERT_EQUAL(grid.size[2], 3);
    CU_ASSERT_EQUAL(slices[1], slices[2]);
    CU_ASSERT_EQUAL(slices[0], slices[4]);
}

static void single_plane_needs_a_stated_spacing(void) {
    Grid grid;
    size_t slices[MAX_FRAMES];
    double unevenness;
    CU_ASSERT_EQUAL(span((const double[]){7}, 1, 2.5, &grid, slices, &unevenness), STATUS_OK);
    CU_ASSERT_EQUAL(grid.size[2], 1);
    ASSERT_NEAR(grid.affine.m[2][2], 2.5, 1e-12);
    CU_ASSERT_EQUAL(span((const double[]){7}, 1, 0, &grid, slices, &unevenness), STATUS_BAD_DATA);
}

static void uneven_frames_are_measured_or_refused(void) {
    Grid grid;
    size_t slices[MAX_FRAMES];
    double unevenness;
    CU_ASSERT_EQUAL(span((const double[]){0, 3.03, 6}, 3, 0, &grid, slices, &unevenness),
                    STATUS_OK);
    ASSERT_NEAR(unevenness, 0.03 / 2.97, 1e-9); /* off by 0.03 mm, smallest gap 2.97 mm */
    CU_ASSERT_EQUAL(span((const double[]){0, 3, 7.3}, 3, 0, &grid, slices, &unevenness),
                    STATUS_BAD_DATA);
    CU_ASSERT_EQUAL(span((const double[]){0, 1, 1e6}, 3, 0, &grid, slices, &unevenness),
                    STATUS_BAD_DATA);
}

static void shifted_frames_are_refused(void) {
    double positions[MAX_FRAMES][3];
    FramePlanes planes = frames_at((const double[]){0, 3, 6}, 3, 3, positions);
    positions[1][0] += 5;
    Grid grid;
    size_t slices[MAX_FRAMES];
    double unevenness;
    Error error = {0};
    CU_ASSERT_EQUAL(frame_planes_grid(&planes, &grid, slices, &unevenness, &error),
                    STATUS_BAD_DATA);
}

static void voxel_on_voxel_is_on_the_grid(void) {
    double positions[MAX_FRAMES][3];
    FramePlanes planes = frames_at((const double[]){6, 12}, 2, 3, positions);
    Grid grid = upright_image("a", 5, 4, 9, 2, 3, (const double[3]){10, 20, -3}).grid;
    size_t slices[MAX_FRAMES];
    CU_ASSERT_TRUE(frame_planes_on_grid(&planes, &grid, slices));
    CU_ASSERT_EQUAL(slices[0], 3);
    CU_ASSERT_EQUAL(slices[1], 5);
}

static void other_grids_are_not(void) {
    double positions[MAX_FRAMES][3];
    FramePlanes planes = frames_at((const double[]){6, 12}, 2, 3, positions);
    size_t slices[MAX_FRAMES];
    const double origin[3] = {10, 20, -3}, beside[3] = {10.5, 20, -3}, between[3] = {10, 20, -2};
    Grid wider = upright_image("a", 6, 4, 9, 2, 3, origin).grid;
    Grid coarser = upright_image("a", 5, 4, 9, 2.1, 3, origin).grid;
    Grid shifted = upright_image("a", 5, 4, 9, 2, 3, beside).grid;
    Grid unlike = upright_image("a", 5, 4, 9, 2, 3, between).grid;
    Grid shorter = upright_image("a", 5, 4, 5, 2, 3, origin).grid;
    Grid mirrored = wider;
    mirrored.size[0] = 5;
    mirrored.affine.m[0][0] = -2;
    CU_ASSERT_FALSE(frame_planes_on_grid(&planes, &wider, slices));
    CU_ASSERT_FALSE(frame_planes_on_grid(&planes, &coarser, slices));
    CU_ASSERT_FALSE(frame_planes_on_grid(&planes, &shifted, slices));
    CU_ASSERT_FALSE(frame_planes_on_grid(&planes, &unlike, slices));
    CU_ASSERT_FALSE(frame_planes_on_grid(&planes, &shorter, slices));
    CU_ASSERT_FALSE(frame_planes_on_grid(&planes, &mirrored, slices));
}

int main(void) {
    static const UnitTest tests[] = {
        {"frames are ordered, missing slices are kept", order_and_missing_slices},
        {"the stated spacing divides the gap", stated_spacing_divides_the_gap},
        {"positions go before the header", positions_go_before_the_header},
        {"frames of several segments share planes", frames_of_several_segments_share_planes},
        {"a single plane needs a stated spacing", single_plane_needs_a_stated_spacing},
        {"uneven frames are measured or refused", uneven_frames_are_measured_or_refused},
        {"shifted frames are refused", shifted_frames_are_refused},
        {"voxel on voxel is on the grid", voxel_on_voxel_is_on_the_grid},
        {"other grids are not", other_grids_are_not},
    };
    return suite_run("convert/frame_planes", tests, sizeof tests / sizeof tests[0]);
}
