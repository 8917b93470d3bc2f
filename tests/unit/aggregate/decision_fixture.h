/* A stratify.h5 to order, for the tests of aggregate. One test program includes this once. */
#ifndef YTTRIA_TESTS_DECISION_FIXTURE_H
#define YTTRIA_TESTS_DECISION_FIXTURE_H

#include <stdio.h>
#include <string.h>

#include "core/store.h"
#include "tests/unit/suite.h"

/* What the file says; zeros are sensible. */
typedef struct Decision {
    double stratum;
    size_t n_lesions;
    size_t n_thresholds;      /* 0: three, 20, 30 and 40 Gy */
    double last_threshold_gy; /* 0: 40 */
    double lung_shunt_gy;     /* 0: not stated */
    bool no_reason;
    bool with_sensitivity; /* probabilities, SBRT, response, and the table /stability */
    const char *patient;   /* NULL: N1 of center north */
    const char *spoilt;    /* an attribute of "/" that holds text instead of a number, or NULL */
    const char *clinical;  /* one more clinical attribute, a text, or NULL */
} Decision;

static inline void fixture_must(Status status, const Error *error) {
    if (status != STATUS_OK) {
        printf("%s\n", error->message);
    }
    CU_ASSERT_EQUAL_FATAL(status, STATUS_OK);
}

static inline void fixture_write_lesions(Store *store, size_t n) {
    static const char *const numbers[] = {
        "volume_ml", "diameter_3d_mm",     "diameter_axial_mm", "davg_gy",
        "d70_gy",    "vessel_distance_mm", "vessel_diameter_mm"};
    static const char *const texts[] = {"lesion", "underdosed", "amenable"};
    Error error;
    Table *table = table_new();
    for (size_t t = 0; t < 3; t++) {
        fixture_must(table_add_column(table, texts[t], COLUMN_TEXT, NULL, texts[t], &error),
                     &error);
    }
    for (size_t c = 0; c < 7; c++) {
        fixture_must(table_add_column(table, numbers[c], COLUMN_NUMBER, "1", numbers[c], &error),
                     &error);
    }
    for (size_t i = 0; i < n; i++) {
        size_t row;
        fixture_must(table_add_row(table, &row, &error), &error);
        for (size_t t = 0; t < 3; t++) {
            fixture_must(table_set_text(table, row, texts[t], t == 0 ? "L1" : "yes", &error),
                         &error);
        }
        for (size_t c = 0; c < 7; c++) {
            fixture_must(table_set_number(table, row, numbers[c], 10.0 + (double)i, &error),
                         &error);
        }
    }
    fixture_must(store_write_table(store, "/lesions", table, &error), &error);
    table_free(table);
}

static inline void fixture_write_sweep(Store *store, const Decision *decision) {
    static const char *const columns[] = {"threshold_gy", "stratum", "n_underdosed"};
    size_t n = decision->n_thresholds > 0 ? decision->n_thresholds : 3;
    Error error;
    Table *table = table_new();
    for (size_t c = 0; c < 3; c++) {
        fixture_must(table_add_column(table, columns[c], COLUMN_NUMBER, "1", columns[c], &error),
                     &error);
    }
    for (size_t i = 0; i < n; i++) {
        double threshold_gy = i == 2 && decision->last_threshold_gy > 0.0
                                  ? decision->last_threshold_gy
                                  : 20.0 + 10.0 * (double)i;
        const double values[] = {threshold_gy, decision->stratum, 1.0};
        size_t row;
        fixture_must(table_add_row(table, &row, &error), &error);
        for (size_t c = 0; c < 3; c++) {
            fixture_must(table_set_number(table, row, columns[c], values[c], &error), &error);
        }
    }
    fixture_must(store_write_table(store, "/sweep", table, &error), &error);
    table_free(table);
}

/* What files of older versions do not have. */
static inline void fixture_write_sensitivity(Store *store) {
    Error error;
    Table *table = table_new();
    size_t row;
    fixture_must(store_set_number(store, "/", "p_stratum_2", 0.75, &error), &error);
    fixture_must(store_set_number(store, "/", "p_stratum", 0.75, &error), &error);
    fixture_must(store_set_text(store, "/", "modalities", "SBRT: yes", &error), &error);
    fixture_must(store_set_text(store, "/", "response_recist_1_1_best", "PR", &error), &error);
    fixture_must(store_set_number(store, "/", "response_mrecist_days_followed", 90.0, &error),
                 &error);
    fixture_must(store_set_number(store, "/sbrt", "proposed_spared_ml", 812.5, &error), &error);
    fixture_must(
        table_add_column(table, "parameter", COLUMN_TEXT, NULL, "quantity that changes", &error),
        &error);
    fixture_must(table_add_column(table, "lower_change", COLUMN_NUMBER, "1", "down", &error),
                 &error);
    fixture_must(table_add_row(table, &row, &error), &error);
    fixture_must(table_set_text(table, row, "parameter", "a, \"b\"", &error), &error);
    fixture_must(table_set_number(table, row, "lower_change", -2.5, &error), &error);
    fixture_must(store_write_table(store, "/stability", table, &error), &error);
    table_free(table);
}

/* Writes the file to `path`. */
static inline void decision_fixture_write(const Decision *decision, const char *path) {
    static const char *const numbers[] = {"n_lesions", "n_underdosed", "min_davg_gy"};
    const char *patient = decision->patient != NULL ? decision->patient : "N1";
    Error error;
    Store *store;
    fixture_must(store_create(path, &store, &error), &error);
    fixture_must(store_set_text(store, "/", "yttria_stage", "stratify", &error), &error);
    fixture_must(store_set_text(store, "/", "center", "north", &error), &error);
    fixture_must(store_set_text(store, "/", "patient", patient, &error), &error);
    fixture_must(store_set_number(store, "/", "stratum", decision->stratum, &error), &error);
    if (!decision->no_reason) {
        fixture_must(store_set_text(store, "/", "reason", "because, \"so\"", &error), &error);
    }
    fixture_must(store_set_text(store, "/", "flags", "dose_tie", &error), &error);
    for (size_t n = 0; n < 3; n++) {
        fixture_must(store_set_number(store, "/", numbers[n], 2.0, &error), &error);
    }
    if (decision->lung_shunt_gy > 0.0) {
        fixture_must(store_set_number(store, "/", "lung_shunt_gy", decision->lung_shunt_gy, &error),
                     &error);
    }
    fixture_must(store_set_text(store, "/patient", "progression", "no", &error), &error);
    fixture_must(store_set_number(store, "/patient", "weight_kg", 70.5, &error), &error);
    fixture_must(store_set_text(store, "/patient", "sex", "F", &error), &error);
    if (decision->spoilt != NULL) {
        fixture_must(store_set_text(store, "/", decision->spoilt, "text", &error), &error);
    }
    if (decision->clinical != NULL) {
        fixture_must(store_set_text(store, "/patient", decision->clinical, "x", &error), &error);
    }
    fixture_write_lesions(store, decision->n_lesions);
    fixture_write_sweep(store, decision);
    if (decision->with_sensitivity) {
        fixture_write_sensitivity(store);
    }
    fixture_must(store_commit(store, &error), &error);
}

/* Writes the file into the scratch folder and opens it. */
static inline Store *decision_fixture_open(const Decision *decision) {
    char path[256];
    Error error;
    Store *store;
    snprintf(path, sizeof path, "%s/decision.h5", scratch_folder());
    decision_fixture_write(decision, path);
    fixture_must(store_open(path, &store, &error), &error);
    return store;
}

#endif
