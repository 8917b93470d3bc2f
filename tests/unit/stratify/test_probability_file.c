/* From segment.h5's uncertainties to the attributes and columns of the contract. */
#include "stratify/probability_file.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/stratify/probability_fixture.h"

enum { N = 2, N_NUMBERS = 9 };

static void must(Status status, const Error *error) {
    if (status != STATUS_OK) {
        printf("%s\n", error->message);
    }
    CU_ASSERT_EQUAL_FATAL(status, STATUS_OK);
}

static const char *const NUMBERS[N_NUMBERS] = {
    "davg_gy",    "diameter_3d_mm", "diameter_axial_mm",
    "u_noise_gy", "u_counting_gy",  "monte_carlo_standard_error_gy",
    "volume_ml",  "u_volume_gy",    "u_calibration_gy"};

typedef struct Values {
    double of[N][N_NUMBERS];
} Values;

/* L1 near the threshold, L2 far above it; in the order of NUMBERS. */
static const Values GOOD = {
    {{31, 20, 20, 2, 1, 12, 4, 1.5, 1.55}, {90, 20, 20, 3, NAN, 0, 4, 4, 4.5}}};

static Table *lesions_of(const Values *values, const char *unknown) {
    static const char *const names[N] = {"L1", "L2"};
    static const char *const texts[] = {"lesion", "flags", "uncertainty_unknown"};
    Error error;
    size_t row;
    Table *table = table_new();
    for (size_t t = 0; t < 3; t++) {
        must(table_add_column(table, texts[t], COLUMN_TEXT, NULL, texts[t], &error), &error);
    }
    for (size_t c = 0; c < N_NUMBERS; c++) {
        must(table_add_column(table, NUMBERS[c], COLUMN_NUMBER, "1", NUMBERS[c], &error), &error);
    }
    for (size_t i = 0; i < N; i++) {
        must(table_add_row(table, &row, &error), &error);
        must(table_set_text(table, i, "lesion", names[i], &error), &error);
        must(table_set_text(table, i, "uncertainty_unknown", i == 1 ? unknown : "", &error),
             &error);
        for (size_t c = 0; c < N_NUMBERS; c++) {
            must(table_set_number(table, i, NUMBERS[c], values->of[i][c], &error), &error);
        }
    }
    return table;
}

static void test_components(void) {
    Table *table = lesions_of(&GOOD, "");
    ProbabilityDose dose = probability_file_dose(table, 0, false);
    ASSERT_NEAR(dose.calibration, 0.05, 1e-15);
    ASSERT_NEAR(dose.own_gy, 2.5, 1e-15); /* 1.5 and the larger of 2 and 1 */
    ASSERT_NEAR(probability_file_dose(table, 0, true).own_gy, hypot(2.5, 12.0), 1e-14);
    ASSERT_NEAR(probability_file_dose(table, 1, false).own_gy, 5.0, 1e-14); /* no counting */
    table_free(table);
}

static void test_impossible_components(void) {
    static const struct {
        size_t column;
        double value;
        bool is_known;
    } cases[] = {{3, NAN, true},  {3, -1.0, true},  {7, NAN, false}, {7, INFINITY, false},
                 {8, NAN, false}, {8, -1.0, false}, {7, 0.0, true}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        Values values = GOOD;
        values.of[0][cases[c].column] = cases[c].value;
        Table *table = lesions_of(&values, "");
        ProbabilityDose dose = probability_file_dose(table, 0, false);
        CU_ASSERT_EQUAL(isfinite(dose.calibration) && isfinite(dose.own_gy), cases[c].is_known);
        table_free(table);
    }
    const Values none = {{{0}, {0}}};
    Table *table = lesions_of(&none, "");
    CU_ASSERT_EQUAL(probability_file_dose(table, 0, false).calibration, 0.0);
    table_free(table);
}

static Store *segment_of(const Values *values, const char *unknown) {
    char path[256];
    Error error;
    Store *store;
    Table *lesions = lesions_of(values, unknown);
    snprintf(path, sizeof path, "%s/segment.h5", scratch_folder());
    must(store_create(path, &store, &error), &error);
    must(store_set_text(store, "/", "dose_method", "kernel", &error), &error);
    must(store_set_text(store, "/", "progression", "no", &error), &error);
    must(store_set_text(store, "/", "vessels", "none", &error), &error);
    must(store_set_number(store, "/", "imaging_delay_h", 20.0, &error), &error);
    must(store_set_number(store, "/", "voxel_diagonal_mm", 3.0, &error), &error);
    must(store_write_table(store, "/lesions", lesions, &error), &error);
    must(store_commit(store, &error), &error);
    must(store_open(path, &store, &error), &error);
    table_free(lesions);
    return store;
}

