/* Scenarios by hand, in their order, against deciding each anew, and grids that are refused. */
#include "stratify/scenarios.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/stratify/other_rules.h"

static StrataRules rules;

static const StratificationConfig PROTOCOL = {.threshold_gy = 30.0,
                                              .max_underdosed = 4.0,
                                              .ablation_max_diameter_mm = 30.0,
                                              .vessel_min_diameter_mm = 4.0,
                                              .contact_tolerance_mm = NAN,
                                              .max_imaging_delay_h = 36.0,
                                              .dose_tie_is_underdosed = true};

static const ScenarioConfig ONE = {.dose_methods = 1u << DOSE_KERNEL,
                                   .partial_volume = 1u << PARTIAL_VOLUME_NONE,
                                   .diameters = 1u << DIAMETER_3D,
                                   .calibration_percent = {0.0, 0.0, 1.0},
                                   .threshold_gy = {30.0, 30.0, 1.0},
                                   .ablation_max_diameter_mm = {30.0, 30.0, 1.0},
                                   .vessel_min_diameter_mm = {4.0, 4.0, 1.0}};

static void evaluate(const StrataPatient *patient, const ScenarioDoses *doses,
                     const StratificationConfig *config, const StrataRules *by,
                     const ScenarioConfig *grid, ScenarioOutcome *outcomes) {
    Error error;
    CU_ASSERT_EQUAL_FATAL(scenarios_evaluate(patient, doses, config, by, grid, outcomes, &error),
                          STATUS_OK);
}

static size_t count_of(const ScenarioConfig *grid) {
    Error error;
    size_t count = 0;
    CU_ASSERT_EQUAL_FATAL(scenarios_count(grid, &count, &error), STATUS_OK);
    return count;
}

/* One lesion of 28 Gy by the kernel and recovery 0.8; 31 mm in 3-D, 29 mm axial; no vessel. */
static const StrataLesion LESION = {
    .name = "L1", .davg_gy = 28.0, .diameter_3d_mm = 31.0, .diameter_axial_mm = 29.0};
static const StrataPatient PATIENT = {.lesions = &LESION,
                                      .n_lesions = 1,
                                      .progression = STRATA_NO,
                                      .imaging_delay_h = 10.0,
                                      .voxel_diagonal_mm = 2.0,
                                      .has_vessels = true};

