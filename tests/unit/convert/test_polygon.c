/* Even-odd filling against areas known in closed form and a winding-number point test. */
#include "convert/polygon.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "tests/unit/suite.h"

enum { WIDTH = 40, HEIGHT = 30 };

static size_t count_inside(const uint16_t *slice) {
    size_t count = 0;
    for (size_t n = 0; n < WIDTH * HEIGHT; n++) {
        count += slice[n] == 1;
    }
    return count;
}

static void rectangle_holds_the_centres_inside(void) {
    static const double points[][2] = {{2.5, 3.5}, {12.5, 3.5}, {12.5, 8.5}, {2.5, 8.5}};
    uint16_t slice[WIDTH * HEIGHT] = {0};
    polygon_invert_inside(points, 4, WIDTH, HEIGHT, slice);
    CU_ASSERT_EQUAL(count_inside(slice), 10 * 5);
    CU_ASSERT_EQUAL(slice[4 * WIDTH + 3], 1);
    CU_ASSERT_EQUAL(slice[8 * WIDTH + 12], 1);
    CU_ASSERT_EQUAL(slice[3 * WIDTH + 3], 0);
    CU_ASSERT_EQUAL(slice[4 * WIDTH + 2], 0);
    CU_ASSERT_EQUAL(slice[4 * WIDTH + 13], 0);
}

static void contour_in_a_contour_is_a_hole(void) {
    static const double outer[][2] = {{1.5, 1.5}, {21.5, 1.5}, {21.5, 21.5}, {1.5, 21.5}};
    static const double inner[][2] = {{5.5, 5.5}, {5.5, 9.5}, {9.5, 9.5}, {9.5, 5.5}};
    uint16_t slice[WIDTH * HEIGHT] = {0};
    polygon_invert_inside(outer, 4, WIDTH, HEIGHT, slice);
    polygon_invert_inside(inner, 4, WIDTH, HEIGHT, slice);
    CU_ASSERT_EQUAL(count_inside(slice), 20 * 20 - 4 * 4);
    CU_ASSERT_EQUAL(slice[7 * WIDTH + 7], 0);
}

/* The same hole drawn as one outline that runs in and out along a keyhole. */
static void keyhole_is_a_hole(void) {
    static const double points[][2] = {{1.5, 1.5}, {21.5, 1.5}, {21.5, 21.5}, {1.5, 21.5},
                                       {1.5, 7},   {5.5, 7},    {5.5, 9.5},   {9.5, 9.5},
                                       {9.5, 5.5}, {5.5, 5.5},  {5.5, 7},     {1.5, 7}};
    uint16_t slice[WIDTH * HEIGHT] = {0};
    polygon_invert_inside(points, 12, WIDTH, HEIGHT, slice);
    CU_ASSERT_EQUAL(count_inside(slice), 20 * 20 - 4 * 4);
}

/* Edges and corners run through centres: every voxel belongs to exactly one of the two. */
static void neighbours_share_no_voxel(void) {
    static const double left[][2] = {{2, 2}, {10, 2}, {12, 10}, {2, 10}};
    static const double right[][2] = {{10, 2}, {20, 2}, {20, 10}, {12, 10}};
    static const double both[][2] = {{2, 2}, {20, 2}, {20, 10}, {2, 10}};
    uint16_t a[WIDTH * HEIGHT] = {0}, b[WIDTH * HEIGHT] = {0}, whole[WIDTH * HEIGHT] = {0};
    polygon_invert_inside(left, 4, WIDTH, HEIGHT, a);
    polygon_invert_inside(right, 4, WIDTH, HEIGHT, b);
    polygon_invert_inside(both, 4, WIDTH, HEIGHT, whole);
    for (size_t n = 0; n < WIDTH * HEIGHT; n++) {
        CU_ASSERT_EQUAL(a[n] + b[n], whole[n]);
    }
    CU_ASSERT_EQUAL(count_inside(whole), 18 * 8);
}

static void parts_outside_are_cut_off(void) {
    static const double points[][2] = {{-1e9, -1e9}, {4.5, -1e9}, {4.5, 1e9}, {-1e9, 1e9}};
    uint16_t slice[WIDTH * HEIGHT] = {0};
    polygon_invert_inside(points, 4, WIDTH, HEIGHT, slice);
    CU_ASSERT_EQUAL(count_inside(slice), 5 * HEIGHT);
}

static void degenerate_outlines_hold_nothing(void) {
    static const double points[][2] = {{3, 3}, {9, 7}, {3, 3}};
    uint16_t slice[WIDTH * HEIGHT] = {0};
    polygon_invert_inside(points, 1, WIDTH, HEIGHT, slice);
    polygon_invert_inside(points, 2, WIDTH, HEIGHT, slice);
    polygon_invert_inside(points, 3, WIDTH, HEIGHT, slice);
    CU_ASSERT_EQUAL(count_inside(slice), 0);
}

/* Sum of the angles under which a point sees the edges: odd multiples of 2 pi are inside. */
static bool angle_sum_is_odd(const double (*points)[2], size_t count, double i, double j) {
    double sum = 0;
    for (size_t n = 0; n < count; n++) {
        const double *a = points[n], *b = points[(n + 1) % count];
        double ax = a[0] - i, ay = a[1] - j, bx = b[0] - i, by = b[1] - j;
        sum += atan2(ax * by - ay * bx, ax * bx + ay * by);
    }
    return lround(sum / (2 * M_PI)) % 2 != 0;
}

static void agrees_with_the_angle_sum_on_random_outlines(void) {
    unsigned long state = 1;
    for (int trial = 0; trial < 200; trial++) {
        double points[9][2];
        for (int n = 0; n < 9; n++) {
            for (int axis = 0; axis < 2; axis++) {
                state = (state * 6364136223846793005UL + 1442695040888963407UL);
                points[n][axis] = (double)(state >> 40) / (double)(1UL << 24) * 44 - 2;
            }
        }
        uint16_t slice[WIDTH * HEIGHT] = {0};
        polygon_invert_inside((const double(*)[2])points, 9, WIDTH, HEIGHT, slice);
        int different = 0;
        for (size_t n = 0; n < WIDTH * HEIGHT; n++) {
            different += slice[n] != angle_sum_is_odd((const double(*)[2])points, 9,
                                                      (double)(n % WIDTH), (double)(n / WIDTH));
        }
        CU_ASSERT_EQUAL(different, 0);
    }
}

int main(void) {
    static const UnitTest tests[] = {
        {"a rectangle holds the centres inside", rectangle_holds_the_centres_inside},
        {"a contour in a contour is a hole", contour_in_a_contour_is_a_hole},
        {"a keyhole is a hole", keyhole_is_a_hole},
        {"neighbours share no voxel", neighbours_share_no_voxel},
        {"parts outside are cut off", parts_outside_are_cut_off},
        {"degenerate outlines hold nothing", degenerate_outlines_hold_nothing},
        {"random outlines agree with the angle sum", agrees_with_the_angle_sum_on_random_outlines},
    };
    return suite_run("convert/polygon", tests, sizeof tests / sizeof tests[0]);
}
