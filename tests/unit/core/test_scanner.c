/* The folder of scanners: what a file says, what it leaves out, and every way it can be wrong. */
#include "core/scanner.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/unit/suite.h"

enum { PATH_SIZE = 512 };

#define MMR "manufacturer: SIEMENS\nmodel: Biograph_mMR\n"

/* A new folder below the scratch folder. */
static const char *make_folder(const char *name) {
    static char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", scratch_folder(), name);
    CU_ASSERT_EQUAL_FATAL(mkdir(path, 0700), 0);
    return path;
}

static void write_file(const char *folder, const char *name, const char *content) {
    char path[2 * PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(content, file);
    fclose(file);
}

static void test_whole_file(void) {
    ScannerList list;
    Error error = {0};
    const char *folder = make_folder("whole");
    write_file(folder, "a.yaml",
               MMR "center: A\n"
                   "calibration: {factor: 1.07, uncertainty: 0.03}\n"
                   "psf: {fwhm_transaxial_mm: 5.5, fwhm_axial_mm: 6}\n"
                   "sensitivity_cps_per_mbq: 0.45\n"
                   "recovery: {d0_mm: 11, exponent: 2.2, d0_standard_error_mm: 0.4,\n"
                   "  exponent_standard_error: 0.2, correlation: -0.5, min_diameter_mm: 10,\n"
                   "  max_diameter_mm: 37}\n");
    CU_ASSERT_EQUAL_FATAL(scanner_list_load(folder, &list, &error), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(list.count, 1);
    const Scanner *scanner = &list.scanners[0];
    CU_ASSERT_STRING_EQUAL(scanner->name, "a");
    CU_ASSERT_STRING_EQUAL(scanner->manufacturer, "SIEMENS");
    CU_ASSERT_STRING_EQUAL(scanner->model, "Biograph_mMR");
    CU_ASSERT_STRING_EQUAL(scanner->center, "A");
    ASSERT_NEAR(scanner->calibration_factor, 1.07, 0.0);
    ASSERT_NEAR(scanner->calibration_uncertainty, 0.03, 0.0);
    ASSERT_NEAR(scanner->fwhm_transaxial_mm, 5.5, 0.0);
    ASSERT_NEAR(scanner->fwhm_axial_mm, 6.0, 0.0);
    ASSERT_NEAR(scanner->sensitivity_cps_per_mbq, 0.45, 0.0);
    ASSERT_NEAR(scanner->recovery.d0_mm, 11.0, 0.0);
    ASSERT_NEAR(scanner->recovery.exponent, 2.2, 0.0);
    ASSERT_NEAR(scanner->recovery.d0_standard_error_mm, 0.4, 0.0);
    ASSERT_NEAR(scanner->recovery.exponent_standard_error, 0.2, 0.0);
    ASSERT_NEAR(scanner->recovery.correlation, -0.5, 0.0);
    ASSERT_NEAR(scanner->recovery.min_diameter_mm, 10.0, 0.0);
    ASSERT_NEAR(scanner->recovery.max_diameter_mm, 37.0, 0.0);
}

static void test_what_is_left_out(void) {
    ScannerList list;
    Error error = {0};
    const char *folder = make_folder("sparse");
    write_file(folder, "a.yaml", MMR "calibration: {factor: auto}\n");
    CU_ASSERT_EQUAL_FATAL(scanner_list_load(folder, &list, &error), STATUS_OK);
    const Scanner *scanner = &list.scanners[0];
    CU_ASSERT_STRING_EQUAL(scanner->center, "");
    CU_ASSERT_TRUE(isnan(scanner->calibration_factor) && isnan(scanner->calibration_uncertainty));
    CU_ASSERT_TRUE(isnan(scanner->fwhm_transaxial_mm) && isnan(scanner->fwhm_axial_mm));
    CU_ASSERT_TRUE(isnan(scanner->recovery.d0_mm) && isnan(scanner->recovery.correlation));
}

/* The center's own file first, whatever its name; letters in any case; else unknown. */
static void test_find(void) {
    ScannerList list;
    Error error = {0};
    const char *folder = make_folder("several");
    write_file(folder, "a_general.yaml", MMR);
    write_file(folder, "b_center.yaml", MMR "center: B\n");
    write_file(folder, "0_other.yaml", "manufacturer: GE\nmodel: SIGNA\ncenter: C\n");
    CU_ASSERT_EQUAL_FATAL(scanner_list_load(folder, &list, &error), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(list.count, 3);
    CU_ASSERT_STRING_EQUAL(list.scanners[0].name, "0_other");
    CU_ASSERT_STRING_EQUAL(scanner_find(&list, "Siemens", "biograph_mMR", "A")->name, "a_general");
    CU_ASSERT_STRING_EQUAL(scanner_find(&list, "SIEMENS", "Biograph_mMR", "B")->name, "b_center");
    CU_ASSERT_STRING_EQUAL(scanner_find(&list, "GE", "SIGNA", "C")->name, "0_other");
    CU_ASSERT_PTR_NULL(scanner_find(&list, "GE", "SIGNA", "A"));
    CU_ASSERT_PTR_NULL(scanner_find(&list, "SIEMENS", "Biograph", "A"));
    CU_ASSERT_PTR_NULL(scanner_find(&list, "", "", "A"));
}

/* Results follow the files: any change of one changes the digest; other files are no scanners. */
static void test_digest(void) {
    ScannerList before, after;
    Error error = {0};
    const char *folder = make_folder("digest");
    CU_ASSERT_EQUAL(scanner_list_load(folder, &before, &error), STATUS_OK);
    CU_ASSERT_EQUAL(before.count, 0);
    write_file(folder, "a.yaml", MMR);
    CU_ASSERT_EQUAL(scanner_list_load(folder, &before, &error), STATUS_OK);
    write_file(folder, "README.md", "not a scanner");
    write_file(folder, "._a.yaml", "not a scanner");
    write_file(folder, ".yaml", "not a scanner");
    CU_ASSERT_EQUAL(scanner_list_load(folder, &after, &error), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(before.digest, after.digest);
    write_file(folder, "a.yaml", MMR "calibration: {factor: 1.1}\n");
    CU_ASSERT_EQUAL(scanner_list_load(folder, &after, &error), STATUS_OK);
    CU_ASSERT_STRING_NOT_EQUAL(before.digest, after.digest);
}

static void expect_failure(const char *name, const char *content, const char *complaint) {
    ScannerList list;
    Error error = {0};
    const char *folder = make_folder(name);
    write_file(folder, "wrong.yaml", content);
    CU_ASSERT_EQUAL(scanner_list_load(folder, &list, &error), STATUS_CONFIG);
    if (strstr(error.message, complaint) == NULL) {
        printf("'%s' is not in '%s'\n", complaint, error.message);
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, complaint));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "wrong.yaml"));
}

static void test_wrong_files(void) {
    expect_failure("no_model", "manufacturer: SIEMENS\n", "model");
    expect_failure("empty_model", "manufacturer: SIEMENS\nmodel: ''\n", "empty");
    expect_failure("unknown_key", MMR "colour: grey\n", "colour");
    expect_failure("negative", MMR "calibration: {factor: -1}\n", "calibration.factor");
    expect_failure("no_number", MMR "calibration: {factor: much}\n", "much");
    expect_failure("half_psf", MMR "psf: {fwhm_axial_mm: 5}\n", "psf.fwhm_transaxial_mm");
    expect_failure("half_recovery", MMR "recovery: {d0_mm: 5}\n", "recovery.exponent");
    expect_failure("no_smallest", MMR "recovery: {d0_mm: 5, exponent: 2}\n",
                   "recovery.min_diameter_mm");
    expect_failure("diameters", MMR "recovery: {min_diameter_mm: 37, max_diameter_mm: 10}\n",
                   "recovery.min_diameter_mm");
}

static void test_same_scanner_twice(void) {
    ScannerList list;
    Error error = {0};
    const char *folder = make_folder("twice");
    write_file(folder, "a.yaml", MMR "center: A\n");
    write_file(folder, "b.yaml", "manufacturer: Siemens\nmodel: BIOGRAPH_MMR\ncenter: A\n");
    CU_ASSERT_EQUAL(scanner_list_load(folder, &list, &error), STATUS_CONFIG);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "b.yaml"));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "a.yaml already describes"));
}

