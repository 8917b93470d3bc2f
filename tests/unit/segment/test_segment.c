/* One patient from three small files to segment.h5: a cube of liver with two lesions and a vessel,
 * doses that are known everywhere. */
#include "segment/segment.h"
#include "tests/unit/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 20, PATH_SIZE = 512 };

static Error error;
static int case_number = 0; /* every case writes its own files */

#define OK(call) CU_ASSERT_EQUAL_FATAL((call), STATUS_OK)

typedef struct Files {
    char convert[PATH_SIZE], registered[PATH_SIZE], dose[PATH_SIZE], output[PATH_SIZE];
} Files;

static Files new_files(void) {
    Files files;
    case_number++;
    snprintf(files.convert, PATH_SIZE, "%s/%d-convert.h5", scratch_folder(), case_number);
    snprintf(files.registered, PATH_SIZE, "%s/%d-register.h5", scratch_folder(), case_number);
    snprintf(files.dose, PATH_SIZE, "%s/%d-dose.h5", scratch_folder(), case_number);
    snprintf(files.output, PATH_SIZE, "%s/%d-segment.h5", scratch_folder(), case_number);
    return files;
}

/* 2 mm voxels; the PET's space lies 100 mm to the left of the reference's. */
static Grid cube_grid(size_t side, double origin_mm) {
    Grid grid = {.size = {side, side, side}, .affine = affine_identity()};
    for (int axis = 0; axis < 3; axis++) {
        grid.affine.m[axis][axis] = 2;
    }
    grid.affine.m[0][3] = origin_mm;
    return grid;
}

/* A structure that fills a block of the reference grid, `low` to `high` inclusive. */
static void write_structure(Store *store, const char *name, const char *role, const char *label,
                            const size_t low[3], const size_t high[3]) {
    char group[PATH_SIZE], dataset[PATH_SIZE + 8];
    Grid grid = cube_grid(SIDE, 0);
    LabelMap mask;
    OK(label_map_create(&grid, &mask, &error));
    for (size_t k = low[2]; k <= high[2]; k++) {
        for (size_t j = low[1]; j <= high[1]; j++) {
            for (size_t i = low[0]; i <= high[0]; i++) {
                mask.labels[(k * SIDE + j) * SIDE + i] = 1;
            }
        }
    }
    snprintf(group, sizeof group, "/structures/%s", name);
    snprintf(dataset, sizeof dataset, "%s/mask", group);
    OK(store_write_label_map(store, dataset, &mask, name, &error));
    OK(store_set_text(store, group, "role", role, &error));
    OK(store_set_text(store, group, "label", label, &error));
    OK(store_set_text(store, group, "frame_of_reference", "F1", &error));
    OK(store_set_text(store, group, "image", "anatomy_post", &error));
    OK(store_set_text(store, group, "format", "NIFTI", &error));
    label_map_free(&mask);
}

static Store *begin_convert(const Files *files) {
    Store *store;
    Volume anatomy;
    Grid grid = cube_grid(SIDE, 0);
    OK(store_create(files->convert, &store, &error));
    OK(store_set_text(store, "/", "flags", "one_clock_assumed", &error));
    OK(store_set_text(store, "/patient", "progression", "no", &error));
    OK(store_set_number(store, "/patient", "age", 61, &error));
    OK(store_set_text(store, "/patient", "sex", "F", &error));
    OK(volume_create(&grid, &anatomy, &error));
    OK(store_write_volume(store, "/images/anatomy_post/voxels", &anatomy, "1", "MR", &error));
    volume_free(&anatomy);
    return store;
}

static void write_registered(const Files *files) {
    Store *store;
    Affine to_pet = affine_identity();
    to_pet.m[0][3] = 100;
    OK(store_create(files->registered, &store, &error));
    OK(store_set_text(store, "/", "flags", "", &error));
    OK(store_set_text(store, "/", "reference", "anatomy_post", &error));
    OK(store_set_text(store, "/", "pet", "pet_post", &error));
    OK(store_write_affine(store, "/transforms/pet_post", &to_pet, "to PET", &error));
    OK(store_commit(store, &error));
}

/* 20 Gy for i < 10, 60 Gy beyond; local deposition is twice that. The grid ends at slice
 * `slices`. */
