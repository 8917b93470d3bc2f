/* Liver, lung and planning models of one patient, from the files of convert and dose to
 * segment.h5: a liver of 1000 voxels (8 mL) with a lesion of 125 (1 mL), and a lung of 64. */
#include "segment/organs.h"

#include <math.h>

#include "segment/optional_map.h"
#include "segment/planning_table.h"

#include "tests/unit/segment/block_patient.h"

static Error error;

#define OK(call) CU_ASSERT_EQUAL_FATAL((call), STATUS_OK)

static const Block liver = {{0, 0, 0}, {9, 9, 9}}, lesion = {{2, 2, 2}, {6, 6, 6}},
                   lung = {{15, 0, 0}, {18, 3, 3}};
static const SegmentationConfig config = {.dose_method = DOSE_KERNEL,
                                          .part_fraction = 0.2,
                                          .min_coverage = 0.99,
                                          .min_registration_quality = 0.25,
                                          .lung_density_g_ml = 0.3};

static Store *begin(const char *name) {
    char path[256];
    Store *store;
    snprintf(path, sizeof path, "%s/%s.h5", scratch_folder(), name);
    OK(store_create(path, &store, &error));
    return store;
}

static Store *reopen(Store *store) {
    char path[256];
    snprintf(path, sizeof path, "%s", store_path(store));
    OK(store_commit(store, &error));
    OK(store_open(path, &store, &error));
    return store;
}

static void write_treatments(Store *store, size_t rows, size_t columns, const char *const names[],
                             const double values[][4]) {
    static const char *const treatments[] = {"T1", "T2"};
    Table *table = table_new();
    OK(table_add_column(table, "treatment", COLUMN_TEXT, NULL, "treatment", &error));
    for (size_t row = 0; row < rows; row++) {
        size_t added;
        OK(table_add_row(table, &added, &error));
        OK(table_set_text(table, row, "treatment", treatments[row], &error));
    }
    for (size_t c = 0; c < columns; c++) {
        OK(table_add_column(table, names[c], COLUMN_NUMBER, "1", names[c], &error));
        for (size_t row = 0; row < rows; row++) {
            OK(table_set_number(table, row, names[c], values[row][c], &error));
        }
    }
    OK(store_write_table(store, "/treatments", table, &error));
    table_free(table);
}

/* 12 and 5 MBq, residual of 2 MBq of the first and unknown of the second, shunts 10 and 20 %. */
static Store *convert_file(bool is_complete, size_t treatments) {
    static const char *const names[] = {"activity_gbq", "residual_gbq", "lung_shunt_fraction"};
    static const double values[][4] = {{0.012, 0.002, 0.1}, {0.005, NAN, 0.2}};
    Store *store = begin("convert");
    OK(store_set_text(store, "/patient", "progression", "no", &error));
    if (is_complete) {
        OK(store_set_number(store, "/patient", "height_cm", 170, &error));
        OK(store_set_text(store, "/patient", "weight_kg", "heavy", &error)); /* not a number */
        write_treatments(store, treatments, 3, names, values);
    }
    return reopen(store);
}

/* k is 50 J/GBq, density 1.05 g/mL. T:N is 3, the BED twice the dose. */
static Store *dose_file(bool is_complete, size_t treatments) {
    static const char *const names[] = {"lung_dose_gy"};
    static const double values[][4] = {{0.05}, {0.04}};
    Store *store = begin("dose");
    if (is_complete) {
        Volume bed = block_map(80, 0, NULL, 0);
        OK(store_set_number(store, "/", "dose_factor_gy_per_bq_g", 5e-5, &error));
        OK(store_set_number(store, "/", "density_g_ml", 1.05, &error));
        OK(store_set_text(store, "/", "density_source", "ct", &error)); /* not of the kernel */
        OK(store_write_volume(store, "/bed/bed_normal_liver", &bed, "Gy", "BED", &error));
        write_treatments(store, treatments, 1, names, values);
        volume_free(&bed);
    }
    return reopen(store);
}

/* What organs_process writes. The kernel dose is 40 Gy, 100 Gy in the lesion. The BED is of another
 * method than that if `has_other_bed`. */
