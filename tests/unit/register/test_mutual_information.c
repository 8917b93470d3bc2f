/* Normalised mutual information against closed forms. */
#include <math.h>
#include <omp.h>

#include "register/mutual_information.h"
#include "tests/unit/suite.h"

enum { SIDE = 40 };

static Volume make_volume(void) {
    const Grid grid = {.size = {SIDE, SIDE, SIDE}, .affine = affine_identity()};
    Volume volume = {0};
    Error error;
    CU_ASSERT_EQUAL_FATAL(volume_create(&grid, &volume, &error), STATUS_OK);
    return volume;
}

/* 0 in the first half along `axis`, 1 in the second. */
static Volume make_halves(int axis) {
    Volume volume = make_volume();
    for (size_t v = 0; v < SIDE * SIDE * SIDE; v++) {
        const size_t at[3] = {v % SIDE, v / SIDE % SIDE, v / SIDE / SIDE};
        volume.voxels[v] = at[axis] < SIDE / 2 ? 0.0f : 1.0f;
    }
    return volume;
}

static MutualInformationValue value_at(const Volume *a, const Volume *b, const Affine *map) {
    MutualInformation *mi = NULL;
    Error error;
    CU_ASSERT_EQUAL_FATAL(mutual_information_create(a, b, 1.0, 100000, 32, &mi, &error), STATUS_OK);
    const MutualInformationValue value = mutual_information_at(mi, map);
    mutual_information_free(mi);
    return value;
}

/* Two equally frequent values: H(A) = ln 2. The B-spline spreads each value of B over three bins
 * (1/6, 2/3, 1/6), h = 0.8676 more: H(B) = H(A,B) = ln 2 + h. */
static void two_values_match_closed_form(void) {
    Volume a = make_halves(0);
    const Affine identity = affine_identity();
    const MutualInformationValue value = value_at(&a, &a, &identity);
    const double h = -(2.0 / 6.0 * log(1.0 / 6.0) + 2.0 / 3.0 * log(2.0 / 3.0));
    /* 0.05: samples within the voxel between the halves have values between 0 and 1 (1 in 40). */
    ASSERT_NEAR(value.normalised, (2.0 * log(2.0) + h) / (log(2.0) + h), 0.05);
    ASSERT_NEAR(value.coverage, 1.0, 1e-12);
    volume_free(&a);
}

static void independent_images_share_nothing(void) {
    Volume a = make_halves(0), b = make_halves(1);
    const Affine identity = affine_identity();
    ASSERT_NEAR(value_at(&a, &b, &identity).normalised, 1.0, 0.005); /* counting bias, jitter */
    volume_free(&a);
    volume_free(&b);
}

static void coverage_is_the_common_part(void) {
    Volume a = make_halves(0);
    Affine shift = affine_identity();
    shift.m[1][3] = SIDE / 4;
    ASSERT_NEAR(value_at(&a, &a, &shift).coverage, 0.75, 0.005); /* counting */
    shift.m[1][3] = 10 * SIDE;
    ASSERT_NEAR(value_at(&a, &a, &shift).coverage, 0.0, 0.0);
    ASSERT_NEAR(value_at(&a, &a, &shift).normalised, 1.0, 0.0);
    volume_free(&a);
}

static void selection_takes_one_side(void) {
    Volume a = make_halves(0);
    MutualInformation *whole = NULL, *part = NULL;
    Error error;
    const double normal[3] = {0.0, 0.0, 1.0};
    CU_ASSERT_EQUAL_FATAL(mutual_information_create(&a, &a, 1.0, 100000, 32, &whole, &error),
                          STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(
        mutual_information_select(whole, normal, 0.25 * SIDE - 0.5, &part, &error), STATUS_OK);
    CU_ASSERT_EQUAL(mutual_information_sample_count(whole), SIDE * SIDE * SIDE);
    CU_ASSERT_EQUAL(mutual_information_sample_count(part), SIDE * SIDE * SIDE * 3 / 4);
    mutual_information_free(part);
    CU_ASSERT_EQUAL_FATAL(mutual_information_select(whole, normal, 2.0 * SIDE, &part, &error),
                          STATUS_OK);
    const Affine identity = affine_identity();
    ASSERT_NEAR(mutual_information_at(part, &identity).coverage, 0.0, 0.0); /* empty: no NaN */
    mutual_information_free(part);
    mutual_information_free(whole);
    volume_free(&a);
}

static void any_number_of_threads_agrees(void) {
    Volume a = make_volume();
    for (size_t v = 0; v < SIDE * SIDE * SIDE; v++) {
        a.voxels[v] = 0.5f + 0.5f * sinf(0.01f * (float)(v % 7919));
    }
    Affine shift = affine_identity();
    shift.m[0][3] = 0.3;
    const int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    const double one = value_at(&a, &a, &shift).normalised;
    for (int n = 2; n <= 5; n++) {
        omp_set_num_threads(n);
        CU_ASSERT_EQUAL(value_at(&a, &a, &shift).normalised, one);
    }
    omp_set_num_threads(threads);
    volume_free(&a);
}

int main(void) {
    static const UnitTest tests[] = {
        {"a two-valued image with itself is the closed form", two_values_match_closed_form},
        {"independent images share nothing", independent_images_share_nothing},
        {"coverage is the common part", coverage_is_the_common_part},
        {"a selection takes one side of a plane", selection_takes_one_side},
        {"1 to 5 threads agree exactly", any_number_of_threads_agrees},
    };
    return suite_run("register/mutual_information", tests, sizeof tests / sizeof *tests);
}
