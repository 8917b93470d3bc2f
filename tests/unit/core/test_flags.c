#include "core/flags.h"

#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "tests/unit/suite.h"

static void each_flag_is_there_once(void) {
    Flags flags = {{0}};
    flags_add(&flags, "late_imaging");
    flags_add(&flags, "dose_tie;late_imaging;;size_tie");
    flags_add(&flags, "");
    CU_ASSERT_STRING_EQUAL(flags.text, "late_imaging;dose_tie;size_tie");
    CU_ASSERT_TRUE(flags_has(&flags, "dose_tie"));
    CU_ASSERT_FALSE(flags_has(&flags, "tie"));
    CU_ASSERT_FALSE(flags_has(&flags, "dose"));
}

static void too_many_flags_say_so(void) {
    Flags flags = {{0}};
    for (int n = 0; n < 200; n++) {
        char name[32];
        snprintf(name, sizeof name, "flag_%03d", n);
        flags_add(&flags, name);
    }
    CU_ASSERT_TRUE(flags_has(&flags, "flag_000"));
    CU_ASSERT_TRUE(flags_has(&flags, "more_flags"));
    CU_ASSERT_TRUE(strlen(flags.text) < FLAGS_SIZE);
}

static void context_goes_in_front_of_the_message(void) {
    Error error;
    CU_ASSERT_EQUAL(error_set(&error, STATUS_IO, "disk %s", "full"), STATUS_IO);
    CU_ASSERT_EQUAL(error_add_context(&error, "writing %d", 3), STATUS_IO);
    CU_ASSERT_STRING_EQUAL(error.message, "writing 3: disk full");
}

static void long_messages_are_cut_not_overrun(void) {
    Error error;
    char filler[2 * ERROR_MESSAGE_SIZE];
    memset(filler, 'x', sizeof filler - 1);
    filler[sizeof filler - 1] = '\0';
    error_set(&error, STATUS_IO, "%s", filler);
    error_add_context(&error, "%s", filler);
    CU_ASSERT_EQUAL(strlen(error.message), ERROR_MESSAGE_SIZE - 1);
}

int main(void) {
    static const UnitTest tests[] = {
        {"each flag is there once", each_flag_is_there_once},
        {"too many flags say so", too_many_flags_say_so},
        {"context goes in front", context_goes_in_front_of_the_message},
        {"long messages are cut", long_messages_are_cut_not_overrun},
    };
    return suite_run("flags and errors", tests, sizeof tests / sizeof *tests);
}
