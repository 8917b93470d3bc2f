/* Facts for a rule set from tables whose columns are called as the vocabulary calls them. */
#ifndef YTTRIA_STRATIFY_RULE_TABLES_H
#define YTTRIA_STRATIFY_RULE_TABLES_H

#include "core/table.h"
#include "stratify/rule_evaluate.h"

typedef struct RuleTables {
    RuleFacts facts; /* borrows from the members below, and texts from the tables */
    double *numbers;
    const char **texts;
} RuleTables;

/* Takes every column of the vocabulary that is there: of `lesions` one value per row (its column
 * "lesion" gives the names), of row `row` of `patient`. `patient` may be NULL: nothing is known.
 * A column that is not there, NaN and "" are unknown; a vessel distance that is missing because
 * `vessel_status` is none_large is infinite. Settings are unknown until the caller fills them
 * (strata_rules_settings). STATUS_BAD_DATA naming column and row if a column is of the wrong kind
 * or a text is none of its words. The tables must outlive the facts; free with rule_tables_free,
 * also after a failure. */
Status rule_tables_read(const Table *lesions, const Table *patient, size_t row, RuleTables *tables,
                        Error *error);

void rule_tables_free(RuleTables *tables);

#endif
