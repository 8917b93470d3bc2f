/* Time of a decision per lesion: 10,000 patients of 20 lesions at many thresholds, on one core, by
 * the compiled rule set, beside the reading of the same doses from memory. Best of three. Usage:
 * bench_strata [thresholds] */
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

#include "stratify/strata.h"

enum { PATIENTS = 10000, LESIONS = 20, REPEATS = 3 };

static StrataLesion lesions[PATIENTS][LESIONS];
static StrataPatient patients[PATIENTS];

/* Doses about 30 Gy, diameters about 30 mm, vessels about the tolerance: every branch is taken. */
static void make_patients(void) {
    static const StrataVessel staircases[4][2] = {{{0.0, 3.0}, {1.0, 5.0}},
                                                  {{2.0, 4.0}, {9.0, 6.0}},
                                                  {{5.0, 4.5}, {7.0, 9.0}},
                                                  {{1.0, 2.0}, {8.0, 3.0}}};
    unsigned state = 1;
    for (size_t p = 0; p < PATIENTS; p++) {
        for (size_t i = 0; i < LESIONS; i++) {
            state = state * 1664525u + 1013904223u; /* Numerical Recipes */
            double dose_gy = 20.0 + (state >> 8) % 4000 * 0.02;
            double diameter_mm = 10.0 + (state >> 20) % 300 * 0.1;
            lesions[p][i] = (StrataLesion){.name = "L",
                                           .davg_gy = dose_gy,
                                           .diameter_3d_mm = diameter_mm,
                                           .diameter_axial_mm = diameter_mm,
                                           .vessels = staircases[state >> 30],
                                           .n_vessels = 2};
        }
        patients[p] = (StrataPatient){.lesions = lesions[p],
                                      .n_lesions = LESIONS,
                                      .progression = STRATA_NO,
                                      .imaging_delay_h = 20.0,
                                      .voxel_diagonal_mm = 2.0,
                                      .has_vessels = true};
    }
}

/* Seconds for all patients at all thresholds; adds the strata up so that they must be found. */
static double time_rules(const StratificationConfig *protocol, const StrataRules *rules,
                         size_t n_thresholds, size_t *sum) {
    double start = omp_get_wtime();
    StratificationConfig at = *protocol;
    for (size_t p = 0; p < PATIENTS; p++) {
        for (size_t t = 0; t < n_thresholds; t++) {
            at.threshold_gy = 20.0 + 30.0 * (double)t / (double)n_thresholds;
            *sum += (size_t)strata_stratum(&patients[p], &at, rules, NULL);
        }
    }
    return omp_get_wtime() - start;
}

/* The yardstick: is a lesion's dose below the threshold? */
static double time_reading(size_t n_thresholds, size_t *sum) {
    double start = omp_get_wtime();
    for (size_t p = 0; p < PATIENTS; p++) {
        for (size_t t = 0; t < n_thresholds; t++) {
            double threshold_gy = 20.0 + 30.0 * (double)t / (double)n_thresholds;
            for (size_t i = 0; i < LESIONS; i++) {
                *sum += lesions[p][i].davg_gy < threshold_gy;
            }
        }
    }
    return omp_get_wtime() - start;
}

int main(int argc, char **argv) {
    static StrataRules rules;
    static const StratificationConfig protocol = {.threshold_gy = 30.0,
                                                  .max_underdosed = 4.0,
                                                  .ablation_max_diameter_mm = 30.0,
                                                  .vessel_min_diameter_mm = 4.0,
                                                  .contact_tolerance_mm = NAN,
                                                  .max_imaging_delay_h = 36.0,
                                                  .dose_tie_is_underdosed = true};
    size_t n_thresholds = argc > 1 ? (size_t)atol(argv[1]) : 100, sum = 0;
    Error error;
    if (n_thresholds == 0 ||
        strata_rules_load("configs/rules/protocol.yaml", &rules, &error) != STATUS_OK) {
        fprintf(stderr, "%s\n",
                n_thresholds == 0 ? "usage: bench_strata [thresholds]" : error.message);
        return EXIT_FAILURE;
    }
    double by_rules_s = INFINITY, reading_s = INFINITY;
    make_patients();
    for (int r = 0; r < REPEATS; r++) {
        by_rules_s = fmin(by_rules_s, time_rules(&protocol, &rules, n_thresholds, &sum));
        reading_s = fmin(reading_s, time_reading(n_thresholds, &sum));
    }
    double evaluations = (double)PATIENTS * LESIONS * (double)n_thresholds;
    printf("strata, %d patients x %d lesions x %zu thresholds, one core\n", (int)PATIENTS,
           (int)LESIONS, n_thresholds);
    printf("  rule set      %8.3f s  %6.2f ns per lesion (1,000 thresholds: %.1f s)\n", by_rules_s,
           by_rules_s / evaluations * 1e9, by_rules_s / (double)n_thresholds * 1000.0);
    printf("  doses alone   %8.3f s  %6.2f ns per lesion  (checksum %zu)\n", reading_s,
           reading_s / evaluations * 1e9, sum);
    return EXIT_SUCCESS;
}
