/* Volume, mean, median and volume fractions of the digital phantom of the Image Biomarker
 * Standardisation Initiative: 5 x 4 x 4 voxels of 2 mm, CC BY 4.0, github.com/theibsi/data_sets;
 * consensus values: Zwanenburg et al., Radiology 2020;295:328. */
#include "segment/dose_samples.h"
#include "segment/lesion.h"
#include "tests/unit/suite.h"

#include <string.h>

enum { VOXELS = 80 };

static const float intensities[VOXELS] = {
    1, 4, 4, 1, 1, 1, 4, 6, 1, 1, 4, 1, 6, 4, 1, 4, 4, 6, 4, 1, 1, 4, 4, 1, 1, 1, 1,
    6, 1, 1, 1, 1, 3, 1, 1, 4, 4, 6, 1, 1, 1, 4, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 9, 1,
    1, 1, 1, 6, 1, 1, 1, 4, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 6, 1, 1};
static const size_t outside[] = {30, 43, 44, 52, 63, 64};

static Grid phantom_grid(void) {
    Grid grid = {.size = {5, 4, 4}, .affine = affine_identity()};
    for (int axis = 0; axis < 3; axis++) {
        grid.affine.m[axis][axis] = 2;
    }
    return grid;
}

/* The phantom's mask as a lesion, its intensities as the dose map. */
static void make_phantom(Structure *structure, SegmentDoseMaps *maps) {
    Grid grid = phantom_grid();
    Error error;
    *structure = (Structure){.to_reference = affine_identity()};
    *maps = (SegmentDoseMaps){.reference_to_dose = affine_identity(),
                              .chosen = &maps->maps[DOSE_KERNEL]};
    CU_ASSERT_EQUAL_FATAL(label_map_create(&grid, &structure->mask, &error), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(volume_create(&grid, &maps->maps[DOSE_KERNEL], &error), STATUS_OK);
    memcpy(maps->maps[DOSE_KERNEL].voxels, intensities, sizeof intensities);
    for (size_t n = 0; n < VOXELS; n++) {
        structure->mask.labels[n] = 1;
    }
    for (size_t n = 0; n < sizeof outside / sizeof *outside; n++) {
        structure->mask.labels[outside[n]] = 0;
    }
}

static void a_lesion_has_the_consensus_values(void) {
    static const SegmentationConfig config = {
        .dose_method = DOSE_KERNEL, .part_fraction = 0.2, .min_coverage = 0.99, .dvh_bin_gy = 0.5};
    Structure structure;
    SegmentDoseMaps maps;
    Lesion lesion;
    Error error;
    make_phantom(&structure, &maps);
    CU_ASSERT_EQUAL_FATAL(lesion_measure(&structure, &maps, &config, &lesion, &error), STATUS_OK);
    ASSERT_NEAR(lesion.volume_ml, 0.592, 1e-12);           /* volume (voxel counting), 592 mm3 */
    ASSERT_NEAR(lesion.davg_gy, 159.0 / 74, 1e-6);         /* mean, 2.15; float weights */
    ASSERT_NEAR(lesion.d50_gy, 1, 1e-6);                   /* median */
    ASSERT_NEAR(lesion.d90_gy, 1, 1e-6);                   /* 10th percentile */
    ASSERT_NEAR(lesion.dvh_percent[4], 100 * 0.324, 0.05); /* at 2.0: fraction above 10 % */
    ASSERT_NEAR(lesion.dvh_percent[11], 9.46, 0.005);      /* at 5.5: fraction above 90 % */
    ASSERT_NEAR(lesion.coverage, 1, 0);
    CU_ASSERT_STRING_EQUAL(lesion.flags.text, "");
    lesion_free(&lesion);
    segment_dose_maps_free(&maps);
    label_map_free(&structure.mask);
}

/* numpy.percentile(v, [90, 30], method="hazen") of the 74 voxels: 4.2, 1.0. */
static void quantiles_agree_with_numpy(void) {
    float weights[VOXELS];
    for (size_t n = 0; n < VOXELS; n++) {
        weights[n] = 1;
    }
    for (size_t n = 0; n < sizeof outside / sizeof *outside; n++) {
        weights[outside[n]] = 0;
    }
    float doses[VOXELS];
    memcpy(doses, intensities, sizeof doses);
    Volume dose = {phantom_grid(), doses}, weight = {phantom_grid(), weights};
    DoseSamples samples;
    Error error;
    CU_ASSERT_EQUAL_FATAL(dose_samples_gather(&dose, &weight, &samples, &error), STATUS_OK);
    ASSERT_NEAR(dose_samples_dose_at_volume(&samples, 10), 4.2, 1e-9);
    ASSERT_NEAR(dose_samples_dose_at_volume(&samples, 70), 1.0, 1e-9);
    dose_samples_free(&samples);
}

int main(void) {
    static const UnitTest tests[] = {
        {"a lesion has the phantom's consensus values", a_lesion_has_the_consensus_values},
        {"quantiles agree with numpy", quantiles_agree_with_numpy},
    };
    return suite_run("segment/ibsi_phantom (validation)", tests, sizeof tests / sizeof *tests);
}
