/* SBRT and annotations of one patient, from segment.h5 to the tables: three lesions of which two
 * are underdosed, and a liver of 1000 mL in four points. */
#include "stratify/annotations_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "stratify/annotations.h"
#include "tests/unit/suite.h"

/* What a test changes. */
typedef struct Change {
    bool no_liver, no_distance, is_outside, is_partial;
    bool no_dose;  /* of any lesion */
    bool has_text; /* a word that is none, in /patient */
    const char *rules;
} Change;

typedef struct Run {
    Store *store;
    SbrtFindings sbrt;
} Run;

static Error error;

static void must(Status status) {
    if (status != STATUS_OK) {
        printf("%s\n", error.message);
    }
    CU_ASSERT_EQUAL_FATAL(status, STATUS_OK);
}

static Table *new_table(size_t rows) {
    size_t row;
    Table *table = table_new();
    for (size_t n = 0; n < rows; n++) {
        must(table_add_row(table, &row, &error));
    }
    return table;
}

static void add_numbers(Table *table, const char *name, const double *values) {
    must(table_add_column(table, name, COLUMN_NUMBER, "1", name, &error));
    for (size_t n = 0; n < table_row_count(table); n++) {
        must(table_set_number(table, n, name, values[n], &error));
    }
}

static void add_texts(Table *table, const char *name, const char *const *values) {
    must(table_add_column(table, name, COLUMN_TEXT, NULL, name, &error));
    for (size_t n = 0; n < table_row_count(table); n++) {
        must(table_set_text(table, n, name, values[n], &error));
    }
}

static void write_table(Store *store, const char *group, Table *table) {
    must(store_write_table(store, group, table, &error));
    table_free(table);
}

/* L1 is well treated, L2 is 32 mm and goes to SBRT, L3 is 20 mm and goes to ablation. */
static void write_lesions(Store *store, const Change *change) {
    static const char *const names[] = {"L1", "L2", "L3"};
    const char *const others = change->no_dose ? "lesion_outside_dose" : "";
    const char *const flags[] = {others, others,
                                 change->is_outside ? "lesion_outside_dose" : others};
    Table *lesions = new_table(3), *profile = new_table(0);
    add_texts(lesions, "lesion", names);
    add_numbers(lesions, "volume_ml", (double[]){20, 17, 4});
    add_numbers(lesions, "diameter_3d_mm", (double[]){40, 32, 20});
    add_numbers(lesions, "diameter_axial_mm", (double[]){40, 32, 20});
    add_numbers(lesions, "davg_gy", (double[]){80, 20, 25});
    add_numbers(lesions, "bed_gy", (double[]){100, 21, NAN});
    add_numbers(lesions, "bile_duct_distance_mm", (double[]){1, 20, 15});
    add_numbers(lesions, "bowel_distance_mm", (double[]){2, 30, 11});
    add_texts(lesions, "flags", flags);
    add_texts(profile, "lesion", NULL);
    add_numbers(profile, "vessel_distance_mm", NULL);
    add_numbers(profile, "vessel_diameter_mm", NULL);
    write_table(store, "/lesions", lesions);
    write_table(store, "/vessel_profile", profile);
}

/* Of 90Y's BED of 10, 20, 30 Gy and unknown; the second point is in the margin of L2, the third
 * 6 mm beyond that of L3. */
static void write_liver(Store *store, const Change *change) {
    Table *samples = new_table(4);
    add_numbers(samples, "volume_ml", (double[]){250, 250, 250, 250});
    add_numbers(samples, "dose_gy", (double[]){9, 17, 25, NAN});
    add_numbers(samples, "bed_gy", (double[]){10, 20, 30, NAN});
    add_numbers(samples, "distance_0_mm", (double[]){1, 50, 50, 50});
    add_numbers(samples, "distance_1_mm", (double[]){90, 4, 90, 90});
    if (!change->no_distance) {
        add_numbers(samples, "distance_2_mm", (double[]){90, 90, 11, 90});
    }
    write_table(store, "/normal_liver_samples", samples);
    must(store_set_number(store, "/liver", "volume_ml", 1041, &error));
    must(store_set_number(store, "/liver", "normal_volume_ml", 1000, &error));
    must(store_set_number(store, "/liver", "normal_mean_gy", 45, &error));
    must(store_set_number(store, "/liver", "tumour_volume_ml", 41, &error));
    must(store_set_number(store, "/liver", "tumour_to_normal_ratio", 4, &error));
}