static void test_too_many(void) {
    ScannerList list;
    Error error = {0};
    char name[32], content[128];
    const char *folder = make_folder("many");
    for (int n = 0; n < SCANNER_MAX_COUNT; n++) {
        snprintf(name, sizeof name, "s%02d.yaml", n);
        snprintf(content, sizeof content, "manufacturer: ACME\nmodel: PET %d\n", n);
        write_file(folder, name, content);
    }
    CU_ASSERT_EQUAL(scanner_list_load(folder, &list, &error), STATUS_OK);
    CU_ASSERT_EQUAL(list.count, SCANNER_MAX_COUNT);
    write_file(folder, "t.yaml", MMR);
    CU_ASSERT_EQUAL(scanner_list_load(folder, &list, &error), STATUS_CONFIG);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "more than 64 scanners"));
}

static void test_no_folder(void) {
    ScannerList list;
    Error error = {0};
    CU_ASSERT_EQUAL(scanner_list_load("/nowhere/scanners", &list, &error), STATUS_NO_INPUT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "/nowhere/scanners"));
    CU_ASSERT_EQUAL(list.count, 0);
}

static void test_shipped_files(void) {
    ScannerList list;
    Error error = {0};
    CU_ASSERT_EQUAL(scanner_list_load("configs/scanners", &list, &error), STATUS_OK);
    CU_ASSERT_TRUE(list.count > 0);
}

int main(void) {
    static const UnitTest tests[] = {
        {"a file says what is known of a scanner", test_whole_file},
        {"what a file leaves out is unknown", test_what_is_left_out},
        {"a center's own scanner comes first", test_find},
        {"the digest follows the files", test_digest},
        {"wrong files are named, with what is wrong", test_wrong_files},
        {"a scanner is described once", test_same_scanner_twice},
        {"there are not too many", test_too_many},
        {"a folder that is not there is named", test_no_folder},
        {"the shipped files are right", test_shipped_files},
    };
    return suite_run("core scanner", tests, sizeof tests / sizeof *tests);
}