/* Writes and reads back; `note` has room for 2048. */
static void process(const Values *values, const char *unknown, double p[8], char *note,
                    ProbabilityLesion lesions[N]) {
    static const char *const names[8] = {"p_stratum_0", "p_stratum_1",     "p_stratum_2",
                                         "p_stratum_3", "p_stratum_4",     "p_stratum_5",
                                         "p_stratum",   "p_standard_error"};
    static Config config;
    char path[256];
    Error error;
    Store *segment = segment_of(values, unknown), *output;
    LesionFile file;
    config.stratification = PROTOCOL;
    config.probability = (ProbabilityConfig){20000, 1, NAN, NAN};
    must(lesion_file_read(segment, &file, &error), &error);
    snprintf(path, sizeof path, "%s/stratify.h5", scratch_folder());
    must(store_create(path, &output, &error), &error);
    must(probability_file_write(output, segment, &file, &config, fixture_rules(),
                                &(StrataDecision){.stratum = 1}, lesions, &error),
         &error);
    must(store_commit(output, &error), &error);
    must(store_open(path, &output, &error), &error);
    for (size_t n = 0; n < 8; n++) {
        must(store_get_number(output, "/", names[n], &p[n], &error), &error);
    }
    must(store_get_text(output, "/", "probability_note", note, 2048, &error), &error);
    store_close(output);
    store_close(segment);
    lesion_file_free(&file);
}

/* P(underdosed) of L1 by the trapezoidal rule over the calibration's 5 %. */
static double low_of_first(void) {
    double sum = 0.0, step = 0.01, width = sqrt(log(1 + 0.05 * 0.05));
    for (int k = -850; k <= 850; k++) {
        double q = k * step;
        sum += step * exp(-q * q / 2) / sqrt(2 * M_PI) *
               fixture_normal((30.0 / exp(width * q) - 31.0) / 2.5);
    }
    return sum;
}

/* L1 alone is in doubt; without vessels its ablation is unknown, and with it the stratum wherever
 * it is underdosed. 4.5 standard errors of 20000 samples. */
static void test_attributes(void) {
    double p[8];
    char note[2048];
    ProbabilityLesion lesions[N];
    process(&GOOD, "outline;recovery;registration", p, note, lesions);
    ASSERT_NEAR(p[0], low_of_first(), 4.5 * probability_standard_error(p[0], 20000));
    ASSERT_NEAR(p[0] + p[1], 1.0, 1e-12);
    CU_ASSERT_EQUAL(p[6], p[1]);
    CU_ASSERT_EQUAL(p[7], probability_standard_error(p[1], 20000));
    CU_ASSERT_EQUAL(lesions[0].underdosed, p[0]);
    CU_ASSERT(isnan(lesions[0].amenable));
    CU_ASSERT_PTR_NOT_NULL(strstr(note, "20000 samples, seed 1"));
    CU_ASSERT_PTR_NOT_NULL(strstr(note, "diameter 1.26 mm")); /* 3 / sqrt(3) x 0.7262 */
    CU_ASSERT_PTR_NOT_NULL(strstr(note, "unknown parts of Davg's: outline;registration"));
    CU_ASSERT_PTR_NULL(strstr(note, "recovery"));
}

static void test_unknown(void) {
    Values values = GOOD;
    double p[8];
    char note[2048];
    ProbabilityLesion lesions[N];
    values.of[1][8] = NAN;
    process(&values, "calibration", p, note, lesions);
    for (size_t n = 0; n < 8; n++) {
        CU_ASSERT(isnan(p[n]));
    }
    CU_ASSERT(isnan(lesions[1].underdosed));
    CU_ASSERT(lesions[0].underdosed > 0.3);
    CU_ASSERT_STRING_EQUAL(note, "unknown: the uncertainty of Davg is not known for L2");
}

static void test_columns(void) {
    const ProbabilityLesion lesions[N] = {{0.25, 0.5}, {NAN, 1.0}};
    Error error;
    Table *table = lesions_of(&GOOD, "");
    must(probability_file_add_columns(table, lesions, &error), &error);
    CU_ASSERT_EQUAL(table_number(table, 0, "p_underdosed"), 0.25);
    CU_ASSERT(isnan(table_number(table, 1, "p_underdosed")));
    CU_ASSERT_EQUAL(table_number(table, 1, "p_amenable"), 1.0);
    table_free(table);
}

int main(void) {
    const UnitTest tests[] = {
        {"components are combined as in the contract", test_components},
        {"an uncertainty that cannot be one is unknown", test_impossible_components},
        {"attributes say what was sampled", test_attributes},
        {"an unknown uncertainty leaves the strata unknown", test_unknown},
        {"columns are added to the lesion table", test_columns},
    };
    return suite_run("probability_file", tests, sizeof tests / sizeof *tests);
}
