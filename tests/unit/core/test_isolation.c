#include "core/isolation.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/suite.h"

/* As a library that dies on the file that the context names. */
static void read_or_abort(size_t n, void *context) {
    if (n == *(size_t *)context) {
        abort();
    }
}

static void exit_on_two(size_t n, void *context) {
    (void)context;
    if (n == 2) {
        exit(0);
    }
}

static void a_rehearsal_names_what_is_fatal(void) {
    char reason[256] = "";
    size_t fatal = 3;
    CU_ASSERT_EQUAL(isolation_rehearse(0, 5, read_or_abort, &fatal, reason, sizeof reason), 3);
    CU_ASSERT_PTR_NOT_NULL(strstr(reason, "reading was ended by: Aborted"));
    CU_ASSERT_EQUAL(isolation_rehearse(4, 5, read_or_abort, &fatal, reason, sizeof reason), 5);
    CU_ASSERT_EQUAL(isolation_rehearse(0, 0, read_or_abort, &fatal, reason, sizeof reason), 0);
}

static void a_library_that_exits_is_noticed(void) {
    char reason[256] = "";
    CU_ASSERT_EQUAL(isolation_rehearse(0, 5, exit_on_two, NULL, reason, sizeof reason), 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(reason, "called exit"));
}

int main(void) {
    static const UnitTest tests[] = {
        {"a rehearsal names the file that is fatal", a_rehearsal_names_what_is_fatal},
        {"a library that exits is noticed", a_library_that_exits_is_noticed},
    };
    return suite_run("core/isolation", tests, sizeof tests / sizeof *tests);
}
