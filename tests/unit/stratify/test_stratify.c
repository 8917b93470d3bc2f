/* One patient from segment.h5 to stratify.h5, and files that are not as the contract says. */
#include "stratify/stratify.h"

#include "stratify/response_config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/suite.h"

/* What a test changes in an otherwise good file. */
typedef struct Change {
    const char *vessels, *progression; /* NULL: segmented, no */
    const char *second_name;           /* NULL: L2 */
    const char *vessel_of;             /* NULL: L2 */
    double first_distance_mm;          /* 0: 1 mm */
    bool no_lesions_table;
} Change;

static const char *or_else(const char *value, const char *otherwise) {
    return value != NULL ? value : otherwise;
}

static void must(Status status, const Error *error) {
    if (status != STATUS_OK) {
        printf("%s\n", error->message);
    }
    CU_ASSERT_EQUAL_FATAL(status, STATUS_OK);
}

static void add_number(Table *table, const char *name, double first, double second) {
    Error error;
    must(table_add_column(table, name, COLUMN_NUMBER, "1", name, &error), &error);
    must(table_set_number(table, 0, name, first, &error), &error);
    must(table_set_number(table, 1, name, second, &error), &error);
}

static void add_text(Table *table, const char *name, const char *first, const char *second) {
    Error error;
    must(table_add_column(table, name, COLUMN_TEXT, NULL, name, &error), &error);
    must(table_set_text(table, 0, name, first, &error), &error);
    must(table_set_text(table, 1, name, second, &error), &error);
}

static Table *two_rows(void) {
    Error error;
    size_t row;
    Table *table = table_new();
    must(table_add_row(table, &row, &error), &error);
    must(table_add_row(table, &row, &error), &error);
    return table;
}

static void write_tables(Store *store, const Change *change) {
    Error error;
    Table *lesions = two_rows(), *profile = two_rows();
    add_text(lesions, "lesion", "L1", or_else(change->second_name, "L2"));
    add_number(lesions, "volume_ml", 4.0, 5.0);
    add_number(lesions, "diameter_3d_mm", 12.0, 20.0);
    add_number(lesions, "diameter_axial_mm", 12.0, 20.0);
    add_number(lesions, "davg_gy", 50.0, 20.0);
    add_text(lesions, "flags", "", "small_lesion");
    add_text(profile, "lesion", or_else(change->vessel_of, "L2"), "L2");
    add_number(profile, "vessel_distance_mm",
               change->first_distance_mm > 0.0 ? change->first_distance_mm : 1.0, 9.0);
    add_number(profile, "vessel_diameter_mm", 3.0, 6.0);
    if (!change->no_lesions_table) {
        must(store_write_table(store, "/lesions", lesions, &error), &error);
    }
    must(store_write_table(store, "/vessel_profile", profile, &error), &error);
    table_free(lesions);
    table_free(profile);
}

static Store *open_segment(const Change *change) {
    char path[256];
    Error error;
    Store *store;
    snprintf(path, sizeof path, "%s/segment.h5", scratch_folder());
    must(store_create(path, &store, &error), &error);
    must(store_set_text(store, "/", "flags", "activity_ratio", &error), &error);
    must(store_set_text(store, "/", "dose_method", "kernel", &error), &error);
    must(store_set_text(store, "/", "progression", or_else(change->progression, "no"), &error),
         &error);
    must(store_set_text(store, "/", "vessels", or_else(change->vessels, "segmented"), &error),
         &error);
    must(store_set_text(store, "/", "liver", "none", &error), &error);
    must(store_set_number(store, "/", "imaging_delay_h", 20.0, &error), &error);
    must(store_set_number(store, "/", "voxel_diagonal_mm", 2.0, &error), &error);
    must(store_set_number(store, "/lung", "mean_gy", 7.5, &error), &error);
    must(store_set_number(store, "/lung", "coverage", 0.75, &error), &error);
    must(store_set_number(store, "/", "activity_ratio", 1.25, &error), &error);
    must(store_set_text(store, "/", "calibration_region", "mixed", &error), &error);
    must(store_set_text(store, "/patient", "progression", "no", &error), &error);
    must(store_set_number(store, "/patient", "age", 61.0, &error), &error);
    write_tables(store, change);
    must(store_commit(store, &error), &error);
    must(store_open(path, &store, &error), &error);
    return store;
}

