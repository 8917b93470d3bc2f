/* The evaluator (rule_evaluate.h). */
#include "stratify/rule_evaluate.h"

#include <math.h>
#include <string.h>

_Static_assert(RULE_MAX_OUTCOMES <= 32, "outcomes are bits of an unsigned");

static uint64_t lanes(size_t n) {
    return n >= RULE_BLOCK_LESIONS ? ~UINT64_C(0) : (UINT64_C(1) << n) - 1;
}

static RuleAnswer choose(const RuleFacts *facts, RuleChoice choice) {
    if (choice.setting == RULE_NONE) {
        return choice.fixed;
    }
    double value = facts->settings[choice.setting];
    return value == RULE_YES ? RULE_YES : value == RULE_NO ? RULE_NO : RULE_UNKNOWN;
}

static double limit_of(const RuleFacts *facts, const RuleNode *node) {
    return node->limit_setting == RULE_NONE ? node->limit : facts->settings[node->limit_setting];
}

/* Powers of two, so that the compiler can make masks of several lesions at a time. */
#define BITS_4(i) UINT64_C(1) << (i), UINT64_C(2) << (i), UINT64_C(4) << (i), UINT64_C(8) << (i)
#define BITS_16(i) BITS_4(i), BITS_4((i) + 4), BITS_4((i) + 8), BITS_4((i) + 12)
static const uint64_t BIT[RULE_BLOCK_LESIONS] = {BITS_16(0), BITS_16(16), BITS_16(32), BITS_16(48)};

/* Bit i: value i is below the limit, or at it if that counts. NaN is not. */
static uint64_t mask_below(const double *values, size_t n, double limit, bool with_limit) {
    uint64_t mask = 0;
    if (with_limit) {
        for (size_t i = 0; i < n; i++) {
            mask |= BIT[i] & -(uint64_t)(values[i] <= limit);
        }
    } else {
        for (size_t i = 0; i < n; i++) {
            mask |= BIT[i] & -(uint64_t)(values[i] < limit);
        }
    }
    return mask;
}

static uint64_t mask_above(const double *values, size_t n, double limit, bool with_limit) {
    uint64_t mask = 0;
    if (with_limit) {
        for (size_t i = 0; i < n; i++) {
            mask |= BIT[i] & -(uint64_t)(values[i] >= limit);
        }
    } else {
        for (size_t i = 0; i < n; i++) {
            mask |= BIT[i] & -(uint64_t)(values[i] > limit);
        }
    }
    return mask;
}

/* A value at the limit answers as `at_limit` does. */
static void answer_side(const double *values, size_t n, double limit, bool is_below,
                        RuleAnswer at_limit, uint64_t *yes, uint64_t *no) {
    if (is_below) {
        *yes = mask_below(values, n, limit, at_limit == RULE_YES);
        *no = mask_above(values, n, limit, at_limit == RULE_NO);
    } else {
        *yes = mask_above(values, n, limit, at_limit == RULE_YES);
        *no = mask_below(values, n, limit, at_limit == RULE_NO);
    }
}

static bool is_unknown_word(const char *word) {
    return word == NULL || *word == '\0' || strcmp(word, "unknown") == 0;
}

static bool is_missing(const RuleFacts *facts, int column, size_t i) {
    if (rule_column((RuleColumnId)column)->units == NULL) {
        return facts->texts[column] == NULL || is_unknown_word(facts->texts[column][i]);
    }
    return facts->numbers[column] == NULL || isnan(facts->numbers[column][i]);
}

static void evaluate_side(const RuleFacts *facts, const RuleNode *node, size_t first, size_t n,
                          uint64_t *yes, uint64_t *no) {
    const double *values = facts->numbers[node->column];
    if (values != NULL) {
        answer_side(values + first, n, limit_of(facts, node), node->kind == RULE_BELOW,
                    choose(facts, node->at_limit), yes, no);
    }
}

static uint64_t mask_missing(const RuleFacts *facts, const RuleNode *node, size_t first, size_t n) {
    const double *values = facts->numbers[node->column];
    uint64_t mask = 0;
    if (values != NULL) {
        for (size_t i = 0; i < n; i++) {
            mask |= isnan(values[first + i]) ? BIT[i] : 0;
        }
    } else {
        for (size_t i = 0; i < n; i++) {
            mask |= is_missing(facts, node->column, first + i) ? BIT[i] : 0;
        }
    }
    return mask;
}

static void evaluate_word(const RuleFacts *facts, const RuleNode *node, size_t first, size_t n,
                          uint64_t *yes, uint64_t *no) {
    for (size_t i = 0; i < n; i++) {
        if (!is_missing(facts, node->column, first + i)) {
            bool is_it = strcmp(facts->texts[node->column][first + i], node->word) == 0;
            *(is_it ? yes : no) |= UINT64_C(1) << i;
        }
    }
}

