/* The tables of sensitivity in stratify.h5. */
#include "stratify/sensitivity_file.h"

#include <math.h>
#include <string.h>

#include "tests/unit/stratify/random_patient.h"

static StrataRules rules;

static const Config CONFIG = {
    .stratification = {.threshold_gy = 30.0,
                       .max_underdosed = 4.0,
                       .ablation_max_diameter_mm = 30.0,
                       .vessel_min_diameter_mm = 4.0,
                       .contact_tolerance_mm = NAN,
                       .max_imaging_delay_h = 36.0,
                       .dose_tie_is_underdosed = true},
    .sweep = {20.0, 50.0, 1.0},
    .scenarios = {.dose_methods = 1u << DOSE_KERNEL | 1u << DOSE_LOCAL_DEPOSITION,
                  .partial_volume = 3u,
                  .diameters = 1u << DIAMETER_3D,
                  .calibration_percent = {0.0, 0.0, 1.0},
                  .threshold_gy = {30.0, 30.0, 1.0},
                  .ablation_max_diameter_mm = {30.0, 30.0, 1.0},
                  .vessel_min_diameter_mm = {4.0, 4.0, 1.0}}};

static void must(Status status, const Error *error) {
    if (status != STATUS_OK) {
        printf("%s\n", error->message);
    }
    CU_ASSERT_EQUAL_FATAL(status, STATUS_OK);
}

static void set_number(Table *table, const char *name, double value) {
    Error error;
    must(table_add_column(table, name, COLUMN_NUMBER, "1", name, &error), &error);
    must(table_set_number(table, 0, name, value, &error), &error);
}

/* One lesion: 25 Gy by the kernel, recovery 0.5 over 10 Gy around, 20 mm, no vessel; no other map.
 */
static Status write_file(const Config *config, Store **output, Error *error) {
    char path[256];
    size_t row;
    StrataLesion lesion = {
        .name = "L1", .davg_gy = 25.0, .diameter_3d_mm = 20.0, .diameter_axial_mm = 20.0};
    LesionFile file = {.patient = {.lesions = &lesion,
                                   .n_lesions = 1,
                                   .progression = STRATA_NO,
                                   .imaging_delay_h = 10.0,
                                   .voxel_diagonal_mm = 2.0,
                                   .has_vessels = true},
                       .table = table_new()};
    load_rules("configs/rules/protocol.yaml", &rules);
    must(table_add_row(file.table, &row, error), error);
    set_number(file.table, "davg_kernel_gy", 25.0);
    set_number(file.table, "recovery_coefficient", 0.5);
    set_number(file.table, "davg_surroundings_gy", 10.0);
    snprintf(path, sizeof path, "%s/stratify.h5", scratch_folder());
    must(store_create(path, output, error), error);
    Status status = sensitivity_file_write(*output, &file, config, &rules, error);
    table_free(file.table);
    return status;
}

/* Rows of a table as "a,b,...|", to be compared as text. */
static void check_table(const Store *store, const char *group, const char *wanted) {
    char text[2048] = "", number[32];
    Error error;
    Table *table = NULL;
    must(store_read_table(store, group, &table, &error), &error);
    for (size_t row = 0; row < table_row_count(table); row++) {
        for (size_t c = 0; c < table_column_count(table); c++) {
            const char *name = table_column_name(table, c);
            bool is_text = table_column_kind(table, c) == COLUMN_TEXT;
            size_t used = strlen(text);
            table_format_number(is_text ? NAN : table_number(table, row, name), number);
            snprintf(text + used, sizeof text - used, "%s%s", c > 0 ? "," : "",
                     is_text ? table_text(table, row, name) : number);
        }
        strncat(text, "|", sizeof text - strlen(text) - 1);
    }
    if (strcmp(text, wanted) != 0) {
        printf("%s: %s\n", group, text);
    }
    CU_ASSERT_STRING_EQUAL(text, wanted);
    table_free(table);
}

static void test_tables(void) {
    Store *output;
    Table *sweep = NULL;
    Error error;
    must(write_file(&CONFIG, &output, &error), &error);
    must(store_read_table(output, "/sweep", &sweep, &error), &error);
    CU_ASSERT_EQUAL(table_row_count(sweep), 31);
    CU_ASSERT_EQUAL(table_number(sweep, 4, "stratum"), 1); /* 24 Gy */
    CU_ASSERT_EQUAL(table_number(sweep, 5, "stratum"), 2); /* 25 Gy: a tie */
    table_free(sweep);
    check_table(output, "/breakpoints",
                "threshold_gy,0,1,1|threshold_gy,25,2,2|"
                "ablation_max_diameter_mm,0,3,3|ablation_max_diameter_mm,20,3,2|"
                "vessel_min_diameter_mm,0,2,2|contact_tolerance_mm,0,2,2|"
                "max_underdosed,0,5,5|max_underdosed,1,2,2|");
    check_table(output, "/stability",
                "threshold_gy,-5,1,,|calibration_percent,,,20,1|"
                "ablation_max_diameter_mm,-10,3,,|vessel_distance_mm,,,,|"
                "vessel_min_diameter_mm,,,,|max_underdosed,-3,5,,|");
    check_table(output, "/scenarios",
                "kernel,none,0,3d,30,30,4,2,1|kernel,recovered,0,3d,30,30,4,1,0|"
                "local_deposition,none,0,3d,30,30,4,0,0|"
                "local_deposition,recovered,0,3d,30,30,4,0,0|");
    store_close(output);
}

static void refuse(const Config *config, const char *words) {
    Store *output;
    Error error = {.message = ""};
    CU_ASSERT_EQUAL(write_file(config, &output, &error), STATUS_CONFIG);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, words));
    store_close(output);
}

static void test_refused(void) {
    static Config config;
    config = CONFIG;
    config.sweep.to_gy = 10.0;
    refuse(&config, "sweep.threshold_gy");
    config = CONFIG;
    config.scenarios.threshold_gy = (Range){0.0, 50.0, 1e-3};
    refuse(&config, "at most 100000");
}

int main(void) {
    static const UnitTest tests[] = {
        {"tables are as the contract says", test_tables},
        {"ranges that hold nothing, or too much, are refused", test_refused},
    };
    return suite_run("sensitivity file", tests, sizeof tests / sizeof *tests);
}
