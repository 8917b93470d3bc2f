/* The driver of the per-patient stages. Batch: rank 0 reads the sheet, every rank takes patients
 * from the queue, largest first; rank 0 gathers the results and writes the status table. */
#include "core/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/batch.h"
#include "core/cli.h"
#include "core/isolation.h"
#include "core/patient_work.h"
#include "core/volume.h"
#include "mpi/largest_first.h"
#include "mpi/work_queue.h"

enum { PROGRAM_NAME_SIZE = 64, NAME_SIZE = 256, REASON_SIZE = 256 };

/* A batch under way, on every rank. */
typedef struct BatchRun {
    const StageRun *stage_run;
    const char *folder; /* of the run */
    const char *sheet;
    Batch batch;
    size_t *order;          /* queue position to patient */
    PatientResult *results; /* by patient; complete on rank 0 */
    size_t arrived;
} BatchRun;

/* Paths of a patient's inputs and output in the run's folder. */
typedef struct PatientFiles {
    char in[STAGE_MAX_INPUTS][BATCH_PATH_SIZE];
    const char *in_paths[STAGE_MAX_INPUTS];
    char out[BATCH_PATH_SIZE];
} PatientFiles;

static Status name_files(const BatchRun *run, const BatchPatient *patient, PatientFiles *files,
                         Error *error) {
    const Stage *stage = run->stage_run->stage;
    for (int n = 0; stage->inputs[n] != NULL; n++) {
        files->in_paths[n] = files->in[n];
        if (batch_file_path(run->folder, patient, stage->inputs[n], files->in[n], error) !=
            STATUS_OK) {
            return error->status;
        }
    }
    return batch_file_path(run->folder, patient, stage->name, files->out, error);
}

/* A patient whom the sheet lists twice: nobody can say which row holds. */
static void refuse_double(const BatchRun *run, const BatchPatient *patient, const char *out,
                          PatientResult *outcome) {
    const char *slash = strrchr(run->sheet, '/');
    snprintf(outcome->reason, sizeof outcome->reason,
             "%s: listed twice, in lines %.0f and %.0f; remove the row that is wrong",
             slash != NULL ? slash + 1 : run->sheet, patient->line, patient->other_line);
    if (!run->stage_run->dry_run) {
        unlink(out);
    }
}

static void work_on_item(size_t item, void *result, void *context) {
    BatchRun *run = context;
    const BatchPatient *patient = &run->batch.patients[run->order[item]];
    PatientFiles files;
    PatientResult outcome = {.status = PATIENT_FAILED};
    Error error = {0};
    log_message(LOG_DEBUG, "%s/%s begins", patient->center, patient->patient);
    if (name_files(run, patient, &files, &error) != STATUS_OK) {
        memcpy(outcome.reason, error.message, sizeof outcome.reason);
    } else if (patient->other_line > 0) {
        refuse_double(run, patient, files.out, &outcome);
    } else {
        outcome = isolation_patient_work(run->stage_run, patient->center, patient->patient,
                                         files.in_paths, files.out);
    }
    memcpy(result, &outcome, sizeof outcome);
}

static void result_arrived(size_t item, const void *bytes, void *context) {
    BatchRun *run = context;
    size_t index = run->order[item];
    PatientResult *result = &run->results[index];
    if (bytes != NULL) {
        memcpy(result, bytes, sizeof *result);
    } else {
        *result = (PatientResult){.status = PATIENT_FAILED, .code = STATUS_INTERNAL};
        snprintf(result->reason, sizeof result->reason,
                 "the rank that worked on this patient was lost; run the batch again");
    }
    run->arrived++;
    const BatchPatient *patient = &run->batch.patients[index];
    LogLevel level = result->status == PATIENT_FAILED ? LOG_ERROR : LOG_INFO;
    log_message(level, "%zu of %zu: %s/%s %s in %.1f s%s%s", run->arrived, run->batch.count,
                patient->center, patient->patient, patient_status_name(result->status),
                result->seconds, result->reason[0] != '\0' ? ": " : "", result->reason);
}

