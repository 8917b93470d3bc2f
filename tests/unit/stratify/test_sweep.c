/* Ranges, and the view of the breakpoints on a grid of thresholds. */
#include "stratify/sweep.h"

#include <math.h>

#include "tests/unit/stratify/random_patient.h"

static StrataRules rules;

static const StratificationConfig PROTOCOL = {.threshold_gy = 30.0,
                                              .max_underdosed = 4.0,
                                              .ablation_max_diameter_mm = 30.0,
                                              .vessel_min_diameter_mm = 4.0,
                                              .contact_tolerance_mm = NAN,
                                              .max_imaging_delay_h = 36.0,
                                              .dose_tie_is_underdosed = true};

static void test_count(void) {
    static const struct {
        SweepConfig sweep;
        size_t count;
    } cases[] = {
        {{20.0, 50.0, 1.0}, 31}, {{20.0, 50.0, 0.1}, 301},   {{20.0, 20.0, 1.0}, 1},
        {{0.0, 0.3, 0.1}, 4}, /* 0.3 / 0.1 < 3 in binary */
        {{20.0, 50.5, 1.0}, 31}, {{0.0, 1.0, 1.0 / 3.0}, 4}, {{50.0, 20.0, 1.0}, 0},
        {{20.0, 50.0, 0.0}, 0},  {{20.0, 50.0, -1.0}, 0},    {{20.0, NAN, 1.0}, 0},
        {{0.0, 1e9, 1e-6}, 0},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const SweepConfig *sweep = &cases[c].sweep;
        const Range range = {sweep->from_gy, sweep->to_gy, sweep->step_gy};
        CU_ASSERT_EQUAL(sweep_count(sweep), cases[c].count);
        CU_ASSERT_EQUAL(sweep_range_count(&range), cases[c].count);
    }
}

static void test_exact_thresholds(void) {
    const SweepConfig sweep = {20.0, 50.0, 0.1};
    const Range range = {-10.0, 10.0, 0.1};
    CU_ASSERT_EQUAL(sweep_threshold_gy(&sweep, 0), 20.0);
    /* A running sum of 0.1 would have missed it. */
    CU_ASSERT_EQUAL(sweep_threshold_gy(&sweep, 100), 30.0);
    CU_ASSERT_EQUAL(sweep_threshold_gy(&sweep, 300), 50.0);
    CU_ASSERT_EQUAL(sweep_range_value(&range, 100), 0.0);
}

static void view(const StrataPatient *patient, const StratificationConfig *config,
                 const SweepConfig *sweep, SweepPoint *points) {
    Error error;
    BreakpointList list;
    load_rules("configs/rules/protocol.yaml", &rules);
    CU_ASSERT_EQUAL_FATAL(
        breakpoints_find(patient, config, &rules, BREAKPOINT_THRESHOLD, &list, &error), STATUS_OK);
    sweep_view(&list, sweep, points);
    breakpoints_free(&list);
}

/* Doses 25, 35, 35, 35, 35, all small and free of vessels: by hand, 1 up to 24, 2 from 25 (a tie
 * is underdosed) to 34, 5 from 35 on. */
static void test_strata(void) {
    const double doses[] = {25.0, 35.0, 35.0, 35.0, 35.0};
    StrataLesion lesions[5];
    for (size_t i = 0; i < 5; i++) {
        lesions[i] = (StrataLesion){
            .name = "L", .davg_gy = doses[i], .diameter_3d_mm = 10.0, .diameter_axial_mm = 10.0};
    }
    const StrataPatient patient = {.lesions = lesions,
                                   .n_lesions = 5,
                                   .progression = STRATA_NO,
                                   .imaging_delay_h = 10.0,
                                   .voxel_diagonal_mm = 2.0,
                                   .has_vessels = true};
    const SweepConfig sweep = {20.0, 50.0, 1.0};
    SweepPoint points[31];
    view(&patient, &PROTOCOL, &sweep, points);
    for (size_t i = 0; i < 31; i++) {
        double threshold_gy = 20.0 + (double)i;
        CU_ASSERT_EQUAL(points[i].threshold_gy, threshold_gy);
        CU_ASSERT_EQUAL(points[i].stratum, threshold_gy < 25.0 ? 1 : threshold_gy < 35.0 ? 2 : 5);
        CU_ASSERT_EQUAL(points[i].n_underdosed, threshold_gy < 25.0   ? 0
                                                : threshold_gy < 35.0 ? 1
                                                                      : 5);
    }
}

/* At every grid point the view is what a decision there says. Many doses are multiples of 5 Gy, so
 * ties are met. */
static void test_view_is_decision(void) {
    static RandomPatient random;
    const SweepConfig sweep = {0.0, 70.0, 0.5};
    SweepPoint points[141];
    size_t n_wrong = 0;
    for (unsigned p = 0; p < 300; p++) {
        draw_patient(p, &random);
        view(&random.patient, &random.config, &sweep, points);
        for (size_t i = 0; i < 141; i++) {
            StratificationConfig at = random.config;
            size_t n_underdosed;
            at.threshold_gy = points[i].threshold_gy;
            n_wrong +=
                points[i].stratum != strata_stratum(&random.patient, &at, &rules, &n_underdosed);
            n_wrong += points[i].n_underdosed != n_underdosed;
        }
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
}

int main(void) {
    static const UnitTest tests[] = {
        {"both ends of the range count", test_count},
        {"thresholds are exact", test_exact_thresholds},
        {"strata change where the doses are", test_strata},
        {"the view is what a decision at each threshold says", test_view_is_decision},
    };
    return suite_run("sweep", tests, sizeof tests / sizeof *tests);
}
