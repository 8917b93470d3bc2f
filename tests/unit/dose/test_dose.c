/* One patient through the stage: small convert.h5 and register.h5 in, dose.h5 out, and every
 * reason to fail a patient. */
#include "dose/dose.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/suite.h"

enum { PATH_SIZE = 512, SLICES = 6, ROWS = 8, COLUMNS = 10 };

/* A patient with one or two PETs; fields are changed by the tests before it is written. */
typedef struct Patient {
    int n_treatments, n_pets;
    const char *administered_at;
    double activity_gbq, residual_gbq, lung_shunt;
    const char *timepoint, *acquisition, *reference, *radionuclide, *units, *register_pet;
    double half_life_s, frame_duration_s, positron_fraction, spacing_mm, slice_factor;
    double shift_mm; /* of the second PET against the first, along the first's x */
    float value;     /* of all voxels */
    float one_value; /* of voxel 0 */
} Patient;

static Patient make_patient(void) {
    return (Patient){.n_treatments = 1,
                     .n_pets = 1,
                     .administered_at = "2024-03-05T10:00:00",
                     .activity_gbq = 0.05,
                     .residual_gbq = 0.002,
                     .lung_shunt = 0.05,
                     .timepoint = "T1",
                     .acquisition = "2024-03-06T06:00:00",
                     .reference = "2024-03-06T06:00:00",
                     .radionuclide = "Y-90",
                     .units = "Bq mL-1",
                     .register_pet = "pet_t1",
                     .half_life_s = 230760.0,
                     .frame_duration_s = 1800.0,
                     .positron_fraction = 31.86e-6,
                     .spacing_mm = 4.0,
                     .slice_factor = 1.0,
                     .value = 1e6f,
                     .one_value = 1e6f};
}

static Config make_config(void) {
    Config config = {.calibration = {.method = CALIBRATION_ABSOLUTE,
                                     .factor = 1.0,
                                     .uncertainty = 0.05,
                                     .max_positron_fraction_difference = 0.1,
                                     .ratio_tolerance = 0.3},
                     .dose = {.methods = 1u << DOSE_KERNEL | 1u << DOSE_LOCAL_DEPOSITION,
                              .density_g_ml = 1.06,
                              .kernel_radius_mm = 12.0,
                              .lung_mass_kg = 1.0,
                              .max_half_life_difference = 0.05,
                              .max_delay_half_lives = 10.0,
                              .max_negative_fraction = 0.2,
                              .max_carried_over = 0.01},
                     .nuclide = {.name = "Y-90",
                                 .half_life_h = 64.042,
                                 .mean_energy_mev = 0.9331,
                                 .positron_yield = 31.86e-6,
                                 .kernel_density_g_ml = 0.99821}};
    snprintf(config.nuclide.kernel_path, sizeof config.nuclide.kernel_path, "%s",
             "configs/nuclides/y90_point_kernel_water.csv");
    return config;
}

static void must(Status status, const Error *error) {
    if (status != STATUS_OK) {
        printf("%s\n", error->message);
    }
    CU_ASSERT_EQUAL_FATAL(status, STATUS_OK);
}

static void write_pet(Store *store, const Patient *patient, const char *image,
                      const char *timepoint) {
    Error error = {0};
    char object[PATH_SIZE], dataset[2 * PATH_SIZE];
    Volume volume;
    Grid grid = {{COLUMNS, ROWS, SLICES}, affine_identity()};
    for (int axis = 0; axis < 3; axis++) {
        grid.affine.m[axis][axis] = patient->spacing_mm;
    }
    must(volume_create(&grid, &volume, &error), &error);
    for (size_t n = 0; n < grid_voxel_count(&grid); n++) {
        volume.voxels[n] = n == 0 ? patient->one_value : patient->value;
    }
    snprintf(object, sizeof object, "/images/%s", image);
    snprintf(dataset, sizeof dataset, "%s/voxels", object);
    must(store_write_volume(store, dataset, &volume, patient->units, "PET", &error), &error);
    volume_free(&volume);
    const char *const texts[][2] = {{"role", "pet"},
                                    {"timepoint", timepoint},
                                    {"modality", "PT"},
                                    {"decay_correction", "START"},
                                    {"decay_reference_time", patient->reference},
                                    {"acquisition_time", patient->acquisition},
                                    {"injection_time", patient->administered_at},
                                    {"radionuclide", patient->radionuclide},
                                    {"manufacturer", "ACME"},
                                    {"model", "PET 1"}};
    for (size_t n = 0; n < sizeof texts / sizeof *texts; n++) {
        must(store_set_text(store, object, texts[n][0], texts[n][1], &error), &error);
    }
    const struct {
        const char *name;
        double value;
    } numbers[] = {{"half_life_s", patient->half_life_s},
                   {"frame_duration_s", patient->frame_duration_s},
                   {"positron_fraction", patient->positron_fraction}};
    for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++) {
        must(store_set_number(store, object, numbers[n].name, numbers[n].value, &error), &error);
    }
    double factors[SLICES];
    for (int k = 0; k < SLICES; k++) {
        factors[k] = k == 0 ? 1.0 : patient->slice_factor;
    }
    snprintf(dataset, sizeof dataset, "%s/slice_decay_factor", object);
    must(store_write_array(store, dataset, factors, SLICES, "1", "factor", &error), &error);
}