/* Bytes that a patient's work reads: the measure of its length. */
static double patient_cost(const BatchRun *run, const BatchPatient *patient) {
    const StageRun *stage_run = run->stage_run;
    Error ignored = {0};
    double cost = 0;
    if (stage_run->stage->digest_sources != NULL) {
        stage_run->stage->digest_sources(stage_run->shared, patient->center, patient->patient, NULL,
                                         &cost, &ignored);
        return cost;
    }
    PatientFiles files;
    if (name_files(run, patient, &files, &ignored) == STATUS_OK) {
        for (int n = 0; stage_run->stage->inputs[n] != NULL; n++) {
            struct stat info;
            cost += stat(files.in[n], &info) == 0 ? (double)info.st_size : 0;
        }
    }
    return cost;
}

static Status order_by_cost(BatchRun *run, Error *error) {
    size_t count = run->batch.count;
    double *costs = calloc(count + 1, sizeof *costs);
    for (size_t n = 0; costs != NULL && n < count; n++) {
        costs[n] = patient_cost(run, &run->batch.patients[n]);
    }
    bool is_ordered = costs != NULL && largest_first_order(costs, count, run->order);
    free(costs);
    return is_ordered ? STATUS_OK : error_no_memory(error, "the queue");
}

/* Rank 0 decides the order; the sheet itself is read by every rank. */
static Status prepare_batch(BatchRun *run, WorkQueue *queue, Error *error) {
    if (batch_read(run->sheet, &run->batch, error) != STATUS_OK) {
        return error->status;
    }
    size_t count = run->batch.count > 0 ? run->batch.count : 1;
    run->order = calloc(count, sizeof *run->order);
    run->results = calloc(count, sizeof *run->results);
    if (run->order == NULL || run->results == NULL) {
        return error_no_memory(error, "the batch");
    }
    if (work_queue_rank(queue) == 0 && order_by_cost(run, error) != STATUS_OK) {
        return error->status;
    }
    return STATUS_OK;
}

static Status write_status_table(const BatchRun *run, const CliOptions *options, Error *error) {
    char path[BATCH_PATH_SIZE];
    if (options->dry_run) {
        return STATUS_OK;
    }
    int length = options->status != NULL ? snprintf(path, sizeof path, "%s", options->status)
                                         : snprintf(path, sizeof path, "%s/status/%s.tsv",
                                                    run->folder, run->stage_run->stage->name);
    if (length < 0 || length >= (int)sizeof path) {
        return error_set(error, STATUS_USAGE, "the path of the status table is too long");
    }
    return batch_write_status(path, &run->batch, run->results, error);
}

static Status summarise(const BatchRun *run) {
    size_t counts[PATIENT_WOULD_RUN + 1] = {0};
    for (size_t n = 0; n < run->batch.count; n++) {
        counts[run->results[n].status]++;
    }
    log_message(LOG_INFO, "%zu patients: %zu done, %zu current, %zu failed, %zu skipped%s",
                run->batch.count, counts[PATIENT_DONE], counts[PATIENT_CURRENT],
                counts[PATIENT_FAILED], counts[PATIENT_SKIPPED],
                counts[PATIENT_WOULD_RUN] > 0 ? " (dry run: the rest would run)" : "");
    return counts[PATIENT_FAILED] > 0 ? STATUS_SOME_FAILED : STATUS_OK;
}

/* Collective: every rank fails when one has, and goes on to the end of the program together with
 * the others; the first that failed says why. */
static Status fail_together(WorkQueue *queue, Status status, Error *error) {
    int first = work_queue_first_failed(queue, status != STATUS_OK);
    if (first == work_queue_rank(queue)) {
        log_message(LOG_ERROR, "%s", error->message);
    } else if (first >= 0 && status == STATUS_OK) {
        return error_set(error, STATUS_INTERNAL, "rank %d failed", first);
    }
    return status;
}

