/* The sheet of follow-up as the table /followup of convert.h5. */
#include "convert/followup.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/suite.h"

#define HEADER                                                                                     \
    "center\tpatient\tdate\tlesion\tlongest_mm\tperpendicular_mm\tenhancing_mm\ttarget\tstatus\t"  \
    "new_lesion\tnon_target_progression\n"

static void must(Status status, const Error *error) {
    if (status != STATUS_OK) {
        printf("%s\n", error->message);
    }
    CU_ASSERT_EQUAL_FATAL(status, STATUS_OK);
}

static void write_text(const char *name, const char *text, char path[CONFIG_PATH_SIZE]) {
    snprintf(path, CONFIG_PATH_SIZE, "%s/%s", scratch_folder(), name);
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
}

/* All four sheets; `followup` NULL: there is none. */
static void load(const char *followup, Sheets *sheets) {
    static Config config;
    char path[CONFIG_PATH_SIZE] = "";
    Error error;
    write_text("patients.tsv", "center\tpatient\tprogression\nA\tP1\tno\nA\tP2\tno\n",
               config.patients_sheet);
    write_text("treatments.tsv", "center\tpatient\ttreatment\tadministered_at\tactivity_gbq\n",
               config.treatments_sheet);
    write_text("images.tsv", "center\tpatient\ttimepoint\trole\tpath\n", config.images_sheet);
    if (followup != NULL) {
        write_text("followup.tsv", followup, path);
    }
    must(sheets_load(&config, sheets, &error), &error);
    must(sheets_load_followup(path, sheets, &error), &error);
}

/* Two treatments; the earlier one, late in the day, counts. */
static Table *two_treatments(void) {
    static const char *const times[] = {"2024-04-05T10:00:00", "2024-03-05T23:30:00+01:00"};
    Error error;
    Table *table = table_new();
    must(table_add_column(table, "administered_at", COLUMN_TEXT, NULL, "", &error), &error);
    for (size_t n = 0; n < 2; n++) {
        size_t row;
        must(table_add_row(table, &row, &error), &error);
        must(table_set_text(table, row, "administered_at", times[n], &error), &error);
    }
    return table;
}

static Status write_followup(const char *sheet, Store **store, Error *error) {
    char path[CONFIG_PATH_SIZE];
    Error ignored;
    Sheets sheets;
    Table *treatments = two_treatments();
    load(sheet, &sheets);
    snprintf(path, sizeof path, "%s/convert.h5", scratch_folder());
    must(store_create(path, store, &ignored), &ignored);
    Status status = followup_write(&sheets, "A", "P1", treatments, *store, error);
    sheets_free(&sheets);
    table_free(treatments);
    must(store_commit(*store, &ignored), &ignored);
    must(store_open(path, store, &ignored), &ignored);
    return status;
}

static void test_rows(void) {
    Store *store;
    Table *table;
    Error error;
    must(write_followup(HEADER "A\tP1\t2024-03-05\tL1\t30\t20\t\tyes\tmeasured\t\t\n"
                               "A\tP2\t2024-03-05\tL1\t31\t20\t\tyes\tmeasured\t\t\n"
                               "A\tP1\t2024-05-05\tN1\t8\t\t7.5\t\tmeasured\tyes\tunknown\n",
                        &store, &error),
         &error);
    must(store_read_table(store, "/followup", &table, &error), &error);
    CU_ASSERT_EQUAL_FATAL(table_row_count(table), 2);
    ASSERT_NEAR(table_number(table, 0, "line"), 2, 0);
    ASSERT_NEAR(table_number(table, 1, "line"), 4, 0);
    ASSERT_NEAR(table_number(table, 0, "days_since_treatment"), 0, 0);
    ASSERT_NEAR(table_number(table, 1, "days_since_treatment"), 61, 0); /* 26 + 30 + 5 */
    CU_ASSERT_STRING_EQUAL(table_text(table, 1, "date"), "2024-05-05");
    CU_ASSERT_STRING_EQUAL(table_text(table, 1, "lesion"), "N1");
    CU_ASSERT_STRING_EQUAL(table_text(table, 1, "new_lesion"), "yes");
    CU_ASSERT_STRING_EQUAL(table_text(table, 1, "non_target_progression"), "unknown");
    CU_ASSERT_STRING_EQUAL(table_text(table, 0, "organ"), "");
    ASSERT_NEAR(table_number(table, 1, "enhancing_mm"), 7.5, 0);
    CU_ASSERT(isnan(table_number(table, 0, "enhancing_mm")));
    CU_ASSERT(isnan(table_number(table, 0, "short_axis_mm")));
    table_free(table);
    store_close(store);
}

static void test_none(void) {
    Store *store;
    Error error;
    must(write_followup(NULL, &store, &error), &error);
    CU_ASSERT_FALSE(store_has(store, "/followup"));
    store_close(store);
}

static void test_bad_date(void) {
    static const char *const dates[] = {"2024-02-30", "05.03.2024", "2024-03-05T10:00", "soon"};
    for (size_t n = 0; n < sizeof dates / sizeof *dates; n++) {
        char sheet[512];
        Store *store;
        Error error = {.message = ""};
        snprintf(sheet, sizeof sheet, HEADER "A\tP1\t%s\tL1\t30\t20\t\tyes\tmeasured\t\t\n",
                 dates[n]);
        CU_ASSERT_EQUAL(write_followup(sheet, &store, &error), STATUS_BAD_DATA);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "followup.tsv:2: follow-up: column 'date'"));
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, dates[n]));
        store_close(store);
    }
}

/* What the columns forbid fails the patient and nobody else. */
static void test_bad_cells(void) {
    static const char *const cells[][2] = {
        {"A\tP1\t2024-03-05\tL1\t-3\t\t\tyes\tmeasured\t\t\n",
         "column 'longest_mm': -3 is outside"},
        {"A\tP1\t2024-03-05\tL1\tnan\t\t\tyes\tmeasured\t\t\n", "column 'longest_mm'"},
        {"A\tP1\t2024-03-05\tL1\t3\t\t\tyes\tseen\t\t\n", "column 'status': 'seen' is not one of"},
        {"A\tP1\t\tL1\t3\t\t\tyes\tmeasured\t\t\n", "column 'date' is empty"}};
    for (size_t n = 0; n < sizeof cells / sizeof *cells; n++) {
        char sheet[512];
        Sheets sheets;
        Error error = {.message = ""};
        snprintf(sheet, sizeof sheet, HEADER "%s", cells[n][0]);
        load(sheet, &sheets);
        CU_ASSERT_EQUAL(sheets_check_patient(&sheets, "A", "P1", &error), STATUS_BAD_DATA);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, cells[n][1]));
        CU_ASSERT_EQUAL(sheets_check_patient(&sheets, "A", "P2", &error), STATUS_OK);
        sheets_free(&sheets);
    }
}

int main(void) {
    static const UnitTest tests[] = {
        {"rows of a patient are written with their days since treatment", test_rows},
        {"no sheet, no table", test_none},
        {"what is no date is refused by row", test_bad_date},
        {"what the columns forbid is refused by row", test_bad_cells},
    };
    return suite_run("convert follow-up", tests, sizeof tests / sizeof *tests);
}
