/* One PET of convert.h5 brought to activity at administration: every factor on the way against
 * numbers worked out apart, and every input that makes no sense. */
#include "dose/treatment_activity.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/suite.h"

enum { PATH_SIZE = 512, SLICES = 2, COLUMNS = 4, VOXELS = COLUMNS * COLUMNS * SLICES };

/* 4 mm voxels: 0.064 mL. */
static const double VOXEL_ML = 0.064;

/* A PET of 1 MBq/mL, 20 h after administration; fields are changed before it is written. */
typedef struct Pet {
    const char *decay_correction, *acquisition, *reference, *radionuclide, *units;
    double half_life_s, frame_duration_s, positron_fraction, spacing_mm;
    double slice_factors[SLICES];
    float one_value, value; /* of voxel 0, of the others */
    const char *liver;      /* "", or the image on which the liver is drawn */
    double liver_mm;        /* where its lower slice of voxels begins along x */
} Pet;

static Pet make_pet(void) {
    return (Pet){.decay_correction = "START",
                 .acquisition = "2024-03-06T06:00:00",
                 .reference = "2024-03-06T06:00:00",
                 .radionuclide = "Y-90",
                 .units = "Bq mL-1",
                 .half_life_s = 64.042 * 3600,
                 .frame_duration_s = 1800,
                 .positron_fraction = NAN,
                 .spacing_mm = 4.0,
                 .slice_factors = {1.0, 1.0},
                 .one_value = 1e6f,
                 .value = 1e6f,
                 .liver = ""};
}

static Config make_config(void) {
    Config config = {.calibration = {.factor = 1.0,
                                     .uncertainty = 0.05,
                                     .max_positron_fraction_difference = 0.1,
                                     .ratio_tolerance = 1e3},
                     .registration = {.min_quality = 0.5},
                     .dose = {.max_half_life_difference = 0.05,
                              .max_delay_half_lives = 10,
                              .max_negative_fraction = 0.2,
                              .lung_mass_kg = 1.0},
                     .nuclide = {.name = "Y-90",
                                 .half_life_h = 64.042,
                                 .mean_energy_mev = 0.9331,
                                 .positron_yield = 31.86e-6}};
    return config;
}

static Treatment make_treatment(void) {
    Treatment treatment = {.name = "T1",
                           .image = "pet_t1",
                           .administration = {.administered_gbq = 2.1,
                                              .residual_gbq = 0.1,
                                              .lung_shunt_fraction = 0.05}};
    Error error = {0};
    CU_ASSERT_EQUAL(timestamp_parse("2024-03-05T10:00:00", &treatment.administered, &error),
                    STATUS_OK);
    return treatment;
}

static void must(Status status, const Error *error) {
    if (status != STATUS_OK) {
        printf("%s\n", error->message);
    }
    CU_ASSERT_EQUAL_FATAL(status, STATUS_OK);
}

static void write_voxels(Store *store, const Pet *pet) {
    Error error = {0};
    Volume volume;
    Grid grid = {{COLUMNS, COLUMNS, SLICES}, affine_identity()};
    for (int axis = 0; axis < 3; axis++) {
        grid.affine.m[axis][axis] = pet->spacing_mm;
    }
    must(volume_create(&grid, &volume, &error), &error);
    for (size_t n = 0; n < VOXELS; n++) {
        volume.voxels[n] = n == 0 ? pet->one_value : pet->value;
    }
    must(store_write_volume(store, "/images/pet_t1/voxels", &volume, pet->units, "PET", &error),
         &error);
    volume_free(&volume);
}

