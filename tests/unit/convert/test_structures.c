/* Mask rows into convert.h5: names, attributes, folders, what is refused. */
#include "convert/structures.h"

#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
#include "tests/unit/convert/structure_fixtures.h"

enum { NI = 6, NJ = 5, NK = 4, N_VOXELS = NI * NJ * NK };
static const short SIZE[3] = {NI, NJ, NK};
static const float ORIGIN[3] = {10, 20, 30};

static void write_labels(const char *path, const uint8_t *labels, size_t count) {
    uint8_t values[N_VOXELS] = {0};
    for (size_t n = 0; n < count; n++) {
        values[n * 7 + 31] = labels[n];
    }
    write_nifti(path, SIZE, DT_UINT8, 8, ORIGIN, values, sizeof values);
}

static Store *new_store(void) {
    Store *store = NULL;
    Error error;
    CU_ASSERT_EQUAL_FATAL(store_create(scratch_file("convert.h5"), &store, &error), STATUS_OK);
    return store;
}

static Status import(const char *path, const char *map, Store *store, Flags *flags, Error *error) {
    PatientImage image = nifti_image_of("anatomy_post", SIZE, ORIGIN);
    FrameRegistry *frames = frame_registry_new();
    Status status = structures_import(path, map, &image, 1, frames, store, flags, error);
    frame_registry_free(frames);
    return status;
}

