/* Probabilities of a patient's strata, from segment.h5's uncertainties to stratify.h5
 * (docs/file-format.md). */
#ifndef YTTRIA_STRATIFY_PROBABILITY_FILE_H
#define YTTRIA_STRATIFY_PROBABILITY_FILE_H

#include "core/store.h"
#include "stratify/lesion_file.h"
#include "stratify/probability.h"

/* Uncertainties of the i-th lesion of `table` (segment's /lesions): u_calibration_gy / |davg_gy|;
 * and the root of u_volume_gy^2 + max(u_noise_gy, u_counting_gy)^2, `with_monte_carlo` plus
 * monte_carlo_standard_error_gy^2. NaN where one of these is unknown; of noise and counting, one
 * will do. */
ProbabilityDose probability_file_dose(const Table *table, size_t i, bool with_monte_carlo);

/* Samples, and writes the attributes p_stratum_0 ... p_stratum_5, p_stratum (of the assigned one),
 * p_standard_error (of p_stratum, by sampling) and probability_note to "/". `lesions` has room for
 * the file's lesions and is filled. Errors: those of the store; out of memory. */
Status probability_file_write(Store *output, const Store *segment, const LesionFile *file,
                              const Config *config, const StrataRules *rules,
                              const StrataDecision *decision, ProbabilityLesion *lesions,
                              Error *error);

/* Adds the columns p_underdosed and p_amenable to a table whose rows are the lesions. */
Status probability_file_add_columns(Table *table, const ProbabilityLesion *lesions, Error *error);

#endif