/* The first slice of the PET's voxels, moved along x. */
static void write_liver(Store *store, const Pet *pet) {
    Error error = {0};
    LabelMap map;
    Grid grid = {{COLUMNS, COLUMNS, 1}, affine_identity()};
    for (int axis = 0; axis < 3; axis++) {
        grid.affine.m[axis][axis] = pet->spacing_mm;
    }
    grid.affine.m[0][3] = pet->liver_mm;
    must(label_map_create(&grid, &map, &error), &error);
    for (size_t n = 0; n < COLUMNS * COLUMNS; n++) {
        map.labels[n] = 1;
    }
    must(store_write_label_map(store, "/structures/liver/mask", &map, "liver", &error), &error);
    label_map_free(&map);
    must(store_set_text(store, "/structures/liver", "role", "liver", &error), &error);
    must(store_set_text(store, "/structures/liver", "image", pet->liver, &error), &error);
    must(store_set_text(store, "/structures/liver", "frame_of_reference", "none", &error), &error);
}

static void write_convert(Store *store, const Pet *pet) {
    Error error = {0};
    write_voxels(store, pet);
    const char *const texts[][2] = {{"role", "pet"},
                                    {"timepoint", "T1"},
                                    {"decay_correction", pet->decay_correction},
                                    {"decay_reference_time", pet->reference},
                                    {"acquisition_time", pet->acquisition},
                                    {"radionuclide", pet->radionuclide},
                                    {"manufacturer", "ACME"},
                                    {"model", "PET 1"}};
    for (size_t n = 0; n < sizeof texts / sizeof *texts; n++) {
        must(store_set_text(store, "/images/pet_t1", texts[n][0], texts[n][1], &error), &error);
    }
    const struct {
        const char *name;
        double value;
    } numbers[] = {{"half_life_s", pet->half_life_s},
                   {"frame_duration_s", pet->frame_duration_s},
                   {"positron_fraction", pet->positron_fraction}};
    for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++) {
        must(store_set_number(store, "/images/pet_t1", numbers[n].name, numbers[n].value, &error),
             &error);
    }
    must(store_write_array(store, "/images/pet_t1/slice_decay_factor", pet->slice_factors, SLICES,
                           "1", "factor", &error),
         &error);
    if (pet->liver[0] != '\0') {
        write_liver(store, pet);
    }
}

/* Measures; `measured` is the caller's to free if it succeeds. */
static Status measure(const Pet *pet, const Config *config, const Treatment *treatment,
                      TreatmentActivity *measured, Flags *flags, Error *error) {
    Store *convert = NULL, *registered = NULL;
    char convert_path[PATH_SIZE], register_path[PATH_SIZE];
    const Affine identity = affine_identity();
    snprintf(convert_path, sizeof convert_path, "%s/convert.h5", scratch_folder());
    must(store_create(convert_path, &convert, error), error);
    write_convert(convert, pet);
    must(store_commit(convert, error), error);
    must(store_open(convert_path, &convert, error), error);
    snprintf(register_path, sizeof register_path, "%s/register.h5", scratch_folder());
    must(store_create(register_path, &registered, error), error);
    must(store_set_text(registered, "/", "reference", "mr_t1", error), error);
    must(store_write_affine(registered, "/transforms/pet_t1", &identity, "map", error), error);
    must(store_commit(registered, error), error);
    must(store_open(register_path, &registered, error), error);
    *flags = (Flags){""};
    Status status = treatment_activity_measure(convert, registered, treatment, "A", config,
                                               measured, flags, error);
    store_close(convert);
    store_close(registered);
    return status;
}

/* Measures and keeps the numbers, and the first and the last voxel in `voxels`. */
static TreatmentActivity numbers_of(const Pet *pet, const Config *config, Flags *flags,
                                    double voxels[2]) {
    const Treatment treatment = make_treatment();
    TreatmentActivity measured;
    Error error = {0};
    must(measure(pet, config, &treatment, &measured, flags, &error), &error);
    voxels[0] = measured.activity.voxels[0];
    voxels[1] = measured.activity.voxels[VOXELS - 1];
    treatment_activity_free(&measured);
    CU_ASSERT_PTR_NULL(measured.activity.voxels);
    return measured;
}

