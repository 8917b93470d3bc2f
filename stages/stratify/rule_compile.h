/* From named criteria in YAML to nodes of a RuleSet: names are looked up, kinds and units checked,
 * operands put before what uses them. Used by rule_set.c only. */
#ifndef YTTRIA_STRATIFY_RULE_COMPILE_H
#define YTTRIA_STRATIFY_RULE_COMPILE_H

#include "stratify/rule_set.h"
#include "stratify/rule_yaml.h"

enum { RULE_UNITS_SIZE = 16 };

/* A named number. */
typedef struct RuleLimit {
    char name[RULE_NAME_SIZE];
    int setting; /* RuleSettingId, or RULE_NONE */
    double value;
    char units[RULE_UNITS_SIZE];
    const yaml_node_t *at;
    bool is_used;
} RuleLimit;

/* A named criterion, compiled when it is first asked for. */
typedef struct RuleDeclared {
    char name[RULE_NAME_SIZE];
    const yaml_node_t *key, *value;
    RuleScope scope;
    int node; /* RULE_NONE until it is compiled */
    bool is_being_compiled, is_used;
} RuleDeclared;

typedef struct RuleCompiler {
    RuleYaml yaml;
    RuleSet *set;
    RuleLimit limits[RULE_MAX_LIMITS];
    int n_limits;
    RuleDeclared declared[RULE_MAX_NODES];
    int n_declared;
    int chain[RULE_MAX_NODES]; /* criteria being compiled, each asked for by the one before */
    int n_chain;
} RuleCompiler;

/* That `name` is a word of lower-case letters, digits and '_' that begins with a letter. */
Status rule_compile_check_name(const RuleCompiler *compiler, const yaml_node_t *at,
                               const char *what, const char *name, Error *error);

/* Takes the names of the section `section` ("lesion", "patient"; NULL: it is not there). */
Status rule_compile_declare(RuleCompiler *compiler, const yaml_node_t *section, RuleScope scope,
                            Error *error);

/* Compiles the criterion that `at` names, or writes out, into node `*index`. */
Status rule_compile_operand(RuleCompiler *compiler, const yaml_node_t *at, RuleScope scope,
                            int *index, Error *error);

/* Parts of a criterion's mapping `at`, used among the forms: a column, a switch of the
 * configuration, the optional name of a flag under `key`, and a side of a limit (`is`, below or
 * above, gives one of the two kinds; what is compared is in `units`). */
Status rule_compile_column(RuleCompiler *compiler, const yaml_node_t *at, RuleNode *node,
                           Error *error);
Status rule_compile_switch(RuleCompiler *compiler, const yaml_node_t *at, RuleNode *node,
                           Error *error);
Status rule_compile_flag(const RuleCompiler *compiler, const yaml_node_t *at, const char *key,
                         char *flag, Error *error);
Status rule_compile_side(RuleCompiler *compiler, const yaml_node_t *at, const char *is,
                         RuleKind below, RuleKind above, const char *units, RuleNode *node,
                         Error *error);

/* Compiles every declared criterion that nobody asked for yet. */
Status rule_compile_rest(RuleCompiler *compiler, Error *error);

#endif
