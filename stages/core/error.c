/* Messages are built with snprintf into the fixed buffer: reporting a failure must not fail. */
#include "core/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

Status error_set(Error *error, Status status, const char *format, ...) {
    error->status = status;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    return status;
}

Status error_add_context(Error *error, const char *format, ...) {
    char context[ERROR_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(context, sizeof context - 3, format, arguments);
    va_end(arguments);
    if (length < 0) {
        return error->status;
    }
    strcat(context, ": ");
    size_t used = strlen(context);
    memmove(error->message + used, error->message, sizeof error->message - used);
    memcpy(error->message, context, used);
    error->message[sizeof error->message - 1] = '\0';
    return error->status;
}

Status error_no_memory(Error *error, const char *what) {
    return error_set(error, STATUS_INTERNAL, "out of memory for %s", what);
}
