/* What segment.h5 repeats of the files before it. */
#include "segment/patient_record.h"

#include <stdio.h>

#include "tests/unit/suite.h"

static void must(Status status, const Error *error) {
    if (status != STATUS_OK) {
        printf("%s\n", error->message);
    }
    CU_ASSERT_EQUAL_FATAL(status, STATUS_OK);
}

static Store *new_store(const char *name, const char *flags, char path[512]) {
    Error error;
    Store *store;
    snprintf(path, 512, "%s/%s.h5", scratch_folder(), name);
    must(store_create(path, &store, &error), &error);
    must(store_set_text(store, "/", "flags", flags, &error), &error);
    return store;
}

static Store *reopen(Store *store, const char *path) {
    Error error;
    must(store_commit(store, &error), &error);
    must(store_open(path, &store, &error), &error);
    return store;
}

/* Copies from a convert.h5 with or without follow-up; the output is open for reading. */
static Store *copy(Table *followup) {
    char paths[4][512];
    Error error;
    Store *convert = new_store("convert", "a", paths[0]);
    must(store_set_text(convert, "/patient", "progression", "no", &error), &error);
    if (followup != NULL) {
        must(store_write_table(convert, "/followup", followup, &error), &error);
    }
    Store *registered = new_store("register", "b", paths[1]),
          *dose = new_store("dose", "a", paths[2]);
    must(store_set_number(dose, "/", "max_imaging_delay_h", 20, &error), &error);
    convert = reopen(convert, paths[0]);
    registered = reopen(registered, paths[1]);
    dose = reopen(dose, paths[2]);
    Store *output = NULL;
    snprintf(paths[3], sizeof paths[3], "%s/segment.h5", scratch_folder());
    must(store_create(paths[3], &output, &error), &error);
    must(patient_record_copy(convert, registered, dose, "c", output, &error), &error);
    store_close(convert);
    store_close(registered);
    store_close(dose);
    return reopen(output, paths[3]);
}

static void test_followup(void) {
    Error error;
    size_t row;
    Table *followup = table_new(), *copied;
    must(table_add_column(followup, "lesion", COLUMN_TEXT, NULL, "label", &error), &error);
    must(table_add_column(followup, "longest_mm", COLUMN_NUMBER, "mm", "size", &error), &error);
    must(table_add_row(followup, &row, &error), &error);
    must(table_set_text(followup, row, "lesion", "L1", &error), &error);
    must(table_set_number(followup, row, "longest_mm", 23.5, &error), &error);
    Store *segment = copy(followup);
    must(store_read_table(segment, "/followup", &copied, &error), &error);
    CU_ASSERT_EQUAL_FATAL(table_row_count(copied), 1);
    CU_ASSERT_STRING_EQUAL(table_text(copied, 0, "lesion"), "L1");
    ASSERT_NEAR(table_number(copied, 0, "longest_mm"), 23.5, 0);
    store_close(segment);
    table_free(copied);
    table_free(followup);
    segment = copy(NULL);
    CU_ASSERT_FALSE(store_has(segment, "/followup"));
    store_close(segment);
}

static void test_flags(void) {
    char flags[64];
    Error error;
    Store *segment = copy(NULL);
    must(store_get_text(segment, "/", "flags", flags, sizeof flags, &error), &error);
    CU_ASSERT_STRING_EQUAL(flags, "a;b;c");
    store_close(segment);
}

int main(void) {
    static const UnitTest tests[] = {
        {"the follow-up is handed on where there is one", test_followup},
        {"flags of all files are handed on once", test_flags},
    };
    return suite_run("patient record", tests, sizeof tests / sizeof *tests);
}
