/* The three sheets: what belongs to a patient, and what makes a batch doubtful. */
#include "convert/sheets.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/suite.h"

static const char patients[] = "center\tpatient\tprogression\tage\n"
                               "B\tP2\tno\t60.5\n"
                               "A\tP1\tunknown\t\n"
                               "A\tP10\tyes\t\n";
static const char treatments[] =
    "center\tpatient\ttreatment\tadministered_at\tactivity_gbq\tresidual_gbq\n"
    "A\tP1\tT1\t2024-03-05T10:00\t2.5\t0.1\n"
    "B\tP2\tT1\t2024-03-05T10:00\t1.5\t\n"
    "A\tP1\tT2\t2024-04-05T10:00\t2\t\n";
static const char images[] = "center\tpatient\ttimepoint\trole\tpath\tstructure_map\n"
                             "A\tP10\tpost\tpet\tfolder/pet\t\n"
                             "A\tP1\tpost\tmask\t/abs/mask\t1=liver\n";

static void write_sheet(const char *name, const char *text, char path[CONFIG_PATH_SIZE]) {
    snprintf(path, CONFIG_PATH_SIZE, "%s/%s", scratch_folder(), name);
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
}

static Status load(const char *p, const char *t, const char *i, Sheets *sheets, Error *error) {
    static Config config;
    write_sheet("patients.tsv", p, config.patients_sheet);
    write_sheet("treatments.tsv", t, config.treatments_sheet);
    write_sheet("images.tsv", i, config.images_sheet);
    return sheets_load(&config, sheets, error);
}

static void test_rows(void) {
    Sheets sheets;
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(load(patients, treatments, images, &sheets, &error), STATUS_OK);
    SheetRows rows = sheet_rows_of(&sheets.treatments, "A", "P1");
    CU_ASSERT_EQUAL_FATAL(rows.count, 2);
    CU_ASSERT_STRING_EQUAL(sheet_rows_text(&rows, 0, "treatment"), "T1");
    CU_ASSERT_STRING_EQUAL(sheet_rows_text(&rows, 1, "treatment"), "T2");
    CU_ASSERT_EQUAL(sheet_rows_line(&rows, 1), 4);
    ASSERT_NEAR(sheet_rows_number(&rows, 0, "residual_gbq"), 0.1, 0);
    CU_ASSERT_TRUE(isnan(sheet_rows_number(&rows, 1, "residual_gbq")));
    CU_ASSERT_EQUAL(sheet_rows_of(&sheets.patients, "A", "P10").count, 1);
    CU_ASSERT_EQUAL(sheet_rows_of(&sheets.patients, "A", "P2").count, 0);
    CU_ASSERT_EQUAL(sheet_rows_of(&sheets.images, "B", "P2").count, 0);
    sheets_free(&sheets);
}

