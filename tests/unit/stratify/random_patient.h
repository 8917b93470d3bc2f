/* Random patients in whom everything that can be missing sometimes is, and values meet limits more
 * often than by chance; and the protocol as a reader of its prose would decide it, without rule
 * sets, nodes or blocks: the oracle of the sensitivity tests. */
#ifndef YTTRIA_TESTS_RANDOM_PATIENT_H
#define YTTRIA_TESTS_RANDOM_PATIENT_H

#include <math.h>

#include "stratify/strata.h"
#include "tests/unit/suite.h"

enum { RANDOM_MAX_LESIONS = 80, RANDOM_MAX_VESSELS = 3 };

typedef struct RandomPatient {
    unsigned state;
    StrataLesion lesions[RANDOM_MAX_LESIONS];
    StrataVessel vessels[RANDOM_MAX_LESIONS][RANDOM_MAX_VESSELS];
    StrataPatient patient;
    StratificationConfig config;
} RandomPatient;

/* From 0 to below 1. */
static inline double draw(unsigned *state) {
    *state = *state * 1664525u + 1013904223u; /* Numerical Recipes */
    return (double)(*state >> 8) / 16777216.0;
}

static inline double draw_between(unsigned *state, double from, double to) {
    return from + (to - from) * draw(state);
}

static inline size_t draw_index(unsigned *state, size_t n) {
    return (size_t)((double)n * draw(state));
}

/* Mostly between `from` and `to`; every third time one of few values, so that there are ties. */
static inline double draw_with_ties(unsigned *state, double from, double to, double missing) {
    if (draw(state) < missing) {
        return NAN;
    }
    double value = draw_between(state, from, to);
    return draw(state) < 0.33 ? floor(value / 5.0) * 5.0 : value;
}

static inline void draw_lesion(RandomPatient *random, size_t i, double missing) {
    unsigned *state = &random->state;
    StrataLesion *lesion = &random->lesions[i];
    *lesion = (StrataLesion){.name = "L",
                             .davg_gy = draw_with_ties(state, -2.0, 70.0, missing),
                             .diameter_3d_mm = draw_with_ties(state, 5.0, 55.0, missing),
                             .diameter_axial_mm = draw_with_ties(state, 5.0, 55.0, missing),
                             .is_outside_dose = draw(state) < missing / 2.0,
                             .is_misplaced = draw(state) < missing / 2.0,
                             .has_misplaced_vessels = draw(state) < missing,
                             .vessels = random->vessels[i],
                             .n_vessels = draw_index(state, RANDOM_MAX_VESSELS + 1)};
    for (size_t v = 0; v < lesion->n_vessels; v++) {
        const StrataVessel *before = v > 0 ? &random->vessels[i][v - 1] : NULL;
        random->vessels[i][v] = (StrataVessel){
            (before != NULL ? before->distance_mm : 0.0) + floor(draw(state) * 4.0) * 0.5,
            (before != NULL ? before->diameter_mm : 2.0) + floor(draw(state) * 4.0) * 0.5 + 0.5};
    }
}

static inline void draw_config(unsigned *state, StratificationConfig *config) {
    *config = (StratificationConfig){
        .threshold_gy = draw(state) < 0.5 ? 30.0 : draw_between(state, 0.0, 60.0),
        .max_underdosed = floor(draw_between(state, 0.0, 7.0)),
        .ablation_max_diameter_mm = draw(state) < 0.5 ? 30.0 : draw_between(state, 10.0, 50.0),
        .vessel_min_diameter_mm = floor(draw_between(state, 0.0, 12.0)) * 0.5,
        .contact_tolerance_mm = draw(state) < 0.3 ? NAN : floor(draw_between(state, 0, 5)) * 0.5,
        .max_imaging_delay_h = 36.0,
        .allow_late_imaging = draw(state) < 0.5,
        .diameter = draw(state) < 0.5 ? DIAMETER_3D : DIAMETER_AXIAL,
        .dose_tie_is_underdosed = draw(state) < 0.5,
        .size_tie_is_amenable = draw(state) < 0.5,
        .vessel_tie_is_large = draw(state) < 0.5,
        .unknown_progression = draw(state) < 0.5 ? UNKNOWN_NOT_EVALUABLE : UNKNOWN_ASSUME_NO,
        .unknown_vessels = draw(state) < 0.5 ? UNKNOWN_NOT_EVALUABLE : UNKNOWN_ASSUME_NO};
}

