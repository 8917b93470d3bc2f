/* Distances and staircases of a lesion voxel and a few vessel voxels, worked out by hand. */
#include "segment/vessel_profile.h"
#include "tests/unit/suite.h"

#include <math.h>
#include <stdlib.h>

enum { SIDE = 12, VOXELS = SIDE * SIDE * SIDE };

/* A cube of lattice from `first`, 1 x 2 x 3 mm. */
static Mask new_mask(long first, unsigned char inside[VOXELS]) {
    Mask mask = {.first = {first, first, first},
                 .size = {SIDE, SIDE, SIDE},
                 .spacing_mm = {1, 2, 3},
                 .inside = inside};
    return mask;
}

static size_t at(size_t i, size_t j, size_t k) {
    return (k * SIDE + j) * SIDE + i;
}

static VesselProfile measure(const Mask *lesion, const Mask *vessels, const float *diameters) {
    VesselProfile profile;
    Error error;
    CU_ASSERT_EQUAL_FATAL(vessel_profile_measure(lesion, vessels, diameters, &profile, &error),
                          STATUS_OK);
    return profile;
}

/* Distance from a lesion voxel at (5, 5, 5) to one vessel voxel. */
static double distance_to(size_t i, size_t j, size_t k) {
    static unsigned char lesion_voxels[VOXELS], vessel_voxels[VOXELS];
    static float diameters[VOXELS];
    lesion_voxels[at(5, 5, 5)] = 1;
    vessel_voxels[at(i, j, k)] = 1;
    diameters[at(i, j, k)] = 5;
    Mask lesion = new_mask(0, lesion_voxels), vessels = new_mask(0, vessel_voxels);
    VesselProfile profile = measure(&lesion, &vessels, diameters);
    CU_ASSERT_EQUAL_FATAL(profile.count, 1);
    double distance = profile.steps[0].distance_mm;
    vessel_profile_free(&profile);
    vessel_voxels[at(i, j, k)] = 0;
    return distance;
}

static void distance_is_between_surfaces(void) {
    ASSERT_NEAR(distance_to(5, 5, 5), 0, 0); /* overlap */
    ASSERT_NEAR(distance_to(6, 5, 5), 0, 0); /* face to face */
    ASSERT_NEAR(distance_to(6, 6, 6), 0, 0); /* corner to corner */
    /* half a voxel, along one axis, less than centre to centre */
    ASSERT_NEAR(distance_to(7, 5, 5), 1.5, 1e-6);
    ASSERT_NEAR(distance_to(5, 8, 5), 5, 1e-6);
    ASSERT_NEAR(distance_to(5, 5, 1), 10.5, 1e-6);
    ASSERT_NEAR(distance_to(8, 7, 3), sqrt(9 + 16 + 4.5 * 4.5), 1e-6);
}

static void each_step_is_thicker_and_farther(void) {
    unsigned char lesion_voxels[VOXELS] = {0}, vessel_voxels[VOXELS] = {0};
    static float diameters[VOXELS];
    lesion_voxels[at(2, 5, 5)] = 1;
    static const float along[] = {3, 2, 5, 4, 5, 8}; /* from i = 4 on: 1.5, 2.5, 3.5 ... mm away */
    for (size_t n = 0; n < 6; n++) {
        vessel_voxels[at(4 + n, 5, 5)] = 1;
        diameters[at(4 + n, 5, 5)] = along[n];
    }
    Mask lesion = new_mask(0, lesion_voxels), vessels = new_mask(0, vessel_voxels);
    VesselProfile profile = measure(&lesion, &vessels, diameters);
    static const double expected[3][2] = {{1.5, 3}, {3.5, 5}, {6.5, 8}};
    CU_ASSERT_EQUAL_FATAL(profile.count, 3);
    for (size_t n = 0; n < 3; n++) {
        ASSERT_NEAR(profile.steps[n].distance_mm, expected[n][0], 1e-6);
        ASSERT_NEAR(profile.steps[n].diameter_mm, expected[n][1], 1e-6);
    }
    vessel_profile_free(&profile);
}

static void of_equally_near_vessels_the_thickest_counts(void) {
    unsigned char lesion_voxels[VOXELS] = {0}, vessel_voxels[VOXELS] = {0};
    static float diameters[VOXELS];
    lesion_voxels[at(5, 5, 5)] = 1;
    vessel_voxels[at(3, 5, 5)] = vessel_voxels[at(7, 5, 5)] = 1;
    diameters[at(3, 5, 5)] = 2;
    diameters[at(7, 5, 5)] = 6;
    Mask lesion = new_mask(0, lesion_voxels), vessels = new_mask(0, vessel_voxels);
    VesselProfile profile = measure(&lesion, &vessels, diameters);
    CU_ASSERT_EQUAL_FATAL(profile.count, 1);
    ASSERT_NEAR(profile.steps[0].diameter_mm, 6, 0);
    vessel_profile_free(&profile);
}

static void boxes_may_lie_anywhere(void) {
    unsigned char lesion_voxels[VOXELS] = {0}, vessel_voxels[VOXELS] = {0};
    static float diameters[VOXELS];
    lesion_voxels[at(5, 5, 5)] = 1; /* lattice (-15, -15, -15) */
    vessel_voxels[at(5, 5, 5)] = 1; /* lattice (35, 35, 35) */
    diameters[at(5, 5, 5)] = 2;
    Mask lesion = new_mask(-20, lesion_voxels), vessels = new_mask(30, vessel_voxels);
    VesselProfile profile = measure(&lesion, &vessels, diameters);
    CU_ASSERT_EQUAL_FATAL(profile.count, 1);
    ASSERT_NEAR(profile.steps[0].distance_mm, sqrt(50 * 50 * 5 + 148.5 * 148.5), 1e-4);
    vessel_profile_free(&profile);
}

int main(void) {
    static const UnitTest tests[] = {
        {"distance is from surface to surface", distance_is_between_surfaces},
        {"each step is thicker and farther", each_step_is_thicker_and_farther},
        {"of equally near vessels the thickest counts",
         of_equally_near_vessels_the_thickest_counts},
        {"the masks' boxes may lie anywhere", boxes_may_lie_anywhere},
    };
    return suite_run("segment/vessel_profile", tests, sizeof tests / sizeof *tests);
}