static void test_paths(void) {
    Sheets sheets;
    Error error = {0};
    char path[CONFIG_PATH_SIZE], expected[CONFIG_PATH_SIZE];
    CU_ASSERT_EQUAL_FATAL(load(patients, treatments, images, &sheets, &error), STATUS_OK);
    SheetRows rows = sheet_rows_of(&sheets.images, "A", "P10");
    CU_ASSERT_EQUAL(sheet_rows_path(&rows, 0, path, &error), STATUS_OK);
    snprintf(expected, sizeof expected, "%s/folder/pet", scratch_folder());
    CU_ASSERT_STRING_EQUAL(path, expected);
    rows = sheet_rows_of(&sheets.images, "A", "P1");
    CU_ASSERT_EQUAL(sheet_rows_path(&rows, 0, path, &error), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(path, "/abs/mask");
    sheets_free(&sheets);
}

static void check_refused(const char *p, const char *t, const char *i, const char *phrase) {
    Sheets sheets;
    Error error = {0};
    CU_ASSERT_EQUAL(load(p, t, i, &sheets, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, phrase));
    if (strstr(error.message, phrase) == NULL) {
        printf("message: %s\n", error.message);
    }
    sheets_free(&sheets);
}

static void test_listed_twice(void) {
    static const char twice[] = "center\tpatient\tprogression\nA\tP1\tno\nA\tP10\tno\nA\tP1\tyes\n"
                                "B\tP2\tno\n";
    Sheets sheets;
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(load(twice, treatments, images, &sheets, &error), STATUS_OK);
    CU_ASSERT_EQUAL(sheets_check_patient(&sheets, "A", "P10", &error), STATUS_OK);
    CU_ASSERT_EQUAL(sheets_check_patient(&sheets, "A", "P1", &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(error.message, "patients.tsv:4: patient A/P1 is already listed in line 2"));
    CU_ASSERT_EQUAL(sheets_check_patient(&sheets, "A", "P7", &error), STATUS_BAD_DATA);
    sheets_free(&sheets);
}

static void test_refused(void) {
    check_refused("center\tpatient\tprogression\tshoe_size\nA\tP1\tno\t44\n", treatments, images,
                  "shoe_size");
    check_refused(patients, treatments, "center\tpatient\ttimepoint\trole\nA\tP1\tpost\tpet\n",
                  "path");
    check_refused(patients, treatments,
                  "center\tpatient\ttimepoint\trole\tpath\nA\t\tpost\tpet\ta\n",
                  "images.tsv:2: column 'patient' is empty");
}

/* `expected` is why A/P1 fails; the others are as good as ever. */
static void check_only_p1_fails(const char *p, const char *t, const char *i, const char *expected) {
    Sheets sheets;
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(load(p, t, i, &sheets, &error), STATUS_OK);
    CU_ASSERT_EQUAL(sheets_check_patient(&sheets, "A", "P10", &error), STATUS_OK);
    CU_ASSERT_EQUAL(sheets_check_patient(&sheets, "B", "P2", &error), STATUS_OK);
    CU_ASSERT_EQUAL(sheets_check_patient(&sheets, "A", "P1", &error), STATUS_BAD_DATA);
    if (strncmp(error.message, expected, strlen(expected)) != 0) {
        printf("message: %s\n", error.message);
        CU_FAIL("the message does not say what is wrong");
    }
    sheets_free(&sheets);
}

static void test_bad_row(void) {
    check_only_p1_fails("center\tpatient\tprogression\nA\tP10\tno\nA\tP1\tmaybe\nB\tP2\tno\n",
                        treatments, images,
                        "patients.tsv:3: column 'progression': 'maybe' is not one of");
    check_only_p1_fails(patients,
                        "center\tpatient\ttreatment\tadministered_at\tactivity_gbq\n"
                        "A\tP1\tT1\t2024-03-05T10:00\t2\n"
                        "A\tP1\tT2\t2024-03-05T10:00\t0\n",
                        images, "treatments.tsv:3: column 'activity_gbq': 0 is outside");
    check_only_p1_fails(patients, treatments,
                        "center\tpatient\ttimepoint\trole\tpath\nA\tP10\tpost\tpet\ta\n"
                        "A\tP1\tpost\tpt\ta\nA\tP1\tpost\tpet\n",
                        "images.tsv:3: column 'role': 'pt' is not one of pet|anatomy|ct|mr|mask");
    check_only_p1_fails(patients, treatments,
                        "center\tpatient\ttimepoint\trole\tpath\nA\tP1\tpost\tpet\ta\t\n",
                        "images.tsv:2: 6 cells where the header has 5");
}

static void test_unknown_patient(void) {
    Sheets sheets;
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(load(patients,
                               "center\tpatient\ttreatment\tadministered_at\tactivity_gbq\n"
                               "A\tP9\tT1\t2024-03-05T10:00\t2.5\n",
                               "center\tpatient\ttimepoint\trole\tpath\n"
                               "A\tP1\tpost\tpet\ta\nC\tP1\tpost\tpt\ta\nC\tP1\tpost\n",
                               &sheets, &error),
                          STATUS_OK);
    CU_ASSERT_EQUAL(sheets_check_patient(&sheets, "A", "P1", &error), STATUS_OK);
    CU_ASSERT_EQUAL(sheet_rows_of(&sheets.images, "A", "P1").count, 1);
    sheets_free(&sheets);
}

static void test_empty_path(void) {
    Sheets sheets;
    Error error = {0};
    char path[CONFIG_PATH_SIZE];
    CU_ASSERT_EQUAL_FATAL(load(patients, treatments,
                               "center\tpatient\ttimepoint\trole\tpath\nA\tP1\tpost\tpet\t\n",
                               &sheets, &error),
                          STATUS_OK);
    SheetRows rows = sheet_rows_of(&sheets.images, "A", "P1");
    CU_ASSERT_EQUAL(sheet_rows_path(&rows, 0, path, &error), STATUS_BAD_DATA);
    sheets_free(&sheets);
}

int main(void) {
    static const UnitTest tests[] = {
        {"rows are found by center and patient, in file order", test_rows},
        {"paths are relative to the sheet", test_paths},
        {"a patient listed twice is refused alone", test_listed_twice},
        {"a doubtful sheet is refused with file and line", test_refused},
        {"a bad row fails its patient alone", test_bad_row},
        {"rows of an unknown patient are not used", test_unknown_patient},
        {"an empty path is not the folder of the sheet", test_empty_path},
    };
    return suite_run("convert/sheets", tests, sizeof tests / sizeof tests[0]);
}
