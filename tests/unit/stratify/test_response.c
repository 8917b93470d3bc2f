/* What configuration and single lesions change about a response; the criteria themselves are
 * tested in tests/validation/stratify/test_response_cases.c. */
#include "stratify/response.h"

#include <math.h>

#include "tests/unit/suite.h"

static const ResponseLesion TWO[] = {{.name = "A", .organ = "liver", .is_target = true},
                                     {.name = "B", .organ = "liver"}};

static ResponseSize longest(double mm) {
    return (ResponseSize){RESPONSE_MEASURED, mm, NAN, NAN, NAN};
}

/* One target and one other lesion at days 0 and 60, by RECIST 1.1. */
static ResponsePoint judge(const ResponseSize sizes[4], ResponseAnswer non_target,
                           const ResponseConfig *config) {
    const ResponseVisit visits[] = {{"", 0.0, RESPONSE_UNSTATED}, {"", 60.0, non_target}};
    const ResponseHistory history = {TWO, 2, visits, 2, sizes};
    bool is_target[2];
    ResponsePoint points[2];
    response_select_targets(&history, RESPONSE_RECIST_1_1, config, is_target);
    response_evaluate(&history, RESPONSE_RECIST_1_1, config, is_target, points);
    return points[1];
}

static void test_tie(void) {
    const ResponseSize sizes[] = {longest(50), longest(9), longest(60), longest(9)};
    ResponseConfig config = response_config_published();
    ResponsePoint point = judge(sizes, RESPONSE_NO, &config);
    CU_ASSERT_EQUAL(point.category, RESPONSE_PD);
    CU_ASSERT_EQUAL(point.because, RESPONSE_BECAUSE_TIE | RESPONSE_BECAUSE_GROWTH);
    config.progression_tie_is_progression = false;
    point = judge(sizes, RESPONSE_NO, &config);
    CU_ASSERT_EQUAL(point.category, RESPONSE_SD);
    CU_ASSERT_EQUAL(point.because, RESPONSE_BECAUSE_TIE);
    ASSERT_NEAR(point.change_percent, 20.0, 1e-12); /* rounding */
}

static void test_thresholds(void) {
    const ResponseSize sizes[] = {longest(50), longest(9), longest(40), longest(9)};
    ResponseConfig config = response_config_published();
    CU_ASSERT_EQUAL(judge(sizes, RESPONSE_NO, &config).category, RESPONSE_SD);
    config.rules[RESPONSE_RECIST_1_1].partial_percent = 20.0;
    CU_ASSERT_EQUAL(judge(sizes, RESPONSE_NO, &config).category, RESPONSE_PR);
}

static void test_unknown_non_target(void) {
    const ResponseSize sizes[] = {longest(50), longest(9), longest(20), longest(9)};
    ResponseConfig config = response_config_published();
    ResponsePoint point = judge(sizes, RESPONSE_UNSTATED, &config);
    CU_ASSERT_EQUAL(point.category, RESPONSE_PR);
    CU_ASSERT_EQUAL(point.because, RESPONSE_BECAUSE_NON_TARGET_UNKNOWN);
    config.unknown_non_target = UNKNOWN_NOT_EVALUABLE;
    CU_ASSERT_EQUAL(judge(sizes, RESPONSE_UNSTATED, &config).category, RESPONSE_NE);
    CU_ASSERT_EQUAL(judge(sizes, RESPONSE_NO, &config).category, RESPONSE_PR);
}

/* Each lesion by its own sizes, whatever the others do. */
static void test_lesions(void) {
    const ResponseLesion lesions[] = {{.name = "A", .organ = "liver", .is_target = true},
                                      {.name = "N", .organ = "liver", .is_new = true},
                                      {.name = "C", .organ = "lymph_node", .is_node = true}};
    const ResponseSize none = {RESPONSE_NOT_ASSESSED, NAN, NAN, NAN, NAN};
    const ResponseSize node = {RESPONSE_MEASURED, NAN, NAN, NAN, 16.0};
    const ResponseSize normal = {RESPONSE_MEASURED, NAN, NAN, NAN, 9.0};
    const ResponseVisit visits[] = {{"", 0.0, RESPONSE_NO}, {"", 60.0, RESPONSE_YES}};
    const ResponseSize sizes[] = {longest(50), none, node, longest(35), longest(8), normal};
    const ResponseHistory history = {lesions, 3, visits, 2, sizes};
    const ResponseConfig config = response_config_published();
    const ResponseCategory expected[] = {RESPONSE_PR, RESPONSE_PD, RESPONSE_CR};
    bool room[3];
    for (size_t i = 0; i < 3; i++) {
        ResponsePoint points[2];
        response_evaluate_lesion(&history, i, RESPONSE_RECIST_1_1, &config, room, points);
        CU_ASSERT_EQUAL(points[1].category, expected[i]);
    }
}

static void test_nothing(void) {
    const ResponseHistory history = {NULL, 0, NULL, 0, NULL};
    const ResponseConfig config = response_config_published();
    ResponseSummary summary;
    bool none[1];
    CU_ASSERT_EQUAL(response_select_targets(&history, RESPONSE_WHO, &config, none), 0);
    response_evaluate(&history, RESPONSE_WHO, &config, none, NULL);
    response_summarise(&history, NULL, &config, &summary);
    CU_ASSERT_EQUAL(summary.best, RESPONSE_NE);
    CU_ASSERT(isnan(summary.days_to_progression) && isnan(summary.days_followed));
}

int main(void) {
    static const UnitTest tests[] = {
        {"an increase of exactly the threshold goes by the named rule", test_tie},
        {"thresholds come from the configuration", test_thresholds},
        {"unknown non-target disease goes by the named rule", test_unknown_non_target},
        {"each lesion has a response of its own", test_lesions},
        {"no lesions and no visits have no response", test_nothing},
    };
    return suite_run("response", tests, sizeof tests / sizeof *tests);
}
