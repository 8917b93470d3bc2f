/* A batch of patients: the sheet that lists them, their files in a run, the status table. */
#ifndef YTTRIA_CORE_BATCH_H
#define YTTRIA_CORE_BATCH_H

#include <stddef.h>

#include "core/error.h"
#include "core/patient_work.h"

enum { BATCH_PATH_SIZE = 4096 };

typedef struct BatchPatient {
    char *center, *patient; /* owned by the batch */
    double line;            /* of the sheet */
    double other_line;      /* where the sheet lists the patient again; 0 if it does not */
} BatchPatient;

typedef struct Batch {
    BatchPatient *patients; /* in the order of the sheet */
    size_t count;
} Batch;

/* Reads a sheet with at least the columns center and patient. A name that cannot be a folder is
 * STATUS_BAD_DATA with file and line. A patient listed again is kept once, with `other_line`: which
 * row is right cannot be known, so that patient fails and the others go on. Free with
 * batch_free. */
Status batch_read(const char *path, Batch *batch, Error *error);
void batch_free(Batch *batch);

/* <run>/<center>/<patient>/<stage>.h5 */
Status batch_file_path(const char *run, const BatchPatient *patient, const char *stage,
                       char path[BATCH_PATH_SIZE], Error *error);

/* Writes the status table: center, patient, status, reason, seconds; `results` in the batch's
 * order. Atomic. */
Status batch_write_status(const char *path, const Batch *batch, const PatientResult *results,
                          Error *error);

#endif
