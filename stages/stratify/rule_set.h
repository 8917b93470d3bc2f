/* A rule set: named criteria on the facts about a patient and the lesions, read from YAML
 * (docs/rules.md) and compiled into flat arrays that rule_evaluate.h walks from start to end.
 *
 * A criterion's answer is yes, no or unknown (Kleene's strong three-valued logic). A set that
 * decides lists outcomes, of which the first that holds gives the stratum; a set that annotates
 * lists the criteria it reports. All names are resolved, and every mistake found, when it is
 * loaded: what is loaded can be evaluated on any facts. */
#ifndef YTTRIA_STRATIFY_RULE_SET_H
#define YTTRIA_STRATIFY_RULE_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "stratify/rule_vocabulary.h"

enum {
    RULE_MAX_NODES = 160,
    RULE_MAX_OPERANDS = 512, /* of all nodes together */
    RULE_MAX_LIMITS = 32,
    RULE_MAX_OUTCOMES = 16,
    RULE_MAX_REPORTED = 32,
    RULE_MAX_STRATUM = 5,
    RULE_NAME_SIZE = 48,
    RULE_TEXT_SIZE = 256,
    RULE_NONE = -1
};

typedef enum RuleAnswer { RULE_NO, RULE_YES, RULE_UNKNOWN } RuleAnswer;

typedef enum RuleRole { RULE_DECIDES, RULE_ANNOTATES } RuleRole;

typedef enum RuleKind {
    RULE_BELOW,   /* a number below its limit */
    RULE_ABOVE,   /* a number above its limit */
    RULE_MISSING, /* a number or text is missing: yes or no */
    RULE_WORD,    /* a text is a certain word */
    RULE_SWITCH,  /* a yes or no of the configuration */
    RULE_NOT,
    RULE_ALL,
    RULE_ANY,
    RULE_COUNT_BELOW, /* number of lesions for which operand 0 (and operand 1, if any) holds */
    RULE_COUNT_ABOVE,
    RULE_EVERY, /* operand 0 of every lesion for which operand 1, if any, holds */
    RULE_SOME
} RuleKind;

/* An answer that is fixed, or that of a key of the configuration. */
typedef struct RuleChoice {
    int setting; /* RuleSettingId, or RULE_NONE */
    RuleAnswer fixed;
} RuleChoice;

/* What is read at every evaluation comes first: one line of the cache. */
typedef struct RuleNode {
    RuleKind kind;
    RuleScope scope;
    bool is_for_flags;             /* no outcome or report depends on it */
    int column;                    /* RuleColumnId */
    int limit_setting;             /* RuleSettingId; RULE_NONE if the limit is a fixed number */
    int first_operand, n_operands; /* in `operands` */
    double limit;                  /* NaN if it is a setting */
    RuleChoice at_limit;           /* at exactly the limit; or the switch of RULE_SWITCH */
    RuleChoice if_unknown;
    char name[RULE_NAME_SIZE]; /* "" if it is written inside another */
    char word[RULE_NAME_SIZE]; /* of RULE_WORD */
    char flag[RULE_NAME_SIZE]; /* raised by the answer yes; "" for none */
    char flag_at_limit[RULE_NAME_SIZE];
    char flag_unknown[RULE_NAME_SIZE];
} RuleNode;

/* Some of the nodes, operands first. */
typedef struct RuleOrder {
    int nodes[RULE_MAX_NODES];
    int n;
} RuleOrder;

typedef struct RuleOutcome {
    int when; /* a patient's node; RULE_NONE: always */
    int stratum;
    char because[RULE_TEXT_SIZE];
} RuleOutcome;

typedef struct RuleSet {
    char name[RULE_NAME_SIZE];
    char title[RULE_TEXT_SIZE];
    char source[RULE_TEXT_SIZE];
    RuleRole role;
    RuleNode nodes[RULE_MAX_NODES]; /* operands before those that use them */
    int n_nodes;
    RuleOrder of_scope[2]; /* by RuleScope */
    RuleOrder counting;    /* those that count lesions */
    int operands[RULE_MAX_OPERANDS];
    int n_operands;
    RuleOutcome outcomes[RULE_MAX_OUTCOMES]; /* of a set that decides; the last is always so */
    int n_outcomes;
    int reported[RULE_MAX_REPORTED]; /* of a set that annotates: patient's nodes */
    int n_reported;
} RuleSet;

/* Reads, checks and compiles `path`. Anything that is not as docs/rules.md says is STATUS_CONFIG
 * with "file:line: " and the name concerned; a file that cannot be opened STATUS_NO_INPUT. */
Status rule_set_load(const char *path, RuleSet *set, Error *error);

/* Index of the criterion of that name and scope, RULE_NONE without one. */
int rule_set_find(const RuleSet *set, const char *name, RuleScope scope);

#endif