/* Collective over the ranks. */
static Status run_batch(const StageRun *stage_run, const CliOptions *options, WorkQueue *queue,
                        Error *error) {
    BatchRun run = {.stage_run = stage_run,
                    .sheet = options->batch,
                    .folder = options->run != NULL ? options->run : stage_run->config->run_folder};
    Status status = fail_together(queue, prepare_batch(&run, queue, error), error);
    if (status == STATUS_OK) {
        work_queue_broadcast(queue, run.order, run.batch.count * sizeof *run.order);
        bool complete = work_queue_run(queue, run.batch.count, sizeof(PatientResult), work_on_item,
                                       result_arrived, &run);
        if (!complete) {
            status = error_set(error, STATUS_INTERNAL, "the work queue failed");
        }
        if (status == STATUS_OK && work_queue_rank(queue) == 0) {
            status = write_status_table(&run, options, error);
        }
        status = fail_together(queue, status, error);
    }
    if (status == STATUS_OK && work_queue_rank(queue) == 0) {
        status = summarise(&run);
    }
    free(run.order);
    free(run.results);
    batch_free(&run.batch);
    return status;
}

/* What a file given with --in says it is. */
typedef struct GivenFile {
    char stage[PROGRAM_NAME_SIZE], center[NAME_SIZE], patient[NAME_SIZE];
} GivenFile;

static Status read_given(const char *path, GivenFile *given, Error *error) {
    Store *store;
    if (store_open(path, &store, error) != STATUS_OK) {
        return error->status;
    }
    Status status =
        store_get_text(store, "/", "yttria_stage", given->stage, sizeof given->stage, error);
    if (status == STATUS_OK) {
        status = store_get_text(store, "/", "center", given->center, sizeof given->center, error);
    }
    if (status == STATUS_OK) {
        status =
            store_get_text(store, "/", "patient", given->patient, sizeof given->patient, error);
    }
    store_close(store);
    return status;
}

static void rehearse_given(size_t n, void *context) {
    GivenFile given;
    Error ignored;
    read_given(((const CliOptions *)context)->in[n], &given, &ignored);
}

static void rehearse_out(size_t n, void *context) {
    (void)n;
    GivenFile existing;
    Error ignored;
    read_given(((const CliOptions *)context)->out, &existing, &ignored);
}

/* An output that is there may be replaced, or removed when the work fails, only if it is a result
 * of this same stage: never somebody's other file, nor an input. */
static Status check_replaceable(const Stage *stage, CliOptions *options, Error *error) {
    char reason[REASON_SIZE];
    GivenFile existing = {.stage = ""};
    Error unreadable;
    if (access(options->out, F_OK) != 0) {
        return STATUS_OK;
    }
    bool is_readable =
        isolation_rehearse(0, 1, rehearse_out, options, reason, sizeof reason) == 1 &&
        read_given(options->out, &existing, &unreadable) == STATUS_OK;
    if (is_readable && strcmp(existing.stage, stage->name) == 0) {
        return STATUS_OK;
    }
    return error_set(
        error, STATUS_CANNOT_CREATE,
        "--out %s: exists and is no result of yttria-%s; choose another name or remove "
        "it",
        options->out, stage->name);
}

/* Sorts the files given with --in into the order of the stage's inputs by what they say they
 * are, and takes center and patient from the last of them. */
static Status sort_inputs(const Stage *stage, CliOptions *options, const char *in[],
                          GivenFile *given, Error *error) {
    char reason[REASON_SIZE];
    size_t count = (size_t)options->n_in;
    size_t fatal = isolation_rehearse(0, count, rehearse_given, options, reason, sizeof reason);
    if (fatal < count) {
        return error_set(error, STATUS_BAD_DATA, "%s: %s", options->in[fatal], reason);
    }
    for (size_t file = 0; file < count; file++) {
        if (read_given(options->in[file], given, error) != STATUS_OK) {
            return error->status;
        }
        for (int n = 0; stage->inputs[n] != NULL; n++) {
            in[n] = strcmp(stage->inputs[n], given->stage) == 0 ? options->in[file] : in[n];
        }
    }
    for (int n = 0; stage->inputs[n] != NULL; n++) {
        if (in[n] == NULL) {
            return error_set(error, STATUS_USAGE, "--in: no file of stage %s was given",
                             stage->inputs[n]);
        }
    }
    return STATUS_OK;
}

