/* cohort.nc: the cohort as NetCDF-4 after CF-1.8, for xarray, R and Panoply. */
#ifndef YTTRIA_AGGREGATE_COHORT_NETCDF_H
#define YTTRIA_AGGREGATE_COHORT_NETCDF_H

#include <stdbool.h>

#include "aggregate/cohort.h"

/* Global attributes beyond the fixed ones. */
typedef struct CohortDescription {
    const char *title;
    const char *source;        /* program and version */
    const char *configuration; /* in effect, as text */
    const char *inputs_digest; /* of everything the file is made from */
} CohortDescription;

/* Writes the file whole or not at all. Dimensions patient, lesion (of all patients, with
 * patient_index), threshold and stratum_class (0 to 5); every column of the tables as a variable
 * (lesions' with the prefix lesion_), stratum_at_threshold(patient, threshold),
 * stratum_count(threshold, stratum_class). No clock: same cohort,
 * same bytes. */
Status cohort_netcdf_write(const Cohort *cohort, const CohortDescription *description,
                           const char *path, Error *error);

/* True if the file is there and was made from inputs with this digest. */
bool cohort_netcdf_is_current(const char *path, const char *inputs_digest);

#endif
