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

/* What is measured on a lesion. */
typedef enum ResponseMeasure {
    RESPONSE_PRODUCT,  /* longest times perpendicular diameter, mm2 */
    RESPONSE_LONGEST,  /* longest diameter, mm */
    RESPONSE_ENHANCING /* longest diameter of the enhancing tissue, mm */
} ResponseMeasure;

/* The published criteria: what a configuration that says nothing has. */
ResponseConfig response_config_published(void);

/* "who", "recist", "recist_1_1", "mrecist". */
const char *response_criterion_name(ResponseCriterion criterion);

/* What no configuration changes about a criterion: it would be another one. */
ResponseMeasure response_criterion_measure(ResponseCriterion criterion);
bool response_criterion_has_node_rule(ResponseCriterion criterion); /* short axis, normal size */
bool response_criterion_new_must_enhance(ResponseCriterion criterion);

#endif
