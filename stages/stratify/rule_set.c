/* A rule file from top to bottom (rule_set.h): limits, criteria (rule_compile.c), then what they
 * are for. What nothing uses is refused: it is misspelt more often than not. */
#include "stratify/rule_set.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stratify/rule_compile.h"

static Status take_fixed_limit(const RuleYaml *yaml, const yaml_node_t *at, RuleLimit *limit,
                               Error *error) {
    char source[RULE_TEXT_SIZE];
    Status status = rule_yaml_check_mapping(yaml, at, "value|units|source", limit->name, error);
    if (status == STATUS_OK) {
        status = rule_yaml_get_text(yaml, at, "source", source, sizeof source, error);
    }
    if (status == STATUS_OK) {
        status = rule_yaml_get_text(yaml, at, "units", limit->units, sizeof limit->units, error);
    }
    return status == STATUS_OK ? rule_yaml_number(yaml, rule_yaml_get(yaml, at, "value"),
                                                  limit->name, &limit->value, error)
                               : status;
}

static Status take_configured_limit(const RuleYaml *yaml, const yaml_node_t *at, RuleLimit *limit,
                                    Error *error) {
    char key[RULE_TEXT_SIZE];
    Status status = rule_yaml_check_mapping(yaml, at, "configuration", limit->name, error);
    if (status == STATUS_OK) {
        status = rule_yaml_get_text(yaml, at, "configuration", key, sizeof key, error);
    }
    if (status != STATUS_OK) {
        return status;
    }
    RuleSettingId setting = rule_setting_find(key);
    if (setting == RULE_SETTING_COUNT || rule_setting(setting)->kind != RULE_SETTING_NUMBER) {
        return rule_yaml_refuse(yaml, at, error, "limit '%s': configuration key '%s' is %s",
                                limit->name, key,
                                setting == RULE_SETTING_COUNT ? "not known" : "not a number");
    }
    limit->setting = (int)setting;
    strcpy(limit->units, rule_setting(setting)->units);
    return STATUS_OK;
}

