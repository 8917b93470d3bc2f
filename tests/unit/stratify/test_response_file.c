/* The follow-up of segment.h5 as response tables of stratify.h5. */
#include "stratify/response_file.h"

#include "tests/unit/stratify/followup_fixture.h"

static const StrataLesion LESIONS[] = {{.name = "L1"}, {.name = "L2"}, {.name = "L3"}};
static const StrataPatient PATIENT = {.lesions = LESIONS, .n_lesions = 3};

static Store *reopen(Store *store, const char *path) {
    Error error;
    must(store_commit(store, &error), &error);
    must(store_open(path, &store, &error), &error);
    return store;
}

/* Writes the table as the follow-up of a segment.h5 (NULL: none) and judges it. */
static Status process(Table *table, Store **output, Flags *flags, Error *error) {
    char segment_path[256], path[256];
    Error ignored;
    Store *segment;
    const ResponseConfig config = response_config_published();
    snprintf(segment_path, sizeof segment_path, "%s/segment.h5", scratch_folder());
    snprintf(path, sizeof path, "%s/stratify.h5", scratch_folder());
    must(store_create(segment_path, &segment, &ignored), &ignored);
    if (table != NULL) {
        must(store_write_table(segment, "/followup", table, &ignored), &ignored);
    }
    segment = reopen(segment, segment_path);
    must(store_create(path, output, &ignored), &ignored);
    Status status = response_file_write(*output, segment, &PATIENT, &config, flags, error);
    store_close(segment);
    *output = reopen(*output, path);
    table_free(table);
    return status;
}

static Table *three_targets(void) {
    static const char *const rows[] = {
        "-5 L1 t=yes s=measured l=40 p=30", "-5 L2 t=yes s=measured l=20 p=20",
        "-5 L3 t=yes s=measured l=10 p=10", "55 L1 s=measured l=20 p=10",
        "55 L2 s=measured l=12 p=10",       "55 L3 s=measured l=30 p=30",
        "115 L1 s=measured l=30 p=30",      "115 L2 s=measured l=12 p=10"};
    return followup_table(rows, sizeof rows / sizeof *rows);
}

static void check_text(const Store *store, const char *attribute, const char *expected) {
    char text[256];
    Error error;
    must(store_get_text(store, "/", attribute, text, sizeof text, &error), &error);
    CU_ASSERT_STRING_EQUAL(text, expected);
}

static double number(const Store *store, const char *attribute) {
    double value;
    Error error;
    must(store_get_number(store, "/", attribute, &value, &error), &error);
    return value;
}

/* RECIST 1.1 sums L1 and L2: 60, 32, 42 mm (+31 % over 32, +10 mm); by RECIST 1.0 L3 counts: 70,
 * 62, and no size of L3 at the end: 42 are not 20 % over 62. */
static void test_contract(void) {
    Store *store;
    Table *visits, *lesions;
    Flags flags = {.text = ""};
    Error error;
    must(process(three_targets(), &store, &flags, &error), &error);
    CU_ASSERT_STRING_EQUAL(flags.text, "targets_limited;non_target_unknown");
    check_text(store, "response_recist_1_1_best", "PR");
    check_text(store, "response_recist_1_1_progression", "observed");
    ASSERT_NEAR(number(store, "response_recist_1_1_days_to_response"), 55, 0);
    ASSERT_NEAR(number(store, "response_recist_1_1_days_to_progression"), 115, 0);
    check_text(store, "response_recist_best", "SD");
    check_text(store, "response_recist_progression", "censored");
    CU_ASSERT(isnan(number(store, "response_recist_days_to_progression")));
    ASSERT_NEAR(number(store, "response_recist_days_followed"), 55, 0);
    check_text(store, "response_mrecist_best", "NE");
    check_text(store, "response_mrecist_progression", "unknown");
    must(store_read_table(store, "/response", &visits, &error), &error);
    must(store_read_table(store, "/response_lesions", &lesions, &error), &error);
    CU_ASSERT_EQUAL_FATAL(table_row_count(visits), 4 * 3);
    CU_ASSERT_EQUAL_FATAL(table_row_count(lesions), 4 * 3 * 3);
    const size_t last = 2 * 3 + 2; /* recist_1_1, third visit */
    CU_ASSERT_STRING_EQUAL(table_text(visits, last, "criterion"), "recist_1_1");
    CU_ASSERT_STRING_EQUAL(table_text(visits, last, "date"), "day 115");
    CU_ASSERT_STRING_EQUAL(table_text(visits, last, "response"), "PD");
    CU_ASSERT_STRING_EQUAL(table_text(visits, last, "reason"), "growth;non_target_unknown");
    CU_ASSERT_STRING_EQUAL(table_text(visits, 0, "unit"), "mm2");
    CU_ASSERT_STRING_EQUAL(table_text(visits, 0, "response"), "");
    ASSERT_NEAR(table_number(visits, last, "sum"), 42, 0);
    ASSERT_NEAR(table_number(visits, last, "nadir"), 32, 0);
    ASSERT_NEAR(table_number(visits, last, "change_percent"), -30, 1e-12); /* rounding */
    ASSERT_NEAR(table_number(visits, last, "nadir_change_percent"), 31.25, 1e-12);
    ASSERT_NEAR(table_number(visits, last, "days_since_baseline"), 120, 0);
    const size_t third = 2 * 9 + 2 * 3 + 1; /* recist_1_1, L3, second visit */
    CU_ASSERT_STRING_EQUAL(table_text(lesions, third, "lesion"), "L3");
    CU_ASSERT_STRING_EQUAL(table_text(lesions, third, "role"), "non_target");
    CU_ASSERT_STRING_EQUAL(table_text(lesions, third, "response"), "PD");
    ASSERT_NEAR(table_number(lesions, third, "size"), 30, 0);
    table_free(visits);
    table_free(lesions);
    store_close(store);
}

static void test_nothing_to_judge(void) {
    static const char *const late[] = {"10 L1 t=yes s=measured l=40"};
    Store *store;
    Table *visits;
    Flags flags = {.text = ""};
    Error error;
    must(process(NULL, &store, &flags, &error), &error);
    CU_ASSERT_FALSE(store_has(store, "/response"));
    CU_ASSERT_STRING_EQUAL(flags.text, "");
    store_close(store);
    must(process(followup_table(late, 1), &store, &flags, &error), &error);
    must(store_read_table(store, "/response", &visits, &error), &error);
    CU_ASSERT_EQUAL(table_row_count(visits), 0);
    CU_ASSERT_STRING_EQUAL(flags.text, "baseline_missing;lesions_not_followed");
    check_text(store, "response_who_best", "NE");
    table_free(visits);
    store_close(store);
}

static void test_refused(void) {
    static const char *const wrong[] = {"0 L9 t=yes s=measured l=40"};
    Store *store;
    Flags flags = {.text = ""};
    Error error = {.message = ""};
    CU_ASSERT_EQUAL(process(followup_table(wrong, 1), &store, &flags, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "follow-up sheet, line 2, lesion 'L9'"));
    store_close(store);
    CU_ASSERT_EQUAL(process(table_new(), &store, &flags, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "has no column line"));
    store_close(store);
}

int main(void) {
    static const UnitTest tests[] = {
        {"tables and attributes are as the contract says", test_contract},
        {"without follow-up or baseline nothing is judged", test_nothing_to_judge},
        {"rows and tables that are wrong are refused", test_refused},
    };
    return suite_run("response file", tests, sizeof tests / sizeof *tests);
}
