/* The clinical columns of patients.tsv, handed on from file to file in the attributes of
 * /patient. */
#ifndef YTTRIA_STRATIFY_CLINICAL_FACTS_H
#define YTTRIA_STRATIFY_CLINICAL_FACTS_H

#include "core/store.h"

/* Copies the attributes of /patient and adds the attribute `columns`: their names in the sheet's
 * order, separated by ','. */
Status clinical_facts_copy(const Store *source, Store *target, Error *error);

#endif
