/* Sentences a tumour board reads: the numbers are there, on their own side of the limit. */
#include "stratify/reason.h"

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
static const StrataVessel DISTANT = {.distance_mm = 8.3, .diameter_mm = 5.0};

static StrataLesion lesion_of(const char *name, double davg_gy, double diameter_mm) {
    return (StrataLesion){.name = name,
                          .davg_gy = davg_gy,
                          .diameter_3d_mm = diameter_mm,
                          .diameter_axial_mm = diameter_mm,
                          .vessels = &DISTANT,
                          .n_vessels = 1};
}

static StrataPatient patient_of(const StrataLesion *lesions, size_t n) {
    return (StrataPatient){.lesions = lesions,
                           .n_lesions = n,
                           .progression = STRATA_NO,
                           .imaging_delay_h = 20.0,
                           .voxel_diagonal_mm = 2.0,
                           .has_vessels = true};
}

static void expect_sentence(const StrataPatient *patient, const StratificationConfig *config,
                            const char *expected) {
    StrataVerdict verdicts[64];
    StrataDecision decision;
    Reason reason;
    strata_decide(patient, config, rules(), verdicts, &decision);
    reason_of_patient(patient, config, rules(), verdicts, &decision, &reason);
    CU_ASSERT_STRING_EQUAL(reason.text, expected);
    if (strcmp(reason.text, expected) != 0) {
        printf("found \"%s\"\n", reason.text);
    }
}

static void test_mixed(void) {
    const StrataLesion lesions[] = {lesion_of("L1", 44.0, 20.0), lesion_of("L2", 21.4, 31.0),
                                    lesion_of("L3", 35.0, 20.0), lesion_of("L4", 28.9, 12.0),
                                    lesion_of("L5", 61.0, 50.0)};
    StrataPatient patient = patient_of(lesions, 5);
    expect_sentence(&patient, &PROTOCOL,
                    "2 of 5 lesions underdosed (L2 21.4 Gy, L4 28.9 Gy); L2 31.0 mm not < 30 mm -> "
                    "SBRT; L4 12.0 mm, nearest vessel > 4 mm at 8.3 mm -> ablation; mixed");
}

static void test_all_treated(void) {
    const StrataLesion lesions[] = {lesion_of("L1", 44.0, 20.0), lesion_of("L2", 30.04, 31.0)};
    StrataPatient patient = patient_of(lesions, 2);
    expect_sentence(&patient, &PROTOCOL, "all 2 lesions > 30 Gy (lowest L2 30.04 Gy)");
}

static void test_touching(void) {
    const StrataVessel vessel = {.distance_mm = 1.0, .diameter_mm = 6.2};
    StrataLesion lesion = lesion_of("L1", 25.0, 20.0);
    lesion.vessels = &vessel;
    StrataPatient patient = patient_of(&lesion, 1);
    expect_sentence(
        &patient, &PROTOCOL,
        "1 of 1 lesion underdosed (L1 25.0 Gy); L1 20.0 mm, touching a vessel > 4 mm "
        "(6.2 mm wide, at 1.0 mm, tolerance 2.0 mm) -> SBRT; none amenable to ablation");
}

static void test_ties(void) {
    StratificationConfig config = PROTOCOL;
    StrataLesion lesion = lesion_of("L1", 30.0, 30.0);
    StrataPatient patient = patient_of(&lesion, 1);
    expect_sentence(&patient, &config,
                    "1 of 1 lesion underdosed (L1 30.0 Gy exactly at the threshold); L1 30.0 mm "
                    "exactly at the limit, counted as not amenable -> SBRT; none amenable to "
                    "ablation");
    config.dose_tie_is_underdosed = false;
    expect_sentence(&patient, &config,
                    "the 1 lesion >= 30 Gy (lowest L1 30.0 Gy, exactly at the threshold, counted "
                    "as not underdosed)");
}

