/* The evaluator of rule sets: total, without allocation, 64 lesions at a time.
 *
 * An answer is a pair of bits, yes and no; neither is unknown (Kleene 1952, strong tables: not
 * swaps the two, all is AND of yes and OR of no). The answers of 64 lesions are two words, so that
 * logic costs one instruction for all of them. Every node reads operands before it only, and every
 * node has an answer whatever the facts are: NaN, "" and a column that is not there are unknown. */
#ifndef YTTRIA_STRATIFY_RULE_EVALUATE_H
#define YTTRIA_STRATIFY_RULE_EVALUATE_H

#include <stddef.h>

#include "core/flags.h"
#include "stratify/rule_set.h"

enum { RULE_BLOCK_LESIONS = 64 };

/* What is known, one array per column, all borrowed; NULL: nothing is known. A column of lesions
 * has n_lesions values, one of the patient has one. */
typedef struct RuleFacts {
    size_t n_lesions;
    const char *const *lesion_names; /* for sentences; may be NULL */
    const double *numbers[RULE_COLUMN_COUNT];
    const char *const *texts[RULE_COLUMN_COUNT];
    double settings[RULE_SETTING_COUNT]; /* a number (NaN: unknown), or a RuleAnswer */
} RuleFacts;

/* Answers by node: of up to 64 lesions (bit i: the i-th of the block) or, bit 0, of the patient. */
typedef struct RuleBlock {
    uint64_t yes[RULE_MAX_NODES], no[RULE_MAX_NODES];
} RuleBlock;

/* By node that counts: lesions for which it surely holds, and for which it may. For `every` they
 * are those that contradict it. */
typedef struct RuleTally {
    size_t sure[RULE_MAX_NODES], possible[RULE_MAX_NODES];
} RuleTally;

/* The lesions' nodes for lesions `first` to `first` + n - 1, n <= 64. `with_flags`: also those
 * that no outcome depends on. */
void rule_evaluate_lesions(const RuleSet *set, const RuleFacts *facts, size_t first, size_t n,
                           bool with_flags, RuleBlock *block);

/* Sets a tally to zero; adds a block of n lesions to it. */
void rule_evaluate_start(const RuleSet *set, RuleTally *tally);
void rule_evaluate_add(const RuleSet *set, const RuleBlock *block, size_t n, RuleTally *tally);

/* The patient's nodes, when all lesions are in the tally. */
void rule_evaluate_patient(const RuleSet *set, const RuleFacts *facts, const RuleTally *tally,
                           bool with_flags, RuleBlock *patient);

/* All of the above: the patient's nodes from all facts. `tally` may be NULL. */
void rule_evaluate_all(const RuleSet *set, const RuleFacts *facts, RuleTally *tally,
                       RuleBlock *patient);

/* Answer of a node for the i-th lesion of the block, or (i = 0) for the patient. */
RuleAnswer rule_evaluate_answer(const RuleBlock *block, int node, size_t i);

/* What a set that decides says. Outcomes are gone through in order: one that holds ends it, one
 * that is unknown leaves its stratum open. If all that is left open agrees there is a stratum. */
typedef struct RuleDecision {
    int stratum;       /* 0 also if it stays open */
    bool is_open;      /* more than one stratum is possible */
    unsigned possible; /* bit s: stratum s is */
    unsigned holding;  /* bit o: outcome o holds and gives `stratum`; none if it is open */
    unsigned unknown;  /* bit o: outcome o is unknown and was come to */
    int n_reached;     /* outcomes come to */
    int n_asked;       /* those, and the ones of the same stratum next to the last of them */
} RuleDecision;

RuleDecision rule_evaluate_decide(const RuleSet *set, const RuleBlock *patient);

/* Adds the flags of `node` and of what it depends on within its scope, for lesion `lesion` (index
 * i of the block) or the patient (i = 0). Operands that no longer matter are passed over: after a
 * no in `all`, after a yes in `any`. Flags of unknown facts only `with_unknown`. */
void rule_evaluate_flags(const RuleSet *set, const RuleFacts *facts, const RuleBlock *block,
                         int node, size_t lesion, size_t i, bool with_unknown, Flags *flags);

#endif