/* Corrected to the start of the scan: 2^(20 / 64.042) more at administration. */
static void test_corrected_to_start(void) {
    const Config config = make_config();
    const Pet pet = make_pet();
    Flags flags;
    double voxels[2];
    TreatmentActivity measured = numbers_of(&pet, &config, &flags, voxels);
    ASSERT_NEAR(voxels[0], 1.2416814e6, 0.1); /* float voxels: 0.06 */
    ASSERT_NEAR(measured.imaging_delay_h, 20.0, 1e-9);
    ASSERT_NEAR(measured.frame_duration_s, 1800.0, 0.0);
    ASSERT_NEAR(measured.decay_factor, 1.2416814111258785, 1e-12);
    ASSERT_NEAR(measured.half_life_factor, 1.0, 1e-15);
    ASSERT_NEAR(measured.positron_fraction_factor, 1.0, 0.0);
    CU_ASSERT_TRUE(isnan(measured.positron_fraction));
    ASSERT_NEAR(measured.image_activity_gbq, VOXELS * VOXEL_ML * 1.2416814111e-3, 1e-12);
    ASSERT_NEAR(measured.net_administered_gbq, 1.9, 1e-12); /* 2 * 0.95 */
    ASSERT_NEAR(measured.calibration.ratio, measured.image_activity_gbq / 1.9, 1e-12);
    ASSERT_NEAR(measured.lung_dose_gy, 4.972565461824113, 1e-9); /* 49.7257 * 2 * 0.05 */
    CU_ASSERT_TRUE(isnan(measured.liver_activity_gbq) && isnan(measured.liver_coverage));
    CU_ASSERT_STRING_EQUAL(measured.scanner, "ACME PET 1");
    CU_ASSERT_PTR_NULL(measured.known_scanner);
    CU_ASSERT_STRING_EQUAL(flags.text, "");
}

/* The scanner used 64.1 h. Corrected to administration, 20 h carry that; to the start, the frame
 * alone. Numbers: see test_decay.c. */
static void test_half_life_replaced(void) {
    const Config config = make_config();
    Pet pet = make_pet();
    Flags flags;
    double voxels[2];
    pet.half_life_s = 230760.0;
    ASSERT_NEAR(numbers_of(&pet, &config, &flags, voxels).half_life_factor, 1.0000024461290788,
                1e-12);
    pet.decay_correction = "ADMIN";
    pet.reference = "2024-03-05T10:00:00";
    TreatmentActivity measured = numbers_of(&pet, &config, &flags, voxels);
    ASSERT_NEAR(measured.half_life_factor, 1.00019833245898, 1e-12);
    ASSERT_NEAR(measured.decay_factor, 1.0, 0.0);
    ASSERT_NEAR(voxels[0], 1.00019833245898e6, 0.1);
    ASSERT_NEAR(measured.image_activity_gbq, VOXELS * VOXEL_ML * 1.00019833245898e-3, 1e-9);
    pet.frame_duration_s = NAN;
    measured = numbers_of(&pet, &config, &flags, voxels);
    ASSERT_NEAR(measured.half_life_factor, 1.0001958858507392, 1e-12);
    CU_ASSERT_TRUE(isnan(measured.frame_duration_s));
    pet.half_life_s = NAN;
    ASSERT_NEAR(numbers_of(&pet, &config, &flags, voxels).half_life_factor, 1.0, 0.0);
}

/* Not corrected by the scanner; the header's half-life is 4 % too long, the second slice was
 * acquired half an hour after the first. By the header 1.0078346837852488, by the configuration
 * 1.0081492973839166 (test_decay.c); the first slice 1.0026040 and 1.0027083. */
static void test_slices_not_corrected(void) {
    const Config config = make_config();
    Pet pet = make_pet();
    Flags flags;
    double voxels[2];
    pet.decay_correction = "NONE";
    pet.half_life_s = 64.042 * 3600 * 1.04;
    pet.slice_factors[0] = 1.0026040164541496;
    pet.slice_factors[1] = 1.0078346837852488;
    TreatmentActivity measured = numbers_of(&pet, &config, &flags, voxels);
    ASSERT_NEAR(voxels[0], 1.002708270977806e6 * 1.2416814111258785, 0.1);
    ASSERT_NEAR(voxels[1], 1.0081492973839166e6 * 1.2416814111258785, 0.1);
    ASSERT_NEAR(measured.half_life_factor,
                (1.002708270977806 / 1.0026040164541496 + 1.0081492973839166 / 1.0078346837852488) /
                    2.0,
                1e-12);
}

