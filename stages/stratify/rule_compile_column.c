/* Criteria that look at one fact (rule_compile.h): a column against a limit or a word, or a switch
 * of the configuration. Kinds and units must suit. */
#include <string.h>

#include "stratify/rule_compile.h"

Status rule_compile_flag(const RuleCompiler *compiler, const yaml_node_t *at, const char *key,
                         char *flag, Error *error) {
    const yaml_node_t *node = rule_yaml_get(&compiler->yaml, at, key);
    if (node == NULL) {
        return STATUS_OK;
    }
    Status status = rule_yaml_text(&compiler->yaml, node, key, flag, RULE_NAME_SIZE, error);
    return status == STATUS_OK ? rule_compile_check_name(compiler, node, key, flag, error) : status;
}

/* "yes", "no", or a key of the configuration of the kind wanted. */
static Status take_choice(RuleCompiler *compiler, const yaml_node_t *at, const char *key,
                          RuleSettingKind kind, RuleChoice *choice, Error *error) {
    char text[RULE_TEXT_SIZE];
    const yaml_node_t *node = rule_yaml_get(&compiler->yaml, at, key);
    if (node == NULL) {
        return STATUS_OK;
    }
    Status status = rule_yaml_text(&compiler->yaml, node, key, text, sizeof text, error);
    if (status != STATUS_OK) {
        return status;
    }
    if (strcmp(text, "yes") == 0 || strcmp(text, "no") == 0) {
        choice->fixed = text[0] == 'y' ? RULE_YES : RULE_NO;
        return STATUS_OK;
    }
    RuleSettingId setting = rule_setting_find(text);
    if (setting == RULE_SETTING_COUNT) {
        return rule_yaml_refuse(&compiler->yaml, node, error,
                                "%s: '%s' is neither yes nor no nor a key of the configuration",
                                key, text);
    }
    if (rule_setting(setting)->kind != kind) {
        return rule_yaml_refuse(&compiler->yaml, node, error,
                                "%s: configuration key '%s' is not %s", key, text,
                                kind == RULE_SETTING_SWITCH ? "a choice of yes or no"
                                                            : "a choice of what unknown counts as");
    }
    choice->setting = (int)setting;
    return STATUS_OK;
}

static Status take_limit(RuleCompiler *compiler, const yaml_node_t *at, const char *units,
                         RuleNode *node, Error *error) {
    char name[RULE_NAME_SIZE];
    Status status = rule_yaml_get_text(&compiler->yaml, at, "limit", name, sizeof name, error);
    if (status != STATUS_OK) {
        return status;
    }
    const yaml_node_t *name_node = rule_yaml_get(&compiler->yaml, at, "limit");
    int l = 0;
    while (l < compiler->n_limits && strcmp(compiler->limits[l].name, name) != 0) {
        l++;
    }
    if (l == compiler->n_limits) {
        return rule_yaml_refuse(&compiler->yaml, name_node, error,
                                "limit '%s' is not among 'limits:'", name);
    }
    RuleLimit *limit = &compiler->limits[l];
    if (strcmp(limit->units, units) != 0) {
        return rule_yaml_refuse(&compiler->yaml, name_node, error,
                                "limit '%s' is in %s, what it limits is in %s", name, limit->units,
                                units);
    }
    limit->is_used = true;
    node->limit_setting = limit->setting;
    node->limit = limit->value;
    return take_choice(compiler, at, "at_limit", RULE_SETTING_SWITCH, &node->at_limit, error);
}

Status rule_compile_side(RuleCompiler *compiler, const yaml_node_t *at, const char *is,
                         RuleKind below, RuleKind above, const char *units, RuleNode *node,
                         Error *error) {
    bool is_below = strcmp(is, "below") == 0;
    if (!is_below && strcmp(is, "above") != 0) {
        return rule_yaml_refuse(&compiler->yaml, rule_yaml_get(&compiler->yaml, at, "is"), error,
                                "'is: %s' does not suit a number; use below or above", is);
    }
    node->kind = is_below ? below : above;
    return take_limit(compiler, at, units, node, error);
}