static void assert_text(const Store *store, const char *object, const char *name,
                        const char *wanted) {
    char value[64] = "";
    Error error;
    CU_ASSERT_EQUAL(store_get_text(store, object, name, value, sizeof value, &error), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(value, wanted);
}

static void groups_are_as_documented(void) {
    const char *path = scratch_file("mask.nii");
    Store *store = new_store();
    Flags flags = {0};
    Error error = {0};
    LabelMap mask;
    write_labels(path, (const uint8_t[]){1, 1, 2, 3}, 4);
    CU_ASSERT_EQUAL_FATAL(import(path, "1=liver;2=lesion:Seg 4a", store, &flags, &error),
                          STATUS_OK);
    assert_text(store, "/structures/liver", "role", "liver");
    assert_text(store, "/structures/liver", "label", "");
    assert_text(store, "/structures/liver", "frame_of_reference", "none");
    assert_text(store, "/structures/liver", "image", "anatomy_post");
    assert_text(store, "/structures/liver", "format", "NIFTI");
    assert_text(store, "/structures/lesion_seg_4a", "label", "Seg 4a");
    CU_ASSERT_EQUAL_FATAL(store_read_label_map(store, "/structures/liver/mask", &mask, &error),
                          STATUS_OK);
    CU_ASSERT_EQUAL(label_map_count(&mask, 1), 2);
    label_map_free(&mask);
    char **names = NULL;
    size_t count = 0;
    store_list(store, "/structures", &names, &count, &error);
    CU_ASSERT_EQUAL(count, 2); /* label 3 is not in the map */
    store_free_names(names, count);
    CU_ASSERT_STRING_EQUAL(flags.text, "");
    store_close(store);
}

static void lesions_without_label_are_numbered(void) {
    const char *path = scratch_file("mask.nii");
    Store *store = new_store();
    Flags flags = {0};
    Error error = {0};
    write_labels(path, (const uint8_t[]){1, 2, 3}, 3);
    CU_ASSERT_EQUAL(import(path, "1=lesion;2=lesion:L2;3=lesion", store, &flags, &error),
                    STATUS_OK);
    assert_text(store, "/structures/lesion_l1", "label", "L1");
    assert_text(store, "/structures/lesion_l2", "label", "L2");
    assert_text(store, "/structures/lesion_l3", "label", "L3");
    CU_ASSERT_STRING_EQUAL(flags.text, "");
    store_close(store);
}

static void names_used_again_get_a_suffix(void) {
    const char *path = scratch_file("mask.nii");
    Store *store = new_store();
    Flags flags = {0};
    Error error = {0};
    write_labels(path, (const uint8_t[]){1, 2}, 2);
    for (int row = 0; row < 3; row++) {
        CU_ASSERT_EQUAL(import(path, "1=liver;2=lesion:L1", store, &flags, &error), STATUS_OK);
    }
    assert_text(store, "/structures/liver_2", "label", "");
    assert_text(store, "/structures/lesion_l1", "label", "L1");
    assert_text(store, "/structures/lesion_l1_2", "label", "L1_2");
    assert_text(store, "/structures/lesion_l1_3", "label", "L1_3");
    CU_ASSERT_STRING_EQUAL(flags.text, "lesion_label_repeated");
    store_close(store);
}

static void folder_imports_all_in_order_of_name(void) {
    char folder[FIXTURE_PATH_SIZE - 32], path[FIXTURE_PATH_SIZE];
    snprintf(folder, sizeof folder, "%s/masks", scratch_folder());
    mkdir(folder, 0700);
    snprintf(path, sizeof path, "%s/b.nii", folder);
    write_labels(path, (const uint8_t[]){2, 3}, 2);
    snprintf(path, sizeof path, "%s/a.nii", folder);
    write_labels(path, (const uint8_t[]){1, 3, 3}, 3);
    snprintf(path, sizeof path, "%s/readme.txt", folder);
    fclose(fopen(path, "wb"));
    Store *store = new_store();
    Flags flags = {0};
    Error error = {0};
    CU_ASSERT_EQUAL(import(folder, "1=liver;2=vessel;3=lesion", store, &flags, &error), STATUS_OK);
    CU_ASSERT_TRUE(store_has(store, "/structures/liver"));
    CU_ASSERT_TRUE(store_has(store, "/structures/vessel"));
    LabelMap mask;
    store_read_label_map(store, "/structures/lesion_l1/mask", &mask, &error);
    CU_ASSERT_EQUAL(label_map_count(&mask, 1), 2); /* that of a.nii */
    label_map_free(&mask);
    CU_ASSERT_TRUE(store_has(store, "/structures/lesion_l2"));
    store_close(store);
}

static void seg_file_is_known_by_its_content(void) {
    static const uint8_t values[15] = {[6] = 1};
    SegSpec spec = {.type = "BINARY",
                    .columns = 5,
                    .rows = 3,
                    .n_frames = 1,
                    .positions = {"0\\0\\0"},
                    .segments = {1},
                    .n_segments = 1,
                    .slice_spacing = "3",
                    .values = values};
    const char *path = scratch_file("no_extension");
    write_seg(path, &spec);
    PatientImage image = upright_image("mr", 9, 9, 9, 1, 1, (const double[3]){0});
    strcpy(image.frame_uid, "1.2.3");
    FrameRegistry *frames = frame_registry_new();
    Store *store = new_store();
    Flags flags = {0};
    Error error = {0};
    CU_ASSERT_EQUAL(structures_import(path, "S1=vessel", &image, 1, frames, store, &flags, &error),
                    STATUS_OK);
    assert_text(store, "/structures/vessel", "format", "SEG");
    assert_text(store, "/structures/vessel", "frame_of_reference", "F1");
    assert_text(store, "/structures/vessel", "image", "none");
    frame_registry_free(frames);
    store_close(store);
}

/* What importing `path` logs. */
static void import_logged(const char *path, const char *map, const PatientImage *image,
                          char text[4096]) {
    const char *log = scratch_file("log.txt");
    FrameRegistry *frames = frame_registry_new();
    Store *store = new_store();
    Flags flags = {0};
    Error error = {0};
    int kept = dup(STDERR_FILENO);
    CU_ASSERT_PTR_NOT_NULL_FATAL(freopen(log, "wb", stderr));
    log_configure("test", LOG_WARNING, LOG_TEXT, -1);
    CU_ASSERT_EQUAL(structures_import(path, map, image, 1, frames, store, &flags, &error),
                    STATUS_OK);
    log_configure("test", LOG_ERROR, LOG_TEXT, -1);
    fflush(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
    FILE *file = fopen(log, "rb");
    text[fread(text, 1, 4095, file)] = '\0';
    fclose(file);
    frame_registry_free(frames);
    store_close(store);
}

static void ignored_files_are_named(void) {
    char folder[FIXTURE_PATH_SIZE - 32], path[FIXTURE_PATH_SIZE], text[4096];
    static const char *const files[] = {"liver", "GTV 1", "hot_spot"};
    PatientImage image = nifti_image_of("anatomy_post", SIZE, ORIGIN);
    snprintf(folder, sizeof folder, "%s/unmapped", scratch_folder());
    mkdir(folder, 0700);
    for (size_t n = 0; n < 3; n++) {
        snprintf(path, sizeof path, "%s/%s.nii", folder, files[n]);
        write_labels(path, (const uint8_t[]){1}, 1);
    }
    import_logged(folder, "", &image, text);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "unmapped: structures not imported (2)"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, ": 'GTV 1.nii', 'hot_spot.nii'\n"));
    import_logged(folder, "1=lesion", &image, text); /* a map leaves out on purpose */
    CU_ASSERT_STRING_EQUAL(text, "");
}

