/* What one patient goes through: segment.h5 to stratify.h5 (docs/file-format.md). */
#ifndef YTTRIA_STRATIFY_STRATIFY_H
#define YTTRIA_STRATIFY_STRATIFY_H

#include "core/stage.h"
#include "stratify/strata_rules.h"

/* Reads job->inputs[0] (segment.h5), decides, writes job->output. STATUS_BAD_DATA if the lesion
 * table holds what no patient can have; a patient who cannot be evaluated is not an error. */
Status stratify_by_rules(const PatientJob *job, const StrataRules *rules, Error *error);

/* The same by the rule set rules/protocol.yaml beside the configuration. */
Status stratify_process(const PatientJob *job, Error *error);

#endif
