/* getopt_long over one table; what concerns several options together is checked at the end. */
#include "core/cli.h"

#include <getopt.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/provenance.h"

enum {
    OPTION_CONFIG = 256,
    OPTION_BATCH,
    OPTION_RUN,
    OPTION_STATUS,
    OPTION_PATIENT,
    OPTION_IN,
    OPTION_OUT,
    OPTION_THREADS,
    OPTION_LOG_LEVEL,
    OPTION_LOG_FORMAT,
    OPTION_FORCE,
    OPTION_DRY_RUN,
    OPTION_VERSION,
    OPTION_HELP
};

static const struct option long_options[] = {
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"batch", required_argument, NULL, OPTION_BATCH},
    {"run", required_argument, NULL, OPTION_RUN},
    {"status", required_argument, NULL, OPTION_STATUS},
    {"patient", required_argument, NULL, OPTION_PATIENT},
    {"in", required_argument, NULL, OPTION_IN},
    {"out", required_argument, NULL, OPTION_OUT},
    {"threads", required_argument, NULL, OPTION_THREADS},
    {"log-level", required_argument, NULL, OPTION_LOG_LEVEL},
    {"log-format", required_argument, NULL, OPTION_LOG_FORMAT},
    {"force", no_argument, NULL, OPTION_FORCE},
    {"dry-run", no_argument, NULL, OPTION_DRY_RUN},
    {"version", no_argument, NULL, OPTION_VERSION},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static void print_help(const CliProgram *program) {
    printf("%s: %s\n\n"
           "Usage:\n"
           "  %s --config TRIAL.yaml --batch PATIENTS.tsv --run RESULTS/RUN\n"
           "  %s --config TRIAL.yaml %s\n\n",
           program->name, program->summary, program->name, program->name, program->single);
    puts(
        "Options:\n"
        "  --config FILE       the trial's configuration (YAML)\n"
        "  --batch FILE        a sheet with columns center and patient: work on all of them\n"
        "  --run FOLDER        where <center>/<patient>/ files are (default: the configuration's)\n"
        "  --status FILE       status table to write (default: <run>/status/<stage>.tsv)\n"
        "  --patient C/P       one patient by hand: center/patient of the sheets\n"
        "  --in FILE           an input of one patient by hand; may be repeated\n"
        "  --out FILE          the output of one patient by hand\n"
        "  --threads N         OpenMP threads of each rank (default: the cores, shared)\n"
        "  --log-level LEVEL   error, warning, info (default) or debug\n"
        "  --log-format FORMAT text (default) or json\n"
        "  --force             work even where the output is up to date\n"
        "  --dry-run           say what would be done, write nothing\n"
        "  --version           program, compiler, flags and libraries\n"
        "  --help              this text\n");
    printf("Example:\n  %s\n\n", program->example);
    puts("Exit codes: 0 done; 1 done, some patients failed (see the status table); 64 usage,\n"
         "65 bad data, 66 no input, 70 internal, 73 cannot create, 74 I/O, 78 configuration.\n"
         "Research software, not a medical device.");
}

/* Index of `value` among NULL-terminated `names`, or -1. */
static int find_name(const char *value, const char *const names[]) {
    for (int n = 0; names[n] != NULL; n++) {
        if (strcmp(value, names[n]) == 0) {
            return n;
        }
    }
    return -1;
}

static Status take_number(const char *value, int *number, Error *error) {
    char *end = NULL;
    long parsed = strtol(value, &end, 10);
    if (end == value || *end != '\0' || parsed < 1 || parsed > 4096) {
        return error_set(error, STATUS_USAGE, "--threads %s: expected a number from 1 to 4096",
                         value);
    }
    *number = (int)parsed;
    return STATUS_OK;
}

