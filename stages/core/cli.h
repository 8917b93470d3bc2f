/* The command line that all programs share. */
#ifndef YTTRIA_CORE_CLI_H
#define YTTRIA_CORE_CLI_H

#include <stdbool.h>

#include "core/error.h"
#include "core/log.h"

/* What --help and --version say of a program. */
typedef struct CliProgram {
    const char *name;    /* "yttria-dose" */
    const char *summary; /* one sentence */
    const char *example; /* a command line */
    const char *single;  /* what one patient by hand takes: "--in IN.h5 --out OUT.h5" */
} CliProgram;

/* All strings are borrowed from argv; NULL when not given. */
typedef struct CliOptions {
    const char *config, *batch, *run, *status, *patient, *out;
    const char **in; /* n_in of them; freed by cli_free */
    int n_in;
    int threads; /* 0: as OMP_NUM_THREADS says, else the cores shared fairly by the ranks */
    LogLevel log_level;
    LogFormat log_format;
    bool force, dry_run;
    bool exit_now; /* --help or --version was answered */
} CliOptions;

/* Parses and checks: a configuration, and either --batch or --out. STATUS_USAGE with what is
 * wrong. Answers --help and --version on standard output. */
Status cli_parse(int argc, char **argv, const CliProgram *program, CliOptions *options,
                 Error *error);
void cli_free(CliOptions *options);

/* Sets the number of OpenMP threads that `threads` of CliOptions asks for. */
void cli_apply_threads(int threads);

#endif
