/* The quality figure tells right from wrong on real images.
 *
 * Right: nothing here but what test_rigid_truth holds (quality > 0.8). Wrong: images of different
 * people, which no rigid map can match; and a thigh in a whole-body PET, perhaps bent otherwise,
 * that no rigid map can match to a few millimetres. */
#include <math.h>

#include "nifti_volume.h"
#include "register/rigid_registration.h"
#include "tests/unit/suite.h"

static RegistrationConfig make_config(double max_rotation_deg) {
    const RegistrationConfig config = {.bins = 48,
                                       .levels = 3,
                                       .sample_spacing_mm = 3.0,
                                       .max_iterations = 60,
                                       .max_rotation_deg = max_rotation_deg,
                                       .min_quality = 0.5};
    return config;
}

static RigidRegistration register_files(const char *reference, const char *image,
                                        double max_rotation_deg) {
    Volume a = nifti_volume_read(reference), b = nifti_volume_read(image);
    const RegistrationConfig config = make_config(max_rotation_deg);
    RigidRegistration found;
    Error error;
    CU_ASSERT_EQUAL_FATAL(rigid_registration_find(&a, &b, &config, &found, &error), STATUS_OK);
    volume_free(&a);
    volume_free(&b);
    return found;
}

static const char CT[] = "tests/data/totalseg_abdomen/nifti/example_ct_sm.nii.gz";
static const char MR[] = "tests/data/totalseg_abdomen/example_mr_sm.nii.gz";
static const char THIGH_MR[] = "tests/data/sts001_registration/mr_t1.nii.gz";
static const char THIGH_PET[] = "tests/data/sts001_registration/fdg_pet.nii.gz";

static void other_person_is_poor(void) {
    CU_ASSERT(register_files(CT, MR, 20).quality.quality < 0.5);
}

static void other_body_part_is_poor(void) {
    CU_ASSERT(register_files(MR, THIGH_PET, 20).quality.quality < 0.5);
}

/* The tumour must come within 40 mm of the readers' (778 mm away in scanner coordinates, 35
 * degrees turned), and the quality must say that this is not good enough to trust. The limit:
 * less than half the width of the tumour (366 mL, a sphere of 89 mm): the right place in the leg,
 * not the right position. */
static void bent_thigh_is_found_and_called_poor(void) {
    const RigidRegistration found = register_files(THIGH_MR, THIGH_PET, 45);
    const double tumour_mr[3] = {57.69, 0.12, -11.77}; /* centroid of GTV_Mass on T1, LPS mm */
    const double tumour_pet[3] = {70.79, 11.69, -789.51};
    double x[3];
    affine_apply(&found.reference_to_image, tumour_mr, x);
    const double error_mm =
        hypot(hypot(x[0] - tumour_pet[0], x[1] - tumour_pet[1]), x[2] - tumour_pet[2]);
    ASSERT_NEAR(error_mm, 0.0, 40.0);
    ASSERT_NEAR(found.rotation_deg, 35.1, 10.0);
    CU_ASSERT(found.quality.quality < 0.5);
}

int main(void) {
    static const UnitTest tests[] = {
        {"liver MR against another person's CT is poor", other_person_is_poor},
        {"liver MR against another person's whole-body PET is poor", other_body_part_is_poor},
        {"a bent thigh is found in a whole-body PET, and called poor",
         bent_thigh_is_found_and_called_poor},
    };
    return suite_run("register/quality_real", tests, sizeof tests / sizeof *tests);
}
