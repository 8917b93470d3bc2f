/* Criteria to nodes (rule_compile.h): recursive descent over the forms of docs/rules.md. A circle
 * is found by meeting a criterion that is still being compiled. */
#include "stratify/rule_compile.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* One form of a criterion, told by the key that only it has. */
typedef struct Form {
    const char *key;
    const char *keys;
    bool is_patients;
    Status (*compile)(RuleCompiler *, const yaml_node_t *, RuleNode *, Error *);
} Form;

Status rule_compile_check_name(const RuleCompiler *compiler, const yaml_node_t *at,
                               const char *what, const char *name, Error *error) {
    bool is_good = islower((unsigned char)name[0]) != 0;
    for (const char *c = name; *c != '\0'; c++) {
        is_good =
            is_good && (islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '_');
    }
    return is_good ? STATUS_OK
                   : rule_yaml_refuse(&compiler->yaml, at, error,
                                      "%s '%s': a name is lower-case letters, digits and '_'", what,
                                      name);
}

static RuleDeclared *find_declared(RuleCompiler *compiler, const char *name) {
    for (int d = 0; d < compiler->n_declared; d++) {
        if (strcmp(compiler->declared[d].name, name) == 0) {
            return &compiler->declared[d];
        }
    }
    return NULL;
}

Status rule_compile_declare(RuleCompiler *compiler, const yaml_node_t *section, RuleScope scope,
                            Error *error) {
    if (section == NULL) {
        return STATUS_OK;
    }
    Status status = section->type == YAML_MAPPING_NODE
                        ? STATUS_OK
                        : rule_yaml_refuse(&compiler->yaml, section, error,
                                           "criteria must be 'name: {...}' pairs");
    for (const yaml_node_pair_t *pair = section->data.mapping.pairs.start;
         status == STATUS_OK && pair < section->data.mapping.pairs.top; pair++) {
        RuleDeclared declared = {.key = rule_yaml_node(&compiler->yaml, pair->key),
                                 .value = rule_yaml_node(&compiler->yaml, pair->value),
                                 .scope = scope,
                                 .node = RULE_NONE};
        status = rule_yaml_text(&compiler->yaml, declared.key, "a criterion's name", declared.name,
                                sizeof declared.name, error);
        if (status == STATUS_OK) {
            status =
                rule_compile_check_name(compiler, declared.key, "criterion", declared.name, error);
        }
        if (status == STATUS_OK && find_declared(compiler, declared.name) != NULL) {
            status = rule_yaml_refuse(&compiler->yaml, declared.key, error,
                                      "criterion '%s' is there twice", declared.name);
        }
        if (status == STATUS_OK && compiler->n_declared == RULE_MAX_NODES) {
            status = rule_yaml_refuse(&compiler->yaml, declared.key, error, "more than %d criteria",
                                      (int)RULE_MAX_NODES);
        }
        if (status == STATUS_OK) {
            compiler->declared[compiler->n_declared++] = declared;
        }
    }
    return status;
}

static Status add_operand(RuleCompiler *compiler, const yaml_node_t *at, int index, RuleNode *node,
                          Error *error) {
    RuleSet *set = compiler->set;
    if (set->n_operands == RULE_MAX_OPERANDS) {
        return rule_yaml_refuse(&compiler->yaml, at, error, "more than %d operands",
                                (int)RULE_MAX_OPERANDS);
    }
    node->first_operand = node->n_operands == 0 ? set->n_operands : node->first_operand;
    node->n_operands++;
    set->operands[set->n_operands++] = index;
    return STATUS_OK;
}

static Status compile_not(RuleCompiler *compiler, const yaml_node_t *at, RuleNode *node,
                          Error *error) {
    int index = RULE_NONE;
    const yaml_node_t *operand = rule_yaml_get(&compiler->yaml, at, "not");
    node->kind = RULE_NOT;
    Status status = rule_compile_operand(compiler, operand, node->scope, &index, error);
    return status == STATUS_OK ? add_operand(compiler, at, index, node, error) : status;
}

/* `all` and `any`. Operands are collected first: compiling one adds operands of its own. */
static Status compile_list(RuleCompiler *compiler, const yaml_node_t *list, RuleNode *node,
                           Error *error) {
    enum { MAX_LIST = 32 };
    int indices[MAX_LIST], n = 0;
    if (list->type != YAML_SEQUENCE_NODE ||
        list->data.sequence.items.top == list->data.sequence.items.start ||
        list->data.sequence.items.top - list->data.sequence.items.start > MAX_LIST) {
        return rule_yaml_refuse(&compiler->yaml, list, error,
                                "'all' and 'any' take a list of one to %d criteria", (int)MAX_LIST);
    }
    Status status = STATUS_OK;
    for (const yaml_node_item_t *item = list->data.sequence.items.start;
         status == STATUS_OK && item < list->data.sequence.items.top; item++) {
        status = rule_compile_operand(compiler, rule_yaml_node(&compiler->yaml, *item), node->scope,
                                      &indices[n++], error);
    }
    for (int i = 0; status == STATUS_OK && i < n; i++) {
        status = add_operand(compiler, list, indices[i], node, error);
    }
    return status;
}

