/* One patient's work in a process of its own.
 *
 * Libraries that read files of unknown origin may end the process on a damaged one (GDCM, as
 * Debian builds it, asserts). In a child, that ends one patient; the rank and its batch go on. */
#ifndef YTTRIA_CORE_ISOLATION_H
#define YTTRIA_CORE_ISOLATION_H

#include "core/patient_work.h"

/* As patient_work, in a child process. A child that dies is a failed patient: the reason names the
 * signal. */
PatientResult isolation_patient_work(const StageRun *run, const char *center, const char *patient,
                                     const char *const in[], const char *out);

#endif