static void test_positron_fraction(void) {
    Config config = make_config();
    Pet pet = make_pet();
    Flags flags;
    double voxels[2];
    pet.positron_fraction = 34e-6;
    TreatmentActivity measured = numbers_of(&pet, &config, &flags, voxels);
    ASSERT_NEAR(measured.positron_fraction, 34e-6, 0.0);
    ASSERT_NEAR(measured.positron_fraction_factor, 1.0671688637790333, 1e-12);
    ASSERT_NEAR(voxels[0], 1.2416814111e6 * 1.0671688638, 0.1);
    ASSERT_NEAR(measured.image_activity_gbq, VOXELS * VOXEL_ML * 1.2416814111e-3 * 1.0671688638,
                1e-11);
    config.calibration.method = CALIBRATION_ADMINISTERED_ACTIVITY;
    pet.positron_fraction = 0.967;
    numbers_of(&pet, &config, &flags, voxels);
    CU_ASSERT_STRING_EQUAL(flags.text, "positron_fraction_differs");
    ASSERT_NEAR(voxels[0], 1.9e9 / (VOXELS * VOXEL_ML), 100.0); /* float voxels: 60 */
    pet.positron_fraction = 0.0;
    numbers_of(&pet, &config, &flags, voxels);
    CU_ASSERT_STRING_EQUAL(flags.text, "positron_fraction_zero");
}

static void test_known_scanner(void) {
    Config config = make_config();
    const Pet pet = make_pet();
    Flags flags;
    double voxels[2];
    config.scanners.count = 2;
    config.scanners.scanners[0] = (Scanner){.name = "other",
                                            .manufacturer = "ACME",
                                            .model = "PET 1",
                                            .center = "B",
                                            .calibration_factor = 9.0,
                                            .calibration_uncertainty = NAN};
    config.scanners.scanners[1] = (Scanner){.name = "ours",
                                            .manufacturer = "Acme",
                                            .model = "PET 1",
                                            .center = "A",
                                            .calibration_factor = 1.1,
                                            .calibration_uncertainty = NAN};
    TreatmentActivity measured = numbers_of(&pet, &config, &flags, voxels);
    CU_ASSERT_PTR_EQUAL(measured.known_scanner, &config.scanners.scanners[1]);
    ASSERT_NEAR(measured.calibration.factor, 1.1, 0.0);
    ASSERT_NEAR(measured.calibration.uncertainty, 0.05, 0.0);
    ASSERT_NEAR(voxels[0], 1.1 * 1.2416814111e6, 0.1);
}

/* The liver is the first slice: half of the voxels, of which the first holds four times as much.
 * The positron fraction is corrected in it as everywhere. */
static void test_liver(void) {
    Config config = make_config();
    Pet pet = make_pet();
    Flags flags;
    double voxels[2];
    pet.one_value = 4e6f;
    pet.positron_fraction = 34e-6;
    pet.liver = "pet_t1";
    config.calibration.method = CALIBRATION_ADMINISTERED_ACTIVITY;
    TreatmentActivity measured = numbers_of(&pet, &config, &flags, voxels);
    const double liver_gbq = 19 * VOXEL_ML * 1.2416814111258785e-3 * 1.0671688637790333;
    ASSERT_NEAR(measured.liver_activity_gbq, liver_gbq, 1e-12);
    ASSERT_NEAR(measured.liver_coverage, 1.0, 0.0);
    ASSERT_NEAR(measured.image_activity_gbq, liver_gbq * 35 / 19, 1e-12);
    ASSERT_NEAR(measured.calibration.factor, 1.9 / liver_gbq, 1e-6);
    ASSERT_NEAR(measured.calibration.ratio, liver_gbq / 1.9, 1e-12);
    ASSERT_NEAR(voxels[1], 1.9e9 / (19 * VOXEL_ML), 100.0);
    CU_ASSERT_STRING_EQUAL(calibration_region_name(&measured.calibration), "liver");
    CU_ASSERT_STRING_EQUAL(flags.text, "");
    config.calibration.region = CALIBRATION_FIELD_OF_VIEW;
    measured = numbers_of(&pet, &config, &flags, voxels);
    ASSERT_NEAR(measured.liver_activity_gbq, liver_gbq, 1e-12);
    ASSERT_NEAR(voxels[1], 1.9e9 / (35 * VOXEL_ML), 100.0);
}

