/* What the six programs have in common: command line, batch, up-to-date check, failure isolation,
 * status table, provenance, exit code. A stage supplies one function for one patient. */
#ifndef YTTRIA_CORE_STAGE_H
#define YTTRIA_CORE_STAGE_H

#include "core/config.h"
#include "core/flags.h"
#include "core/store.h"

enum { STAGE_MAX_INPUTS = 4 };

/* What a stage's function gets to work on one patient. All borrowed. */
typedef struct PatientJob {
    const Config *config;
    const char *center;
    const char *patient;
    int n_inputs;
    Store *inputs[STAGE_MAX_INPUTS]; /* open, in the order of Stage.inputs */
    Store *output;                   /* under creation; the driver commits or abandons it */
    void *shared;                    /* what Stage.begin made; NULL without */
} PatientJob;

typedef struct Stage {
    const char *name;          /* "dose"; the file it writes is dose.h5 */
    const char *summary;       /* one sentence for --help */
    const char *example;       /* a command line for --help */
    const char *const *inputs; /* earlier stages, NULL-terminated, e.g. {"convert", NULL} */
    const char *const *config_sections; /* what it uses of the configuration, NULL-terminated */

    /* Writes the results of one patient into job->output. Called by one thread at a time in a
     * process; may use OpenMP inside. */
    Status (*process)(const PatientJob *job, Error *error);

    /* Only for a stage that reads the archive instead of earlier stages' files (convert), else
     * NULL. `begin` loads what all patients share; `digest_sources` gives one patient's sources as
     * lines "<sha256>  <kind>" (new string, the driver frees it) and their size in bytes as the
     * relative cost; either pointer may be NULL when it is not asked for; `end` frees. */
    Status (*begin)(const Config *config, void **shared, Error *error);
    Status (*digest_sources)(void *shared, const char *center, const char *patient, char **digests,
                             double *cost, Error *error);
    void (*end)(void *shared);
} Stage;

/* Runs the program: parses arguments, does the batch or the one patient, returns the exit code. */
int stage_main(const Stage *stage, int argc, char **argv);

#endif
