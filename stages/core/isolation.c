#include "core/isolation.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/atomic_file.h"

static PatientResult failure(const char *what, const char *detail) {
    PatientResult result = {.status = PATIENT_FAILED, .code = STATUS_INTERNAL};
    snprintf(result.reason, sizeof result.reason, "%s%s", what, detail);
    return result;
}

/* The child: no core dumps, none of the parent's exit handlers (MPI's among them). */
static void work_in_child(int to_parent, const StageRun *run, const char *center,
                          const char *patient, const char *const in[], const char *out) {
    const struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    PatientResult result = patient_work(run, center, patient, in, out);
    const char *bytes = (const char *)&result;
    size_t sent = 0;
    while (sent < sizeof result) {
        ssize_t written = write(to_parent, bytes + sent, sizeof result - sent);
        if (written < 0 && errno != EINTR) {
            break;
        }
        sent += written > 0 ? (size_t)written : 0;
    }
    _exit(0);
}

/* True if the whole result came. */
static bool receive(int from_child, PatientResult *result) {
    char *bytes = (char *)result;
    size_t got = 0;
    while (got < sizeof *result) {
        ssize_t part = read(from_child, bytes + got, sizeof *result - got);
        if (part == 0 || (part < 0 && errno != EINTR)) {
            return false;
        }
        got += part > 0 ? (size_t)part : 0;
    }
    return true;
}

PatientResult isolation_patient_work(const StageRun *run, const char *center, const char *patient,
                                     const char *const in[], const char *out) {
    int ends[2];
    if (pipe(ends) != 0) {
        return failure("no process for this patient: ", strerror(errno));
    }
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        work_in_child(ends[1], run, center, patient, in, out);
    }
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return failure("no process for this patient: ", strerror(errno));
    }
    PatientResult result;
    int ended = 0;
    bool complete = receive(ends[0], &result);
    close(ends[0]);
    while (waitpid(child, &ended, 0) < 0 && errno == EINTR) {
    }
    if (complete) {
        return result;
    }
    unlink(out);
    atomic_file_abandon(out);
    return failure("a library gave up on a file of this patient (damaged or hostile?): ",
                   WIFSIGNALED(ended) ? strsignal(WTERMSIG(ended)) : "the process ended early");
}
