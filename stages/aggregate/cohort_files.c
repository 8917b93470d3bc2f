/* The files of a cohort (cohort_files.h). */
#include "aggregate/cohort_files.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "aggregate/dataset_description.h"
#include "aggregate/response_rates.h"
#include "core/sheet.h"

/* Name of a CSV file, without its ending. */
static const char *csv_name(size_t f) {
    static const char *const names[COHORT_FILES_OWN] = {"patients", "lesions", "sweep",
                                                        "response_rates"};
    return f < COHORT_FILES_OWN ? names[f] : joined_tables_name(f - COHORT_FILES_OWN);
}

static bool join(char path[BATCH_PATH_SIZE], const char *folder, const char *name) {
    int length = snprintf(path, BATCH_PATH_SIZE, "%s%s", folder, name);
    return length >= 0 && length < BATCH_PATH_SIZE;
}

static Status too_long(const char *path, Error *error) {
    return error_set(error, STATUS_USAGE, "%.200s...: the path of the output is too long", path);
}

Status cohort_files_of_run(const char *run, CohortFiles *files, Error *error) {
    bool fits = join(files->netcdf, run, "/cohort/cohort.nc") &&
                join(files->dataset_description, run, "/dataset_description.json");
    for (size_t f = 0; f < COHORT_FILES_CSV && fits; f++) {
        int length = snprintf(files->csv[f], BATCH_PATH_SIZE, "%s/cohort/%s.csv", run, csv_name(f));
        fits = length >= 0 && length < BATCH_PATH_SIZE;
    }
    return fits ? STATUS_OK : too_long(run, error);
}

Status cohort_files_by_hand(const char *netcdf, CohortFiles *files, Error *error) {
    bool fits = join(files->netcdf, netcdf, "");
    files->dataset_description[0] = '\0';
    const char *slash = strrchr(files->netcdf, '/');
    int folder = slash != NULL ? (int)(slash - files->netcdf) + 1 : 0;
    for (size_t f = 0; f < COHORT_FILES_CSV && fits; f++) {
        int length =
            snprintf(files->csv[f], BATCH_PATH_SIZE, "%.*s%s.csv", folder, netcdf, csv_name(f));
        fits = length >= 0 && length < BATCH_PATH_SIZE;
    }
    return fits ? STATUS_OK : too_long(netcdf, error);
}

bool cohort_files_are_current(const CohortFiles *files, const char *inputs_digest) {
    bool is_there =
        files->dataset_description[0] == '\0' || access(files->dataset_description, F_OK) == 0;
    for (size_t f = 0; f < COHORT_FILES_CSV && is_there; f++) {
        is_there = access(files->csv[f], F_OK) == 0;
    }
    return is_there && cohort_netcdf_is_current(files->netcdf, inputs_digest);
}

Status cohort_files_begin_joined(const CohortFiles *files, JoinedTables *joined, Error *error) {
    const char *paths[JOINED_TABLES];
    for (size_t n = 0; n < JOINED_TABLES; n++) {
        paths[n] = files->csv[COHORT_FILES_OWN + n];
    }
    return joined_tables_begin(paths, joined, error);
}

Status cohort_files_write(const CohortFiles *files, const Cohort *cohort, JoinedTables *joined,
                          const CohortDescription *description, Error *error) {
    Table *rates;
    /* An old one would vouch for CSV files that a killed run has half replaced. */
    unlink(files->netcdf);
    Status status = response_rates_table(cohort->patients, &rates, error);
    const Table *const tables[COHORT_FILES_OWN] = {cohort->patients, cohort->lesions, cohort->sweep,
                                                   rates};
    for (size_t f = 0; f < COHORT_FILES_OWN && status == STATUS_OK; f++) {
        status = sheet_write(tables[f], files->csv[f], ',', error);
    }
    table_free(rates);
    if (status == STATUS_OK) {
        status = joined_tables_commit(joined, error);
    }
    if (status == STATUS_OK && files->dataset_description[0] != '\0') {
        status = dataset_description_write(files->dataset_description, description->title,
                                           description->inputs_digest, error);
    }
    return status == STATUS_OK ? cohort_netcdf_write(cohort, description, files->netcdf, error)
                               : status;
}