static void write_patient(Store *store, const Change *change) {
    static const char *const treatments[] = {"T1", "T1", "T2", "all"}, *const models[] = {
                                                                           "mird", "bsa", "mird",
                                                                           "mird"};
    Table *planning = new_table(4);
    add_texts(planning, "treatment", treatments);
    add_texts(planning, "model", models);
    add_numbers(planning, "lung_gy", (double[]){31, 99, NAN, NAN});
    write_table(store, "/planning", planning);
    must(store_set_text(store, "/patient", "progression", "no", &error));
    must(store_set_number(store, "/patient", "ecog", 1, &error));
    must(store_set_number(store, "/patient", "bilirubin_mg_dl", 2.5, &error));
    must(store_set_number(store, "/patient", "platelets_1e9_l", 49, &error));
    must(store_set_text(store, "/patient", "alt_u_l", "high", &error)); /* no number */
    must(store_set_text(store, "/patient", "ascites", change->has_text ? "maybe" : "no", &error));
    must(store_set_text(store, "/", "flags", "", &error));
    must(store_set_text(store, "/", "dose_method", "kernel", &error));
    must(store_set_text(store, "/", "progression", "no", &error));
    must(store_set_text(store, "/", "vessels", "segmented", &error));
    must(store_set_text(store, "/", "liver", change->no_liver ? "none" : "segmented", &error));
    must(store_set_text(store, "/", "bowel", change->is_partial ? "partial" : "segmented", &error));
    must(store_set_number(store, "/", "imaging_delay_h", 20, &error));
    must(store_set_number(store, "/", "voxel_diagonal_mm", 2, &error));
}

static Store *reopen(Store *store) {
    char path[256];
    snprintf(path, sizeof path, "%s", store_path(store));
    must(store_commit(store, &error));
    must(store_open(path, &store, &error));
    return store;
}

static Store *begin(const char *name) {
    char path[256];
    Store *store;
    snprintf(path, sizeof path, "%s/%s.h5", scratch_folder(), name);
    must(store_create(path, &store, &error));
    return store;
}

static Store *segment_file(const Change *change) {
    Store *store = begin("segment");
    write_lesions(store, change);
    write_patient(store, change);
    if (!change->no_liver) {
        write_liver(store, change);
    }
    return reopen(store);
}

static const Config *make_config(const char *rules) {
    static Config config;
    memset(&config, 0, sizeof config);
    config.stratification = (StratificationConfig){.threshold_gy = 30,
                                                   .max_underdosed = 4,
                                                   .ablation_max_diameter_mm = 30,
                                                   .vessel_min_diameter_mm = 4,
                                                   .contact_tolerance_mm = NAN,
                                                   .max_imaging_delay_h = 36};
    config.sbrt = (SbrtConfig){3, 16, 5, 6, 15};
    config.ablation = (AblationConfig){10};
    config.dose.tumour.alpha_beta_gy = 10;
    config.dose.normal_liver.alpha_beta_gy = 2;
    snprintf(config.rules_path, sizeof config.rules_path, "%s",
             rules != NULL ? rules : "configs/rules");
    return &config;
}

/* Decides, then writes SBRT and annotations; the verdicts must be as they were. */
static Status run(const Change *change, Run *run) {
    static StrataRules rules;
    const Config *config = make_config(change->rules);
    StrataVerdict verdicts[3], before[3];
    StrataDecision decision;
    LesionFile file;
    Store *segment = segment_file(change), *output = begin("stratify");
    memset(verdicts, 0, sizeof verdicts);
    must(strata_rules_load("configs/rules/protocol.yaml", &rules, &error));
    must(lesion_file_read(segment, &file, &error));
    strata_decide(&file.patient, &config->stratification, &rules, verdicts, &decision);
    memcpy(before, verdicts, sizeof before);
    must(store_set_number(output, "/", "stratum", decision.stratum, &error));
    Status status = sbrt_file_write(output, segment, &file, config, verdicts, &run->sbrt, &error);
    if (status == STATUS_OK) {
        status =
            annotations_file_write(output, segment, &file, config, verdicts, &run->sbrt, &error);
    }
    CU_ASSERT_EQUAL(memcmp(before, verdicts, sizeof before), 0);
    int stratum = strata_stratum(&file.patient, &config->stratification, &rules, NULL);
    CU_ASSERT_EQUAL(stratum, decision.stratum);
    lesion_file_free(&file);
    store_close(segment);
    if (status != STATUS_OK) {
        store_close(output);
        return status;
    }
    run->store = reopen(output);
    return STATUS_OK;
}

