/* yttria-aggregate: the decisions of all patients as one cohort. */
#include <stdlib.h>

#include "aggregate/aggregate.h"
#include "mpi/work_queue.h"

static Status run(const CliOptions *options, Error *error) {
    Config *config = malloc(sizeof *config);
    if (config == NULL) {
        return error_no_memory(error, "the configuration");
    }
    Status status = config_load(options->config, config, error);
    if (status == STATUS_OK) {
        status = options->batch != NULL ? aggregate_batch(config, options, error)
                                        : aggregate_by_hand(config, options, error);
    }
    free(config);
    return status;
}

/* A cohort is one piece of work: under mpirun or srun the other ranks only wait. */
static Status run_on_first_rank(const CliOptions *options, Error *error) {
    WorkQueue *queue = work_queue_start();
    if (queue == NULL) {
        return error_set(error, STATUS_INTERNAL, "MPI cannot be started");
    }
    Status status = work_queue_rank(queue) == 0 ? run(options, error) : STATUS_OK;
    work_queue_finish(queue);
    return status;
}

int main(int argc, char **argv) {
    static const CliProgram program = {
        .name = "yttria-aggregate",
        .summary = "Collects the decisions of all patients into cohort.nc and CSV files.",
        .example = "yttria-aggregate --config configs/trial.yaml --batch configs/patients.tsv "
                   "--run results/trial",
        .single = "--in A/stratify.h5 [--in B/stratify.h5 ...] --out FOLDER/cohort.nc",
    };
    CliOptions options;
    Error error = {.message = ""};
    log_configure(program.name, LOG_INFO, LOG_TEXT, -1);
    Status status = cli_parse(argc, argv, &program, &options, &error);
    if (status == STATUS_OK && !options.exit_now) {
        log_configure(program.name, options.log_level, options.log_format, -1);
        status = run_on_first_rank(&options, &error);
    }
    if (status != STATUS_OK && status != STATUS_SOME_FAILED) {
        log_message(LOG_ERROR, "%s", error.message);
    }
    cli_free(&options);
    return (int)status;
}
