/* Stability by hand, at ties, where nothing can change, and under rules with several limits. */
#include "stratify/stability.h"

#include <math.h>

#include "tests/unit/stratify/other_rules.h"

static StrataRules rules;

static const StratificationConfig PROTOCOL = {.threshold_gy = 30.0,
                                              .max_underdosed = 4.0,
                                              .ablation_max_diameter_mm = 30.0,
                                              .vessel_min_diameter_mm = 4.0,
                                              .contact_tolerance_mm = NAN,
                                              .max_imaging_delay_h = 36.0,
                                              .dose_tie_is_underdosed = true};

/* L1 20 Gy, 25 mm, a 5 mm vessel at 1 mm: underdosed, small, touched. L2 40 Gy, 35 mm, free. */
static const StrataVessel VESSEL = {1.0, 5.0};
static const StrataLesion LESIONS[2] = {
    {.name = "L1",
     .davg_gy = 20.0,
     .diameter_3d_mm = 25.0,
     .diameter_axial_mm = 24.0,
     .vessels = &VESSEL,
     .n_vessels = 1},
    {.name = "L2", .davg_gy = 40.0, .diameter_3d_mm = 35.0, .diameter_axial_mm = 20.0}};
static const StrataPatient PATIENT = {.lesions = LESIONS,
                                      .n_lesions = 2,
                                      .progression = STRATA_NO,
                                      .imaging_delay_h = 10.0,
                                      .voxel_diagonal_mm = 2.0,
                                      .has_vessels = true};

static void find(const StrataPatient *patient, const StratificationConfig *config,
                 const StrataRules *by, Stability *found) {
    Error error;
    CU_ASSERT_EQUAL_FATAL(stability_find(patient, config, by, found, &error), STATUS_OK);
}

/* NaN: none. */
static void check(const Stability *found, double lower, int lower_stratum, double upper,
                  int upper_stratum) {
    CU_ASSERT_EQUAL(isnan(found->lower_change), isnan(lower));
    CU_ASSERT_EQUAL(isnan(found->upper_change), isnan(upper));
    if (!isnan(lower)) {
        ASSERT_NEAR(found->lower_change, lower, 1e-12); /* rounding of a difference */
    }
    if (!isnan(upper)) {
        ASSERT_NEAR(found->upper_change, upper, 1e-12);
    }
    CU_ASSERT_EQUAL(found->lower_stratum, lower_stratum);
    CU_ASSERT_EQUAL(found->upper_stratum, upper_stratum);
}

/* Stratum 3 because L1 is not amenable; L2 would not be either. */
static void test_by_hand(void) {
    Stability found[STABILITY_QUANTITY_COUNT];
    load_rules("configs/rules/protocol.yaml", &rules);
    find(&PATIENT, &PROTOCOL, &rules, found);
    check(&found[STABILITY_THRESHOLD], -10.0, 1, NAN, STABILITY_NONE);
    check(&found[STABILITY_CALIBRATION], NAN, STABILITY_NONE, 50.0, 1); /* 20 Gy to 30 */
    check(&found[STABILITY_MAX_DIAMETER], NAN, STABILITY_NONE, NAN, STABILITY_NONE);
    check(&found[STABILITY_VESSEL_DISTANCE], NAN, STABILITY_NONE, 1.0, 2); /* 1 mm to 2 */
    check(&found[STABILITY_VESSEL_DIAMETER], NAN, STABILITY_NONE, 1.0, 2); /* 4 mm to 5 */
    check(&found[STABILITY_MAX_UNDERDOSED], -3.0, 5, NAN, STABILITY_NONE); /* below 1 */
}