static double number_of(const Store *store, const char *group, const char *name) {
    double value = NAN;
    must(store_get_number(store, group, name, &value, &error));
    return value;
}

static void expect(const Table *table, const char *set, const char *criterion, const char *answer,
                   const char *text) {
    for (size_t row = 0; row < table_row_count(table); row++) {
        if (strcmp(table_text(table, row, "rule_set"), set) == 0 &&
            strcmp(table_text(table, row, "criterion"), criterion) == 0) {
            CU_ASSERT_STRING_EQUAL(table_text(table, row, "answer"), answer);
            if (text != NULL) {
                CU_ASSERT_STRING_EQUAL(table_text(table, row, "text"), text);
            }
            if (strcmp(table_text(table, row, "answer"), answer) != 0 ||
                (text != NULL && strcmp(table_text(table, row, "text"), text) != 0)) {
                printf("%s.%s: %s, \"%s\"\n", set, criterion, table_text(table, row, "answer"),
                       table_text(table, row, "text"));
            }
            return;
        }
    }
    printf("no row %s.%s\n", set, criterion);
    CU_FAIL("a row is missing");
}

/* Shares of the prescription: L2 alone 0, 1, 0, 0 but for 2^(-85/6); with L3 a half at the third.
 * BED of 48 Gy with alpha/beta of 2 Gy: 432 Gy, of 24 Gy: 120 Gy; EQD2 is half of it. */
static void test_sbrt(void) {
    const Change none = {0};
    Run result;
    Table *table;
    /* 3 mGy from 85 mm off; BED rises by 1 + 2 d / 2 Gy = 17 times as much at 16 Gy. */
    const double far_gy = 17 * 48 * pow(2, -85.0 / 6);
    must(run(&none, &result));
    const Store *store = result.store;
    ASSERT_NEAR(number_of(store, "/sbrt", "tumour_bed_gy"), 124.8, 1e-9);
    ASSERT_NEAR(number_of(store, "/sbrt", "tumour_eqd2_gy"), 104, 1e-9);
    ASSERT_NEAR(number_of(store, "/sbrt", "liver_volume_ml"), 1000, 1e-9);
    ASSERT_NEAR(number_of(store, "/sbrt", "y90_known_percent"), 75, 1e-9);
    ASSERT_NEAR(number_of(store, "/sbrt", "y90_bed_gy"), 20, 1e-9);
    ASSERT_NEAR(number_of(store, "/sbrt", "proposed_targets"), 1, 0);
    ASSERT_NEAR(number_of(store, "/sbrt", "proposed_liver_mean_gy"), 12, far_gy);
    ASSERT_NEAR(number_of(store, "/sbrt", "proposed_liver_bed_gy"), 108, far_gy);
    ASSERT_NEAR(number_of(store, "/sbrt", "proposed_spared_ml"), 750, 1e-9);
    ASSERT_NEAR(number_of(store, "/sbrt", "proposed_cumulated_bed_gy"), (10 + 452 + 30) / 3.0,
                far_gy);
    ASSERT_NEAR(number_of(store, "/sbrt", "underdosed_targets"), 2, 0);
    ASSERT_NEAR(number_of(store, "/sbrt", "underdosed_liver_bed_gy"), (432 + 120) / 4.0, far_gy);
    ASSERT_NEAR(number_of(store, "/sbrt", "underdosed_spared_ml"), 500, 1e-9);
    /* Below the BED of 15 Gy in 3, 52.5 Gy: the first point; the fourth is unknown. */
    ASSERT_NEAR(number_of(store, "/sbrt", "underdosed_spared_cumulated_ml"), 250, 1e-9);
    ASSERT_NEAR(number_of(store, "/sbrt", "underdosed_cumulated_eqd2_gy"),
                (10 + 452 + 150) / 3.0 / 2, far_gy);
    must(store_read_table(store, "/sbrt_lesions", &table, &error));
    CU_ASSERT_EQUAL_FATAL(table_row_count(table), 2);
    CU_ASSERT_STRING_EQUAL(table_text(table, 0, "lesion"), "L2");
    CU_ASSERT_STRING_EQUAL(table_text(table, 0, "proposed"), "yes");
    CU_ASSERT_STRING_EQUAL(table_text(table, 1, "proposed"), "no");
    ASSERT_NEAR(table_number(table, 0, "cumulated_bed_gy"), 145.8, 1e-9);
    ASSERT_NEAR(table_number(table, 0, "cumulated_eqd2_gy"), 121.5, 1e-9);
    CU_ASSERT(isnan(table_number(table, 1, "cumulated_bed_gy"))); /* 90Y's is unknown */
    table_free(table);
    store_close(result.store);
}

