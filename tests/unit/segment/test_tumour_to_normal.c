/* T:N ratios of blocks whose activities are known exactly. */
#include "segment/tumour_to_normal.h"

#include <math.h>

#include "tests/unit/segment/block_patient.h"

static Error error;

#define OK(call) CU_ASSERT_EQUAL_FATAL((call), STATUS_OK)

static const Block organ = {{0, 0, 0}, {9, 9, 9}}, hot = {{2, 2, 2}, {3, 3, 3}},
                   cold = {{6, 6, 6}, {7, 7, 9}};

/* Liver of 500 Bq/mL, 8 voxels of 2000 Bq/mL and 16 of 500; the table that is written. */
static Table *measure(bool has_liver, bool has_activity, Liver *liver) {
    BlockPatient patient = {0};
    char path[256];
    Store *store;
    Table *table;
    if (has_liver) {
        block_add(&patient, "liver", organ, NULL);
    }
    block_add(&patient, "lesion", hot, NULL);
    block_add(&patient, "lesion", cold, NULL);
    const Volume no_map = {0};
    SegmentDoseMaps maps;
    block_dose_maps(block_map(40, 0, NULL, 0),
                    has_activity ? block_map(500, 0, &hot, 2000) : no_map, &maps);
    StructureList list = {patient.structures, patient.count};
    snprintf(path, sizeof path, "%s/ratios.h5", scratch_folder());
    OK(liver_measure(&list, &maps.chosen->grid, &maps, &no_map, 0.2, liver, &error));
    OK(store_create(path, &store, &error));
    OK(tumour_to_normal_write(&list, &maps, 0.2, liver, store, &error));
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
    Table *table = measure(true, true, &liver);
    ASSERT_NEAR(liver.normal.activity_bq_ml, 500, 1e-3); /* float voxels */
    ASSERT_NEAR(liver.tumour.activity_bq_ml, (8 * 2000 + 16 * 500) / 24.0, 1e-3);
    ASSERT_NEAR(tumour_to_normal_ratio(liver.tumour.activity_bq_ml, liver.normal.activity_bq_ml), 2,
                1e-5);
    CU_ASSERT_EQUAL_FATAL(table_row_count(table), 2);
    CU_ASSERT_STRING_EQUAL(table_text(table, 0, "lesion"), "B2");
    ASSERT_NEAR(table_number(table, 0, "activity_bq_ml"), 2000, 1e-3);
    ASSERT_NEAR(table_number(table, 0, "tumour_to_normal_ratio"), 4, 1e-5);
    ASSERT_NEAR(table_number(table, 1, "tumour_to_normal_ratio"), 1, 1e-5);
    table_free(table);
}

static void without_a_liver_there_is_no_ratio(void) {
    Liver liver;
    Table *table = measure(false, true, &liver);
    ASSERT_NEAR(table_number(table, 0, "activity_bq_ml"), 2000, 1e-3);
    CU_ASSERT(isnan(table_number(table, 0, "tumour_to_normal_ratio")));
    table_free(table);
}

static void without_activity_nothing_is_known(void) {
    Liver liver;
    Table *table = measure(true, false, &liver);
    CU_ASSERT(isnan(liver.normal.activity_bq_ml) && isnan(liver.normal.bed_gy));
    ASSERT_NEAR(liver.normal.mean_gy, 40, 1e-4);
    CU_ASSERT_EQUAL_FATAL(table_row_count(table), 2);
    CU_ASSERT(isnan(table_number(table, 0, "activity_bq_ml")));
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
        {"a normal liver at or below zero gives no ratio", noise_around_zero_is_no_denominator},
    };
    return suite_run("segment/tumour_to_normal", tests, sizeof tests / sizeof *tests);
}
