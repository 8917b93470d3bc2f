/* Registration of real CT against known rigid transforms, other contrast, other voxels.
 *
 * The moving image is the CT of the repository sampled on another grid under a known map, its
 * contrast changed. Error: distance of every liver voxel from where it should be (target
 * registration error, Fitzpatrick et al., IEEE Trans Med Imaging 17:694, 1998). */
#include <math.h>
#include <omp.h>
#include <string.h>

#include "nifti_volume.h"
#include "register/rigid_registration.h"
#include "tests/unit/suite.h"

static const char CT_PATH[] = "tests/data/totalseg_abdomen/nifti/example_ct_sm.nii.gz";
static const char LABELS_PATH[] = "tests/data/totalseg_abdomen/nifti/example_seg.nii.gz";
enum { LIVER = 5 };

static const RegistrationConfig CONFIG = {.bins = 48,
                                          .levels = 3,
                                          .sample_spacing_mm = 3.0,
                                          .max_iterations = 60,
                                          .max_rotation_deg = 20,
                                          .min_quality = 0.5};

static float unchanged(float hu) {
    return hu;
}

static float affine_change(float hu) {
    return 0.25f * hu + 4096.0f;
}

/* Increasing, strongly curved: soft tissue stretched, bone squeezed. */
static float curved(float hu) {
    return 1000.0f * tanhf((hu - 50.0f) / 300.0f);
}

static float inverted(float hu) {
    return 2000.0f - hu;
}

/* As MR might see it: air and bone dark, fat brightest, not even a function that inverts. */
static float remapped(float hu) {
    const float fat = (hu + 100.0f) / 60.0f, soft = (hu - 60.0f) / 120.0f;
    return 900.0f * expf(-fat * fat) + 500.0f * expf(-soft * soft);
}

