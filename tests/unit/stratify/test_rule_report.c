/* Findings of a set that annotates, and facts from tables. Sentences are written by hand. */
#include "stratify/rule_report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "stratify/rule_tables.h"
#include "tests/unit/suite.h"

/* Thermal ablation in a few lines; the figures are those of COLLISION and of an expert panel. */
static const char RULES[] =
    "name: ablation\ntitle: t\nsource: t\nrole: annotates\nlimits:\n"
    "  size: {value: 30, units: mm, source: t}\n"
    "  clearance: {value: 15, units: mm, source: t}\n"
    "  most: {value: 2, units: \"1\", source: t}\n"
    "  bilirubin: {value: 2, units: mg/dL, source: t}\n"
    "lesion:\n"
    "  fits: {column: diameter_3d_mm, is: below, limit: size, at_limit: \"yes\"}\n"
    "  clear: {column: bile_duct_distance_mm, is: above, limit: clearance, at_limit: \"yes\"}\n"
    "  good: {all: [fits, clear]}\n"
    "patient:\n"
    "  all_good: {every: good}\n"
    "  number: {count: {not: {column: volume_ml, is: missing}}, is: below, limit: most,\n"
    "           at_limit: \"yes\"}\n"
    "  liver: {any: [{column: bilirubin_mg_dl, is: below, limit: bilirubin},\n"
    "                {column: highly_selective, is: \"yes\"}]}\n"
    "  eligible: {all: [all_good, number, liver]}\n"
    "  touching: {some: {column: vessel_distance_mm, is: below, limit: clearance}}\n"
    "report: [eligible, all_good, number, liver, touching]\n";

static void load(RuleSet *set) {
    char path[256];
    Error error = {.message = ""};
    snprintf(path, sizeof path, "%s/rules.yaml", scratch_folder());
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(RULES, file);
    fclose(file);
    Status status = rule_set_load(path, set, &error);
    if (status != STATUS_OK) {
        printf("%s\n", error.message);
    }
    CU_ASSERT_EQUAL_FATAL(status, STATUS_OK);
}

static void must(Status status) {
    CU_ASSERT_EQUAL_FATAL(status, STATUS_OK);
}

static void set_numbers(Table *table, const char *name, const double *values) {
    Error error;
    must(table_add_column(table, name, COLUMN_NUMBER, "1", name, &error));
    for (size_t i = 0; i < table_row_count(table); i++) {
        must(table_set_number(table, i, name, values[i], &error));
    }
}

static void set_texts(Table *table, const char *name, const char *const *values) {
    Error error;
    must(table_add_column(table, name, COLUMN_TEXT, NULL, name, &error));
    for (size_t i = 0; i < table_row_count(table); i++) {
        must(table_set_text(table, i, name, values[i], &error));
    }
}

static Table *new_table(size_t rows) {
    Error error;
    size_t row;
    Table *table = table_new();
    for (size_t i = 0; i < rows; i++) {
        must(table_add_row(table, &row, &error));
    }
    return table;
}

static void expect_finding(const RuleAnswers *answers, size_t r, const char *criterion,
                           RuleAnswer answer, const char *text) {
    CU_ASSERT_STRING_EQUAL(answers->items[r].criterion, criterion);
    CU_ASSERT_EQUAL(answers->items[r].answer, answer);
    CU_ASSERT_STRING_EQUAL(answers->items[r].text, text);
    if (strcmp(answers->items[r].text, text) != 0) {
        printf("found \"%s\"\n", answers->items[r].text);
    }
}

