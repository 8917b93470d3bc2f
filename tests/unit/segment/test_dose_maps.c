/* dose.h5 as segment reads it, with everything in it and with nothing but one map, and what a
 * lesion's row says then. */
#include "segment/dose_maps.h"
#include "segment/lesion.h"
#include "segment/lesion_table.h"
#include "tests/unit/suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SIDE = 12, PATH_SIZE = 512 };

static Error error;
static int file_number = 0; /* every file is new */

#define OK(call) CU_ASSERT_EQUAL_FATAL((call), STATUS_OK)

static Config config;

static void reset_config(int method) {
    memset(&config, 0, sizeof config);
    config.segmentation = (SegmentationConfig){
        .dose_method = method, .part_fraction = 0.25, .min_coverage = 0.99, .dvh_bin_gy = 50};
    config.nuclide.half_life_h = 64;
}

static Grid dose_grid(size_t side) {
    Grid grid = {.size = {side, side, side}, .affine = affine_identity()};
    for (int axis = 0; axis < 3; axis++) {
        grid.affine.m[axis][axis] = 4;
    }
    return grid;
}

static Store *new_store(char *path) {
    Store *store;
    snprintf(path, PATH_SIZE, "%s/maps-%d.h5", scratch_folder(), file_number++);
    OK(store_create(path, &store, &error));
    return store;
}

static Store *reopen(Store *store, const char *path) {
    OK(store_commit(store, &error));
    OK(store_open(path, &store, &error));
    return store;
}

static Store *open_registered(void) {
    char path[PATH_SIZE];
    Store *store = new_store(path);
    OK(store_set_text(store, "/", "reference", "pet_post", &error));
    return reopen(store, path);
}

/* A map that is `value` everywhere. */
static void write_map(Store *store, const char *dataset, size_t side, double value) {
    Volume map;
    Grid grid = dose_grid(side);
    OK(volume_create(&grid, &map, &error));
    for (size_t n = 0; n < grid_voxel_count(&grid); n++) {
        map.voxels[n] = (float)value;
    }
    OK(store_write_volume(store, dataset, &map, "Gy", "map", &error));
    volume_free(&map);
}

static void write_scanner(Store *store) {
    const struct {
        const char *name;
        double value;
    } numbers[] = {{"calibration_factor", 1},
                   {"calibration_uncertainty", 0.04},
                   {"fwhm_transaxial_mm", 6},
                   {"fwhm_axial_mm", 5},
                   {"sensitivity_cps_per_mbq", 0.25},
                   {"recovery_d0_mm", 10},
                   {"recovery_exponent", 2},
                   {"recovery_d0_standard_error_mm", 0.5},
                   {"recovery_exponent_standard_error", 0.1},
                   {"recovery_correlation", 0.3},
                   {"recovery_min_diameter_mm", 10},
                   {"recovery_max_diameter_mm", 37}};
    for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++) {
        OK(store_set_number(store, "/scanner", numbers[n].name, numbers[n].value, &error));
    }
    OK(store_set_text(store, "/scanner", "name", "test", &error));
}

/* One treatment, or a second one on the scanner named, less well calibrated. */
static void write_treatments(Store *store, const char *second) {
    Table *table = table_new();
    OK(table_add_column(table, "image", COLUMN_TEXT, NULL, "PET", &error));
    OK(table_add_column(table, "scanner", COLUMN_TEXT, NULL, "scanner", &error));
    OK(table_add_column(table, "imaging_delay_h", COLUMN_NUMBER, "h", "delay", &error));
    OK(table_add_column(table, "frame_duration_s", COLUMN_NUMBER, "s", "duration", &error));
    OK(table_add_column(table, "calibration_uncertainty", COLUMN_NUMBER, "1", "u", &error));
    for (size_t n = 0, row; n < (second == NULL ? 1 : 2); n++) {
        OK(table_add_row(table, &row, &error));
        OK(table_set_text(table, row, "image", "pet_post", &error));
        OK(table_set_text(table, row, "scanner", n == 0 ? "first" : second, &error));
        OK(table_set_number(table, row, "imaging_delay_h", 64, &error));
        OK(table_set_number(table, row, "frame_duration_s", 64 * 3600, &error));
        OK(table_set_number(table, row, "calibration_uncertainty", n == 0 ? 0.04 : 0.06, &error));
    }
    OK(store_write_table(store, "/treatments", table, &error));
    table_free(table);
}

