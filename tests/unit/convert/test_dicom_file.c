/* DICOM files against the numbers that pydicom 2.3 (an independent reader) gives for them, and
 * files that are cut short at every length. Data: pydicom's own test files. */
#include "convert/dicom_file.h"
#include "convert/shown_path.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/convert/dicom_writer.h"
#include "tests/unit/suite.h"

enum { PATH_SIZE = 512 };

static const char *odd_file(const char *name, char path[PATH_SIZE]) {
    snprintf(path, PATH_SIZE, "%s/pydicom_bad_and_odd/%s", unpacked("pydicom_bad_and_odd.tar.xz"),
             name);
    return path;
}

static const char *scratch_file(const char *name, char path[PATH_SIZE]) {
    snprintf(path, PATH_SIZE, "%s/%s", scratch_folder(), name);
    return path;
}

static void test_pixel_sums(void) {
    /* Sums of pixel_array by pydicom; transfer syntaxes from implicit to JPEG 2000. */
    static const struct {
        const char *name;
        size_t size[3];
        double sum;
    } files[] = {
        {"MR_small.dcm", {64, 64, 1}, 2125338},
        {"MR_small_implicit.dcm", {64, 64, 1}, 2125338},
        {"MR_small_bigendian.dcm", {64, 64, 1}, 2125338},
        {"MR_small_expb.dcm", {64, 64, 1}, 2125338},
        {"MR_small_RLE.dcm", {64, 64, 1}, 2125338},
        {"MR_small_jp2klossless.dcm", {64, 64, 1}, 2125338},
        {"MR_small_jpeg_ls_lossless.dcm", {64, 64, 1}, 2125338},
        {"MR_small_padded.dcm", {64, 64, 1}, 2125338},
        {"CT_small.dcm", {128, 128, 1}, 14826310},
        {"693_J2KI.dcm", {512, 512, 1}, -2181784},
        {"J2K_pixelrep_mismatch.dcm", {512, 512, 1}, -172605258},
        {"JPEG2000.dcm", {256, 1024, 1}, 3527976},
        {"image_dfl.dcm", {512, 512, 1}, 33322688},
        {"rtdose.dcm", {10, 10, 15}, 1519910000},
        {"rtdose_expb.dcm", {10, 10, 15}, 1519910000},
        {"liver_1frame.dcm", {512, 512, 1}, 36233},
        {"liver_expb_1frame.dcm", {512, 512, 1}, 36233},
    };
    for (size_t n = 0; n < sizeof files / sizeof files[0]; n++) {
        char path[PATH_SIZE];
        DicomFile *file = NULL;
        Error error = {0};
        size_t size[3] = {0};
        int32_t *values = NULL;
        CU_ASSERT_TRUE(dicom_is_dicom(odd_file(files[n].name, path)));
        CU_ASSERT_EQUAL(dicom_open(path, &file, &error), STATUS_OK);
        CU_ASSERT_EQUAL(dicom_read_pixels(file, size, &values, &error), STATUS_OK);
        double sum = 0;
        for (size_t v = 0; values != NULL && v < size[0] * size[1] * size[2]; v++) {
            sum += values[v];
        }
        ASSERT_NEAR(sum, files[n].sum, 0.0); /* integers */
        CU_ASSERT_EQUAL(memcmp(size, files[n].size, sizeof size), 0);
        free(values);
        dicom_close(file);
    }
}

static void test_refused(void) {
    static const char *const names[] = {"MR_truncated.dcm", "rtplan_truncated.dcm", "no_meta.dcm",
                                        "README.txt", "meta_missing_tsyntax.dcm"};
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        char path[PATH_SIZE];
        DicomFile *file = NULL;
        Error error = {0};
        CU_ASSERT_EQUAL(dicom_open(odd_file(names[n], path), &file, &error), STATUS_BAD_DATA);
        CU_ASSERT_PTR_NULL(file);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, names[n]));
    }
    DicomFile *file = NULL;
    Error error = {0};
    CU_ASSERT_EQUAL(dicom_open("/nonexistent.dcm", &file, &error), STATUS_NO_INPUT);
}

