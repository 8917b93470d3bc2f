/* A small, plain YAML file as a tree: no anchors or aliases (which can make a small file a huge
 * one), one document, a bounded size and depth. Errors begin with "file:line: ". */
#ifndef YTTRIA_STRATIFY_RULE_YAML_H
#define YTTRIA_STRATIFY_RULE_YAML_H

#include <yaml.h>

#include "core/error.h"

typedef struct RuleYaml {
    const char *path; /* borrowed */
    yaml_document_t document;
} RuleYaml;

/* STATUS_NO_INPUT if the file cannot be read, else STATUS_CONFIG. Close after success only. */
Status rule_yaml_open(const char *path, RuleYaml *yaml, Error *error);
void rule_yaml_close(RuleYaml *yaml);

/* The root; a mapping. */
const yaml_node_t *rule_yaml_root(const RuleYaml *yaml);

const yaml_node_t *rule_yaml_node(const RuleYaml *yaml, int index);

/* "file:line: " and the message; STATUS_CONFIG. */
Status rule_yaml_refuse(const RuleYaml *yaml, const yaml_node_t *at, Error *error,
                        const char *format, ...) __attribute__((format(printf, 4, 5)));

/* That `node` is a mapping with keys of the list "a|b|c" only (NULL: any), each once. `what` is
 * what the message calls the mapping. */
Status rule_yaml_check_mapping(const RuleYaml *yaml, const yaml_node_t *node, const char *keys,
                               const char *what, Error *error);

/* The value of a key, NULL without it. */
const yaml_node_t *rule_yaml_get(const RuleYaml *yaml, const yaml_node_t *mapping, const char *key);

/* Text that is not empty and fits. */
Status rule_yaml_text(const RuleYaml *yaml, const yaml_node_t *node, const char *what, char *text,
                      size_t size, Error *error);

/* The text of a key that must be there. */
Status rule_yaml_get_text(const RuleYaml *yaml, const yaml_node_t *mapping, const char *key,
                          char *text, size_t size, Error *error);

/* A finite number. */
Status rule_yaml_number(const RuleYaml *yaml, const yaml_node_t *node, const char *what,
                        double *number, Error *error);

#endif