/* Everything that dose.h5 can hold. */
static Store *open_full(void) {
    char path[PATH_SIZE];
    Store *store = new_store(path);
    OK(store_set_text(store, "/", "pet", "pet_post", &error));
    OK(store_set_number(store, "/", "dose_factor_gy_per_bq_g", 5e-5, &error));
    OK(store_set_number(store, "/", "density_g_ml", 1.25, &error));
    write_map(store, "/dose/kernel", SIDE, 40);
    write_map(store, "/dose/local_deposition", SIDE, 41);
    write_map(store, "/dose/monte_carlo", SIDE, 42);
    write_map(store, "/dose/kernel_deconvolved", SIDE, 43);
    write_map(store, "/bed/bed_tumour", SIDE, 50);
    write_map(store, "/bed/bed_normal_liver", SIDE, 60);
    write_map(store, "/monte_carlo/additive_variance", SIDE, 9);
    write_map(store, "/activity/at_administration", SIDE, 1e6);
    write_scanner(store);
    write_treatments(store, NULL);
    return reopen(store, path);
}

/* One map, as the first version of the program wrote it. */
static Store *open_bare(void) {
    char path[PATH_SIZE];
    Store *store = new_store(path);
    OK(store_set_text(store, "/", "pet", "pet_post", &error));
    write_map(store, "/dose/kernel", SIDE, 40);
    return reopen(store, path);
}

/* A cube of `count` voxels a side on the dose grid. */
static Structure make_cube(size_t first, size_t count) {
    Structure structure = {.role = "lesion",
                           .label = "L1",
                           .to_reference = affine_identity(),
                           .registration_quality = 1};
    Grid grid = dose_grid(SIDE);
    OK(label_map_create(&grid, &structure.mask, &error));
    for (size_t k = first; k < first + count; k++) {
        for (size_t j = first; j < first + count; j++) {
            for (size_t i = first; i < first + count; i++) {
                structure.mask.labels[(k * SIDE + j) * SIDE + i] = 1;
            }
        }
    }
    return structure;
}

static void read_maps(Store *dose, SegmentDoseMaps *maps) {
    Store *registered = open_registered();
    OK(segment_dose_maps_read(dose, registered, &config, maps, &error));
    store_close(registered);
    store_close(dose);
}

static Lesion measure(Store *dose, size_t count) {
    SegmentDoseMaps maps;
    Lesion lesion;
    Structure cube = make_cube(3, count);
    read_maps(dose, &maps);
    OK(lesion_measure(&cube, &maps, &config.segmentation, &lesion, &error));
    label_map_free(&cube.mask);
    segment_dose_maps_free(&maps);
    return lesion;
}

static void everything_is_read(void) {
    SegmentDoseMaps maps;
    reset_config(DOSE_MONTE_CARLO);
    read_maps(open_full(), &maps);
    for (int method = 0; method < DOSE_METHOD_COUNT; method++) {
        CU_ASSERT_PTR_NOT_NULL_FATAL(maps.maps[method].voxels);
        ASSERT_NEAR(maps.maps[method].voxels[7], 40 + method, 0); /* in the order of DoseMethod */
    }
    CU_ASSERT_PTR_EQUAL(maps.chosen, &maps.maps[DOSE_MONTE_CARLO]);
    ASSERT_NEAR(maps.bed_tumour.voxels[0], 50, 0);
    ASSERT_NEAR(maps.additive_variance.voxels[0], 9, 0);
    ASSERT_NEAR(maps.scan.calibration_uncertainty, 0.04, 0);
    ASSERT_NEAR(maps.scan.fwhm_axial_mm, 5, 0);
    ASSERT_NEAR(maps.scan.recovery.correlation, 0.3, 0);
    ASSERT_NEAR(maps.scan.gy_per_bq_ml, 4e-5, 1e-18);
    /* one half-life late, for one half-life: a quarter of all decays, ln 2 per 64 h */
    ASSERT_NEAR(maps.scan.coincidences_per_bq, 0.25e-6 * 0.25 * 64 * 3600 / M_LN2, 1e-12);
    segment_dose_maps_free(&maps);
}

static void what_is_absent_is_unknown(void) {
    SegmentDoseMaps maps;
    reset_config(DOSE_KERNEL);
    read_maps(open_bare(), &maps);
    CU_ASSERT_PTR_NULL(maps.maps[DOSE_MONTE_CARLO].voxels);
    CU_ASSERT_PTR_NULL(maps.activity.voxels);
    CU_ASSERT(isnan(maps.scan.calibration_uncertainty));
    CU_ASSERT(isnan(maps.scan.recovery.d0_mm));
    CU_ASSERT(isnan(maps.scan.coincidences_per_bq));
    CU_ASSERT(isnan(maps.scan.gy_per_bq_ml));
    segment_dose_maps_free(&maps);
}

