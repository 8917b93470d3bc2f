/* Response criteria against worked examples (response_cases.tsv, each with its rule in words) and
 * against response_random.tsv, which response_oracle.py derives from the prose of the publications
 * (Fractions and possible worlds; no code in common with ours). The notation is explained there. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/sheet.h"
#include "stratify/response.h"
#include "tests/unit/suite.h"

enum { MAX_LESIONS = 8, MAX_VISITS = 6, N_COLUMNS = 11, TEXT_SIZE = 1024 };

static const char *const COLUMNS[N_COLUMNS] = {
    "case",  "criterion", "lesions", "visits",           "sum",
    "nadir", "response",  "best",    "days_to_response", "days_to_progression",
    "why"};

typedef struct Case {
    char lesion_text[TEXT_SIZE], visit_text[TEXT_SIZE];
    ResponseLesion lesions[MAX_LESIONS];
    ResponseVisit visits[MAX_VISITS];
    ResponseSize sizes[MAX_VISITS * MAX_LESIONS];
    ResponseHistory history;
} Case;

/* "L1:liver:target" */
static void parse_lesion(char *text, ResponseLesion *lesion) {
    char *rest = NULL;
    lesion->name = strtok_r(text, ":", &rest);
    lesion->organ = strtok_r(NULL, ":", &rest);
    const char *role = strtok_r(NULL, ":", &rest);
    CU_ASSERT_PTR_NOT_NULL_FATAL(role);
    lesion->is_target = strcmp(role, "target") == 0;
    lesion->is_new = strcmp(role, "new") == 0;
    lesion->is_node = strcmp(lesion->organ, "lymph_node") == 0;
}

/* "40x30v20s15", "absent", "small", "-" */
static ResponseSize parse_size(const char *text) {
    ResponseSize size = {RESPONSE_NOT_ASSESSED, NAN, NAN, NAN, NAN};
    if (strcmp(text, "-") == 0) {
        return size;
    }
    if (strcmp(text, "absent") == 0 || strcmp(text, "small") == 0) {
        size.status = text[0] == 'a' ? RESPONSE_ABSENT : RESPONSE_TOO_SMALL;
        return size;
    }
    size.status = RESPONSE_MEASURED;
    for (char *end; *text != '\0'; text = end) {
        double *target = *text == 'x'   ? &size.perpendicular_mm
                         : *text == 'v' ? &size.enhancing_mm
                         : *text == 's' ? &size.short_axis_mm
                                        : &size.longest_mm;
        text += strchr("xvs", *text) != NULL;
        *target = strtod(text, &end);
        CU_ASSERT_FATAL(end > text);
    }
    return size;
}

static void parse_item(Case *one, size_t visit, char *item) {
    char *value = strchr(item, '=');
    CU_ASSERT_PTR_NOT_NULL_FATAL(value);
    *value++ = '\0';
    if (strcmp(item, "nt") == 0) {
        one->visits[visit].non_target_progression = strcmp(value, "yes") == 0  ? RESPONSE_YES
                                                    : strcmp(value, "no") == 0 ? RESPONSE_NO
                                                                               : RESPONSE_UNKNOWN;
        return;
    }
    for (size_t i = 0; i < one->history.n_lesions; i++) {
        if (strcmp(one->lesions[i].name, item) == 0) {
            one->sizes[visit * one->history.n_lesions + i] = parse_size(value);
            return;
        }
    }
    CU_FAIL("a size of a lesion that is not there");
}

static void parse_case(const Table *table, size_t row, Case *one) {
    *one = (Case){.history = {.n_lesions = 0}};
    one->history.lesions = one->lesions;
    one->history.visits = one->visits;
    one->history.sizes = one->sizes;
    snprintf(one->lesion_text, TEXT_SIZE, "%s", table_text(table, row, "lesions"));
    snprintf(one->visit_text, TEXT_SIZE, "%s", table_text(table, row, "visits"));
    char *rest = NULL;
    for (char *at = strtok_r(one->lesion_text, " ", &rest); at; at = strtok_r(NULL, " ", &rest)) {
        CU_ASSERT_FATAL(one->history.n_lesions < MAX_LESIONS);
        parse_lesion(at, &one->lesions[one->history.n_lesions++]);
    }
    for (size_t n = 0; n < MAX_VISITS * MAX_LESIONS; n++) {
        one->sizes[n] = parse_size("-");
    }
    for (char *at = strtok_r(one->visit_text, "|", &rest); at; at = strtok_r(NULL, "|", &rest)) {
        size_t visit = one->history.n_visits++;
        char *items = NULL, *more = NULL;
        CU_ASSERT_FATAL(visit < MAX_VISITS);
        one->visits[visit] = (ResponseVisit){"", strtod(at, &items), RESPONSE_UNSTATED};
        CU_ASSERT_FATAL(*items == ':');
        for (char *item = strtok_r(items + 1, " ", &more); item;
             item = strtok_r(NULL, " ", &more)) {
            parse_item(one, visit, item);
        }
    }
}