static Status compile_all(RuleCompiler *compiler, const yaml_node_t *at, RuleNode *node,
                          Error *error) {
    node->kind = RULE_ALL;
    return compile_list(compiler, rule_yaml_get(&compiler->yaml, at, "all"), node, error);
}

static Status compile_any(RuleCompiler *compiler, const yaml_node_t *at, RuleNode *node,
                          Error *error) {
    node->kind = RULE_ANY;
    return compile_list(compiler, rule_yaml_get(&compiler->yaml, at, "any"), node, error);
}

/* The lesions' criterion under `key`, and those it is restricted to under `of`. */
static Status take_lesions(RuleCompiler *compiler, const yaml_node_t *at, const char *key,
                           RuleNode *node, Error *error) {
    const yaml_node_t *of = rule_yaml_get(&compiler->yaml, at, "of");
    int criterion = RULE_NONE, restriction = RULE_NONE;
    Status status = rule_compile_operand(compiler, rule_yaml_get(&compiler->yaml, at, key),
                                         RULE_LESION, &criterion, error);
    if (status == STATUS_OK && of != NULL) {
        status = rule_compile_operand(compiler, of, RULE_LESION, &restriction, error);
    }
    if (status == STATUS_OK) {
        status = add_operand(compiler, at, criterion, node, error);
    }
    return status == STATUS_OK && of != NULL ? add_operand(compiler, at, restriction, node, error)
                                             : status;
}

static Status compile_count(RuleCompiler *compiler, const yaml_node_t *at, RuleNode *node,
                            Error *error) {
    char is[RULE_NAME_SIZE];
    Status status = rule_yaml_get_text(&compiler->yaml, at, "is", is, sizeof is, error);
    if (status == STATUS_OK) {
        status = rule_compile_side(compiler, at, is, RULE_COUNT_BELOW, RULE_COUNT_ABOVE, "1", node,
                                   error);
    }
    return status == STATUS_OK ? take_lesions(compiler, at, "count", node, error) : status;
}

static Status compile_every(RuleCompiler *compiler, const yaml_node_t *at, RuleNode *node,
                            Error *error) {
    node->kind = RULE_EVERY;
    return take_lesions(compiler, at, "every", node, error);
}

static Status compile_some(RuleCompiler *compiler, const yaml_node_t *at, RuleNode *node,
                           Error *error) {
    node->kind = RULE_SOME;
    return take_lesions(compiler, at, "some", node, error);
}

static Status emit(RuleCompiler *compiler, const yaml_node_t *at, const RuleNode *node, int *index,
                   Error *error) {
    RuleSet *set = compiler->set;
    if (set->n_nodes == RULE_MAX_NODES) {
        return rule_yaml_refuse(&compiler->yaml, at, error, "more than %d criteria in all",
                                (int)RULE_MAX_NODES);
    }
    *index = set->n_nodes;
    set->nodes[set->n_nodes++] = *node;
    return STATUS_OK;
}

static RuleNode empty_node(RuleScope scope) {
    return (RuleNode){.scope = scope,
                      .column = RULE_NONE,
                      .limit_setting = RULE_NONE,
                      .limit = NAN,
                      .at_limit = {RULE_NONE, RULE_NO},
                      .if_unknown = {RULE_NONE, RULE_UNKNOWN}};
}

/* none: not some. */
static Status compile_none(RuleCompiler *compiler, const yaml_node_t *at, RuleNode *node,
                           Error *error) {
    int index = RULE_NONE;
    RuleNode some = empty_node(RULE_PATIENT);
    some.kind = RULE_SOME;
    node->kind = RULE_NOT;
    Status status = take_lesions(compiler, at, "none", &some, error);
    if (status == STATUS_OK) {
        status = emit(compiler, at, &some, &index, error);
    }
    return status == STATUS_OK ? add_operand(compiler, at, index, node, error) : status;
}

#define COLUMN_KEYS "column|is|limit|at_limit|if_unknown|flag|flag_at_limit|flag_unknown"

