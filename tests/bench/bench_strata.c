/* Time and memory of the scenarios: 10,000 patients of 20 lesions in 1,000 scenarios each, on one
 * core, in a grid with many thresholds and in one with many size and vessel limits; beside deciding
 * every scenario anew, which must give the same, for every 50th patient. Limit: 10 s. Usage:
 * bench_strata [patients] */
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "stratify/scenarios.h"

enum { LESIONS = 20, SCENARIOS = 1000, ANEW_EVERY = 50 };

static const StratificationConfig PROTOCOL = {.threshold_gy = 30.0,
                                              .max_underdosed = 4.0,
                                              .ablation_max_diameter_mm = 30.0,
                                              .vessel_min_diameter_mm = 4.0,
                                              .contact_tolerance_mm = NAN,
                                              .max_imaging_delay_h = 36.0,
                                              .dose_tie_is_underdosed = true};

typedef struct Grid {
    const char *name;
    ScenarioConfig config;
} Grid;

typedef struct BenchPatient {
    StrataLesion lesions[LESIONS];
    double kernel_gy[LESIONS], local_gy[LESIONS], recovery[LESIONS], around_gy[LESIONS];
    StrataPatient patient;
    ScenarioDoses doses;
} BenchPatient;

/* A number from 0 to 1. */
static double draw(unsigned *state) {
    *state = *state * 1664525u + 1013904223u; /* Numerical Recipes */
    return (double)(*state >> 8) / 16777216.0;
}

/* Doses about 30 Gy, diameters about 30 mm, vessels about the tolerance: every branch is taken. */
static void make_patient(unsigned seed, BenchPatient *made) {
    static const StrataVessel staircases[4][2] = {{{0.0, 3.0}, {1.0, 5.0}},
                                                  {{2.0, 4.0}, {9.0, 6.0}},
                                                  {{5.0, 4.5}, {7.0, 9.0}},
                                                  {{1.0, 2.0}, {8.0, 3.0}}};
    unsigned state = seed + 1u;
    for (size_t i = 0; i < LESIONS; i++) {
        double diameter_mm = 10.0 + 30.0 * draw(&state);
        made->kernel_gy[i] = 20.0 + 80.0 * draw(&state);
        made->local_gy[i] = made->kernel_gy[i] * (0.97 + 0.06 * draw(&state));
        made->around_gy[i] = 8.0;
        made->recovery[i] = 1.0 / (1.0 + pow(8.0 / diameter_mm, 2.0));
        made->lesions[i] = (StrataLesion){.name = "L",
                                          .davg_gy = made->kernel_gy[i],
                                          .diameter_3d_mm = diameter_mm,
                                          .diameter_axial_mm = diameter_mm * 0.95,
                                          .vessels = staircases[(size_t)(4.0 * draw(&state))],
                                          .n_vessels = 2};
    }
    made->patient = (StrataPatient){.lesions = made->lesions,
                                    .n_lesions = LESIONS,
                                    .progression = STRATA_NO,
                                    .imaging_delay_h = 20.0,
                                    .voxel_diagonal_mm = 2.0,
                                    .has_vessels = true};
    made->doses = (ScenarioDoses){
        .davg_gy = {[DOSE_KERNEL] = made->kernel_gy, [DOSE_LOCAL_DEPOSITION] = made->local_gy},
        .recovery = made->recovery,
        .surroundings_gy = made->around_gy};
}

/* One scenario without any of the breakpoints. */
static ScenarioOutcome decide_anew(BenchPatient *made, const ScenarioConfig *grid,
                                   const StrataRules *rules, size_t s) {
    Scenario scenario;
    StratificationConfig at = PROTOCOL;
    size_t n_underdosed;
    scenarios_get(grid, s, &scenario);
    at.threshold_gy = scenario.threshold_gy;
    at.ablation_max_diameter_mm = scenario.ablation_max_diameter_mm;
    at.vessel_min_diameter_mm = scenario.vessel_min_diameter_mm;
    at.diameter = scenario.diameter;
    for (size_t i = 0; i < LESIONS; i++) {
        made->lesions[i].davg_gy = scenarios_davg_gy(&made->doses, &scenario, i);
    }
    int stratum = strata_stratum(&made->patient, &at, rules, &n_underdosed);
    return (ScenarioOutcome){stratum, (unsigned)n_underdosed};
}