/* A number of lesions that is only known to lie between two is below a limit if both are. */
static void evaluate_count(const RuleFacts *facts, const RuleNode *node, size_t sure,
                           size_t possible, uint64_t *yes, uint64_t *no) {
    const double numbers[2] = {(double)sure, (double)possible};
    uint64_t both_yes, both_no;
    answer_side(numbers, 2, limit_of(facts, node), node->kind == RULE_COUNT_BELOW,
                choose(facts, node->at_limit), &both_yes, &both_no);
    *yes = both_yes == 3;
    *no = both_no == 3;
}

static void evaluate_list(const RuleSet *set, const RuleNode *node, const RuleBlock *block,
                          uint64_t *yes, uint64_t *no) {
    const int *operand = &set->operands[node->first_operand];
    *yes = block->yes[operand[0]];
    *no = block->no[operand[0]];
    for (int o = 1; o < node->n_operands; o++) {
        if (node->kind == RULE_ALL) {
            *yes &= block->yes[operand[o]];
            *no |= block->no[operand[o]];
        } else {
            *yes |= block->yes[operand[o]];
            *no &= block->no[operand[o]];
        }
    }
}

static void evaluate_node(const RuleSet *set, const RuleFacts *facts, const RuleTally *tally, int n,
                          size_t first, size_t n_lanes, RuleBlock *block) {
    const RuleNode *node = &set->nodes[n];
    uint64_t yes = 0, no = 0;
    switch (node->kind) {
    case RULE_BELOW:
    case RULE_ABOVE:
        evaluate_side(facts, node, first, n_lanes, &yes, &no);
        break;
    case RULE_WORD:
        evaluate_word(facts, node, first, n_lanes, &yes, &no);
        break;
    case RULE_MISSING:
        yes = mask_missing(facts, node, first, n_lanes);
        no = ~yes;
        break;
    case RULE_SWITCH: {
        RuleAnswer answer = choose(facts, node->at_limit);
        yes = answer == RULE_YES ? ~UINT64_C(0) : 0;
        no = answer == RULE_NO ? ~UINT64_C(0) : 0;
        break;
    }
    case RULE_NOT:
        yes = block->no[set->operands[node->first_operand]];
        no = block->yes[set->operands[node->first_operand]];
        break;
    case RULE_ALL:
    case RULE_ANY:
        evaluate_list(set, node, block, &yes, &no);
        break;
    case RULE_COUNT_BELOW:
    case RULE_COUNT_ABOVE:
        evaluate_count(facts, node, tally->sure[n], tally->possible[n], &yes, &no);
        break;
    case RULE_EVERY:
        no = tally->sure[n] > 0;
        yes = tally->possible[n] == 0;
        break;
    case RULE_SOME:
        yes = tally->sure[n] > 0;
        no = tally->possible[n] == 0;
        break;
    }
    if (node->column != RULE_NONE) {
        RuleAnswer assumed = choose(facts, node->if_unknown);
        yes |= assumed == RULE_YES ? ~no : 0;
        no |= assumed == RULE_NO ? ~yes : 0;
    }
    block->yes[n] = yes & lanes(n_lanes);
    block->no[n] = no & lanes(n_lanes);
}

static void evaluate_scope(const RuleSet *set, const RuleFacts *facts, const RuleTally *tally,
                           RuleScope scope, size_t first, size_t n_lanes, bool with_flags,
                           RuleBlock *block) {
    const RuleOrder *order = &set->of_scope[scope];
    for (int o = 0; o < order->n; o++) {
        if (with_flags || !set->nodes[order->nodes[o]].is_for_flags) {
            evaluate_node(set, facts, tally, order->nodes[o], first, n_lanes, block);
        }
    }
}

void rule_evaluate_lesions(const RuleSet *set, const RuleFacts *facts, size_t first, size_t n,
                           bool with_flags, RuleBlock *block) {
    evaluate_scope(set, facts, NULL, RULE_LESION, first, n, with_flags, block);
}

void rule_evaluate_patient(const RuleSet *set, const RuleFacts *facts, const RuleTally *tally,
                           bool with_flags, RuleBlock *patient) {
    evaluate_scope(set, facts, tally, RULE_PATIENT, 0, 1, with_flags, patient);
}

void rule_evaluate_start(const RuleSet *set, RuleTally *tally) {
    for (int o = 0; o < set->counting.n; o++) {
        tally->sure[set->counting.nodes[o]] = 0;
        tally->possible[set->counting.nodes[o]] = 0;
    }
}

