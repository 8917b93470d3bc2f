/* Why a patient has no decision: the status tables of the stages before this one. */
#ifndef YTTRIA_AGGREGATE_EARLIER_FAILURE_H
#define YTTRIA_AGGREGATE_EARLIER_FAILURE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

typedef struct EarlierFailure {
    char *center, *patient;
    char *reason; /* "failed in <stage>: <reason>" */
} EarlierFailure;

/* The failures of a run, those of the first stage first. */
typedef struct EarlierFailures {
    EarlierFailure *failures;
    size_t count;
} EarlierFailures;

/* Reads <run>/status/<stage>.tsv of every earlier stage. A table that is not there is no error;
 * one that cannot be read is STATUS_BAD_DATA. Free with earlier_failures_free, also then. */
Status earlier_failures_read(const char *run, EarlierFailures *failures, Error *error);
void earlier_failures_free(EarlierFailures *failures);

/* Why the first stage that failed for this patient did; NULL if none has. */
const char *earlier_failures_find(const EarlierFailures *failures, const char *center,
                                  const char *patient);

#endif