static void a_missing_map_and_a_second_grid_are_refused(void) {
    SegmentDoseMaps maps;
    char path[PATH_SIZE];
    Store *registered = open_registered(), *dose = open_bare();
    reset_config(DOSE_MONTE_CARLO);
    CU_ASSERT_EQUAL(segment_dose_maps_read(dose, registered, &config, &maps, &error),
                    STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "/dose/monte_carlo"));
    segment_dose_maps_free(&maps);
    store_close(dose);
    dose = new_store(path);
    OK(store_set_text(dose, "/", "pet", "pet_post", &error));
    write_map(dose, "/dose/kernel", SIDE, 1);
    write_map(dose, "/bed/bed_tumour", SIDE - 1, 1);
    dose = reopen(dose, path);
    reset_config(DOSE_KERNEL);
    CU_ASSERT_EQUAL(segment_dose_maps_read(dose, registered, &config, &maps, &error),
                    STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "different grids"));
    segment_dose_maps_free(&maps);
    store_close(dose);
    store_close(registered);
}

/* A dose.h5 with a BED map of `derived_from`, and flags. */
static Store *open_with_bed(const char *derived_from, const char *flags) {
    char path[PATH_SIZE];
    Store *store = new_store(path);
    OK(store_set_text(store, "/", "pet", "pet_post", &error));
    OK(store_set_text(store, "/", "flags", flags, &error));
    write_map(store, "/dose/kernel", SIDE, 40);
    write_map(store, "/dose/local_deposition", SIDE, 41);
    write_map(store, "/bed/bed_tumour", SIDE, 50);
    OK(store_set_text(store, "/bed", "derived_from", derived_from, &error));
    return reopen(store, path);
}

static void the_bed_of_another_method_is_not_read(void) {
    SegmentDoseMaps maps;
    reset_config(DOSE_KERNEL);
    read_maps(open_with_bed("kernel", ""), &maps);
    CU_ASSERT(!maps.has_other_bed);
    CU_ASSERT_PTR_NOT_NULL(maps.bed_tumour.voxels);
    segment_dose_maps_free(&maps);
    reset_config(DOSE_LOCAL_DEPOSITION);
    read_maps(open_with_bed("kernel", ""), &maps);
    CU_ASSERT(maps.has_other_bed);
    CU_ASSERT_PTR_NULL(maps.bed_tumour.voxels);
    segment_dose_maps_free(&maps);
    Lesion lesion = measure(open_with_bed("kernel", ""), 5);
    CU_ASSERT(isnan(lesion.bed_gy));
    ASSERT_NEAR(lesion.davg_gy, 41, 1e-5);
    lesion_free(&lesion);
}

/* Running the dose stage again would not help where the scanner is unknown. */
static void a_missing_map_is_explained_by_its_cause(void) {
    static const char *const flags[] = {"residual_unknown;resolution_unknown", ""};
    static const char *const advice[] = {"configs/scanners", "dose.methods"};
    for (int n = 0; n < 2; n++) {
        SegmentDoseMaps maps;
        Store *registered = open_registered(), *dose = open_with_bed("kernel", flags[n]);
        reset_config(DOSE_KERNEL_DECONVOLVED);
        CU_ASSERT_EQUAL(segment_dose_maps_read(dose, registered, &config, &maps, &error),
                        STATUS_BAD_DATA);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "/dose/kernel_deconvolved"));
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, advice[n]));
        CU_ASSERT_PTR_NULL(strstr(error.message, advice[1 - n]));
        segment_dose_maps_free(&maps);
        store_close(dose);
        store_close(registered);
    }
}

