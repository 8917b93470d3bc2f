/* Rules of strata.h that the truth table (tests/validation/stratify) does not reach: refused
 * values, missing diameters, tolerances and limits of other sizes, what is reported beside. */
#include "stratify/strata.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/suite.h"

/* The protocol as it is shipped, loaded once. */
static const StrataRules *rules(void) {
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

static const StratificationConfig PROTOCOL = {.threshold_gy = 30.0,
                                              .max_underdosed = 4.0,
                                              .ablation_max_diameter_mm = 30.0,
                                              .vessel_min_diameter_mm = 4.0,
                                              .contact_tolerance_mm = NAN,
                                              .max_imaging_delay_h = 36.0,
                                              .dose_tie_is_underdosed = true};

static StrataLesion lesion_of(double davg_gy, double diameter_mm) {
    return (StrataLesion){.name = "L1",
                          .davg_gy = davg_gy,
                          .diameter_3d_mm = diameter_mm,
                          .diameter_axial_mm = diameter_mm};
}

static StrataPatient patient_of(const StrataLesion *lesions, size_t n) {
    return (StrataPatient){.lesions = lesions,
                           .n_lesions = n,
                           .progression = STRATA_NO,
                           .imaging_delay_h = 20.0,
                           .voxel_diagonal_mm = 2.0,
                           .has_vessels = true};
}

static void test_lowest_dose(void) {
    StrataLesion lesions[] = {lesion_of(40.0, 10.0), lesion_of(12.5, 10.0), lesion_of(1.0, 10.0)};
    lesions[2].is_outside_dose = true; /* its dose is of a part only */
    StrataPatient patient = patient_of(lesions, 3);
    StrataVerdict verdicts[3];
    StrataDecision decision;
    strata_decide(&patient, &PROTOCOL, rules(), verdicts, &decision);
    CU_ASSERT_EQUAL(decision.min_davg_gy, 12.5);
    CU_ASSERT_EQUAL(decision.n_underdosed, 1);
    CU_ASSERT_EQUAL(verdicts[2].is_underdosed, STRATA_UNKNOWN);
}

static void test_failed_registration(void) {
    StrataLesion lesions[] = {lesion_of(40.0, 10.0), lesion_of(12.5, 10.0)};
    lesions[1].is_misplaced = true; /* its dose is that of another place */
    StrataPatient patient = patient_of(lesions, 2);
    StrataVerdict verdicts[2];
    StrataDecision decision;
    strata_decide(&patient, &PROTOCOL, rules(), verdicts, &decision);
    CU_ASSERT_EQUAL(decision.stratum, 0);
    CU_ASSERT_EQUAL(decision.n_underdosed, 0);
    CU_ASSERT(flags_has(&decision.flags, "registration_failed"));
}

static void test_missing_diameter(void) {
    const StrataVessel contact = {.distance_mm = 0.5, .diameter_mm = 6.0};
    StrataLesion lesions[] = {lesion_of(20.0, NAN), lesion_of(20.0, 40.0), lesion_of(20.0, 10.0)};
    StrataVerdict verdicts[3];
    StrataDecision decision;
    StrataPatient patient = patient_of(lesions, 2);
    strata_decide(&patient, &PROTOCOL, rules(), verdicts, &decision);
    CU_ASSERT_EQUAL(decision.stratum, 0); /* 3 or 4, depending on the missing diameter */
    CU_ASSERT(flags_has(&decision.flags, "size_unknown"));
    CU_ASSERT_EQUAL(verdicts[1].treatment, STRATA_TREAT_SBRT);

    patient.n_lesions = 3;
    strata_decide(&patient, &PROTOCOL, rules(), verdicts, &decision);
    CU_ASSERT_EQUAL(decision.stratum, 4); /* whatever the missing diameter is */
    CU_ASSERT_EQUAL(verdicts[0].treatment, STRATA_TREAT_UNKNOWN);

    lesions[0].vessels = &contact;
    lesions[0].n_vessels = 1;
    patient.n_lesions = 2;
    strata_decide(&patient, &PROTOCOL, rules(), verdicts, &decision);
    CU_ASSERT_EQUAL(decision.stratum, 3); /* touching rules ablation out at any size */
}

static void test_configured_tolerance(void) {
    const StrataVessel vessel = {.distance_mm = 5.0, .diameter_mm = 6.0};
    StrataLesion lesion = lesion_of(20.0, 10.0);
    lesion.vessels = &vessel;
    lesion.n_vessels = 1;
    StrataPatient patient = patient_of(&lesion, 1);
    StratificationConfig config = PROTOCOL;
    StrataVerdict verdict;
    StrataDecision decision;
    CU_ASSERT_EQUAL(strata_contact_tolerance_mm(&patient, &config), 2.0);
    strata_decide(&patient, &config, rules(), &verdict, &decision);
    CU_ASSERT_EQUAL(decision.stratum, 2);
    config.contact_tolerance_mm = 5.0;
    strata_decide(&patient, &config, rules(), &verdict, &decision);
    CU_ASSERT_EQUAL(decision.stratum, 3);
    config.contact_tolerance_mm = 3.0;
    strata_decide(&patient, &config, rules(), &verdict, &decision);
    CU_ASSERT_EQUAL(decision.stratum, 2);
    CU_ASSERT(flags_has(&decision.flags, "contact_marginal"));
}

static void test_count_and_progression(void) {
    StrataLesion lesions[5];
    for (size_t i = 0; i < 5; i++) {
        lesions[i] = lesion_of(10.0, 10.0);
    }
    StrataPatient patient = patient_of(lesions, 5);
    StrataVerdict verdicts[5];
    StrataDecision decision;
    strata_decide(&patient, &PROTOCOL, rules(), verdicts, &decision);
    CU_ASSERT_EQUAL(decision.because, STRATA_BECAUSE_COUNT);
    patient.progression = STRATA_YES;
    strata_decide(&patient, &PROTOCOL, rules(), verdicts, &decision);
    CU_ASSERT_EQUAL(decision.because, STRATA_BECAUSE_COUNT | STRATA_BECAUSE_PROGRESSION);
    patient.n_lesions = 4;
    strata_decide(&patient, &PROTOCOL, rules(), verdicts, &decision);
    CU_ASSERT_EQUAL(decision.because, STRATA_BECAUSE_PROGRESSION);
    CU_ASSERT_EQUAL(decision.stratum_by_dose, 2);
}

/* Where there is no activity, noise may leave a mean a little below zero: certainly underdosed. */
static void test_negative_dose(void) {
    StrataLesion lesion = lesion_of(-5.8e-7, 10.0);
    StrataPatient patient = patient_of(&lesion, 1);
    StrataVerdict verdict;
    StrataDecision decision;
    Error error;
    CU_ASSERT_EQUAL(strata_check(&patient, &error), STATUS_OK);
    strata_decide(&patient, &PROTOCOL, rules(), &verdict, &decision);
    CU_ASSERT_EQUAL(decision.stratum, 2);
    CU_ASSERT(flags_has(&decision.flags, "negative_dose"));
}

static void expect_refused(const StrataPatient *patient, const char *words) {
    Error error = {.message = ""};
    CU_ASSERT_EQUAL(strata_check(patient, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, words));
}

static void test_refused_values(void) {
    StrataVessel vessels[] = {{1.0, 3.0}, {4.0, 5.0}};
    StrataLesion lesion = lesion_of(20.0, 10.0);
    lesion.vessels = vessels;
    lesion.n_vessels = 2;
    StrataPatient patient = patient_of(&lesion, 1);
    Error error;
    CU_ASSERT_EQUAL(strata_check(&patient, &error), STATUS_OK);
    lesion.davg_gy = INFINITY;
    expect_refused(&patient, "L1: Davg is inf Gy");
    lesion.davg_gy = NAN; /* missing, which is not impossible */
    CU_ASSERT_EQUAL(strata_check(&patient, &error), STATUS_OK);
    lesion.diameter_axial_mm = -1.0;
    expect_refused(&patient, "axial diameter is -1 mm");
    lesion.diameter_axial_mm = 10.0;
    vessels[1].distance_mm = NAN;
    expect_refused(&patient, "row 2 of its vessel profile");
    vessels[1].distance_mm = -INFINITY;
    expect_refused(&patient, "vessel distance is -inf mm");
    vessels[1].distance_mm = 4.0;
    patient.imaging_delay_h = -2.0;
    expect_refused(&patient, "imaging delay is -2 h");
    patient.imaging_delay_h = 2.0;
    patient.voxel_diagonal_mm = 0.0;
    expect_refused(&patient, "voxel diagonal");
}

/* More lesions than the evaluator takes at a time: the last one alone is underdosed. */
static void test_many_lesions(void) {
    static StrataLesion lesions[130];
    static StrataVerdict verdicts[130];
    for (size_t n = 60; n <= 130; n++) {
        StrataDecision decision;
        size_t n_underdosed;
        for (size_t i = 0; i < n; i++) {
            lesions[i] = lesion_of(i + 1 < n ? 50.0 : 20.0, 10.0);
        }
        StrataPatient patient = patient_of(lesions, n);
        strata_decide(&patient, &PROTOCOL, rules(), verdicts, &decision);
        CU_ASSERT_EQUAL(decision.stratum, 2);
        CU_ASSERT_EQUAL(decision.n_underdosed, 1);
        CU_ASSERT_EQUAL(verdicts[n - 2].treatment, STRATA_TREAT_NONE);
        CU_ASSERT_EQUAL(verdicts[n - 1].treatment, STRATA_TREAT_ABLATION);
        CU_ASSERT_EQUAL(strata_stratum(&patient, &PROTOCOL, rules(), &n_underdosed), 2);
        CU_ASSERT_EQUAL(n_underdosed, 1);
    }
}

int main(void) {
    static const UnitTest tests[] = {
        {"the lowest dose is that of lesions with a valid dose", test_lowest_dose},
        {"a failed registration leaves it open", test_failed_registration},
        {"a missing diameter matters only where it could change the stratum",
         test_missing_diameter},
        {"a configured contact tolerance replaces the voxel diagonal", test_configured_tolerance},
        {"count and progression are different reasons", test_count_and_progression},
        {"a dose below zero is underdosed", test_negative_dose},
        {"there is no limit to the number of lesions", test_many_lesions},
        {"impossible values are refused by name", test_refused_values},
    };
    return suite_run("strata", tests, sizeof tests / sizeof *tests);
}