/* The `seed`-th patient, with a configuration. */
static inline void draw_patient(unsigned seed, RandomPatient *random) {
    unsigned *state = &random->state;
    *state = seed * 2654435761u + 1u;
    draw(state);
    bool is_complete = draw(state) < 0.7;
    double missing = is_complete ? 0.0 : 0.05;
    size_t n = draw_index(state, seed % 20 == 0 ? RANDOM_MAX_LESIONS + 1 : 10);
    for (size_t i = 0; i < n; i++) {
        draw_lesion(random, i, missing);
    }
    random->patient =
        (StrataPatient){.lesions = random->lesions,
                        .n_lesions = n,
                        .progression = is_complete         ? STRATA_NO
                                       : draw(state) < 0.3 ? STRATA_YES
                                       : draw(state) < 0.5 ? STRATA_UNKNOWN
                                                           : STRATA_NO,
                        .imaging_delay_h = is_complete         ? 20.0
                                           : draw(state) < 0.1 ? NAN
                                                               : 30.0 + 8.0 * draw(state),
                        .voxel_diagonal_mm = 1.5,
                        .has_vessels = is_complete || draw(state) < 0.7};
    draw_config(state, &random->config);
}

static inline bool is_underdosed_by_prose(const StrataLesion *lesion,
                                          const StratificationConfig *config) {
    return lesion->davg_gy < config->threshold_gy ||
           (config->dose_tie_is_underdosed && lesion->davg_gy == config->threshold_gy);
}

/* Whether the lesion may be amenable, and whether it may not. */
static inline void ask_amenable_by_prose(const StrataPatient *patient, const StrataLesion *lesion,
                                         const StratificationConfig *config, bool *may,
                                         bool *may_not) {
    double size_mm =
        config->diameter == DIAMETER_AXIAL ? lesion->diameter_axial_mm : lesion->diameter_3d_mm;
    double limit_mm = config->ablation_max_diameter_mm;
    double tolerance_mm = isnan(config->contact_tolerance_mm) ? patient->voxel_diagonal_mm
                                                              : config->contact_tolerance_mm;
    bool is_vessel_unknown = !patient->has_vessels || lesion->has_misplaced_vessels;
    bool is_large = size_mm > limit_mm || (size_mm == limit_mm && !config->size_tie_is_amenable);
    bool is_touched = false;
    for (size_t v = 0; v < lesion->n_vessels && !is_vessel_unknown; v++) {
        double width_mm = lesion->vessels[v].diameter_mm;
        bool is_wide = config->vessel_tie_is_large ? width_mm >= config->vessel_min_diameter_mm
                                                   : width_mm > config->vessel_min_diameter_mm;
        is_touched = is_touched || (is_wide && lesion->vessels[v].distance_mm <= tolerance_mm);
    }
    *may = !is_large && !is_touched;
    *may_not = is_large || is_touched || isnan(size_mm) ||
               (is_vessel_unknown && config->unknown_vessels != UNKNOWN_ASSUME_NO);
}

/* Stratum of evaluable imaging without progression, from how many underdosed lesions are amenable,
 * are not, and may be either. */
static inline int treat_by_prose(size_t yes, size_t no, size_t either) {
    bool can_all = no == 0, can_none = yes == 0;
    bool can_mix = yes + either > 0 && no + either > 0 && yes + no + either > 1;
    if (yes + no + either == 0) {
        return 1;
    }
    return (int)can_all + (int)can_none + (int)can_mix != 1 ? 0 : can_all ? 2 : can_none ? 3 : 4;
}

static inline int decide_by_prose(const StrataPatient *patient,
                                  const StratificationConfig *config) {
    size_t yes = 0, no = 0, either = 0;
    bool is_late = patient->imaging_delay_h > config->max_imaging_delay_h;
    if (patient->n_lesions == 0 || isnan(patient->imaging_delay_h) ||
        (is_late && !config->allow_late_imaging)) {
        return 0;
    }
    for (size_t i = 0; i < patient->n_lesions; i++) {
        const StrataLesion *lesion = &patient->lesions[i];
        bool may, may_not;
        if (isnan(lesion->davg_gy) || lesion->is_outside_dose || lesion->is_misplaced) {
            return 0;
        }
        if (is_underdosed_by_prose(lesion, config)) {
            ask_amenable_by_prose(patient, lesion, config, &may, &may_not);
            either += may && may_not;
            yes += may && !may_not;
            no += !may;
        }
    }
    if ((double)(yes + no + either) > config->max_underdosed ||
        patient->progression == STRATA_YES) {
        return 5;
    }
    bool is_open =
        patient->progression == STRATA_UNKNOWN && config->unknown_progression != UNKNOWN_ASSUME_NO;
    return is_open ? 0 : treat_by_prose(yes, no, either);
}

/* A deciding set from the repository's root, or the program ends. */
static inline void load_rules(const char *path, StrataRules *rules) {
    Error error = {.message = ""};
    Status status = strata_rules_load(path, rules, &error);
    if (status != STATUS_OK) {
        printf("%s\n", error.message);
    }
    CU_ASSERT_EQUAL_FATAL(status, STATUS_OK);
}

#endif