static Store *process_with(bool is_complete, size_t treatments, bool has_other_bed) {
    BlockPatient patient = {0};
    block_add(&patient, "liver", liver, NULL);
    block_add(&patient, "lesion", lesion, NULL);
    block_add(&patient, "lung", lung, NULL);
    StructureList list = {patient.structures, patient.count};
    const Volume no_map = {0};
    SegmentDoseMaps maps;
    block_dose_maps(block_map(40, 0, &lesion, 100),
                    is_complete ? block_map(1e5, 0, &lesion, 3e5) : no_map, &maps);
    maps.scan.treatments = treatments;
    maps.has_other_bed = has_other_bed;
    Store *convert = convert_file(is_complete, treatments);
    Store *dose = dose_file(is_complete, treatments);
    Store *output = begin("segment");
    Organs organs;
    OK(organs_process(&list, &maps.chosen->grid, &maps, &config, convert, dose, output, &organs,
                      &error));
    CU_ASSERT(organs.liver.is_segmented && organs.lung.is_segmented);
    store_close(convert);
    store_close(dose);
    segment_dose_maps_free(&maps);
    block_patient_free(&patient);
    return reopen(output);
}

static Store *process(bool is_complete, size_t treatments) {
    return process_with(is_complete, treatments, false);
}

static double number_of(const Store *store, const char *group, const char *name) {
    double value = NAN;
    OK(store_get_number(store, group, name, &value, &error));
    return value;
}

static void the_livers_figures_are_written(void) {
    Store *result = process(true, 1);
    ASSERT_NEAR(number_of(result, "/liver", "volume_ml"), 8, 1e-9);
    ASSERT_NEAR(number_of(result, "/liver", "mean_gy"), (875 * 40 + 125 * 100) / 1000.0, 1e-4);
    ASSERT_NEAR(number_of(result, "/liver", "normal_volume_ml"), 7, 1e-9);
    ASSERT_NEAR(number_of(result, "/liver", "normal_mean_gy"), 40, 1e-4);
    ASSERT_NEAR(number_of(result, "/liver", "normal_bed_gy"), 80, 1e-4);
    ASSERT_NEAR(number_of(result, "/liver", "tumour_volume_ml"), 1, 1e-9);
    ASSERT_NEAR(number_of(result, "/liver", "tumour_mean_gy"), 100, 1e-4);
    ASSERT_NEAR(number_of(result, "/liver", "tumour_to_normal_ratio"), 3, 1e-5);
    ASSERT_NEAR(number_of(result, "/liver", "coverage"), 1, 1e-6);
    ASSERT_NEAR(number_of(result, "/liver", "normal_coverage"), 1, 1e-6);
    ASSERT_NEAR(number_of(result, "/liver", "tumour_coverage"), 1, 1e-6);
    store_close(result);
}

static void the_lungs_figures_are_written(void) {
    Store *result = process(true, 1);
    char word[16];
    OK(store_get_text(result, "/", "lung", word, sizeof word, &error));
    CU_ASSERT_STRING_EQUAL(word, "segmented");
    ASSERT_NEAR(number_of(result, "/lung", "volume_ml"), 64 * BLOCK_VOXEL_ML, 1e-7);
    ASSERT_NEAR(number_of(result, "/lung", "coverage"), 1, 1e-6);
    ASSERT_NEAR(number_of(result, "/lung", "activity_gbq"), 64 * BLOCK_VOXEL_ML * 1e-4, 1e-9);
    ASSERT_NEAR(number_of(result, "/lung", "mean_gy"), 40 * 1.05 / 0.3, 1e-3);
    ASSERT_NEAR(number_of(result, "/lung", "shunt_gy"), 0.05, 1e-12);
    store_close(result);
}

/* By hand: 0.5 J given; 90 % of it, 0.45 J, stay in 8.4 g of liver; T:N of 3 makes
 * (3 * 1 + 7) * 1.05 = 10.5 g of it. */