static void write_treatments(Store *store, const Patient *patient) {
    Error error = {0};
    Table *table = table_new();
    static const char *const numbers[] = {"activity_gbq", "residual_gbq", "lung_shunt_fraction"};
    const double values[] = {patient->activity_gbq, patient->residual_gbq, patient->lung_shunt};
    must(table_add_column(table, "treatment", COLUMN_TEXT, NULL, "t", &error), &error);
    must(table_add_column(table, "administered_at", COLUMN_TEXT, NULL, "t", &error), &error);
    for (int n = 0; n < 3; n++) {
        must(table_add_column(table, numbers[n], COLUMN_NUMBER, "1", "n", &error), &error);
    }
    for (int t = 0; t < patient->n_treatments; t++) {
        size_t row;
        must(table_add_row(table, &row, &error), &error);
        must(table_set_text(table, row, "treatment", t == 0 ? "T1" : "T2", &error), &error);
        must(table_set_text(table, row, "administered_at", patient->administered_at, &error),
             &error);
        for (int n = 0; n < 3; n++) {
            must(table_set_number(table, row, numbers[n], values[n], &error), &error);
        }
    }
    must(store_write_table(store, "/treatments", table, &error), &error);
    table_free(table);
}

static void path_of(const char *stage, char path[PATH_SIZE]) {
    snprintf(path, PATH_SIZE, "%s/%s.h5", scratch_folder(), stage);
}

static void write_inputs(const Patient *patient) {
    Error error = {0};
    Store *store = NULL;
    char path[PATH_SIZE];
    path_of("convert", path);
    must(store_create(path, &store, &error), &error);
    must(store_set_text(store, "/", "flags", "injection_time_differs", &error), &error);
    must(store_set_text(store, "/images/ct_t1", "role", "ct", &error), &error);
    if (patient->n_pets > 0) {
        write_pet(store, patient, "pet_t1", patient->timepoint);
    }
    if (patient->n_pets > 1) {
        write_pet(store, patient, "pet_t2", "T2");
    }
    write_treatments(store, patient);
    must(store_commit(store, &error), &error);

    path_of("register", path);
    must(store_create(path, &store, &error), &error);
    /* The reference image is turned against the first PET, so the order of maps matters. */
    const double turn[3] = {0.0, 0.0, M_PI / 2.0}, step[3] = {5.0, -3.0, 2.0}, centre[3] = {0};
    Affine to_first = affine_from_rigid(turn, step, centre), shift = affine_identity();
    shift.m[0][3] = patient->shift_mm;
    Affine to_second = affine_compose(&shift, &to_first);
    must(store_set_text(store, "/", "flags", "registration_poor", &error), &error);
    must(store_set_text(store, "/", "pet", patient->register_pet, &error), &error);
    must(store_set_text(store, "/", "reference", "mr_t1", &error), &error);
    must(store_write_affine(store, "/transforms/pet_t1", &to_first, "to image", &error), &error);
    must(store_write_affine(store, "/transforms/pet_t2", &to_second, "to image", &error), &error);
    must(store_commit(store, &error), &error);
}

/* Runs the stage on a patient; dose.h5 is there only if it succeeds. */
static Status run(const Patient *patient, const Config *config, Error *error) {
    char path[PATH_SIZE];
    PatientJob job = {.config = config, .center = "A", .patient = "001", .n_inputs = 2};
    write_inputs(patient);
    path_of("convert", path);
    must(store_open(path, &job.inputs[0], error), error);
    path_of("register", path);
    must(store_open(path, &job.inputs[1], error), error);
    path_of("dose", path);
    remove(path);
    must(store_create(path, &job.output, error), error);
    Status status = dose_process(&job, error);
    if (status == STATUS_OK) {
        Error commit_error = {0};
        must(store_commit(job.output, &commit_error), &commit_error);
    } else {
        store_close(job.output);
    }
    store_close(job.inputs[0]);
    store_close(job.inputs[1]);
    return status;
}

