/* Breakpoints by hand, at ties, of patients of whom nothing is known, and of other rule sets. */
#include "stratify/breakpoints.h"

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

/* L1 20 Gy, 25 mm, a 5 mm vessel at 1 mm; L2 40 Gy, 35 mm, a 3 mm vessel at 2.5 mm. */
static const StrataVessel VESSELS[2] = {{1.0, 5.0}, {2.5, 3.0}};
static const StrataLesion LESIONS[2] = {{.name = "L1",
                                         .davg_gy = 20.0,
                                         .diameter_3d_mm = 25.0,
                                         .diameter_axial_mm = 24.0,
                                         .vessels = &VESSELS[0],
                                         .n_vessels = 1},
                                        {.name = "L2",
                                         .davg_gy = 40.0,
                                         .diameter_3d_mm = 35.0,
                                         .diameter_axial_mm = 20.0,
                                         .vessels = &VESSELS[1],
                                         .n_vessels = 1}};
static const StrataPatient PATIENT = {.lesions = LESIONS,
                                      .n_lesions = 2,
                                      .progression = STRATA_NO,
                                      .imaging_delay_h = 10.0,
                                      .voxel_diagonal_mm = 2.0,
                                      .has_vessels = true};

static void find(const StrataPatient *patient, const StratificationConfig *config,
                 const StrataRules *by, BreakpointSetting setting, BreakpointList *list) {
    Error error;
    CU_ASSERT_EQUAL_FATAL(breakpoints_find(patient, config, by, setting, list, &error), STATUS_OK);
}

/* The list as "value:at/above ...", each a stratum and, in brackets, the lesions underdosed. */
static void check(const StratificationConfig *config, BreakpointSetting setting,
                  const char *wanted) {
    char text[256] = "";
    BreakpointList list;
    load_rules("configs/rules/protocol.yaml", &rules);
    find(&PATIENT, config, &rules, setting, &list);
    for (size_t i = 0; i < list.n; i++) {
        size_t used = strlen(text);
        const Breakpoint *point = &list.points[i];
        snprintf(text + used, sizeof text - used, "%s%g:%d(%zu)/%d(%zu)", i > 0 ? " " : "",
                 point->value, point->at.stratum, point->at.n_underdosed, point->above.stratum,
                 point->above.n_underdosed);
    }
    if (strcmp(text, wanted) != 0) {
        printf("%s: %s\n", breakpoints_setting_name(setting), text);
    }
    CU_ASSERT_STRING_EQUAL(text, wanted);
    breakpoints_free(&list);
}

/* Below 30 Gy is L1 only. It is small, but touched: not amenable, stratum 3, unless the vessel does
 * not count (limit of 5 mm or more) or is too far (tolerance below 1 mm). */
static void test_by_hand(void) {
    check(&PROTOCOL, BREAKPOINT_THRESHOLD, "0:1(0)/1(0) 20:3(1)/3(1) 40:3(2)/3(2)");
    check(&PROTOCOL, BREAKPOINT_MAX_DIAMETER, "0:3(1)/3(1)");
    check(&PROTOCOL, BREAKPOINT_VESSEL_DIAMETER, "0:3(1)/3(1) 5:2(1)/2(1)");
    check(&PROTOCOL, BREAKPOINT_CONTACT_TOLERANCE, "0:2(1)/2(1) 1:3(1)/3(1)");
    check(&PROTOCOL, BREAKPOINT_MAX_UNDERDOSED, "0:5(1)/5(1) 1:3(1)/3(1)");
}

/* The same with every tie decided the other way: the value itself changes sides. */
static void test_ties(void) {
    StratificationConfig config = PROTOCOL;
    config.dose_tie_is_underdosed = false;
    check(&config, BREAKPOINT_THRESHOLD, "0:1(0)/1(0) 20:1(0)/3(1) 40:3(1)/3(2)");
    config.vessel_tie_is_large = true;
    check(&config, BREAKPOINT_VESSEL_DIAMETER, "0:3(1)/3(1) 5:3(1)/2(1)");
    config.vessel_min_diameter_mm = 6.0;
    check(&config, BREAKPOINT_MAX_DIAMETER, "0:3(1)/3(1) 25:3(1)/2(1)");
    config.size_tie_is_amenable = true;
    check(&config, BREAKPOINT_MAX_DIAMETER, "0:3(1)/3(1) 25:2(1)/2(1)");
    config.diameter = DIAMETER_AXIAL;
    check(&config, BREAKPOINT_MAX_DIAMETER, "0:3(1)/3(1) 24:2(1)/2(1)");
    /* Nothing is below 0 Gy. */
    config.threshold_gy = 0.0;
    check(&config, BREAKPOINT_MAX_UNDERDOSED, "0:1(0)/1(0)");
}

