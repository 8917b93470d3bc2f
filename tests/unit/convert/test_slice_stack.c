/* Grids from slice positions: closed forms, and the defects that archives have. */
#include "convert/slice_stack.h"

#include <math.h>
#include <string.h>

#include "tests/unit/suite.h"

enum { MAX_SLICES = 32 };

static const double x_step[3] = {0.5, 0, 0}, y_step[3] = {0, 0.25, 0};

/* Slices along z at these heights, listed in the order given. */
static Status stack(const double *z, size_t n, Affine *affine, bool *is_uneven, Error *error) {
    SlicePlace places[MAX_SLICES];
    for (size_t k = 0; k < n; k++) {
        places[k] = (SlicePlace){.index = k, .position_mm = {-10, 20, z[k]}};
    }
    slice_stack_sort(x_step, y_step, places, n);
    return slice_stack_affine(x_step, y_step, places, n, 4.0, affine, is_uneven, error);
}

static void test_regular(void) {
    const double z[] = {9, 0, 6, 3, 12};
    Affine affine;
    bool is_uneven = true;
    Error error = {0};
    CU_ASSERT_EQUAL(stack(z, 5, &affine, &is_uneven, &error), STATUS_OK);
    CU_ASSERT_FALSE(is_uneven);
    const double expected[3][4] = {{0.5, 0, 0, -10}, {0, 0.25, 0, 20}, {0, 0, 3, 0}};
    for (int a = 0; a < 3; a++) {
        for (int b = 0; b < 4; b++) {
            ASSERT_NEAR(affine.m[a][b], expected[a][b], 1e-12); /* rounding only */
        }
    }
}

static void test_sorted_along_normal(void) {
    /* Columns run to the head: the normal points to posterior for x cross z. */
    const double row[3] = {1, 0, 0}, column[3] = {0, 0, 1};
    SlicePlace places[3];
    for (size_t k = 0; k < 3; k++) {
        places[k] = (SlicePlace){.index = k, .position_mm = {0, (double)k, 0}};
    }
    slice_stack_sort(row, column, places, 3);
    CU_ASSERT_EQUAL(places[0].index, 2); /* x cross z = -y */
    Affine affine;
    bool is_uneven;
    Error error = {0};
    CU_ASSERT_EQUAL(slice_stack_affine(row, column, places, 3, 0, &affine, &is_uneven, &error),
                    STATUS_OK);
    ASSERT_NEAR(affine.m[1][2], -1.0, 1e-12);
    ASSERT_NEAR(affine.m[1][3], 2.0, 1e-12);
}

static void test_tilted_gantry(void) {
    SlicePlace places[3];
    for (size_t k = 0; k < 3; k++) {
        places[k] = (SlicePlace){.index = k, .position_mm = {0, 0.3 * (double)k, (double)k}};
    }
    slice_stack_sort(x_step, y_step, places, 3);
    Affine affine;
    bool is_uneven = true;
    Error error = {0};
    CU_ASSERT_EQUAL(slice_stack_affine(x_step, y_step, places, 3, 0, &affine, &is_uneven, &error),
                    STATUS_OK);
    CU_ASSERT_FALSE(is_uneven);
    ASSERT_NEAR(affine.m[1][2], 0.3, 1e-12); /* the shear stays */
}

static void test_bed_join(void) {
    /* One gap 2 % short, as where two PET beds join: legal, flagged, extent kept. */
    const double z[] = {0, 3.27, 6.54, 9.81, 13.0, 16.27, 19.54, 22.81};
    Affine affine;
    bool is_uneven = false;
    Error error = {0};
    CU_ASSERT_EQUAL(stack(z, 8, &affine, &is_uneven, &error), STATUS_OK);
    CU_ASSERT_TRUE(is_uneven);
    ASSERT_NEAR(affine.m[2][2], 22.81 / 7, 1e-12);
}

static void test_missing_slice(void) {
    const double z[] = {0, 3, 6, 12, 15};
    Affine affine;
    bool is_uneven;
    Error error = {0};
    CU_ASSERT_EQUAL(stack(z, 5, &affine, &is_uneven, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "missing"));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "slice 3 at 6.00 mm"));
}

static void test_repeated_slice(void) {
    const double z[] = {0, 3, 3, 6};
    Affine affine;
    bool is_uneven;
    Error error = {0};
    CU_ASSERT_EQUAL(stack(z, 4, &affine, &is_uneven, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "1 of 4 slices share"));
}

static void test_drifting_spacing(void) {
    /* No gap is 1.5 times the median, but the middle lies half a spacing off. */
    const double z[] = {0, 2, 4, 6, 8.8, 11.6, 14.4};
    Affine affine;
    bool is_uneven;
    Error error = {0};
    CU_ASSERT_EQUAL(stack(z, 7, &affine, &is_uneven, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "off the regular grid"));
}

static void test_sideways(void) {
    SlicePlace places[2] = {{0, {0, 0, 0}, 0}, {1, {30, 0, 1}, 0}};
    slice_stack_sort(x_step, y_step, places, 2);
    Affine affine;
    bool is_uneven;
    Error error = {0};
    CU_ASSERT_EQUAL(slice_stack_affine(x_step, y_step, places, 2, 0, &affine, &is_uneven, &error),
                    STATUS_BAD_DATA);
}

static void test_single_slice(void) {
    const double z[] = {7};
    SlicePlace place = {0, {0, 0, 7}, 0};
    Affine affine;
    bool is_uneven;
    Error error = {0};
    CU_ASSERT_EQUAL(stack(z, 1, &affine, &is_uneven, &error), STATUS_OK);
    ASSERT_NEAR(affine.m[2][2], 4.0, 1e-12);
    CU_ASSERT_EQUAL(slice_stack_affine(x_step, y_step, &place, 1, 0, &affine, &is_uneven, &error),
                    STATUS_BAD_DATA);
}

int main(void) {
    static const UnitTest tests[] = {
        {"a regular stack in any order gives its grid", test_regular},
        {"slices run along row x column", test_sorted_along_normal},
        {"a tilted gantry gives a sheared grid", test_tilted_gantry},
        {"a bed join is flagged and the extent kept", test_bed_join},
        {"a missing slice is refused", test_missing_slice},
        {"a slice that is there twice is refused", test_repeated_slice},
        {"a drifting spacing is refused", test_drifting_spacing},
        {"slices stacked sideways are refused", test_sideways},
        {"a single slice needs its thickness", test_single_slice},
    };
    return suite_run("convert/slice_stack", tests, sizeof tests / sizeof tests[0]);
}