static Store *open_result(void) {
    Error error = {0};
    Store *store = NULL;
    char path[PATH_SIZE];
    path_of("dose", path);
    must(store_open(path, &store, &error), &error);
    return store;
}

static double number(const Store *store, const char *object, const char *name) {
    Error error = {0};
    double value = NAN;
    CU_ASSERT_EQUAL(store_get_number(store, object, name, &value, &error), STATUS_OK);
    return value;
}

static double voxel(const Store *store, const char *dataset, size_t n) {
    Error error = {0};
    Volume volume;
    must(store_read_volume(store, dataset, &volume, &error), &error);
    double value = volume.voxels[n];
    volume_free(&volume);
    return value;
}

/* Imaged 20 h after administration, decay corrected to the start of the scan with the scanner's
 * half-life of 64.1 h: factor 2^(20/64.042) = 1.24168 times 1.0000024461 (test_decay.c); 1 MBq/mL
 * of 1.06 g/mL gives 46.9110 Gy per unit factor. */
static const double at_administration = 1.2416814111258785 * 1.0000024461290788;

static void test_one_patient(void) {
    const Config config = make_config();
    Patient patient = make_patient();
    patient.slice_factor = 1.5;
    Error error = {0};
    must(run(&patient, &config, &error), &error);
    Store *store = open_result();
    Table *table = NULL;
    char text[FLAGS_SIZE];

    const size_t inner = 5 + COLUMNS * (4 + ROWS * 3);
    ASSERT_NEAR(voxel(store, "/activity/at_administration", 1), at_administration * 1e6, 0.1);
    ASSERT_NEAR(voxel(store, "/activity/at_administration", inner), 1.5e6 * at_administration, 0.2);
    ASSERT_NEAR(voxel(store, "/dose/local_deposition", 1), 46.9110 * 1.2416814, 1e-3);
    double kernel_gy = voxel(store, "/dose/kernel", inner);
    CU_ASSERT_TRUE(kernel_gy < 1.5 * 46.9110 * 1.2416814 && kernel_gy > 46.9110 * 1.2416814);

    must(store_read_table(store, "/treatments", &table, &error), &error);
    /* 80 voxels of the first slice and 400 of 1.5 MBq/mL, 0.064 mL each. */
    double image_gbq = (80 + 400 * 1.5) * 0.064e6 * 1e-9 * at_administration;
    ASSERT_NEAR(table_number(table, 0, "imaging_delay_h"), 20.0, 1e-9);
    ASSERT_NEAR(table_number(table, 0, "decay_factor"), 1.2416814111, 1e-9);
    ASSERT_NEAR(table_number(table, 0, "half_life_factor"), 1.0000024461290788, 1e-12);
    ASSERT_NEAR(table_number(table, 0, "frame_duration_s"), 1800.0, 0.0);
    ASSERT_NEAR(table_number(table, 0, "positron_fraction"), 31.86e-6, 0.0);
    ASSERT_NEAR(table_number(table, 0, "positron_fraction_factor"), 1.0, 1e-12);
    ASSERT_NEAR(table_number(table, 0, "calibration_factor"), 1.0, 0.0);
    ASSERT_NEAR(table_number(table, 0, "image_activity_gbq"), image_gbq, 1e-8);
    ASSERT_NEAR(table_number(table, 0, "net_administered_gbq"), 0.048 * 0.95, 1e-12);
    ASSERT_NEAR(table_number(table, 0, "activity_ratio"), image_gbq / 0.0456, 1e-6);
    ASSERT_NEAR(table_number(table, 0, "negative_activity_fraction"), 0.0, 0.0);
    ASSERT_NEAR(table_number(table, 0, "lung_dose_gy"), 49.72565461824113 * 0.048 * 0.05, 1e-9);
    CU_ASSERT_TRUE(isnan(table_number(table, 0, "liver_activity_gbq")));
    CU_ASSERT_STRING_EQUAL(table_text(table, 0, "calibration_region"), "field_of_view");
    CU_ASSERT_STRING_EQUAL(table_text(table, 0, "scanner"), "unknown");
    CU_ASSERT_STRING_EQUAL(table_text(table, 0, "image"), "pet_t1");
    CU_ASSERT_STRING_EQUAL(table_text(table, 0, "administered_at"), "2024-03-05T10:00:00");
    table_free(table);

    ASSERT_NEAR(number(store, "/", "dose_factor_gy_per_bq_g"), 4.972565e-5, 1e-10);
    ASSERT_NEAR(number(store, "/", "max_imaging_delay_h"), 20.0, 1e-9);
    ASSERT_NEAR(number(store, "/", "kernel_tail_fraction"), 0.00397, 1e-5);
    ASSERT_NEAR(number(store, "/", "negative_voxel_fraction"), 0.0, 0.0);
    must(store_get_text(store, "/", "scanner", text, sizeof text, &error), &error);
    CU_ASSERT_STRING_EQUAL(text, "ACME PET 1");
    must(store_get_text(store, "/", "pet", text, sizeof text, &error), &error);
    CU_ASSERT_STRING_EQUAL(text, "pet_t1");
    must(store_get_text(store, "/", "flags", text, sizeof text, &error), &error);
    CU_ASSERT_STRING_EQUAL(text, "injection_time_differs;registration_poor");
    CU_ASSERT_TRUE(store_has(store, "/kernel/weights"));
    store_close(store);
}