static Status take_log(int option, const char *value, CliOptions *options, Error *error) {
    static const char *const levels[] = {"error", "warning", "info", "debug", NULL};
    static const char *const formats[] = {"text", "json", NULL};
    int index = find_name(value, option == OPTION_LOG_LEVEL ? levels : formats);
    if (index < 0) {
        return error_set(error, STATUS_USAGE, "--log-%s: '%s' is not known; see --help",
                         option == OPTION_LOG_LEVEL ? "level" : "format", value);
    }
    if (option == OPTION_LOG_LEVEL) {
        options->log_level = (LogLevel)index;
    } else {
        options->log_format = (LogFormat)index;
    }
    return STATUS_OK;
}

static Status take_option(int option, const char *value, const CliProgram *program,
                          CliOptions *options, Error *error) {
    switch (option) {
    case OPTION_CONFIG:
        options->config = value;
        return STATUS_OK;
    case OPTION_BATCH:
        options->batch = value;
        return STATUS_OK;
    case OPTION_RUN:
        options->run = value;
        return STATUS_OK;
    case OPTION_STATUS:
        options->status = value;
        return STATUS_OK;
    case OPTION_PATIENT:
        options->patient = value;
        return STATUS_OK;
    case OPTION_OUT:
        options->out = value;
        return STATUS_OK;
    case OPTION_IN:
        options->in[options->n_in++] = value;
        return STATUS_OK;
    case OPTION_THREADS:
        return take_number(value, &options->threads, error);
    case OPTION_LOG_LEVEL:
    case OPTION_LOG_FORMAT:
        return take_log(option, value, options, error);
    case OPTION_FORCE:
        options->force = true;
        return STATUS_OK;
    case OPTION_DRY_RUN:
        options->dry_run = true;
        return STATUS_OK;
    case OPTION_VERSION:
        provenance_print_version(program->name);
        options->exit_now = true;
        return STATUS_OK;
    case OPTION_HELP:
        print_help(program);
        options->exit_now = true;
        return STATUS_OK;
    default:
        return error_set(error, STATUS_USAGE, "see --help");
    }
}

static Status check_together(const CliOptions *options, Error *error) {
    if (options->config == NULL) {
        return error_set(error, STATUS_USAGE, "--config is missing; see --help");
    }
    if ((options->batch == NULL) == (options->out == NULL)) {
        return error_set(error, STATUS_USAGE,
                         "give either --batch (many patients) or --out (one patient); see --help");
    }
    if (options->batch != NULL && (options->n_in > 0 || options->patient != NULL)) {
        return error_set(error, STATUS_USAGE,
                         "--in and --patient are for one patient, not for --batch; see --help");
    }
    return STATUS_OK;
}

Status cli_parse(int argc, char **argv, const CliProgram *program, CliOptions *options,
                 Error *error) {
    *options = (CliOptions){.log_level = LOG_INFO};
    options->in = calloc((size_t)argc + 1, sizeof *options->in);
    if (options->in == NULL) {
        return error_no_memory(error, "the command line");
    }
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "", long_options, NULL)) != -1;) {
        if (take_option(option, optarg, program, options, error) != STATUS_OK ||
            options->exit_now) {
            return options->exit_now ? STATUS_OK : error->status;
        }
    }
    if (optind < argc) {
        return error_set(error, STATUS_USAGE, "'%s' is not an option; see --help", argv[optind]);
    }
    return check_together(options, error);
}

void cli_free(CliOptions *options) {
    free(options->in);
    options->in = NULL;
}

void cli_apply_threads(int threads) {
    if (threads == 0 && getenv("OMP_NUM_THREADS") == NULL) {
        const char *ranks_here = getenv("OMPI_COMM_WORLD_LOCAL_SIZE");
        const char *cores = getenv("SLURM_CPUS_PER_TASK");
        int ranks = ranks_here != NULL ? atoi(ranks_here) : 1;
        threads = cores != NULL ? atoi(cores) : omp_get_num_procs() / (ranks > 0 ? ranks : 1);
        threads = threads > 0 ? threads : 1;
    }
    if (threads > 0) {
        omp_set_num_threads(threads);
    }
}