static Status take_word(RuleCompiler *compiler, const yaml_node_t *at, const char *is,
                        const RuleColumn *column, RuleNode *node, Error *error) {
    const yaml_node_t *is_node = rule_yaml_get(&compiler->yaml, at, "is");
    if (!rule_words_have(column->words, is)) {
        return rule_yaml_refuse(&compiler->yaml, is_node, error,
                                "column '%s' is never '%s'; its words: %s", column->name, is,
                                column->words);
    }
    if (rule_yaml_get(&compiler->yaml, at, "limit") != NULL ||
        rule_yaml_get(&compiler->yaml, at, "at_limit") != NULL || node->flag_at_limit[0] != '\0') {
        return rule_yaml_refuse(&compiler->yaml, is_node, error,
                                "column '%s' is text and has no limit", column->name);
    }
    node->kind = RULE_WORD;
    memcpy(node->word, is, strlen(is) + 1);
    return STATUS_OK;
}

/* That a criterion that asks whether a value is missing has none of the keys about values. */
static Status take_missing(RuleCompiler *compiler, const yaml_node_t *at, RuleNode *node,
                           Error *error) {
    static const char *const unsuited[] = {"limit", "at_limit", "if_unknown", "flag_at_limit",
                                           "flag_unknown"};
    for (size_t k = 0; k < sizeof unsuited / sizeof *unsuited; k++) {
        const yaml_node_t *value = rule_yaml_get(&compiler->yaml, at, unsuited[k]);
        if (value != NULL) {
            return rule_yaml_refuse(&compiler->yaml, value, error,
                                    "'%s' does not go with 'is: missing'", unsuited[k]);
        }
    }
    node->kind = RULE_MISSING;
    return STATUS_OK;
}

Status rule_compile_column(RuleCompiler *compiler, const yaml_node_t *at, RuleNode *node,
                           Error *error) {
    char name[RULE_NAME_SIZE], is[RULE_NAME_SIZE];
    const RuleYaml *yaml = &compiler->yaml;
    Status status = rule_yaml_get_text(yaml, at, "column", name, sizeof name, error);
    if (status == STATUS_OK) {
        status = rule_yaml_get_text(yaml, at, "is", is, sizeof is, error);
    }
    if (status == STATUS_OK) {
        status = rule_compile_flag(compiler, at, "flag_at_limit", node->flag_at_limit, error);
    }
    if (status == STATUS_OK) {
        status = rule_compile_flag(compiler, at, "flag_unknown", node->flag_unknown, error);
    }
    if (status == STATUS_OK) {
        status = take_choice(compiler, at, "if_unknown", RULE_SETTING_ASSUMPTION, &node->if_unknown,
                             error);
    }
    if (status != STATUS_OK) {
        return status;
    }
    RuleScope other = node->scope == RULE_LESION ? RULE_PATIENT : RULE_LESION;
    RuleColumnId id = rule_column_find(name, node->scope);
    if (id == RULE_COLUMN_COUNT) {
        return rule_yaml_refuse(
            yaml, rule_yaml_get(yaml, at, "column"), error, "column '%s' is %s", name,
            rule_column_find(name, other) == RULE_COLUMN_COUNT ? "not known"
            : other == RULE_LESION ? "a lesion's; ask it under 'lesion:' and count the answers"
                                   : "the patient's; ask it under 'patient:'");
    }
    const RuleColumn *column = rule_column(id);
    node->column = (int)id;
    if (strcmp(is, "missing") == 0) {
        return take_missing(compiler, at, node, error);
    }
    return column->units == NULL ? take_word(compiler, at, is, column, node, error)
                                 : rule_compile_side(compiler, at, is, RULE_BELOW, RULE_ABOVE,
                                                     column->units, node, error);
}

Status rule_compile_switch(RuleCompiler *compiler, const yaml_node_t *at, RuleNode *node,
                           Error *error) {
    node->kind = RULE_SWITCH;
    Status status =
        take_choice(compiler, at, "configuration", RULE_SETTING_SWITCH, &node->at_limit, error);
    return status == STATUS_OK && node->at_limit.setting == RULE_NONE
               ? rule_yaml_refuse(&compiler->yaml, at, error,
                                  "'configuration' names a key, not yes or no")
               : status;
}
