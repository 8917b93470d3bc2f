/* The facts that the rule sets which annotate may ask for, gathered from all that is known about a
 * patient: segment.h5, the verdicts, the proposed SBRT. */
#ifndef YTTRIA_STRATIFY_ANNOTATION_FACTS_H
#define YTTRIA_STRATIFY_ANNOTATION_FACTS_H

#include "stratify/rule_tables.h"
#include "stratify/sbrt_file.h"

typedef struct AnnotationFacts {
    Table *lesions, *patient; /* one column per word of the vocabulary that is filled */
    RuleTables tables;        /* what the rules read: borrows from the tables */
} AnnotationFacts;

/* Gathers. Doses of a lesion without a valid one are missing, as in the decision. A clinical value
 * that is no number, or that /patient lacks, is unknown. STATUS_BAD_DATA for a word that is none of
 * its column's. Free with annotation_facts_free, also after a failure. */
Status annotation_facts_gather(const Store *segment, const LesionFile *file, const Config *config,
                               const StrataVerdict *verdicts, const SbrtFindings *sbrt,
                               AnnotationFacts *facts, Error *error);
void annotation_facts_free(AnnotationFacts *facts);

#endif