static Status take_limit(RuleCompiler *compiler, const yaml_node_pair_t *pair, Error *error) {
    const RuleYaml *yaml = &compiler->yaml;
    const yaml_node_t *key = rule_yaml_node(yaml, pair->key);
    const yaml_node_t *value = rule_yaml_node(yaml, pair->value);
    if (compiler->n_limits == RULE_MAX_LIMITS) {
        return rule_yaml_refuse(yaml, key, error, "more than %d limits", (int)RULE_MAX_LIMITS);
    }
    RuleLimit *limit = &compiler->limits[compiler->n_limits++];
    *limit = (RuleLimit){.at = key, .setting = RULE_NONE, .value = NAN};
    Status status =
        rule_yaml_text(yaml, key, "a limit's name", limit->name, sizeof limit->name, error);
    if (status == STATUS_OK) {
        status = rule_compile_check_name(compiler, key, "limit", limit->name, error);
    }
    if (status == STATUS_OK) {
        status = rule_yaml_check_mapping(yaml, value, NULL, limit->name, error);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (rule_yaml_get(yaml, value, "configuration") != NULL) {
        return take_configured_limit(yaml, value, limit, error);
    }
    return rule_yaml_get(yaml, value, "value") != NULL
               ? take_fixed_limit(yaml, value, limit, error)
               : rule_yaml_refuse(yaml, value, error,
                                  "limit '%s' has neither 'configuration' nor 'value'",
                                  limit->name);
}

static Status take_limits(RuleCompiler *compiler, const yaml_node_t *root, Error *error) {
    const yaml_node_t *limits = rule_yaml_get(&compiler->yaml, root, "limits");
    if (limits == NULL) {
        return STATUS_OK;
    }
    Status status = rule_yaml_check_mapping(&compiler->yaml, limits, NULL, "limits", error);
    for (const yaml_node_pair_t *pair = limits->data.mapping.pairs.start;
         status == STATUS_OK && pair < limits->data.mapping.pairs.top; pair++) {
        status = take_limit(compiler, pair, error);
    }
    return status;
}

static Status take_stratum(const RuleYaml *yaml, const yaml_node_t *at, int *stratum,
                           Error *error) {
    double number;
    const yaml_node_t *node = rule_yaml_get(yaml, at, "stratum");
    if (node == NULL) {
        return rule_yaml_refuse(yaml, at, error, "an outcome without 'stratum'");
    }
    Status status = rule_yaml_number(yaml, node, "stratum", &number, error);
    if (status == STATUS_OK &&
        !(number >= 0 && number <= RULE_MAX_STRATUM && number == floor(number))) {
        status = rule_yaml_refuse(yaml, node, error, "stratum %g is not one of 0 to %d", number,
                                  (int)RULE_MAX_STRATUM);
    }
    *stratum = status == STATUS_OK ? (int)number : 0;
    return status;
}

static Status take_outcome(RuleCompiler *compiler, const yaml_node_t *at, Error *error) {
    const RuleYaml *yaml = &compiler->yaml;
    RuleSet *set = compiler->set;
    RuleOutcome outcome = {.when = RULE_NONE};
    if (set->n_outcomes == RULE_MAX_OUTCOMES) {
        return rule_yaml_refuse(yaml, at, error, "more than %d outcomes", (int)RULE_MAX_OUTCOMES);
    }
    if (set->n_outcomes > 0 && set->outcomes[set->n_outcomes - 1].when == RULE_NONE) {
        return rule_yaml_refuse(yaml, at, error,
                                "outcome %d is never reached: the one before it has no 'when'",
                                set->n_outcomes + 1);
    }
    Status status = rule_yaml_check_mapping(yaml, at, "when|stratum|because", "an outcome", error);
    if (status == STATUS_OK) {
        status = take_stratum(yaml, at, &outcome.stratum, error);
    }
    if (status == STATUS_OK) {
        status =
            rule_yaml_get_text(yaml, at, "because", outcome.because, sizeof outcome.because, error);
    }
    const yaml_node_t *when = status == STATUS_OK ? rule_yaml_get(yaml, at, "when") : NULL;
    if (when != NULL) {
        status = rule_compile_operand(compiler, when, RULE_PATIENT, &outcome.when, error);
    }
    for (int o = 0; o < set->n_outcomes && status == STATUS_OK; o++) {
        if (set->outcomes[o].when == outcome.when) {
            status = rule_yaml_refuse(yaml, at, error,
                                      "outcome %d is never reached: outcome %d has the same 'when'",
                                      set->n_outcomes + 1, o + 1);
        }
    }
    set->outcomes[set->n_outcomes++] = outcome;
    return status;
}

static Status take_reported(RuleCompiler *compiler, const yaml_node_t *at, Error *error) {
    RuleSet *set = compiler->set;
    int index = RULE_NONE;
    if (at->type != YAML_SCALAR_NODE || set->n_reported == RULE_MAX_REPORTED) {
        return rule_yaml_refuse(&compiler->yaml, at, error,
                                "'report' takes at most %d names of the patient's criteria",
                                (int)RULE_MAX_REPORTED);
    }
    Status status = rule_compile_operand(compiler, at, RULE_PATIENT, &index, error);
    for (int r = 0; r < set->n_reported && status == STATUS_OK; r++) {
        if (set->reported[r] == index) {
            status = rule_yaml_refuse(&compiler->yaml, at, error, "'%s' is reported twice",
                                      set->nodes[index].name);
        }
    }
    set->reported[set->n_reported++] = index;
    return status;
}

/* The list that the role asks for, and not the other. */
static Status take_purpose(RuleCompiler *compiler, const yaml_node_t *root, Error *error) {
    const RuleYaml *yaml = &compiler->yaml;
    bool is_deciding = compiler->set->role == RULE_DECIDES;
    const char *wanted = is_deciding ? "outcomes" : "report";
    const yaml_node_t *other = rule_yaml_get(yaml, root, is_deciding ? "report" : "outcomes");
    if (other != NULL) {
        return rule_yaml_refuse(yaml, other, error, "'role: %s' takes '%s' only",
                                is_deciding ? "decides" : "annotates", wanted);
    }
    const yaml_node_t *list = rule_yaml_get(yaml, root, wanted);
    if (list == NULL || list->type != YAML_SEQUENCE_NODE ||
        list->data.sequence.items.start == list->data.sequence.items.top) {
        return rule_yaml_refuse(yaml, list != NULL ? list : root, error,
                                "'role: %s' takes a list '%s'",
                                is_deciding ? "decides" : "annotates", wanted);
    }
    Status status = STATUS_OK;
    for (const yaml_node_item_t *item = list->data.sequence.items.start;
         status == STATUS_OK && item < list->data.sequence.items.top; item++) {
        const yaml_node_t *at = rule_yaml_node(yaml, *item);
        status =
            is_deciding ? take_outcome(compiler, at, error) : take_reported(compiler, at, error);
    }
    if (status == STATUS_OK && is_deciding &&
        compiler->set->outcomes[compiler->set->n_outcomes - 1].when != RULE_NONE) {
        status = rule_yaml_refuse(yaml, list, error,
                                  "the last outcome has a 'when': where it does not hold there "
                                  "would be no outcome");
    }
    return status;
}

/* A criterion that raises a flag is used by that. */
static Status check_used(const RuleCompiler *compiler, Error *error) {
    for (int l = 0; l < compiler->n_limits; l++) {
        const RuleLimit *limit = &compiler->limits[l];
        if (!limit->is_used) {
            return rule_yaml_refuse(&compiler->yaml, limit->at, error, "limit '%s' is not used",
                                    limit->name);
        }
    }
    for (int d = 0; d < compiler->n_declared; d++) {
        const RuleDeclared *declared = &compiler->declared[d];
        if (!declared->is_used && compiler->set->nodes[declared->node].flag[0] == '\0') {
            return rule_yaml_refuse(&compiler->yaml, declared->key, error,
                                    "criterion '%s' is not used by any other, outcome or report",
                                    declared->name);
        }
    }
    return STATUS_OK;
}

/* Operands come before what uses them, so one pass from the end reaches all that matters. */
static void mark_for_flags(RuleSet *set) {
    for (int n = 0; n < set->n_nodes; n++) {
        set->nodes[n].is_for_flags = true;
    }
    for (int o = 0; o < set->n_outcomes - 1; o++) {
        set->nodes[set->outcomes[o].when].is_for_flags = false;
    }
    for (int r = 0; r < set->n_reported; r++) {
        set->nodes[set->reported[r]].is_for_flags = false;
    }
    for (int n = set->n_nodes - 1; n >= 0; n--) {
        for (int i = 0; i < set->nodes[n].n_operands && !set->nodes[n].is_for_flags; i++) {
            set->nodes[set->operands[set->nodes[n].first_operand + i]].is_for_flags = false;
        }
    }
}

static void order_nodes(RuleSet *set) {
    for (int n = 0; n < set->n_nodes; n++) {
        RuleOrder *order = &set->of_scope[set->nodes[n].scope];
        order->nodes[order->n++] = n;
        if (set->nodes[n].kind >= RULE_COUNT_BELOW) {
            set->counting.nodes[set->counting.n++] = n;
        }
    }
}

static Status take_head(RuleCompiler *compiler, const yaml_node_t *root, Error *error) {
    const RuleYaml *yaml = &compiler->yaml;
    RuleSet *set = compiler->set;
    char role[RULE_NAME_SIZE];
    Status status = rule_yaml_check_mapping(
        yaml, root, "name|title|source|role|limits|lesion|patient|outcomes|report", "a rule set",
        error);
    if (status == STATUS_OK) {
        status = rule_yaml_get_text(yaml, root, "name", set->name, sizeof set->name, error);
    }
    if (status == STATUS_OK) {
        status = rule_compile_check_name(compiler, rule_yaml_get(yaml, root, "name"), "name",
                                         set->name, error);
    }
    if (status == STATUS_OK) {
        status = rule_yaml_get_text(yaml, root, "title", set->title, sizeof set->title, error);
    }
    if (status == STATUS_OK) {
        status = rule_yaml_get_text(yaml, root, "source", set->source, sizeof set->source, error);
    }
    if (status == STATUS_OK) {
        status = rule_yaml_get_text(yaml, root, "role", role, sizeof role, error);
    }
    if (status == STATUS_OK && strcmp(role, "decides") != 0 && strcmp(role, "annotates") != 0) {
        status = rule_yaml_refuse(yaml, rule_yaml_get(yaml, root, "role"), error,
                                  "role '%s' is neither decides nor annotates", role);
    }
    set->role = status == STATUS_OK && role[0] == 'a' ? RULE_ANNOTATES : RULE_DECIDES;
    return status;
}

static Status compile(RuleCompiler *compiler, Error *error) {
    const yaml_node_t *root = rule_yaml_root(&compiler->yaml);
    Status status = take_head(compiler, root, error);
    if (status == STATUS_OK) {
        status = take_limits(compiler, root, error);
    }
    if (status == STATUS_OK) {
        status = rule_compile_declare(compiler, rule_yaml_get(&compiler->yaml, root, "lesion"),
                                      RULE_LESION, error);
    }
    if (status == STATUS_OK) {
        status = rule_compile_declare(compiler, rule_yaml_get(&compiler->yaml, root, "patient"),
                                      RULE_PATIENT, error);
    }
    if (status == STATUS_OK) {
        status = rule_compile_rest(compiler, error);
    }
    if (status == STATUS_OK) {
        status = take_purpose(compiler, root, error);
    }
    return status == STATUS_OK ? check_used(compiler, error) : status;
}

Status rule_set_load(const char *path, RuleSet *set, Error *error) {
    memset(set, 0, sizeof *set);
    RuleCompiler *compiler = calloc(1, sizeof *compiler);
    if (compiler == NULL) {
        return error_no_memory(error, "the rule set");
    }
    compiler->set = set;
    Status status = rule_yaml_open(path, &compiler->yaml, error);
    if (status == STATUS_OK) {
        status = compile(compiler, error);
        rule_yaml_close(&compiler->yaml);
    }
    if (status == STATUS_OK) {
        mark_for_flags(set);
        order_nodes(set);
    }
    free(compiler);
    return status;
}

int rule_set_find(const RuleSet *set, const char *name, RuleScope scope) {
    for (int n = 0; n < set->n_nodes; n++) {
        if (set->nodes[n].scope == scope && strcmp(set->nodes[n].name, name) == 0) {
            return n;
        }
    }
    return RULE_NONE;
}