static void test_liver_that_is_not_there(void) {
    const Config config = make_config();
    Pet pet = make_pet();
    Flags flags;
    double voxels[2];
    pet.liver = "pet_t1";
    pet.liver_mm = 4.0; /* the last of four columns is outside */
    TreatmentActivity measured = numbers_of(&pet, &config, &flags, voxels);
    ASSERT_NEAR(measured.liver_coverage, 0.75, 1e-12);
    CU_ASSERT_STRING_EQUAL(flags.text, "liver_outside_pet");
    pet.liver = "ct_t1"; /* an image without registration */
    measured = numbers_of(&pet, &config, &flags, voxels);
    CU_ASSERT_STRING_EQUAL(flags.text, "liver_region_unknown");
    CU_ASSERT_TRUE(isnan(measured.liver_activity_gbq) && isnan(measured.liver_coverage));
    CU_ASSERT_STRING_EQUAL(calibration_region_name(&measured.calibration), "field_of_view");
}

static void test_negative_voxels(void) {
    const Config config = make_config();
    Pet pet = make_pet();
    Flags flags;
    double voxels[2];
    pet.one_value = -3.1e6f; /* a tenth of the other 31 */
    TreatmentActivity measured = numbers_of(&pet, &config, &flags, voxels);
    ASSERT_NEAR(measured.negative_voxel_fraction, 1.0 / VOXELS, 1e-12);
    ASSERT_NEAR(measured.negative_activity_fraction, 0.1, 1e-7); /* float voxels */
    ASSERT_NEAR(measured.image_activity_gbq, 27.9 * VOXEL_ML * 1.2416814111e-3, 1e-9);
    CU_ASSERT_TRUE(voxels[0] < 0.0);
    CU_ASSERT_STRING_EQUAL(flags.text, "");
    pet.one_value = -6.5e6f;
    numbers_of(&pet, &config, &flags, voxels);
    CU_ASSERT_STRING_EQUAL(flags.text, "negative_activity");
}

static void expect_failure(const Pet *pet, const char *complaint) {
    const Config config = make_config();
    const Treatment treatment = make_treatment();
    TreatmentActivity measured;
    Flags flags;
    Error error = {0};
    CU_ASSERT_EQUAL(measure(pet, &config, &treatment, &measured, &flags, &error), STATUS_BAD_DATA);
    if (strstr(error.message, complaint) == NULL) {
        printf("'%s' is not in '%s'\n", complaint, error.message);
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, complaint));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "treatment T1: "));
    CU_ASSERT_PTR_NULL(measured.activity.voxels);
}

#define EXPECT_FAILURE(change, complaint)                                                          \
    do {                                                                                           \
        Pet pet = make_pet();                                                                      \
        change;                                                                                    \
        expect_failure(&pet, complaint);                                                           \
    } while (0)