static void test_flags(void) {
    const Config config = make_config();
    Patient patient = make_patient();
    Error error = {0};
    char text[FLAGS_SIZE];
    patient.activity_gbq = 0.5; /* ten times what the image holds */
    patient.residual_gbq = NAN;
    patient.lung_shunt = NAN;
    patient.one_value = -1e9f; /* outweighs the others: but then there is no activity at all */
    CU_ASSERT_EQUAL(run(&patient, &config, &error), STATUS_BAD_DATA);
    patient.one_value = -2e8f;
    patient.administered_at = "2024-03-05T10:00:00+01:00";
    must(run(&patient, &config, &error), &error);
    Store *store = open_result();
    must(store_get_text(store, "/", "flags", text, sizeof text, &error), &error);
    CU_ASSERT_STRING_EQUAL(text, "injection_time_differs;registration_poor;one_clock_assumed;"
                                 "negative_activity;residual_unknown;lung_shunt_unknown;"
                                 "activity_ratio");
    ASSERT_NEAR(number(store, "/", "negative_voxel_fraction"), 1.0 / 480.0, 1e-12);
    CU_ASSERT_TRUE(voxel(store, "/dose/local_deposition", 0) < 0.0);
    store_close(store);
}

static void test_calibrated_to_administered(void) {
    Config config = make_config();
    config.calibration.method = CALIBRATION_ADMINISTERED_ACTIVITY;
    config.dose.methods = 1u << DOSE_LOCAL_DEPOSITION;
    config.nuclide.kernel_path[0] = '\0';
    Patient patient = make_patient();
    Error error = {0};
    must(run(&patient, &config, &error), &error);
    Store *store = open_result();
    /* 0.0456 GBq over 480 voxels of 0.064 mL, whatever the scanner said. */
    ASSERT_NEAR(voxel(store, "/activity/at_administration", 7), 0.0456e9 / (480 * 0.064), 0.2);
    CU_ASSERT_FALSE(store_has(store, "/dose/kernel"));
    CU_ASSERT_FALSE(store_has(store, "/kernel"));
    CU_ASSERT_TRUE(isnan(number(store, "/", "kernel_tail_fraction")));
    store_close(store);
}

/* The same uniform PET twice, the second shifted by two voxels along x: local deposition doubles
 * where both see the voxel, and is unknown in the two last columns, which only the first sees. */
static void test_two_treatments(void) {
    const Config config = make_config();
    char text[FLAGS_SIZE];
    Patient patient = make_patient();
    Error error = {0};
    must(run(&patient, &config, &error), &error);
    Store *store = open_result();
    const size_t first_column = COLUMNS * (4 + ROWS * 3), last_column = first_column + 9;
    double local = voxel(store, "/dose/local_deposition", first_column);
    double kernel = voxel(store, "/dose/kernel", first_column);
    store_close(store);
    patient.n_treatments = 2;
    patient.n_pets = 2;
    must(run(&patient, &config, &error), &error);
    store = open_result();
    ASSERT_NEAR(voxel(store, "/dose/local_deposition", last_column) / local, 2.0, 1e-6);
    ASSERT_NEAR(voxel(store, "/dose/kernel", first_column) / kernel, 2.0, 1e-6);
    must(store_get_text(store, "/", "flags", text, sizeof text, &error), &error);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "activity_carried_over"));
    store_close(store);
    patient.shift_mm = 2.0 * patient.spacing_mm;
    must(run(&patient, &config, &error), &error);
    store = open_result();
    ASSERT_NEAR(voxel(store, "/dose/local_deposition", first_column) / local, 2.0, 1e-6);
    CU_ASSERT_TRUE(isnan(voxel(store, "/dose/local_deposition", last_column)));
    ASSERT_NEAR(voxel(store, "/activity/at_administration", last_column), at_administration * 1e6,
                0.1);
    store_close(store);
}

