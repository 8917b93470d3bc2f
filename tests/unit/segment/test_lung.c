/* Lungs made of blocks: volume, activity and dose in view, counted by hand. */
#include "segment/lung.h"

#include <math.h>

#include "tests/unit/segment/block_patient.h"

static const double ML = BLOCK_VOXEL_ML;
static const SegmentationConfig config = {
    .part_fraction = 0.2, .min_registration_quality = 0.25, .lung_density_g_ml = 0.3};
static const LungDoseMedium uniform = {.map_density_g_ml = 1.05, .lung_density_g_ml = 0.3};

/* Of this dose; the activity is 1000 Bq/mL everywhere. */
static Lung measure_in(BlockPatient *patient, Volume dose, size_t treatments,
                       const LungDoseMedium *medium) {
    SegmentDoseMaps maps;
    block_dose_maps(dose, block_map(1000, 0, NULL, 0), &maps);
    maps.scan.treatments = treatments;
    StructureList list = {patient->structures, patient->count};
    Lung lung;
    Error error = {0};
    CU_ASSERT_EQUAL(lung_measure(&list, &maps, medium, &config, &lung, &error), STATUS_OK);
    segment_dose_maps_free(&maps);
    block_patient_free(patient);
    return lung;
}

/* Dose of 2 Gy at i = 0 and 1 Gy more with every voxel along i; `unknown` is NaN (NULL: none). */
static Lung measure(BlockPatient *patient, const Block *unknown, const LungDoseMedium *medium) {
    return measure_in(patient, block_map(2, 1, unknown, NAN), 1, medium);
}

static const Block right = {{0, 0, 0}, {3, 3, 3}}, left = {{10, 0, 0}, {13, 3, 3}};

/* 64 voxels around i = 1.5, 64 around i = 11.5: 8.5 Gy in soft tissue. */
static void both_lungs_are_one_organ(void) {
    BlockPatient patient = {0};
    block_add(&patient, "lung", right, NULL);
    block_add(&patient, "lung", left, NULL);
    block_add(&patient, "liver", (Block){{20, 0, 0}, {25, 3, 3}}, NULL);
    Lung lung = measure(&patient, NULL, &uniform);
    CU_ASSERT(lung.is_segmented);
    ASSERT_NEAR(lung.volume_ml, 128 * ML, 1e-7); /* float weights */
    ASSERT_NEAR(lung.coverage, 1, 1e-6);
    ASSERT_NEAR(lung.activity_gbq, 128 * ML * 1000e-9, 1e-12);
    ASSERT_NEAR(lung.mean_gy, 8.5 * 1.05 / 0.3, 1e-4);
    CU_ASSERT_STRING_EQUAL(lung.flags.text, "");
}

static void a_part_of_another_counts_once(void) {
    BlockPatient patient = {0};
    block_add(&patient, "lung", right, NULL);
    block_add(&patient, "lung", (Block){{0, 0, 0}, {1, 3, 3}}, NULL);
    Lung lung = measure(&patient, NULL, &uniform);
    ASSERT_NEAR(lung.volume_ml, 64 * ML, 1e-7);
    ASSERT_NEAR(lung.mean_gy, 3.5 * 1.05 / 0.3, 1e-4);
}

/* The dose grid ends with voxel 29; two of the four layers lie on it. */
static void what_is_out_of_view_is_not_counted(void) {
    BlockPatient patient = {0};
    block_add(&patient, "lung", (Block){{28, 0, 0}, {31, 3, 3}}, NULL);
    Lung lung = measure(&patient, NULL, &uniform);
    ASSERT_NEAR(lung.volume_ml, 64 * ML, 1e-7);
    ASSERT_NEAR(lung.coverage, 0.5, 1e-6);
    ASSERT_NEAR(lung.activity_gbq, 32 * ML * 1000e-9, 1e-12);
    ASSERT_NEAR(lung.mean_gy, 30.5 * 1.05 / 0.3, 1e-3);
}

static void unknown_dose_is_out_of_view(void) {
    BlockPatient patient = {0};
    block_add(&patient, "lung", right, NULL);
    Lung lung = measure(&patient, &(Block){{0, 0, 0}, {0, 3, 3}}, &uniform);
    ASSERT_NEAR(lung.coverage, 0.75, 1e-6);
    ASSERT_NEAR(lung.mean_gy, 4 * 1.05 / 0.3, 1e-4); /* i = 1, 2, 3 */
    BlockPatient nothing = {0};
    block_add(&nothing, "lung", right, NULL);
    lung = measure(&nothing, &right, &uniform);
    ASSERT_NEAR(lung.coverage, 0, 0);
    CU_ASSERT(isnan(lung.mean_gy) && isnan(lung.activity_gbq));
}

