/* Every boundary case of the protocol against truth_table.tsv, which truth_table.py derives from
 * the prose with logic of its own (words, sets and fractions; no code in common with ours). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/sheet.h"
#include "stratify/strata.h"
#include "tests/unit/suite.h"

enum { MAX_LESIONS = 16, MAX_VESSELS = 2, MIN_CASES = 13000 };

static const char *const COLUMNS[] = {"rules",   "delay_h",    "progression",
                                      "vessels", "stratum",    "n_underdosed",
                                      "flags",   "treatments", "lesions"};
enum { N_COLUMNS = sizeof COLUMNS / sizeof *COLUMNS };

typedef struct Case {
    StratificationConfig config;
    StrataPatient patient;
    StrataLesion lesions[MAX_LESIONS];
    StrataVessel vessels[MAX_LESIONS][MAX_VESSELS];
} Case;

/* The protocol as it is shipped, loaded once. */
static const StrataRules *rules(void) {
    static StrataRules loaded;
    if (loaded.set.n_nodes == 0) {
        Error error = {.message = ""};
        Status status = strata_rules_load("configs/rules/protocol.yaml", &loaded, &error);
        if (status != STATUS_OK) {
            printf("%s\n", error.message);
        }
        CU_ASSERT_EQUAL_FATAL(status, STATUS_OK);
    }
    return &loaded;
}

/* One letter a rule, in the order of truth_table.py's Rules. */
static void parse_rules(const char *letters, StratificationConfig *config) {
    *config = (StratificationConfig){.threshold_gy = 30.0,
                                     .max_underdosed = 4.0,
                                     .ablation_max_diameter_mm = 30.0,
                                     .vessel_min_diameter_mm = 4.0,
                                     .contact_tolerance_mm = NAN,
                                     .max_imaging_delay_h = 36.0};
    CU_ASSERT_EQUAL_FATAL(strlen(letters), 7);
    config->dose_tie_is_underdosed = letters[0] == 'u';
    config->size_tie_is_amenable = letters[1] == 'a';
    config->vessel_tie_is_large = letters[2] == 'l';
    config->allow_late_imaging = letters[3] == 'a';
    config->unknown_progression = letters[4] == 'a' ? UNKNOWN_ASSUME_NO : UNKNOWN_NOT_EVALUABLE;
    config->unknown_vessels = letters[5] == 'a' ? UNKNOWN_ASSUME_NO : UNKNOWN_NOT_EVALUABLE;
    config->diameter = letters[6] == 'a' ? DIAMETER_AXIAL : DIAMETER_3D;
}

/* "29.9999,30,30,inside,0@4.0001+2@4" */
static void parse_lesion(char *text, StrataLesion *lesion, StrataVessel *vessels) {
    char *rest = NULL;
    *lesion = (StrataLesion){.name = "L"};
    lesion->davg_gy = strtod(strtok_r(text, ",", &rest), NULL);
    lesion->diameter_3d_mm = strtod(strtok_r(NULL, ",", &rest), NULL);
    lesion->diameter_axial_mm = strtod(strtok_r(NULL, ",", &rest), NULL);
    lesion->is_outside_dose = strcmp(strtok_r(NULL, ",", &rest), "outside") == 0;
    lesion->vessels = vessels;
    lesion->n_vessels = 0;
    const char *staircase = strtok_r(NULL, ",", &rest);
    while (staircase != NULL && *staircase != '-') {
        CU_ASSERT_FATAL(lesion->n_vessels < MAX_VESSELS);
        StrataVessel *vessel = &vessels[lesion->n_vessels++];
        CU_ASSERT_EQUAL_FATAL(
            sscanf(staircase, "%lf@%lf", &vessel->distance_mm, &vessel->diameter_mm), 2);
        staircase = strchr(staircase, '+');
        staircase += staircase != NULL;
    }
}

static void parse_case(const Table *table, size_t row, Case *the_case) {
    parse_rules(table_text(table, row, "rules"), &the_case->config);
    const char *progression = table_text(table, row, "progression");
    the_case->patient =
        (StrataPatient){.lesions = the_case->lesions,
                        .progression = strcmp(progression, "yes") == 0  ? STRATA_YES
                                       : strcmp(progression, "no") == 0 ? STRATA_NO
                                                                        : STRATA_UNKNOWN,
                        .imaging_delay_h = strtod(table_text(table, row, "delay_h"), NULL),
                        .voxel_diagonal_mm = 2.0,
                        .has_vessels = strcmp(table_text(table, row, "vessels"), "segmented") == 0};
    char text[1024];
    snprintf(text, sizeof text, "%s", table_text(table, row, "lesions"));
    char *rest = NULL;
    for (char *run = strtok_r(text, "|", &rest); run != NULL; run = strtok_r(NULL, "|", &rest)) {
        if (*run == '-') {
            break;
        }
        char *lesion = NULL;
        long repeats = strtol(run, &lesion, 10);
        for (long r = 0; r < repeats; r++) {
            char copy[256];
            snprintf(copy, sizeof copy, "%s", lesion + 1);
            CU_ASSERT_FATAL(the_case->patient.n_lesions < MAX_LESIONS);
            size_t i = the_case->patient.n_lesions++;
            parse_lesion(copy, &the_case->lesions[i], the_case->vessels[i]);
        }
    }
}

