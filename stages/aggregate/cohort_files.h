/* The files of a cohort: where they are, whether they are up to date, writing them. */
#ifndef YTTRIA_AGGREGATE_COHORT_FILES_H
#define YTTRIA_AGGREGATE_COHORT_FILES_H

#include "aggregate/cohort.h"
#include "aggregate/cohort_netcdf.h"
#include "aggregate/joined_tables.h"
#include "core/batch.h"

enum { COHORT_FILES_OWN = 4, COHORT_FILES_CSV = COHORT_FILES_OWN + JOINED_TABLES };

typedef struct CohortFiles {
    char netcdf[BATCH_PATH_SIZE];
    /* patients, lesions, sweep, response_rates; then the joined tables */
    char csv[COHORT_FILES_CSV][BATCH_PATH_SIZE];
    char dataset_description[BATCH_PATH_SIZE]; /* "" for a cohort by hand */
} CohortFiles;

/* <run>/cohort/cohort.nc and its CSV files, <run>/dataset_description.json. STATUS_USAGE if the
 * path is too long. */
Status cohort_files_of_run(const char *run, CohortFiles *files, Error *error);

/* `netcdf` as it is, the CSV files beside it. */
Status cohort_files_by_hand(const char *netcdf, CohortFiles *files, Error *error);

/* True if all files are there and cohort.nc was made from inputs with this digest. */
bool cohort_files_are_current(const CohortFiles *files, const char *inputs_digest);

/* Starts the joined tables at their places (joined_tables_begin). */
Status cohort_files_begin_joined(const CohortFiles *files, JoinedTables *joined, Error *error);

/* Writes all of them and commits the joined tables, cohort.nc last: it says that the others are
 * complete. */
Status cohort_files_write(const CohortFiles *files, const Cohort *cohort, JoinedTables *joined,
                          const CohortDescription *description, Error *error);

#endif
