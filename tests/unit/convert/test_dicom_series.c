/* Series of DICOM files: which are taken, which refused, and their voxels. The files are written
 * here, with one defect at a time. Real series: tests/validation/convert/. */
#include "convert/dicom_series.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/convert/dicom_writer.h"
#include "tests/unit/suite.h"

enum { PATH_SIZE = 512 };

typedef struct SliceFields {
    const char *modality, *patient_id, *series_uid, *frame_uid, *orientation, *slope, *intercept;
    const char *spacing;
    int z;
    int padding; /* stored value, written when not 0 */
    int16_t pixels[4];
} SliceFields;

static const SliceFields usual = {.modality = "CT",
                                  .patient_id = "X1",
                                  .series_uid = "1.2.3",
                                  .frame_uid = "1.2.9",
                                  .orientation = "1\\0\\0\\0\\1\\0",
                                  .spacing = "2\\3",
                                  .slope = "1",
                                  .intercept = "-1024",
                                  .pixels = {0, 1000, 1064, 2000}};

static const char *fresh_folder(char folder[PATH_SIZE]) {
    char command[5 * PATH_SIZE];
    snprintf(folder, PATH_SIZE, "%s/series", scratch_folder());
    snprintf(command, sizeof command, "rm -rf '%s' && mkdir '%s'", folder, folder);
    CU_ASSERT_EQUAL_FATAL(system(command), 0);
    return folder;
}

static void put_image_module(FILE *file, const SliceFields *fields) {
    dicom_put_us(file, 0x00280002, 1);
    dicom_put_us(file, 0x00280010, 2);
    dicom_put_us(file, 0x00280011, 2);
    dicom_put_text(file, 0x00280030, "DS", fields->spacing);
    dicom_put_us(file, 0x00280100, 16);
    dicom_put_us(file, 0x00280101, 16);
    dicom_put_us(file, 0x00280103, 1);
    if (fields->padding != 0) {
        dicom_put_us(file, 0x00280120, (uint16_t)fields->padding);
    }
    dicom_put_text(file, 0x00281052, "DS", fields->intercept);
    dicom_put_text(file, 0x00281053, "DS", fields->slope);
}

static void write_slice(const char *folder, const char *name, const SliceFields *fields) {
    char path[PATH_SIZE + 32], position[32];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    snprintf(position, sizeof position, "5\\6\\%d", fields->z);
    FILE *file = dicom_begin(path, "1.2.840.10008.5.1.4.1.1.2");
    dicom_put_text(file, 0x00080060, "CS", fields->modality);
    dicom_put_text(file, 0x00100020, "LO", fields->patient_id);
    dicom_put_text(file, 0x0020000E, "UI", fields->series_uid);
    dicom_put_text(file, 0x00200032, "DS", position);
    dicom_put_text(file, 0x00200037, "DS", fields->orientation);
    dicom_put_text(file, 0x00200052, "UI", fields->frame_uid);
    put_image_module(file, fields);
    dicom_put_pixels(file, fields->pixels, 4);
    fclose(file);
}

/* Three slices at 0, 4, 8 mm, named so that the order of names is not that of positions. */
static void write_usual(const char *folder) {
    static const char *const names[] = {"c", "a", "b"};
    for (int k = 0; k < 3; k++) {
        SliceFields fields = usual;
        fields.z = 4 * k;
        fields.pixels[0] = (int16_t)(100 * k);
        write_slice(folder, names[k], &fields);
    }
}

