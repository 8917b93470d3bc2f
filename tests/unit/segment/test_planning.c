/* Planning models against numbers worked out by hand: k = 50 J/GBq, 1 g/mL, 200 mL of tumour in
 * 1600 mL of liver, T:N 5; 2 GBq with a shunt of 5 %, so that 95 J stay in the liver. */
#include "segment/planning.h"

#include <math.h>
#include <string.h>

#include "tests/unit/suite.h"

/* Numbers of the order of 100 in doubles. */
static const double ROUNDING = 1e-9;

static const PlanningPatient patient = {.dose_factor_gy_per_bq_g = 5e-5,
                                        .density_g_ml = 1,
                                        .tumour_ml = 200,
                                        .normal_ml = 1400,
                                        .tumour_to_normal = 5,
                                        .height_cm = 180,
                                        .weight_kg = 80};
static const PlanningTreatment treatment = {2, 0.05, 5};

static void one_compartment_shares_evenly(void) {
    PlanningPrediction mird = planning_predict(PLANNING_MIRD, &patient, &treatment);
    ASSERT_NEAR(mird.liver_gy, 95 / 1.6, ROUNDING);
    ASSERT_NEAR(mird.lung_gy, 5, 0);
    CU_ASSERT(isnan(mird.prescribed_gbq) && isnan(mird.tumour_gy) && isnan(mird.normal_gy));
    CU_ASSERT_STRING_EQUAL(mird.unknown, "");
}

/* As printed, the other way round: 100 Gy in 2 kg with a shunt of 10 % need 200 / (49.67 * 0.9) =
 * 4.47397 GBq. A shunt multiplied instead would ask for less, not more. */
static void the_printed_formula_is_its_inverse(void) {
    PlanningPatient printed = patient;
    printed.dose_factor_gy_per_bq_g = 49.67e-6;
    printed.normal_ml = 1800;
    const PlanningTreatment given = {4.47397, 0.1, NAN};
    PlanningPrediction mird = planning_predict(PLANNING_MIRD, &printed, &given);
    ASSERT_NEAR(mird.liver_gy, 100, 1e-3); /* six digits above */
}

/* Du Bois: 0.20247 * 1.8^0.725 * 80^0.425 = 0.20247 * 1.53134 * 6.43890 = 1.9964 m2, as nomograms
 * have it (2.00). Tumour is an eighth of the volume. */
static void body_surface_prescribes(void) {
    ASSERT_NEAR(planning_body_surface_m2(180, 80), 1.9964, 1e-4); /* printed digits */
    PlanningPrediction bsa = planning_predict(PLANNING_BSA, &patient, &treatment);
    double gbq = 1.9964 - 0.2 + 0.125;
    ASSERT_NEAR(bsa.prescribed_gbq, gbq, 1e-4);
    ASSERT_NEAR(bsa.liver_gy, 50 * gbq * 0.95 / 1.6, 1e-2);
    ASSERT_NEAR(bsa.lung_gy, 5 * gbq / 2, 1e-3);
    CU_ASSERT(isnan(bsa.tumour_gy) && isnan(bsa.normal_gy));
}

static void partition_weighs_the_tumour(void) {
    PlanningPrediction plan = planning_predict(PLANNING_PARTITION, &patient, &treatment);
    ASSERT_NEAR(plan.normal_gy, 95 / 2.4, ROUNDING); /* 5 * 200 + 1400 g */
    ASSERT_NEAR(plan.tumour_gy, 5 * 95 / 2.4, ROUNDING);
    ASSERT_NEAR(plan.liver_gy, 95 / 1.6, ROUNDING);
    /* the energy is that of the decays that stay */
    ASSERT_NEAR(0.2 * plan.tumour_gy + 1.4 * plan.normal_gy, 95, ROUNDING);
    PlanningPatient even = patient;
    even.tumour_to_normal = 1;
    plan = planning_predict(PLANNING_PARTITION, &even, &treatment);
    ASSERT_NEAR(plan.normal_gy, plan.liver_gy, ROUNDING);
}

/* Dose goes with energy over mass: the density is not forgotten. */
static void density_makes_mass(void) {
    PlanningPatient dense = patient;
    dense.density_g_ml = 1.06;
    PlanningPrediction plan = planning_predict(PLANNING_PARTITION, &dense, &treatment);
    ASSERT_NEAR(plan.normal_gy, 95 / 2.4 / 1.06, ROUNDING);
    ASSERT_NEAR(planning_predict(PLANNING_MIRD, &dense, &treatment).liver_gy, 95 / 1.6 / 1.06,
                ROUNDING);
}

