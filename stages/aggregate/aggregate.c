/* What a cohort goes through: list the patients, see whether anything changed, collect their
 * decisions, write. cohort.nc is written last and names the digest of everything that went in, so
 * a run that was killed half-way is seen as not done. */
#include "aggregate/aggregate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "aggregate/cohort.h"
#include "aggregate/cohort_files.h"
#include "aggregate/source_list.h"
#include "core/isolation.h"
#include "core/provenance.h"

enum { SOURCE_SIZE = 64, IDENTITY_SIZE = 256, REASON_SIZE = 256 };

/* Stands for the digest of a cohort with unusable files, so that it is always tried again. */
static const char UNUSABLE[] = "unusable inputs";

/* A cohort under way. */
typedef struct CohortRun {
    const Config *config;
    const CliOptions *options;
    char *configuration;
    CohortFiles files;
    SourceList list;
    PatientResult *results; /* in the order of the list */
} CohortRun;

static double now_s(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* What is read of a source, for nothing. */
static void rehearse(size_t n, void *context) {
    const Source *source = &((const SourceList *)context)->sources[n];
    Cohort scratch = {.patients = NULL};
    PatientTables tables;
    double *thresholds = NULL;
    size_t count = 0;
    Store *store;
    Error ignored;
    if (source->missing == NULL && store_open(source->path, &store, &ignored) == STATUS_OK) {
        store_read_array(store, "/sweep/threshold_gy", &thresholds, &count, &ignored);
        joined_tables_read(store, &tables, &ignored);
        joined_tables_free(&tables);
        if (cohort_create(thresholds, count, &scratch, &ignored) == STATUS_OK) {
            cohort_add_decided(&scratch, store, source->center, source->patient, &ignored);
        }
        store_close(store);
    }
    cohort_free(&scratch);
    free(thresholds);
}

/* Marks files on which the HDF5 library crashes as unreadable, so that they cost one patient. */
static Status mark_fatal_sources(SourceList *list, Error *error) {
    char reason[REASON_SIZE];
    for (size_t next = 0; next < list->count; next++) {
        next = isolation_rehearse(next, list->count, rehearse, list, reason, sizeof reason);
        if (next < list->count &&
            source_list_mark_unreadable(list, next, reason, error) != STATUS_OK) {
            return error->status;
        }
    }
    return STATUS_OK;
}

/* The thresholds of the sweep as the first usable decision has them; none without one. */
static void find_thresholds(const SourceList *list, double **thresholds, size_t *count) {
    *thresholds = NULL;
    *count = 0;
    for (size_t i = 0; i < list->count && *thresholds == NULL; i++) {
        Store *store;
        Error ignored;
        if (list->sources[i].missing != NULL ||
            store_open(list->sources[i].path, &store, &ignored) != STATUS_OK) {
            continue;
        }
        if (store_read_array(store, "/sweep/threshold_gy", thresholds, count, &ignored) !=
            STATUS_OK) {
            *thresholds = NULL;
            *count = 0;
        }
        store_close(store);
    }
}

static Status check_identity(const Store *store, const Source *source, Error *error) {
    static const char *const names[] = {"yttria_stage", "center", "patient"};
    const char *const wanted[] = {"stratify", source->center, source->patient};
    for (size_t n = 0; n < 3; n++) {
        char found[IDENTITY_SIZE];
        if (store_get_text(store, "/", names[n], found, sizeof found, error) != STATUS_OK) {
            return error->status;
        }
        if (strcmp(found, wanted[n]) != 0) {
            return error_set(error, STATUS_BAD_DATA,
                             "%s: attribute '%s' is '%s', expected '%s': this is another file",
                             store_path(store), names[n], found, wanted[n]);
        }
    }
    return STATUS_OK;
}

/* Reads all of the patient before anything is added. */
static Status add_decided(Cohort *cohort, JoinedTables *joined, const Source *source,
                          Error *error) {
    PatientTables tables = {.tables = {NULL}};
    Store *store;
    Status status = store_open(source->path, &store, error);
    if (status != STATUS_OK) {
        return status;
    }
    status = check_identity(store, source, error);
    if (status == STATUS_OK) {
        status = joined_tables_read(store, &tables, error);
    }
    if (status == STATUS_OK) {
        status = cohort_add_decided(cohort, store, source->center, source->patient, error);
    }
    if (status == STATUS_OK) {
        joined_tables_add(joined, &tables, source->center, source->patient);
    }
    joined_tables_free(&tables);
    store_close(store);
    return status;
}

/* Adds one patient whatever happens to the file; the result says what did. */
static Status add_source(Cohort *cohort, JoinedTables *joined, const Source *source,
                         PatientResult *result, Error *error) {
    double start_s = now_s();
    Error problem = {.message = ""};
    const char *reason = source->missing;
    *result = (PatientResult){.status = PATIENT_DONE};
    if (reason == NULL) {
        result->code = add_decided(cohort, joined, source, &problem);
        if (result->code == STATUS_INTERNAL) {
            *error = problem;
            return result->code;
        }
        reason = result->code != STATUS_OK ? problem.message : NULL;
    } else {
        result->code = source->is_unreadable ? STATUS_BAD_DATA : STATUS_NO_INPUT;
    }
    if (reason != NULL) {
        result->status = result->code == STATUS_NO_INPUT ? PATIENT_SKIPPED : PATIENT_FAILED;
        snprintf(result->reason, sizeof result->reason, "%.*s", (int)sizeof result->reason - 1,
                 reason);
        if (cohort_add_undecided(cohort, source->center, source->patient, reason, error) !=
            STATUS_OK) {
            return error->status;
        }
    }
    result->seconds = now_s() - start_s;
    return STATUS_OK;
}

static size_t count_results(const CohortRun *run, PatientStatus status) {
    size_t count = 0;
    for (size_t i = 0; i < run->list.count; i++) {
        count += run->results[i].status == status;
    }
    return count;
}

/* Results of a run that does not collect: nothing changed, or only a rehearsal. */
static void set_results(CohortRun *run, PatientStatus status) {
    for (size_t i = 0; i < run->list.count; i++) {
        PatientResult *result = &run->results[i];
        const char *missing = run->list.sources[i].missing;
        *result = (PatientResult){.status = missing == NULL ? status : PATIENT_SKIPPED};
        if (missing != NULL) {
            snprintf(result->reason, sizeof result->reason, "%.*s", (int)sizeof result->reason - 1,
                     missing);
        }
    }
}

static Status collect_and_write(CohortRun *run, const char *digest, Error *error) {
    Cohort cohort = {.patients = NULL};
    JoinedTables joined = {.files = {NULL}};
    double *thresholds;
    size_t n_thresholds;
    char source[SOURCE_SIZE];
    Status status = mark_fatal_sources(&run->list, error);
    find_thresholds(&run->list, &thresholds, &n_thresholds);
    if (status == STATUS_OK) {
        status = cohort_create(thresholds, n_thresholds, &cohort, error);
    }
    if (status == STATUS_OK) {
        status = cohort_files_begin_joined(&run->files, &joined, error);
    }
    for (size_t i = 0; i < run->list.count && status == STATUS_OK; i++) {
        status = add_source(&cohort, &joined, &run->list.sources[i], &run->results[i], error);
    }
    if (status == STATUS_OK) {
        snprintf(source, sizeof source, "yttria-aggregate %s", provenance_version());
        const CohortDescription description = {
            .title = run->config->report_title,
            .source = source,
            .configuration = run->configuration,
            .inputs_digest = count_results(run, PATIENT_FAILED) > 0 ? UNUSABLE : digest};
        status = cohort_files_write(&run->files, &cohort, &joined, &description, error);
    }
    joined_tables_abandon(&joined);
    cohort_free(&cohort);
    free(thresholds);
    return status;
}

/* Fills the results and writes the cohort unless nothing changed. */
static Status produce(CohortRun *run, Error *error) {
    char digest[DIGEST_TEXT_SIZE];
    run->results = calloc(run->list.count + 1, sizeof *run->results);
    if (run->results == NULL) {
        return error_no_memory(error, "the results of the patients");
    }
    Status status = source_list_digest(&run->list, run->configuration, digest, error);
    if (status != STATUS_OK) {
        return status;
    }
    if (!run->options->force && cohort_files_are_current(&run->files, digest)) {
        set_results(run, PATIENT_CURRENT);
        return STATUS_OK;
    }
    if (run->options->dry_run) {
        set_results(run, PATIENT_WOULD_RUN);
        return STATUS_OK;
    }
    return collect_and_write(run, digest, error);
}

static Status begin(CohortRun *run, const Config *config, const CliOptions *options, Error *error) {
    static const char *const sections[] = {"stratification", "sweep", "report", NULL};
    *run = (CohortRun){.config = config, .options = options};
    run->configuration = config_text(config, sections);
    return run->configuration != NULL ? STATUS_OK : error_no_memory(error, "the configuration");
}

static void end(CohortRun *run) {
    free(run->configuration);
    free(run->results);
    source_list_free(&run->list);
}

/* The status table of a batch, in the order of the results. */
static Status write_status(const CohortRun *run, const char *folder, Error *error) {
    char path[BATCH_PATH_SIZE];
    int length = run->options->status != NULL
                     ? snprintf(path, sizeof path, "%s", run->options->status)
                     : snprintf(path, sizeof path, "%s/status/aggregate.tsv", folder);
    if (length < 0 || length >= BATCH_PATH_SIZE) {
        return error_set(error, STATUS_USAGE, "the path of the status table is too long");
    }
    Batch batch = {.patients = calloc(run->list.count + 1, sizeof *batch.patients),
                   .count = run->list.count};
    if (batch.patients == NULL) {
        return error_no_memory(error, "the status table");
    }
    for (size_t i = 0; i < batch.count; i++) {
        batch.patients[i] = (BatchPatient){.center = run->list.sources[i].center,
                                           .patient = run->list.sources[i].patient};
    }
    Status status = batch_write_status(path, &batch, run->results, error);
    free(batch.patients); /* the names belong to the list */
    return status;
}

static Status summarise(const CohortRun *run) {
    for (size_t i = 0; i < run->list.count; i++) {
        if (run->results[i].status == PATIENT_FAILED) {
            log_message(LOG_ERROR, "%s/%s failed: %s", run->list.sources[i].center,
                        run->list.sources[i].patient, run->results[i].reason);
        }
    }
    size_t n_failed = count_results(run, PATIENT_FAILED);
    log_message(LOG_INFO,
                "%zu patients: %zu done, %zu current, %zu failed, %zu without a decision%s",
                run->list.count, count_results(run, PATIENT_DONE),
                count_results(run, PATIENT_CURRENT), n_failed, count_results(run, PATIENT_SKIPPED),
                run->options->dry_run ? " (dry run: nothing is written)" : "");
    return n_failed > 0 ? STATUS_SOME_FAILED : STATUS_OK;
}

Status aggregate_batch(const Config *config, const CliOptions *options, Error *error) {
    CohortRun run;
    Batch batch = {.count = 0};
    const char *folder = options->run != NULL ? options->run : config->run_folder;
    Status status = begin(&run, config, options, error);
    if (status == STATUS_OK) {
        status = cohort_files_of_run(folder, &run.files, error);
    }
    if (status == STATUS_OK) {
        status = batch_read(options->batch, &batch, error);
    }
    if (status == STATUS_OK) {
        status = source_list_from_batch(&batch, folder, &run.list, error);
    }
    if (status == STATUS_OK) {
        status = produce(&run, error);
    }
    if (status == STATUS_OK && !options->dry_run) {
        status = write_status(&run, folder, error);
    }
    if (status == STATUS_OK) {
        status = summarise(&run);
    }
    batch_free(&batch);
    end(&run);
    return status;
}

Status aggregate_by_hand(const Config *config, const CliOptions *options, Error *error) {
    CohortRun run;
    Status status = begin(&run, config, options, error);
    if (status == STATUS_OK) {
        status = cohort_files_by_hand(options->out, &run.files, error);
    }
    if (status == STATUS_OK) {
        status = source_list_from_files(options->in, (size_t)options->n_in, &run.list, error);
    }
    if (status == STATUS_OK) {
        status = produce(&run, error);
    }
    if (status == STATUS_OK) {
        status = summarise(&run);
    }
    end(&run);
    return status;
}