/* Runs the stage; the output is open for reading if it went well. */
static Status process(const Change *change, Store **output, Error *error) {
    static Config config;
    char path[256];
    Error ignored;
    config.stratification = (StratificationConfig){.threshold_gy = 30.0,
                                                   .max_underdosed = 4.0,
                                                   .ablation_max_diameter_mm = 30.0,
                                                   .vessel_min_diameter_mm = 4.0,
                                                   .contact_tolerance_mm = NAN,
                                                   .max_imaging_delay_h = 36.0};
    strcpy(config.rules_path, "configs/rules");
    strcpy(config.rule_set, "protocol");
    config.sweep = (SweepConfig){10.0, 60.0, 10.0};
    config.scenarios = (ScenarioConfig){1u << DOSE_KERNEL, 1u, 1u, {0, 0, 1}, {30, 30, 1},
                                        {30, 30, 1},       {4, 4, 1}};
    config.probability = (ProbabilityConfig){1000, 1, NAN, NAN};
    config.sbrt = (SbrtConfig){3, 16, 5, 6, 15};
    config.ablation = (AblationConfig){10};
    config.dose.tumour = (RadiobiologyConfig){10, 1.5};
    config.dose.normal_liver = (RadiobiologyConfig){2.75, 2.5};
    config.response = response_config_published();
    Store *segment = open_segment(change), *store;
    snprintf(path, sizeof path, "%s/stratify.h5", scratch_folder());
    must(store_create(path, &store, &ignored), &ignored);
    const PatientJob job = {.config = &config,
                            .center = "north",
                            .patient = "N1",
                            .n_inputs = 1,
                            .inputs = {segment},
                            .output = store};
    Status status = stratify_process(&job, error);
    store_close(segment);
    if (status != STATUS_OK) {
        store_close(store);
        return status;
    }
    must(store_commit(store, &ignored), &ignored);
    must(store_open(path, output, &ignored), &ignored);
    return STATUS_OK;
}