static const Form FORMS[] = {
    {"column", COLUMN_KEYS, false, rule_compile_column},
    {"configuration", "configuration|flag", false, rule_compile_switch},
    {"not", "not|flag", false, compile_not},
    {"all", "all|flag", false, compile_all},
    {"any", "any|flag", false, compile_any},
    {"count", "count|of|is|limit|at_limit|flag", true, compile_count},
    {"every", "every|of|flag", true, compile_every},
    {"some", "some|of|flag", true, compile_some},
    {"none", "none|of|flag", true, compile_none},
};

static Status compile_expression(RuleCompiler *compiler, const yaml_node_t *at, RuleScope scope,
                                 const char *name, int *index, Error *error) {
    const Form *form = NULL;
    Status status = rule_yaml_check_mapping(&compiler->yaml, at, NULL, "a criterion", error);
    if (status != STATUS_OK) {
        return status;
    }
    for (size_t f = 0; f < sizeof FORMS / sizeof *FORMS && form == NULL; f++) {
        form = rule_yaml_get(&compiler->yaml, at, FORMS[f].key) != NULL ? &FORMS[f] : NULL;
    }
    if (form == NULL) {
        return rule_yaml_refuse(&compiler->yaml, at, error,
                                "a criterion has one of the keys column, configuration, not, all, "
                                "any, count, every, some, none");
    }
    status = rule_yaml_check_mapping(&compiler->yaml, at, form->keys, form->key, error);
    if (status == STATUS_OK && form->is_patients && scope == RULE_LESION) {
        status = rule_yaml_refuse(&compiler->yaml, at, error,
                                  "'%s' is about all lesions; use it under 'patient:'", form->key);
    }
    RuleNode node = empty_node(scope);
    snprintf(node.name, sizeof node.name, "%s", name);
    if (status == STATUS_OK) {
        status = rule_compile_flag(compiler, at, "flag", node.flag, error);
    }
    if (status == STATUS_OK) {
        status = form->compile(compiler, at, &node, error);
    }
    return status == STATUS_OK ? emit(compiler, at, &node, index, error) : status;
}

/* "a -> b -> a" of the criteria being compiled. */
static Status refuse_circle(RuleCompiler *compiler, const RuleDeclared *declared, Error *error) {
    char circle[RULE_TEXT_SIZE] = "";
    bool is_inside = false;
    for (int c = 0; c < compiler->n_chain; c++) {
        const RuleDeclared *link = &compiler->declared[compiler->chain[c]];
        size_t used = strlen(circle);
        is_inside = is_inside || link == declared;
        if (is_inside) {
            snprintf(circle + used, sizeof circle - used, "%s -> ", link->name);
        }
    }
    return rule_yaml_refuse(&compiler->yaml, declared->key, error,
                            "criterion '%s' depends on itself: %s%s", declared->name, circle,
                            declared->name);
}

static Status compile_declared(RuleCompiler *compiler, RuleDeclared *declared, Error *error) {
    if (declared->node != RULE_NONE) {
        return STATUS_OK;
    }
    if (declared->is_being_compiled) {
        return refuse_circle(compiler, declared, error);
    }
    declared->is_being_compiled = true;
    compiler->chain[compiler->n_chain++] = (int)(declared - compiler->declared);
    Status status = compile_expression(compiler, declared->value, declared->scope, declared->name,
                                       &declared->node, error);
    compiler->n_chain--;
    declared->is_being_compiled = false;
    return status;
}

Status rule_compile_operand(RuleCompiler *compiler, const yaml_node_t *at, RuleScope scope,
                            int *index, Error *error) {
    char name[RULE_NAME_SIZE];
    if (at->type == YAML_MAPPING_NODE) {
        return compile_expression(compiler, at, scope, "", index, error);
    }
    Status status = rule_yaml_text(&compiler->yaml, at, "a criterion", name, sizeof name, error);
    if (status != STATUS_OK) {
        return status;
    }
    RuleDeclared *declared = find_declared(compiler, name);
    if (declared == NULL) {
        return rule_yaml_refuse(&compiler->yaml, at, error, "criterion '%s' is not defined", name);
    }
    if (declared->scope != scope) {
        return rule_yaml_refuse(&compiler->yaml, at, error, "criterion '%s' is %s, here %s", name,
                                scope == RULE_PATIENT ? "a lesion's" : "the patient's",
                                scope == RULE_PATIENT
                                    ? "one of the patient is needed; use count, every, some or none"
                                    : "one of a lesion is needed");
    }
    declared->is_used = true;
    status = compile_declared(compiler, declared, error);
    *index = declared->node;
    return status;
}

Status rule_compile_rest(RuleCompiler *compiler, Error *error) {
    Status status = STATUS_OK;
    for (int d = 0; d < compiler->n_declared && status == STATUS_OK; d++) {
        status = compile_declared(compiler, &compiler->declared[d], error);
    }
    return status;
}
