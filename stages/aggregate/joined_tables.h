/* Tables of stratify.h5 that reach the cohort as they are: the rows of all patients one after the
 * other, with center and patient in front, in a CSV file per table.
 *
 * Rows go to temporary files patient by patient, so memory holds one patient's; the files appear
 * under their names when all are complete. A table that a patient does not have has no rows. */
#ifndef YTTRIA_AGGREGATE_JOINED_TABLES_H
#define YTTRIA_AGGREGATE_JOINED_TABLES_H

#include <stdio.h>

#include "core/batch.h"
#include "core/store.h"

enum { JOINED_TABLES = 5 }; /* breakpoints, stability, scenarios, annotations, response */

/* One patient's tables; NULL where the file has none. */
typedef struct PatientTables {
    Table *tables[JOINED_TABLES];
} PatientTables;

/* The files under way. */
typedef struct JoinedTables {
    const char *paths[JOINED_TABLES]; /* borrowed */
    char temporary[JOINED_TABLES][BATCH_PATH_SIZE];
    FILE *files[JOINED_TABLES];
    int failures[JOINED_TABLES]; /* errno of the first write that failed, or 0 */
} JoinedTables;

/* Name of the n-th table: "/<name>" in stratify.h5, "<name>.csv" in the cohort. */
const char *joined_tables_name(size_t n);

/* Reads those that are there. STATUS_BAD_DATA if one is and cannot be read. Free with
 * joined_tables_free, also after a failure. */
Status joined_tables_read(const Store *stratify, PatientTables *tables, Error *error);
void joined_tables_free(PatientTables *tables);

/* Starts the files that will appear at `paths` (which must outlive `joined`), with their headers.
 * The caller ends with joined_tables_abandon, also after a failure. STATUS_CANNOT_CREATE. */
Status joined_tables_begin(const char *const paths[JOINED_TABLES], JoinedTables *joined,
                           Error *error);

/* Appends a patient's rows: the columns of the contract, empty where a table lacks one. A disk
 * that is full is noticed by joined_tables_commit. */
void joined_tables_add(JoinedTables *joined, const PatientTables *tables, const char *center,
                       const char *patient);

/* Makes the files appear. STATUS_IO if one could not be written. */
Status joined_tables_commit(JoinedTables *joined, Error *error);

/* Removes what was not committed. */
void joined_tables_abandon(JoinedTables *joined);

#endif
