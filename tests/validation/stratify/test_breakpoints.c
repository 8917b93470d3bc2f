/* Breakpoints, stability and scenarios of random patients against the protocol decided by its prose
 * (random_patient.h), which shares no code with the rule engine: at random values, exactly at every
 * value of the patient, and one floating-point number beside it. */
#include "stratify/breakpoints.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "stratify/scenarios.h"
#include "stratify/stability.h"
#include "tests/unit/stratify/random_patient.h"

enum { PATIENTS = 3000, SCENARIO_PATIENTS = 150, TRIES = 12 };

static StrataRules rules;

static double *place_of(StratificationConfig *config, BreakpointSetting setting) {
    double *places[BREAKPOINT_SETTING_COUNT] = {
        [BREAKPOINT_THRESHOLD] = &config->threshold_gy,
        [BREAKPOINT_MAX_DIAMETER] = &config->ablation_max_diameter_mm,
        [BREAKPOINT_VESSEL_DIAMETER] = &config->vessel_min_diameter_mm,
        [BREAKPOINT_CONTACT_TOLERANCE] = &config->contact_tolerance_mm,
        [BREAKPOINT_MAX_UNDERDOSED] = &config->max_underdosed};
    return places[setting];
}

/* One of the patient's own values that the setting meets. */
static double own_value(RandomPatient *random, BreakpointSetting setting) {
    size_t n = random->patient.n_lesions;
    if (n == 0 || setting == BREAKPOINT_MAX_UNDERDOSED) {
        return floor(draw_between(&random->state, 0.0, (double)n + 2.0));
    }
    const StrataLesion *lesion = &random->lesions[draw_index(&random->state, n)];
    const StrataVessel *vessel =
        lesion->n_vessels > 0 ? &lesion->vessels[draw_index(&random->state, lesion->n_vessels)]
                              : NULL;
    switch (setting) {
    case BREAKPOINT_THRESHOLD:
        return lesion->davg_gy;
    case BREAKPOINT_MAX_DIAMETER:
        return draw(&random->state) < 0.5 ? lesion->diameter_3d_mm : lesion->diameter_axial_mm;
    case BREAKPOINT_VESSEL_DIAMETER:
        return vessel != NULL ? vessel->diameter_mm : 0.0;
    default:
        return vessel != NULL ? vessel->distance_mm : 0.0;
    }
}

/* Something to look at: far, at a value of the patient, or right beside it. */
static double draw_setting(RandomPatient *random, BreakpointSetting setting) {
    static const double largest[BREAKPOINT_SETTING_COUNT] = {80.0, 60.0, 9.0, 9.0, 12.0};
    double at = own_value(random, setting);
    double value = draw_between(&random->state, 0.0, largest[setting]);
    switch (draw_index(&random->state, 4)) {
    case 0:
        value = at;
        break;
    case 1:
        value = nextafter(at, INFINITY);
        break;
    case 2:
        value = nextafter(at, -INFINITY);
        break;
    default:
        break;
    }
    return value >= 0.0 ? value : 0.0; /* also where the patient's value is missing */
}

static size_t count_by_prose(const StrataPatient *patient, const StratificationConfig *config) {
    size_t n = 0;
    for (size_t i = 0; i < patient->n_lesions; i++) {
        const StrataLesion *lesion = &patient->lesions[i];
        n += !lesion->is_outside_dose && !lesion->is_misplaced &&
             is_underdosed_by_prose(lesion, config);
    }
    return n;
}

/* Values of one list that are not as the prose says. */
static size_t check_list(RandomPatient *random, BreakpointSetting setting,
                         const BreakpointList *list) {
    size_t n_wrong = 0;
    for (int t = 0; t < TRIES; t++) {
        StratificationConfig at = random->config;
        double value = draw_setting(random, setting);
        *place_of(&at, setting) = value;
        BreakpointState state = breakpoints_read(list, value);
        bool is_wrong = state.stratum != decide_by_prose(&random->patient, &at) ||
                        state.n_underdosed != count_by_prose(&random->patient, &at);
        if (is_wrong) {
            printf("%s = %.17g: stratum %d\n", breakpoints_setting_name(setting), value,
                   state.stratum);
        }
        n_wrong += is_wrong;
    }
    for (size_t i = 1; i < list->n; i++) {
        n_wrong += !(list->points[i].value > list->points[i - 1].value);
    }
    return n_wrong;
}

