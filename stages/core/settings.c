/* The YAML document is flattened to dotted keys and matched against the caller's table. */
#include "core/settings.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { MAX_KEY_SIZE = 128, MAX_DEPTH = 8 };

/* Where the flattening is: the file, its document, the table and what was set so far. */
typedef struct Reading {
    const char *path;
    yaml_document_t *document;
    const SettingKey *keys;
    size_t n_keys;
    void *target;
    bool *seen;
} Reading;

static unsigned long line_of(const yaml_node_t *node) {
    return (unsigned long)node->start_mark.line + 1;
}

Status settings_resolve_path(const char *base, const char *name, char path[SETTINGS_PATH_SIZE],
                             Error *error) {
    const char *slash = strrchr(base, '/');
    int folder_length = slash != NULL && name[0] != '/' ? (int)(slash - base) + 1 : 0;
    int length = snprintf(path, SETTINGS_PATH_SIZE, "%.*s%s", folder_length, base, name);
    return length >= 0 && length < SETTINGS_PATH_SIZE
               ? STATUS_OK
               : error_set(error, STATUS_CONFIG, "%s: the path is too long", name);
}

/* Index of `value` among "a|b|c", or -1. */
static int find_choice(const char *choices, const char *value) {
    size_t length = strlen(value);
    int index = 0;
    for (const char *at = choices;; index++) {
        const char *end = strchrnul(at, '|');
        if ((size_t)(end - at) == length && memcmp(at, value, length) == 0) {
            return index;
        }
        if (*end == '\0') {
            return -1;
        }
        at = end + 1;
    }
}

static Status parse_number(const SettingKey *key, const char *value, double *number, Error *error) {
    char *end = NULL;
    if (key->kind == SETTING_NUMBER_OR_AUTO && strcmp(value, "auto") == 0) {
        *number = NAN;
        return STATUS_OK;
    }
    *number = strtod(value, &end);
    if (end == value || *end != '\0' || !isfinite(*number)) {
        return error_set(error, STATUS_CONFIG, "'%s': '%s' is not a number%s", key->key, value,
                         key->kind == SETTING_NUMBER_OR_AUTO ? " or auto" : "");
    }
    if (*number < key->min || *number > key->max) {
        return error_set(error, STATUS_CONFIG, "'%s': %s is outside %g to %g", key->key, value,
                         key->min, key->max);
    }
    return STATUS_OK;
}

static Status parse_text(const char *file, const SettingKey *key, const char *value, char *slot,
                         Error *error) {
    if (key->kind == SETTING_PATH && *value != '\0') {
        return settings_resolve_path(file, value, slot, error);
    }
    if (strlen(value) >= SETTINGS_TEXT_SIZE) {
        return error_set(error, STATUS_CONFIG, "'%s': longer than %d characters", key->key,
                         SETTINGS_TEXT_SIZE - 1);
    }
    strcpy(slot, value);
    return STATUS_OK;
}

/* Parses `value` into its place in `target`. For a set, adds one member. */
static Status set_value(const char *file, const SettingKey *key, const char *value, void *target,
                        Error *error) {
    void *slot = (char *)target + key->offset;
    double number;
    int choice;
    switch (key->kind) {
    case SETTING_NUMBER:
    case SETTING_NUMBER_OR_AUTO:
        if (parse_number(key, value, &number, error) != STATUS_OK) {
            return error->status;
        }
        memcpy(slot, &number, sizeof number);
        return STATUS_OK;
    case SETTING_CHOICE:
    case SETTING_FLAG:
    case SETTING_SET:
        choice = find_choice(key->choices, value);
        if (choice < 0) {
            return error_set(error, STATUS_CONFIG, "'%s': '%s' is not one of %s", key->key, value,
                             key->choices);
        }
        if (key->kind == SETTING_CHOICE) {
            memcpy(slot, &choice, sizeof choice);
        } else if (key->kind == SETTING_FLAG) {
            *(bool *)slot = choice == 1;
        } else {
            *(unsigned *)slot |= 1u << choice;
        }
        return STATUS_OK;
    case SETTING_TEXT:
    case SETTING_PATH:
        return parse_text(file, key, value, slot, error);
    }
    return error_set(error, STATUS_INTERNAL, "'%s': unknown kind of setting", key->key);
}