static ResponseCriterion criterion_of(const char *name) {
    int c = 0;
    while (c < RESPONSE_CRITERION_COUNT &&
           strcmp(response_criterion_name((ResponseCriterion)c), name) != 0) {
        c++;
    }
    CU_ASSERT_FATAL(c < RESPONSE_CRITERION_COUNT);
    return (ResponseCriterion)c;
}

/* The n-th of "50|nan|32", to the 10 digits that are written. */
static bool is_nth(const char *list, size_t n, double value) {
    for (; n > 0; n--) {
        list = strchr(list, '|');
        CU_ASSERT_PTR_NOT_NULL_FATAL(list);
        list++;
    }
    double wanted = strtod(list, NULL);
    return (isnan(wanted) && isnan(value)) || fabs(wanted - value) <= 1e-8 * (1.0 + fabs(wanted));
}

static bool is_as_expected(const Table *table, size_t row) {
    Case one;
    ResponsePoint points[MAX_VISITS];
    ResponseSummary summary;
    bool is_target[MAX_LESIONS];
    char responses[TEXT_SIZE] = ".";
    const ResponseConfig config = response_config_published();
    ResponseCriterion criterion = criterion_of(table_text(table, row, "criterion"));
    parse_case(table, row, &one);
    response_select_targets(&one.history, criterion, &config, is_target);
    response_evaluate(&one.history, criterion, &config, is_target, points);
    response_summarise(&one.history, points, &config, &summary);
    bool is_right = true;
    for (size_t v = 0; v < one.history.n_visits; v++) {
        is_right = is_right && is_nth(table_text(table, row, "sum"), v, points[v].sum) &&
                   is_nth(table_text(table, row, "nadir"), v, points[v].nadir);
        size_t used = strlen(responses);
        snprintf(responses + used, sizeof responses - used, "%s%s", v > 0 ? "|" : "",
                 v > 0 ? response_category_name(points[v].category) : "");
    }
    const char *best = response_category_name(summary.best);
    is_right =
        is_right && strcmp(responses, table_text(table, row, "response")) == 0 &&
        strcmp(best, table_text(table, row, "best")) == 0 &&
        is_nth(table_text(table, row, "days_to_response"), 0, summary.days_to_response) &&
        is_nth(table_text(table, row, "days_to_progression"), 0, summary.days_to_progression);
    if (!is_right) {
        printf("%s, %s: %s best %s, days %g %g; wanted %s best %s: %s\n",
               table_text(table, row, "case"), table_text(table, row, "criterion"), responses, best,
               summary.days_to_response, summary.days_to_progression,
               table_text(table, row, "response"), table_text(table, row, "best"),
               table_text(table, row, "why"));
    }
    return is_right;
}

/* A table cut short must not pass. */
static void check_table(const char *path, size_t min_rows) {
    Error error = {.message = ""};
    Table *table = NULL;
    Status status = sheet_read_columns(path, COLUMNS, N_COLUMNS, &table, &error);
    if (status != STATUS_OK) {
        printf("%s\n", error.message);
    }
    CU_ASSERT_EQUAL_FATAL(status, STATUS_OK);
    CU_ASSERT(table_row_count(table) >= min_rows);
    size_t n_wrong = 0;
    for (size_t row = 0; row < table_row_count(table) && n_wrong < 20; row++) {
        n_wrong += !is_as_expected(table, row);
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
    table_free(table);
}

static void test_worked_examples(void) {
    check_table("tests/validation/stratify/response_cases.tsv", 60);
}

static void test_random_cases(void) {
    check_table("tests/validation/stratify/response_random.tsv", 1600);
}

int main(void) {
    static const UnitTest tests[] = {
        {"worked examples come out as the publications' rules say", test_worked_examples},
        {"random follow-ups come out as the independent oracle says", test_random_cases},
    };
    return suite_run("response criteria", tests, sizeof tests / sizeof *tests);
}