/* Sentences by hand. L1, not underdosed, is beside duct and bowel: that does not matter. */
static void test_annotations(void) {
    const Change none = {0};
    Run result;
    Table *table;
    char text[ANNOTATIONS_TEXT_SIZE];
    must(run(&none, &result));
    ASSERT_NEAR(number_of(result.store, "/", "stratum"), 4, 0);
    must(store_read_table(result.store, "/annotations", &table, &error));
    expect(table, "ablation_collision", "size", "no", "L2 diameter 32 mm > 30 mm");
    expect(table, "ablation_collision", "number", "yes", "number of lesions 3 < 10");
    expect(table, "ablation_collision", "bile_ducts", "yes", NULL);
    expect(table, "ablation_collision", "bowel", "no",
           "L3 distance to stomach or bowel 11 mm < 15 mm");
    expect(table, "ablation_collision", "remnant", "yes", NULL);
    expect(table, "ablation_expert_panel", "parenchyma", "no",
           "parenchyma to be ablated 25 percent > 20 percent");
    expect(table, "ablation_expert_panel", "size", "unknown",
           "L2 well placed for ablation unknown");
    expect(table, "ablation_expert_panel", "careful_follow_up", "no", "no lesion");
    expect(table, "ablation_net", "number", "yes", "number of lesions 3 < 4");
    expect(table, "lung_dose", "within_one", "no", "lung dose of one treatment 31 Gy > 30 Gy");
    expect(table, "lung_dose", "within_all", "unknown", "lung doses complete unknown");
    expect(table, "normal_liver_dose", "below_toxicity", "yes", NULL);
    expect(table, "normal_liver_dose", "within_unilobar", "no",
           "mean dose to normal liver 45 Gy > 40 Gy");
    expect(table, "radioembolization", "ecog_good", "yes", NULL);
    expect(table, "radioembolization", "bilirubin_good", "unknown",
           "highly selective treatment unknown");
    expect(table, "radioembolization", "transaminases_good", "unknown", "ALT unknown, AST unknown");
    expect(table, "radioembolization", "platelets_good", "no", "platelets 49 10^9/L < 50 10^9/L");
    expect(table, "radioembolization", "no_ascites", "yes", "ascites no");
    expect(table, "radioembolization", "tn_usual", "yes", NULL);
    expect(table, "sbrt", "spared", "no", "normal liver spared 500 mL < 700 mL");
    expect(table, "sbrt", "size", "yes", "no lesion fails");
    expect(table, "sbrt", "control_one_year", "yes", NULL);
    /* 11 mm: 24 Gy at L3's; that of L1 at 2 mm is not asked. */
    expect(table, "sbrt", "bowel", "yes", NULL);
    must(store_get_text(result.store, "/", "modalities", text, sizeof text, &error));
    CU_ASSERT_STRING_EQUAL(
        text,
        "ablation (COLLISION): no, L2 diameter 32 mm > 30 mm, L3 distance to stomach or bowel "
        "11 mm < 15 mm; ablation (expert panel): no, parenchyma to be ablated 25 percent > 20 "
        "percent; ablation (NET guideline): no, L2 diameter 32 mm > 30 mm; radioembolization: "
        "no, lung dose of one treatment 31 Gy > 30 Gy; SBRT: no, normal liver spared 500 mL "
        "< 700 mL");
    table_free(table);
    store_close(result.store);
}

/* Nothing of what is missing becomes a yes or a no. */
static void test_unknown(void) {
    const Change change = {.no_liver = true, .is_outside = true, .is_partial = true};
    Run result;
    Table *table;
    must(run(&change, &result));
    CU_ASSERT(isnan(number_of(result.store, "/sbrt", "proposed_spared_ml")));
    CU_ASSERT(isnan(number_of(result.store, "/sbrt", "underdosed_targets")));
    must(store_read_table(result.store, "/annotations", &table, &error));
    expect(table, "sbrt", "spared", "unknown", "normal liver spared unknown");
    expect(table, "sbrt", "liver_cumulated", "unknown", NULL);
    expect(table, "sbrt", "eligible", "unknown", NULL);
    expect(table, "ablation_expert_panel", "parenchyma", "unknown", NULL);
    expect(table, "ablation_collision", "remnant", "unknown", NULL);
    expect(table, "normal_liver_dose", "below_toxicity", "unknown", NULL);
    expect(table, "radioembolization", "burden_good", "unknown", NULL);
    expect(table, "radioembolization", "tn_usual", "unknown", NULL);
    /* L3 may be underdosed; if so it is too near. L2 is far from what is segmented. */
    expect(table, "ablation_collision", "bowel", "unknown", NULL);
    expect(table, "ablation_collision", "size", "no", NULL); /* L2, whatever L3 is */
    expect(table, "ablation_expert_panel", "no_displacement", "unknown",
           "stomach and bowel segmented unknown");
    expect(table, "radioembolization", "all_at_any_response_dose", "no", NULL);
    table_free(table);
    store_close(result.store);
}

