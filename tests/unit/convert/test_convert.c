/* What convert.h5 says of one patient: names, units, flags, clinical values, and the rows that fail
 * only their patient. The images are NIfTI written here. */
#include "convert/convert.h"

#include <math.h>
#include <nifti1.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/suite.h"

enum { PATH_SIZE = 512, N_VOXELS = 8 };

static const char usual_patients[] = "center\tpatient\tprogression\tage\tsex\tecog\n"
                                     "C\tP\tunknown\t61.5\tF\t\n";
static const char usual_treatments[] =
    "center\tpatient\ttreatment\tadministered_at\tactivity_gbq\tmicrosphere\n"
    "C\tP\tT1\t2024-03-05 10:00\t2.5\tglass\n"
    "C\tP\tT2\t2024-04-05T10:00:00\t1.5\t\n";
static const char usual_images[] = "center\tpatient\ttimepoint\trole\tpath\n"
                                   "C\tP\tPost T1\tpet\tpet.nii\n"
                                   "C\tP\tPost T1\tct\tct.nii\n"
                                   "C\tP\tPost-T1\tct\tct.nii\n";
static const char usual_sidecar[] =
    "{\"Units\": \"Bq/mL\", \"TracerRadionuclide\": \"Y90\", \"ImageDecayCorrected\": true,"
    "\"ImageDecayCorrectionTime\": 0, \"TimeZero\": \"%s\", \"AcquisitionDate\": \"2024-03-05\","
    "\"ScanStart\": 0, \"InjectionStart\": %d, \"FrameDuration\": [1200]}";

static void write_text(const char *name, const char *text, char path[CONFIG_PATH_SIZE]) {
    snprintf(path, CONFIG_PATH_SIZE, "%s/%s", scratch_folder(), name);
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
}