static void write_dose(const Files *files, size_t slices) {
    Store *store;
    Volume map;
    Grid grid = cube_grid(SIDE, 100);
    grid.size[2] = slices;
    OK(store_create(files->dose, &store, &error));
    OK(store_set_text(store, "/", "flags", "negative_activity;one_clock_assumed", &error));
    OK(store_set_text(store, "/", "pet", "pet_post", &error));
    OK(store_set_number(store, "/", "max_imaging_delay_h", 4.5, &error));
    OK(volume_create(&grid, &map, &error));
    for (size_t n = 0; n < grid_voxel_count(&grid); n++) {
        map.voxels[n] = n % SIDE < 10 ? 20 : 60;
    }
    OK(store_write_volume(store, "/dose/kernel", &map, "Gy", "dose", &error));
    for (size_t n = 0; n < grid_voxel_count(&grid); n++) {
        map.voxels[n] *= 2;
    }
    OK(store_write_volume(store, "/dose/local_deposition", &map, "Gy", "dose", &error));
    volume_free(&map);
    OK(store_commit(store, &error));
}

static Config test_config(void) {
    Config config;
    memset(&config, 0, sizeof config);
    config.segmentation = (SegmentationConfig){.dose_method = DOSE_KERNEL,
                                               .part_fraction = 0.2,
                                               .min_coverage = 0.99,
                                               .min_registration_quality = 0.25,
                                               .dvh_bin_gy = 5};
    return config;
}

/* Runs the stage's function on the three files; the result is open on success. */
static Status run(const Files *files, Store **result) {
    Config config = test_config();
    PatientJob job = {.config = &config, .center = "c", .patient = "p", .n_inputs = 3};
    OK(store_open(files->convert, &job.inputs[0], &error));
    OK(store_open(files->registered, &job.inputs[1], &error));
    OK(store_open(files->dose, &job.inputs[2], &error));
    OK(store_create(files->output, &job.output, &error));
    Status status = segment_process(&job, &error);
    for (int n = 0; n < 3; n++) {
        store_close(job.inputs[n]);
    }
    if (status != STATUS_OK) {
        store_close(job.output);
        return status;
    }
    OK(store_commit(job.output, &error));
    OK(store_open(files->output, result, &error));
    return STATUS_OK;
}

/* The patient of most cases. */
static Store *run_whole_patient(void) {
    Files files = new_files();
    Store *convert = begin_convert(&files), *result;
    write_structure(convert, "liver", "liver", "", (size_t[3]){2, 2, 2}, (size_t[3]){17, 17, 17});
    write_structure(convert, "lesion_l10", "lesion", "L10", (size_t[3]){8, 4, 4},
                    (size_t[3]){11, 6, 5}); /* half at 20 Gy, half at 60 Gy */
    write_structure(convert, "lesion_l2", "lesion", "L2", (size_t[3]){4, 12, 16},
                    (size_t[3]){5, 13, 19});
    write_structure(convert, "vessel", "vessel", "", (size_t[3]){8, 9, 2}, (size_t[3]){9, 10, 17});
    write_structure(convert, "bowel", "bowel", "", (size_t[3]){0, 0, 0}, (size_t[3]){1, 1, 1});
    write_structure(convert, "lung", "lung", "", (size_t[3]){0, 0, 0}, (size_t[3]){3, 3, 17});
    OK(store_commit(convert, &error));
    write_registered(&files);
    write_dose(&files, 18);
    OK(run(&files, &result));
    return result;
}

static void lesions_are_measured(void) {
    Store *result = run_whole_patient();
    Table *table;
    OK(store_read_table(result, "/lesions", &table, &error));
    CU_ASSERT_EQUAL_FATAL(table_row_count(table), 2);
    CU_ASSERT_STRING_EQUAL(table_text(table, 0, "lesion"), "L2"); /* as people count */
    CU_ASSERT_STRING_EQUAL(table_text(table, 1, "lesion"), "L10");
    ASSERT_NEAR(table_number(table, 1, "volume_ml"), 24 * 0.008, 1e-12);
    ASSERT_NEAR(table_number(table, 1, "voxels"), 24, 0);
    /* Centres 6, 4 and 2 mm apart; a quarter voxel of 2 mm at both ends along the longest. */
    ASSERT_NEAR(table_number(table, 1, "diameter_3d_mm"), sqrt(49 + 16 + 4), 1e-9);
    ASSERT_NEAR(table_number(table, 1, "diameter_axial_mm"), sqrt(49 + 16), 1e-9);
    ASSERT_NEAR(table_number(table, 1, "davg_gy"), 40, 1e-4); /* float weights */
    ASSERT_NEAR(table_number(table, 1, "davg_kernel_gy"), 40, 1e-4);
    ASSERT_NEAR(table_number(table, 1, "davg_local_deposition_gy"), 80, 1e-4);
    ASSERT_NEAR(table_number(table, 1, "d70_gy"), 20, 1e-4);
    ASSERT_NEAR(table_number(table, 1, "v30_percent"), 50, 1e-4);
    ASSERT_NEAR(table_number(table, 1, "v100_percent"), 0, 0);
    CU_ASSERT_STRING_EQUAL(table_text(table, 1, "flags"), "");
    table_free(table);
    store_close(result);
}