static void models_stand_beside_the_measured_doses(void) {
    Store *result = process(true, 1);
    Table *table;
    OK(store_read_table(result, "/planning", &table, &error));
    CU_ASSERT_EQUAL_FATAL(table_row_count(table), 6);
    CU_ASSERT_STRING_EQUAL(table_text(table, 0, "treatment"), "T1");
    CU_ASSERT_STRING_EQUAL(table_text(table, 0, "model"), "mird");
    ASSERT_NEAR(table_number(table, 0, "activity_gbq"), 0.01, 1e-12);
    ASSERT_NEAR(table_number(table, 0, "liver_gy"), 0.45 / 8.4e-3, 1e-6);
    ASSERT_NEAR(table_number(table, 0, "lung_gy"), 0.05, 1e-12);
    CU_ASSERT(isnan(table_number(table, 0, "measured_liver_gy"))); /* of all together only */
    CU_ASSERT_STRING_EQUAL(table_text(table, 3, "treatment"), "all");
    ASSERT_NEAR(table_number(table, 3, "measured_liver_gy"), 47.5, 1e-4);
    ASSERT_NEAR(table_number(table, 3, "liver_ratio"), 47.5 / (0.45 / 8.4e-3), 1e-5);
    CU_ASSERT_STRING_EQUAL(table_text(table, 4, "model"), "bsa");
    CU_ASSERT_STRING_EQUAL(table_text(table, 4, "unknown"), "weight_kg");
    CU_ASSERT_STRING_EQUAL(table_text(table, 5, "model"), "partition");
    CU_ASSERT_STRING_EQUAL(table_text(table, 5, "unknown"), "");
    ASSERT_NEAR(table_number(table, 5, "normal_gy"), 0.45 / 10.5e-3, 1e-3); /* T:N of floats */
    ASSERT_NEAR(table_number(table, 5, "tumour_gy"), 3 * 0.45 / 10.5e-3, 1e-3);
    ASSERT_NEAR(table_number(table, 5, "tumour_ratio"), 100 / (3 * 0.45 / 10.5e-3), 1e-5);
    ASSERT_NEAR(table_number(table, 5, "normal_ratio"), 40 / (0.45 / 10.5e-3), 1e-5);
    ASSERT_NEAR(table_number(table, 5, "lung_ratio"), 140 / 0.05, 0.1);
    table_free(table);
    store_close(result);
}

/* 0.25 J more, 80 % of which stays: the sum is what is measured. */
static void treatments_add_up(void) {
    Store *result = process(true, 2);
    Table *table;
    OK(store_read_table(result, "/planning", &table, &error));
    CU_ASSERT_EQUAL_FATAL(table_row_count(table), 9);
    CU_ASSERT_STRING_EQUAL(table_text(table, 3, "treatment"), "T2");
    ASSERT_NEAR(table_number(table, 3, "liver_gy"), 0.2 / 8.4e-3, 1e-6);
    CU_ASSERT_STRING_EQUAL(table_text(table, 6, "treatment"), "all");
    ASSERT_NEAR(table_number(table, 6, "liver_gy"), 0.65 / 8.4e-3, 1e-6);
    ASSERT_NEAR(table_number(table, 6, "liver_ratio"), 47.5 / (0.65 / 8.4e-3), 1e-5);
    ASSERT_NEAR(table_number(table, 6, "lung_ratio"), 140 / 0.09, 0.1);
    table_free(table);
    store_close(result);
}

/* What was measured on the first PET alone is not of two treatments. */
static void several_treatments_have_no_tumour_to_normal(void) {
    Store *result = process(true, 2);
    Table *table;
    CU_ASSERT(isnan(number_of(result, "/liver", "tumour_to_normal_ratio")));
    CU_ASSERT(isnan(number_of(result, "/lung", "activity_gbq")));
    ASSERT_NEAR(number_of(result, "/lung", "mean_gy"), 40 * 1.05 / 0.3, 1e-3);
    ASSERT_NEAR(number_of(result, "/lung", "shunt_gy"), 0.09, 1e-12);
    ASSERT_NEAR(number_of(result, "/liver", "tumour_mean_gy"), 100, 1e-4);
    OK(store_read_table(result, "/planning", &table, &error));
    CU_ASSERT_EQUAL_FATAL(table_row_count(table), 9);
    for (size_t row = 2; row < 9; row += 3) {
        CU_ASSERT_STRING_EQUAL(table_text(table, row, "model"), "partition");
        CU_ASSERT_STRING_EQUAL(table_text(table, row, "unknown"), "tumour_to_normal_ratio");
        CU_ASSERT(isnan(table_number(table, row, "normal_gy")));
        CU_ASSERT(isnan(table_number(table, row, "tumour_gy")));
    }
    table_free(table);
    store_close(result);
}