static void write_nifti(const char *name, const float voxels[N_VOXELS]) {
    char path[PATH_SIZE];
    nifti_1_header header = {.sizeof_hdr = 348,
                             .dim = {3, 2, 2, 2, 1, 1, 1, 1},
                             .datatype = DT_FLOAT32,
                             .bitpix = 32,
                             .pixdim = {1, 2, 2, 2, 0, 0, 0, 0},
                             .vox_offset = 352,
                             .sform_code = 1,
                             .srow_x = {2, 0, 0, 0},
                             .srow_y = {0, 2, 0, 0},
                             .srow_z = {0, 0, 2, 0},
                             .magic = "n+1"};
    snprintf(path, sizeof path, "%s/%s", scratch_folder(), name);
    FILE *file = fopen(path, "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fwrite(&header, sizeof header, 1, file);
    fwrite("\0\0\0\0", 1, 4, file);
    fwrite(voxels, sizeof(float), N_VOXELS, file);
    fclose(file);
}

static void write_archive(const char *time_zero, int injection_start_s) {
    char text[1024], path[CONFIG_PATH_SIZE];
    const float voxels[N_VOXELS] = {1, 2, 3, 4, 5, 6, 7, 8};
    write_nifti("pet.nii", voxels);
    write_nifti("ct.nii", voxels);
    snprintf(text, sizeof text, usual_sidecar, time_zero, injection_start_s);
    write_text("pet.json", text, path);
}

/* Converts patient C/P; the result, opened, or NULL. `digests` may be NULL. */
static Store *convert(const char *treatments, const char *images, char **digests, Error *error) {
    static Config config;
    char out[PATH_SIZE];
    void *shared = NULL;
    Store *store = NULL;
    write_text("patients.tsv", usual_patients, config.patients_sheet);
    write_text("treatments.tsv", treatments, config.treatments_sheet);
    write_text("images.tsv", images, config.images_sheet);
    snprintf(out, sizeof out, "%s/convert.h5", scratch_folder());
    PatientJob job = {.config = &config, .center = "C", .patient = "P"};
    CU_ASSERT_EQUAL_FATAL(convert_begin(&config, &shared, error), STATUS_OK);
    job.shared = shared;
    if (digests != NULL) {
        CU_ASSERT_EQUAL(convert_digest_sources(shared, "C", "P", digests, NULL, error), STATUS_OK);
    }
    CU_ASSERT_EQUAL_FATAL(store_create(out, &job.output, error), STATUS_OK);
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

static void test_contents(void) {
    Error error = {0};
    Table *treatments = NULL;
    double age = 0, *factors = NULL;
    size_t n_factors = 0;
    write_archive("12:00:00", -7200);
    Store *store = convert(usual_treatments, usual_images, NULL, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(store);
    check_text(store, "/patient", "progression", "unknown");
    check_text(store, "/patient", "sex", "F");
    CU_ASSERT_EQUAL(store_get_number(store, "/patient", "age", &age, &error), STATUS_OK);
    ASSERT_NEAR(age, 61.5, 0);
    CU_ASSERT_FALSE(store_has_attribute(store, "/patient", "ecog"));
    CU_ASSERT_FALSE(store_has_attribute(store, "/patient", "line"));
    CU_ASSERT_EQUAL_FATAL(store_read_table(store, "/treatments", &treatments, &error), STATUS_OK);
    CU_ASSERT_EQUAL(table_row_count(treatments), 2);
    CU_ASSERT_STRING_EQUAL(table_text(treatments, 0, "administered_at"), "2024-03-05T10:00:00");
    CU_ASSERT_STRING_EQUAL(table_text(treatments, 0, "microsphere"), "glass");
    CU_ASSERT_TRUE(isnan(table_number(treatments, 0, "residual_gbq")));
    table_free(treatments);
    CU_ASSERT_TRUE(store_has(store, "/images/ct_post_t1/voxels"));
    CU_ASSERT_TRUE(store_has(store, "/images/ct_post_t1_2/voxels")); /* made unique */
    check_text(store, "/images/pet_post_t1", "timepoint", "Post T1");
    check_text(store, "/images/pet_post_t1", "modality", "unknown");
    check_text(store, "/images/pet_post_t1", "frame_of_reference", "none");
    check_text(store, "/images/pet_post_t1", "acquisition_time", "2024-03-05T12:00:00");
    check_text(store, "/images/pet_post_t1", "injection_time", "2024-03-05T10:00:00");
    check_text(store, "/images/pet_post_t1/voxels", "units", "Bq mL-1");
    check_text(store, "/images/ct_post_t1/voxels", "units", "1");
    CU_ASSERT_EQUAL(store_read_array(store, "/images/pet_post_t1/slice_decay_factor", &factors,
                                     &n_factors, &error),
                    STATUS_OK);
    CU_ASSERT_EQUAL(n_factors, 2);
    free(factors);
    check_text(store, "/", "flags", "");
    store_close(store);
}

static void check_flags(const char *time_zero, int injection_start_s, const char *expected) {
    Error error = {0};
    write_archive(time_zero, injection_start_s);
    Store *store = convert(usual_treatments, usual_images, NULL, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(store);
    check_text(store, "/", "flags", expected);
    store_close(store);
}

static void test_flags(void) {
    check_flags("12:00:00", -7200 + 600, ""); /* ten minutes after 10:00 */
    check_flags("12:00:00", -7200 + 601, "injection_time_differs");
    check_flags("2024-03-05T12:00:00Z", -7200, "one_clock_assumed");
}

static void check_refused(const char *treatments, const char *images, Status status,
                          const char *phrase) {
    Error error = {0};
    CU_ASSERT_PTR_NULL(convert(treatments, images, NULL, &error));
    CU_ASSERT_EQUAL(error.status, status);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, phrase));
    if (strstr(error.message, phrase) == NULL) {
        printf("message: %s\n", error.message);
    }
}

static void test_refused(void) {
    static const char header[] = "center\tpatient\ttreatment\tadministered_at\tactivity_gbq\n";
    char text[512];
    write_archive("12:00:00", -7200);
    snprintf(text, sizeof text, "%sC\tP\tT1\tyesterday\t2\n", header);
    check_refused(text, usual_images, STATUS_BAD_DATA, "treatments.tsv:2: treatment");
    snprintf(text, sizeof text, "%sC\tP\tT1\t2024-03-05T10:00\t2\nC\tP\tT1\t2024-04-05T10:00\t2\n",
             header);
    check_refused(text, usual_images, STATUS_BAD_DATA,
                  "treatments.tsv:3: treatment: treatment "
                  "'T1' is already listed in line 2");
    check_refused(usual_treatments,
                  "center\tpatient\ttimepoint\trole\tpath\nC\tP\ta\tpet\tnowhere.nii\n",
                  STATUS_NO_INPUT, "images.tsv:2: pet: nowhere.nii");
    check_refused(usual_treatments,
                  "center\tpatient\ttimepoint\trole\tpath\nC\tP\ta\tpet\tct.nii\n", STATUS_NO_INPUT,
                  "ct.json");
    const float bad[N_VOXELS] = {1, 2, NAN, 4, INFINITY, 6, 7, 8};
    write_nifti("ct.nii", bad);
    check_refused(usual_treatments, usual_images, STATUS_BAD_DATA, "2");
}

/* A digest follows content, not names, and everything that the result depends on. */
static void test_digests(void) {
    Error error = {0};
    char *first = NULL, *second = NULL, *third = NULL, *fourth = NULL;
    write_archive("12:00:00", -7200);
    store_close(convert(usual_treatments, usual_images, &first, &error));
    store_close(convert(usual_treatments, usual_images, &second, &error));
    CU_ASSERT_STRING_EQUAL(first, second);
    CU_ASSERT_PTR_NOT_NULL(strstr(first, "  sheet rows\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(first, "  pet\n"));
    write_archive("12:00:01", -7200); /* only the sidecar differs */
    store_close(convert(usual_treatments, usual_images, &third, &error));
    CU_ASSERT_STRING_NOT_EQUAL(first, third);
    store_close(convert("center\tpatient\ttreatment\tadministered_at\tactivity_gbq\n", usual_images,
                        &fourth, &error));
    CU_ASSERT_STRING_NOT_EQUAL(third, fourth);
    free(first);
    free(second);
    free(third);
    free(fourth);
}

int main(void) {
    static const UnitTest tests[] = {
        {"convert.h5 holds what the contract says", test_contents},
        {"times that differ are flagged", test_flags},
        {"a wrong row fails its patient, naming file and line", test_refused},
        {"digests follow content", test_digests},
    };
    return suite_run("convert/convert", tests, sizeof tests / sizeof tests[0]);
}
