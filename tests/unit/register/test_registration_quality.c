/* A body that looks the same from all sides: the search can turn it at no cost, the scanners'
 * coordinates must decide, and must not when they are wrong. */
#include <math.h>

#include "register/rigid_registration.h"
#include "tests/unit/suite.h"

static const RegistrationConfig CONFIG = {.bins = 48,
                                          .levels = 3,
                                          .sample_spacing_mm = 3.0,
                                          .max_iterations = 60,
                                          .max_rotation_deg = 20,
                                          .min_quality = 0.5};

/* 1 inside the ball, 0 outside, with an edge of `edge_mm`. */
static double ball(const double x[3], const double middle[3], double radius_mm, double edge_mm) {
    const double d = hypot(hypot(x[0] - middle[0], x[1] - middle[1]), x[2] - middle[2]);
    return 1.0 / (1.0 + exp((d - radius_mm) / edge_mm));
}

/* A ball of 90 mm at `offset_mm` along x with two lesions: `inside`, `lesion` on top of `outside`.
 */
static Volume make_round_body(double spacing_mm, size_t side, size_t slices, double offset_mm,
                              double outside, double inside, double lesion) {
    static const double middle[3] = {0, 0, 0}, first[3] = {30, -20, 15}, second[3] = {-25, 20, -20};
    Grid grid = {.size = {side, side, slices}, .affine = affine_identity()};
    Volume volume = {0};
    Error error;
    for (int axis = 0; axis < 3; axis++) {
        grid.affine.m[axis][axis] = spacing_mm;
        grid.affine.m[axis][3] = -0.5 * spacing_mm * ((double)grid.size[axis] - 1.0);
    }
    CU_ASSERT_EQUAL_FATAL(volume_create(&grid, &volume, &error), STATUS_OK);
    for (size_t v = 0; v < grid_voxel_count(&grid); v++) {
        double x[3] = {(double)(v % side), (double)(v / side % side), (double)(v / side / side)};
        affine_apply(&grid.affine, x, x);
        x[0] -= offset_mm;
        const double lesions = ball(x, first, 15.0, 1.5) + ball(x, second, 12.0, 1.5);
        volume.voxels[v] =
            (float)(outside + inside * ball(x, middle, 90.0, 3.0) + lesion * lesions);
    }
    return volume;
}

static Volume make_ct(void) {
    return make_round_body(2.5, 112, 80, 0.0, -1000.0, 1050.0, 40.0);
}

static Volume make_pet(double offset_mm) {
    return make_round_body(4.0, 72, 56, offset_mm, 0.0, 1000.0, 9000.0);
}

static RigidRegistration register_round_body(double offset_mm) {
    Volume ct = make_ct(), pet = make_pet(offset_mm);
    RigidRegistration found;
    Error error;
    CU_ASSERT_EQUAL_FATAL(rigid_registration_find(&ct, &pet, &CONFIG, &found, &error), STATUS_OK);
    volume_free(&pet);
    volume_free(&ct);
    return found;
}

static void aligned_round_body_is_not_turned(void) {
    const RigidRegistration found = register_round_body(0.0);
    CU_ASSERT(found.quality.scanner_confirmed);
    ASSERT_NEAR(found.rotation_deg, 0.0, 0.0);
    ASSERT_NEAR(found.translation_mm, 0.0, 0.0);
    CU_ASSERT(found.quality.quality > 0.5);
}

/* As if the search had ended at a turned body, far from the scanners' coordinates. */
static void turned_optimum_gives_way(void) {
    Volume ct = make_ct(), pet = make_pet(0.0);
    RigidSearch search;
    RegistrationQuality quality;
    Error error;
    CU_ASSERT_EQUAL_FATAL(rigid_search_run(&ct, &pet, &CONFIG, &search, &error), STATUS_OK);
    RigidCandidate *best = &search.candidates[0];
    best->point = (RigidPoint){{0.0, 0.0, 0.7 * search.space.radius_mm}}; /* 40 degrees */
    const Affine turned = rigid_space_map(&search.space, &best->point);
    best->rank = similarity_rank(&search.levels[search.n_levels - 1], &turned);
    CU_ASSERT_EQUAL_FATAL(registration_quality_assess(&search, &CONFIG, &quality, &error),
                          STATUS_OK);
    CU_ASSERT(quality.scanner_confirmed);
    for (int n = 0; n < RIGID_PARAMETERS; n++) {
        ASSERT_NEAR(best->point.p[n], 0.0, 0.0);
    }
    /* Of the map that took the place: a PET voxel at most. */
    CU_ASSERT(quality.half_shift_mm < 4.0);
    rigid_search_free(&search);
    volume_free(&pet);
    volume_free(&ct);
}

static void moved_round_body_is_not_confirmed(void) {
    const RigidRegistration found = register_round_body(12.0);
    double middle[3] = {0, 0, 0};
    affine_apply(&found.reference_to_image, middle, middle);
    CU_ASSERT_FALSE(found.quality.scanner_confirmed);
    /* The middle of the ball does not depend on how it is turned: one PET voxel. */
    ASSERT_NEAR(middle[0], 12.0, 4.0);
    ASSERT_NEAR(hypot(middle[1], middle[2]), 0.0, 4.0);
}

int main(void) {
    static const UnitTest tests[] = {
        {"an aligned round body is not turned", aligned_round_body_is_not_turned},
        {"a turned optimum gives way to scanner coordinates", turned_optimum_gives_way},
        {"a moved round body is not confirmed", moved_round_body_is_not_confirmed},
    };
    return suite_run("register/registration_quality", tests, sizeof tests / sizeof *tests);
}
