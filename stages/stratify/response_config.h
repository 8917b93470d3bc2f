/* What the response criteria are made of: each is a row of numbers and rules, none is in the code
 * that applies them.
 *
 * WHO: Miller AB et al. Cancer 1981;47:207. RECIST: Therasse P et al. J Natl Cancer Inst
 * 2000;92:205. RECIST 1.1: Eisenhauer EA et al. Eur J Cancer 2009;45:228. mRECIST: Lencioni R,
 * Llovet JM. Semin Liver Dis 2010;30:52. */
#ifndef YTTRIA_STRATIFY_RESPONSE_CONFIG_H
#define YTTRIA_STRATIFY_RESPONSE_CONFIG_H

#include <stdbool.h>

#include "core/config.h"

typedef enum ResponseCriterion {
    RESPONSE_WHO,
    RESPONSE_RECIST,
    RESPONSE_RECIST_1_1,
    RESPONSE_MRECIST,
    RESPONSE_CRITERION_COUNT
} ResponseCriterion;

/* What is measured on a lesion. */
typedef enum ResponseMeasure {
    RESPONSE_PRODUCT,  /* longest times perpendicular diameter, mm2 */
    RESPONSE_LONGEST,  /* longest diameter, mm */
    RESPONSE_ENHANCING /* longest diameter of the enhancing tissue, mm */
} ResponseMeasure;

/* The numbers of one criterion. */
typedef struct ResponseRule {
    double partial_percent;     /* decrease from the baseline sum, at least: PR */
    double progression_percent; /* increase over the nadir: PD (see progression_tie) */
    double min_increase_mm;     /* absolute increase over the nadir that PD also needs; 0: none */
    double targets_per_organ;   /* at most; 0: no limit */
    double targets;             /* of all organs, at most; 0: no limit */
} ResponseRule;

typedef struct ResponseConfig {
    ResponseRule rules[RESPONSE_CRITERION_COUNT];
    double node_normal_mm;     /* a lymph node of a smaller short axis is normal */
    double too_small_mm;       /* diameter of a lesion that is seen but too small to measure */
    double min_target_mm;      /* a smaller target is flagged target_not_measurable */
    double min_target_node_mm; /* likewise, short axis of a lymph node */
    double min_stable_days;    /* from baseline, for SD to count as a best response */
    bool progression_tie_is_progression; /* an increase of exactly progression_percent */
    int unknown_non_target;              /* UnknownRule: of non-target progression */
} ResponseConfig;

/* The published criteria. */
ResponseConfig response_config_published(void);

/* "who", "recist", "recist_1_1", "mrecist". */
const char *response_criterion_name(ResponseCriterion criterion);

/* What no configuration changes about a criterion: it would be another one. */
ResponseMeasure response_criterion_measure(ResponseCriterion criterion);
bool response_criterion_has_node_rule(ResponseCriterion criterion); /* short axis, normal size */
bool response_criterion_new_must_enhance(ResponseCriterion criterion);

#endif
