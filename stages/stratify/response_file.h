/* Follow-up of segment.h5 to the response tables of stratify.h5 (docs/file-format.md). */
#ifndef YTTRIA_STRATIFY_RESPONSE_FILE_H
#define YTTRIA_STRATIFY_RESPONSE_FILE_H

#include "core/flags.h"
#include "core/store.h"
#include "stratify/response.h"
#include "stratify/strata.h"

/* Reads /followup of `segment`, judges it by every criterion, writes /response and
 * /response_lesions to `output`, the summary (response_<criterion>_best and so on) to its root, and
 * adds the flags of followup_build, `targets_limited` (more targets than a criterion allows),
 * `progression_tie` and `non_target_unknown` to `flags`. A patient without follow-up: nothing is
 * written. STATUS_BAD_DATA if a column is missing, or as followup_build. */
Status response_file_write(Store *output, const Store *segment, const StrataPatient *patient,
                           const ResponseConfig *config, Flags *flags, Error *error);

#endif