/* 28 Gy: underdosed at 30, not at 25; with 10 % more 30.8; recovered 35, 31.5 with 10 % less. */
static void test_by_hand(void) {
    static const double kernel_gy = 28.0, recovery = 0.8, around_gy = 0.0;
    const ScenarioDoses doses = {.davg_gy = {[DOSE_KERNEL] = &kernel_gy},
                                 .recovery = &recovery,
                                 .surroundings_gy = &around_gy};
    ScenarioConfig grid = ONE;
    grid.partial_volume = 3u;
    grid.diameters = 3u;
    grid.calibration_percent = (Range){-10.0, 10.0, 10.0};
    grid.threshold_gy = (Range){25.0, 30.0, 5.0};
    /* partial volume, then calibration, then diameter, then threshold; 3-D: too large, 3 */
    static const int wanted[24] = {1, 3, 1, 2, 1, 3, 1, 2, 1, 1, 1, 1,
                                   1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    ScenarioOutcome outcomes[24];
    load_rules("configs/rules/protocol.yaml", &rules);
    CU_ASSERT_EQUAL_FATAL(count_of(&grid), 24);
    evaluate(&PATIENT, &doses, &PROTOCOL, &rules, &grid, outcomes);
    for (size_t s = 0; s < 24; s++) {
        CU_ASSERT_EQUAL(outcomes[s].stratum, wanted[s]);
        CU_ASSERT_EQUAL(outcomes[s].n_underdosed, wanted[s] == 1 ? 0 : 1);
    }
}

static void test_order(void) {
    ScenarioConfig grid = ONE;
    Scenario at;
    grid.dose_methods = 1u << DOSE_LOCAL_DEPOSITION | 1u << DOSE_KERNEL_DECONVOLVED;
    grid.calibration_percent = (Range){-5.0, 5.0, 5.0};
    grid.ablation_max_diameter_mm = (Range){20.0, 40.0, 10.0};
    grid.vessel_min_diameter_mm = (Range){3.0, 4.0, 0.5};
    CU_ASSERT_EQUAL_FATAL(count_of(&grid), 2 * 3 * 3 * 3);
    scenarios_get(&grid, 1, &at); /* the last setting changes first */
    CU_ASSERT_EQUAL(at.dose_method, DOSE_LOCAL_DEPOSITION);
    CU_ASSERT_EQUAL(at.vessel_min_diameter_mm, 3.5);
    CU_ASSERT_EQUAL(at.ablation_max_diameter_mm, 20.0);
    scenarios_get(&grid, 3, &at);
    CU_ASSERT_EQUAL(at.ablation_max_diameter_mm, 30.0);
    CU_ASSERT_EQUAL(at.calibration_percent, -5.0);
    scenarios_get(&grid, 9, &at);
    CU_ASSERT_EQUAL(at.calibration_percent, 0.0);
    scenarios_get(&grid, 53, &at);
    CU_ASSERT_EQUAL(at.dose_method, DOSE_KERNEL_DECONVOLVED);
    CU_ASSERT_EQUAL(at.calibration_percent, 5.0);
    CU_ASSERT_EQUAL(at.threshold_gy, 30.0);
    CU_ASSERT_EQUAL(at.ablation_max_diameter_mm, 40.0);
    CU_ASSERT_EQUAL(at.vessel_min_diameter_mm, 4.0);
}

/* No column, NaN, no recovery, recovery of what has it already: no dose, so stratum 0. */
static void test_missing(void) {
    static const double known = 50.0, missing = NAN, zero = 0.0, half = 0.5, around_gy = 20.0;
    const struct {
        ScenarioDoses doses;
        int method, partial_volume;
        double wanted_gy;
    } cases[] = {
        {{.davg_gy = {&known}}, DOSE_KERNEL, PARTIAL_VOLUME_NONE, 50.0},
        {{.davg_gy = {&known}}, DOSE_MONTE_CARLO, PARTIAL_VOLUME_NONE, NAN},
        {{.davg_gy = {&missing}}, DOSE_KERNEL, PARTIAL_VOLUME_NONE, NAN},
        {{.davg_gy = {&known}}, DOSE_KERNEL, PARTIAL_VOLUME_RECOVERED, NAN},
        {{.davg_gy = {&known}, .recovery = &half, .surroundings_gy = &around_gy},
         DOSE_KERNEL,
         PARTIAL_VOLUME_RECOVERED,
         80.0},
        {{.davg_gy = {&known}, .recovery = &half}, DOSE_KERNEL, PARTIAL_VOLUME_RECOVERED, NAN},
        {{.davg_gy = {&known}, .recovery = &missing, .surroundings_gy = &around_gy},
         DOSE_KERNEL,
         PARTIAL_VOLUME_RECOVERED,
         NAN},
        {{.davg_gy = {&known}, .recovery = &zero, .surroundings_gy = &around_gy},
         DOSE_KERNEL,
         PARTIAL_VOLUME_RECOVERED,
         NAN},
        {{.davg_gy = {[DOSE_KERNEL_DECONVOLVED] = &known},
          .recovery = &half,
          .surroundings_gy = &around_gy},
         DOSE_KERNEL_DECONVOLVED,
         PARTIAL_VOLUME_RECOVERED,
         NAN},
    };
    load_rules("configs/rules/protocol.yaml", &rules);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        ScenarioConfig grid = ONE;
        ScenarioOutcome outcome;
        Scenario at;
        grid.dose_methods = 1u << cases[c].method;
        grid.partial_volume = 1u << cases[c].partial_volume;
        scenarios_get(&grid, 0, &at);
        double dose_gy = scenarios_davg_gy(&cases[c].doses, &at, 0);
        CU_ASSERT(isnan(cases[c].wanted_gy) ? isnan(dose_gy) : dose_gy == cases[c].wanted_gy);
        evaluate(&PATIENT, &cases[c].doses, &PROTOCOL, &rules, &grid, &outcome);
        CU_ASSERT_EQUAL(outcome.stratum, isnan(cases[c].wanted_gy) ? 0 : 1);
    }
}

/* The patient of one scenario, decided anew. */
static bool is_as_anew(RandomPatient *random, const ScenarioDoses *doses, const StrataRules *by,
                       const ScenarioConfig *grid, size_t s, const ScenarioOutcome *outcome) {
    Scenario at;
    StratificationConfig config = random->config;
    size_t n_underdosed;
    scenarios_get(grid, s, &at);
    config.threshold_gy = at.threshold_gy;
    config.ablation_max_diameter_mm = at.ablation_max_diameter_mm;
    config.vessel_min_diameter_mm = at.vessel_min_diameter_mm;
    config.diameter = at.diameter;
    for (size_t i = 0; i < random->patient.n_lesions; i++) {
        random->lesions[i].davg_gy = scenarios_davg_gy(doses, &at, i);
    }
    int stratum = strata_stratum(&random->patient, &config, by, &n_underdosed);
    return stratum == outcome->stratum && n_underdosed == outcome->n_underdosed;
}

/* A fixed dose limit does not move with the threshold: calibration must be decided anew. */
static void test_other_rules(void) {
    static RandomPatient random;
    static StrataRules other;
    double kernel_gy[RANDOM_MAX_LESIONS];
    ScenarioConfig grid = ONE;
    grid.diameters = 3u;
    grid.calibration_percent = (Range){-50.0, 100.0, 25.0};
    grid.threshold_gy = (Range){0.0, 60.0, 5.0};
    grid.vessel_min_diameter_mm = (Range){2.5, 4.5, 1.0};
    size_t count = count_of(&grid), n_wrong = 0;
    ScenarioOutcome *outcomes = malloc(count * sizeof *outcomes);
    CU_ASSERT_PTR_NOT_NULL_FATAL(outcomes);
    load_other_rules(&other);
    for (unsigned p = 1; p < 200; p++) {
        draw_patient(p, &random);
        for (size_t i = 0; i < random.patient.n_lesions; i++) {
            kernel_gy[i] = random.lesions[i].davg_gy;
        }
        const ScenarioDoses doses = {.davg_gy = {[DOSE_KERNEL] = kernel_gy}};
        evaluate(&random.patient, &doses, &random.config, &other, &grid, outcomes);
        for (size_t s = 0; s < count; s++) {
            n_wrong += !is_as_anew(&random, &doses, &other, &grid, s, &outcomes[s]);
        }
    }
    free(outcomes);
    CU_ASSERT_EQUAL(n_wrong, 0);
}

