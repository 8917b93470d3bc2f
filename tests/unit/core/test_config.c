#include "core/config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/suite.h"

#define COHORT "cohort: {patients: p.tsv, treatments: t.tsv, images: /abs/i.tsv}\nrun: out\n"

static Status load(const char *content, Config *config, Error *error) {
    char path[256];
    snprintf(path, sizeof path, "%s/trial.yaml", scratch_folder());
    FILE *file = fopen(path, "w");
    fputs(content, file);
    fclose(file);
    return config_load(path, config, error);
}

static void defaults_are_the_protocol(void) {
    Config config;
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(load(COHORT, &config, &error), STATUS_OK);
    ASSERT_NEAR(config.stratification.threshold_gy, 30, 0);
    ASSERT_NEAR(config.stratification.max_underdosed, 4, 0);
    ASSERT_NEAR(config.stratification.ablation_max_diameter_mm, 30, 0);
    ASSERT_NEAR(config.stratification.vessel_min_diameter_mm, 4, 0);
    ASSERT_NEAR(config.stratification.max_imaging_delay_h, 36, 0);
    CU_ASSERT_TRUE(isnan(config.stratification.contact_tolerance_mm));
    CU_ASSERT_TRUE(config.stratification.dose_tie_is_underdosed);
    CU_ASSERT_FALSE(config.stratification.size_tie_is_amenable);
    CU_ASSERT_FALSE(config.stratification.vessel_tie_is_large);
    CU_ASSERT_FALSE(config.stratification.allow_late_imaging);
    CU_ASSERT_EQUAL(config.dose.methods, 3u);
    CU_ASSERT_STRING_EQUAL(config.nuclide.name, "Y-90");
}

static void the_shipped_configuration_says_its_defaults(void) {
    Config shipped, standard;
    Error error = {0};
    static const char *const sections[] = {"nuclide", "calibration",  "registration",
                                           "dose",    "segmentation", "stratification",
                                           "sweep",   "report",       NULL};
    CU_ASSERT_EQUAL_FATAL(config_load("configs/trial.yaml", &shipped, &error), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(load(COHORT, &standard, &error), STATUS_OK);
    char *in_file = config_text(&shipped, sections), *in_code = config_text(&standard, sections);
    CU_ASSERT_STRING_EQUAL(in_file, in_code);
    free(in_file);
    free(in_code);
}

static void paths_are_relative_to_the_file(void) {
    Config config;
    Error error = {0};
    char expected[256];
    CU_ASSERT_EQUAL_FATAL(load(COHORT, &config, &error), STATUS_OK);
    snprintf(expected, sizeof expected, "%s/p.tsv", scratch_folder());
    CU_ASSERT_STRING_EQUAL(config.patients_sheet, expected);
    CU_ASSERT_STRING_EQUAL(config.images_sheet, "/abs/i.tsv");
}

static void check_refused(const char *content, const char *in_message) {
    Config config;
    Error error = {0};
    CU_ASSERT_EQUAL(load(content, &config, &error), STATUS_CONFIG);
    if (strstr(error.message, in_message) == NULL) {
        printf("expected '%s' in '%s'\n", in_message, error.message);
        CU_FAIL("message does not say what is wrong");
    }
}

static void wrong_keys_and_values_are_named_with_their_line(void) {
    check_refused(COHORT "stratification:\n  treshold_gy: 25\n",
                  "trial.yaml:4: unknown key 'stratification.treshold_gy'; did you mean "
                  "'stratification.threshold_gy'?");
    check_refused(COHORT "stratification:\n  threshold_gy: thirty\n", "trial.yaml:4");
    check_refused(COHORT "stratification: {threshold_gy: -1}\n", "outside 0 to");
    check_refused(COHORT "dose: {methods: [kernel, monte]}\n", "'monte' is not one of");
    check_refused(COHORT "dose: {methods: []}\n", "is empty");
    check_refused(COHORT "run: twice\n", "there twice");
    check_refused("run: out\n", "'cohort.patients' is missing");
    check_refused(COHORT "nuclide: y91\n", "'y91' is not known");
    check_refused(COHORT "dose: {methods: [local_deposition]}\n", "segmentation.dose_method");
    check_refused(COHORT "nuclide: f18\n", "no point kernel");
    check_refused(COHORT "nuclide: f18\ndose: {methods: [monte_carlo]}\n"
                         "segmentation: {dose_method: monte_carlo}\n",
                  "electrons of Y-90 only");
    check_refused(COHORT "a: [\n", "not valid YAML");
    check_refused("just text\n", "expected 'key: value'");
}

static void text_of_a_section_follows_its_values_only(void) {
    Config config, other;
    Error error = {0};
    static const char *const dose[] = {"dose", "nuclide", NULL};
    CU_ASSERT_EQUAL_FATAL(load(COHORT, &config, &error), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(load(COHORT "stratification: {threshold_gy: 40}\n", &other, &error),
                          STATUS_OK);
    char *a = config_text(&config, dose), *b = config_text(&other, dose);
    CU_ASSERT_STRING_EQUAL(a, b);
    CU_ASSERT_PTR_NOT_NULL(strstr(a, "dose.density_g_ml: 1.06"));
    free(b);
    CU_ASSERT_EQUAL_FATAL(load(COHORT "dose: {density_g_ml: 1.04}\n", &other, &error), STATUS_OK);
    b = config_text(&other, dose);
    CU_ASSERT_STRING_NOT_EQUAL(a, b);
    free(a);
    free(b);
}

/* k = T1/2 / ln 2 * E: 49.73 J/GBq for 64.042 h and 0.9331 MeV (computed by hand; the literature
 * has 49.38 to 49.98). 1 GBq in 1 kg is 1e6 Bq/g. */
static void dose_factor_is_that_of_the_literature(void) {
    Config config;
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(load(COHORT, &config, &error), STATUS_OK);
    ASSERT_NEAR(nuclide_dose_factor_gy_per_bq_g(&config.nuclide) * 1e6, 49.73, 0.01);
}

int main(void) {
    static const UnitTest tests[] = {
        {"defaults are the protocol", defaults_are_the_protocol},
        {"trial.yaml says the defaults", the_shipped_configuration_says_its_defaults},
        {"paths are relative to the file", paths_are_relative_to_the_file},
        {"wrong keys and values are named", wrong_keys_and_values_are_named_with_their_line},
        {"a section's text follows its values", text_of_a_section_follows_its_values_only},
        {"the dose factor is the literature's", dose_factor_is_that_of_the_literature},
    };
    return suite_run("config", tests, sizeof tests / sizeof *tests);
}