static void test_systemic(void) {
    StrataLesion lesions[20];
    for (size_t i = 0; i < 20; i++) {
        lesions[i] = lesion_of("L", 10.0, 20.0);
    }
    StrataPatient patient = patient_of(lesions, 20);
    expect_sentence(&patient, &PROTOCOL,
                    "20 of 20 lesions underdosed (L 10.0 Gy, L 10.0 Gy, L 10.0 Gy, L 10.0 Gy, "
                    "L 10.0 Gy, L 10.0 Gy, L 10.0 Gy, L 10.0 Gy, L 10.0 Gy, L 10.0 Gy, L 10.0 Gy, "
                    "L 10.0 Gy and 8 more), more than 4");
    patient.n_lesions = 1;
    patient.progression = STRATA_YES;
    expect_sentence(&patient, &PROTOCOL,
                    "disease progression; 1 of 1 lesion underdosed (L 10.0 Gy)");
}

static void test_not_evaluable(void) {
    StrataLesion lesions[] = {lesion_of("L1", 40.0, 20.0), lesion_of("L2", NAN, 20.0),
                              lesion_of("L3", 9.0, 20.0)};
    lesions[2].is_outside_dose = true;
    StrataPatient patient = patient_of(lesions, 3);
    patient.imaging_delay_h = 36.02;
    patient.progression = STRATA_YES;
    expect_sentence(&patient, &PROTOCOL,
                    "not evaluable: PET 36.02 h after administration, later than 36 h; L2 has no "
                    "Davg; L3 lies partly or wholly outside the dose map; disease progression is "
                    "recorded (stratum 5 by itself, were the imaging valid)");
    patient = patient_of(NULL, 0);
    patient.imaging_delay_h = NAN;
    expect_sentence(&patient, &PROTOCOL,
                    "not evaluable: no lesion; time from administration to PET unknown");
}

static void test_unknown(void) {
    StratificationConfig config = PROTOCOL;
    StrataLesion lesion = lesion_of("L1", 25.0, 20.0);
    StrataPatient patient = patient_of(&lesion, 1);
    patient.progression = STRATA_UNKNOWN;
    expect_sentence(&patient, &config,
                    "not evaluable: progression unknown; without progression stratum 2: 1 of 1 "
                    "lesion underdosed (L1 25.0 Gy); L1 20.0 mm, nearest vessel > 4 mm at 8.3 mm "
                    "-> ablation; all amenable to ablation");
    config.unknown_progression = UNKNOWN_ASSUME_NO;
    config.unknown_vessels = UNKNOWN_ASSUME_NO;
    config.allow_late_imaging = true;
    patient.imaging_delay_h = 40.0;
    patient.has_vessels = false;
    expect_sentence(&patient, &config,
                    "1 of 1 lesion underdosed (L1 25.0 Gy); L1 20.0 mm, vessels not segmented, "
                    "contact assumed absent -> ablation; all amenable to ablation; late PET let "
                    "through (40.0 h after administration, limit 36 h); progression unknown, "
                    "assumed no");
    patient.progression = STRATA_NO;
    patient.imaging_delay_h = 20.0;
    config = PROTOCOL;
    expect_sentence(&patient, &config,
                    "not evaluable: 1 of 1 lesion underdosed (L1 25.0 Gy); L1 20.0 mm, vessels not "
                    "segmented -> amenability to ablation unknown; not decidable without vessels "
                    "or diameters");
}

/* A set of one's own: its words where there are no sentences with numbers. */
static void test_other_rules(void) {
    static StrataRules other;
    char path[256];
    Error error = {.message = ""};
    snprintf(path, sizeof path, "%s/rules.yaml", scratch_folder());
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs("name: other\ntitle: t\nsource: t\nrole: decides\nlimits:\n"
          "  dose: {value: 40, units: Gy, source: t}\n  size: {value: 30, units: mm, source: t}\n"
          "  most: {value: 2, units: \"1\", source: t}\n"
          "lesion:\n  underdosed: {column: davg_gy, is: below, limit: dose}\n"
          "  small: {column: diameter_mm, is: below, limit: size}\n  touching: {not: small}\n"
          "  amenable: {all: [small, {not: touching}]}\n"
          "patient:\n  crowded: {column: n_lesions, is: above, limit: most}\n"
          "  suitable: {every: amenable, of: underdosed}\noutcomes:\n"
          "  - {when: crowded, stratum: 0, because: more lesions than this set is for}\n"
          "  - {when: suitable, stratum: 2, because: suitable}\n"
          "  - {stratum: 3, because: not suitable}\n",
          file);
    fclose(file);
    Status status = strata_rules_load(path, &other, &error);
    if (status != STATUS_OK) {
        printf("%s\n", error.message);
    }
    CU_ASSERT_EQUAL_FATAL(status, STATUS_OK);
    const StrataLesion lesions[] = {lesion_of("L1", 35.0, NAN), lesion_of("L2", 50.0, 20.0),
                                    lesion_of("L3", 50.0, 20.0)};
    StrataPatient patient = patient_of(lesions, 3);
    StrataVerdict verdicts[3];
    StrataDecision decision;
    Reason reason;
    strata_decide(&patient, &PROTOCOL, &other, verdicts, &decision);
    reason_of_patient(&patient, &PROTOCOL, &other, verdicts, &decision, &reason);
    CU_ASSERT_EQUAL(decision.stratum, 0);
    CU_ASSERT_STRING_EQUAL(reason.text, "not evaluable: more lesions than this set is for");
    patient.n_lesions = 2;
    strata_decide(&patient, &PROTOCOL, &other, verdicts, &decision);
    reason_of_patient(&patient, &PROTOCOL, &other, verdicts, &decision, &reason);
    CU_ASSERT_EQUAL(decision.stratum, 0);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(reason.text,
               "not evaluable: suitable unknown: stratum 2 or 3 is possible; 1 of 2 lesions"));
}