/* Two lesions whose doses differ in the last bit, and no more once they are multiplied. */
static void make_merging(double from_gy, double factor, RandomPatient *random, double doses_gy[2]) {
    doses_gy[1] = from_gy;
    do {
        doses_gy[0] = doses_gy[1];
        doses_gy[1] = nextafter(doses_gy[1], INFINITY);
    } while (doses_gy[0] * factor != doses_gy[1] * factor);
    random->config = PROTOCOL;
    random->patient = PATIENT;
    random->patient.lesions = random->lesions;
    random->patient.n_lesions = 2;
    random->lesions[0] = random->lesions[1] = LESION;
}

/* Both at the threshold at once must not be taken for one of them at it, nor the reverse:
 * thresholds at both products, calibrations before, at and after. */
static void test_rounding(void) {
    static RandomPatient random;
    double doses_gy[2];
    const ScenarioDoses doses = {.davg_gy = {[DOSE_KERNEL] = doses_gy}};
    ScenarioOutcome outcomes[4];
    load_rules("configs/rules/protocol.yaml", &rules);
    for (int percent = -10; percent <= 10; percent += 20) {
        double factor = 1.0 + percent / 100.0;
        make_merging(30.0, factor, &random, doses_gy); /* 33 is in a coarser binade */
        for (int which = 0; which < 4; which++) {
            double product_gy = doses_gy[0] * factor, own_gy = doses_gy[which % 2];
            ScenarioConfig grid = ONE;
            grid.calibration_percent =
                (Range){percent < 0 ? percent : 0.0, percent < 0 ? 0.0 : percent, 10.0};
            grid.threshold_gy.from = fmin(product_gy, own_gy);
            grid.threshold_gy.to = fmax(product_gy, own_gy);
            grid.threshold_gy.step = grid.threshold_gy.to - grid.threshold_gy.from; /* exact */
            random.config.dose_tie_is_underdosed = which < 2;
            CU_ASSERT_EQUAL_FATAL(count_of(&grid), 4);
            evaluate(&random.patient, &doses, &random.config, &rules, &grid, outcomes);
            for (size_t s = 0; s < 4; s++) {
                CU_ASSERT_TRUE(is_as_anew(&random, &doses, &rules, &grid, s, &outcomes[s]));
            }
        }
    }
}

static void test_nobody(void) {
    const ScenarioDoses doses = {.recovery = NULL};
    StrataPatient patient = PATIENT;
    ScenarioOutcome outcome;
    patient.n_lesions = 0;
    load_rules("configs/rules/protocol.yaml", &rules);
    evaluate(&patient, &doses, &PROTOCOL, &rules, &ONE, &outcome);
    CU_ASSERT_EQUAL(outcome.stratum, 0);
    CU_ASSERT_EQUAL(outcome.n_underdosed, 0);
}

static void refuse(const ScenarioConfig *grid, const char *words) {
    Error error = {.message = ""};
    size_t count;
    CU_ASSERT_EQUAL(scenarios_count(grid, &count, &error), STATUS_CONFIG);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, words));
}

static void test_refused(void) {
    ScenarioConfig grid = ONE;
    grid.threshold_gy = (Range){0.0, 99.9, 0.1}; /* 1000 */
    grid.ablation_max_diameter_mm = (Range){1.0, 100.0, 1.0};
    CU_ASSERT_EQUAL(count_of(&grid), 100000); /* still possible */
    grid.ablation_max_diameter_mm.to = 101.0;
    refuse(&grid, "101000 scenarios a patient; at most 100000");
    grid.threshold_gy = (Range){50.0, 20.0, 1.0};
    refuse(&grid, "scenarios.threshold_gy");
    grid = ONE;
    grid.diameters = 0;
    refuse(&grid, "scenarios.diameter ");
    grid = ONE;
    grid.vessel_min_diameter_mm = (Range){0.0, 1e6, 1e-3};
    refuse(&grid, "scenarios.vessel_min_diameter_mm");
    grid = ONE;
    grid.calibration_percent.from = -100.0;
    refuse(&grid, "above -100");
}

int main(void) {
    static const UnitTest tests[] = {
        {"a lesion's scenarios are as found by hand", test_by_hand},
        {"the last setting changes fastest", test_order},
        {"a dose that is missing gives stratum 0", test_missing},
        {"rules with a fixed dose limit are decided as anew", test_other_rules},
        {"doses that rounding makes equal", test_rounding},
        {"a patient without lesions", test_nobody},
        {"empty and too large grids are refused", test_refused},
    };
    return suite_run("scenarios", tests, sizeof tests / sizeof *tests);
}
