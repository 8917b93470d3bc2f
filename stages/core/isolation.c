/* fork, a pipe for the result, and the parent's word for how a child ended. */
#include "core/isolation.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/atomic_file.h"

static PatientResult failure(const char *what, const char *detail) {
    PatientResult result = {.status = PATIENT_FAILED, .code = STATUS_INTERNAL};
    snprintf(result.reason, sizeof result.reason, "%s%s", what, detail);
    return result;
}

/* A signal's name and what it usually means here. */
static const char *explain(int ended_by) {
    switch (ended_by) {
    case SIGKILL:
        return "Killed (out of memory? try fewer ranks or more memory)";
    case SIGABRT:
        return "Aborted (a library gave up on a damaged or hostile file?)";
    case SIGSEGV:
    case SIGBUS:
    case SIGFPE:
        return "a crash (a damaged or hostile file?)";
    default:
        return strsignal(ended_by);
    }
}

/* In the child: no core dumps, and an end together with its parent: a rank that is killed must not
 * leave a writer behind, beside the rerun's. */
static void begin_child(pid_t parent) {
    const struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) {
        _exit(EXIT_FAILURE);
    }
}

/* How the child ended, when it has. */
static int wait_for(pid_t child) {
    int ended = 0;
    while (waitpid(child, &ended, 0) < 0 && errno == EINTR) {
    }
    return ended;
}

static const char *describe_end(int ended) {
    return WIFSIGNALED(ended) ? explain(WTERMSIG(ended)) : "a library that called exit";
}

/* The child leaves without the parent's exit handlers (MPI's and HDF5's among them). */
static void work_in_child(int to_parent, const StageRun *run, const char *center,
                          const char *patient, const char *const in[], const char *out) {
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
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        close(ends[0]);
        begin_child(parent);
        work_in_child(ends[1], run, center, patient, in, out);
    }
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return failure("no process for this patient: ", strerror(errno));
    }
    PatientResult result;
    bool complete = receive(ends[0], &result);
    close(ends[0]);
    int ended = wait_for(child);
    if (complete) {
        return result;
    }
    unlink(out);
    atomic_file_abandon(out);
    return failure("the work on this patient was ended by: ", describe_end(ended));
}

size_t isolation_rehearse(size_t first, size_t count, void (*read)(size_t n, void *context),
                          void *context, char *reason, size_t reason_size) {
    size_t *at = mmap(NULL, sizeof *at, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) {
        return count; /* without a rehearsal, then */
    }
    fflush(NULL);
    *at = first;
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        begin_child(parent);
        for (; *at < count; ++*at) {
            read(*at, context);
        }
        _exit(EXIT_SUCCESS);
    }
    int ended = child > 0 ? wait_for(child) : 0;
    size_t reached = child > 0 ? *at : count;
    if (reached < count) {
        snprintf(reason, reason_size, "reading was ended by: %s", describe_end(ended));
    }
    munmap(at, sizeof *at);
    return reached;
}