static void a_lesion_beyond_the_dose_is_flagged(void) {
    Store *result = run_whole_patient();
    Table *table;
    char flags[FLAGS_SIZE];
    OK(store_read_table(result, "/lesions", &table, &error));
    ASSERT_NEAR(table_number(table, 0, "coverage"), 0.5, 1e-6); /* slices 16 and 17 of 16..19 */
    ASSERT_NEAR(table_number(table, 0, "davg_gy"), 20, 1e-4);
    CU_ASSERT_STRING_EQUAL(table_text(table, 0, "flags"), "lesion_outside_dose");
    OK(store_get_text(result, "/", "flags", flags, sizeof flags, &error));
    CU_ASSERT_STRING_EQUAL(flags, "one_clock_assumed;negative_activity;lesion_outside_dose;"
                                  "liver_outside_dose");
    table_free(table);
    store_close(result);
}

static void vessels_and_histograms_are_written(void) {
    Store *result = run_whole_patient();
    Table *table;
    OK(store_read_table(result, "/vessel_profile", &table, &error));
    CU_ASSERT_FATAL(table_row_count(table) >= 2);
    double nearest[2] = {INFINITY, INFINITY};
    for (size_t row = 0; row < table_row_count(table); row++) {
        int lesion = strcmp(table_text(table, row, "lesion"), "L10") == 0;
        nearest[lesion] = fmin(nearest[lesion], table_number(table, row, "vessel_distance_mm"));
        CU_ASSERT(table_number(table, row, "vessel_diameter_mm") > 2);
        CU_ASSERT(table_number(table, row, "vessel_diameter_mm") < 6);
    }
    /* centres 3 and 2 voxels of 2 mm apart, half a voxel less along the longer; then 3 voxels */
    ASSERT_NEAR(nearest[0], sqrt(25 + 16), 1e-5);
    ASSERT_NEAR(nearest[1], 5, 1e-5);
    table_free(table);
    OK(store_read_table(result, "/dvh/L10", &table, &error));
    CU_ASSERT_EQUAL_FATAL(table_row_count(table), 14); /* 0, 5, ... 65 Gy */
    ASSERT_NEAR(table_number(table, 4, "volume_percent"), 100, 1e-4);
    ASSERT_NEAR(table_number(table, 5, "volume_percent"), 50, 1e-4);
    ASSERT_NEAR(table_number(table, 13, "dose_gy"), 65, 0);
    ASSERT_NEAR(table_number(table, 13, "volume_percent"), 0, 0);
    table_free(table);
    store_close(result);
}

static void the_liver_is_less_its_lesions(void) {
    Store *result = run_whole_patient();
    double value;
    OK(store_get_number(result, "/liver", "volume_ml", &value, &error));
    ASSERT_NEAR(value, (4096 + 8) * 0.008, 1e-9); /* L2 reaches two slices beyond */
    OK(store_get_number(result, "/liver", "mean_gy", &value, &error));
    ASSERT_NEAR(value, 40, 1e-3);
    OK(store_get_number(result, "/liver", "normal_volume_ml", &value, &error));
    ASSERT_NEAR(value, (4096 - 24 - 8) * 0.008, 1e-9);
    OK(store_get_number(result, "/liver", "normal_mean_gy", &value, &error));
    ASSERT_NEAR(value, (4096 * 40.0 - 24 * 40 - 8 * 20) / (4096 - 32), 1e-3);
    store_close(result);
}