/* STS_001 (geometry: test_rtstruct.c) has GTV_Mass and GTV_Edema. */
static void ignored_regions_are_named(void) {
    const char *path = scratch_file("renamed.dcm");
    char text[4096];
    PatientImage image = upright_image("pet", 128, 128, 267, 4.6875, (-11.479994 + 881.3) / 266,
                                       (const double[3]){-297.65625, -297.65625, -881.3});
    DicomFile *file = NULL;
    Error error;
    copy_damaged(archive_file("sts001_fdgpet_mr_dicom", "FDG_PET/mask", "1-1.dcm"), path,
                 "GTV_Mass", "lesion_1", 1);
    CU_ASSERT_EQUAL_FATAL(dicom_open(path, &file, &error), STATUS_OK);
    dicom_text(file, "3006,0010[0]/0020,0052", image.frame_uid, sizeof image.frame_uid);
    dicom_close(file);
    import_logged(path, NULL, &image, text);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "renamed.dcm: structures not imported (1)"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, ": 'GTV_Edema'\n"));
    import_logged(path, "1=lesion", &image, text);
    CU_ASSERT_STRING_EQUAL(text, "");
}

static void assert_refused(const char *path, const char *map, Status status, const char *wanted) {
    Store *store = new_store();
    Flags flags = {0};
    Error error = {0};
    CU_ASSERT_EQUAL(import(path, map, store, &flags, &error), status);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, wanted));
    CU_ASSERT_FALSE(store_has(store, "/structures"));
    store_close(store);
}

static void wrong_rows_are_refused(void) {
    const char *labels = scratch_file("mask.nii");
    write_labels(labels, (const uint8_t[]){1, 2}, 2);
    assert_refused(labels, "1=liver;9=lesion:L1", STATUS_BAD_DATA, "'9' (lesion:L1)");
    assert_refused(labels, "1=liver;9=lesion:L1", STATUS_BAD_DATA, "mask.nii: ");
    assert_refused(labels, "1=liver;9", STATUS_BAD_DATA, "'9' has no '='");
    assert_refused(labels, "", STATUS_BAD_DATA, "holds 1, 2;");
    assert_refused("/nowhere/mask.nii", "1=liver", STATUS_NO_INPUT, "mask not found");
    const char *text = scratch_file("notes.txt");
    fclose(fopen(text, "wb"));
    assert_refused(text, "1=liver", STATUS_BAD_DATA, "wanted a mask");
    const char *folder = scratch_file("empty");
    mkdir(folder, 0700);
    assert_refused(folder, "1=liver", STATUS_NO_INPUT, "holds no mask");
    const char *ct = archive_file("dcmqi_liver_seg", "ct-3slice", "01.dcm");
    assert_refused(ct, "1=liver", STATUS_BAD_DATA, "Modality (0008,0060) is CT");
}

int main(void) {
    log_configure("test", LOG_ERROR, LOG_TEXT, -1); /* no warnings: they are expected */
    static const UnitTest tests[] = {
        {"groups are as documented", groups_are_as_documented},
        {"lesions without a label are numbered", lesions_without_label_are_numbered},
        {"names used again get a suffix", names_used_again_get_a_suffix},
        {"a folder imports all in order of name", folder_imports_all_in_order_of_name},
        {"a SEG file is known by its content", seg_file_is_known_by_its_content},
        {"ignored files are named", ignored_files_are_named},
        {"ignored regions are named", ignored_regions_are_named},
        {"wrong rows are refused", wrong_rows_are_refused},
    };
    return suite_run("convert/structures", tests, sizeof tests / sizeof tests[0]);
}
