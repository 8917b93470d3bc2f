/* Rows of follow-up as a history; rows that contradict each other are refused by name and line. */
#include "stratify/followup.h"

#include "tests/unit/stratify/followup_fixture.h"

#define ROWS(...)                                                                                  \
    (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)

static const char *const known[] = {"L1", "L2"};

static Status build(const char *const rows[], size_t n_rows, Table **table, Followup *followup,
                    Error *error) {
    const ResponseConfig config = response_config_published();
    *table = followup_table(rows, n_rows);
    return followup_build(*table, known, 2, &config, followup, error);
}

static void test_history(void) {
    Table *table;
    Followup followup;
    Error error;
    must(build(ROWS("60 N1 s=measured l=8 new_lesion=yes", "0 L1 t=yes s=measured l=40 p=30",
                    "0 C organ=lymph_node t=no s=measured a=12", "60 L1 s=too_small",
                    "60 - non_target_progression=no", "120 L1 s=not_assessed"),
               &table, &followup, &error),
         &error);
    const ResponseHistory *history = &followup.history;
    CU_ASSERT_EQUAL_FATAL(history->n_lesions, 4);
    CU_ASSERT_EQUAL_FATAL(history->n_visits, 3);
    CU_ASSERT_STRING_EQUAL(history->lesions[0].name, "L1");
    CU_ASSERT_STRING_EQUAL(history->lesions[1].organ, "liver");
    CU_ASSERT_STRING_EQUAL(history->lesions[2].name, "C");
    CU_ASSERT(history->lesions[0].is_target && !history->lesions[1].is_target);
    CU_ASSERT(history->lesions[2].is_node && !history->lesions[2].is_new);
    CU_ASSERT(history->lesions[3].is_new);
    ASSERT_NEAR(history->sizes[0].longest_mm, 40, 0);
    ASSERT_NEAR(history->sizes[0].perpendicular_mm, 30, 0);
    ASSERT_NEAR(history->sizes[2].short_axis_mm, 12, 0);
    CU_ASSERT_EQUAL(history->sizes[4].status, RESPONSE_TOO_SMALL);
    CU_ASSERT_EQUAL(history->sizes[5].status, RESPONSE_NOT_ASSESSED); /* L2: no row */
    CU_ASSERT_EQUAL(history->sizes[4 + 3].status, RESPONSE_MEASURED);
    CU_ASSERT_EQUAL(history->visits[1].non_target_progression, RESPONSE_NO);
    CU_ASSERT_EQUAL(history->visits[2].non_target_progression, RESPONSE_UNSTATED);
    CU_ASSERT_STRING_EQUAL(followup.flags.text, "lesions_not_followed");
    followup_free(&followup);
    table_free(table);
}

static void check_baseline(const char *const rows[], size_t n_rows, double day, size_t n_visits,
                           const char *flags) {
    Table *table;
    Followup followup;
    Error error;
    must(build(rows, n_rows, &table, &followup, &error), &error);
    CU_ASSERT_EQUAL(followup.history.n_visits, n_visits);
    if (n_visits > 0) {
        ASSERT_NEAR(followup.history.visits[0].day, day, 0);
    }
    CU_ASSERT_STRING_EQUAL(followup.flags.text, flags);
    followup_free(&followup);
    table_free(table);
}

static void test_baseline(void) {
    check_baseline(ROWS("-30 L1 t=yes s=measured l=30", "-2 L1 s=measured l=31",
                        "40 L1 s=measured l=20", "-2 L2 t=no s=measured l=9"),
                   -2, 2, "followup_before_baseline");
    check_baseline(ROWS("-30 L1 t=yes s=measured l=30 baseline=yes", "-2 L1 s=measured l=31",
                        "-30 L2 t=no s=absent"),
                   -30, 2, "");
    check_baseline(ROWS("1 L1 t=yes s=measured l=30 baseline=yes", "50 L1 s=measured l=31",
                        "1 L2 t=no s=absent"),
                   1, 2, "baseline_after_treatment");
    check_baseline(ROWS("1 L1 t=yes s=measured l=30", "50 L1 s=absent", "1 L2 t=no s=absent"), 0, 0,
                   "baseline_missing");
    check_baseline(ROWS("0 L1 t=yes s=measured l=9.9", "0 L2 t=no s=absent"), 0, 1,
                   "target_not_measurable");
    check_baseline(NULL, 0, 0, 0, "baseline_missing");
}

static void test_earlier_visits(void) {
    Table *table;
    Followup followup;
    Error error;
    must(build(ROWS("-30 L1 t=yes s=measured l=30", "-2 L1 s=measured l=31", "40 L1 s=absent",
                    "-2 L2 t=no s=measured l=9"),
               &table, &followup, &error),
         &error);
    ASSERT_NEAR(followup.history.sizes[0].longest_mm, 31, 0);
    ASSERT_NEAR(followup.history.sizes[1].longest_mm, 9, 0);
    CU_ASSERT_EQUAL(followup.history.sizes[2].status, RESPONSE_ABSENT);
    followup_free(&followup);
    table_free(table);
}

