/* The order of things for one patient: inputs there? current? work, commit, or leave nothing. */
#include "core/patient_work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/atomic_file.h"
#include "core/provenance.h"

enum { TEXT_SIZE = 512, PROGRAM_SIZE = 64, FORMAT_VERSION = 1 };

const char *patient_status_name(PatientStatus status) {
    static const char *const names[] = {"done", "current", "failed", "skipped", "would run"};
    return names[status];
}

static double now_s(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Lines "<sha256>  <kind>" of everything the result depends on; new string. */
static Status digest_inputs(const StageRun *run, const char *center, const char *patient,
                            const char *const in[], char **digests, Error *error) {
    if (run->stage->digest_sources != NULL) {
        return run->stage->digest_sources(run->shared, center, patient, digests, NULL, error);
    }
    enum { LINE_SIZE = DIGEST_TEXT_SIZE + 32 };
    char *text = calloc(STAGE_MAX_INPUTS + 1, LINE_SIZE);
    if (text == NULL) {
        return error_no_memory(error, "input digests");
    }
    for (int n = 0; run->stage->inputs[n] != NULL; n++) {
        char digest[DIGEST_TEXT_SIZE];
        if (digest_path(in[n], digest, error) != STATUS_OK) {
            free(text);
            return error->status;
        }
        sprintf(text + strlen(text), "%s  %.20s.h5\n", digest, run->stage->inputs[n]);
    }
    *digests = text;
    return STATUS_OK;
}

/* An input must come from the stage it stands for and belong to the same patient. */
static Status check_identity(const Store *input, const char *stage, const char *center,
                             const char *patient, Error *error) {
    const char *const names[] = {"yttria_stage", "center", "patient"};
    const char *const wanted[] = {stage, center, patient};
    for (int n = 0; n < 3; n++) {
        char found[TEXT_SIZE];
        if (store_get_text(input, "/", names[n], found, sizeof found, error) != STATUS_OK) {
            return error->status;
        }
        if (strcmp(found, wanted[n]) != 0) {
            return error_set(error, STATUS_BAD_DATA,
                             "%s: attribute '%s' is '%s', expected '%s': this is another file",
                             store_path(input), names[n], found, wanted[n]);
        }
    }
    return STATUS_OK;
}

static Status open_inputs(const Stage *stage, const char *const in[], PatientJob *job,
                          Error *error) {
    for (int n = 0; stage->inputs[n] != NULL; n++) {
        if (store_open(in[n], &job->inputs[n], error) != STATUS_OK) {
            return error->status;
        }
        job->n_inputs = n + 1;
        if (check_identity(job->inputs[n], stage->inputs[n], job->center, job->patient, error) !=
            STATUS_OK) {
            return error->status;
        }
    }
    return STATUS_OK;
}

static Status write_identity(const Stage *stage, const PatientJob *job, Error *error) {
    if (store_set_text(job->output, "/", "yttria_stage", stage->name, error) != STATUS_OK ||
        store_set_text(job->output, "/", "center", job->center, error) != STATUS_OK ||
        store_set_text(job->output, "/", "patient", job->patient, error) != STATUS_OK) {
        return error->status;
    }
    return store_set_number(job->output, "/", "format_version", FORMAT_VERSION, error);
}

/* Reads, works, writes and commits. */
static Status produce(const StageRun *run, PatientJob *job, const char *const in[], const char *out,
                      const Provenance *provenance, Error *error) {
    Status status = open_inputs(run->stage, in, job, error);
    if (status == STATUS_OK) {
        status = store_create(out, &job->output, error);
    }
    if (status == STATUS_OK) {
        status = write_identity(run->stage, job, error);
    }
    if (status == STATUS_OK) {
        status = run->stage->process(job, error);
    }
    if (status == STATUS_OK) {
        status = provenance_write(job->output, provenance, error);
    }
    if (status == STATUS_OK) {
        status = store_commit(job->output, error);
        job->output = NULL;
    }
    store_close(job->output);
    for (int n = 0; n < STAGE_MAX_INPUTS; n++) {
        store_close(job->inputs[n]);
    }
    return status;
}

/* The first input that is not there, or NULL. */
static const char *missing_input(const Stage *stage, const char *const in[]) {
    for (int n = 0; stage->inputs[n] != NULL; n++) {
        if (access(in[n], F_OK) != 0) {
            return stage->inputs[n];
        }
    }
    return NULL;
}

/* Works unless the result at `out` is what would be made now; `*outcome` says which. */
static Status attempt(const StageRun *run, const char *center, const char *patient,
                      const char *const in[], const char *out, PatientStatus *outcome,
                      Error *error) {
    char *digests = NULL, command[TEXT_SIZE], program[PROGRAM_SIZE];
    if (digest_inputs(run, center, patient, in, &digests, error) != STATUS_OK) {
        return error->status;
    }
    snprintf(program, sizeof program, "yttria-%s", run->stage->name);
    snprintf(command, sizeof command, "%s --patient %.200s/%.200s", program, center, patient);
    Provenance provenance = {.program = program,
                             .command = command,
                             .inputs = digests,
                             .configuration = run->configuration};
    PatientJob job = {
        .config = run->config, .center = center, .patient = patient, .shared = run->shared};
    Status status = STATUS_OK;
    *outcome = PATIENT_CURRENT;
    if (run->force || !provenance_is_current(out, &provenance)) {
        *outcome = run->dry_run ? PATIENT_WOULD_RUN : PATIENT_DONE;
        status = run->dry_run ? STATUS_OK : produce(run, &job, in, out, &provenance, error);
    }
    free(digests);
    return status;
}

PatientResult patient_work(const StageRun *run, const char *center, const char *patient,
                           const char *const in[], const char *out) {
    PatientResult result = {.status = PATIENT_SKIPPED};
    Error error = {0};
    double start_s = now_s();
    const char *missing = missing_input(run->stage, in);
    if (missing != NULL) {
        snprintf(result.reason, sizeof result.reason, "no %s.h5: see the status of stage %s",
                 missing, missing);
    } else if (attempt(run, center, patient, in, out, &result.status, &error) != STATUS_OK) {
        result.status = PATIENT_FAILED;
        result.code = error.status;
        memcpy(result.reason, error.message, sizeof result.reason);
    }
    bool no_result = result.status == PATIENT_FAILED || result.status == PATIENT_SKIPPED;
    if (no_result && !run->dry_run) {
        unlink(out);
    }
    if (result.status != PATIENT_DONE && !run->dry_run) {
        atomic_file_abandon(out); /* of a killed run: nobody else would remove it any more */
    }
    result.seconds = now_s() - start_s;
    return result;
}
