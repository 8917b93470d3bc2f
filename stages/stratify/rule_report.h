/* What a set that annotates says about a patient: an answer for each reported criterion, with the
 * numbers that make it so. An annotation never changes a stratum. */
#ifndef YTTRIA_STRATIFY_RULE_REPORT_H
#define YTTRIA_STRATIFY_RULE_REPORT_H

#include "stratify/rule_evaluate.h"

typedef struct RuleFinding {
    const char *criterion; /* borrowed from the set */
    RuleAnswer answer;
    char text[RULE_TEXT_SIZE]; /* "L2 diameter 32 mm > 30 mm"; one too long ends in "..." */
} RuleFinding;

typedef struct RuleAnswers {
    size_t n;
    RuleFinding items[RULE_MAX_REPORTED]; /* in the order of `report:` */
} RuleAnswers;

/* Answers all that the set reports. The text tells the facts on which the answer rests: for no what
 * failed, for unknown what is not known, for yes what was found. */
void rule_set_evaluate(const RuleSet *set, const RuleFacts *facts, RuleAnswers *answers);

/* The words "no", "yes", "unknown". */
const char *rule_answer_name(RuleAnswer answer);

#endif