static void check_refused(const char *const rows[], size_t n_rows, const char *phrase) {
    Table *table;
    Followup followup;
    Error error = {.message = ""};
    CU_ASSERT_EQUAL(build(rows, n_rows, &table, &followup, &error), STATUS_BAD_DATA);
    if (strstr(error.message, phrase) == NULL) {
        printf("message: %s; wanted: %s\n", error.message, phrase);
        CU_FAIL("the message does not say what is wrong");
    }
    followup_free(&followup);
    table_free(table);
}

#define BASE "0 L1 t=yes s=measured l=30"

static void test_refused_row(void) {
    check_refused(ROWS(BASE, "60 L1 s=absent l=20"), "line 3, lesion 'L1': status is absent, but");
    check_refused(ROWS(BASE, "60 L1 s=too_small l=2"), "line 3, lesion 'L1': status is too_small");
    check_refused(ROWS(BASE, "60 L1 s=not_assessed e=2"), "status is not_assessed, but a size");
    check_refused(ROWS(BASE, "60 L1 s=measured"), "no size is given");
    check_refused(ROWS(BASE, "60 L1 s=measured l=0"), "a diameter is 0");
    check_refused(ROWS(BASE, "60 L1 l=20"), "column 'status' is empty");
    check_refused(ROWS(BASE, "60 L1 s=gone"), "'gone' is not one of its words");
    check_refused(ROWS(BASE, "60 L1 s=measured l=-3"), "longest_mm is -3");
    check_refused(ROWS(BASE, "60 L1 s=measured l=inf"), "longest_mm is inf");
    check_refused(ROWS(BASE, "60 L1 s=measured l=20 p=25"),
                  "line 3, lesion 'L1': perpendicular_mm (25 mm) is longer than longest_mm");
    check_refused(ROWS(BASE, "60 L1 s=measured l=20 e=25"), "enhancing_mm (25 mm) is longer");
    check_refused(ROWS(BASE, "60 L1 s=measured l=20 a=15"), "short_axis_mm is for lymph nodes");
    check_refused(ROWS(BASE, "60 - l=20"), "line 3: it describes a lesion, but column 'lesion'");
    check_refused(ROWS(BASE, "nan L1 s=measured l=20"), "days since the first treatment");
}

static void test_refused_history(void) {
    check_refused(ROWS(BASE, "60 L1 s=measured l=20", "60 L1 s=measured l=21"),
                  "line 4, lesion 'L1': line 3 is about the same lesion on the same date");
    check_refused(ROWS(BASE, "60 L1 t=no s=measured l=20"), "line 3, lesion 'L1': target is no");
    check_refused(ROWS("0 L1 s=measured l=30"), "column 'target' is empty in all of its rows");
    check_refused(ROWS("0 L1 t=yes s=absent"), "it is a target, but absent at baseline");
    check_refused(ROWS(BASE, "60 L1 organ=lung s=measured l=20", "90 L1 organ=bone s=absent"),
                  "line 4, lesion 'L1': organ is 'bone', but 'lung'");
    check_refused(ROWS(BASE " baseline=yes", "60 L1 s=measured l=20 baseline=yes"),
                  "line 3, lesion 'L1': a second date is the baseline, after that of line 2");
    check_refused(ROWS(BASE " baseline=yes", "0 L2 t=no s=absent baseline=no"), "baseline is no");
    check_refused(ROWS(BASE, "60 - non_target_progression=yes", "60 - non_target_progression=no"),
                  "another row of this date says otherwise");
    check_refused(ROWS(BASE, "0 - non_target_progression=yes"), "this is the baseline");
}

static void test_refused_label(void) {
    check_refused(ROWS(BASE, "60 L7 t=no s=measured l=9"),
                  "line 3, lesion 'L7': the patient's lesion table has no such label");
    check_refused(ROWS(BASE, "60 C organ=lymph_node t=no s=measured a=9"), "no such label");
    check_refused(ROWS(BASE, "0 C organ=liver t=no s=measured l=9"), "no such label");
    check_refused(ROWS(BASE, "60 L2 t=no s=measured l=9 new_lesion=yes"),
                  "line 3, lesion 'L2': it is new, but was there at baseline");
    check_refused(ROWS(BASE, "0 N s=measured l=9 new_lesion=yes"), "on or before the date of the");
    check_refused(ROWS(BASE, "60 N s=absent new_lesion=yes"), "its status is neither measured");
    check_refused(ROWS(BASE, "60 N t=yes s=measured l=9 new_lesion=yes"), "so it is no target");
    check_refused(ROWS(BASE, "60 N s=absent", "90 N s=measured l=9 new_lesion=yes"),
                  "line 3, lesion 'N': the patient's");
}

int main(void) {
    static const UnitTest tests[] = {
        {"rows in any order become lesions, visits and sizes", test_history},
        {"the baseline is the one that is said, else the last before treatment", test_baseline},
        {"visits before the baseline are left out", test_earlier_visits},
        {"a row that contradicts itself is refused", test_refused_row},
        {"rows that contradict each other are refused", test_refused_history},
        {"labels that nobody knows are refused", test_refused_label},
    };
    return suite_run("follow-up", tests, sizeof tests / sizeof *tests);
}
