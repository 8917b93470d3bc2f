/* The shipped rule sets that annotate against annotation_cases.tsv, which annotation_oracle.py
 * derives from the prose of their sources (possible worlds; no code or file in common with ours).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/sheet.h"
#include "stratify/rule_report.h"
#include "stratify/rule_tables.h"
#include "tests/unit/suite.h"

enum { MAX_SETS = 8, N_COLUMNS = 5, TEXT_SIZE = 2048, MIN_ROWS = 1850 };

/* stratification.contact_tolerance_mm of the table; the only setting that the sets ask for. */
static const double CONTACT_MM = 2.5;

static const char *const COLUMNS[N_COLUMNS] = {"rule_set", "criterion", "patient", "lesions",
                                               "answer"};

/* Adds "name=value,name=value" to row `row`; "-" and "?" are nothing. */
static void add_facts(char *text, RuleScope scope, size_t row, Table *table) {
    char *rest = NULL;
    Error error;
    if (strcmp(text, "-") == 0 || strcmp(text, "?") == 0) {
        return;
    }
    for (char *fact = strtok_r(text, ",", &rest); fact != NULL; fact = strtok_r(NULL, ",", &rest)) {
        char *value = strchr(fact, '=');
        CU_ASSERT_PTR_NOT_NULL_FATAL(value);
        *value++ = '\0';
        RuleColumnId id = rule_column_find(fact, scope);
        CU_ASSERT_NOT_EQUAL_FATAL(id, RULE_COLUMN_COUNT);
        bool is_number = rule_column(id)->units != NULL;
        if (!table_has_column(table, fact)) {
            CU_ASSERT_EQUAL_FATAL(table_add_column(table, fact,
                                                   is_number ? COLUMN_NUMBER : COLUMN_TEXT,
                                                   is_number ? "1" : NULL, fact, &error),
                                  STATUS_OK);
        }
        CU_ASSERT_EQUAL_FATAL(is_number
                                  ? table_set_number(table, row, fact, strtod(value, NULL), &error)
                                  : table_set_text(table, row, fact, value, &error),
                              STATUS_OK);
    }
}

static Table *lesion_table(const char *cell) {
    char text[TEXT_SIZE], *rest = NULL;
    size_t row;
    Error error;
    Table *table = table_new();
    snprintf(text, sizeof text, "%s", cell);
    for (char *lesion = strtok_r(text, "|", &rest); lesion != NULL && strcmp(cell, "-") != 0;
         lesion = strtok_r(NULL, "|", &rest)) {
        CU_ASSERT_EQUAL_FATAL(table_add_row(table, &row, &error), STATUS_OK);
        add_facts(lesion, RULE_LESION, row, table);
    }
    return table;
}

static Table *patient_table(const char *cell) {
    char text[TEXT_SIZE];
    size_t row;
    Error error;
    Table *table = table_new();
    snprintf(text, sizeof text, "%s", cell);
    CU_ASSERT_EQUAL_FATAL(table_add_row(table, &row, &error), STATUS_OK);
    add_facts(text, RULE_PATIENT, row, table);
    return table;
}

static const RuleSet *find_set(const char *name) {
    static RuleSet sets[MAX_SETS];
    static size_t n_sets = 0;
    for (size_t s = 0; s < n_sets; s++) {
        if (strcmp(sets[s].name, name) == 0) {
            return &sets[s];
        }
    }
    char path[256];
    Error error = {.message = ""};
    snprintf(path, sizeof path, "configs/rules/%s.yaml", name);
    CU_ASSERT_FATAL(n_sets < MAX_SETS);
    if (rule_set_load(path, &sets[n_sets], &error) != STATUS_OK) {
        printf("%s\n", error.message);
        CU_FAIL_FATAL("a shipped rule set is refused");
    }
    CU_ASSERT_STRING_EQUAL(sets[n_sets].name, name);
    CU_ASSERT_EQUAL(sets[n_sets].role, RULE_ANNOTATES);
    return &sets[n_sets++];
}

