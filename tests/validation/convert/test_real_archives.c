/* Real scanner data through the whole stage, against the independent numbers in tests/data/
 * (the ORIGIN files; pydicom for sums and positions, plastimatch for contour volumes). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "convert/convert.h"
#include "core/timestamp.h"
#include "tests/unit/suite.h"

enum { PATH_SIZE = 1024 };

static void write_sheet(const char *name, const char *text, char path[CONFIG_PATH_SIZE]) {
    snprintf(path, CONFIG_PATH_SIZE, "%s/%s", scratch_folder(), name);
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
}

/* Converts patient C/P with these rows of images.tsv (without center and patient) below `folder`;
 * the result, opened, or NULL. */
static Store *convert(const char *folder, const char *const rows[][4], size_t n, Error *error) {
    static Config config;
    char text[8192] = "center\tpatient\ttimepoint\trole\tpath\tstructure_map\n";
    char out[PATH_SIZE];
    for (size_t r = 0; r < n; r++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "C\tP\t%s\t%s\t%s/%s\t%s\n", rows[r][0],
                 rows[r][1], folder, rows[r][2], rows[r][3]);
    }
    write_sheet("patients.tsv", "center\tpatient\tprogression\tage\nC\tP\tno\t59\n",
                config.patients_sheet);
    write_sheet("treatments.tsv",
                "center\tpatient\ttreatment\tadministered_at\tactivity_gbq\n"
                "C\tP\tT1\t2000-09-07T10:35\t0.388777472\n",
                config.treatments_sheet);
    write_sheet("images.tsv", text, config.images_sheet);
    snprintf(out, sizeof out, "%s/convert.h5", scratch_folder());
    void *shared = NULL;
    PatientJob job = {.config = &config, .center = "C", .patient = "P"};
    CU_ASSERT_EQUAL_FATAL(convert_begin(&config, &shared, error), STATUS_OK);
    job.shared = shared;
    CU_ASSERT_EQUAL_FATAL(store_create(out, &job.output, error), STATUS_OK);
    Store *store = NULL;
    if (convert_patient(&job, error) == STATUS_OK) {
        CU_ASSERT_EQUAL(store_commit(job.output, error), STATUS_OK);
        CU_ASSERT_EQUAL(store_open(out, &store, error), STATUS_OK);
    } else {
        store_close(job.output);
    }
    convert_end(shared);
    return store;
}