/* L1 without its vessel: amenable, stratum 2; with L2 underdosed too, mixed. */
static void test_both_ways(void) {
    Stability found[STABILITY_QUANTITY_COUNT];
    StrataLesion lesions[2] = {LESIONS[0], LESIONS[1]};
    StrataPatient patient = PATIENT;
    patient.lesions = lesions;
    lesions[0].n_vessels = 0;
    load_rules("configs/rules/protocol.yaml", &rules);
    find(&patient, &PROTOCOL, &rules, found);
    check(&found[STABILITY_THRESHOLD], -10.0, 1, 10.0, 4);
    check(&found[STABILITY_CALIBRATION], -25.0, 4, 50.0, 1);
    check(&found[STABILITY_MAX_DIAMETER], -5.0, 3, NAN, STABILITY_NONE);
    check(&found[STABILITY_VESSEL_DISTANCE], NAN, STABILITY_NONE, NAN, STABILITY_NONE);
}

/* Exactly at the threshold any change towards the other side is enough. */
static void test_tie(void) {
    Stability found[STABILITY_QUANTITY_COUNT];
    StratificationConfig config = PROTOCOL;
    config.threshold_gy = 20.0;
    load_rules("configs/rules/protocol.yaml", &rules);
    find(&PATIENT, &config, &rules, found);
    check(&found[STABILITY_THRESHOLD], 0.0, 1, NAN, STABILITY_NONE);
    check(&found[STABILITY_CALIBRATION], NAN, STABILITY_NONE, 0.0, 1);
    config.dose_tie_is_underdosed = false;
    find(&PATIENT, &config, &rules, found);
    check(&found[STABILITY_THRESHOLD], NAN, STABILITY_NONE, 0.0, 3);
    check(&found[STABILITY_CALIBRATION], 0.0, 3, NAN, STABILITY_NONE);
}

/* Where a stratum of its own holds at a value alone, it is the first that is met; and values that
 * lie at, before and after it. */
static void test_read(void) {
    Breakpoint points[] = {{0.0, {1, 0}, {1, 0}}, {10.0, {2, 1}, {3, 2}}, {20.0, {3, 3}, {3, 3}}};
    const BreakpointList list = {points, 3};
    Stability found = stability_read(&list, 5.0);
    check(&found, NAN, STABILITY_NONE, 5.0, 2);
    found = stability_read(&list, 10.0);
    check(&found, 0.0, 1, 0.0, 3);
    found = stability_read(&list, 15.0);
    check(&found, -5.0, 2, NAN, STABILITY_NONE);
    found = stability_read(&list, 25.0);
    check(&found, -15.0, 2, NAN, STABILITY_NONE);
}

/* A dose below zero stays there at any calibration, and is underdosed at a threshold of 0 Gy. */
static void test_negative_dose(void) {
    Stability found[STABILITY_QUANTITY_COUNT];
    StrataLesion lesion = LESIONS[1];
    StrataPatient patient = PATIENT;
    StratificationConfig config = PROTOCOL;
    config.threshold_gy = 0.0;
    lesion.davg_gy = -1.0;
    patient.lesions = &lesion;
    patient.n_lesions = 1;
    load_rules("configs/rules/protocol.yaml", &rules);
    find(&patient, &config, &rules, found);
    check(&found[STABILITY_CALIBRATION], NAN, STABILITY_NONE, NAN, STABILITY_NONE);
    check(&found[STABILITY_MAX_DIAMETER], NAN, STABILITY_NONE, 5.0, 2);
}

/* A dose that is missing, a distance that is, and no lesion at all. */
static void test_unknown(void) {
    Stability found[STABILITY_QUANTITY_COUNT];
    StrataLesion lesions[2] = {LESIONS[0], LESIONS[1]};
    StrataPatient patient = PATIENT;
    patient.lesions = lesions;
    lesions[1].davg_gy = NAN;
    load_rules("configs/rules/protocol.yaml", &rules);
    find(&patient, &PROTOCOL, &rules, found);
    for (int q = 0; q < STABILITY_QUANTITY_COUNT; q++) {
        check(&found[q], NAN, STABILITY_NONE, NAN, STABILITY_NONE);
    }
    patient.n_lesions = 0;
    find(&patient, &PROTOCOL, &rules, found);
    for (int q = 0; q < STABILITY_QUANTITY_COUNT; q++) {
        check(&found[q], NAN, STABILITY_NONE, NAN, STABILITY_NONE);
    }
    patient.n_lesions = 1; /* where it touches is unknown: so is the stratum */
    patient.has_vessels = false;
    find(&patient, &PROTOCOL, &rules, found);
    check(&found[STABILITY_THRESHOLD], -10.0, 1, NAN, STABILITY_NONE);
    check(&found[STABILITY_MAX_DIAMETER], -5.0, 3, NAN, STABILITY_NONE);
    check(&found[STABILITY_VESSEL_DISTANCE], NAN, STABILITY_NONE, NAN, STABILITY_NONE);
}

