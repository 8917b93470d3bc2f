/* The cohort in memory: three tables that become the CSV files and cohort.nc.
 *
 * `patients` has one row a patient, `lesions` one a lesion, `sweep` one a patient and threshold;
 * rows stand in the order in which patients are added (callers sort by center and patient). A
 * patient without a decision has stratum 0 in `patients` and at every threshold. */
#ifndef YTTRIA_AGGREGATE_COHORT_H
#define YTTRIA_AGGREGATE_COHORT_H

#include "core/store.h"
#include "core/table.h"

typedef struct Cohort {
    Table *patients; /* center, patient, stratum, reason, flags, ...; clinical columns last */
    Table *lesions;  /* center, patient, lesion, ... */
    Table *sweep;    /* center, patient, threshold_gy, stratum */
    double *thresholds_gy;
    size_t n_thresholds;
} Cohort;

/* An empty cohort with its columns and the thresholds of the sweep (copied). The caller frees it
 * with cohort_free, also after a failure. */
Status cohort_create(const double *thresholds_gy, size_t n_thresholds, Cohort *cohort,
                     Error *error);
void cohort_free(Cohort *cohort);

/* Adds the patient of a stratify.h5. STATUS_BAD_DATA if the file lacks what the contract says or
 * was written for other thresholds; then nothing is added. */
Status cohort_add_decided(Cohort *cohort, const Store *stratify, const char *center,
                          const char *patient, Error *error);

/* Adds a patient without a decision: stratum 0 and why. */
Status cohort_add_undecided(Cohort *cohort, const char *center, const char *patient,
                            const char *reason, Error *error);

#endif
