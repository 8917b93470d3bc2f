/* T:N ratios of blocks whose activities are known exactly. */
#include "segment/tumour_to_normal.h"

#include <math.h>

#include "tests/unit/segment/block_patient.h"

static Error error;

#define OK(call) CU_ASSERT_EQUAL_FATAL((call), STATUS_OK)

static const Block organ = {{0, 0, 0}, {9, 9, 9}}, hot = {{2, 2, 2}, {3, 3, 3}},
                   cold = {{6, 6, 6}, {7, 7, 9}};

static const SegmentationConfig config = {
    .part_fraction = 0.2, .min_coverage = 0.99, .min_registration_quality = 0.25};

typedef struct Case {
    bool has_liver, has_activity, is_hot_misplaced, is_cold_out_of_view;
    size_t treatments;
    double ratio; /* out: of the liver */
} Case;

/* Liver of 500 Bq/mL, 8 voxels of 2000 Bq/mL and 16 of 500; the table that is written. */
static Table *measure(Case *asked, Liver *liver) {
    BlockPatient patient = {0};
    char path[256];
    Store *store;
    Table *table;
    if (asked->has_liver) {
        block_add(&patient, "liver", organ, NULL);
    }
    Structure *first = block_add(&patient, "lesion", hot, NULL);
    Structure *second = block_add(&patient, "lesion", cold, NULL);
    if (asked->is_hot_misplaced) {
        first->registration_quality = 0.1;
        first->to_reference.m[0][3] = 0.5;
    }
    if (asked->is_cold_out_of_view) { /* half of it, beyond voxel 29; not in the liver */
        second->to_reference.m[0][3] = 2.0 * (29 - 6);
    }
    const Volume no_map = {0};
    SegmentDoseMaps maps;
    block_dose_maps(block_map(40, 0, NULL, 0),
                    asked->has_activity ? block_map(500, 0, &hot, 2000) : no_map, &maps);
    maps.scan.treatments = asked->treatments;
    StructureList list = {patient.structures, patient.count};
    snprintf(path, sizeof path, "%s/ratios.h5", scratch_folder());
    OK(liver_measure(&list, &maps.chosen->grid, &maps, &no_map, &config, liver, &error));
    asked->ratio = tumour_to_normal_of_liver(liver, &maps);
    OK(store_create(path, &store, &error));
    OK(tumour_to_normal_write(&list, &maps, &config, liver, store, &error));
    OK(store_commit(store, &error));
    OK(store_open(path, &store, &error));
    OK(store_read_table(store, "/tumour_to_normal", &table, &error));
    store_close(store);
    segment_dose_maps_free(&maps);
    block_patient_free(&patient);
    return table;
}

static void ratios_are_those_of_the_activities(void) {
    Liver liver;
    Case asked = {.has_liver = true, .has_activity = true, .treatments = 1};
    Table *table = measure(&asked, &liver);
    ASSERT_NEAR(liver.normal.activity_bq_ml, 500, 1e-3); /* float voxels */
    ASSERT_NEAR(liver.tumour.activity_bq_ml, (8 * 2000 + 16 * 500) / 24.0, 1e-3);
    ASSERT_NEAR(asked.ratio, 2, 1e-5);
    CU_ASSERT_EQUAL_FATAL(table_row_count(table), 2);
    CU_ASSERT_STRING_EQUAL(table_text(table, 0, "lesion"), "B2");
    ASSERT_NEAR(table_number(table, 0, "activity_bq_ml"), 2000, 1e-3);
    ASSERT_NEAR(table_number(table, 0, "tumour_to_normal_ratio"), 4, 1e-5);
    ASSERT_NEAR(table_number(table, 1, "tumour_to_normal_ratio"), 1, 1e-5);
    table_free(table);
}

static void without_a_liver_there_is_no_ratio(void) {
    Liver liver;
    Case asked = {.has_activity = true, .treatments = 1};
    Table *table = measure(&asked, &liver);
    CU_ASSERT(isnan(asked.ratio));
    ASSERT_NEAR(table_number(table, 0, "activity_bq_ml"), 2000, 1e-3);
    CU_ASSERT(isnan(table_number(table, 0, "tumour_to_normal_ratio")));
    table_free(table);
}