static void the_record_is_passed_on(void) {
    Store *result = run_whole_patient();
    char text[64];
    double value;
    OK(store_get_text(result, "/", "dose_method", text, sizeof text, &error));
    CU_ASSERT_STRING_EQUAL(text, "kernel");
    OK(store_get_text(result, "/", "vessels", text, sizeof text, &error));
    CU_ASSERT_STRING_EQUAL(text, "segmented");
    OK(store_get_text(result, "/", "lung", text, sizeof text, &error));
    CU_ASSERT_STRING_EQUAL(text, "segmented");
    OK(store_get_number(result, "/lung", "coverage", &value, &error));
    ASSERT_NEAR(value, 1, 1e-6);
    OK(store_get_text(result, "/", "progression", text, sizeof text, &error));
    CU_ASSERT_STRING_EQUAL(text, "no");
    OK(store_get_text(result, "/patient", "sex", text, sizeof text, &error));
    CU_ASSERT_STRING_EQUAL(text, "F");
    OK(store_get_number(result, "/patient", "age", &value, &error));
    ASSERT_NEAR(value, 61, 0);
    CU_ASSERT(!store_has_attribute(result, "/patient", "ecog"));
    OK(store_get_number(result, "/", "imaging_delay_h", &value, &error));
    ASSERT_NEAR(value, 4.5, 0);
    OK(store_get_number(result, "/", "voxel_diagonal_mm", &value, &error));
    ASSERT_NEAR(value, sqrt(12), 1e-12);
    store_close(result);
}

static void the_picture_shows_later_over_earlier(void) {
    Store *result = run_whole_patient();
    LabelMap labels;
    OK(store_read_label_map(result, "/labels", &labels, &error));
    CU_ASSERT_EQUAL(label_map_count(&labels, 10), 16);
    CU_ASSERT_EQUAL(label_map_count(&labels, 11), 24);
    CU_ASSERT_EQUAL(label_map_count(&labels, 2), 64);
    CU_ASSERT_EQUAL(label_map_count(&labels, 1), 4096 - 24 - 8 - 64);
    label_map_free(&labels);
    store_close(result);
}

static void no_lesion_is_an_empty_table(void) {
    Files files = new_files();
    Store *convert = begin_convert(&files), *result;
    OK(store_commit(convert, &error));
    write_registered(&files);
    write_dose(&files, SIDE);
    OK(run(&files, &result));
    Table *table;
    char text[64];
    OK(store_read_table(result, "/lesions", &table, &error));
    CU_ASSERT_EQUAL(table_row_count(table), 0);
    CU_ASSERT(table_has_column(table, "davg_gy"));
    OK(store_get_text(result, "/", "vessels", text, sizeof text, &error));
    CU_ASSERT_STRING_EQUAL(text, "none");
    OK(store_get_text(result, "/", "liver", text, sizeof text, &error));
    CU_ASSERT_STRING_EQUAL(text, "none");
    CU_ASSERT(!store_has(result, "/liver"));
    table_free(table);
    store_close(result);
}

static void unknown_dose_is_not_coverage(void) {
    Files files = new_files();
    Store *convert = begin_convert(&files), *dose, *result;
    write_structure(convert, "lesion_l1", "lesion", "L1", (size_t[3]){4, 4, 4},
                    (size_t[3]){7, 5, 5});
    OK(store_commit(convert, &error));
    write_registered(&files);
    Volume map;
    Grid grid = cube_grid(SIDE, 100);
    OK(volume_create(&grid, &map, &error));
    for (size_t n = 0; n < grid_voxel_count(&grid); n++) {
        map.voxels[n] = n % SIDE < 5 ? NAN : 30; /* a quarter of the lesion is unknown */
    }
    OK(store_create(files.dose, &dose, &error));
    OK(store_set_text(dose, "/", "flags", "", &error));
    OK(store_set_text(dose, "/", "pet", "pet_post", &error));
    OK(store_set_number(dose, "/", "max_imaging_delay_h", 4.5, &error));
    OK(store_write_volume(dose, "/dose/kernel", &map, "Gy", "dose", &error));
    OK(store_commit(dose, &error));
    volume_free(&map);
    OK(run(&files, &result));
    Table *table;
    OK(store_read_table(result, "/lesions", &table, &error));
    ASSERT_NEAR(table_number(table, 0, "coverage"), 0.75, 1e-6);
    ASSERT_NEAR(table_number(table, 0, "davg_gy"), 30, 1e-4);
    ASSERT_NEAR(table_number(table, 0, "d95_gy"), 30, 1e-4);
    CU_ASSERT(isnan(table_number(table, 0, "davg_local_deposition_gy")));
    CU_ASSERT_STRING_EQUAL(table_text(table, 0, "flags"), "lesion_outside_dose");
    table_free(table);
    store_close(result);
}

