/* stratify.h5: how the stratum depends on settings and doses (docs/file-format.md). */
#ifndef YTTRIA_STRATIFY_SENSITIVITY_FILE_H
#define YTTRIA_STRATIFY_SENSITIVITY_FILE_H

#include "core/store.h"
#include "stratify/lesion_file.h"

/* Writes the tables /sweep, /breakpoints, /stability and /scenarios of a patient who passed
 * strata_check. STATUS_CONFIG if the sweep or the scenarios hold no value or too many. */
Status sensitivity_file_write(Store *output, const LesionFile *file, const Config *config,
                              const StrataRules *rules, Error *error);

#endif