static const RuleFinding *find_finding(const RuleAnswers *answers, const char *criterion) {
    for (size_t r = 0; r < answers->n; r++) {
        if (strcmp(answers->items[r].criterion, criterion) == 0) {
            return &answers->items[r];
        }
    }
    return NULL;
}

static bool is_as_expected(const Table *cases, size_t row) {
    static RuleAnswers answers;
    Error error = {.message = ""};
    RuleTables tables;
    Table *lesions = lesion_table(table_text(cases, row, "lesions"));
    Table *patient = patient_table(table_text(cases, row, "patient"));
    CU_ASSERT_EQUAL_FATAL(rule_tables_read(lesions, patient, 0, &tables, &error), STATUS_OK);
    tables.facts.settings[RULE_SETTING_CONTACT_TOLERANCE] = CONTACT_MM;
    rule_set_evaluate(find_set(table_text(cases, row, "rule_set")), &tables.facts, &answers);
    const RuleFinding *finding = find_finding(&answers, table_text(cases, row, "criterion"));
    bool is_right = finding != NULL && strcmp(rule_answer_name(finding->answer),
                                              table_text(cases, row, "answer")) == 0;
    if (!is_right) {
        printf("%s.%s, %s; %s: %s (%s), expected %s\n", table_text(cases, row, "rule_set"),
               table_text(cases, row, "criterion"), table_text(cases, row, "patient"),
               table_text(cases, row, "lesions"),
               finding != NULL ? rule_answer_name(finding->answer) : "not reported",
               finding != NULL ? finding->text : "", table_text(cases, row, "answer"));
    }
    rule_tables_free(&tables);
    table_free(lesions);
    table_free(patient);
    return is_right;
}

static void test_cases(void) {
    Error error = {.message = ""};
    Table *table = NULL;
    size_t n_wrong = 0;
    CU_ASSERT_EQUAL_FATAL(sheet_read_columns("tests/validation/stratify/annotation_cases.tsv",
                                             COLUMNS, N_COLUMNS, &table, &error),
                          STATUS_OK);
    CU_ASSERT(table_row_count(table) >= MIN_ROWS);
    for (size_t row = 0; row < table_row_count(table) && n_wrong < 20; row++) {
        n_wrong += !is_as_expected(table, row);
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
    table_free(table);
}

/* Every criterion that a shipped set reports is in the table, so that none goes untested. */
static void test_all_are_there(void) {
    static const char *const names[] = {"radioembolization",
                                        "lung_dose",
                                        "normal_liver_dose",
                                        "ablation_expert_panel",
                                        "ablation_net",
                                        "ablation_collision",
                                        "sbrt"};
    Error error;
    Table *table = NULL;
    CU_ASSERT_EQUAL_FATAL(sheet_read_columns("tests/validation/stratify/annotation_cases.tsv",
                                             COLUMNS, N_COLUMNS, &table, &error),
                          STATUS_OK);
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        const RuleSet *set = find_set(names[n]);
        for (int r = 0; r < set->n_reported; r++) {
            const char *criterion = set->nodes[set->reported[r]].name;
            bool is_there = false;
            for (size_t row = 0; row < table_row_count(table) && !is_there; row++) {
                is_there = strcmp(table_text(table, row, "rule_set"), names[n]) == 0 &&
                           strcmp(table_text(table, row, "criterion"), criterion) == 0;
            }
            CU_ASSERT(is_there);
            if (!is_there) {
                printf("no case of %s.%s\n", names[n], criterion);
            }
        }
    }
    table_free(table);
}

int main(void) {
    static const UnitTest tests[] = {
        {"answers are those that the prose gives, in all boundary cases", test_cases},
        {"every reported criterion has cases", test_all_are_there},
    };
    return suite_run("stratify/annotation_cases", tests, sizeof tests / sizeof *tests);
}