/* Defaults of sets are written "a,b". */
static Status set_default(const char *file, const SettingKey *key, void *target, Error *error) {
    if (key->kind != SETTING_SET) {
        return set_value(file, key, key->default_value, target, error);
    }
    char members[SETTINGS_TEXT_SIZE], *rest = NULL;
    snprintf(members, sizeof members, "%s", key->default_value);
    for (char *member = strtok_r(members, ",", &rest); member != NULL;
         member = strtok_r(NULL, ",", &rest)) {
        if (set_value(file, key, member, target, error) != STATUS_OK) {
            return error->status;
        }
    }
    return STATUS_OK;
}

static size_t edit_distance(const char *a, const char *b) {
    size_t row[MAX_KEY_SIZE + 1], length = strlen(b);
    for (size_t n = 0; n <= length; n++) {
        row[n] = n;
    }
    for (size_t m = 1; a[m - 1] != '\0'; m++) {
        size_t diagonal = row[0];
        row[0] = m;
        for (size_t n = 1; n <= length; n++) {
            size_t substitution = diagonal + (a[m - 1] != b[n - 1]);
            diagonal = row[n];
            size_t shorter = row[n] < row[n - 1] ? row[n] + 1 : row[n - 1] + 1;
            row[n] = substitution < shorter ? substitution : shorter;
        }
    }
    return row[length];
}

static Status unknown_key(const Reading *reading, const char *name, const yaml_node_t *node,
                          Error *error) {
    const char *nearest = NULL;
    size_t nearest_distance = 4;
    for (size_t n = 0; n < reading->n_keys; n++) {
        size_t distance = edit_distance(name, reading->keys[n].key);
        if (distance < nearest_distance) {
            nearest = reading->keys[n].key;
            nearest_distance = distance;
        }
    }
    return error_set(error, STATUS_CONFIG, "%s:%lu: unknown key '%s'%s%s%s", reading->path,
                     line_of(node), name, nearest != NULL ? "; did you mean '" : "",
                     nearest != NULL ? nearest : "", nearest != NULL ? "'?" : "");
}

static Status take_members(Reading *reading, const SettingKey *key, const yaml_node_t *node,
                           Error *error) {
    for (yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top; item++) {
        const yaml_node_t *member = yaml_document_get_node(reading->document, *item);
        if (member->type != YAML_SCALAR_NODE) {
            return error_set(error, STATUS_CONFIG, "'%s': a list of words is expected", key->key);
        }
        if (set_value(reading->path, key, (const char *)member->data.scalar.value, reading->target,
                      error) != STATUS_OK) {
            return error->status;
        }
    }
    return STATUS_OK;
}

/* Takes the value of a key that is in the table. */
static Status take_value(Reading *reading, size_t index, const yaml_node_t *node, Error *error) {
    const SettingKey *key = &reading->keys[index];
    Status status;
    if (reading->seen[index]) {
        status = error_set(error, STATUS_CONFIG, "'%s' is there twice", key->key);
    } else if (key->kind == SETTING_SET && node->type == YAML_SEQUENCE_NODE) {
        status = take_members(reading, key, node, error);
    } else if (node->type == YAML_SCALAR_NODE) {
        status = set_value(reading->path, key, (const char *)node->data.scalar.value,
                           reading->target, error);
    } else {
        status = error_set(error, STATUS_CONFIG, "'%s': a single value is expected", key->key);
    }
    reading->seen[index] = true;
    return status == STATUS_OK ? STATUS_OK
                               : error_add_context(error, "%s:%lu", reading->path, line_of(node));
}

static bool is_section(const Reading *reading, const char *name) {
    size_t length = strlen(name);
    for (size_t n = 0; n < reading->n_keys; n++) {
        const char *key = reading->keys[n].key;
        if (strncmp(key, name, length) == 0 && key[length] == '.') {
            return true;
        }
    }
    return false;
}

