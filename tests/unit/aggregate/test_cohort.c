/* The cohort's tables from decisions: rows, missing values, files that do not fit. */
#include "aggregate/cohort.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "aggregate/cohort_columns.h"
#include "tests/unit/aggregate/decision_fixture.h"
#include "tests/unit/suite.h"

static const double THRESHOLDS[] = {20.0, 30.0, 40.0};

static void create(Cohort *cohort) {
    Error error;
    CU_ASSERT_EQUAL_FATAL(cohort_create(THRESHOLDS, 3, cohort, &error), STATUS_OK);
}

static Status add(Cohort *cohort, const Decision *decision, Error *error) {
    Store *store = decision_fixture_open(decision);
    Status status = cohort_add_decided(cohort, store, "north", "N1", error);
    store_close(store);
    return status;
}

static void test_decided(void) {
    Cohort cohort;
    Error error;
    create(&cohort);
    CU_ASSERT_EQUAL(add(&cohort, &(Decision){.stratum = 4.0, .n_lesions = 2}, &error), STATUS_OK);
    CU_ASSERT_EQUAL(table_row_count(cohort.patients), 1);
    CU_ASSERT_EQUAL(table_number(cohort.patients, 0, "stratum"), 4.0);
    CU_ASSERT_STRING_EQUAL(table_text(cohort.patients, 0, "reason"), "because, \"so\"");
    CU_ASSERT_EQUAL(table_number(cohort.patients, 0, "weight_kg"), 70.5);
    CU_ASSERT_STRING_EQUAL(table_text(cohort.patients, 0, "sex"), "F");
    CU_ASSERT(isnan(table_number(cohort.patients, 0, "liver_mean_gy"))); /* not in the file */
    CU_ASSERT_EQUAL(table_row_count(cohort.lesions), 2);
    CU_ASSERT_EQUAL(table_number(cohort.lesions, 1, "davg_gy"), 11.0);
    CU_ASSERT_STRING_EQUAL(table_text(cohort.lesions, 1, "amenable"), "yes");
    CU_ASSERT_EQUAL(table_row_count(cohort.sweep), 3);
    CU_ASSERT_EQUAL(table_number(cohort.sweep, 2, "threshold_gy"), 40.0);
    CU_ASSERT_EQUAL(table_number(cohort.sweep, 2, "stratum"), 4.0);
    cohort_free(&cohort);
}

/* Columns that came later stand after those that others rely on, before the clinical ones. */
static void test_organs(void) {
    static const char *const names[] = {"contact_tolerance_mm", "tumour_to_normal_ratio",
                                        "normal_liver_bed_gy",  "lung_mean_gy",
                                        "lung_shunt_gy",        "liver_coverage",
                                        "lung_coverage",        "activity_ratio",
                                        "calibration_region",   "p_stratum_0"};
    Cohort cohort;
    Error error;
    create(&cohort);
    CU_ASSERT_EQUAL(add(&cohort, &(Decision){.stratum = 1.0, .lung_shunt_gy = 4.5}, &error),
                    STATUS_OK);
    CU_ASSERT_EQUAL(table_number(cohort.patients, 0, "lung_shunt_gy"), 4.5);
    CU_ASSERT(isnan(table_number(cohort.patients, 0, "lung_mean_gy")));
    CU_ASSERT(isnan(table_number(cohort.patients, 0, "liver_coverage")));
    CU_ASSERT_STRING_EQUAL(table_text(cohort.patients, 0, "calibration_region"), "");
    CU_ASSERT(isnan(table_number(cohort.patients, 0, "tumour_to_normal_ratio")));
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        CU_ASSERT_STRING_EQUAL(table_column_name(cohort.patients, 19 + n), names[n]);
    }
    cohort_free(&cohort);
}

/* Files that have them and files that do not, in one cohort. */
static void test_sensitivity(void) {
    Cohort cohort;
    Error error;
    create(&cohort);
    CU_ASSERT_EQUAL(add(&cohort, &(Decision){.stratum = 2.0, .n_lesions = 1}, &error), STATUS_OK);
    CU_ASSERT_EQUAL(add(&cohort, &(Decision){.stratum = 2.0, .with_sensitivity = true}, &error),
                    STATUS_OK);
    CU_ASSERT(isnan(table_number(cohort.patients, 0, "p_stratum")));
    CU_ASSERT(isnan(table_number(cohort.patients, 0, "sbrt_proposed_spared_ml")));
    CU_ASSERT_STRING_EQUAL(table_text(cohort.patients, 0, "modalities"), "");
    CU_ASSERT_STRING_EQUAL(table_text(cohort.patients, 0, "response_recist_1_1_best"), "");
    CU_ASSERT(isnan(table_number(cohort.lesions, 0, "p_underdosed")));
    CU_ASSERT_EQUAL(table_number(cohort.patients, 1, "p_stratum_2"), 0.75);
    CU_ASSERT_EQUAL(table_number(cohort.patients, 1, "sbrt_proposed_spared_ml"), 812.5);
    CU_ASSERT_STRING_EQUAL(table_text(cohort.patients, 1, "modalities"), "SBRT: yes");
    CU_ASSERT_STRING_EQUAL(table_text(cohort.patients, 1, "response_recist_1_1_best"), "PR");
    CU_ASSERT_EQUAL(table_number(cohort.patients, 1, "response_mrecist_days_followed"), 90.0);
    cohort_free(&cohort);
}

