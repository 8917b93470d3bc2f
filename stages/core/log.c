/* The only process-wide state of the project: where the log goes is set once by the driver. A
 * line is built whole and written by one call, so that ranks and threads do not mix lines. */
#include "core/log.h"

#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { LOG_LINE_SIZE = 2048 };

static struct {
    const char *program;
    LogLevel level;
    LogFormat format;
    int rank;
} settings = {"yttria", LOG_INFO, LOG_TEXT, -1};

static const char *const level_names[] = {"error", "warning", "info", "debug"};

void log_configure(const char *program, LogLevel level, LogFormat format, int rank) {
    settings.program = program;
    settings.level = level;
    settings.format = format;
    settings.rank = rank;
}

static void write_json(LogLevel level, const char *when, const char *message) {
    cJSON *entry = cJSON_CreateObject();
    cJSON_AddStringToObject(entry, "time", when);
    cJSON_AddStringToObject(entry, "program", settings.program);
    cJSON_AddStringToObject(entry, "level", level_names[level]);
    if (settings.rank >= 0) {
        cJSON_AddNumberToObject(entry, "rank", settings.rank);
    }
    cJSON_AddStringToObject(entry, "message", message);
    char *text = cJSON_PrintUnformatted(entry);
    if (text != NULL) {
        dprintf(STDERR_FILENO, "%s\n", text);
    }
    cJSON_free(text);
    cJSON_Delete(entry);
}

void log_message(LogLevel level, const char *format, ...) {
    if (level > settings.level) {
        return;
    }
    char message[LOG_LINE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);

    char when[32];
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &utc);
    if (settings.format == LOG_JSON) {
        write_json(level, when, message);
    } else if (settings.rank >= 0) {
        dprintf(STDERR_FILENO, "%s %s[%d] %s: %s\n", when, settings.program, settings.rank,
                level_names[level], message);
    } else {
        dprintf(STDERR_FILENO, "%s %s %s: %s\n", when, settings.program, level_names[level],
                message);
    }
}
