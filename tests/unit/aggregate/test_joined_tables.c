/* Tables of all patients one after the other: rows, headers, nothing left behind. */
#include "aggregate/joined_tables.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/unit/aggregate/decision_fixture.h"
#include "tests/unit/suite.h"

enum { TEXT_SIZE = 4096, STABILITY = 1 };

static char PATHS[JOINED_TABLES][BATCH_PATH_SIZE]; /* of the files, in the scratch folder */

static void begin(JoinedTables *joined) {
    const char *paths[JOINED_TABLES];
    Error error;
    for (size_t n = 0; n < JOINED_TABLES; n++) {
        snprintf(PATHS[n], sizeof PATHS[n], "%s/%s.csv", scratch_folder(), joined_tables_name(n));
        unlink(PATHS[n]);
        paths[n] = PATHS[n];
    }
    fixture_must(joined_tables_begin(paths, joined, &error), &error);
}

static void add(JoinedTables *joined, bool with_sensitivity, const char *patient) {
    Error error;
    PatientTables tables;
    Store *store = decision_fixture_open(&(Decision){.with_sensitivity = with_sensitivity});
    fixture_must(joined_tables_read(store, &tables, &error), &error);
    joined_tables_add(joined, &tables, "no,rth", patient);
    joined_tables_free(&tables);
    store_close(store);
}

static void expect_text(size_t n, const char *wanted) {
    char text[TEXT_SIZE];
    FILE *file = fopen(PATHS[n], "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    CU_ASSERT_STRING_EQUAL(text, wanted);
}

/* Columns that a table lacks are empty, cells are quoted, a patient without a table has no row. */
static void test_rows(void) {
    JoinedTables joined;
    Error error;
    begin(&joined);
    add(&joined, true, "N1");
    add(&joined, false, "N2");
    add(&joined, true, "N3");
    CU_ASSERT_NOT_EQUAL(access(PATHS[STABILITY], F_OK), 0); /* not before all are complete */
    fixture_must(joined_tables_commit(&joined, &error), &error);
    joined_tables_abandon(&joined);
    expect_text(STABILITY,
                "center,patient,parameter,lower_change,lower_stratum,upper_change,upper_stratum\n"
                "\"no,rth\",N1,\"a, \"\"b\"\"\",-2.5,,,\n"
                "\"no,rth\",N3,\"a, \"\"b\"\"\",-2.5,,,\n");
    expect_text(3, "center,patient,rule_set,title,criterion,answer,text\n");
}

static void test_abandon(void) {
    JoinedTables joined;
    char temporary[BATCH_PATH_SIZE];
    begin(&joined);
    add(&joined, true, "N1");
    snprintf(temporary, sizeof temporary, "%s", joined.temporary[STABILITY]);
    CU_ASSERT_EQUAL(access(temporary, F_OK), 0);
    joined_tables_abandon(&joined);
    CU_ASSERT_NOT_EQUAL(access(temporary, F_OK), 0);
    CU_ASSERT_NOT_EQUAL(access(PATHS[STABILITY], F_OK), 0);
}

/* Rows that do not fit are noticed, and leave no file. */
static void test_no_room(void) {
    JoinedTables joined;
    Error error = {.message = ""};
    struct rlimit before, limit;
    begin(&joined);
    add(&joined, true, "N1");
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    limit = before;
    limit.rlim_cur = 90; /* bytes: the header of /stability and not its row */
    setrlimit(RLIMIT_FSIZE, &limit);
    CU_ASSERT_EQUAL(joined_tables_commit(&joined, &error), STATUS_IO);
    setrlimit(RLIMIT_FSIZE, &before);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "stability.csv: cannot be written: File too"));
    joined_tables_abandon(&joined);
    CU_ASSERT_NOT_EQUAL(access(PATHS[STABILITY], F_OK), 0);
}

/* A group that is no table. */
static void test_damaged(void) {
    char path[BATCH_PATH_SIZE];
    Error error;
    PatientTables tables;
    Store *store;
    snprintf(path, sizeof path, "%s/damaged.h5", scratch_folder());
    fixture_must(store_create(path, &store, &error), &error);
    fixture_must(store_set_number(store, "/scenarios", "x", 1.0, &error), &error);
    fixture_must(store_commit(store, &error), &error);
    fixture_must(store_open(path, &store, &error), &error);
    CU_ASSERT_EQUAL(joined_tables_read(store, &tables, &error), STATUS_BAD_DATA);
    joined_tables_free(&tables);
    store_close(store);
}

int main(void) {
    static const UnitTest tests[] = {
        {"rows of all patients, in order", test_rows},
        {"abandoned files leave nothing", test_abandon},
        {"a full disk is said", test_no_room},
        {"a damaged table is said", test_damaged},
    };
    return suite_run("joined tables", tests, sizeof tests / sizeof *tests);
}