/* Seconds; `histogram` of the strata. Ends the program if memory is short. */
static double time_scenarios(unsigned n_patients, const ScenarioConfig *grid,
                             const StrataRules *rules, size_t histogram[6]) {
    static ScenarioOutcome outcomes[SCENARIOS];
    static BenchPatient made;
    Error error;
    double start = omp_get_wtime();
    for (unsigned p = 0; p < n_patients; p++) {
        make_patient(p, &made);
        if (scenarios_evaluate(&made.patient, &made.doses, &PROTOCOL, rules, grid, outcomes,
                               &error) != STATUS_OK) {
            fprintf(stderr, "%s\n", error.message);
            exit(EXIT_FAILURE);
        }
        for (size_t s = 0; s < SCENARIOS; s++) {
            histogram[outcomes[s].stratum]++;
        }
    }
    return omp_get_wtime() - start;
}

/* Seconds for all patients, from some; how many scenarios come out otherwise. */
static double time_anew(unsigned n_patients, const ScenarioConfig *grid, const StrataRules *rules,
                        size_t *n_wrong) {
    static ScenarioOutcome outcomes[SCENARIOS];
    static BenchPatient made;
    Error error;
    double seconds = 0.0;
    unsigned n_done = 0;
    for (unsigned p = 0; p < n_patients; p += ANEW_EVERY) {
        make_patient(p, &made);
        *n_wrong += scenarios_evaluate(&made.patient, &made.doses, &PROTOCOL, rules, grid, outcomes,
                                       &error) != STATUS_OK;
        double start = omp_get_wtime();
        for (size_t s = 0; s < SCENARIOS; s++) {
            ScenarioOutcome anew = decide_anew(&made, grid, rules, s);
            *n_wrong += anew.stratum != outcomes[s].stratum ||
                        anew.n_underdosed != outcomes[s].n_underdosed;
        }
        seconds += omp_get_wtime() - start;
        n_done++;
    }
    return seconds * n_patients / n_done;
}

static double peak_mib(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024.0;
}

int main(int argc, char **argv) {
    static StrataRules rules;
    static const Grid grids[] = {
        {"2 methods, 2 partial volumes, 2 diameters, 5 calibrations, 25 thresholds",
         {.dose_methods = 1u << DOSE_KERNEL | 1u << DOSE_LOCAL_DEPOSITION,
          .partial_volume = 3u,
          .diameters = 3u,
          .calibration_percent = {-10.0, 10.0, 5.0},
          .threshold_gy = {20.0, 50.0, 1.25},
          .ablation_max_diameter_mm = {30.0, 30.0, 5.0},
          .vessel_min_diameter_mm = {4.0, 4.0, 1.0}}},
        {"2 methods, 2 diameters, 5 calibrations, 5 thresholds, 5 size and 2 vessel limits",
         {.dose_methods = 1u << DOSE_KERNEL | 1u << DOSE_LOCAL_DEPOSITION,
          .partial_volume = 1u << PARTIAL_VOLUME_NONE,
          .diameters = 3u,
          .calibration_percent = {-10.0, 10.0, 5.0},
          .threshold_gy = {20.0, 40.0, 5.0},
          .ablation_max_diameter_mm = {20.0, 40.0, 5.0},
          .vessel_min_diameter_mm = {3.0, 4.0, 1.0}}}};
    unsigned n_patients = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 10000u;
    Error error;
    if (n_patients == 0 ||
        strata_rules_load("configs/rules/protocol.yaml", &rules, &error) != STATUS_OK) {
        fprintf(stderr, "%s\n", n_patients == 0 ? "usage: bench_strata [patients]" : error.message);
        return EXIT_FAILURE;
    }
    printf("strata, %u patients x %d lesions x %d scenarios, one core\n", n_patients, (int)LESIONS,
           (int)SCENARIOS);
    size_t n_wrong = 0;
    for (size_t g = 0; g < sizeof grids / sizeof *grids; g++) {
        size_t histogram[6] = {0}, count = 0;
        if (scenarios_count(&grids[g].config, &count, &error) != STATUS_OK || count != SCENARIOS) {
            fprintf(stderr, "grid %zu has %zu scenarios\n", g, count);
            return EXIT_FAILURE;
        }
        double ours_s = time_scenarios(n_patients, &grids[g].config, &rules, histogram);
        double anew_s = time_anew(n_patients, &grids[g].config, &rules, &n_wrong);
        printf("  %s\n    all scenarios  %6.2f s  %5.2f ns per lesion and scenario\n"
               "    decided anew   %6.2f s  (from every %dth patient)\n    strata 0-5:",
               grids[g].name, ours_s, ours_s * 1e9 / n_patients / LESIONS / SCENARIOS, anew_s,
               (int)ANEW_EVERY);
        for (int s = 0; s < 6; s++) {
            printf(" %zu", histogram[s]);
        }
        printf("\n");
    }
    printf("  outcomes that differ: %zu; memory at most %.1f MiB\n", n_wrong, peak_mib());
    return n_wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
