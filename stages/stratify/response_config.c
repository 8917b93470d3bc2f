/* The criteria as data (response_config.h). Where clinical summaries print "> 20 %" and the
 * publications "at least a 20 % increase", the publications hold and a tie is flagged. */
#include "stratify/response_config.h"

ResponseConfig response_config_published(void) {
    return (ResponseConfig){
        .rules =
            {
                [RESPONSE_WHO] = {50.0, 25.0, 0.0, 0.0, 0.0},        /* Miller 1981 */
                [RESPONSE_RECIST] = {30.0, 20.0, 0.0, 5.0, 10.0},    /* Therasse 2000 */
                [RESPONSE_RECIST_1_1] = {30.0, 20.0, 5.0, 2.0, 5.0}, /* Eisenhauer 2009, 4.2, 4.3 */
                [RESPONSE_MRECIST] = {30.0, 20.0, 0.0, 2.0, 5.0},    /* Lencioni 2010; targets as
                                                                        in RECIST 1.1 */
            },
        .node_normal_mm = 10.0,     /* Eisenhauer 2009, 4.3.1 */
        .too_small_mm = 5.0,        /* Eisenhauer 2009, 4.3.2 */
        .min_target_mm = 10.0,      /* Eisenhauer 2009, 3.1.1, CT */
        .min_target_node_mm = 15.0, /* Eisenhauer 2009, 3.1.1 */
        .min_stable_days = 42.0,    /* Eisenhauer 2009: "in general not less than 6-8 weeks" */
        .progression_tie_is_progression = true,  /* Eisenhauer 2009, 4.3.1: "at least" */
        .unknown_non_target = UNKNOWN_ASSUME_NO, /* table 1: "non-PD or not all evaluated" */
    };
}

static const struct {
    const char *name;
    ResponseMeasure measure;
    bool has_node_rule, new_must_enhance;
} CRITERIA[RESPONSE_CRITERION_COUNT] = {
    [RESPONSE_WHO] = {"who", RESPONSE_PRODUCT, false, false},
    [RESPONSE_RECIST] = {"recist", RESPONSE_LONGEST, false, false},
    [RESPONSE_RECIST_1_1] = {"recist_1_1", RESPONSE_LONGEST, true, false},
    [RESPONSE_MRECIST] = {"mrecist", RESPONSE_ENHANCING, true, true},
};

const char *response_criterion_name(ResponseCriterion criterion) {
    return CRITERIA[criterion].name;
}

ResponseMeasure response_criterion_measure(ResponseCriterion criterion) {
    return CRITERIA[criterion].measure;
}

bool response_criterion_has_node_rule(ResponseCriterion criterion) {
    return CRITERIA[criterion].has_node_rule;
}

bool response_criterion_new_must_enhance(ResponseCriterion criterion) {
    return CRITERIA[criterion].new_must_enhance;
}