/* 6 J per litre in the lung, of 0.25 g/mL where the CT shows it and of 1.05 where it does not
 * reach; the lung's mass is volume x 0.3 g/mL all over. */
static void a_ct_that_ends_in_the_lung_changes_nothing(void) {
    const Block shown[] = {
        {{0, 0, 0}, {3, 3, 3}}, {{0, 0, 0}, {1, 3, 3}}, {{-9, 0, 0}, {-9, 3, 3}}};
    for (int n = 0; n < 3; n++) {
        BlockPatient patient = {0};
        block_add(&patient, "lung", right, NULL);
        LungDoseMedium medium = {block_map(1.05, 0, &shown[n], 0.25), NAN, 0.3};
        Lung lung = measure_in(&patient, block_map(6 / 1.05, 0, &shown[n], 6 / 0.25), 1, &medium);
        ASSERT_NEAR(lung.mean_gy, 6 / 0.3, 1e-5);
        volume_free(&medium.densities_g_ml);
    }
}

static void without_a_density_there_is_no_dose(void) {
    const LungDoseMedium unknown = {.map_density_g_ml = NAN, .lung_density_g_ml = 0.3};
    BlockPatient patient = {0};
    block_add(&patient, "lung", right, NULL);
    Lung lung = measure(&patient, NULL, &unknown);
    CU_ASSERT(isnan(lung.mean_gy));
    ASSERT_NEAR(lung.activity_gbq, 64 * ML * 1000e-9, 1e-12);
}

/* The doses add up, the activity map is the first treatment's alone. */
static void the_activity_of_several_treatments_is_unknown(void) {
    BlockPatient patient = {0};
    block_add(&patient, "lung", right, NULL);
    Lung lung = measure_in(&patient, block_map(2, 1, NULL, 0), 2, &uniform);
    CU_ASSERT(isnan(lung.activity_gbq));
    ASSERT_NEAR(lung.mean_gy, 3.5 * 1.05 / 0.3, 1e-4);
}

/* k A / (V rho): 2 MBq/mL in the local deposition map of soft tissue, k = 49.73 J/GBq. */
static void local_deposition_gives_the_closed_form(void) {
    const double k = 49.73e-6, bq_ml = 2e6, soft_g_ml = 1.05;
    BlockPatient patient = {0};
    block_add(&patient, "lung", right, NULL);
    Lung lung = measure_in(&patient, block_map(k * bq_ml / soft_g_ml, 0, NULL, 0), 1, &uniform);
    ASSERT_NEAR(lung.mean_gy, 331.533333, 1e-4); /* 99.46 / 0.3 */
}

static void a_misplaced_lung_is_unknown(void) {
    BlockPatient patient = {0};
    Structure *lung_mask = block_add(&patient, "lung", right, NULL);
    lung_mask->registration_quality = 0.1;
    lung_mask->to_reference.m[0][3] = 3;
    Lung lung = measure(&patient, NULL, &uniform);
    CU_ASSERT_STRING_EQUAL(lung.flags.text, "lung_misplaced");
    CU_ASSERT(isnan(lung.volume_ml) && isnan(lung.coverage) && isnan(lung.mean_gy));
}

static void no_lung_is_not_segmented(void) {
    BlockPatient patient = {0};
    block_add(&patient, "liver", right, NULL);
    Lung lung = measure(&patient, NULL, &uniform);
    CU_ASSERT(!lung.is_segmented);
    CU_ASSERT(isnan(lung.volume_ml) && isnan(lung.mean_gy));
}

int main(void) {
    static const UnitTest tests[] = {
        {"both lungs are one organ", both_lungs_are_one_organ},
        {"a lung drawn twice counts once", a_part_of_another_counts_once},
        {"what is out of view is not counted", what_is_out_of_view_is_not_counted},
        {"unknown dose is out of view", unknown_dose_is_out_of_view},
        {"a CT that ends in the lung changes nothing", a_ct_that_ends_in_the_lung_changes_nothing},
        {"without a density there is no dose", without_a_density_there_is_no_dose},
        {"the activity of several treatments is unknown",
         the_activity_of_several_treatments_is_unknown},
        {"local deposition gives the closed form", local_deposition_gives_the_closed_form},
        {"a misplaced lung is unknown and flagged", a_misplaced_lung_is_unknown},
        {"without a lung nothing is measured", no_lung_is_not_segmented},
    };
    return suite_run("segment/lung", tests, sizeof tests / sizeof *tests);
}
