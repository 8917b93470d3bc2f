/* One patient's work in a process of its own.
 *
 * Libraries that read files of unknown origin may end the process on a damaged one (GDCM, as
 * Debian builds it, asserts; HDF5 has crashed on many a bad file), and HDF5 never lets go of a file
 * that did not fit on the disk, and crashes when the program ends. In a child, that is the end of
 * one patient; the rank and its batch go on, with all memory and disk space back. */
#ifndef YTTRIA_CORE_ISOLATION_H
#define YTTRIA_CORE_ISOLATION_H

#include <stddef.h>

#include "core/patient_work.h"

/* As patient_work, in a child process. A child that dies is a failed patient: the reason names the
 * signal. */
PatientResult isolation_patient_work(const StageRun *run, const char *center, const char *patient,
                                     const char *const in[], const char *out);

/* Rehearses reading: calls `read(n, context)` for n from `first` to `count` - 1 in a child process,
 * whose memory is lost. Returns `count` if the child came through, else the n at which it died,
 * and why in `reason`. For files that are read by a process that must not die. */
size_t isolation_rehearse(size_t first, size_t count, void (*read)(size_t n, void *context),
                          void *context, char *reason, size_t reason_size);

#endif
