/* Response rates of a cohort, with intervals against closed forms. */
#include "aggregate/response_rates.h"

#include <math.h>
#include <stdio.h>

#include "tests/unit/suite.h"

static void must(Status status, const Error *error) {
    if (status != STATUS_OK) {
        printf("%s\n", error->message);
    }
    CU_ASSERT_EQUAL_FATAL(status, STATUS_OK);
}

/* None of n: the upper end solves (1 - p)^n = 0.025; one of two: p^2 = 0.025 from above. */
static void test_intervals(void) {
    const double rounding = 1e-8;
    ResponseRate rate = response_rate_of(0, 10);
    ASSERT_NEAR(rate.percent, 0, 0);
    ASSERT_NEAR(rate.low_percent, 0, 0);
    ASSERT_NEAR(rate.high_percent, 100 * (1 - pow(0.025, 0.1)), rounding);
    rate = response_rate_of(10, 10);
    ASSERT_NEAR(rate.low_percent, 100 * pow(0.025, 0.1), rounding);
    ASSERT_NEAR(rate.high_percent, 100, 0);
    rate = response_rate_of(1, 2);
    ASSERT_NEAR(rate.low_percent, 100 * (1 - sqrt(0.975)), rounding);
    ASSERT_NEAR(rate.high_percent, 100 * sqrt(0.975), rounding);
    rate = response_rate_of(0, 0);
    CU_ASSERT(isnan(rate.percent) && isnan(rate.low_percent) && isnan(rate.high_percent));
}

static void test_cohort(void) {
    static const char *const best[] = {"CR", "PR", "PR", "SD", "PD", "NE", "", "NE"};
    Error error;
    Table *patients = table_new(), *rates;
    must(table_add_column(patients, "response_recist_1_1_best", COLUMN_TEXT, NULL, "", &error),
         &error);
    for (size_t n = 0; n < sizeof best / sizeof *best; n++) {
        size_t row;
        must(table_add_row(patients, &row, &error), &error);
        must(table_set_text(patients, row, "response_recist_1_1_best", best[n], &error), &error);
    }
    must(response_rates_table(patients, &rates, &error), &error);
    CU_ASSERT_EQUAL_FATAL(table_row_count(rates), 4);
    CU_ASSERT_STRING_EQUAL(table_text(rates, 2, "criterion"), "recist_1_1");
    ASSERT_NEAR(table_number(rates, 2, "n_patients"), 8, 0);
    ASSERT_NEAR(table_number(rates, 2, "n_followed"), 7, 0);
    ASSERT_NEAR(table_number(rates, 2, "n_pr"), 2, 0);
    ASSERT_NEAR(table_number(rates, 2, "n_ne"), 2, 0);
    ASSERT_NEAR(table_number(rates, 2, "orr_percent"), 100 * 3.0 / 7, 1e-12); /* rounding */
    ASSERT_NEAR(table_number(rates, 2, "dcr_percent"), 100 * 4.0 / 7, 1e-12);
    ASSERT_NEAR(table_number(rates, 0, "n_followed"), 0, 0);
    CU_ASSERT(isnan(table_number(rates, 0, "orr_percent")));
    table_free(rates);
    table_free(patients);
}

int main(void) {
    static const UnitTest tests[] = {
        {"intervals are exact", test_intervals},
        {"those not evaluable count, those not followed do not", test_cohort},
    };
    return suite_run("response rates", tests, sizeof tests / sizeof *tests);
}
