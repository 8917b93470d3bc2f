/* Plain YAML (rule_yaml.h): the events are looked over before the tree is built. */
#include "stratify/rule_yaml.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stratify/rule_vocabulary.h"

enum { MAX_FILE_SIZE = 65536, MAX_DEPTH = 12, MESSAGE_SIZE = 640 };

static Status refuse_line(const char *path, size_t line, const char *problem, Error *error) {
    return error_set(error, STATUS_CONFIG, "%s:%zu: %s", path, line + 1, problem);
}

/* What is wrong with an event, NULL if nothing. */
static const char *problem_of(const yaml_event_t *event, int *depth, int *documents) {
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return ++*documents > 1 ? "a second document; one file holds one rule set" : NULL;
    case YAML_ALIAS_EVENT:
        return "aliases (*) are not allowed; write the criterion out";
    case YAML_SCALAR_EVENT:
        return event->data.scalar.anchor != NULL ? "anchors (&) are not allowed" : NULL;
    case YAML_SEQUENCE_START_EVENT:
        if (event->data.sequence_start.anchor != NULL) {
            return "anchors (&) are not allowed";
        }
        return ++*depth > MAX_DEPTH ? "nested too deeply; name the inner criteria" : NULL;
    case YAML_MAPPING_START_EVENT:
        if (event->data.mapping_start.anchor != NULL) {
            return "anchors (&) are not allowed";
        }
        return ++*depth > MAX_DEPTH ? "nested too deeply; name the inner criteria" : NULL;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        --*depth;
        return NULL;
    default:
        return NULL;
    }
}

static Status look_over(const char *path, const unsigned char *text, size_t size, Error *error) {
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        return error_no_memory(error, "the YAML parser");
    }
    yaml_parser_set_input_string(&parser, text, size);
    Status status = STATUS_OK;
    int depth = 0, documents = 0;
    for (bool is_end = false; !is_end && status == STATUS_OK;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            status = error_set(error, STATUS_CONFIG, "%s:%zu: not valid YAML: %s", path,
                               parser.problem_mark.line + 1,
                               parser.problem != NULL ? parser.problem : "cannot be parsed");
            break;
        }
        const char *problem = problem_of(&event, &depth, &documents);
        if (problem != NULL) {
            status = refuse_line(path, event.start_mark.line, problem, error);
        }
        is_end = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return status;
}

static Status build(const unsigned char *text, size_t size, RuleYaml *yaml, Error *error) {
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        return error_no_memory(error, "the YAML parser");
    }
    yaml_parser_set_input_string(&parser, text, size);
    bool is_built = yaml_parser_load(&parser, &yaml->document) != 0;
    yaml_parser_delete(&parser);
    if (!is_built) {
        return error_no_memory(error, "the rule set");
    }
    const yaml_node_t *root = yaml_document_get_root_node(&yaml->document);
    if (root == NULL || root->type != YAML_MAPPING_NODE) {
        rule_yaml_close(yaml);
        return error_set(error, STATUS_CONFIG, "%s:1: %s; a rule set begins with 'name: ...'",
                         yaml->path, root == NULL ? "the file is empty" : "not a mapping");
    }
    return STATUS_OK;
}

Status rule_yaml_open(const char *path, RuleYaml *yaml, Error *error) {
    Status status = STATUS_OK;
    unsigned char *text = NULL;
    yaml->path = path;
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return error_set(error, STATUS_NO_INPUT, "%s: %s", path, strerror(errno));
    }
    text = malloc(MAX_FILE_SIZE + 1);
    if (text == NULL) {
        status = error_no_memory(error, "the rule set");
        goto done;
    }
    size_t size = fread(text, 1, MAX_FILE_SIZE + 1, file);
    if (ferror(file)) {
        status = error_set(error, STATUS_NO_INPUT, "%s: %s", path, strerror(errno));
    } else if (size > MAX_FILE_SIZE) {
        status = error_set(error, STATUS_CONFIG, "%s: larger than %d bytes; not a rule set", path,
                           (int)MAX_FILE_SIZE);
    }
    if (status == STATUS_OK) {
        status = look_over(path, text, size, error);
    }
    if (status == STATUS_OK) {
        status = build(text, size, yaml, error);
    }