static void unknown_inputs_are_named(void) {
    PlanningPatient unmeasured = patient;
    unmeasured.tumour_to_normal = unmeasured.height_cm = NAN;
    PlanningPrediction mird = planning_predict(PLANNING_MIRD, &unmeasured, &treatment);
    CU_ASSERT_STRING_EQUAL(mird.unknown, "");
    ASSERT_NEAR(mird.liver_gy, 95 / 1.6, ROUNDING);
    PlanningPrediction bsa = planning_predict(PLANNING_BSA, &unmeasured, &treatment);
    CU_ASSERT_STRING_EQUAL(bsa.unknown, "height_cm");
    CU_ASSERT(isnan(bsa.prescribed_gbq) && isnan(bsa.liver_gy) && isnan(bsa.lung_gy));
    PlanningPrediction plan = planning_predict(PLANNING_PARTITION, &unmeasured, &treatment);
    CU_ASSERT_STRING_EQUAL(plan.unknown, "tumour_to_normal_ratio");
    CU_ASSERT(isnan(plan.normal_gy) && isnan(plan.tumour_gy));

    const PlanningTreatment no_shunt = {2, NAN, NAN};
    bsa = planning_predict(PLANNING_BSA, &patient, &no_shunt);
    CU_ASSERT_STRING_EQUAL(bsa.unknown, "lung_shunt_fraction");
    ASSERT_NEAR(bsa.prescribed_gbq, 1.9214, 1e-4); /* needs no shunt */
    CU_ASSERT(isnan(bsa.liver_gy));
}

static void everything_unknown_fits(void) {
    const PlanningPatient nobody = {NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    const PlanningTreatment nothing = {NAN, NAN, NAN};
    PlanningPrediction bsa = planning_predict(PLANNING_BSA, &nobody, &nothing);
    CU_ASSERT_STRING_EQUAL(bsa.unknown, "dose_factor;density;liver;height_cm;weight_kg;"
                                        "activity_gbq;lung_shunt_fraction");
    PlanningPrediction plan = planning_predict(PLANNING_PARTITION, &nobody, &nothing);
    CU_ASSERT_STRING_EQUAL(plan.unknown, "dose_factor;density;liver;tumour_to_normal_ratio;"
                                         "activity_gbq;lung_shunt_fraction");
}

/* A liver without volume is not an infinite dose. */
static void nothing_has_no_dose(void) {
    PlanningPatient empty = patient;
    empty.tumour_ml = empty.normal_ml = 0;
    CU_ASSERT(isnan(planning_predict(PLANNING_MIRD, &empty, &treatment).liver_gy));
}

static void treatments_add_up(void) {
    const PlanningTreatment both[] = {treatment, {1, 0.2, 10}};
    PlanningTreatment all = planning_combine(both, 2);
    ASSERT_NEAR(all.activity_gbq, 3, 0);
    ASSERT_NEAR(all.lung_shunt_fraction, 0.1, ROUNDING); /* 0.3 of 3 GBq */
    ASSERT_NEAR(all.lung_gy, 15, 0);
    PlanningPrediction first = planning_predict(PLANNING_PARTITION, &patient, &both[0]);
    PlanningPrediction second = planning_predict(PLANNING_PARTITION, &patient, &both[1]);
    PlanningPrediction sum = planning_predict(PLANNING_PARTITION, &patient, &all);
    ASSERT_NEAR(sum.liver_gy, 84.375, ROUNDING); /* 95 and 40 J in 1.6 kg */
    ASSERT_NEAR(sum.liver_gy, first.liver_gy + second.liver_gy, ROUNDING);
    ASSERT_NEAR(sum.tumour_gy, first.tumour_gy + second.tumour_gy, ROUNDING);
}

int main(void) {
    static const UnitTest tests[] = {
        {"one compartment shares the energy evenly", one_compartment_shares_evenly},
        {"MIRD inverts the printed formula", the_printed_formula_is_its_inverse},
        {"the body surface prescribes an activity", body_surface_prescribes},
        {"partition gives the tumour its ratio and keeps the energy", partition_weighs_the_tumour},
        {"mass is volume times density", density_makes_mass},
        {"unknown inputs are named, and what needs them is unknown", unknown_inputs_are_named},
        {"all inputs may be unknown", everything_unknown_fits},
        {"no liver has no dose", nothing_has_no_dose},
        {"treatments add up", treatments_add_up},
    };
    return suite_run("segment/planning", tests, sizeof tests / sizeof *tests);
}
