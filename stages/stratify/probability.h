/* How sure a patient's stratum is: the uncertainties of the measurements, sampled through the
 * rules.
 *
 * A sample is the patient as the truth may be, given what was measured (flat prior):
 *     Davg = f (D + s z),  f = exp(w q),  w^2 = ln(1 + u^2),
 * with q shared by all lesions of the patient (calibration, relative uncertainty u, log-normal
 * about 1: it cannot change a dose's sign) and z of the lesion alone (outline, noise, Monte Carlo,
 * standard uncertainty s; it may take a dose below zero, as noise does). Both diameters of a lesion
 * move by one normal error, the distances of all its vessels by another; none falls below zero.
 * Errors of different quantities, and of different lesions but for q, are independent.
 *
 * The rule set decides every sample, so that this holds for any rules (JCGM 101:2008, propagation
 * of distributions by Monte Carlo). Random numbers depend on seed, sample and the lesion's place in
 * the table alone. */
#ifndef YTTRIA_STRATIFY_PROBABILITY_H
#define YTTRIA_STRATIFY_PROBABILITY_H

#include <stdint.h>

#include "stratify/strata.h"

/* Standard uncertainties of a lesion's Davg; NaN is unknown. */
typedef struct ProbabilityDose {
    double calibration; /* relative; shared */
    double own_gy;      /* of this lesion alone */
} ProbabilityDose;

typedef struct ProbabilityModel {
    const ProbabilityDose *doses; /* by lesion; borrowed */
    double diameter_mm;           /* standard uncertainties, of every lesion */
    double vessel_distance_mm;
    size_t n_samples; /* > 0 */
    uint64_t seed;
} ProbabilityModel;

/* Probabilities that the lesion's criteria hold; NaN where a sample leaves one unknown. */
typedef struct ProbabilityLesion {
    double underdosed, amenable;
} ProbabilityLesion;

/* Fills `strata` with the probabilities of strata 0 to RULE_MAX_STRATUM (0: the rules cannot
 * decide), which add up to 1, and `lesions` (room for n_lesions). All of `strata` is NaN if a
 * lesion has a dose whose uncertainty is unknown; probability_is_unknown says which. The patient
 * must have passed strata_check. Errors: out of memory. */
Status probability_sample(const StrataPatient *patient, const StratificationConfig *config,
                          const StrataRules *rules, const ProbabilityModel *model,
                          double strata[RULE_MAX_STRATUM + 1], ProbabilityLesion *lesions,
                          Error *error);

/* True if the lesion has a valid dose, and no uncertainty of it is known. */
bool probability_is_unknown(const StrataLesion *lesion, const ProbabilityDose *dose);

/* Standard error of a probability that is the share k / n of n samples, by Laplace's estimate
 * (k + 1) / (n + 2): above zero where k is 0 or n. */
double probability_standard_error(double probability, size_t n_samples);

/* The uncertainty of a length in effect, mm: as configured or, if that is NaN, of two ends on
 * voxels of edge a whose image resolves no less than one of them: u^2 = a^2/6 + a^2/(4 ln 2) (Gear
 * et al. 2018, as for Davg), a the root-mean-square edge: diagonal / sqrt(3). */
double probability_length_mm(double configured_mm, double voxel_diagonal_mm);

#endif