/* The CT under `reference_to_image` on a grid of 4 x 4 x 3.5 mm voxels around it. */
static Volume make_moved(const Volume *ct, const Affine *reference_to_image,
                         float (*contrast)(float)) {
    Affine image_to_reference;
    Volume moved = {0}, contrasted = {0};
    Error error;
    double centre[3], middle[3];
    Grid grid = {.size = {96, 82, 30}, .affine = affine_identity()};
    const double spacing[3] = {4.0, 4.0, 3.5};
    CU_ASSERT_EQUAL_FATAL(volume_create(&ct->grid, &contrasted, &error), STATUS_OK);
    for (size_t n = 0; n < grid_voxel_count(&ct->grid); n++) {
        contrasted.voxels[n] = contrast(ct->voxels[n]);
    }
    grid_centre_mm(&ct->grid, centre);
    affine_apply(reference_to_image, centre, middle);
    for (int axis = 0; axis < 3; axis++) {
        grid.affine.m[axis][axis] = spacing[axis];
        grid.affine.m[axis][3] =
            middle[axis] - 0.5 * spacing[axis] * ((double)grid.size[axis] - 1.0);
    }
    CU_ASSERT_EQUAL_FATAL(affine_invert(reference_to_image, &image_to_reference, &error),
                          STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(volume_resample(&contrasted, &grid, &image_to_reference,
                                          contrast(-1024.0f), &moved, &error),
                          STATUS_OK);
    volume_free(&contrasted);
    return moved;
}

/* Largest distance between the two maps over the liver. */
static double liver_error_mm(const Affine *found, const Affine *truth) {
    Volume labels = nifti_volume_read(LABELS_PATH);
    const size_t *n = labels.grid.size;
    double largest = 0.0;
    for (size_t v = 0; v < grid_voxel_count(&labels.grid); v++) {
        if ((int)labels.voxels[v] == LIVER) {
            double x[3] = {(double)(v % n[0]), (double)(v / n[0] % n[1]),
                           (double)(v / n[0] / n[1])};
            double a[3], b[3];
            affine_apply(&labels.grid.affine, x, x);
            affine_apply(found, x, a);
            affine_apply(truth, x, b);
            largest = fmax(largest, hypot(hypot(a[0] - b[0], a[1] - b[1]), a[2] - b[2]));
        }
    }
    volume_free(&labels);
    return largest;
}

static Affine make_truth(double x_deg, double y_deg, double z_deg, double x, double y, double z) {
    const double to_rad = acos(-1.0) / 180.0;
    Volume ct = nifti_volume_read(CT_PATH);
    double centre[3];
    grid_centre_mm(&ct.grid, centre);
    volume_free(&ct);
    return affine_from_rigid((double[3]){x_deg * to_rad, y_deg * to_rad, z_deg * to_rad},
                             (double[3]){x, y, z}, centre);
}

static RigidRegistration register_with(const RegistrationConfig *config, const Affine *truth,
                                       float (*contrast)(float)) {
    Volume ct = nifti_volume_read(CT_PATH);
    Volume moved = make_moved(&ct, truth, contrast);
    RigidRegistration found;
    Error error;
    CU_ASSERT_EQUAL_FATAL(rigid_registration_find(&ct, &moved, config, &found, &error), STATUS_OK);
    volume_free(&moved);
    volume_free(&ct);
    return found;
}

static RigidRegistration register_moved(const Affine *truth, float (*contrast)(float)) {
    return register_with(&CONFIG, truth, contrast);
}

/* 1 mm: a third of a voxel, below what a contour or a dose voxel can tell. */
static void check_recovered(const Affine *truth, float (*contrast)(float)) {
    const RigidRegistration found = register_moved(truth, contrast);
    ASSERT_NEAR(liver_error_mm(&found.reference_to_image, truth), 0.0, 1.0);
    ASSERT_NEAR(found.rotation_deg, rigid_rotation_deg(truth), 0.5);
    CU_ASSERT(found.quality.quality > 0.8);
}

static void recovers_small_motion(void) {
    const Affine truth = make_truth(2, -3, 4, 6, -9, 5);
    check_recovered(&truth, inverted);
}

static void recovers_unrelated_coordinates(void) {
    const Affine truth = make_truth(-6, 8, 15, 310, -420, 778);
    check_recovered(&truth, inverted);
}

static void recovers_other_contrast(void) {
    const Affine truth = make_truth(5, 4, -9, -40, 25, 30);
    check_recovered(&truth, remapped);
}

/* The larger field of view as the reference: the smaller image is the one that is sampled. */
static void recovers_the_other_way_round(void) {
    const Affine truth = make_truth(2, -3, 4, 6, -9, 5);
    Volume ct = nifti_volume_read(CT_PATH);
    Volume moved = make_moved(&ct, &truth, inverted);
    RigidRegistration found;
    Affine inverse;
    Error error;
    CU_ASSERT_EQUAL_FATAL(rigid_registration_find(&moved, &ct, &CONFIG, &found, &error), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(affine_invert(&found.reference_to_image, &inverse, &error), STATUS_OK);
    ASSERT_NEAR(liver_error_mm(&inverse, &truth), 0.0, 1.0); /* as check_recovered */
    volume_free(&moved);
    volume_free(&ct);
}

static void identical_images_stay(void) {
    Volume ct = nifti_volume_read(CT_PATH);
    RigidRegistration found;
    Error error;
    const Affine identity = affine_identity();
    CU_ASSERT_EQUAL_FATAL(rigid_registration_find(&ct, &ct, &CONFIG, &found, &error), STATUS_OK);
    ASSERT_NEAR(liver_error_mm(&found.reference_to_image, &identity), 0.0, 0.1);
    CU_ASSERT(found.quality.quality > 0.9);
    volume_free(&ct);
}

/* A linear change of intensity moves samples across bins by rounding only: 0.1 mm. A curved one
 * moves what interpolation and smoothing mix between tissues: a sixth of a voxel. */
static void monotone_changes_do_not_matter(void) {
    const Affine truth = make_truth(2, -3, 4, 6, -9, 5);
    const RigidRegistration plain = register_moved(&truth, unchanged);
    const RigidRegistration scaled = register_moved(&truth, affine_change);
    const RigidRegistration bent = register_moved(&truth, curved);
    ASSERT_NEAR(liver_error_mm(&scaled.reference_to_image, &plain.reference_to_image), 0.0, 0.1);
    ASSERT_NEAR(liver_error_mm(&bent.reference_to_image, &plain.reference_to_image), 0.0, 0.5);
}

/* Coarse settings: the same code, a fraction of the time. */
static void threads_do_not_matter(void) {
    RegistrationConfig config = CONFIG;
    config.levels = 2;
    config.sample_spacing_mm = 5.0;
    config.max_rotation_deg = 0.0;
    const Affine truth = make_truth(2, -3, 4, 6, -9, 5);
    const int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    const RigidRegistration one = register_with(&config, &truth, remapped);
    for (int n = 2; n <= 3; n++) {
        omp_set_num_threads(n);
        const RigidRegistration more = register_with(&config, &truth, remapped);
        CU_ASSERT_EQUAL(memcmp(&one.reference_to_image, &more.reference_to_image,
                               sizeof one.reference_to_image),
                        0);
        CU_ASSERT_EQUAL(one.quality.quality, more.quality.quality);
        CU_ASSERT_EQUAL(one.quality.normalised_mutual_information,
                        more.quality.normalised_mutual_information);
    }
    omp_set_num_threads(threads);
}

int main(void) {
    static const UnitTest tests[] = {
        {"small motion with inverted contrast is recovered to 1 mm", recovers_small_motion},
        {"coordinates hundreds of mm apart are recovered to 1 mm", recovers_unrelated_coordinates},
        {"contrast that is no function is recovered to 1 mm", recovers_other_contrast},
        {"the larger image as the reference is recovered to 1 mm", recovers_the_other_way_round},
        {"identical images stay where they are to 0.1 mm", identical_images_stay},
        {"monotone changes of intensity do not matter", monotone_changes_do_not_matter},
        {"1, 2 and 3 threads give the same bytes", threads_do_not_matter},
    };
    return suite_run("register/rigid_truth", tests, sizeof tests / sizeof *tests);
}
