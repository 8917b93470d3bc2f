/* Which file of a folder is read: DICOM goes first, else the one NIfTI image. */
#include "convert/image_import.h"

#include <stdio.h>
#include <sys/stat.h>

#include "tests/unit/convert/structure_fixtures.h"

static const short SIZE[3] = {3, 2, 2};
static const float ORIGIN[3] = {10, 20, 30};
static const char SIDECAR[] =
    "{\"Units\": \"Bq/mL\", \"TracerRadionuclide\": \"Y90\", \"ImageDecayCorrected\": true,"
    "\"ImageDecayCorrectionTime\": 0, \"TimeZero\": \"12:00:00\", \"ScanStart\": 0,"
    "\"AcquisitionDate\": \"2024-03-05\", \"InjectionStart\": -7200, \"FrameDuration\": [1200]}";

static const char *new_folder(const char *name) {
    const char *folder = scratch_file(name);
    CU_ASSERT_EQUAL_FATAL(mkdir(folder, 0700), 0);
    return folder;
}

static void put_file(const char *folder, const char *name, const char *text) {
    char path[2 * FIXTURE_PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
}

static void put_nifti(const char *folder, const char *name) {
    static const float values[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    char path[2 * FIXTURE_PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    write_nifti(path, SIZE, DT_FLOAT32, 32, ORIGIN, values, sizeof values);
}

static Status import(const char *role, const char *path, PatientImage *image, Error *error) {
    static const Nuclide nuclide = {.name = "Y-90", .half_life_h = 64.04};
    Store *store = NULL;
    Flags flags = {0};
    FrameRegistry *frames = frame_registry_new();
    Table *treatments = table_new();
    CU_ASSERT_EQUAL_FATAL(store_create(scratch_file("convert.h5"), &store, error), STATUS_OK);
    ImageImport import = {.frames = frames,
                          .output = store,
                          .flags = &flags,
                          .nuclide = &nuclide,
                          .treatments = treatments};
    Status status = image_import(&import, role, "post", path, image, error);
    store_close(store);
    table_free(treatments);
    frame_registry_free(frames);
    return status;
}

static void folder_of_one_nifti_is_that_image(void) {
    PatientImage image;
    Error error = {0};
    const char *folder = new_folder("one");
    put_nifti(folder, "scan.nii");
    put_file(folder, "scan.json", SIDECAR);
    put_file(folder, "._scan.nii", "what macOS leaves on other disks");
    CU_ASSERT_EQUAL(import("pet", folder, &image, &error), STATUS_OK);
    CU_ASSERT_EQUAL(image.grid.size[0], 3);
    CU_ASSERT_STRING_EQUAL(image.name, "pet_post");
    static const char *const roles[] = {"anatomy", "ct", "mr"};
    for (size_t n = 0; n < 3; n++) {
        CU_ASSERT_EQUAL(import(roles[n], folder, &image, &error), STATUS_OK);
    }
}

static void assert_refused(const char *folder, const char *wanted) {
    PatientImage image;
    Error error = {0};
    CU_ASSERT_EQUAL(import("pet", folder, &image, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, wanted));
    if (strstr(error.message, wanted) == NULL) {
        printf("message: %s\n", error.message);
    }
}

static void folders_that_are_not_one_image_are_refused(void) {
    const char *folder = new_folder("several");
    assert_refused(folder, "holds no DICOM file");
    put_nifti(folder, "a.nii");
    put_nifti(folder, "b.nii");
    assert_refused(folder, "several: the folder holds 2 NIfTI files and no DICOM");
    folder = new_folder("interrupted");
    put_nifti(folder, "a.nii");
    put_file(folder, "1.dcm", "a copy that broke off");
    assert_refused(folder, "is not DICOM although it is called .dcm");
}

/* A NIfTI beside the slices of a series is not read. */
static void dicom_goes_before_nifti(void) {
    PatientImage image;
    Error error = {0};
    const char *folder = new_folder("both");
    put_nifti(folder, "a.nii");
    char path[2 * FIXTURE_PATH_SIZE];
    for (int n = 1; n <= 3; n++) {
        char name[16];
        snprintf(name, sizeof name, "%02d.dcm", n);
        snprintf(path, sizeof path, "%s/%s", folder, name);
        copy_damaged(archive_file("dcmqi_liver_seg", "ct-3slice", name), path, NULL, NULL, 1);
    }
    CU_ASSERT_EQUAL(import("ct", folder, &image, &error), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(image.modality, "CT");
    CU_ASSERT_EQUAL(image.grid.size[2], 3);
}

int main(void) {
    static const UnitTest tests[] = {
        {"a folder of one NIfTI is that image", folder_of_one_nifti_is_that_image},
        {"folders that are not one image are refused", folders_that_are_not_one_image_are_refused},
        {"DICOM goes before NIfTI", dicom_goes_before_nifti},
    };
    return suite_run("convert/image_import", tests, sizeof tests / sizeof tests[0]);
}