static void test_bad_times(void) {
    EXPECT_FAILURE(pet.reference = "", "decay_reference_time is missing");
    EXPECT_FAILURE(pet.acquisition = "", "acquisition_time is missing");
    EXPECT_FAILURE(pet.acquisition = "noon", "acquisition_time");
    EXPECT_FAILURE(pet.acquisition = "2024-03-05T09:59:00", "before administration");
    EXPECT_FAILURE(pet.acquisition = "2025-03-06T06:00:00", "more than dose.max_delay_half_lives");
    EXPECT_FAILURE(pet.reference = "2023-03-06T06:00:00", "decay_reference_time lies");
    EXPECT_FAILURE(pet.reference = "2025-03-06T06:00:00", "decay_reference_time lies");
    EXPECT_FAILURE(pet.frame_duration_s = 0.0, "frame_duration_s is 0 s, wanted a positive");
    EXPECT_FAILURE(pet.frame_duration_s = -1800.0, "frame_duration_s is -1800 s");
    EXPECT_FAILURE(pet.frame_duration_s = 1.8e9, "frame_duration_s is 1.8e+09 s");
    EXPECT_FAILURE(pet.decay_correction = "SOME", "decay_correction is 'SOME'");
    EXPECT_FAILURE(pet.slice_factors[1] = NAN, "slice_decay_factor of slice 1 is nan");
    EXPECT_FAILURE(pet.slice_factors[0] = 0.0, "slice_decay_factor of slice 0 is 0");
}

static void test_bad_nuclide(void) {
    EXPECT_FAILURE((pet.radionuclide = "F-18", pet.half_life_s = 6588), "radionuclide is F-18");
    EXPECT_FAILURE(pet.radionuclide = "F-18", "radionuclide is F-18");
    EXPECT_FAILURE(pet.half_life_s = 6588, "half_life_s is 6588 s");
    EXPECT_FAILURE(pet.half_life_s = 0, "half_life_s is 0 s, wanted a positive number");
    EXPECT_FAILURE(pet.half_life_s = -230551, "half_life_s is -230551 s");
    EXPECT_FAILURE(pet.half_life_s = INFINITY, "half_life_s is inf s");
    EXPECT_FAILURE((pet.half_life_s = NAN, pet.radionuclide = "unknown"), "neither half_life_s");
    EXPECT_FAILURE(pet.positron_fraction = -1e-5, "positron_fraction (0018,1076) is -1e-05");
    EXPECT_FAILURE(pet.positron_fraction = 1.1, "wanted a number from 0 to 1");
    EXPECT_FAILURE(pet.positron_fraction = 0.967, "administered_activity, where it cancels");
}

static void test_bad_voxels(void) {
    EXPECT_FAILURE(pet.one_value = NAN, "1 voxels that are NaN or infinite");
    EXPECT_FAILURE(pet.one_value = INFINITY, "1 voxels that are NaN or infinite");
    EXPECT_FAILURE((pet.one_value = 0.0f, pet.value = 0.0f), "an image without activity");
    EXPECT_FAILURE((pet.one_value = -1e6f, pet.value = -1e6f), "an image without activity");
    EXPECT_FAILURE(pet.spacing_mm = 0.49, "voxels measure 0.49 x 0.49 x 0.49 mm, wanted 0.5 to 12");
    EXPECT_FAILURE(pet.spacing_mm = 12.1, "wanted 0.5 to 12 mm");
    EXPECT_FAILURE(pet.units = "g mL-1", "units are 'g mL-1', wanted 'Bq mL-1'");
}

int main(void) {
    static const UnitTest tests[] = {
        {"an image corrected to its start is brought to administration", test_corrected_to_start},
        {"the scanner's half-life is undone", test_half_life_replaced},
        {"so is that of slices that the scanner did not correct", test_slices_not_corrected},
        {"the scanner's positron fraction is undone", test_positron_fraction},
        {"a known scanner has its own calibration", test_known_scanner},
        {"the net activity is in the liver", test_liver},
        {"a liver cut off or not placed is flagged", test_liver_that_is_not_there},
        {"negative voxels stay and are reported", test_negative_voxels},
        {"absurd times fail with a sentence", test_bad_times},
        {"another nuclide fails with a sentence", test_bad_nuclide},
        {"unusable voxels fail with a sentence", test_bad_voxels},
    };
    return suite_run("dose treatment activity", tests, sizeof tests / sizeof *tests);
}