static void test_findings(void) {
    static RuleSet set;
    static const char *const names[] = {"L1", "L2", "L3"}, *const statuses[] = {"none_large",
                                                                                "measured", ""};
    static const char *const no = "no";
    static const double sizes[] = {30.0, 32.0, 29.96}, ducts[] = {20.0, 15.0, NAN};
    static const double volumes[] = {3.0, 4.0, NAN}, distances[] = {NAN, 16.0, NAN};
    static const double bilirubin = 2.04;
    Error error;
    RuleTables tables;
    RuleAnswers answers;
    load(&set);
    Table *lesions = new_table(3), *patient = new_table(1);
    set_texts(lesions, "lesion", names);
    set_texts(lesions, "vessel_status", statuses);
    set_numbers(lesions, "diameter_3d_mm", sizes);
    set_numbers(lesions, "bile_duct_distance_mm", ducts);
    set_numbers(lesions, "volume_ml", volumes);
    set_numbers(lesions, "vessel_distance_mm", distances);
    set_numbers(patient, "bilirubin_mg_dl", &bilirubin);
    set_texts(patient, "highly_selective", &no);
    must(rule_tables_read(lesions, patient, 0, &tables, &error));
    rule_set_evaluate(&set, &tables.facts, &answers);
    CU_ASSERT_EQUAL_FATAL(answers.n, 5);
    expect_finding(&answers, 0, "eligible", RULE_NO,
                   "L2 3-D diameter 32 mm > 30 mm, bilirubin 2.04 mg/dL > 2 mg/dL, highly "
                   "selective treatment no");
    expect_finding(&answers, 1, "all_good", RULE_NO, "L2 3-D diameter 32 mm > 30 mm");
    expect_finding(&answers, 2, "number", RULE_YES, "2 lesions = 2");
    expect_finding(&answers, 3, "liver", RULE_NO,
                   "bilirubin 2.04 mg/dL > 2 mg/dL, highly selective treatment no");
    expect_finding(&answers, 4, "touching", RULE_UNKNOWN, "L3 distance to a large vessel unknown");
    rule_tables_free(&tables);

    must(table_set_number(lesions, 1, "diameter_3d_mm", 20.0, &error));
    must(table_set_text(patient, 0, "highly_selective", "unknown", &error));
    must(rule_tables_read(lesions, patient, 0, &tables, &error));
    rule_set_evaluate(&set, &tables.facts, &answers);
    expect_finding(&answers, 0, "eligible", RULE_UNKNOWN,
                   "L3 distance to a main bile duct unknown, highly selective treatment unknown");
    rule_tables_free(&tables);

    must(table_set_number(lesions, 2, "bile_duct_distance_mm", 15.0, &error));
    must(table_set_text(patient, 0, "highly_selective", "yes", &error));
    must(rule_tables_read(lesions, patient, 0, &tables, &error));
    rule_set_evaluate(&set, &tables.facts, &answers);
    expect_finding(&answers, 0, "eligible", RULE_YES,
                   "no lesion fails, 2 lesions = 2, highly selective treatment yes");
    rule_tables_free(&tables);
    table_free(lesions);
    table_free(patient);
}

/* What nobody filled in is unknown, and said to be. */
static void test_nothing_known(void) {
    static RuleSet set;
    Error error;
    RuleTables tables;
    RuleAnswers answers;
    load(&set);
    Table *lesions = new_table(6);
    must(rule_tables_read(lesions, NULL, 0, &tables, &error));
    CU_ASSERT_EQUAL(*tables.facts.numbers[RULE_COLUMN_N_LESIONS], 6.0);
    CU_ASSERT(isnan(tables.facts.settings[RULE_SETTING_THRESHOLD]));
    rule_set_evaluate(&set, &tables.facts, &answers);
    expect_finding(&answers, 3, "liver", RULE_UNKNOWN,
                   "bilirubin unknown, highly selective treatment unknown");
    expect_finding(&answers, 1, "all_good", RULE_UNKNOWN,
                   "lesion 1 3-D diameter unknown, distance to a main bile duct unknown; lesion 2 "
                   "3-D diameter unknown, distance to a main bile duct unknown; lesion 3 3-D "
                   "diameter unknown, distance to a main bile duct unknown; lesion 4 3-D diameter "
                   "unknown, distance to a ...");
    rule_tables_free(&tables);
    table_free(lesions);
}

static void test_bad_tables(void) {
    static const char *const maybe = "maybe", *const number = "30";
    Error error = {.message = ""};
    RuleTables tables;
    Table *lesions = new_table(1), *patient = new_table(1);
    set_texts(patient, "ascites", &maybe);
    CU_ASSERT_EQUAL(rule_tables_read(lesions, patient, 0, &tables, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "column ascites, row 1: 'maybe'"));
    rule_tables_free(&tables);
    set_texts(lesions, "davg_gy", &number);
    CU_ASSERT_EQUAL(rule_tables_read(lesions, NULL, 0, &tables, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "column davg_gy must be numbers"));
    rule_tables_free(&tables);
    table_free(lesions);
    table_free(patient);
}

int main(void) {
    static const UnitTest tests[] = {
        {"an answer comes with the numbers that make it so", test_findings},
        {"what is not known is unknown, and named", test_nothing_known},
        {"tables with words that are none are refused", test_bad_tables},
    };
    return suite_run("rule report", tests, sizeof tests / sizeof *tests);
}
