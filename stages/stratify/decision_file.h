/* stratify.h5: the decision as the contract lays it out (docs/file-format.md). */
#ifndef YTTRIA_STRATIFY_DECISION_FILE_H
#define YTTRIA_STRATIFY_DECISION_FILE_H

#include "core/store.h"
#include "stratify/lesion_file.h"
#include "stratify/probability.h"
#include "stratify/sweep.h"

/* The attributes of "/" (stratum, reason, flags, counts, lowest dose; the study's facts and the
 * liver's doses for whoever reads no further back) and of "/patient". `segment` is the input. */
Status decision_file_write_patient(Store *output, const Store *segment, const LesionFile *file,
                                   const StratificationConfig *config, const StrataRules *rules,
                                   const StrataVerdict *verdicts, const StrataDecision *decision,
                                   Error *error);

/* The table /lesions: segment's columns, then the verdicts and their probabilities; `flags` holds
 * both stages'. */
Status decision_file_write_lesions(Store *output, const LesionFile *file,
                                   const StratificationConfig *config,
                                   const StrataVerdict *verdicts,
                                   const ProbabilityLesion *probabilities, Error *error);

/* The table /sweep. */
Status decision_file_write_sweep(Store *output, const SweepPoint *points, size_t n_points,
                                 Error *error);

#endif