static void a_structure_in_another_frame_finds_its_place(void) {
    Files files = new_files();
    Store *convert = begin_convert(&files), *registered, *result;
    /* Frame F2 counts 10 mm more along x: its voxels 12 and 13 are the reference's 7 and 8. */
    write_structure(convert, "lesion_l1", "lesion", "L1", (size_t[3]){12, 4, 4},
                    (size_t[3]){13, 5, 5});
    OK(store_set_text(convert, "/structures/lesion_l1", "image", "none", &error));
    OK(store_set_text(convert, "/structures/lesion_l1", "frame_of_reference", "F2", &error));
    OK(store_commit(convert, &error));
    Affine to_frame = affine_identity(), to_pet = affine_identity();
    to_frame.m[0][3] = 10;
    to_pet.m[0][3] = 100;
    OK(store_create(files.registered, &registered, &error));
    OK(store_set_text(registered, "/", "flags", "", &error));
    OK(store_set_text(registered, "/", "reference", "anatomy_post", &error));
    OK(store_write_affine(registered, "/transforms/pet_post", &to_pet, "to PET", &error));
    OK(store_write_affine(registered, "/frames/F2", &to_frame, "to F2", &error));
    OK(store_commit(registered, &error));
    write_dose(&files, SIDE);
    OK(run(&files, &result));
    Table *table;
    LabelMap labels;
    OK(store_read_table(result, "/lesions", &table, &error));
    ASSERT_NEAR(table_number(table, 0, "davg_gy"), 20, 1e-4);
    OK(store_read_label_map(result, "/labels", &labels, &error));
    CU_ASSERT_EQUAL(labels.labels[(4 * SIDE + 4) * SIDE + 7], 10);
    CU_ASSERT_EQUAL(label_map_count(&labels, 10), 8);
    label_map_free(&labels);
    table_free(table);
    store_close(result);
}

/* Flags of a lesion in frame F2, which came to the reference with quality 0.9, when the PET came
 * with quality 0.1; `to_pet_mm` is the shift from the reference to the PET. */
static void read_flags_of_poor_registration(double to_pet_mm, char *flags, size_t size) {
    Files files = new_files();
    Store *convert = begin_convert(&files), *registered, *result;
    write_structure(convert, "lesion_l1", "lesion", "L1", (size_t[3]){12, 4, 4},
                    (size_t[3]){13, 5, 5});
    OK(store_set_text(convert, "/structures/lesion_l1", "image", "none", &error));
    OK(store_set_text(convert, "/structures/lesion_l1", "frame_of_reference", "F2", &error));
    OK(store_commit(convert, &error));
    Affine to_frame = affine_identity(), to_pet = affine_identity();
    to_frame.m[0][3] = 10;
    to_pet.m[0][3] = to_pet_mm;
    OK(store_create(files.registered, &registered, &error));
    OK(store_set_text(registered, "/", "flags", "", &error));
    OK(store_set_text(registered, "/", "reference", "anatomy_post", &error));
    OK(store_write_affine(registered, "/transforms/pet_post", &to_pet, "to PET", &error));
    OK(store_set_number(registered, "/transforms/pet_post", "quality", 0.1, &error));
    OK(store_write_affine(registered, "/frames/F2", &to_frame, "to F2", &error));
    OK(store_set_number(registered, "/frames/F2", "quality", 0.9, &error));
    OK(store_commit(registered, &error));
    write_dose(&files, SIDE);
    OK(run(&files, &result));
    Table *table;
    OK(store_read_table(result, "/lesions", &table, &error));
    snprintf(flags, size, "%s", table_text(table, 0, "flags"));
    table_free(table);
    store_close(result);
}

static void a_lesion_placed_by_a_failed_registration_is_flagged(void) {
    char flags[FLAGS_SIZE];
    read_flags_of_poor_registration(100, flags, sizeof flags);
    CU_ASSERT_PTR_NOT_NULL(strstr(flags, "registration_failed"));
    /* drawn in the PET's own space: the way there and back cancels */
    read_flags_of_poor_registration(10, flags, sizeof flags);
    CU_ASSERT_PTR_NULL(strstr(flags, "registration_failed"));
}

