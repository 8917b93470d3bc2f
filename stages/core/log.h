/* The log: one line an event, to standard error. Messages name patients by center and study
 * number only: never a name, birth date, accession number or UID. */
#ifndef YTTRIA_CORE_LOG_H
#define YTTRIA_CORE_LOG_H

typedef enum LogLevel { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG } LogLevel;
typedef enum LogFormat { LOG_TEXT, LOG_JSON } LogFormat;

/* Once, at start. `program` is kept by reference. `rank` < 0 when there is only one. */
void log_configure(const char *program, LogLevel level, LogFormat format, int rank);

/* error: the work, or a patient's, stops. warning: results may not mean what one thinks.
 * info: progress a person wants to see. debug: what a developer wants to see. */
void log_message(LogLevel level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