static void check_text(const Store *store, const char *object, const char *name,
                       const char *expected) {
    char value[256] = "";
    Error error = {0};
    CU_ASSERT_EQUAL(store_get_text(store, object, name, value, sizeof value, &error), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(value, expected);
}

static void check_number(const Store *store, const char *object, const char *name, double expected,
                         double tolerance) {
    double value = NAN;
    Error error = {0};
    CU_ASSERT_EQUAL(store_get_number(store, object, name, &value, &error), STATUS_OK);
    ASSERT_NEAR(value, expected, tolerance);
}

typedef struct Expected {
    size_t size[3];
    double spacing_mm[3], first_mm[3]; /* position of voxel (0, 0, 0) */
    double sum, max, min;
    double sum_tolerance;
} Expected;

static void check_image(const Store *store, const char *dataset, const Expected *expected) {
    Volume volume;
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(store_read_volume(store, dataset, &volume, &error), STATUS_OK);
    double spacing[3], sum = 0, max = -INFINITY, min = INFINITY;
    grid_spacing_mm(&volume.grid, spacing);
    for (size_t n = 0; n < grid_voxel_count(&volume.grid); n++) {
        double value = (double)volume.voxels[n];
        sum += value;
        max = fmax(max, value);
        min = fmin(min, value);
    }
    for (int a = 0; a < 3; a++) {
        CU_ASSERT_EQUAL(volume.grid.size[a], expected->size[a]);
        ASSERT_NEAR(spacing[a], expected->spacing_mm[a], 1e-4); /* decimals in the headers */
        ASSERT_NEAR(volume.grid.affine.m[a][3], expected->first_mm[a], 1e-5);
    }
    ASSERT_NEAR(sum, expected->sum, expected->sum_tolerance);
    ASSERT_NEAR(max, expected->max, 6e-8 * fabs(expected->max)); /* float32 */
    ASSERT_NEAR(min, expected->min, 0);
    volume_free(&volume);
}

static void check_volume_ml(const Store *store, const char *dataset, double expected_ml) {
    LabelMap mask;
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(store_read_label_map(store, dataset, &mask, &error), STATUS_OK);
    double ml = (double)label_map_count(&mask, 1) * grid_voxel_volume_ml(&mask.grid);
    ASSERT_NEAR(ml, expected_ml, 0.005 * expected_ml); /* another rule for voxels on the edge */
    label_map_free(&mask);
}

static void test_sts001(void) {
    char folder[PATH_SIZE];
    Error error = {0};
    snprintf(folder, sizeof folder, "%s/sts001_fdgpet_mr_dicom",
             unpacked("sts001_fdgpet_mr_dicom.tar.xz"));
    static const char *const rows[][4] = {
        {"Day 0", "pet", "FDG_PET/image", ""},
        {"Day 0", "anatomy", "MR_T1/image", ""},
        {"Day 0", "mr", "MR_T2/image", ""},
        {"Day 0", "mask", "FDG_PET/mask", "GTV_Mass=lesion:P"},
        {"Day 0", "mask", "MR_T1/mask", "GTV_Mass=lesion:M"},
    };
    Store *store = convert(folder, rows, 5, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(store);
    /* Voxel sum, mean (614.661477 over 267 x 128 x 128) and maximum by pydicom; the sum within the
     * rounding of float32 voxels. */
    const Expected pet = {{128, 128, 267},
                          {4.6875, 4.6875, 3.27},
                          {-297.65625, -297.65625, -881.3},
                          2688853840.00,
                          273860.36027,
                          0,
                          0.5};
    check_image(store, "/images/pet_day_0/voxels", &pet);
    /* Spacing along the normal 5.2, of which 5.197 along z: the planes are oblique. */
    const Expected t1 = {{512, 512, 40},
                         {0.390625, 0.390625, 5.2},
                         {-8.63315, -103.56796, -113.77727},
                         2656392042,
                         1807,
                         0,
                         0};
    check_image(store, "/images/anatomy_day_0/voxels", &t1);
    Grid grid;
    CU_ASSERT_EQUAL(store_read_grid(store, "/images/anatomy_day_0/voxels", &grid, &error),
                    STATUS_OK);
    ASSERT_NEAR(grid.affine.m[2][2], 5.19666, 1e-5);
    check_text(store, "/images/pet_day_0", "frame_of_reference", "F1");
    check_text(store, "/images/anatomy_day_0", "frame_of_reference", "F2");
    check_text(store, "/images/mr_day_0", "frame_of_reference", "F2");
    check_text(store, "/images/pet_day_0", "decay_correction", "START");
    check_text(store, "/images/pet_day_0", "decay_reference_time", "2000-09-07T11:20:11");
    check_text(store, "/images/pet_day_0", "injection_time", "2000-09-07T10:35:00"); /* 2711 s */
    check_text(store, "/images/pet_day_0", "radionuclide", "F-18");
    check_number(store, "/images/pet_day_0", "half_life_s", 6588, 0);
    check_number(store, "/images/pet_day_0", "frame_duration_s", 240, 0);
    check_number(store, "/images/pet_day_0", "positron_fraction", 0.97, 0);
    check_text(store, "/", "flags", "slice_gap_uneven"); /* gaps of 3.27, 3.29 and 3.19 mm */
    check_number(store, "/patient", "age", 59, 0);
    check_volume_ml(store, "/structures/lesion_p/mask", 366.080); /* plastimatch */
    check_volume_ml(store, "/structures/lesion_m/mask", 364.754);
    store_close(store);
}

static void test_ct_and_mr(void) {
    char folder[PATH_SIZE];
    Error error = {0};
    /* Sums, extremes and positions of these slices by pydicom. */
    snprintf(folder, sizeof folder, "%s/crlm1004_liver_ct_dicom",
             unpacked("crlm1004_liver_ct_dicom.tar.xz"));
    static const char *const ct_row[][4] = {{"pre", "ct", "image", ""}};
    Store *store = convert(folder, ct_row, 1, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(store);
    /* -3024 HU outside of the circle, 1,115,440 voxels, became -1024: padding is not tissue. */
    const Expected ct = {{512, 512, 20},
                         {0.796875, 0.796875, 5.0},
                         {-198.199997, -204, -325},
                         -3469432436.0,
                         1252,
                         -1024,
                         0};
    check_image(store, "/images/ct_pre/voxels", &ct);
    check_text(store, "/images/ct_pre", "modality", "CT");
    store_close(store);

    snprintf(folder, sizeof folder, "%s/cmbcrc_liver_mr_dicom",
             unpacked("cmbcrc_liver_mr_dicom.tar.xz"));
    static const char *const mr_row[][4] = {{"a", "anatomy", "SCAN_001", ""}};
    store = convert(folder, mr_row, 1, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(store);
    const Expected mr = {{584, 512, 20},
                         {0.6836, 0.6836, 8.0},
                         {-209.98481750, -195.09161377, -120.01435852},
                         5433202735.0,
                         4999,
                         -269,
                         0};
    check_image(store, "/images/anatomy_a/voxels", &mr);
    store_close(store);
}

static void check_refused(const char *folder, const char *const row[][4], size_t n,
                          const char *phrase) {
    Error error = {0};
    CU_ASSERT_PTR_NULL(convert(folder, row, n, &error));
    CU_ASSERT_EQUAL(error.status, STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, phrase));
    if (strstr(error.message, phrase) == NULL) {
        printf("message: %s\n", error.message);
    }
}

static void test_gml(void) {
    char folder[PATH_SIZE];
    snprintf(folder, sizeof folder, "%s/sts002_ct_pet_mr_crop",
             unpacked("sts002_ct_pet_mr_crop.tar.xz"));
    static const char *const row[][4] = {{"a", "pet", "PET/dicom/image", ""}};
    check_refused(folder, row, 1, "images.tsv:2: pet: Units (0054,1001) is 'GML'");
}

/* The real PET, damaged in one way at a time. */
static void test_damaged(void) {
    char folder[PATH_SIZE], slice[2 * PATH_SIZE], kept[2 * PATH_SIZE + 8];
    snprintf(folder, sizeof folder, "%s/sts001_fdgpet_mr_dicom",
             unpacked("sts001_fdgpet_mr_dicom.tar.xz"));
    static const char *const pet[][4] = {{"a", "pet", "FDG_PET/image", ""}};
    snprintf(slice, sizeof slice, "%s/FDG_PET/image/1-100.dcm", folder);
    snprintf(kept, sizeof kept, "%s/kept", scratch_folder());
    CU_ASSERT_EQUAL_FATAL(rename(slice, kept), 0);
    check_refused(folder, pet, 1, "slices are missing");
    FILE *whole = fopen(kept, "rb"), *cut = fopen(slice, "wb");
    char bytes[20000];
    fwrite(bytes, 1, fread(bytes, 1, sizeof bytes, whole), cut);
    fclose(whole);
    fclose(cut);
    check_refused(folder, pet, 1, "1-100.dcm: the DICOM file is truncated");
    CU_ASSERT_EQUAL_FATAL(rename(kept, slice), 0);
    /* The MR of one person beside the CT of another. */
    char parent[PATH_SIZE];
    snprintf(parent, sizeof parent, "%s/both", scratch_folder());
    mkdir(parent, 0700);
    char link_path[5 * PATH_SIZE];
    snprintf(link_path, sizeof link_path, "ln -s '%s' '%s/sts' && ln -s '%s' '%s/crlm'", folder,
             parent, unpacked("crlm1004_liver_ct_dicom.tar.xz"), parent);
    CU_ASSERT_EQUAL_FATAL(system(link_path), 0);
    static const char *const two[][4] = {{"a", "mr", "sts/MR_T2/image", ""},
                                         {"a", "ct", "crlm/crlm1004_liver_ct_dicom/image", ""}};
    check_refused(parent, two, 2, "another patient");
}

int main(void) {
    static const UnitTest tests[] = {
        {"STS_001: PET, MR and contours agree with ORIGIN", test_sts001},
        {"CRLM-CT-1004 and CMB-CRC: geometry and values agree", test_ct_and_mr},
        {"STS_002: a PET in GML is refused", test_gml},
        {"missing, truncated and other patients' files are refused", test_damaged},
    };
    return suite_run("convert/real_archives", tests, sizeof tests / sizeof tests[0]);
}