static void the_bed_of_another_method_is_not_used(void) {
    Store *result = process_with(true, 1, true);
    CU_ASSERT(isnan(number_of(result, "/liver", "normal_bed_gy")));
    ASSERT_NEAR(number_of(result, "/liver", "normal_mean_gy"), 40, 1e-4);
    store_close(result);
}

/* All inputs known: a prediction, and no ratio to it, for it is of another activity. */
static void bsa_has_no_ratio(void) {
    const PlanningPatient patient = {5e-5, 1.05, 100, 1500, 3, 170, 70};
    const PlanningMeasured measured = {40, 100, 40, 2};
    Store *dose = dose_file(true, 1), *convert = convert_file(true, 1), *output = begin("segment");
    PlanningTreatments treatments;
    Table *table;
    OK(planning_treatments_read(convert, dose, &treatments, &error));
    OK(planning_table_write(&treatments, &patient, &measured, output, &error));
    planning_treatments_free(&treatments);
    output = reopen(output);
    OK(store_read_table(output, "/planning", &table, &error));
    CU_ASSERT_STRING_EQUAL(table_text(table, 4, "model"), "bsa");
    CU_ASSERT(table_number(table, 4, "liver_gy") > 0 && table_number(table, 4, "lung_gy") > 0);
    CU_ASSERT(isnan(table_number(table, 4, "liver_ratio")));
    CU_ASSERT(isnan(table_number(table, 4, "lung_ratio")));
    ASSERT_NEAR(table_number(table, 3, "liver_ratio"), 40 / table_number(table, 3, "liver_gy"),
                1e-12);
    table_free(table);
    store_close(output);
    store_close(convert);
    store_close(dose);
}

static void what_files_lack_is_unknown(void) {
    Store *result = process(false, 1);
    Table *table;
    ASSERT_NEAR(number_of(result, "/liver", "normal_mean_gy"), 40, 1e-4);
    CU_ASSERT(isnan(number_of(result, "/liver", "normal_bed_gy")));
    CU_ASSERT(isnan(number_of(result, "/liver", "tumour_to_normal_ratio")));
    ASSERT_NEAR(number_of(result, "/lung", "coverage"), 1, 1e-6);
    CU_ASSERT(isnan(number_of(result, "/lung", "mean_gy")));
    CU_ASSERT(isnan(number_of(result, "/lung", "shunt_gy")));
    OK(store_read_table(result, "/planning", &table, &error));
    CU_ASSERT_EQUAL(table_row_count(table), 0);
    CU_ASSERT(table_has_column(table, "prescribed_gbq"));
    table_free(table);
    store_close(result);
}

/* Dose of the lung of 40 Gy in the chosen map, by a dose.h5 that asked for CT densities and has a
 * map of them if `density_g_ml` is positive. */