static void test_read(void) {
    BreakpointList list;
    StratificationConfig config = PROTOCOL;
    config.dose_tie_is_underdosed = false;
    load_rules("configs/rules/protocol.yaml", &rules);
    find(&PATIENT, &config, &rules, BREAKPOINT_THRESHOLD, &list);
    CU_ASSERT_EQUAL(breakpoints_read(&list, 0.0).stratum, 1);
    CU_ASSERT_EQUAL(breakpoints_read(&list, 19.0).stratum, 1);
    CU_ASSERT_EQUAL(breakpoints_read(&list, 20.0).stratum, 1);
    CU_ASSERT_EQUAL(breakpoints_read(&list, nextafter(20.0, 21.0)).stratum, 3);
    CU_ASSERT_EQUAL(breakpoints_read(&list, 40.0).n_underdosed, 1);
    CU_ASSERT_EQUAL(breakpoints_read(&list, 1e4).n_underdosed, 2);
    CU_ASSERT_TRUE(breakpoints_changes_stratum(&list, 0));
    CU_ASSERT_TRUE(breakpoints_changes_stratum(&list, 1));
    CU_ASSERT_FALSE(breakpoints_changes_stratum(&list, 2));
    breakpoints_free(&list);
    CU_ASSERT_EQUAL(breakpoints_setting_value(&PATIENT, &PROTOCOL, BREAKPOINT_CONTACT_TOLERANCE),
                    2.0);
    CU_ASSERT_EQUAL(breakpoints_setting_value(&PATIENT, &PROTOCOL, BREAKPOINT_VESSEL_DIAMETER),
                    4.0);
}

/* Nobody, a dose that is missing, vessels that are not segmented. */
static void test_unknown(void) {
    StrataLesion lesion = LESIONS[0];
    StrataPatient patient = PATIENT;
    BreakpointList list;
    load_rules("configs/rules/protocol.yaml", &rules);
    for (int s = 0; s < BREAKPOINT_SETTING_COUNT; s++) {
        patient.n_lesions = 0;
        find(&patient, &PROTOCOL, &rules, (BreakpointSetting)s, &list);
        CU_ASSERT_EQUAL(list.n, 1);
        CU_ASSERT_EQUAL(list.points[0].at.stratum, 0);
        breakpoints_free(&list);
        lesion.davg_gy = NAN;
        patient.lesions = &lesion;
        patient.n_lesions = 1;
        find(&patient, &PROTOCOL, &rules, (BreakpointSetting)s, &list);
        CU_ASSERT_EQUAL(list.n, 1);
        CU_ASSERT_EQUAL(list.points[0].above.stratum, 0);
        breakpoints_free(&list);
    }
    lesion.davg_gy = 20.0;
    patient.has_vessels = false;
    find(&patient, &PROTOCOL, &rules, BREAKPOINT_MAX_DIAMETER, &list);
    CU_ASSERT_EQUAL_FATAL(list.n, 2); /* too large for certain up to 25 mm, then unknown */
    CU_ASSERT_EQUAL(list.points[0].above.stratum, 3);
    CU_ASSERT_EQUAL(list.points[1].at.stratum, 3);
    CU_ASSERT_EQUAL(list.points[1].above.stratum, 0);
    breakpoints_free(&list);
}

static double *place_of(StratificationConfig *config, BreakpointSetting setting) {
    double *places[BREAKPOINT_SETTING_COUNT] = {
        [BREAKPOINT_THRESHOLD] = &config->threshold_gy,
        [BREAKPOINT_MAX_DIAMETER] = &config->ablation_max_diameter_mm,
        [BREAKPOINT_VESSEL_DIAMETER] = &config->vessel_min_diameter_mm,
        [BREAKPOINT_CONTACT_TOLERANCE] = &config->contact_tolerance_mm,
        [BREAKPOINT_MAX_UNDERDOSED] = &config->max_underdosed};
    return places[setting];
}

/* Every number of any kind that the patient has. */
static size_t all_values(const StrataPatient *patient, double *values) {
    size_t n = 0;
    for (size_t i = 0; i < patient->n_lesions; i++) {
        const StrataLesion *lesion = &patient->lesions[i];
        values[n++] = lesion->davg_gy;
        values[n++] = lesion->diameter_3d_mm;
        values[n++] = lesion->diameter_axial_mm;
        values[n++] = (double)i + 1.0;
        for (size_t v = 0; v < lesion->n_vessels; v++) {
            values[n++] = lesion->vessels[v].distance_mm;
            values[n++] = lesion->vessels[v].diameter_mm;
        }
    }
    return n;
}

/* A rule set that compares the settings with other columns is decided at and beside every number of
 * the patient. */
static void test_other_rules(void) {
    static RandomPatient random;
    static double values[RANDOM_MAX_LESIONS * 10];
    static StrataRules other;
    size_t n_wrong = 0, n_changes = 0;
    load_other_rules(&other);
    for (unsigned p = 1; p < 400; p++) {
        draw_patient(p, &random);
        size_t n = all_values(&random.patient, values);
        for (int s = 0; s < BREAKPOINT_SETTING_COUNT; s++) {
            BreakpointList list;
            find(&random.patient, &random.config, &other, (BreakpointSetting)s, &list);
            n_changes += list.n - 1;
            for (size_t k = 0; k < 3 * n; k++) {
                StratificationConfig at = random.config;
                double side = k % 3 == 0 ? values[k / 3] : k % 3 == 1 ? INFINITY : -INFINITY;
                double value = nextafter(values[k / 3], side);
                if (value >= 0.0) {
                    *place_of(&at, (BreakpointSetting)s) = value;
                    n_wrong += breakpoints_read(&list, value).stratum !=
                               strata_stratum(&random.patient, &at, &other, NULL);
                }
            }
            breakpoints_free(&list);
        }
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
    CU_ASSERT(n_changes > 1000);
}

int main(void) {
    static const UnitTest tests[] = {
        {"a patient's lists are as found by hand", test_by_hand},
        {"at a value itself the rules for ties decide", test_ties},
        {"any value is read off", test_read},
        {"what is unknown stays so", test_unknown},
        {"other rule sets have other breakpoints", test_other_rules},
    };
    return suite_run("breakpoints", tests, sizeof tests / sizeof *tests);
}