/* --patient center/patient */
static Status split_patient(const char *text, GivenFile *given, Error *error) {
    const char *slash = text != NULL ? strchr(text, '/') : NULL;
    if (slash == NULL || slash - text >= NAME_SIZE || strlen(slash) >= NAME_SIZE) {
        return error_set(error, STATUS_USAGE, "--patient: expected center/patient of the sheets");
    }
    memcpy(given->center, text, (size_t)(slash - text));
    given->center[slash - text] = '\0';
    strcpy(given->patient, slash + 1);
    return STATUS_OK;
}

static Status run_single(const StageRun *run, CliOptions *options, Error *error) {
    GivenFile given = {.stage = ""};
    const char *in[STAGE_MAX_INPUTS + 1] = {NULL};
    Status status = run->stage->inputs[0] != NULL
                        ? sort_inputs(run->stage, options, in, &given, error)
                        : split_patient(options->patient, &given, error);
    if (status == STATUS_OK) {
        status = check_replaceable(run->stage, options, error);
    }
    if (status != STATUS_OK) {
        return status;
    }
    PatientResult result =
        isolation_patient_work(run, given.center, given.patient, in, options->out);
    if (result.status == PATIENT_FAILED || result.status == PATIENT_SKIPPED) {
        return error_set(error, result.status == PATIENT_SKIPPED ? STATUS_NO_INPUT : result.code,
                         "%s/%s: %s", given.center, given.patient, result.reason);
    }
    log_message(LOG_INFO, "%s/%s %s in %.1f s: %s", given.center, given.patient,
                patient_status_name(result.status), result.seconds, options->out);
    return STATUS_OK;
}

static Status run_stage(const Stage *stage, CliOptions *options, WorkQueue *queue, Error *error) {
    Config *config = malloc(sizeof *config);
    if (config == NULL) {
        return error_no_memory(error, "the configuration");
    }
    StageRun run = {
        .stage = stage, .config = config, .force = options->force, .dry_run = options->dry_run};
    Status status = config_load(options->config, config, error);
    if (status == STATUS_OK) {
        run.configuration = config_text(config, stage->config_sections);
        status = run.configuration != NULL ? STATUS_OK : error_no_memory(error, "configuration");
    }
    if (status == STATUS_OK && stage->begin != NULL) {
        status = stage->begin(config, &run.shared, error);
    }
    status = fail_together(queue, status, error);
    if (status == STATUS_OK && options->batch != NULL) {
        status = run_batch(&run, options, queue, error);
    } else if (status == STATUS_OK) {
        bool is_mine = work_queue_rank(queue) == 0;
        status =
            fail_together(queue, is_mine ? run_single(&run, options, error) : STATUS_OK, error);
    }
    if (stage->end != NULL && run.shared != NULL) {
        stage->end(run.shared);
    }
    free(run.configuration);
    free(config);
    return status;
}

int stage_main(const Stage *stage, int argc, char **argv) {
    char name[PROGRAM_NAME_SIZE];
    snprintf(name, sizeof name, "yttria-%s", stage->name);
    CliProgram program = {.name = name,
                          .summary = stage->summary,
                          .example = stage->example,
                          .single = stage->inputs[0] != NULL
                                        ? "--in IN.h5 [--in IN2.h5 …] --out OUT.h5"
                                        : "--patient CENTER/PATIENT --out OUT.h5"};
    log_configure(name, LOG_INFO, LOG_TEXT, -1);
    volume_keep_freed_memory();
    CliOptions options;
    Error error = {0};
    Status status = cli_parse(argc, argv, &program, &options, &error);
    if (status == STATUS_OK && !options.exit_now) {
        WorkQueue *queue = work_queue_start();
        if (queue == NULL) {
            cli_free(&options);
            return STATUS_INTERNAL;
        }
        int rank = work_queue_rank(queue);
        log_configure(name, options.log_level, options.log_format,
                      work_queue_size(queue) > 1 ? rank : -1);
        cli_apply_threads(options.threads);
        status = run_stage(stage, &options, queue, &error);
        work_queue_finish(queue);
    } else if (status != STATUS_OK) {
        log_message(LOG_ERROR, "%s", error.message);
    }
    cli_free(&options);
    return (int)status;
}