static double lung_by_ct_gy(DoseMethod method, size_t treatments, const char *flags,
                            double density_g_ml) {
    BlockPatient patient = {0};
    block_add(&patient, "lung", lung, NULL);
    StructureList list = {patient.structures, patient.count};
    const Volume no_map = {0};
    SegmentDoseMaps maps;
    Organs organs;
    block_dose_maps(block_map(40, 0, NULL, 0), no_map, &maps);
    maps.maps[method] = maps.maps[DOSE_KERNEL];
    maps.maps[DOSE_KERNEL] = method == DOSE_KERNEL ? maps.maps[DOSE_KERNEL] : no_map;
    maps.chosen = &maps.maps[method];
    maps.method = method;
    maps.scan.treatments = treatments;
    Store *dose = begin("dose");
    OK(store_set_number(dose, "/", "density_g_ml", 1.05, &error));
    OK(store_set_text(dose, "/", "density_source", "ct", &error));
    OK(store_set_text(dose, "/", "flags", flags, &error));
    if (density_g_ml > 0) {
        Volume density = block_map(density_g_ml, 0, NULL, 0);
        OK(store_write_volume(dose, "/density/map", &density, "g mL-1", "density", &error));
        volume_free(&density);
    }
    dose = reopen(dose);
    Store *convert = convert_file(false, 1), *output = begin("segment");
    OK(organs_process(&list, &maps.chosen->grid, &maps, &config, convert, dose, output, &organs,
                      &error));
    store_close(output);
    store_close(convert);
    store_close(dose);
    segment_dose_maps_free(&maps);
    block_patient_free(&patient);
    return organs.lung.mean_gy;
}

static void the_lungs_density_is_applied_once(void) {
    const char *flag = "residual_unknown;density_uniform";
    const double ct_gy = 40 * 0.25 / 0.3, soft_gy = 40 * 1.05 / 0.3;
    ASSERT_NEAR(lung_by_ct_gy(DOSE_KERNEL, 1, "", 0.25), soft_gy, 1e-3); /* it has one density */
    ASSERT_NEAR(lung_by_ct_gy(DOSE_KERNEL, 2, "", 0.25), soft_gy, 1e-3);
    ASSERT_NEAR(lung_by_ct_gy(DOSE_LOCAL_DEPOSITION, 1, "", 0.25), ct_gy, 1e-3);
    ASSERT_NEAR(lung_by_ct_gy(DOSE_MONTE_CARLO, 1, "", 0.25), ct_gy, 1e-3);
    ASSERT_NEAR(lung_by_ct_gy(DOSE_MONTE_CARLO, 1, "", 1.05), soft_gy, 1e-3);     /* CT beyond it */
    ASSERT_NEAR(lung_by_ct_gy(DOSE_LOCAL_DEPOSITION, 1, flag, 0), soft_gy, 1e-3); /* no CT */
    CU_ASSERT(isnan(lung_by_ct_gy(DOSE_LOCAL_DEPOSITION, 1, "", 0))); /* densities are missing */
    CU_ASSERT(isnan(lung_by_ct_gy(DOSE_LOCAL_DEPOSITION, 2, flag, 0)));
    CU_ASSERT(isnan(lung_by_ct_gy(DOSE_MONTE_CARLO, 2, "", 0.25))); /* of one of two */
}

static void a_map_on_another_grid_is_refused(void) {
    Store *dose = begin("dose");
    Volume bed = block_map(1, 0, NULL, 0), read;
    Grid shifted = bed.grid;
    shifted.affine.m[1][3] += 1;
    OK(store_write_volume(dose, "/bed/bed_normal_liver", &bed, "Gy", "BED", &error));
    dose = reopen(dose);
    CU_ASSERT_EQUAL(optional_map_read(dose, "/bed/bed_normal_liver", &shifted, &read, &error),
                    STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "/bed/bed_normal_liver"));
    volume_free(&read);
    volume_free(&bed);
    store_close(dose);
}

int main(void) {
    static const UnitTest tests[] = {
        {"the liver's figures are written", the_livers_figures_are_written},
        {"the lung's figures are written", the_lungs_figures_are_written},
        {"models stand beside the measured doses", models_stand_beside_the_measured_doses},
        {"what the files lack is unknown", what_files_lack_is_unknown},
        {"treatments add up", treatments_add_up},
        {"several treatments have no T:N", several_treatments_have_no_tumour_to_normal},
        {"the BED of another method is not used", the_bed_of_another_method_is_not_used},
        {"BSA has no ratio", bsa_has_no_ratio},
        {"the lung's density is applied once", the_lungs_density_is_applied_once},
        {"a map on another grid is refused", a_map_on_another_grid_is_refused},
    };
    return suite_run("segment/organs", tests, sizeof tests / sizeof *tests);
}
