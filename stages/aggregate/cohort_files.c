/* The files of a cohort (cohort_files.h). */
#include "aggregate/cohort_files.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "aggregate/dataset_description.h"
#include "core/sheet.h"

static const char *const CSV_NAMES[COHORT_FILES_CSV] = {"patients.csv", "lesions.csv", "sweep.csv"};

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
        int length = snprintf(files->csv[f], BATCH_PATH_SIZE, "%s/cohort/%s", run, CSV_NAMES[f]);
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
            snprintf(files->csv[f], BATCH_PATH_SIZE, "%.*s%s", folder, netcdf, CSV_NAMES[f]);
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

Status cohort_files_write(const CohortFiles *files, const Cohort *cohort,
                          const CohortDescription *description, Error *error) {
    const Table *const tables[COHORT_FILES_CSV] = {cohort->patients, cohort->lesions,
                                                   cohort->sweep};
    /* An old one would vouch for CSV files that a killed run has half replaced. */
    unlink(files->netcdf);
    Status status = STATUS_OK;
    for (size_t f = 0; f < COHORT_FILES_CSV && status == STATUS_OK; f++) {
        status = sheet_write(tables[f], files->csv[f], ',', error);
    }
    if (status == STATUS_OK && files->dataset_description[0] != '\0') {
        status = dataset_description_write(files->dataset_description, description->title,
                                           description->inputs_digest, error);
    }
    return status == STATUS_OK ? cohort_netcdf_write(cohort, description, files->netcdf, error)
                               : status;
}