static void a_box_holds_the_same_doses(void) {
    SegmentDoseMaps maps, box;
    reset_config(DOSE_KERNEL);
    read_maps(open_full(), &maps);
    for (size_t n = 0; n < grid_voxel_count(&maps.chosen->grid); n++) {
        maps.maps[DOSE_KERNEL].voxels[n] = (float)n;
    }
    Structure cube = make_cube(0, 2); /* of a smaller grid, moved to voxels 5 and 6 of i */
    cube.mask.grid.size[0] = cube.mask.grid.size[1] = cube.mask.grid.size[2] = 2;
    for (int n = 0; n < 8; n++) {
        cube.mask.labels[n] = 1;
    }
    cube.mask.grid.affine.m[0][3] = 20;
    OK(segment_dose_maps_crop(&maps, &cube, 0, &box, &error));
    CU_ASSERT(grid_voxel_count(&box.chosen->grid) < 200);
    CU_ASSERT_PTR_EQUAL(box.chosen, &box.maps[DOSE_KERNEL]);
    Volume weights, box_weights;
    double coverage;
    OK(segment_dose_weights(&cube.mask, &cube.to_reference, &maps, 0.25, &weights, &coverage,
                            &error));
    OK(segment_dose_weights(&cube.mask, &cube.to_reference, &box, 0.25, &box_weights, &coverage,
                            &error));
    ASSERT_NEAR(dose_weighted_mean(box.chosen, &box_weights),
                dose_weighted_mean(maps.chosen, &weights), 0);
    volume_free(&box_weights);
    segment_dose_maps_free(&box);
    cube.mask.grid.affine.m[2][3] = 900; /* beyond the grid */
    OK(segment_dose_maps_crop(&maps, &cube, 0, &box, &error));
    OK(segment_dose_weights(&cube.mask, &cube.to_reference, &box, 0.25, &box_weights, &coverage,
                            &error));
    ASSERT_NEAR(coverage, 0, 0);
    volume_free(&box_weights);
    volume_free(&weights);
    segment_dose_maps_free(&box);
    label_map_free(&cube.mask);
    segment_dose_maps_free(&maps);
}

static Lesion measure_two(const char *second) {
    char path[PATH_SIZE];
    Store *store = new_store(path);
    OK(store_set_text(store, "/", "pet", "pet_post", &error));
    write_map(store, "/dose/kernel", SIDE, 40);
    write_map(store, "/activity/at_administration", SIDE, 1e6);
    write_scanner(store);
    write_treatments(store, second);
    reset_config(DOSE_KERNEL);
    return measure(reopen(store, path), 5);
}

/* The activity is the first treatment's: it says nothing of the counts behind the sum. */
static void a_sum_has_what_its_scanners_share(void) {
    Lesion lesion = measure_two("first");
    CU_ASSERT(!isnan(lesion.uncertainty.recovery_coefficient));
    CU_ASSERT(isnan(lesion.uncertainty.counting_gy));
    ASSERT_NEAR(lesion.uncertainty.calibration_gy, 40 * 0.06, 1e-5);
    lesion_free(&lesion);
    lesion = measure_two("second");
    CU_ASSERT(isnan(lesion.uncertainty.recovery_coefficient));
    CU_ASSERT(isnan(lesion.uncertainty.davg_recovered_gy));
    CU_ASSERT(flags_has(&lesion.uncertainty.unknown, "recovery"));
    CU_ASSERT(flags_has(&lesion.uncertainty.unknown, "counting"));
    lesion_free(&lesion);
}

/* A cube of 5 voxels of 4 mm: 8 mL. */
static void a_lesion_is_worked_out_by_hand(void) {
    reset_config(DOSE_MONTE_CARLO);
    Lesion lesion = measure(open_full(), 5);
    const DoseUncertainty *uncertainty = &lesion.uncertainty;
    double recovery = 1 / (1 + 100 / pow(cbrt(48000 / M_PI), 2));
    double decays = 0.25 * 64 * 3600 / M_LN2;
    ASSERT_NEAR(lesion.davg_gy, 42, 1e-5);
    ASSERT_NEAR(lesion.davg_by_method_gy[DOSE_KERNEL_DECONVOLVED], 43, 1e-5);
    ASSERT_NEAR(lesion.bed_gy, 50, 1e-5);
    ASSERT_NEAR(lesion.monte_carlo_standard_error_gy, 3 / sqrt(125), 1e-6);
    ASSERT_NEAR(uncertainty->recovery_coefficient, recovery, 1e-9);
    ASSERT_NEAR(lesion.davg_surroundings_gy, 42, 1e-4);
    ASSERT_NEAR(uncertainty->davg_recovered_gy, 42, 1e-4); /* no excess, nothing lost */
    ASSERT_NEAR(uncertainty->calibration_gy, 42 * 0.04, 1e-5);
    /* 8 mL of 1 MBq/mL at 0.25 coincidences per second and MBq */
    double counting = 42 / sqrt(8 * 0.25 * decays);
    ASSERT_NEAR(uncertainty->counting_gy / counting, 1, 1e-6);
    ASSERT_NEAR(uncertainty->volume_gy, 0, 1e-4); /* the same dose around */
    CU_ASSERT(isnan(uncertainty->noise_gy));      /* no liver to measure it in */
    ASSERT_NEAR(lesion.davg_eroded_gy, 42, 1e-4);
    ASSERT_NEAR(lesion.davg_dilated_gy, 42, 1e-4);
    ASSERT_NEAR(uncertainty->davg_gy, sqrt(pow(42 * 0.04, 2) + counting * counting + 9. / 125),
                1e-4);
    CU_ASSERT_STRING_EQUAL(uncertainty->unknown.text, "noise");
    CU_ASSERT_STRING_EQUAL(lesion.flags.text, "");
    lesion_free(&lesion);
}

