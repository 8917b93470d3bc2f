#include "tests/unit/suite.h"

#include <CUnit/TestRun.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_failures(void) {
    for (CU_pFailureRecord failure = CU_get_failure_list(); failure != NULL;
         failure = failure->pNext) {
        printf("%s:%u: in '%s': %s\n", failure->strFileName, failure->uiLineNumber,
               failure->pTest != NULL ? failure->pTest->pName : "", failure->strCondition);
    }
}

int suite_run(const char *suite, const UnitTest *tests, size_t n_tests) {
    if (CU_initialize_registry() != CUE_SUCCESS) {
        return EXIT_FAILURE;
    }
    CU_pSuite registered = CU_add_suite(suite, NULL, NULL);
    for (size_t i = 0; i < n_tests; i++) {
        CU_add_test(registered, tests[i].name, tests[i].run);
    }
    CU_run_all_tests();
    print_failures();
    unsigned failed = CU_get_number_of_tests_failed();
    unsigned run = CU_get_number_of_tests_run();
    printf("%s: %u passed, %u failed\n", suite, run - failed, failed);
    CU_cleanup_registry();
    return failed == 0 && run == n_tests ? EXIT_SUCCESS : EXIT_FAILURE;
}

void assert_near(double actual, double expected, double tolerance, const char *file, int line) {
    char condition[160];
    snprintf(condition, sizeof condition, "%.10g is %.10g within %.3g", actual, expected,
             tolerance);
    CU_assertImplementation(fabs(actual - expected) <= tolerance, (unsigned)line, condition, file,
                            "", CU_FALSE);
}

static char scratch[] = "/tmp/yttria-test-XXXXXX";

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk) {
    (void)info;
    (void)kind;
    (void)walk;
    return remove(path);
}

static void remove_scratch(void) {
    nftw(scratch, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

const char *scratch_folder(void) {
    static const char *folder = NULL;
    if (folder == NULL) {
        folder = mkdtemp(scratch);
        if (folder == NULL) {
            perror("mkdtemp");
            abort();
        }
        atexit(remove_scratch);
    }
    return folder;
}

enum { MAX_ARCHIVES = 8, ARCHIVE_PATH_SIZE = 512 };

const char *unpacked(const char *archive) {
    static char known[MAX_ARCHIVES][ARCHIVE_PATH_SIZE], folders[MAX_ARCHIVES][ARCHIVE_PATH_SIZE];
    static int count = 0;
    for (int n = 0; n < count; n++) {
        if (strcmp(known[n], archive) == 0) {
            return folders[n];
        }
    }
    char command[3 * ARCHIVE_PATH_SIZE];
    snprintf(known[count], ARCHIVE_PATH_SIZE, "%s", archive);
    snprintf(folders[count], ARCHIVE_PATH_SIZE, "%s/archive%d", scratch_folder(), count);
    snprintf(command, sizeof command, "mkdir '%s' && tar -xJf 'tests/data/%s' -C '%s'",
             folders[count], archive, folders[count]);
    if (count + 1 == MAX_ARCHIVES || system(command) != 0) {
        fprintf(stderr, "cannot unpack tests/data/%s\n", archive);
        abort();
    }
    return folders[count++];
}
