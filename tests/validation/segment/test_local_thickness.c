/* Diameters of digital tubes of known diameter: straight and oblique, fine, coarse and
 * anisotropic voxels. */
#include "segment/local_thickness.h"
#include "tests/unit/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Straight tubes depend on where they lie between the voxels, oblique ones average over it. */
enum { STRAIGHT_PLACES = 8, OBLIQUE_PLACES = 2 };

static double next_random(unsigned *state) {
    *state = *state * 1664525u + 1013904223u;
    return (double)(*state >> 8) / 16777216.0;
}

/* Position along the tube, and distance from its axis, of a voxel's centre. */
static double from_axis(const double mm[3], const double direction[3], double *along) {
    *along = mm[0] * direction[0] + mm[1] * direction[1] + mm[2] * direction[2];
    double squared = mm[0] * mm[0] + mm[1] * mm[1] + mm[2] * mm[2] - *along * *along;
    return sqrt(fmax(0, squared));
}

static void voxel_mm(const Mask *mask, size_t n, const double centre[3], double mm[3]) {
    const size_t index[3] = {n % mask->size[0], n / mask->size[0] % mask->size[1],
                             n / mask->size[0] / mask->size[1]};
    for (int axis = 0; axis < 3; axis++) {
        mm[axis] = (double)index[axis] * mask->spacing_mm[axis] - centre[axis];
    }
}

static int compare_floats(const void *a, const void *b) {
    float first = *(const float *)a, second = *(const float *)b;
    return (first > second) - (first < second);
}

/* Median local diameter of the voxels in the middle of one digital tube 28 mm long. */
static double median_diameter(double diameter, const double direction[3], const double spacing[3],
                              unsigned *state) {
    Mask mask = {0};
    double centre[3];
    for (int axis = 0; axis < 3; axis++) {
        double extent = 28 * fabs(direction[axis]) + diameter + 8;
        mask.spacing_mm[axis] = spacing[axis];
        mask.size[axis] = (size_t)ceil(extent / spacing[axis]) + 3;
        centre[axis] = ((double)mask.size[axis] / 2 - 1 + next_random(state)) * spacing[axis];
    }
    size_t total = mask_voxel_count(&mask), count = 0;
    mask.inside = calloc(total, 1);
    float *found = calloc(total, sizeof *found);
    CU_ASSERT_FATAL(mask.inside != NULL && found != NULL);
    double mm[3], along;
    for (size_t n = 0; n < total; n++) {
        voxel_mm(&mask, n, centre, mm);
        mask.inside[n] = from_axis(mm, direction, &along) <= diameter / 2 && fabs(along) <= 14;
    }
    Error error;
    CU_ASSERT_EQUAL(local_thickness_measure(&mask, found, &error), STATUS_OK);
    for (size_t n = 0; n < total; n++) {
        voxel_mm(&mask, n, centre, mm);
        from_axis(mm, direction, &along);
        if (mask.inside[n] && fabs(along) < 4) {
            found[count++] = found[n];
        }
    }
    qsort(found, count, sizeof *found, compare_floats);
    double median = count > 0 ? (double)found[count / 2] : NAN;
    free(mask.inside);
    free(found);
    return median;
}

static const double directions[][3] = {{0, 0, 1}, {1, 0, 0}, {0.48, 0.36, 0.8}, {0.7, 0.1, 0.7}};
enum { DIRECTIONS = sizeof directions / sizeof *directions };

/* Mean over places of found - true, in one direction. A thin tube may run between the voxel
 * centres and leave none inside; that place does not count. */
static double bias_in_direction(double diameter, const double direction[3], const double spacing[3],
                                unsigned *state) {
    double length = sqrt(direction[0] * direction[0] + direction[1] * direction[1] +
                         direction[2] * direction[2]);
    const double unit[3] = {direction[0] / length, direction[1] / length, direction[2] / length};
    double sum = 0;
    int places = fmax(unit[0], unit[2]) > 0.999 ? STRAIGHT_PLACES : OBLIQUE_PLACES, counted = 0;
    for (int place = 0; place < places; place++) {
        double found = median_diameter(diameter, unit, spacing, state);
        if (!isnan(found)) {
            sum += found - diameter;
            counted++;
        }
    }
    CU_ASSERT(counted > 0);
    return sum / counted;
}

/* Mean bias over directions, mm; the largest of one direction in `worst`. */
static double mean_bias(double diameter, const double spacing[3], double *worst) {
    unsigned state = 5;
    double bias = 0;
    *worst = 0;
    for (size_t d = 0; d < DIRECTIONS; d++) {
        double one = bias_in_direction(diameter, directions[d], spacing, &state);
        *worst = fmax(*worst, fabs(one));
        bias += one / DIRECTIONS;
    }
    if (getenv("YTTRIA_SHOW_BIAS") != NULL) {
        printf("%.3gx%.3gx%.3g mm, tube %4.3g mm: bias %+.2f mm, worst direction %.2f mm\n",
               spacing[0], spacing[1], spacing[2], diameter, bias, *worst);
    }
    return bias;
}

/* Voxels count by their geometric mean. Over directions and places the bias stays within a quarter
 * of a voxel, in a single direction within half of one: what the sampling of the mask leaves. */
static void check_tubes(const double spacing[3]) {
    static const double diameters[] = {2.5, 4, 6, 8, 10};
    double voxel = cbrt(spacing[0] * spacing[1] * spacing[2]);
    for (size_t d = 0; d < sizeof diameters / sizeof *diameters; d++) {
        double worst, bias = mean_bias(diameters[d], spacing, &worst);
        ASSERT_NEAR(bias, 0, 0.25 * voxel);
        ASSERT_NEAR(worst, 0, 0.5 * voxel);
    }
}

static void tubes_in_1_mm_voxels(void) {
    check_tubes((double[3]){1, 1, 1});
}

static void tubes_in_1_5_mm_voxels(void) {
    check_tubes((double[3]){1.5, 1.5, 1.5});
}

static void tubes_in_2_mm_voxels(void) {
    check_tubes((double[3]){2, 2, 2});
}

static void tubes_in_long_voxels(void) {
    check_tubes((double[3]){1.5, 1.5, 3});
}

int main(void) {
    static const UnitTest tests[] = {
        {"tubes in voxels of 1 mm", tubes_in_1_mm_voxels},
        {"tubes in voxels of 1.5 mm", tubes_in_1_5_mm_voxels},
        {"tubes in voxels of 2 mm", tubes_in_2_mm_voxels},
        {"tubes in voxels of 1.5 x 1.5 x 3 mm", tubes_in_long_voxels},
    };
    return suite_run("segment/local_thickness (validation)", tests, sizeof tests / sizeof *tests);
}