/* A value representation in group 0002 that is none: GDCM 3.0.21 aborts on it. */
static void test_damaged_meta(void) {
    char path[PATH_SIZE];
    DicomFile *file = NULL;
    Error error = {0};
    FILE *out = dicom_begin(scratch_file("meta.dcm", path), "1.2.3");
    dicom_put_text(out, 0x00080060, "CS", "PT");
    fseek(out, 128 + 4 + 4, SEEK_SET);
    fputs("rL", out);
    fclose(out);
    CU_ASSERT_EQUAL(dicom_open(path, &file, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NULL(file);
}

static void test_pixels_refused(void) {
    /* Readable as DICOM, but colour, without pixels, or of a kind GDCM aborts on. */
    static const char *const names[] = {"SC_rgb_small_odd.dcm", "priv_SQ.dcm", "UN_sequence.dcm",
                                        "nested_priv_SQ.dcm", "rtdose_rle_1frame.dcm"};
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        char path[PATH_SIZE];
        DicomFile *file = NULL;
        Error error = {0};
        size_t size[3];
        int32_t *values = NULL;
        CU_ASSERT_EQUAL_FATAL(dicom_open(odd_file(names[n], path), &file, &error), STATUS_OK);
        CU_ASSERT_EQUAL(dicom_read_pixels(file, size, &values, &error), STATUS_BAD_DATA);
        CU_ASSERT_PTR_NULL(values);
        dicom_close(file);
    }
}

/* Every prefix of a file is refused, at the latest when its pixels are read; `trailer` bytes after
 * the pixels may be missing. */
static void check_prefixes(const char *whole, size_t step, size_t trailer) {
    char cut[PATH_SIZE];
    FILE *stream = fopen(whole, "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(stream);
    char *bytes = malloc(1 << 20);
    size_t size = fread(bytes, 1, 1 << 20, stream) - trailer;
    fclose(stream);
    scratch_file("cut.dcm", cut);
    for (size_t length = 1; length<size; length += length + 200> size ? 1 : step) {
        DicomFile *file = NULL;
        Error error = {0};
        size_t dimensions[3];
        int32_t *values = NULL;
        stream = fopen(cut, "wb");
        fwrite(bytes, 1, length, stream);
        fclose(stream);
        Status status = dicom_open(cut, &file, &error);
        if (status == STATUS_OK) {
            status = dicom_read_pixels(file, dimensions, &values, &error);
        }
        CU_ASSERT_EQUAL(status, STATUS_BAD_DATA);
        free(values);
        dicom_close(file);
    }
    free(bytes);
}

static void test_prefixes(void) {
    char path[PATH_SIZE];
    check_prefixes(odd_file("MR_small_implicit.dcm", path), 37, 0);
    check_prefixes(odd_file("MR_small_RLE.dcm", path), 41, 12 + 126);
    check_prefixes(odd_file("liver_1frame.dcm", path), 331, 0);
}

static void test_elements(void) {
    char path[PATH_SIZE], text[64];
    double values[3];
    DicomFile *file = NULL;
    Error error = {0};
    FILE *out = dicom_begin(scratch_file("elements.dcm", path), "1.2.3");
    dicom_put_text(out, 0x00080060, "CS", "PT");
    dicom_put_text(out, 0x00081090, "LO",
                   "Gr\xF6\xDF"
                   "e "); /* Latin-1 */
    dicom_put_text(out, 0x00100020, "LO", "");
    dicom_put_text(out, 0x00200032, "DS", "-1.5\\2\\ 3e1 ");
    dicom_put_text(out, 0x00200037, "DS", "1\\x\\0");
    dicom_begin_sequence(out, 0x00540016);
    dicom_put_text(out, 0x00181075, "DS", "6588");
    dicom_next_item(out);
    dicom_put_text(out, 0x00181075, "DS", "4080");
    dicom_end_sequence(out);
    fclose(out);
    CU_ASSERT_EQUAL_FATAL(dicom_open(path, &file, &error), STATUS_OK);
    CU_ASSERT_TRUE(dicom_text(file, "0008,1090", text, sizeof text));
    CU_ASSERT_STRING_EQUAL(text, "Gr\xC3\xB6\xC3\x9F"
                                 "e");
    CU_ASSERT_TRUE(dicom_has(file, "0010,0020"));
    CU_ASSERT_FALSE(dicom_text(file, "0010,0020", text, sizeof text));
    CU_ASSERT_FALSE(dicom_text(file, "0010,0030", text, sizeof text));
    CU_ASSERT_EQUAL(dicom_numbers(file, "0020,0032", values, 3), 3);
    ASSERT_NEAR(values[0], -1.5, 0);
    ASSERT_NEAR(values[2], 30, 0);
    CU_ASSERT_EQUAL(dicom_numbers(file, "0020,0032", values, 1), 3);
    CU_ASSERT_EQUAL(dicom_numbers(file, "0020,0037", values, 3), 0);
    CU_ASSERT_EQUAL(dicom_sequence_length(file, "0054,0016"), 2);
    CU_ASSERT_EQUAL(dicom_numbers(file, "0054,0016[1]/0018,1075", values, 1), 1);
    ASSERT_NEAR(values[0], 4080, 0);
    CU_ASSERT_EQUAL(dicom_numbers(file, "0054,0016[2]/0018,1075", values, 1), 0);
    CU_ASSERT_TRUE(dicom_text(file, "0002,0010", text, sizeof text));
    CU_ASSERT_STRING_EQUAL(text, "1.2.840.10008.1.2.1");
    CU_ASSERT_FALSE(dicom_has(file, "not a path"));
    dicom_close(file);
}

static void test_shown_path(void) {
    char text[SHOWN_PATH_SIZE];
    CU_ASSERT_STRING_EQUAL(shown_path("/archive/center/1-001.dcm", text), "1-001.dcm");
    CU_ASSERT_STRING_EQUAL(shown_path("a/MR.1.3.6.1.4.1.14519.5.2.204817.dcm", text),
                           "MR..04817.dcm");
    CU_ASSERT_STRING_EQUAL(shown_path("folder/", text), "folder");
}

/* A data set without preamble: (0008,0060), a sequence of one item with one element, and text that
 * fills the file. `value`, `item` and `sequence` are the lengths written; 4, 12 and 20 fit. */
static Status open_nested(int value, int item, int sequence, Error *error) {
    char path[PATH_SIZE], bytes[] = "\x08\0\x60\0CS\2\0PT"
                                    "\x54\0\x16\0SQ\0\0L\0\0\0"
                                    "\xFE\xFF\0\xE0L\0\0\0"
                                    "\x18\0\x75\x10"
                                    "DSL\0"
                                    "6588"
                                    "\x56\0\1\0LO\x28\0";
    DicomFile *opened = NULL;
    bytes[18] = (char)sequence;
    bytes[26] = (char)item;
    bytes[36] = (char)value;
    snprintf(path, sizeof path, "%s/nested.dcm", scratch_folder());
    FILE *file = fopen(path, "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fwrite(bytes, 1, sizeof bytes - 1, file);
    fprintf(file, "%40s", "text");
    fclose(file);
    Status status = dicom_open(path, &opened, error);
    dicom_close(opened);
    return status;
}

static void test_nested_lengths(void) {
    Error error = {0};
    CU_ASSERT_EQUAL(open_nested(4, 12, 20, &error), STATUS_OK);
    CU_ASSERT_EQUAL(open_nested(24, 12, 20, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "damaged"));
    CU_ASSERT_EQUAL(open_nested(4, 32, 20, &error), STATUS_BAD_DATA);
    CU_ASSERT_EQUAL(open_nested(4, 12, 200, &error), STATUS_BAD_DATA);
}

int main(void) {
    static const UnitTest tests[] = {
        {"stored values agree with pydicom in every transfer syntax", test_pixel_sums},
        {"truncated and foreign files are refused by name", test_refused},
        {"a damaged meta header is refused", test_damaged_meta},
        {"objects without one number per pixel are refused", test_pixels_refused},
        {"every prefix of a file is refused", test_prefixes},
        {"elements are found through sequences", test_elements},
        {"what is nested must fit into what holds it", test_nested_lengths},
        {"messages show no UID", test_shown_path},
    };
    return suite_run("convert/dicom_file", tests, sizeof tests / sizeof tests[0]);
}