/* Lesion on the reference, vessels and lung in frame F2, which came to it with quality 0.05. */
static void vessels_placed_by_a_failed_registration_are_unknown(void) {
    Files files = new_files();
    Store *convert = begin_convert(&files), *registered, *result;
    write_structure(convert, "lesion_l1", "lesion", "L1", (size_t[3]){12, 4, 4},
                    (size_t[3]){13, 5, 5});
    write_structure(convert, "vessel", "vessel", "", (size_t[3]){8, 4, 4}, (size_t[3]){9, 5, 5});
    write_structure(convert, "lung", "lung", "", (size_t[3]){8, 4, 4}, (size_t[3]){9, 5, 5});
    OK(store_set_text(convert, "/structures/lung", "image", "none", &error));
    OK(store_set_text(convert, "/structures/lung", "frame_of_reference", "F2", &error));
    OK(store_set_text(convert, "/structures/vessel", "image", "none", &error));
    OK(store_set_text(convert, "/structures/vessel", "frame_of_reference", "F2", &error));
    OK(store_commit(convert, &error));
    Affine to_frame = affine_identity(), to_pet = affine_identity();
    to_frame.m[0][3] = 2;
    to_pet.m[0][3] = 100;
    OK(store_create(files.registered, &registered, &error));
    OK(store_set_text(registered, "/", "flags", "", &error));
    OK(store_set_text(registered, "/", "reference", "anatomy_post", &error));
    OK(store_write_affine(registered, "/transforms/pet_post", &to_pet, "to PET", &error));
    OK(store_write_affine(registered, "/frames/F2", &to_frame, "to F2", &error));
    OK(store_set_number(registered, "/frames/F2", "quality", 0.05, &error));
    OK(store_commit(registered, &error));
    write_dose(&files, SIDE);
    OK(run(&files, &result));
    Table *lesions, *profile;
    OK(store_read_table(result, "/lesions", &lesions, &error));
    char flags[FLAGS_SIZE];
    CU_ASSERT_STRING_EQUAL(table_text(lesions, 0, "flags"), "vessels_misplaced");
    OK(store_get_text(result, "/", "flags", flags, sizeof flags, &error));
    CU_ASSERT_PTR_NOT_NULL(strstr(flags, "lung_misplaced"));
    OK(store_read_table(result, "/vessel_profile", &profile, &error));
    CU_ASSERT_EQUAL(table_row_count(profile), 0);
    table_free(lesions);
    table_free(profile);
    store_close(result);
}

static void two_lesions_of_one_label_are_refused(void) {
    Files files = new_files();
    Store *convert = begin_convert(&files), *result;
    write_structure(convert, "lesion_l1", "lesion", "L1", (size_t[3]){4, 4, 4},
                    (size_t[3]){5, 5, 5});
    write_structure(convert, "lesion_l1_2", "lesion", "L1", (size_t[3]){8, 8, 8},
                    (size_t[3]){9, 9, 9});
    OK(store_commit(convert, &error));
    write_registered(&files);
    write_dose(&files, SIDE);
    CU_ASSERT_EQUAL(run(&files, &result), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "'L1'"));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "lesion_l1_2"));
}

static void a_structure_in_no_known_space_is_refused(void) {
    Files files = new_files();
    Store *convert = begin_convert(&files), *result;
    write_structure(convert, "lesion_l1", "lesion", "L1", (size_t[3]){4, 4, 4},
                    (size_t[3]){5, 5, 5});
    OK(store_set_text(convert, "/structures/lesion_l1", "image", "none", &error));
    OK(store_commit(convert, &error));
    write_registered(&files);
    write_dose(&files, SIDE);
    CU_ASSERT_EQUAL(run(&files, &result), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "lesion_l1"));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "'F1'"));
}

int main(void) {
    static const UnitTest tests[] = {
        {"lesions are measured", lesions_are_measured},
        {"a lesion beyond the dose is flagged", a_lesion_beyond_the_dose_is_flagged},
        {"vessels and histograms are written", vessels_and_histograms_are_written},
        {"the normal liver is the liver less its lesions", the_liver_is_less_its_lesions},
        {"the patient's record is passed on", the_record_is_passed_on},
        {"the picture shows later over earlier", the_picture_shows_later_over_earlier},
        {"no lesion is an empty table", no_lesion_is_an_empty_table},
        {"unknown dose is not coverage", unknown_dose_is_not_coverage},
        {"a structure in another frame finds its place",
         a_structure_in_another_frame_finds_its_place},
        {"a failed registration flags a lesion",
         a_lesion_placed_by_a_failed_registration_is_flagged},
        {"misplaced vessels and lungs are unknown",
         vessels_placed_by_a_failed_registration_are_unknown},
        {"two lesions of one label are refused", two_lesions_of_one_label_are_refused},
        {"a structure in no known space is refused", a_structure_in_no_known_space_is_refused},
    };
    return suite_run("segment", tests, sizeof tests / sizeof *tests);
}
