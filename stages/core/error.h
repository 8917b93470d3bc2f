/* How a function says that it failed.
 *
 * Every function that can fail returns a Status and takes an Error as its last argument. The
 * message is built where the knowledge is (file, field, value found, value wanted, what to do);
 * callers on the way up may prefix context; one place, the stage driver, reports it once. */
#ifndef YTTRIA_CORE_ERROR_H
#define YTTRIA_CORE_ERROR_H

/* Outcomes. The values are process exit codes, as in sysexits.h. */
typedef enum Status {
    STATUS_OK = 0,
    STATUS_SOME_FAILED = 1,    /* the batch is done, some patients failed */
    STATUS_USAGE = 64,         /* wrong command line */
    STATUS_BAD_DATA = 65,      /* an input is there but wrong */
    STATUS_NO_INPUT = 66,      /* an input is missing */
    STATUS_INTERNAL = 70,      /* out of memory, or a defect of ours */
    STATUS_CANNOT_CREATE = 73, /* an output cannot be created */
    STATUS_IO = 74,            /* reading or writing failed half-way */
    STATUS_CONFIG = 78         /* the configuration is wrong */
} Status;

enum { ERROR_MESSAGE_SIZE = 1024 };

typedef struct Error {
    Status status;
    char message[ERROR_MESSAGE_SIZE]; /* one sentence or two, no trailing newline */
} Error;

/* Records a failure and returns `status`, so that callers can `return error_set(...)`.
 * A message that is too long is cut. `error` may not be NULL. */
Status error_set(Error *error, Status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "<context>: " in front of the message already there and returns the error's status. */
Status error_add_context(Error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Records that `what` could not be allocated; returns STATUS_INTERNAL. */
Status error_no_memory(Error *error, const char *what);

#endif