done:
    free(text);
    fclose(file);
    return status;
}

void rule_yaml_close(RuleYaml *yaml) {
    yaml_document_delete(&yaml->document);
}

/* libyaml's accessors take documents that are not const, and do not change them. */
const yaml_node_t *rule_yaml_root(const RuleYaml *yaml) {
    return rule_yaml_node(yaml, 1);
}

const yaml_node_t *rule_yaml_node(const RuleYaml *yaml, int index) {
    return &yaml->document.nodes.start[index - 1];
}

Status rule_yaml_refuse(const RuleYaml *yaml, const yaml_node_t *at, Error *error,
                        const char *format, ...) {
    char message[MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return refuse_line(yaml->path, at->start_mark.line, message, error);
}

static bool is_key(const RuleYaml *yaml, const yaml_node_pair_t *pair, const char *key) {
    const yaml_node_t *node = rule_yaml_node(yaml, pair->key);
    return node->type == YAML_SCALAR_NODE &&
           strcmp((const char *)node->data.scalar.value, key) == 0;
}

Status rule_yaml_check_mapping(const RuleYaml *yaml, const yaml_node_t *node, const char *keys,
                               const char *what, Error *error) {
    if (node->type != YAML_MAPPING_NODE) {
        return rule_yaml_refuse(yaml, node, error, "%s must be 'key: value' pairs", what);
    }
    const yaml_node_pair_t *first = node->data.mapping.pairs.start;
    for (const yaml_node_pair_t *pair = first; pair < node->data.mapping.pairs.top; pair++) {
        char key[64];
        const yaml_node_t *key_node = rule_yaml_node(yaml, pair->key);
        Status status = rule_yaml_text(yaml, key_node, "a key", key, sizeof key, error);
        if (status != STATUS_OK) {
            return status;
        }
        if (keys != NULL && !rule_words_have(keys, key)) {
            return rule_yaml_refuse(yaml, key_node, error, "%s: unknown key '%s'; known: %s", what,
                                    key, keys);
        }
        for (const yaml_node_pair_t *other = first; other < pair; other++) {
            if (is_key(yaml, other, key)) {
                return rule_yaml_refuse(yaml, key_node, error, "%s: '%s' is there twice", what,
                                        key);
            }
        }
    }
    return STATUS_OK;
}

const yaml_node_t *rule_yaml_get(const RuleYaml *yaml, const yaml_node_t *mapping,
                                 const char *key) {
    for (const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
         pair < mapping->data.mapping.pairs.top; pair++) {
        if (is_key(yaml, pair, key)) {
            return rule_yaml_node(yaml, pair->value);
        }
    }
    return NULL;
}

Status rule_yaml_text(const RuleYaml *yaml, const yaml_node_t *node, const char *what, char *text,
                      size_t size, Error *error) {
    if (node->type != YAML_SCALAR_NODE) {
        return rule_yaml_refuse(yaml, node, error, "%s must be a single word or text", what);
    }
    const char *value = (const char *)node->data.scalar.value;
    size_t length = node->data.scalar.length;
    if (length == 0 || length >= size || strlen(value) != length) {
        return rule_yaml_refuse(yaml, node, error, "%s %s", what,
                                length == 0 ? "is empty" : "is too long, or not text");
    }
    memcpy(text, value, length + 1);
    return STATUS_OK;
}

Status rule_yaml_get_text(const RuleYaml *yaml, const yaml_node_t *mapping, const char *key,
                          char *text, size_t size, Error *error) {
    const yaml_node_t *node = rule_yaml_get(yaml, mapping, key);
    return node != NULL ? rule_yaml_text(yaml, node, key, text, size, error)
                        : rule_yaml_refuse(yaml, mapping, error, "'%s' is missing", key);
}

Status rule_yaml_number(const RuleYaml *yaml, const yaml_node_t *node, const char *what,
                        double *number, Error *error) {
    char text[64], *end = NULL;
    Status status = rule_yaml_text(yaml, node, what, text, sizeof text, error);
    if (status != STATUS_OK) {
        return status;
    }
    *number = strtod(text, &end);
    return *end == '\0' && isfinite(*number)
               ? STATUS_OK
               : rule_yaml_refuse(yaml, node, error, "%s is '%s', not a number", what, text);
}
