/* Counts of best responses and their rates (response_rates.h). */
#include "aggregate/response_rates.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { N_CATEGORIES = 5, N_CRITERIA = 4, NAME_SIZE = 64 };

static const char *const CATEGORIES[N_CATEGORIES] = {"CR", "PR", "SD", "PD", "NE"};
static const char *const CRITERIA[N_CRITERIA] = {"who", "recist", "recist_1_1", "mrecist"};

static const struct {
    const char *name, *units, *long_name;
} COLUMNS[] = {{"n_patients", "1", "patients of the cohort"},
               {"n_followed", "1", "patients with follow-up"},
               {"n_cr", "1", "complete response"},
               {"n_pr", "1", "partial response"},
               {"n_sd", "1", "stable disease"},
               {"n_pd", "1", "progressive disease"},
               {"n_ne", "1", "not evaluable"},
               {"orr_percent", "percent", "objective response rate: CR + PR"},
               {"orr_low_percent", "percent", "lower end of its 95 % interval"},
               {"orr_high_percent", "percent", "upper end of its 95 % interval"},
               {"dcr_percent", "percent", "disease control rate: CR + PR + SD"},
               {"dcr_low_percent", "percent", "lower end of its 95 % interval"},
               {"dcr_high_percent", "percent", "upper end of its 95 % interval"}};
enum { N_COLUMNS = sizeof COLUMNS / sizeof *COLUMNS };

ResponseRate response_rate_of(size_t successes, size_t n) {
    const double tail = 0.025, x = (double)successes, size = (double)n;
    if (n == 0) {
        return (ResponseRate){NAN, NAN, NAN};
    }
    return (ResponseRate){
        .percent = 100.0 * x / size,
        .low_percent = successes == 0 ? 0.0 : 100.0 * gsl_cdf_beta_Pinv(tail, x, size - x + 1.0),
        .high_percent =
            successes == n ? 100.0 : 100.0 * gsl_cdf_beta_Qinv(tail, x + 1.0, size - x)};
}

static void count_best(const Table *patients, const char *column, size_t counts[N_CATEGORIES]) {
    memset(counts, 0, N_CATEGORIES * sizeof *counts);
    for (size_t row = 0; row < table_row_count(patients); row++) {
        for (size_t c = 0; c < N_CATEGORIES; c++) {
            counts[c] += strcmp(table_text(patients, row, column), CATEGORIES[c]) == 0;
        }
    }
}

static Status add_criterion(const Table *patients, const char *criterion, Table *rates,
                            Error *error) {
    char column[NAME_SIZE];
    size_t counts[N_CATEGORIES], row;
    snprintf(column, sizeof column, "response_%s_best", criterion);
    count_best(patients, column, counts);
    size_t n = counts[0] + counts[1] + counts[2] + counts[3] + counts[4];
    ResponseRate orr = response_rate_of(counts[0] + counts[1], n);
    ResponseRate dcr = response_rate_of(counts[0] + counts[1] + counts[2], n);
    const double values[N_COLUMNS] = {(double)table_row_count(patients),
                                      (double)n,
                                      (double)counts[0],
                                      (double)counts[1],
                                      (double)counts[2],
                                      (double)counts[3],
                                      (double)counts[4],
                                      orr.percent,
                                      orr.low_percent,
                                      orr.high_percent,
                                      dcr.percent,
                                      dcr.low_percent,
                                      dcr.high_percent};
    Status status = table_add_row(rates, &row, error);
    if (status == STATUS_OK) {
        status = table_set_text(rates, row, "criterion", criterion, error);
    }
    for (size_t c = 0; c < N_COLUMNS && status == STATUS_OK; c++) {
        status = table_set_number(rates, row, COLUMNS[c].name, values[c], error);
    }
    return status;
}

Status response_rates_table(const Table *patients, Table **rates, Error *error) {
    *rates = table_new();
    if (*rates == NULL) {
        return error_no_memory(error, "the response rates");
    }
    Status status = table_add_column(*rates, "criterion", COLUMN_TEXT, NULL,
                                     "who, recist, recist_1_1 or mrecist", error);
    for (size_t c = 0; c < N_COLUMNS && status == STATUS_OK; c++) {
        status = table_add_column(*rates, COLUMNS[c].name, COLUMN_NUMBER, COLUMNS[c].units,
                                  COLUMNS[c].long_name, error);
    }
    for (size_t c = 0; c < N_CRITERIA && status == STATUS_OK; c++) {
        status = add_criterion(patients, CRITERIA[c], *rates, error);
    }
    if (status != STATUS_OK) {
        table_free(*rates);
        *rates = NULL;
    }
    return status;
}
