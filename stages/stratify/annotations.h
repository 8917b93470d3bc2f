/* The rule sets that annotate, all of a folder, asked of one patient. They never change a stratum.
 */
#ifndef YTTRIA_STRATIFY_ANNOTATIONS_H
#define YTTRIA_STRATIFY_ANNOTATIONS_H

#include "core/table.h"
#include "stratify/rule_evaluate.h"

enum { ANNOTATIONS_TEXT_SIZE = 4096 };

typedef struct Annotations {
    Table *table; /* rule_set, title, criterion, answer, text: as /annotations of stratify.h5 */
    /* Of every set that reports a criterion `eligible`, by name: "ablation (COLLISION): no, L2
     * diameter 32 mm > 30 mm; SBRT: yes". Yes is said without numbers. */
    char modalities[ANNOTATIONS_TEXT_SIZE];
} Annotations;

/* Asks every set of role `annotates` among the files *.yaml of `folder`, in the order of their
 * names. A mistake in any of them, also in one that decides, is an error with file and line, two
 * sets of one name are one too. Free with annotations_free, also after a failure. */
Status annotations_ask(const char *folder, const RuleFacts *facts, Annotations *annotations,
                       Error *error);
void annotations_free(Annotations *annotations);

#endif