/* A single treatment takes the patient's only PET, whatever its timepoint is called. */
static void test_only_pet(void) {
    const Config config = make_config();
    Patient patient = make_patient();
    Error error = {0};
    patient.timepoint = "post";
    CU_ASSERT_EQUAL(run(&patient, &config, &error), STATUS_OK);
}

static void expect_failure(const Patient *patient, const char *complaint) {
    const Config config = make_config();
    Error error = {0};
    CU_ASSERT_EQUAL(run(patient, &config, &error), STATUS_BAD_DATA);
    if (strstr(error.message, complaint) == NULL) {
        printf("'%s' is not in '%s'\n", complaint, error.message);
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, complaint));
}

#define EXPECT_FAILURE(change, complaint)                                                          \
    do {                                                                                           \
        Patient patient = make_patient();                                                          \
        change;                                                                                    \
        expect_failure(&patient, complaint);                                                       \
    } while (0)

static void test_bad_input(void) {
    EXPECT_FAILURE(patient.n_pets = 0, "no PET");
    EXPECT_FAILURE(patient.n_treatments = 0, "no treatment");
    EXPECT_FAILURE(patient.n_treatments = 2, "timepoint T2");
    EXPECT_FAILURE((patient.n_pets = 2, patient.timepoint = "T2"), "timepoint T1");
    EXPECT_FAILURE((patient.n_treatments = 2, patient.n_pets = 2, patient.timepoint = "T2"),
                   "timepoint T1");
    EXPECT_FAILURE((patient.n_pets = 2, patient.register_pet = "pet_t2"), "pet_t2");
    EXPECT_FAILURE(patient.administered_at = "", "administered_at is missing");
    EXPECT_FAILURE(patient.administered_at = "yesterday", "administered_at");
    EXPECT_FAILURE(patient.administered_at = "2024-03-06T07:00:00", "before administration");
    EXPECT_FAILURE(patient.administered_at = "2024-01-05T10:00:00", "half-lives");
    EXPECT_FAILURE(patient.reference = "", "decay_reference_time is missing");
    EXPECT_FAILURE(patient.reference = "2020-03-06T06:00:00", "decay_reference_time lies");
    EXPECT_FAILURE(patient.frame_duration_s = -1.0, "frame_duration_s is -1 s");
    EXPECT_FAILURE(patient.half_life_s = 6586.2, "half_life_s is 6586.2");
    EXPECT_FAILURE(patient.half_life_s = 0.0, "half_life_s is 0 s");
    EXPECT_FAILURE(patient.positron_fraction = 0.967, "positron_fraction (0018,1076) is 0.967");
    EXPECT_FAILURE(patient.positron_fraction = -0.967, "wanted a number from 0 to 1");
    EXPECT_FAILURE(patient.radionuclide = "F-18", "F-18");
    EXPECT_FAILURE((patient.half_life_s = NAN, patient.radionuclide = "unknown"), "neither");
    EXPECT_FAILURE(patient.units = "g mL-1", "g mL-1");
    EXPECT_FAILURE(patient.one_value = NAN, "voxels");
    EXPECT_FAILURE(patient.one_value = INFINITY, "NaN or infinite");
    EXPECT_FAILURE((patient.value = 0.0f, patient.one_value = 0.0f), "without activity");
    EXPECT_FAILURE((patient.value = -1e6f, patient.one_value = -1e6f), "without activity");
    EXPECT_FAILURE(patient.spacing_mm = 0.4, "0.4");
    EXPECT_FAILURE(patient.spacing_mm = 12.5, "12.5");
    EXPECT_FAILURE(patient.slice_factor = NAN, "slice_decay_factor of slice 1");
    EXPECT_FAILURE(patient.residual_gbq = 0.06, "residual_gbq");
    EXPECT_FAILURE(patient.lung_shunt = 1.5, "lung_shunt_fraction is 1.5");
}

int main(void) {
    static const UnitTest tests[] = {
        {"one patient gives the file that the contract describes", test_one_patient},
        {"flags of inputs and of this stage", test_flags},
        {"calibration to the administered activity", test_calibrated_to_administered},
        {"two treatments add up", test_two_treatments},
        {"the only PET belongs to the only treatment", test_only_pet},
        {"bad input fails with a sentence", test_bad_input},
    };
    return suite_run("dose stage", tests, sizeof tests / sizeof *tests);
}