static void test_breakpoints(void) {
    static RandomPatient random;
    load_rules("configs/rules/protocol.yaml", &rules);
    size_t n_wrong = 0, histogram[6] = {0};
    for (unsigned p = 0; p < PATIENTS && n_wrong < 20; p++) {
        draw_patient(p, &random);
        histogram[decide_by_prose(&random.patient, &random.config)]++;
        for (int s = 0; s < BREAKPOINT_SETTING_COUNT; s++) {
            Error error;
            BreakpointList list;
            CU_ASSERT_EQUAL_FATAL(breakpoints_find(&random.patient, &random.config, &rules,
                                                   (BreakpointSetting)s, &list, &error),
                                  STATUS_OK);
            n_wrong += check_list(&random, (BreakpointSetting)s, &list);
            breakpoints_free(&list);
        }
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
    for (int s = 0; s < 6; s++) {
        CU_ASSERT(histogram[s] > PATIENTS / 100); /* the patients are varied enough */
    }
}

/* The stratum by prose of a patient to whom `change` of a quantity has been done. */
static int decide_after(const RandomPatient *random, StabilityQuantity quantity, double change) {
    static RandomPatient changed;
    changed = *random;
    changed.patient.lesions = changed.lesions;
    for (size_t i = 0; i < changed.patient.n_lesions; i++) {
        changed.lesions[i].vessels = changed.vessels[i];
        if (quantity == STABILITY_CALIBRATION) {
            changed.lesions[i].davg_gy *= 1.0 + change / 100.0;
        }
        for (size_t v = 0; v < RANDOM_MAX_VESSELS && quantity == STABILITY_VESSEL_DISTANCE; v++) {
            changed.vessels[i][v].distance_mm += change;
        }
    }
    StratificationConfig *config = &changed.config;
    config->threshold_gy += quantity == STABILITY_THRESHOLD ? change : 0.0;
    config->ablation_max_diameter_mm += quantity == STABILITY_MAX_DIAMETER ? change : 0.0;
    config->vessel_min_diameter_mm += quantity == STABILITY_VESSEL_DIAMETER ? change : 0.0;
    config->max_underdosed += quantity == STABILITY_MAX_UNDERDOSED ? change : 0.0;
    return decide_by_prose(&changed.patient, config);
}

/* One side: short of `change` nothing changes, right beyond it the stratum is `wanted`; without a
 * change nothing ever does. The margins (relative and absolute) are far above rounding and far
 * below the differences between a patient's values. */
static size_t check_side(RandomPatient *random, StabilityQuantity quantity, double change,
                         int wanted, double farthest) {
    const double margin = 1e-8;
    int stratum = decide_by_prose(&random->patient, &random->config);
    size_t n_wrong = 0;
    double reach = isnan(change) ? farthest : change * (1.0 - margin);
    for (int t = 0; t < TRIES && fabs(reach) > margin; t++) {
        double within = t == 0 ? reach : reach * draw(&random->state);
        n_wrong += decide_after(random, quantity, within) != stratum;
    }
    if (!isnan(change)) {
        double beyond = change + copysign(margin * 10.0, farthest);
        n_wrong += decide_after(random, quantity, beyond) != wanted || wanted == stratum;
        n_wrong += change != 0.0 && (change > 0.0) != (farthest > 0.0);
    } else {
        n_wrong += wanted != STABILITY_NONE;
    }
    if (n_wrong > 0) {
        printf("%s: stratum %d, change %.17g to %d\n", stability_quantity_name(quantity), stratum,
               change, wanted);
    }
    return n_wrong;
}

static void test_stability(void) {
    static RandomPatient random;
    load_rules("configs/rules/protocol.yaml", &rules);
    size_t n_wrong = 0, n_found = 0;
    for (unsigned p = 0; p < PATIENTS && n_wrong < 20; p++) {
        draw_patient(p, &random);
        Error error;
        Stability found[STABILITY_QUANTITY_COUNT];
        CU_ASSERT_EQUAL_FATAL(
            stability_find(&random.patient, &random.config, &rules, found, &error), STATUS_OK);
        const StratificationConfig *config = &random.config;
        /* Settings go down to 0, doses to 0, distances until all overlap. */
        const double lowest[STABILITY_QUANTITY_COUNT] = {
            [STABILITY_THRESHOLD] = -config->threshold_gy,
            [STABILITY_CALIBRATION] = -100.0,
            [STABILITY_MAX_DIAMETER] = -config->ablation_max_diameter_mm,
            [STABILITY_VESSEL_DISTANCE] = -20.0,
            [STABILITY_VESSEL_DIAMETER] = -config->vessel_min_diameter_mm,
            [STABILITY_MAX_UNDERDOSED] = -config->max_underdosed};
        for (int q = 0; q < STABILITY_QUANTITY_COUNT; q++) {
            const Stability *one = &found[q];
            n_found += isnan(one->lower_change) ? 0 : 1;
            n_found += isnan(one->upper_change) ? 0 : 1;
            n_wrong += check_side(&random, (StabilityQuantity)q, one->lower_change,
                                  one->lower_stratum, lowest[q] < 0.0 ? lowest[q] : -0.0);
            n_wrong += check_side(&random, (StabilityQuantity)q, one->upper_change,
                                  one->upper_stratum, 1e4);
        }
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
    CU_ASSERT(n_found > PATIENTS);
}

static const ScenarioConfig GRID = {
    .dose_methods = 1u << DOSE_KERNEL | 1u << DOSE_MONTE_CARLO | 1u << DOSE_KERNEL_DECONVOLVED,
    .partial_volume = 1u << PARTIAL_VOLUME_NONE | 1u << PARTIAL_VOLUME_RECOVERED,
    .diameters = 1u << DIAMETER_3D | 1u << DIAMETER_AXIAL,
    .calibration_percent = {-10.0, 10.0, 5.0},
    .threshold_gy = {0.0, 75.0, 2.5},
    .ablation_max_diameter_mm = {20.0, 30.0, 5.0},
    .vessel_min_diameter_mm = {3.0, 5.0, 1.0}};

/* The patient of one scenario, from the prose of the grid. */
static int decide_scenario(RandomPatient *random, double doses[3][RANDOM_MAX_LESIONS],
                           const double *recovery, const Scenario *at) {
    StratificationConfig config = random->config;
    config.threshold_gy = at->threshold_gy;
    config.ablation_max_diameter_mm = at->ablation_max_diameter_mm;
    config.vessel_min_diameter_mm = at->vessel_min_diameter_mm;
    config.diameter = at->diameter;
    for (size_t i = 0; i < random->patient.n_lesions; i++) {
        double dose_gy = at->dose_method == DOSE_KERNEL        ? doses[0][i]
                         : at->dose_method == DOSE_MONTE_CARLO ? doses[1][i]
                                                               : doses[2][i];
        if (at->partial_volume == PARTIAL_VOLUME_RECOVERED) {
            dose_gy = at->dose_method == DOSE_KERNEL_DECONVOLVED
                          ? NAN
                          : 20.0 + (dose_gy - 20.0) / recovery[i];
        }
        random->lesions[i].davg_gy = dose_gy * (1.0 + at->calibration_percent / 100.0);
    }
    return decide_by_prose(&random->patient, &config);
}

static void test_scenarios(void) {
    static RandomPatient random;
    static double doses[3][RANDOM_MAX_LESIONS], recovery[RANDOM_MAX_LESIONS],
        around[RANDOM_MAX_LESIONS];
    size_t count = 0, n_wrong = 0;
    Error error;
    load_rules("configs/rules/protocol.yaml", &rules);
    CU_ASSERT_EQUAL_FATAL(scenarios_count(&GRID, &count, &error), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(count, 3 * 2 * 2 * 5 * 31 * 3 * 3);
    ScenarioOutcome *outcomes = malloc(count * sizeof *outcomes);
    CU_ASSERT_PTR_NOT_NULL_FATAL(outcomes);
    for (unsigned p = 0; p < SCENARIO_PATIENTS && n_wrong < 20; p++) {
        draw_patient(p, &random);
        for (size_t i = 0; i < random.patient.n_lesions; i++) {
            doses[0][i] = random.lesions[i].davg_gy;
            doses[1][i] = draw_with_ties(&random.state, -2.0, 70.0, 0.0);
            doses[2][i] = draw_with_ties(&random.state, 10.0, 70.0, 0.01);
            around[i] = 20.0;
            recovery[i] =
                draw(&random.state) < 0.01 ? NAN : 0.5 + floor(3.0 * draw(&random.state)) / 4.0;
        }
        const ScenarioDoses given = {.davg_gy = {[DOSE_KERNEL] = doses[0],
                                                 [DOSE_MONTE_CARLO] = doses[1],
                                                 [DOSE_KERNEL_DECONVOLVED] = doses[2]},
                                     .recovery = recovery,
                                     .surroundings_gy = around};
        CU_ASSERT_EQUAL_FATAL(scenarios_evaluate(&random.patient, &given, &random.config, &rules,
                                                 &GRID, outcomes, &error),
                              STATUS_OK);
        for (size_t s = 0; s < count; s++) {
            Scenario at;
            scenarios_get(&GRID, s, &at);
            n_wrong += decide_scenario(&random, doses, recovery, &at) != outcomes[s].stratum;
        }
    }
    free(outcomes);
    CU_ASSERT_EQUAL(n_wrong, 0);
}

int main(void) {
    static const UnitTest tests[] = {
        {"any value of any setting is read off as the protocol's prose says", test_breakpoints},
        {"the changes that keep a stratum, and those that do not, are as stated", test_stability},
        {"every scenario is as the protocol's prose says", test_scenarios},
    };
    return suite_run("sensitivity", tests, sizeof tests / sizeof *tests);
}