static void test_volume(void) {
    char folder[PATH_SIZE];
    DicomSeries series;
    Volume volume;
    Error error = {0};
    write_usual(fresh_folder(folder));
    CU_ASSERT_EQUAL_FATAL(dicom_series_open(folder, "CT|MR", &series, &error), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(dicom_series_read(&series, &volume, &error), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(series.modality, "CT");
    const double affine[3][4] = {{3, 0, 0, 5}, {0, 2, 0, 6}, {0, 0, 4, 0}};
    for (int a = 0; a < 3; a++) {
        for (int b = 0; b < 4; b++) {
            ASSERT_NEAR(volume.grid.affine.m[a][b], affine[a][b], 1e-12);
        }
    }
    for (int k = 0; k < 3; k++) {
        ASSERT_NEAR((double)volume.voxels[4 * k], 100 * k - 1024, 0);
        ASSERT_NEAR((double)volume.voxels[4 * k + 3], 2000 - 1024, 0);
    }
    volume_free(&volume);
    dicom_series_close(&series);
}

static void test_padding_is_air(void) {
    char folder[PATH_SIZE];
    DicomSeries series;
    Volume volume;
    Error error = {0};
    SliceFields fields = usual, second = usual;
    fields.padding = -2000; /* written unsigned, 63536, as scanners do */
    fields.pixels[1] = -2000;
    fields.pixels[2] = -1999;
    second.padding = 1064; /* a padding value that would be soft tissue */
    second.z = 4;
    write_slice(fresh_folder(folder), "a", &fields);
    write_slice(folder, "b", &second);
    CU_ASSERT_EQUAL_FATAL(dicom_series_open(folder, "CT", &series, &error), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(dicom_series_read(&series, &volume, &error), STATUS_OK);
    const double expected[8] = {-1024, -1024, -1024, 976, -1024, -24, -1024, 976};
    for (int n = 0; n < 8; n++) {
        ASSERT_NEAR((double)volume.voxels[n], expected[n], 0);
    }
    volume_free(&volume);
    dicom_series_close(&series);
}

static void check_refused(const char *folder, const char *phrase) {
    DicomSeries series;
    Error error = {0};
    CU_ASSERT_EQUAL(dicom_series_open(folder, "CT", &series, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, phrase));
    if (strstr(error.message, phrase) == NULL) {
        printf("message: %s\n", error.message);
    }
    dicom_series_close(&series);
}

static void test_refused(void) {
    char folder[PATH_SIZE];
    DicomSeries series;
    Error error = {0};
    SliceFields fields;
#define WITH(field, value)                                                                         \
    write_usual(fresh_folder(folder));                                                             \
    fields = usual;                                                                                \
    fields.z = 12;                                                                                 \
    fields.field = value;                                                                          \
    write_slice(folder, "d", &fields)
    WITH(patient_id, "X2");
    check_refused(folder, "disagree in Patient ID");
    WITH(series_uid, "1.2.4");
    check_refused(folder, "more than one CT series");
    WITH(frame_uid, "1.2.8");
    check_refused(folder, "Frame of Reference");
    WITH(orientation, "0\\1\\0\\1\\0\\0");
    check_refused(folder, "differ in matrix, orientation");
    WITH(orientation, "1\\1\\0\\0\\1\\0");
    check_refused(folder, "perpendicular");
    WITH(orientation, NULL);
    check_refused(folder, "(0020,0037)");
    WITH(spacing, "2\\3.1");
    check_refused(folder, "pixel spacing");
    WITH(z, 16);
    check_refused(folder, "missing");
    WITH(z, 8);
    check_refused(folder, "share their Image Position");
#undef WITH
    fresh_folder(folder);
    check_refused(folder, "no DICOM file");
    fields = usual;
    fields.modality = "MR";
    write_slice(folder, "a", &fields);
    check_refused(folder, "found: MR");
    write_usual(fresh_folder(folder));
    strcat(folder, "/b"); /* the folder is meant */
    check_refused(folder, "one slice of a series");
    CU_ASSERT_EQUAL(dicom_series_open("/nonexistent", "CT", &series, &error), STATUS_NO_INPUT);
    dicom_series_close(&series);
}

static void test_message_has_no_identifier(void) {
    char folder[PATH_SIZE];
    DicomSeries series;
    Error error = {0};
    SliceFields fields = usual;
    write_usual(fresh_folder(folder));
    fields.patient_id = "SECRET-ID";
    write_slice(folder, "1.2.840.113619.2.55.3.604688119.dcm", &fields);
    CU_ASSERT_EQUAL(dicom_series_open(folder, "CT", &series, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NULL(strstr(error.message, "SECRET"));
    CU_ASSERT_PTR_NULL(strstr(error.message, "X1"));
    CU_ASSERT_PTR_NULL(strstr(error.message, "113619"));
    dicom_series_close(&series);
}

static void test_other_files(void) {
    char folder[PATH_SIZE], command[5 * PATH_SIZE];
    DicomSeries series;
    Error error = {0};
    SliceFields fields = usual;
    write_usual(fresh_folder(folder));
    fields.modality = "RTSTRUCT"; /* other modalities, hidden files and text are passed over */
    write_slice(folder, "s", &fields);
    write_slice(folder, ".hidden", &usual);
    snprintf(command, sizeof command,
             "echo text > '%s/README' && mkdir '%s/sub' && mv '%s/c' "
             "'%s/sub'",
             folder, folder, folder, folder);
    CU_ASSERT_EQUAL_FATAL(system(command), 0);
    CU_ASSERT_EQUAL(dicom_series_open(folder, "CT", &series, &error), STATUS_OK);
    CU_ASSERT_EQUAL(series.grid.size[2], 3);
    dicom_series_close(&series);
    snprintf(command, sizeof command, ": > '%s/0.dcm'", folder); /* an interrupted copy */
    CU_ASSERT_EQUAL_FATAL(system(command), 0);
    check_refused(folder, "0.dcm");
}

/* An enhanced CT of three frames in one file, out of order, each with its own slope. */
static void write_enhanced(const char *path) {
    static const char *const positions[] = {"5\\6\\4", "5\\6\\8", "5\\6\\0"};
    static const char *const slopes[] = {"1", "2", "3"};
    FILE *file = dicom_begin(path, "1.2.840.10008.5.1.4.1.1.2.1");
    dicom_put_text(file, 0x00080060, "CS", "CT");
    dicom_put_text(file, 0x0020000E, "UI", "1.2.3");
    dicom_put_us(file, 0x00280002, 1);
    dicom_put_text(file, 0x00280008, "IS", "3");
    dicom_put_us(file, 0x00280010, 2);
    dicom_put_us(file, 0x00280011, 2);
    dicom_put_us(file, 0x00280100, 16);
    dicom_put_us(file, 0x00280101, 16);
    dicom_put_us(file, 0x00280103, 1);
    dicom_begin_sequence(file, 0x52009229);
    dicom_begin_sequence(file, 0x00209116);
    dicom_put_text(file, 0x00200037, "DS", "1\\0\\0\\0\\1\\0");
    dicom_end_sequence(file);
    dicom_begin_sequence(file, 0x00289110);
    dicom_put_text(file, 0x00280030, "DS", "2\\3");
    dicom_end_sequence(file);
    dicom_end_sequence(file);
    dicom_begin_sequence(file, 0x52009230);
    for (int n = 0; n < 3; n++) {
        if (n > 0) {
            dicom_next_item(file);
        }
        dicom_begin_sequence(file, 0x00209113);
        dicom_put_text(file, 0x00200032, "DS", positions[n]);
        dicom_end_sequence(file);
        dicom_begin_sequence(file, 0x00289145);
        dicom_put_text(file, 0x00281052, "DS", "-100");
        dicom_put_text(file, 0x00281053, "DS", slopes[n]);
        dicom_end_sequence(file);
    }
    dicom_end_sequence(file);
    const int16_t pixels[12] = {10, 0, 0, 0, 20, 0, 0, 0, 30, 0, 0, 0};
    dicom_put_pixels(file, pixels, 12);
    fclose(file);
}

static void test_enhanced(void) {
    char folder[PATH_SIZE], path[PATH_SIZE + 8];
    DicomSeries series;
    Volume volume;
    Error error = {0};
    snprintf(path, sizeof path, "%s/e.dcm", fresh_folder(folder));
    write_enhanced(path);
    CU_ASSERT_EQUAL_FATAL(dicom_series_open(path, "CT", &series, &error), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(dicom_series_read(&series, &volume, &error), STATUS_OK);
    CU_ASSERT_EQUAL(volume.grid.size[2], 3);
    ASSERT_NEAR(volume.grid.affine.m[2][2], 4, 1e-12);
    ASSERT_NEAR((double)volume.voxels[0], 3 * 30 - 100, 0);
    ASSERT_NEAR((double)volume.voxels[4], 1 * 10 - 100, 0);
    ASSERT_NEAR((double)volume.voxels[8], 2 * 20 - 100, 0);
    volume_free(&volume);
    dicom_series_close(&series);
}

int main(void) {
    static const UnitTest tests[] = {
        {"slices are ordered by position and rescaled", test_volume},
        {"CT padding becomes air", test_padding_is_air},
        {"what is not one regular series is refused", test_refused},
        {"messages hold no identifier", test_message_has_no_identifier},
        {"other files in the folder do not disturb", test_other_files},
        {"an enhanced object is read frame by frame", test_enhanced},
    };
    return suite_run("convert/dicom_series", tests, sizeof tests / sizeof tests[0]);
}