void rule_evaluate_add(const RuleSet *set, const RuleBlock *block, size_t n, RuleTally *tally) {
    for (int o = 0; o < set->counting.n; o++) {
        int index = set->counting.nodes[o];
        const RuleNode *node = &set->nodes[index];
        const int *operand = &set->operands[node->first_operand];
        uint64_t yes = block->yes[operand[0]], maybe = ~block->no[operand[0]];
        if (node->kind == RULE_EVERY) {
            yes = block->no[operand[0]];
            maybe = ~block->yes[operand[0]];
        }
        if (node->n_operands == 2) {
            yes &= block->yes[operand[1]];
            maybe &= ~block->no[operand[1]];
        }
        tally->sure[index] += (size_t)__builtin_popcountll(yes);
        tally->possible[index] += (size_t)__builtin_popcountll(maybe & lanes(n));
    }
}

void rule_evaluate_all(const RuleSet *set, const RuleFacts *facts, RuleTally *tally,
                       RuleBlock *patient) {
    RuleTally own;
    RuleBlock block;
    tally = tally != NULL ? tally : &own;
    rule_evaluate_start(set, tally);
    for (size_t first = 0; first < facts->n_lesions; first += RULE_BLOCK_LESIONS) {
        size_t left = facts->n_lesions - first;
        size_t n = left < RULE_BLOCK_LESIONS ? left : RULE_BLOCK_LESIONS;
        rule_evaluate_lesions(set, facts, first, n, true, &block);
        rule_evaluate_add(set, &block, n, tally);
    }
    rule_evaluate_patient(set, facts, tally, true, patient);
}

RuleAnswer rule_evaluate_answer(const RuleBlock *block, int node, size_t i) {
    return (block->yes[node] >> i & 1u) != 0  ? RULE_YES
           : (block->no[node] >> i & 1u) != 0 ? RULE_NO
                                              : RULE_UNKNOWN;
}

static RuleAnswer answer_of_outcome(const RuleOutcome *outcome, const RuleBlock *patient) {
    return outcome->when == RULE_NONE ? RULE_YES : rule_evaluate_answer(patient, outcome->when, 0);
}

RuleDecision rule_evaluate_decide(const RuleSet *set, const RuleBlock *patient) {
    RuleDecision decision = {.stratum = 0};
    int last = 0; /* the one that ends it: the last of the set at the latest */
    for (int o = 0; o < set->n_outcomes; o++) {
        RuleAnswer answer = answer_of_outcome(&set->outcomes[o], patient);
        last = o;
        decision.possible |= answer != RULE_NO ? 1u << set->outcomes[o].stratum : 0u;
        decision.unknown |= answer == RULE_UNKNOWN ? 1u << o : 0u;
        if (answer == RULE_YES) {
            break;
        }
    }
    decision.is_open = (decision.possible & (decision.possible - 1)) != 0;
    decision.stratum = decision.is_open ? 0 : set->outcomes[last].stratum;
    decision.n_reached = last + 1;
    decision.n_asked = last + 1;
    while (decision.n_asked < set->n_outcomes &&
           set->outcomes[decision.n_asked].stratum == set->outcomes[last].stratum) {
        decision.n_asked++;
    }
    for (int o = 0; o < set->n_outcomes && !decision.is_open; o++) {
        bool is_same = set->outcomes[o].stratum == decision.stratum;
        /* The last holds only where nothing else did. */
        bool is_reached = set->outcomes[o].when != RULE_NONE || o == last;
        if (is_same && is_reached && answer_of_outcome(&set->outcomes[o], patient) == RULE_YES) {
            decision.holding |= 1u << o;
        }
    }
    return decision;
}

static void flag_fact(const RuleFacts *facts, const RuleNode *node, size_t lesion,
                      bool with_unknown, Flags *flags) {
    bool is_unknown = is_missing(facts, node->column, lesion);
    if (is_unknown && with_unknown) {
        flags_add(flags, node->flag_unknown);
    }
    if (!is_unknown && (node->kind == RULE_BELOW || node->kind == RULE_ABOVE) &&
        facts->numbers[node->column][lesion] == limit_of(facts, node)) {
        flags_add(flags, node->flag_at_limit);
    }
}

void rule_evaluate_flags(const RuleSet *set, const RuleFacts *facts, const RuleBlock *block,
                         int node, size_t lesion, size_t i, bool with_unknown, Flags *flags) {
    const RuleNode *at = &set->nodes[node];
    if (rule_evaluate_answer(block, node, i) == RULE_YES) {
        flags_add(flags, at->flag);
    }
    if (at->column != RULE_NONE) {
        flag_fact(facts, at, lesion, with_unknown, flags);
        return;
    }
    for (int o = 0; o < at->n_operands; o++) {
        int operand = set->operands[at->first_operand + o];
        if (set->nodes[operand].scope != at->scope) {
            return;
        }
        rule_evaluate_flags(set, facts, block, operand, lesion, i, with_unknown, flags);
        RuleAnswer answer = rule_evaluate_answer(block, operand, i);
        if ((at->kind == RULE_ALL && answer == RULE_NO) ||
            (at->kind == RULE_ANY && answer == RULE_YES)) {
            return;
        }
    }
}
