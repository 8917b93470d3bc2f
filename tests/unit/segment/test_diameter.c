/* Diameters of small masks, against distances worked out by hand and against every pair of
 * voxels. */
#include "segment/diameter.h"
#include "tests/unit/suite.h"

#include <math.h>
#include <stdlib.h>

static LabelMap new_mask(size_t ni, size_t nj, size_t nk, const double spacing[3]) {
    Grid grid = {.size = {ni, nj, nk}, .affine = affine_identity()};
    for (int axis = 0; axis < 3; axis++) {
        grid.affine.m[axis][axis] = spacing[axis];
    }
    LabelMap mask;
    Error error;
    CU_ASSERT_EQUAL_FATAL(label_map_create(&grid, &mask, &error), STATUS_OK);
    return mask;
}

static void set_voxel(LabelMap *mask, size_t i, size_t j, size_t k) {
    mask->labels[(k * mask->grid.size[1] + j) * mask->grid.size[0] + i] = 1;
}

static Diameters measure(const LabelMap *mask, double reach) {
    Diameters diameters;
    Error error;
    CU_ASSERT_EQUAL(diameter_measure(mask, 1, reach, &diameters, &error), STATUS_OK);
    return diameters;
}

static const double millimetres[3] = {1, 2, 3};

static void one_voxel_is_two_reaches_long(void) {
    LabelMap mask = new_mask(3, 3, 3, millimetres);
    set_voxel(&mask, 1, 1, 1);
    Diameters faces = measure(&mask, DIAMETER_REACH_IBSI);
    ASSERT_NEAR(faces.longest_3d_mm, 3, 1e-12);
    ASSERT_NEAR(faces.longest_axial_mm, 2, 1e-12);
    ASSERT_NEAR(measure(&mask, 0).longest_3d_mm, 0, 0);
    ASSERT_NEAR(measure(&mask, DIAMETER_REACH_DEFAULT).longest_3d_mm, 1.5, 1e-12);
    label_map_free(&mask);
}

static void a_row_is_as_long_as_its_voxels(void) {
    LabelMap mask = new_mask(9, 3, 3, millimetres);
    for (size_t i = 2; i < 7; i++) {
        set_voxel(&mask, i, 1, 1);
    }
    ASSERT_NEAR(measure(&mask, 0).longest_3d_mm, 4, 1e-12);
    ASSERT_NEAR(measure(&mask, DIAMETER_REACH_IBSI).longest_axial_mm, 5, 1e-12);
    label_map_free(&mask);
}

static void slices_are_taken_one_by_one(void) {
    LabelMap mask = new_mask(5, 5, 5, millimetres);
    set_voxel(&mask, 0, 0, 0);
    set_voxel(&mask, 4, 4, 4); /* far, but in another slice */
    set_voxel(&mask, 3, 4, 4);
    Diameters diameters = measure(&mask, 0);
    ASSERT_NEAR(diameters.longest_3d_mm, sqrt(16 + 64 + 144), 1e-12);
    ASSERT_NEAR(diameters.longest_axial_mm, 1, 1e-12);
    label_map_free(&mask);
}

static void an_empty_mask_has_no_length(void) {
    LabelMap mask = new_mask(2, 2, 2, millimetres);
    ASSERT_NEAR(measure(&mask, DIAMETER_REACH_DEFAULT).longest_3d_mm, 0, 0);
    label_map_free(&mask);
}

/* Largest distance between boundary points of any two voxels, every point tried. */
static double every_pair(const LabelMap *mask, double reach, int n_axes, int same_slice) {
    const size_t *size = mask->grid.size;
    size_t total = size[0] * size[1] * size[2];
    double longest = 0;
    for (size_t a = 0; a < total * (size_t)(2 * n_axes); a++) {
        for (size_t b = 0; b < total * (size_t)(2 * n_axes); b++) {
            size_t ends[2] = {a % total, b % total}, moves[2] = {a / total, b / total};
            double mm[2][3];
            if (mask->labels[ends[0]] != 1 || mask->labels[ends[1]] != 1 ||
                (same_slice && ends[0] / (size[0] * size[1]) != ends[1] / (size[0] * size[1]))) {
                continue;
            }
            for (int end = 0; end < 2; end++) {
                size_t n = ends[end];
                double index[3] = {(double)(n % size[0]), (double)(n / size[0] % size[1]),
                                   (double)(n / size[0] / size[1])};
                index[moves[end] / 2] += moves[end] % 2 ? reach : -reach;
                affine_apply(&mask->grid.affine, index, mm[end]);
            }
            longest = fmax(longest, hypot(hypot(mm[0][0] - mm[1][0], mm[0][1] - mm[1][1]),
                                          mm[0][2] - mm[1][2]));
        }
    }
    return longest;
}

static void it_equals_the_maximum_over_all_pairs(void) {
    unsigned state = 7;
    for (int trial = 0; trial < 12; trial++) {
        LabelMap mask = new_mask(5, 4, 4, millimetres);
        mask.grid.affine.m[0][2] = trial % 2 ? 0.7 : 0; /* sheared, as with a tilted gantry */
        mask.grid.affine.m[1][0] = trial % 3 ? 0.2 : 0;
        for (size_t n = 0; n < 80; n++) {
            state = state * 1664525u + 1013904223u;
            mask.labels[n] = (state >> 24) < 40;
        }
        Diameters diameters = measure(&mask, 0.25);
        ASSERT_NEAR(diameters.longest_3d_mm, every_pair(&mask, 0.25, 3, 0), 1e-9);
        ASSERT_NEAR(diameters.longest_axial_mm, every_pair(&mask, 0.25, 2, 1), 1e-9);
        label_map_free(&mask);
    }
}

static void the_widest_row_of_an_outline_counts(void) {
    static const double wide[3] = {3, 1, 1};
    LabelMap mask = new_mask(9, 9, 1, wide);
    for (size_t n = 0; n < 81; n++) { /* a diamond, 27 mm wide and 9 mm high */
        mask.labels[n] = abs((int)(n % 9) - 4) + abs((int)(n / 9) - 4) <= 4;
    }
    ASSERT_NEAR(measure(&mask, 0).longest_3d_mm, 24, 1e-12);
    ASSERT_NEAR(measure(&mask, DIAMETER_REACH_IBSI).longest_axial_mm, 27, 1e-12);
    label_map_free(&mask);
}

int main(void) {
    static const UnitTest tests[] = {
        {"one voxel is two reaches long", one_voxel_is_two_reaches_long},
        {"a row is as long as its voxels", a_row_is_as_long_as_its_voxels},
        {"the axial diameter looks at one slice at a time", slices_are_taken_one_by_one},
        {"an empty mask has no length", an_empty_mask_has_no_length},
        {"the widest row of an outline counts", the_widest_row_of_an_outline_counts},
        {"outlines lose no pair, also on sheared grids", it_equals_the_maximum_over_all_pairs},
    };
    return suite_run("segment/diameter", tests, sizeof tests / sizeof *tests);
}