static void test_contract(void) {
    const Change none = {.vessels = NULL};
    Store *store;
    Error error;
    double number;
    char text[2048];
    must(process(&none, &store, &error), &error);
    must(store_get_number(store, "/", "stratum", &number, &error), &error);
    CU_ASSERT_EQUAL(number, 2.0);
    must(store_get_number(store, "/", "min_davg_gy", &number, &error), &error);
    CU_ASSERT_EQUAL(number, 20.0);
    must(store_get_text(store, "/", "flags", text, sizeof text, &error), &error);
    CU_ASSERT_STRING_EQUAL(text, "activity_ratio");
    must(store_get_number(store, "/", "liver_volume_ml", &number, &error), &error);
    CU_ASSERT(isnan(number));
    must(store_get_number(store, "/", "tumour_to_normal_ratio", &number, &error), &error);
    CU_ASSERT(isnan(number));
    must(store_get_number(store, "/", "lung_mean_gy", &number, &error), &error);
    CU_ASSERT_EQUAL(number, 7.5);
    must(store_get_number(store, "/", "lung_coverage", &number, &error), &error);
    CU_ASSERT_EQUAL(number, 0.75);
    must(store_get_number(store, "/", "liver_coverage", &number, &error), &error);
    CU_ASSERT(isnan(number));
    must(store_get_number(store, "/", "activity_ratio", &number, &error), &error);
    CU_ASSERT_EQUAL(number, 1.25);
    must(store_get_text(store, "/", "calibration_region", text, sizeof text, &error), &error);
    CU_ASSERT_STRING_EQUAL(text, "mixed");
    must(store_get_number(store, "/patient", "age", &number, &error), &error);
    CU_ASSERT_EQUAL(number, 61.0);

    Table *lesions;
    must(store_read_table(store, "/lesions", &lesions, &error), &error);
    CU_ASSERT_EQUAL(table_number(lesions, 1, "volume_ml"), 5.0);
    CU_ASSERT_EQUAL(table_number(lesions, 1, "vessel_distance_mm"), 9.0);
    CU_ASSERT_EQUAL(table_number(lesions, 1, "vessel_diameter_mm"), 6.0);
    CU_ASSERT_STRING_EQUAL(table_text(lesions, 0, "vessel_status"), "none_large");
    CU_ASSERT_STRING_EQUAL(table_text(lesions, 1, "vessel_status"), "measured");
    CU_ASSERT_STRING_EQUAL(table_text(lesions, 0, "treatment"), "none");
    CU_ASSERT_STRING_EQUAL(table_text(lesions, 1, "treatment"), "ablation");
    CU_ASSERT_STRING_EQUAL(table_text(lesions, 1, "flags"), "small_lesion");
    table_free(lesions);

    Table *sweep;
    static const double strata[] = {1, 1, 2, 2, 2, 2}; /* a tie is not underdosed here */
    must(store_read_table(store, "/sweep", &sweep, &error), &error);
    CU_ASSERT_EQUAL_FATAL(table_row_count(sweep), 6);
    for (size_t row = 0; row < 6; row++) {
        CU_ASSERT_EQUAL(table_number(sweep, row, "stratum"), strata[row]);
    }
    table_free(sweep);
    store_close(store);
}

static void test_vessels_not_segmented(void) {
    const Change change = {.vessels = "none"};
    Store *store;
    Error error;
    double stratum;
    char flags[512];
    Table *lesions;
    must(process(&change, &store, &error), &error);
    must(store_get_number(store, "/", "stratum", &stratum, &error), &error);
    CU_ASSERT_EQUAL(stratum, 0.0);
    must(store_get_text(store, "/", "flags", flags, sizeof flags, &error), &error);
    CU_ASSERT_STRING_EQUAL(flags, "activity_ratio;vessels_unknown");
    must(store_read_table(store, "/lesions", &lesions, &error), &error);
    CU_ASSERT_STRING_EQUAL(table_text(lesions, 1, "vessel_status"), "unknown");
    CU_ASSERT_STRING_EQUAL(table_text(lesions, 1, "amenable"), "unknown");
    CU_ASSERT(isnan(table_number(lesions, 1, "vessel_distance_mm")));
    table_free(lesions);
    store_close(store);
}

static void expect_refused(const Change *change, const char *words) {
    Error error = {.message = ""};
    Store *store;
    CU_ASSERT_EQUAL(process(change, &store, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, words));
    if (strstr(error.message, words) == NULL) {
        printf("found \"%s\"\n", error.message);
    }
}

static void test_bad_files(void) {
    expect_refused(&(Change){.progression = "maybe"}, "attribute progression is \"maybe\"");
    expect_refused(&(Change){.vessels = "some"}, "attribute vessels is \"some\"");
    expect_refused(&(Change){.second_name = "L1"}, "lesion \"L1\" is there twice");
    expect_refused(&(Change){.second_name = ""}, "has no name");
    expect_refused(&(Change){.vessel_of = "L9"}, "name no lesion");
    expect_refused(&(Change){.first_distance_mm = 12.0}, "the nearest must come first");
    expect_refused(&(Change){.no_lesions_table = true}, "/lesions");
}

int main(void) {
    static const UnitTest tests[] = {
        {"the output is as the contract says", test_contract},
        {"vessels that are not segmented are unknown, never absent", test_vessels_not_segmented},
        {"files that break the contract are refused by name", test_bad_files},
    };
    return suite_run("stratify", tests, sizeof tests / sizeof *tests);
}
