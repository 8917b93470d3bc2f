/* How many of the cohort responded: objective response rate and disease control rate. */
#ifndef YTTRIA_AGGREGATE_RESPONSE_RATES_H
#define YTTRIA_AGGREGATE_RESPONSE_RATES_H

#include "core/table.h"

/* A percentage with its exact two-sided 95 % interval; NaN without patients. */
typedef struct ResponseRate {
    double percent, low_percent, high_percent;
} ResponseRate;

/* `successes` of `n`, by Clopper CJ, Pearson ES. Biometrika 1934;26:404. */
ResponseRate response_rate_of(size_t successes, size_t n);

/* One row per criterion (who, recist, recist_1_1, mrecist): `criterion`, `n_patients` (rows of
 * `patients`), `n_followed` (with a best response, NE included), `n_cr`, `n_pr`, `n_sd`, `n_pd`,
 * `n_ne`, and `orr_percent` = CR + PR, `dcr_percent` = CR + PR + SD of those followed, with `_low`
 * and `_high`. NE counts among those followed and never as a success (Eisenhauer 2009, on reporting
 * best response). Best responses are the columns response_<criterion>_best of `patients`. `*rates`
 * is new, the caller frees it. */
Status response_rates_table(const Table *patients, Table **rates, Error *error);

#endif
