/* One patient through one stage: up to date? inputs there and his own? work, commit or clean up. */
#ifndef YTTRIA_CORE_PATIENT_WORK_H
#define YTTRIA_CORE_PATIENT_WORK_H

#include "core/stage.h"

typedef enum PatientStatus {
    PATIENT_DONE,
    PATIENT_CURRENT, /* up to date: nothing was done */
    PATIENT_FAILED,
    PATIENT_SKIPPED,  /* an earlier stage has no result */
    PATIENT_WOULD_RUN /* dry run */
} PatientStatus;

/* What became of it; plain bytes, so that it can travel between ranks. */
typedef struct PatientResult {
    PatientStatus status;
    Status code; /* why it failed */
    double seconds;
    char reason[ERROR_MESSAGE_SIZE];
} PatientResult;

/* What is the same for all patients of a program's run. */
typedef struct StageRun {
    const Stage *stage;
    const Config *config;
    char *configuration; /* config_text of the stage's sections */
    void *shared;        /* Stage.begin's */
    bool force, dry_run;
} StageRun;

/* Name of a status as in the status table. */
const char *patient_status_name(PatientStatus status);

/* Works on one patient. `in` are the files of the stage's inputs, in the order of Stage.inputs.
 * After failed and skipped there is no file at `out`, not even of an earlier run. */
PatientResult patient_work(const StageRun *run, const char *center, const char *patient,
                           const char *const in[], const char *out);

#endif
