/* What a PET shows of other treatments, against 2^(-t / T) worked out by hand. */
#include "dose/carried_over.h"

#include <string.h>

#include "tests/unit/suite.h"

static const Nuclide yttrium = {.name = "Y-90", .half_life_h = 64.042};
enum { MAX_TREATMENTS = 3 };

/* Treatments at the given times, each imaged 20 h later. */
static double share_of(const char *const administered[], size_t count, Flags *flags) {
    Treatment treatments[MAX_TREATMENTS] = {0};
    TreatmentActivity measured[MAX_TREATMENTS] = {0};
    TreatmentList list = {.count = count, .treatments = treatments};
    Error error = {0};
    for (size_t n = 0; n < count; n++) {
        CU_ASSERT_EQUAL(timestamp_parse(administered[n], &treatments[n].administered, &error),
                        STATUS_OK);
        measured[n].imaging_delay_h = 20.0;
    }
    *flags = (Flags){""};
    carried_over_flag(&list, measured, &yttrium, 0.01, flags);
    return carried_over_share(&list, measured, &yttrium);
}

static void test_one_treatment(void) {
    Flags flags;
    const char *const times[] = {"2024-03-05T10:00:00"};
    ASSERT_NEAR(share_of(times, 1, &flags), 0.0, 0.0);
    CU_ASSERT_STRING_EQUAL(flags.text, "");
}

/* exp(-ln 2 * 7 * 24 / 64.042) and 28 days, by python3. */
static void test_weeks_apart(void) {
    Flags flags;
    const char *const week[] = {"2024-03-05T10:00:00", "2024-03-12T10:00:00"};
    ASSERT_NEAR(share_of(week, 2, &flags), 0.16229849495529733, 1e-12);
    CU_ASSERT_STRING_EQUAL(flags.text, "activity_carried_over");
    const char *const month[] = {"2024-03-05T10:00:00", "2024-04-02T10:00:00"};
    ASSERT_NEAR(share_of(month, 2, &flags), 0.0006938378218056218, 1e-12);
    CU_ASSERT_STRING_EQUAL(flags.text, "");
}

static void test_order_of_rows(void) {
    Flags flags;
    const char *const reversed[] = {"2024-03-12T10:00:00", "2024-03-05T10:00:00"};
    ASSERT_NEAR(share_of(reversed, 2, &flags), 0.16229849495529733, 1e-12);
    CU_ASSERT_STRING_EQUAL(flags.text, "activity_carried_over");
}

/* The pair that is closest counts. */
static void test_three_treatments(void) {
    Flags flags;
    const char *const times[] = {"2024-01-05T10:00:00", "2024-03-12T10:00:00",
                                 "2024-03-05T10:00:00"};
    ASSERT_NEAR(share_of(times, 3, &flags), 0.16229849495529733, 1e-12);
    CU_ASSERT_STRING_EQUAL(flags.text, "activity_carried_over");
}

/* Both lobes on one day, one PET each: each PET shows both. The second, given 3 h after the first,
 * is in the first's PET with more than it had: 2^(3 / 64.042). */
static void test_one_day(void) {
    Flags flags;
    const char *const times[] = {"2024-03-05T10:00:00", "2024-03-05T13:00:00"};
    ASSERT_NEAR(share_of(times, 2, &flags), 1.0330028671329485, 1e-12);
    CU_ASSERT_STRING_EQUAL(flags.text, "activity_carried_over");
}

/* Given 21 h after the first: the first's PET, at 20 h, does not show it, but its PET the first. */
static void test_given_after_the_pet(void) {
    Flags flags;
    const char *const times[] = {"2024-03-05T10:00:00", "2024-03-06T07:00:00"};
    ASSERT_NEAR(share_of(times, 2, &flags), 0.7966899002020351, 1e-12);
    CU_ASSERT_STRING_EQUAL(flags.text, "activity_carried_over");
}

int main(void) {
    static const UnitTest tests[] = {
        {"one treatment carries nothing over", test_one_treatment},
        {"a week leaves 16 %, four weeks 0.07 %", test_weeks_apart},
        {"rows of the sheet may come in any order", test_order_of_rows},
        {"of three treatments the closest pair counts", test_three_treatments},
        {"two treatments of one day are in both PETs", test_one_day},
        {"a PET does not show a later treatment", test_given_after_the_pet},
    };
    return suite_run("dose carried over", tests, sizeof tests / sizeof *tests);
}
