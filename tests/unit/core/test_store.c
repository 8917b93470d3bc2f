#include "core/store.h"

#include <fcntl.h>
#include <hdf5.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/digest.h"
#include "tests/unit/suite.h"

static void scratch_path(const char *name, char path[256]) {
    snprintf(path, 256, "%s/%s", scratch_folder(), name);
}

static Volume example_volume(void) {
    Grid grid = {.size = {3, 4, 5}, .affine = affine_identity()};
    grid.affine.m[0][1] = 0.25;
    grid.affine.m[2][3] = -77.5;
    Volume volume;
    Error error;
    CU_ASSERT_EQUAL_FATAL(volume_create(&grid, &volume, &error), STATUS_OK);
    for (size_t n = 0; n < 60; n++) {
        volume.voxels[n] = (float)n * 0.5f - 3;
    }
    return volume;
}

static Table *example_table(void) {
    Table *table = table_new();
    Error error;
    size_t row;
    table_add_column(table, "lesion", COLUMN_TEXT, NULL, "lesion", &error);
    table_add_column(table, "davg_gy", COLUMN_NUMBER, "Gy", "mean absorbed dose", &error);
    for (int n = 0; n < 3; n++) {
        table_add_row(table, &row, &error);
        table_set_text(table, row, "lesion", n == 1 ? "" : "L\xc3\xa4sion", &error);
        table_set_number(table, row, "davg_gy", n == 2 ? NAN : 20.5 + n, &error);
    }
    return table;
}

/* Writes one of everything. */
static void write_example(const char *path) {
    Store *store;
    Error error;
    Volume volume = example_volume();
    Table *table = example_table();
    CU_ASSERT_EQUAL_FATAL(store_create(path, &store, &error), STATUS_OK);
    CU_ASSERT_EQUAL(store_write_volume(store, "/dose/kernel", &volume, "Gy", "dose", &error),
                    STATUS_OK);
    CU_ASSERT_EQUAL(store_write_table(store, "/lesions", table, &error), STATUS_OK);
    CU_ASSERT_EQUAL(store_set_text(store, "/", "flags", "late_imaging", &error), STATUS_OK);
    CU_ASSERT_EQUAL(store_set_number(store, "/patient", "age", 61, &error), STATUS_OK);
    CU_ASSERT_EQUAL(store_write_affine(store, "/transforms/pet", &volume.grid.affine, "t", &error),
                    STATUS_OK);
    CU_ASSERT_EQUAL(store_write_text(store, "/provenance/configuration", "a: 1\n", &error),
                    STATUS_OK);
    CU_ASSERT_EQUAL(store_commit(store, &error), STATUS_OK);
    table_free(table);
    volume_free(&volume);
}

