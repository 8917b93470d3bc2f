/* Patients for the tests of probabilities: the protocol, lesions of few numbers, and what sampling
 * says of them. */
#ifndef YTTRIA_TESTS_PROBABILITY_FIXTURE_H
#define YTTRIA_TESTS_PROBABILITY_FIXTURE_H

#include <math.h>
#include <stdio.h>

#include "stratify/probability.h"
#include "tests/unit/suite.h"

enum { FIXTURE_LESIONS = 12 };

static const StratificationConfig PROTOCOL = {.threshold_gy = 30.0,
                                              .max_underdosed = 4.0,
                                              .ablation_max_diameter_mm = 30.0,
                                              .vessel_min_diameter_mm = 4.0,
                                              .contact_tolerance_mm = 3.0,
                                              .max_imaging_delay_h = 36.0,
                                              .dose_tie_is_underdosed = true};

/* A patient with the uncertainties of its measurements; lesion i has one vessel, of 6 mm. */
typedef struct Uncertain {
    size_t n;
    double davg_gy[FIXTURE_LESIONS], diameter_mm[FIXTURE_LESIONS], distance_mm[FIXTURE_LESIONS];
    double calibration, own_gy[FIXTURE_LESIONS]; /* standard uncertainties, as the model has them */
    double u_diameter_mm, u_distance_mm;
    StrataLesion lesions[FIXTURE_LESIONS];
    StrataVessel vessels[FIXTURE_LESIONS];
    ProbabilityDose doses[FIXTURE_LESIONS];
    StrataPatient patient;
    ProbabilityModel model;
} Uncertain;

/* What sampling says. */
typedef struct Sampled {
    double strata[RULE_MAX_STRATUM + 1];
    ProbabilityLesion lesions[FIXTURE_LESIONS];
} Sampled;

/* The protocol as it is shipped, loaded once. */
static inline const StrataRules *fixture_rules(void) {
    static StrataRules loaded;
    if (loaded.set.n_nodes == 0) {
        Error error = {.message = ""};
        Status status = strata_rules_load("configs/rules/protocol.yaml", &loaded, &error);
        if (status != STATUS_OK) {
            printf("%s\n", error.message);
        }
        CU_ASSERT_EQUAL_FATAL(status, STATUS_OK);
    }
    return &loaded;
}

/* Lays out patient and model from the numbers at the top. */
static inline void fixture_lay_out(Uncertain *u, size_t n_samples, uint64_t seed) {
    for (size_t i = 0; i < u->n; i++) {
        u->vessels[i] = (StrataVessel){u->distance_mm[i], 6.0};
        u->lesions[i] = (StrataLesion){.name = "L",
                                       .davg_gy = u->davg_gy[i],
                                       .diameter_3d_mm = u->diameter_mm[i],
                                       .diameter_axial_mm = u->diameter_mm[i],
                                       .vessels = &u->vessels[i],
                                       .n_vessels = 1};
        u->doses[i] = (ProbabilityDose){u->calibration, u->own_gy[i]};
    }
    u->patient = (StrataPatient){.lesions = u->lesions,
                                 .n_lesions = u->n,
                                 .progression = STRATA_NO,
                                 .imaging_delay_h = 20.0,
                                 .voxel_diagonal_mm = 2.0,
                                 .has_vessels = true};
    u->model = (ProbabilityModel){.doses = u->doses,
                                  .diameter_mm = u->u_diameter_mm,
                                  .vessel_distance_mm = u->u_distance_mm,
                                  .n_samples = n_samples,
                                  .seed = seed};
}

static inline Sampled fixture_sample(const Uncertain *u) {
    Sampled sampled;
    Error error = {.message = ""};
    Status status = probability_sample(&u->patient, &PROTOCOL, fixture_rules(), &u->model,
                                       sampled.strata, sampled.lesions, &error);
    CU_ASSERT_EQUAL_FATAL(status, STATUS_OK);
    return sampled;
}

/* n lesions alike, without uncertainty: 20 mm, 20 mm from a vessel. */
static inline Uncertain fixture_alike(size_t n, double davg_gy) {
    Uncertain u = {.n = n};
    for (size_t i = 0; i < n; i++) {
        u.davg_gy[i] = davg_gy;
        u.diameter_mm[i] = 20.0;
        u.distance_mm[i] = 20.0;
    }
    return u;
}

/* Probability that a standard normal number is below x. */
static inline double fixture_normal(double x) {
    return 0.5 * erfc(-x / sqrt(2.0));
}

#endif
