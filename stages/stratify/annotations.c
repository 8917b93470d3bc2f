/* One set in memory at a time (annotations.h). */
#include "stratify/annotations.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stratify/rule_report.h"

enum { PATH_SIZE = 4096 };

static const char ELIGIBLE[] = "eligible";

/* What one file needs; too large for a stack. */
typedef struct Asking {
    RuleSet set;
    RuleAnswers answers;
} Asking;

static int is_yaml(const struct dirent *entry) {
    size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && length > 5 &&
           strcmp(entry->d_name + length - 5, ".yaml") == 0;
}

static int compare_names(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

static Status add_columns(Table *table, Error *error) {
    static const char *const columns[][2] = {
        {"rule_set", "name of the rule set"},
        {"title", "what a reader sees"},
        {"criterion", "criterion that the set reports"},
        {"answer", "yes, no or unknown"},
        {"text", "the facts on which the answer rests"},
    };
    Status status = STATUS_OK;
    for (size_t c = 0; c < sizeof columns / sizeof *columns && status == STATUS_OK; c++) {
        status = table_add_column(table, columns[c][0], COLUMN_TEXT, NULL, columns[c][1], error);
    }
    return status;
}

static Status add_finding(Table *table, const RuleSet *set, const RuleFinding *finding,
                          Error *error) {
    const char *const cells[][2] = {
        {"rule_set", set->name},           {"title", set->title},
        {"criterion", finding->criterion}, {"answer", rule_answer_name(finding->answer)},
        {"text", finding->text},
    };
    size_t row;
    Status status = table_add_row(table, &row, error);
    for (size_t c = 0; c < sizeof cells / sizeof *cells && status == STATUS_OK; c++) {
        status = table_set_text(table, row, cells[c][0], cells[c][1], error);
    }
    return status;
}

/* Cut with "..." where it no longer fits. */
static void add_modality(char *text, const RuleSet *set, const RuleFinding *finding) {
    size_t used = strlen(text), room = ANNOTATIONS_TEXT_SIZE - used;
    bool is_explained = finding->answer != RULE_YES;
    int wanted = snprintf(text + used, room, "%s%s: %s%s%s", used > 0 ? "; " : "", set->title,
                          rule_answer_name(finding->answer), is_explained ? ", " : "",
                          is_explained ? finding->text : "");
    if (wanted >= 0 && (size_t)wanted >= room) {
        memcpy(text + ANNOTATIONS_TEXT_SIZE - 4, "...", 4);
    }
}

static Status check_name(const char *path, const RuleSet *set, const Table *table, Error *error) {
    for (size_t row = 0; row < table_row_count(table); row++) {
        if (strcmp(table_text(table, row, "rule_set"), set->name) == 0) {
            return error_set(error, STATUS_CONFIG,
                             "%s: a rule set '%s' was read before; give each its own name", path,
                             set->name);
        }
    }
    return STATUS_OK;
}

static Status ask_file(const char *path, const RuleFacts *facts, Asking *asking,
                       Annotations *annotations, Error *error) {
    Status status = rule_set_load(path, &asking->set, error);
    if (status != STATUS_OK || asking->set.role != RULE_ANNOTATES) {
        return status;
    }
    status = check_name(path, &asking->set, annotations->table, error);
    rule_set_evaluate(&asking->set, facts, &asking->answers);
    for (size_t r = 0; r < asking->answers.n && status == STATUS_OK; r++) {
        const RuleFinding *finding = &asking->answers.items[r];
        status = add_finding(annotations->table, &asking->set, finding, error);
        if (strcmp(finding->criterion, ELIGIBLE) == 0) {
            add_modality(annotations->modalities, &asking->set, finding);
        }
    }
    return status;
}

Status annotations_ask(const char *folder, const RuleFacts *facts, Annotations *annotations,
                       Error *error) {
    struct dirent **entries = NULL;
    *annotations = (Annotations){.table = table_new()};
    Asking *asking = malloc(sizeof *asking);
    int count = scandir(folder, &entries, is_yaml, compare_names);
    Status status = STATUS_OK;
    if (annotations->table == NULL || asking == NULL) {
        status = error_no_memory(error, "the annotations");
    } else if (count < 0) {
        status = error_set(error, STATUS_NO_INPUT, "%s: the folder of rule sets cannot be read: %s",
                           folder, strerror(errno));
    } else {
        status = add_columns(annotations->table, error);
    }
    for (int n = 0; n < count; n++) {
        char path[PATH_SIZE + sizeof entries[n]->d_name];
        snprintf(path, sizeof path, "%s/%s", folder, entries[n]->d_name);
        status = status == STATUS_OK ? ask_file(path, facts, asking, annotations, error) : status;
        free(entries[n]);
    }
    free(entries);
    free(asking);
    return status;
}

void annotations_free(Annotations *annotations) {
    table_free(annotations->table);
    *annotations = (Annotations){0};
}