static void without_activity_nothing_is_known(void) {
    Liver liver;
    Case asked = {.has_liver = true, .treatments = 1};
    Table *table = measure(&asked, &liver);
    CU_ASSERT(isnan(liver.normal.activity_bq_ml) && isnan(liver.normal.bed_gy));
    ASSERT_NEAR(liver.normal.mean_gy, 40, 1e-4);
    CU_ASSERT_EQUAL_FATAL(table_row_count(table), 2);
    CU_ASSERT(isnan(table_number(table, 0, "activity_bq_ml")));
    CU_ASSERT(isnan(table_number(table, 1, "tumour_to_normal_ratio")));
    table_free(table);
}

/* The activity map is the first treatment's: a lesion treated later shows nothing on it. */
static void several_treatments_have_no_ratio(void) {
    Liver liver;
    Case asked = {.has_liver = true, .has_activity = true, .treatments = 2};
    Table *table = measure(&asked, &liver);
    CU_ASSERT(isnan(asked.ratio));
    CU_ASSERT(isnan(table_number(table, 0, "tumour_to_normal_ratio")));
    CU_ASSERT(isnan(table_number(table, 1, "tumour_to_normal_ratio")));
    ASSERT_NEAR(table_number(table, 0, "activity_bq_ml"), 2000, 1e-3); /* of the first */
    table_free(table);
}

/* It touches the liver, which so is unknown as well. */
static void an_untrusted_lesion_has_no_ratio(void) {
    Liver liver;
    Case asked = {
        .has_liver = true, .has_activity = true, .is_hot_misplaced = true, .treatments = 1};
    Table *table = measure(&asked, &liver);
    CU_ASSERT(flags_has(&liver.flags, "liver_misplaced") && isnan(asked.ratio));
    CU_ASSERT(isnan(table_number(table, 0, "activity_bq_ml")));
    CU_ASSERT(isnan(table_number(table, 0, "tumour_to_normal_ratio")));
    ASSERT_NEAR(table_number(table, 1, "activity_bq_ml"), 500, 1e-3);
    CU_ASSERT(isnan(table_number(table, 1, "tumour_to_normal_ratio")));
    table_free(table);
}

static void a_lesion_half_in_view_has_no_ratio(void) {
    Liver liver;
    Case asked = {
        .has_liver = true, .has_activity = true, .is_cold_out_of_view = true, .treatments = 1};
    Table *table = measure(&asked, &liver);
    ASSERT_NEAR(table_number(table, 0, "tumour_to_normal_ratio"), 4, 1e-5);
    CU_ASSERT(isnan(table_number(table, 1, "activity_bq_ml")));
    CU_ASSERT(isnan(table_number(table, 1, "tumour_to_normal_ratio")));
    table_free(table);
}

static void noise_around_zero_is_no_denominator(void) {
    CU_ASSERT(isnan(tumour_to_normal_ratio(100, 0)));
    CU_ASSERT(isnan(tumour_to_normal_ratio(100, -3)));
    CU_ASSERT(isnan(tumour_to_normal_ratio(NAN, 3)));
    ASSERT_NEAR(tumour_to_normal_ratio(-1, 4), -0.25, 0); /* a lesion below zero is measured */
}

int main(void) {
    static const UnitTest tests[] = {
        {"ratios are those of the activities", ratios_are_those_of_the_activities},
        {"without a liver there is no ratio", without_a_liver_there_is_no_ratio},
        {"without an activity map nothing is known", without_activity_nothing_is_known},
        {"several treatments have no ratio", several_treatments_have_no_ratio},
        {"an untrusted lesion has no ratio", an_untrusted_lesion_has_no_ratio},
        {"a lesion half in view has no ratio", a_lesion_half_in_view_has_no_ratio},
        {"a normal liver at or below zero gives no ratio", noise_around_zero_is_no_denominator},
    };
    return suite_run("segment/tumour_to_normal", tests, sizeof tests / sizeof *tests);
}
