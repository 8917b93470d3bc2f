/* One CUnit suite per test program: name the tests in a table, return suite_run from main. */
#ifndef YTTRIA_TESTS_SUITE_H
#define YTTRIA_TESTS_SUITE_H

#include <CUnit/CUnit.h>
#include <stddef.h>

typedef struct UnitTest {
    const char *name; /* what is true when it passes, as a phrase */
    void (*run)(void);
} UnitTest;

/* Runs the tests, prints failures and the line "<suite>: N passed, N failed"; the exit code. */
int suite_run(const char *suite, const UnitTest *tests, size_t n_tests);

/* |actual - expected| <= tolerance, printing both numbers when it is not so. */
void assert_near(double actual, double expected, double tolerance, const char *file, int line);
#define ASSERT_NEAR(actual, expected, tolerance)                                                   \
    assert_near((actual), (expected), (tolerance), __FILE__, __LINE__)

/* A new empty folder for this process's files, removed at exit. Always the same in a process. */
const char *scratch_folder(void);

/* The folder, below scratch_folder(), into which tests/data/<archive> (a .tar.xz) has been
 * unpacked; once per process. Tests run from the repository's root. */
const char *unpacked(const char *archive);

#endif