/* The stratum of a copy whose doses, or distances, are changed one by one. */
static int decide_after(const RandomPatient *random, const StrataRules *by, bool is_dose,
                        double change) {
    static RandomPatient changed;
    changed = *random;
    changed.patient.lesions = changed.lesions;
    for (size_t i = 0; i < changed.patient.n_lesions; i++) {
        changed.lesions[i].vessels = changed.vessels[i];
        changed.lesions[i].davg_gy *= is_dose ? 1.0 + change / 100.0 : 1.0;
        for (size_t v = 0; v < RANDOM_MAX_VESSELS; v++) {
            changed.vessels[i][v].distance_mm += is_dose ? 0.0 : change;
        }
    }
    return strata_stratum(&changed.patient, &changed.config, by, NULL);
}

/* One side; the margin is far above rounding, far below what differs in a patient. */
static size_t check_side(RandomPatient *random, const StrataRules *by, bool is_dose, double change,
                         int wanted, double farthest) {
    const double margin = 1e-7;
    int stratum = strata_stratum(&random->patient, &random->config, by, NULL);
    double reach = isnan(change) ? farthest : change - copysign(margin, farthest);
    size_t n_wrong = 0;
    for (int t = 0; t < 10 && reach * farthest > 0.0; t++) {
        double within = t == 0 ? reach : reach * draw(&random->state);
        n_wrong += decide_after(random, by, is_dose, within) != stratum;
    }
    if (!isnan(change)) {
        /* Where two limits meet, a stratum of its own may hold at the change alone. */
        double beyond = change + copysign(margin, farthest);
        bool is_right = decide_after(random, by, is_dose, beyond) == wanted ||
                        decide_after(random, by, is_dose, change) == wanted;
        n_wrong += !is_right || wanted == stratum;
    }
    if (n_wrong > 0) {
        printf("%s: stratum %d, change %.17g to %d\n", is_dose ? "doses" : "distances", stratum,
               change, wanted);
    }
    return n_wrong;
}

/* Doses meet the threshold and 15 Gy, distances the tolerance and 1 mm. */
static void test_several_limits(void) {
    static RandomPatient random;
    static StrataRules other;
    Stability found[STABILITY_QUANTITY_COUNT];
    size_t n_wrong = 0, n_found = 0;
    load_other_rules(&other);
    for (unsigned p = 1; p < 1500; p++) {
        draw_patient(p, &random);
        find(&random.patient, &random.config, &other, found);
        for (int q = 0; q < 2; q++) {
            const Stability *one =
                &found[q == 0 ? STABILITY_CALIBRATION : STABILITY_VESSEL_DISTANCE];
            bool is_dose = q == 0;
            n_wrong += check_side(&random, &other, is_dose, one->lower_change, one->lower_stratum,
                                  is_dose ? -99.9999 : -20.0);
            n_wrong += check_side(&random, &other, is_dose, one->upper_change, one->upper_stratum,
                                  is_dose ? 1e5 : 20.0);
            n_found += isnan(one->lower_change) ? 0 : 1;
            n_found += isnan(one->upper_change) ? 0 : 1;
        }
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
    CU_ASSERT(n_found > 1000);
}

int main(void) {
    static const UnitTest tests[] = {
        {"a patient's changes are as found by hand", test_by_hand},
        {"both ways, each to its own stratum", test_both_ways},
        {"at a tie any change is enough", test_tie},
        {"the first other stratum is found", test_read},
        {"doses below zero", test_negative_dose},
        {"what is unknown does not change", test_unknown},
        {"several limits of one quantity", test_several_limits},
    };
    return suite_run("stability", tests, sizeof tests / sizeof *tests);
}
