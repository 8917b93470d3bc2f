/* Findings of sets that annotate (rule_report.h): the tree of a criterion is walked along the
 * answers that matter, down to the facts. */
#include "stratify/rule_report.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "stratify/reason.h"

/* Lesions named one by one before "and N more". */
enum { MAX_NAMED = 4, NUMBER_SIZE = 32 };

/* What a walk needs: the answers of the scope it is in, and of the patient's tallies. */
typedef struct Walk {
    const RuleSet *set;
    const RuleFacts *facts;
    const RuleTally *tally;
    const RuleBlock *block;
    size_t lesion; /* 0 for the patient */
    char *text;    /* RULE_TEXT_SIZE */
} Walk;

static void explain(const Walk *walk, int node);

static void append(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void append(char *text, const char *format, ...) {
    size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    int wanted = vsnprintf(text + used, RULE_TEXT_SIZE - used, format, arguments);
    va_end(arguments);
    if (wanted >= 0 && (size_t)wanted >= RULE_TEXT_SIZE - used) {
        memcpy(text + RULE_TEXT_SIZE - 4, "...", 4);
    }
}

static double limit_of(const Walk *walk, const RuleNode *node) {
    return node->limit_setting == RULE_NONE ? node->limit
                                            : walk->facts->settings[node->limit_setting];
}

/* "32 mm > 30 mm" */
static void append_side(const Walk *walk, double value, double limit, const char *units) {
    char number[NUMBER_SIZE];
    reason_format_number(value, limit, number);
    size_t length = strlen(number);
    if (length > 2 && strcmp(number + length - 2, ".0") == 0) {
        number[length - 2] = '\0';
    }
    const char *unit = strcmp(units, "1") == 0 ? "" : units;
    const char *space = *unit == '\0' ? "" : " ";
    append(walk->text, "%s%s%s %s %g%s%s", number, space, unit,
           value > limit   ? ">"
           : value < limit ? "<"
                           : "=",
           limit, space, unit);
}

static void explain_fact(const Walk *walk, const RuleNode *node) {
    const RuleColumn *column = rule_column((RuleColumnId)node->column);
    const double *numbers = walk->facts->numbers[node->column];
    const char *const *texts = walk->facts->texts[node->column];
    const char *word = texts != NULL && texts[walk->lesion] != NULL ? texts[walk->lesion] : "";
    bool is_known = column->units != NULL ? numbers != NULL && !isnan(numbers[walk->lesion])
                                          : *word != '\0' && strcmp(word, "unknown") != 0;
    append(walk->text, "%s ", column->label);
    if (!is_known) {
        append(walk->text, "unknown");
    } else if (column->units == NULL) {
        append(walk->text, "%s", word);
    } else if (isinf(numbers[walk->lesion])) {
        append(walk->text, "none");
    } else if (node->kind == RULE_MISSING || isnan(limit_of(walk, node))) {
        append(walk->text, "%g %s%s", numbers[walk->lesion], column->units,
               node->kind == RULE_MISSING ? "" : ", limit unknown");
    } else {
        append_side(walk, numbers[walk->lesion], limit_of(walk, node), column->units);
    }
}

/* The operands that make the answer what it is: all of them, or those that answer alike. */
static void explain_list(const Walk *walk, const RuleNode *node, RuleAnswer answer) {
    bool is_every = answer == (node->kind == RULE_ALL ? RULE_YES : RULE_NO);
    bool is_first = true;
    for (int o = 0; o < node->n_operands; o++) {
        int operand = walk->set->operands[node->first_operand + o];
        if (is_every || rule_evaluate_answer(walk->block, operand, 0) == answer) {
            append(walk->text, "%s", is_first ? "" : ", ");
            explain(walk, operand);
            is_first = false;
        }
    }
}

/* Whether lesion's answers speak for the answer of a node that counts. */
static bool is_telling(const RuleSet *set, const RuleNode *node, const RuleBlock *block,
                       RuleAnswer answer) {
    const int *operand = &set->operands[node->first_operand];
    RuleAnswer held = rule_evaluate_answer(block, operand[0], 0);
    RuleAnswer within =
        node->n_operands == 2 ? rule_evaluate_answer(block, operand[1], 0) : RULE_YES;
    if (within == RULE_NO) {
        return false;
    }
    if (answer == RULE_UNKNOWN) {
        return held == RULE_UNKNOWN || within == RULE_UNKNOWN;
    }
    return within == RULE_YES && held == (node->kind == RULE_EVERY ? RULE_NO : RULE_YES);
}

/* "L2 diameter 32 mm > 30 mm; L5 diameter 41 mm > 30 mm and 3 more" */
static void explain_lesions(const Walk *walk, const RuleNode *node, RuleAnswer answer) {
    const RuleFacts *facts = walk->facts;
    RuleBlock block;
    Walk of_lesion = *walk;
    size_t n_telling = 0;
    of_lesion.block = &block;
    for (size_t i = 0; i < facts->n_lesions; i++) {
        rule_evaluate_lesions(walk->set, facts, i, 1, true, &block);
        if (!is_telling(walk->set, node, &block, answer) || n_telling++ >= MAX_NAMED) {
            continue;
        }
        const int *operand = &walk->set->operands[node->first_operand];
        bool is_within_unknown =
            node->n_operands == 2 && rule_evaluate_answer(&block, operand[1], 0) == RULE_UNKNOWN;
        of_lesion.lesion = i;
        append(walk->text, "%s", n_telling > 1 ? "; " : "");
        if (facts->lesion_names != NULL) {
            append(walk->text, "%s ", facts->lesion_names[i]);
        } else {
            append(walk->text, "lesion %zu ", i + 1);
        }
        explain(&of_lesion, operand[is_within_unknown ? 1 : 0]);
    }
    if (n_telling > MAX_NAMED) {
        append(walk->text, " and %zu more", n_telling - MAX_NAMED);
    }
    if (n_telling == 0) {
        append(walk->text, node->kind == RULE_EVERY ? "no lesion fails" : "no lesion");
    }
}

/* "7 lesions > 4", or "4 to 7 lesions" where facts are missing. */
static void explain_count(const Walk *walk, int index) {
    const RuleNode *node = &walk->set->nodes[index];
    size_t sure = walk->tally->sure[index], possible = walk->tally->possible[index];
    double limit = limit_of(walk, node);
    if (sure == possible) {
        append(walk->text, "%zu lesion%s %s %g", sure, sure == 1 ? "" : "s",
               (double)sure > limit   ? ">"
               : (double)sure < limit ? "<"
                                      : "=",
               limit);
    } else {
        append(walk->text, "%zu to %zu lesions, limit %g", sure, possible, limit);
    }
}

static void explain(const Walk *walk, int index) {
    const RuleNode *node = &walk->set->nodes[index];
    RuleAnswer answer = rule_evaluate_answer(walk->block, index, 0);
    switch (node->kind) {
    case RULE_BELOW:
    case RULE_ABOVE:
    case RULE_MISSING:
    case RULE_WORD:
        explain_fact(walk, node);
        break;
    case RULE_SWITCH:
        append(walk->text, "%s %s", rule_setting((RuleSettingId)node->at_limit.setting)->key,
               rule_answer_name(answer));
        break;
    case RULE_NOT:
        explain(walk, walk->set->operands[node->first_operand]);
        break;
    case RULE_ALL:
    case RULE_ANY:
        explain_list(walk, node, answer);
        break;
    case RULE_COUNT_BELOW:
    case RULE_COUNT_ABOVE:
        explain_count(walk, index);
        break;
    case RULE_EVERY:
    case RULE_SOME:
        explain_lesions(walk, node, answer);
        break;
    }
}

const char *rule_answer_name(RuleAnswer answer) {
    static const char *const names[] = {"no", "yes", "unknown"};
    return names[answer];
}

void rule_set_evaluate(const RuleSet *set, const RuleFacts *facts, RuleAnswers *answers) {
    RuleTally tally;
    RuleBlock patient;
    rule_evaluate_all(set, facts, &tally, &patient);
    answers->n = (size_t)set->n_reported;
    for (int r = 0; r < set->n_reported; r++) {
        RuleFinding *finding = &answers->items[r];
        finding->criterion = set->nodes[set->reported[r]].name;
        finding->answer = rule_evaluate_answer(&patient, set->reported[r], 0);
        finding->text[0] = '\0';
        const Walk walk = {set, facts, &tally, &patient, 0, finding->text};
        explain(&walk, set->reported[r]);
    }
}