/* Nobody knows whether there is anything to treat. */
static void test_no_dose(void) {
    const Change change = {.no_dose = true};
    Run result;
    Table *table;
    must(run(&change, &result));
    must(store_read_table(result.store, "/annotations", &table, &error));
    expect(table, "ablation_net", "eligible", "unknown", NULL);
    expect(table, "sbrt", "eligible", "unknown", NULL);
    expect(table, "sbrt", "size", "yes", NULL); /* whichever are underdosed */
    expect(table, "radioembolization", "all_at_response_dose", "unknown", NULL);
    table_free(table);
    store_close(result.store);
}

static void write_rules(const char *folder, const char *name, const char *text) {
    char path[512];
    mkdir(folder, 0777);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
}

static void expect_refusal(const Change *change, Status status, const char *wanted) {
    Run result;
    CU_ASSERT_EQUAL_FATAL(run(change, &result), status);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, wanted));
    if (strstr(error.message, wanted) == NULL) {
        printf("%s\n", error.message);
    }
}

static void test_refused(void) {
    static const char good[] = "name: a\ntitle: t\nsource: s\nrole: annotates\npatient:\n"
                               "  eligible: {column: ascites, is: \"no\"}\nreport: [eligible]\n";
    char folder[256], twice[300], absent[300];
    snprintf(folder, sizeof folder, "%s/bad", scratch_folder());
    snprintf(twice, sizeof twice, "%s/twice", scratch_folder());
    snprintf(absent, sizeof absent, "%s/absent", scratch_folder());
    write_rules(folder, "a.yaml", good);
    write_rules(folder, "b.yaml",
                "name: b\ntitle: t\nsource: s\nrole: annotates\npatient:\n"
                "  eligible: {column: ascitis, is: \"no\"}\nreport: [eligible]\n");
    write_rules(twice, "a.yaml", good);
    write_rules(twice, "b.yaml", good);
    expect_refusal(&(Change){.rules = folder}, STATUS_CONFIG, "b.yaml:6");
    expect_refusal(&(Change){.rules = twice}, STATUS_CONFIG, "b.yaml: a rule set 'a' was read");
    expect_refusal(&(Change){.rules = absent}, STATUS_NO_INPUT, "absent");
    expect_refusal(&(Change){.no_distance = true}, STATUS_BAD_DATA, "distance_2_mm");
    expect_refusal(&(Change){.has_text = true}, STATUS_BAD_DATA, "'maybe'");
}

/* Other sets give other annotations and the same stratum; files that are not rules do not matter.
 */
static void test_stratum_stays(void) {
    char folder[256];
    Run result;
    Table *table;
    snprintf(folder, sizeof folder, "%s/other", scratch_folder());
    write_rules(folder, "b.yaml",
                "name: contrary\ntitle: contrary\nsource: s\nrole: annotates\nlimits:\n"
                "  five: {value: 5, units: \"1\", source: s}\npatient:\n"
                "  eligible: {column: n_lesions, is: above, limit: five}\nreport: [eligible]\n");
    write_rules(folder, "notes.txt", "not: rules");
    must(run(&(Change){.rules = folder}, &result));
    ASSERT_NEAR(number_of(result.store, "/", "stratum"), 4, 0);
    must(store_read_table(result.store, "/annotations", &table, &error));
    CU_ASSERT_EQUAL(table_row_count(table), 1);
    expect(table, "contrary", "eligible", "no", "number of lesions 3 < 5");
    table_free(table);
    store_close(result.store);
}

int main(void) {
    static const UnitTest tests[] = {
        {"SBRT of a made-up liver is what a hand computes", test_sbrt},
        {"annotations say what holds, with the numbers", test_annotations},
        {"what is unknown becomes neither yes nor no", test_unknown},
        {"without doses nobody is eligible or not", test_no_dose},
        {"bad rules and tables are refused by name", test_refused},
        {"no annotation changes the stratum", test_stratum_stays},
    };
    return suite_run("annotations", tests, sizeof tests / sizeof *tests);
}