static void test_undecided(void) {
    Cohort cohort;
    Error error;
    create(&cohort);
    CU_ASSERT_EQUAL(cohort_add_undecided(&cohort, "south", "S2", "failed in dose: x", &error),
                    STATUS_OK);
    CU_ASSERT_EQUAL(table_number(cohort.patients, 0, "stratum"), 0.0);
    CU_ASSERT_STRING_EQUAL(table_text(cohort.patients, 0, "reason"), "failed in dose: x");
    CU_ASSERT(isnan(table_number(cohort.patients, 0, "n_lesions")));
    CU_ASSERT_EQUAL(table_row_count(cohort.lesions), 0);
    CU_ASSERT_EQUAL(table_row_count(cohort.sweep), 3);
    CU_ASSERT_EQUAL(table_number(cohort.sweep, 1, "stratum"), 0.0);
    cohort_free(&cohort);
}

static void expect_refused(const Decision *decision, const char *words) {
    Cohort cohort;
    Error error = {.message = ""};
    create(&cohort);
    CU_ASSERT_EQUAL(add(&cohort, decision, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, words));
    if (strstr(error.message, words) == NULL) {
        printf("found \"%s\"\n", error.message);
    }
    CU_ASSERT_EQUAL(table_row_count(cohort.patients), 0); /* nothing is added by halves */
    CU_ASSERT_EQUAL(table_row_count(cohort.sweep), 0);
    cohort_free(&cohort);
}

static void test_refused(void) {
    expect_refused(&(Decision){.stratum = 6.0}, "a stratum is 6");
    expect_refused(&(Decision){.stratum = NAN}, "a stratum is nan");
    expect_refused(&(Decision){.stratum = 2.5}, "a stratum is 2.5");
    expect_refused(&(Decision){.last_threshold_gy = 41.0}, "other thresholds");
    expect_refused(&(Decision){.n_thresholds = 2}, "other thresholds");
    expect_refused(&(Decision){.no_reason = true}, "attribute reason is missing");
    expect_refused(&(Decision){.spoilt = "n_underdosed"}, "'n_underdosed' is not one number");
    expect_refused(&(Decision){.clinical = "reason"}, "cannot be a clinical column");
    expect_refused(&(Decision){.clinical = "a/b"}, "cannot be a clinical column");
}

/* The age of one patient is text: that patient is refused, not the cohort. */
static void test_clinical_kinds(void) {
    Cohort cohort;
    Error error;
    create(&cohort);
    CU_ASSERT_EQUAL(table_add_column(cohort.patients, "age", COLUMN_NUMBER, "1", "age", &error),
                    STATUS_OK);
    CU_ASSERT_EQUAL(add(&cohort, &(Decision){.clinical = "age"}, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "'age' is text here"));
    CU_ASSERT_EQUAL(table_row_count(cohort.patients), 0);
    CU_ASSERT_EQUAL(add(&cohort, &(Decision){.n_lesions = 1}, &error), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(table_text(cohort.patients, 0, "sex"), "F");
    cohort_free(&cohort);
}

static void test_clinical_units(void) {
    CU_ASSERT_STRING_EQUAL(cohort_clinical_units("weight_kg"), "kg");
    CU_ASSERT_STRING_EQUAL(cohort_clinical_units("bilirubin_mg_dl"), "mg dL-1");
    CU_ASSERT_STRING_EQUAL(cohort_clinical_units("albumin_g_dl"), "g dL-1");
    CU_ASSERT_STRING_EQUAL(cohort_clinical_units("ecog"), "1");
}

int main(void) {
    static const UnitTest tests[] = {
        {"a decision becomes rows of three tables", test_decided},
        {"figures of the organs stand after the older columns", test_organs},
        {"probabilities, SBRT and response are taken where they are", test_sensitivity},
        {"a patient without a decision is there with stratum 0", test_undecided},
        {"files that do not fit are refused and leave nothing behind", test_refused},
        {"a clinical column holds one kind in all patients", test_clinical_kinds},
        {"clinical columns have the units of their names", test_clinical_units},
    };
    return suite_run("cohort", tests, sizeof tests / sizeof *tests);
}
