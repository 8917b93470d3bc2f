/* The columns of the cohort's tables, in the order of the CSV files. Other programs rely on the
 * first ones (docs/file-format.md): names and order stay. */
#ifndef YTTRIA_AGGREGATE_COHORT_COLUMNS_H
#define YTTRIA_AGGREGATE_COHORT_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct CohortColumn {
    const char *name;
    const char *units; /* NULL for text */
    const char *long_name;
    bool is_required; /* in stratify.h5 */
} CohortColumn;

enum {
    COHORT_FIRST_ATTRIBUTE = 2, /* patient columns from here on are attributes of stratify.h5 */
    COHORT_N_PATIENT_COLUMNS = 70,
    COHORT_N_LESION_COLUMNS = 46,
    COHORT_N_SWEEP_COLUMNS = 4
};

extern const CohortColumn COHORT_PATIENT_COLUMNS[COHORT_N_PATIENT_COLUMNS];
extern const CohortColumn COHORT_LESION_COLUMNS[COHORT_N_LESION_COLUMNS];
extern const CohortColumn COHORT_SWEEP_COLUMNS[COHORT_N_SWEEP_COLUMNS];

/* The attribute of stratify.h5 that a patient column is taken from: its object in `*object`, its
 * name is returned. Columns sbrt_<name> are attributes of /sbrt, all others of "/". */
const char *cohort_column_attribute(const CohortColumn *column, const char **object);

/* Units of a clinical column by the end of its name ("weight_kg" is in kg); "1" if it has none. */
const char *cohort_clinical_units(const char *name);

#endif
