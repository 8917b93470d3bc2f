/* Stereotactic radiotherapy as it might be proposed: what the scheme is worth in the tumour, and
 * what it leaves of a normal liver that 90Y has irradiated before.
 *
 * Linear-quadratic model: BED = n d (1 + d / (alpha/beta)), EQD2 = BED / (1 + 2 / (alpha/beta))
 * (Fowler 1989, Br J Radiol 62:679); 90Y and SBRT lie weeks apart, so their BEDs add up point by
 * point. The dose beside a target is a model, no plan: all of the prescription up to the margin,
 * then half of it with every half_distance_mm. Of several targets the shares add up, at most to all
 * of the prescription: fields overlap, but a plan does not exceed what it prescribes. */
#ifndef YTTRIA_STRATIFY_SBRT_H
#define YTTRIA_STRATIFY_SBRT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/config.h"

double sbrt_bed_gy(double fractions, double dose_per_fraction_gy, double alpha_beta_gy);
double sbrt_eqd2_gy(double bed_gy, double alpha_beta_gy);

/* Share of the prescription at a distance from a target's surface, 0 to 1; NaN of NaN. */
double sbrt_share(const SbrtConfig *config, double distance_mm);

/* A sample of the normal liver, borrowed. */
typedef struct SbrtSample {
    size_t count, n_lesions;
    const double *volume_ml;   /* that each point stands for */
    const double *bed_gy;      /* of 90Y; NaN: unknown */
    const double *distance_mm; /* to the surface of lesion n, at [n * count]; NaN: unknown */
} SbrtSample;

typedef enum SbrtDose { SBRT_Y90, SBRT_ALONE, SBRT_CUMULATED, SBRT_DOSE_COUNT } SbrtDose;

/* NaN: unknown. What needs the dose of 90Y is of the part where it is known. */
typedef struct SbrtLiver {
    double n_targets;
    double volume_ml;      /* of the sample */
    double known_percent;  /* of it, where the BED of 90Y is known */
    double mean_gy;        /* absorbed dose of SBRT, all fractions */
    double spared_ml;      /* where SBRT gives less than spared_below_gy */
    double spared_both_ml; /* where the BED of both is less than that of spared_below_gy */
    double mean_bed_gy[SBRT_DOSE_COUNT], mean_eqd2_gy[SBRT_DOSE_COUNT];
    double third_eqd2_gy[SBRT_DOSE_COUNT]; /* that the hottest third receives at least */
} SbrtLiver;

/* What treating the lesions for which `is_target` holds does to the normal liver, of that
 * `alpha_beta_gy`. `is_target` NULL: who is treated is unknown, and so is all but the 90Y. */
Status sbrt_liver_dose(const SbrtConfig *config, double alpha_beta_gy, const SbrtSample *sample,
                       const bool *is_target, SbrtLiver *liver, Error *error);

#endif