static Status take_mapping(Reading *reading, const char *prefix, const yaml_node_t *node, int depth,
                           Error *error) {
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(reading->document, pair->key);
        const yaml_node_t *value = yaml_document_get_node(reading->document, pair->value);
        char name[MAX_KEY_SIZE];
        int length = key->type == YAML_SCALAR_NODE
                         ? snprintf(name, sizeof name, "%s%s%s", prefix, *prefix ? "." : "",
                                    (const char *)key->data.scalar.value)
                         : -1;
        if (length < 0 || length >= MAX_KEY_SIZE || depth > MAX_DEPTH) {
            return error_set(error, STATUS_CONFIG, "%s:%lu: not a usable key", reading->path,
                             line_of(key));
        }
        size_t index = 0;
        while (index < reading->n_keys && strcmp(reading->keys[index].key, name) != 0) {
            index++;
        }
        Status status;
        if (index < reading->n_keys) {
            status = take_value(reading, index, value, error);
        } else if (value->type == YAML_MAPPING_NODE && is_section(reading, name)) {
            status = take_mapping(reading, name, value, depth + 1, error);
        } else {
            status = unknown_key(reading, name, key, error);
        }
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

static Status take_document(Reading *reading, Error *error) {
    const yaml_node_t *root = yaml_document_get_root_node(reading->document);
    if (root == NULL || root->type != YAML_MAPPING_NODE) {
        return error_set(error, STATUS_CONFIG, "%s: expected 'key: value' lines", reading->path);
    }
    Status status = take_mapping(reading, "", root, 0, error);
    for (size_t n = 0; status == STATUS_OK && n < reading->n_keys; n++) {
        const SettingKey *key = &reading->keys[n];
        if (reading->seen[n]) {
            continue;
        }
        status = key->default_value != NULL
                     ? set_default(reading->path, key, reading->target, error)
                     : error_set(error, STATUS_CONFIG, "%s: key '%s' is missing", reading->path,
                                 key->key);
    }
    return status;
}

static Status parse_file(FILE *file, const char *path, yaml_document_t *document, Error *error) {
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        return error_no_memory(error, "the YAML parser");
    }
    yaml_parser_set_input_file(&parser, file);
    Status status = STATUS_OK;
    if (!yaml_parser_load(&parser, document)) {
        status = error_set(error, STATUS_CONFIG, "%s:%lu: not valid YAML: %s", path,
                           (unsigned long)parser.problem_mark.line + 1,
                           parser.problem != NULL ? parser.problem : "cannot be parsed");
    }
    yaml_parser_delete(&parser);
    return status;
}

Status settings_read(const char *path, const SettingKey *keys, size_t n, void *target,
                     Error *error) {
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return error_set(error, STATUS_NO_INPUT, "%s: %s", path, strerror(errno));
    }
    yaml_document_t document;
    Status status = parse_file(file, path, &document, error);
    fclose(file);
    if (status != STATUS_OK) {
        return status;
    }
    Reading reading = {.path = path,
                       .document = &document,
                       .keys = keys,
                       .n_keys = n,
                       .target = target,
                       .seen = calloc(n, sizeof(bool))};
    status = reading.seen != NULL ? take_document(&reading, error)
                                  : error_no_memory(error, "the configuration");
    free(reading.seen);
    yaml_document_delete(&document);
    return status;
}

/* The `index`-th of "a|b|c" into `text`. */
static void format_choice(const char *choices, int index, char *text) {
    while (index-- > 0) {
        choices = strchrnul(choices, '|');
        choices += *choices == '|';
    }
    size_t length = strcspn(choices, "|");
    memcpy(text, choices, length);
    text[length] = '\0';
}

static void format_set(const char *choices, unsigned bits, char *text) {
    *text = '\0';
    for (int bit = 0; bits >> bit != 0; bit++) {
        if (bits >> bit & 1u) {
            strcat(text, *text != '\0' ? "," : "");
            format_choice(choices, bit, text + strlen(text));
        }
    }
}

void settings_format(const SettingKey *key, const void *target, char *text) {
    const void *slot = (const char *)target + key->offset;
    double number;
    switch (key->kind) {
    case SETTING_NUMBER:
    case SETTING_NUMBER_OR_AUTO:
        memcpy(&number, slot, sizeof number);
        snprintf(text, SETTINGS_PATH_SIZE, isnan(number) ? "auto" : "%.17g", number);
        return;
    case SETTING_CHOICE:
        format_choice(key->choices, *(const int *)slot, text);
        return;
    case SETTING_FLAG:
        format_choice(key->choices, *(const bool *)slot, text);
        return;
    case SETTING_SET:
        format_set(key->choices, *(const unsigned *)slot, text);
        return;
    case SETTING_TEXT:
    case SETTING_PATH:
        strcpy(text, slot);
        return;
    }
}