static void test_lesion(void) {
    StrataLesion lesion = lesion_of("L1", 45.23, 20.0);
    StrataPatient patient = patient_of(&lesion, 1);
    StrataVerdict verdict;
    StrataDecision decision;
    Reason reason;
    strata_decide(&patient, &PROTOCOL, rules(), &verdict, &decision);
    reason_of_lesion(&patient, &lesion, &PROTOCOL, &verdict, &reason);
    CU_ASSERT_STRING_EQUAL(reason.text, "45.2 Gy > 30 Gy");
    lesion.davg_gy = 29.96;
    lesion.n_vessels = 0;
    strata_decide(&patient, &PROTOCOL, rules(), &verdict, &decision);
    reason_of_lesion(&patient, &lesion, &PROTOCOL, &verdict, &reason);
    CU_ASSERT_STRING_EQUAL(reason.text, "29.96 Gy < 30 Gy; 20.0 mm, no vessel > 4 mm -> ablation");
}

static void test_long_names(void) {
    static char name[700];
    memset(name, 'x', sizeof name - 1);
    const StrataLesion lesions[] = {lesion_of(name, 10.0, 20.0), lesion_of(name, 10.0, 20.0),
                                    lesion_of(name, 10.0, 20.0), lesion_of(name, 10.0, 20.0)};
    StrataPatient patient = patient_of(lesions, 4);
    StrataVerdict verdicts[4];
    StrataDecision decision;
    Reason reason;
    strata_decide(&patient, &PROTOCOL, rules(), verdicts, &decision);
    reason_of_patient(&patient, &PROTOCOL, rules(), verdicts, &decision, &reason);
    CU_ASSERT_EQUAL(strlen(reason.text), REASON_SIZE - 1);
    CU_ASSERT_STRING_EQUAL(reason.text + REASON_SIZE - 4, "...");
}

static void test_number_side(void) {
    static const struct {
        double value, limit;
        const char *text;
    } cases[] = {{29.96, 30.0, "29.96"}, {30.04, 30.0, "30.04"},          {30.0, 30.0, "30.0"},
                 {21.44, 30.0, "21.4"},  {29.9999994, 30.0, "29.999999"}, {2.04, 2.0, "2.04"}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        char text[32];
        reason_format_number(cases[c].value, cases[c].limit, text);
        CU_ASSERT_STRING_EQUAL(text, cases[c].text);
    }
}

int main(void) {
    static const UnitTest tests[] = {
        {"a mixed patient is explained lesion by lesion", test_mixed},
        {"stratum 1 names the lowest dose", test_all_treated},
        {"a touching vessel is described", test_touching},
        {"ties are said to be ties", test_ties},
        {"count and progression read differently", test_systemic},
        {"what is not evaluable lists every cause", test_not_evaluable},
        {"unknown facts and assumptions are said", test_unknown},
        {"another rule set speaks its own words", test_other_rules},
        {"a lesion has its own sentence", test_lesion},
        {"a sentence that is too long is cut", test_long_names},
        {"a number is never rounded across its limit", test_number_side},
    };
    return suite_run("reason", tests, sizeof tests / sizeof *tests);
}