/* Flags as a set: the same names, in any order. */
static bool is_same_set(const Flags *found, const char *wanted) {
    Flags expected = {.text = ""};
    flags_add(&expected, strcmp(wanted, "-") == 0 ? "" : wanted);
    if (strlen(found->text) != strlen(expected.text)) {
        return false;
    }
    char text[FLAGS_SIZE];
    char *rest = NULL;
    snprintf(text, sizeof text, "%s", found->text);
    for (char *name = strtok_r(text, ";", &rest); name != NULL; name = strtok_r(NULL, ";", &rest)) {
        if (!flags_has(&expected, name)) {
            return false;
        }
    }
    return true;
}

static void format_treatments(const StrataVerdict *verdicts, size_t n, char *text, size_t size) {
    static const char *const names[] = {"none", "ablation", "sbrt", "unknown"};
    snprintf(text, size, "%s", n == 0 ? "-" : "");
    for (size_t i = 0; i < n;) {
        size_t run = 1;
        while (i + run < n && verdicts[i + run].treatment == verdicts[i].treatment) {
            run++;
        }
        size_t used = strlen(text);
        snprintf(text + used, size - used, "%s%zu*%s", i == 0 ? "" : "|", run,
                 names[verdicts[i].treatment]);
        i += run;
    }
}

static bool is_as_expected(const Table *table, size_t row) {
    Case the_case;
    parse_case(table, row, &the_case);
    Error error;
    StrataVerdict verdicts[MAX_LESIONS];
    StrataDecision decision;
    char treatments[512];
    if (strata_check(&the_case.patient, &error) != STATUS_OK) {
        printf("row %zu refused: %s\n", row + 2, error.message);
        return false;
    }
    strata_decide(&the_case.patient, &the_case.config, rules(), verdicts, &decision);
    size_t n_underdosed;
    int stratum = strata_stratum(&the_case.patient, &the_case.config, rules(), &n_underdosed);
    format_treatments(verdicts, the_case.patient.n_lesions, treatments, sizeof treatments);
    bool is_right = stratum == decision.stratum && n_underdosed == decision.n_underdosed &&
                    decision.stratum == atoi(table_text(table, row, "stratum")) &&
                    (int)decision.n_underdosed == atoi(table_text(table, row, "n_underdosed")) &&
                    is_same_set(&decision.flags, table_text(table, row, "flags")) &&
                    strcmp(treatments, table_text(table, row, "treatments")) == 0;
    if (!is_right) {
        printf("line %zu: stratum %d, %zu underdosed, flags %s, treatments %s\n", row + 2,
               decision.stratum, decision.n_underdosed, decision.flags.text, treatments);
    }
    return is_right;
}

static void test_every_case(void) {
    Error error = {.message = ""};
    Table *table = NULL;
    Status status = sheet_read_columns("tests/validation/stratify/truth_table.tsv", COLUMNS,
                                       N_COLUMNS, &table, &error);
    if (status != STATUS_OK) {
        printf("%s\n", error.message);
    }
    CU_ASSERT_EQUAL_FATAL(status, STATUS_OK);
    /* A table cut short must not pass. */
    CU_ASSERT(table_row_count(table) >= MIN_CASES);
    size_t n_wrong = 0, n_of_stratum[6] = {0};
    for (size_t row = 0; row < table_row_count(table) && n_wrong < 20; row++) {
        n_wrong += !is_as_expected(table, row);
        n_of_stratum[atoi(table_text(table, row, "stratum"))]++;
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
    for (int stratum = 0; stratum <= 5; stratum++) {
        CU_ASSERT(n_of_stratum[stratum] > 100);
    }
    table_free(table);
}

int main(void) {
    static const UnitTest tests[] = {
        {"every boundary case has the outcome of the independent truth table", test_every_case},
    };
    return suite_run("stratify truth table", tests, sizeof tests / sizeof *tests);
}