static void a_small_lesion_is_flagged(void) {
    reset_config(DOSE_KERNEL);
    Lesion lesion = measure(open_full(), 2); /* 9.9 mm, spheres from 10 mm */
    CU_ASSERT(isnan(lesion.uncertainty.davg_recovered_gy));
    CU_ASSERT_STRING_EQUAL(lesion.flags.text, "recovery_unknown");
    CU_ASSERT(flags_has(&lesion.uncertainty.unknown, "recovery"));
    CU_ASSERT(isnan(lesion.davg_eroded_gy)); /* nothing is left */
    CU_ASSERT(!isnan(lesion.uncertainty.volume_gy));
    lesion_free(&lesion);
}

/* The map has been corrected voxel by voxel: no second correction. */
static void a_deconvolved_map_is_not_recovered_again(void) {
    reset_config(DOSE_KERNEL_DECONVOLVED);
    Lesion lesion = measure(open_full(), 5);
    ASSERT_NEAR(lesion.davg_gy, 43, 1e-5);
    CU_ASSERT(isnan(lesion.uncertainty.recovery_coefficient));
    CU_ASSERT(isnan(lesion.uncertainty.davg_recovered_gy));
    CU_ASSERT(!flags_has(&lesion.uncertainty.unknown, "recovery"));
    lesion_free(&lesion);
}

static void a_row_says_what_is_unknown(void) {
    char path[PATH_SIZE];
    Table *table;
    reset_config(DOSE_KERNEL);
    Lesion lesion = measure(open_bare(), 5);
    Store *store = new_store(path);
    OK(lesion_tables_write(store, &lesion, 1, 50, &error));
    store = reopen(store, path);
    OK(store_read_table(store, "/lesions", &table, &error));
    CU_ASSERT_STRING_EQUAL(table_text(table, 0, "uncertainty_unknown"),
                           "calibration;noise;counting;recovery;outline");
    static const char *const unknown[] = {"davg_local_deposition_gy",
                                          "davg_monte_carlo_gy",
                                          "davg_kernel_deconvolved_gy",
                                          "bed_gy",
                                          "monte_carlo_standard_error_gy",
                                          "recovery_coefficient",
                                          "davg_recovered_gy",
                                          "u_calibration_gy",
                                          "u_counting_gy",
                                          "u_noise_gy",
                                          "u_recovery_gy",
                                          "davg_recovered_uncertainty_gy"};
    for (size_t n = 0; n < sizeof unknown / sizeof *unknown; n++) {
        CU_ASSERT(isnan(table_number(table, 0, unknown[n])));
    }
    static const char *const known[] = {"u_volume_gy", "davg_uncertainty_gy", "davg_eroded_gy",
                                        "davg_dilated_gy"};
    for (size_t n = 0; n < sizeof known / sizeof *known; n++) {
        CU_ASSERT(!isnan(table_number(table, 0, known[n])));
    }
    table_free(table);
    store_close(store);
    lesion_free(&lesion);
}

int main(void) {
    static const UnitTest tests[] = {
        {"everything that dose.h5 holds is read", everything_is_read},
        {"what is absent is unknown", what_is_absent_is_unknown},
        {"a missing map and a second grid are refused",
         a_missing_map_and_a_second_grid_are_refused},
        {"the BED of another method is not read", the_bed_of_another_method_is_not_read},
        {"a missing map is explained by its cause", a_missing_map_is_explained_by_its_cause},
        {"a box holds the same doses", a_box_holds_the_same_doses},
        {"a sum of doses has what its scanners share", a_sum_has_what_its_scanners_share},
        {"a lesion is worked out by hand", a_lesion_is_worked_out_by_hand},
        {"a small lesion is flagged, not extrapolated", a_small_lesion_is_flagged},
        {"a deconvolved map is not recovered again", a_deconvolved_map_is_not_recovered_again},
        {"a row says what is unknown", a_row_says_what_is_unknown},
    };
    return suite_run("segment/dose_maps", tests, sizeof tests / sizeof *tests);
}