static void images_come_back_as_written(void) {
    char path[256];
    scratch_path("images.h5", path);
    write_example(path);
    Store *store;
    Error error;
    Volume expected = example_volume(), read;
    CU_ASSERT_EQUAL_FATAL(store_open(path, &store, &error), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(store_read_volume(store, "/dose/kernel", &read, &error), STATUS_OK);
    CU_ASSERT_TRUE(grid_is_same(&read.grid, &expected.grid, 0));
    CU_ASSERT_EQUAL(memcmp(read.voxels, expected.voxels, 60 * sizeof(float)), 0);
    Affine map;
    CU_ASSERT_EQUAL(store_read_affine(store, "/transforms/pet", &map, &error), STATUS_OK);
    ASSERT_NEAR(map.m[2][3], -77.5, 0);
    volume_free(&read);
    volume_free(&expected);
    store_close(store);
}

static void tables_and_attributes_come_back(void) {
    char path[256], flags[64];
    scratch_path("tables.h5", path);
    write_example(path);
    Store *store;
    Table *table;
    Error error;
    double age = 0;
    CU_ASSERT_EQUAL_FATAL(store_open(path, &store, &error), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(store_read_table(store, "/lesions", &table, &error), STATUS_OK);
    CU_ASSERT_EQUAL(table_row_count(table), 3);
    CU_ASSERT_STRING_EQUAL(table_text(table, 0, "lesion"), "L\xc3\xa4sion");
    CU_ASSERT_STRING_EQUAL(table_text(table, 1, "lesion"), "");
    ASSERT_NEAR(table_number(table, 1, "davg_gy"), 21.5, 0);
    CU_ASSERT_TRUE(isnan(table_number(table, 2, "davg_gy")));
    CU_ASSERT_STRING_EQUAL(table_column_units(table, 1), "Gy");
    CU_ASSERT_EQUAL(store_get_text(store, "/", "flags", flags, sizeof flags, &error), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(flags, "late_imaging");
    CU_ASSERT_EQUAL(store_get_number(store, "/patient", "age", &age, &error), STATUS_OK);
    ASSERT_NEAR(age, 61, 0);
    table_free(table);
    store_close(store);
}

static void attributes_are_listed_and_copied(void) {
    char from[256], to[256], **names, sex[16] = "";
    double age = 0;
    size_t count;
    Store *source, *target;
    Error error;
    scratch_path("from.h5", from);
    scratch_path("to.h5", to);
    CU_ASSERT_EQUAL_FATAL(store_create(from, &source, &error), STATUS_OK);
    store_set_text(source, "/patient", "sex", "female", &error);
    store_set_number(source, "/patient", "age", 61, &error);
    CU_ASSERT_EQUAL_FATAL(store_create(to, &target, &error), STATUS_OK);
    CU_ASSERT_EQUAL(store_copy_attributes(source, target, "/patient", &error), STATUS_OK);
    CU_ASSERT_EQUAL(store_copy_attributes(source, target, "/nothing", &error), STATUS_OK);
    CU_ASSERT_EQUAL(store_get_text(target, "/patient", "sex", sex, sizeof sex, &error), STATUS_OK);
    CU_ASSERT_EQUAL(store_get_number(target, "/patient", "age", &age, &error), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(sex, "female");
    ASSERT_NEAR(age, 61, 0);
    CU_ASSERT_EQUAL(store_list_attributes(target, "/patient", &names, &count, &error), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(count, 2);
    CU_ASSERT_STRING_EQUAL(names[0], "age");
    CU_ASSERT_STRING_EQUAL(names[1], "sex");
    store_free_names(names, count);
    store_close(source);
    store_close(target);
}

static void an_empty_table_comes_back_empty(void) {
    char path[256];
    scratch_path("empty.h5", path);
    Store *store;
    Error error;
    Table *table = table_new(), *read;
    table_add_column(table, "lesion", COLUMN_TEXT, NULL, "lesion", &error);
    table_add_column(table, "davg_gy", COLUMN_NUMBER, "Gy", "dose", &error);
    CU_ASSERT_EQUAL_FATAL(store_create(path, &store, &error), STATUS_OK);
    CU_ASSERT_EQUAL(store_write_table(store, "/lesions", table, &error), STATUS_OK);
    CU_ASSERT_EQUAL(store_commit(store, &error), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(store_open(path, &store, &error), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(store_read_table(store, "/lesions", &read, &error), STATUS_OK);
    CU_ASSERT_EQUAL(table_row_count(read), 0);
    CU_ASSERT_EQUAL(table_column_count(read), 2);
    table_free(read);
    table_free(table);
    store_close(store);
}

static void what_is_missing_is_named(void) {
    char path[256], text[16];
    scratch_path("missing.h5", path);
    write_example(path);
    Store *store;
    Error error;
    Volume volume;
    CU_ASSERT_EQUAL_FATAL(store_open(path, &store, &error), STATUS_OK);
    CU_ASSERT_EQUAL(store_read_volume(store, "/dose/monte_carlo", &volume, &error),
                    STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "/dose/monte_carlo"));
    CU_ASSERT_EQUAL(store_get_text(store, "/", "stratum", text, sizeof text, &error),
                    STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "stratum"));
    CU_ASSERT_EQUAL(store_read_volume(store, "/lesions/davg_gy", &volume, &error), STATUS_BAD_DATA);
    CU_ASSERT_FALSE(store_has(store, "/no/such/thing"));
    CU_ASSERT_TRUE(store_has(store, "/lesions/lesion"));
    store_close(store);
}

static void same_content_gives_same_bytes(void) {
    char first[256], second[256], digests[2][DIGEST_TEXT_SIZE];
    Error error;
    scratch_path("first.h5", first);
    scratch_path("second.h5", second);
    write_example(first);
    sleep(1); /* a time stamp of one second would show */
    write_example(second);
    CU_ASSERT_EQUAL(digest_path(first, digests[0], &error), STATUS_OK);
    CU_ASSERT_EQUAL(digest_path(second, digests[1], &error), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(digests[0], digests[1]);
}

static void truncated_files_are_refused(void) {
    char path[256];
    scratch_path("truncated.h5", path);
    write_example(path);
    CU_ASSERT_EQUAL(truncate(path, 1500), 0);
    Store *store;
    Error error;
    CU_ASSERT_EQUAL(store_open(path, &store, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NULL(store);
    CU_ASSERT_EQUAL(store_open("/no/such/file.h5", &store, &error), STATUS_NO_INPUT);
}

static void an_abandoned_store_leaves_nothing(void) {
    char path[256], command[320];
    scratch_path("folder/abandoned.h5", path);
    Store *store;
    Error error;
    CU_ASSERT_EQUAL_FATAL(store_create(path, &store, &error), STATUS_OK);
    CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0); /* not visible before it is committed */
    store_close(store);
    snprintf(command, sizeof command, "test -z \"$(ls -A %s/folder)\"", scratch_folder());
    CU_ASSERT_EQUAL(system(command), 0);
}

static void left_overs_of_a_killed_run_are_removed(void) {
    char left_over[256], path[256];
    Error error;
    scratch_path("killed.h5", path);
    scratch_path(".killed.h5.999999.part", left_over);
    close(open(left_over, O_CREAT | O_WRONLY, 0666));
    write_example(path);
    CU_ASSERT_NOT_EQUAL(access(left_over, F_OK), 0);
    CU_ASSERT_EQUAL(access(path, F_OK), 0);
    Store *store;
    CU_ASSERT_EQUAL(store_create("/proc/no/folder.h5", &store, &error), STATUS_CANNOT_CREATE);
}

/* What a writer leaves that makes an image and dies before it writes voxels. */
static void an_image_never_written_is_refused(void) {
    char path[256];
    scratch_path("hollow.h5", path);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hsize_t size[3] = {64, 4096, 4096}, chunk[3] = {1, 4096, 4096}, matrix[2] = {4, 4};
    hid_t space = H5Screate_simple(3, size, NULL), properties = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(properties, 3, chunk);
    hid_t image =
        H5Dcreate2(file, "voxels", H5T_IEEE_F32LE, space, H5P_DEFAULT, properties, H5P_DEFAULT);
    hid_t square = H5Screate_simple(2, matrix, NULL);
    hid_t attribute =
        H5Acreate2(image, "affine", H5T_NATIVE_DOUBLE, square, H5P_DEFAULT, H5P_DEFAULT);
    Affine identity = affine_identity();
    H5Awrite(attribute, H5T_NATIVE_DOUBLE, identity.m);
    H5Aclose(attribute);
    H5Sclose(square);
    H5Dclose(image);
    H5Pclose(properties);
    H5Sclose(space);
    H5Fclose(file);

    Store *store;
    Volume volume;
    Error error;
    CU_ASSERT_EQUAL_FATAL(store_open(path, &store, &error), STATUS_OK);
    CU_ASSERT_EQUAL(store_read_volume(store, "/voxels", &volume, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "never written"));
    store_close(store);
}

int main(void) {
    static const UnitTest tests[] = {
        {"images come back as written", images_come_back_as_written},
        {"tables and attributes come back", tables_and_attributes_come_back},
        {"attributes are listed and copied", attributes_are_listed_and_copied},
        {"an empty table comes back empty", an_empty_table_comes_back_empty},
        {"what is missing is named", what_is_missing_is_named},
        {"same content gives the same bytes", same_content_gives_same_bytes},
        {"truncated files are refused", truncated_files_are_refused},
        {"an abandoned store leaves nothing", an_abandoned_store_leaves_nothing},
        {"left-overs of a killed run are removed", left_overs_of_a_killed_run_are_removed},
        {"an image that was never written is refused", an_image_never_written_is_refused},
    };
    return suite_run("store", tests, sizeof tests / sizeof *tests);
}
