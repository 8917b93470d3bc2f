/* Dose figures of a handful of voxels, against sums done by hand. */
#include "segment/dose_samples.h"
#include "tests/unit/suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Volumes of one row; the arrays stay the caller's. */
static Volume row(float *voxels, size_t count) {
    Volume volume = {.grid = {.size = {count, 1, 1}, .affine = affine_identity()},
                     .voxels = voxels};
    return volume;
}

static DoseSamples gather(float *doses, float *weights, size_t count) {
    Volume dose = row(doses, count), weight = row(weights, count);
    DoseSamples samples;
    Error error;
    CU_ASSERT_EQUAL_FATAL(dose_samples_gather(&dose, &weight, &samples, &error), STATUS_OK);
    return samples;
}

static void the_mean_is_weighted(void) {
    float doses[] = {10, 40, 1000}, weights[] = {1, 0.5f, 0};
    Volume dose = row(doses, 3), weight = row(weights, 3);
    ASSERT_NEAR(dose_weighted_mean(&dose, &weight), 20, 1e-12);
    float nothing[] = {0, 0, 0};
    weight = row(nothing, 3);
    CU_ASSERT(isnan(dose_weighted_mean(&dose, &weight)));
}

static void dx_counts_volume_from_the_top(void) {
    float doses[] = {40, 10, 30, 20}, weights[] = {1, 1, 1, 1};
    DoseSamples samples = gather(doses, weights, 4);
    /* Sorted 10 20 30 40 at 12.5, 37.5, 62.5, 87.5 percent of the volume. */
    ASSERT_NEAR(dose_samples_dose_at_volume(&samples, 50), 25, 1e-12);
    ASSERT_NEAR(dose_samples_dose_at_volume(&samples, 70), 17, 1e-12);
    ASSERT_NEAR(dose_samples_dose_at_volume(&samples, 95), 10, 1e-12);
    ASSERT_NEAR(dose_samples_dose_at_volume(&samples, 5), 40, 1e-12);
    dose_samples_free(&samples);
}

static void dx_weighs_volume(void) {
    float doses[] = {10, 20}, weights[] = {0.75f, 0.25f};
    DoseSamples samples = gather(doses, weights, 2);
    /* Middles at 37.5 and 87.5 percent. */
    ASSERT_NEAR(dose_samples_dose_at_volume(&samples, 50), 12.5, 1e-12);
    ASSERT_NEAR(dose_samples_dose_at_volume(&samples, 37.5), 15, 1e-12);
    dose_samples_free(&samples);
}

static void vx_includes_its_threshold(void) {
    float doses[] = {29.99f, 30, 100, 5}, weights[] = {1, 1, 1, 1};
    DoseSamples samples = gather(doses, weights, 4);
    ASSERT_NEAR(dose_samples_volume_at_dose(&samples, 30), 50, 1e-12);
    ASSERT_NEAR(dose_samples_volume_at_dose(&samples, 100), 25, 1e-12);
    ASSERT_NEAR(dose_samples_volume_at_dose(&samples, 101), 0, 0);
    dose_samples_free(&samples);
}

static void the_histogram_falls_from_all_to_nothing(void) {
    float doses[] = {0.5f, 4, 4, 9.9f}, weights[] = {1, 1, 1, 1};
    static const double expected[] = {100, 75, 75, 25, 25, 0};
    DoseSamples samples = gather(doses, weights, 4);
    double *percent;
    size_t bins;
    Error error;
    CU_ASSERT_EQUAL(dose_samples_histogram(&samples, 2, &percent, &bins, &error), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(bins, 6); /* 0 2 4 6 8 10: the last lies above 9.9 */
    for (size_t n = 0; n < bins; n++) {
        ASSERT_NEAR(percent[n], expected[n], 1e-12);
    }
    free(percent);
    dose_samples_free(&samples);
}

static void a_dose_at_a_bin_edge_has_a_bin_above_it(void) {
    float doses[] = {4}, weights[] = {1};
    DoseSamples samples = gather(doses, weights, 1);
    double *percent;
    size_t bins;
    Error error;
    CU_ASSERT_EQUAL(dose_samples_histogram(&samples, 2, &percent, &bins, &error), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(bins, 4);
    ASSERT_NEAR(percent[2], 100, 0);
    ASSERT_NEAR(percent[3], 0, 0);
    free(percent);
    dose_samples_free(&samples);
}

static void too_many_bins_are_refused(void) {
    float doses[] = {1e6f}, weights[] = {1};
    DoseSamples samples = gather(doses, weights, 1);
    double *percent;
    size_t bins;
    Error error;
    CU_ASSERT_EQUAL(dose_samples_histogram(&samples, 1, &percent, &bins, &error), STATUS_CONFIG);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "dvh_bin_gy"));
    dose_samples_free(&samples);
}

static void nothing_covered_is_missing(void) {
    float doses[] = {1}, weights[] = {0};
    DoseSamples samples = gather(doses, weights, 1);
    double *percent;
    size_t bins;
    Error error;
    CU_ASSERT(isnan(dose_samples_dose_at_volume(&samples, 70)));
    CU_ASSERT(isnan(dose_samples_volume_at_dose(&samples, 30)));
    CU_ASSERT_EQUAL(dose_samples_histogram(&samples, 1, &percent, &bins, &error), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(bins, 1);
    CU_ASSERT(isnan(percent[0]));
    free(percent);
    dose_samples_free(&samples);
}

int main(void) {
    static const UnitTest tests[] = {
        {"the mean is weighted", the_mean_is_weighted},
        {"Dx counts volume from the highest dose", dx_counts_volume_from_the_top},
        {"Dx weighs volume", dx_weighs_volume},
        {"Vx includes its threshold", vx_includes_its_threshold},
        {"the histogram falls from all to nothing", the_histogram_falls_from_all_to_nothing},
        {"a dose at a bin's edge has a bin above it", a_dose_at_a_bin_edge_has_a_bin_above_it},
        {"too many bins are refused", too_many_bins_are_refused},
        {"nothing covered is missing, not zero", nothing_covered_is_missing},
    };
    return suite_run("segment/dose_samples", tests, sizeof tests / sizeof *tests);
}
