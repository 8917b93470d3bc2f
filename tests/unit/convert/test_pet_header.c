/* Units, nuclide and reference instant of PET headers. The expected instants are worked out by hand
 * from the QIBA pseudo code; decay factors from closed forms. */
#include "convert/pet_header.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "convert/radionuclide.h"
#include "core/log.h"
#include "tests/unit/convert/dicom_writer.h"
#include "tests/unit/suite.h"

enum { PATH_SIZE = 512 };

/* What varies between PET headers; NULL leaves the element out. */
typedef struct PetFields {
    const char *units, *decay, *half_life, *injection_datetime, *injection_time;
    const char *series_time, *acquisition_time, *acquisition_date, *frame_duration_ms;
    const char *frame_reference_ms, *decay_factor, *ge_scan_time, *utc_offset;
    const char *code, *meaning, *tracer;
} PetFields;

static const PetFields usual = {
    .units = "BQML",
    .decay = "START",
    .half_life = "6588",
    .injection_datetime = "20240305103500.00",
    .series_time = "112011",
    .acquisition_time = "112011",
    .acquisition_date = "20240305",
    .frame_duration_ms = "240000",
    .code = "C-111A1",
};

static void put_tracer(FILE *file, const PetFields *fields) {
    dicom_begin_sequence(file, 0x00540016);
    dicom_put_text(file, 0x00180031, "LO", fields->tracer);
    dicom_put_text(file, 0x00181072, "TM", fields->injection_time);
    dicom_put_text(file, 0x00181075, "DS", fields->half_life);
    dicom_put_text(file, 0x00181078, "DT", fields->injection_datetime);
    dicom_begin_sequence(file, 0x00540300);
    dicom_put_text(file, 0x00080100, "SH", fields->code);
    dicom_put_text(file, 0x00080104, "LO", fields->meaning);
    dicom_end_sequence(file);
    dicom_end_sequence(file);
}

/* One 2 x 2 slice at height z. */
static void write_slice(const char *folder, int z, const PetFields *fields) {
    char path[PATH_SIZE], position[32];
    const int16_t pixels[4] = {1, 2, 3, 4};
    snprintf(path, sizeof path, "%s/%03d.dcm", folder, z);
    snprintf(position, sizeof position, "0\\0\\%d", z);
    FILE *file = dicom_begin(path, "1.2.840.10008.5.1.4.1.1.128");
    dicom_put_text(file, 0x00080021, "DA", "20240305");
    dicom_put_text(file, 0x00080022, "DA", fields->acquisition_date);
    dicom_put_text(file, 0x00080031, "TM", fields->series_time);
    dicom_put_text(file, 0x00080032, "TM", fields->acquisition_time);
    dicom_put_text(file, 0x00080060, "CS", "PT");
    dicom_put_text(file, 0x00080070, "LO", "ACME");
    dicom_put_text(file, 0x00080201, "SH", fields->utc_offset);
    if (fields->ge_scan_time != NULL) {
        dicom_put_text(file, 0x00090010, "LO", "GEMS_PETD_01");
        dicom_put_text(file, 0x0009100D, "DT", fields->ge_scan_time);
    }
    dicom_put_text(file, 0x00180050, "DS", "1");
    dicom_put_text(file, 0x00181242, "IS", fields->frame_duration_ms);
    dicom_put_text(file, 0x0020000E, "UI", "1.2.3");
    dicom_put_text(file, 0x00200032, "DS", position);
    dicom_put_text(file, 0x00200037, "DS", "1\\0\\0\\0\\1\\0");
    dicom_put_us(file, 0x00280002, 1);
    dicom_put_us(file, 0x00280010, 2);
    dicom_put_us(file, 0x00280011, 2);
    dicom_put_text(file, 0x00280030, "DS", "1\\1");
    dicom_put_us(file, 0x00280100, 16);
    dicom_put_us(file, 0x00280101, 16);
    dicom_put_us(file, 0x00280103, 1);
    dicom_put_text(file, 0x00281053, "DS", "2.5");
    put_tracer(file, fields);
    dicom_put_text(file, 0x00541001, "CS", fields->units);
    dicom_put_text(file, 0x00541102, "CS", fields->decay);
    dicom_put_text(file, 0x00541300, "DS", fields->frame_reference_ms);
    dicom_put_text(file, 0x00541321, "DS", fields->decay_factor);
    dicom_put_pixels(file, pixels, 4);
    fclose(file);
}

/* Writes `n` slices, the k-th with fields[k], and reads their header. */
static Status read_header_with(const PetFields *fields, int n, const Table *treatments,
                               PetHeader *header, Error *error) {
    char folder[PATH_SIZE - 16], command[2 * PATH_SIZE];
    snprintf(folder, sizeof folder, "%s/pet", scratch_folder());
    snprintf(command, sizeof command, "rm -rf '%s' && mkdir '%s'", folder, folder);
    CU_ASSERT_EQUAL_FATAL(system(command), 0);
    for (int k = 0; k < n; k++) {
        write_slice(folder, k, &fields[k]);
    }
    DicomSeries series;
    Status status = dicom_series_open(folder, "PT", &series, error);
    CU_ASSERT_EQUAL(status, STATUS_OK);
    *header = (PetHeader){0};
    status = status == STATUS_OK ? pet_header_read(&series, treatments, header, error) : status;
    dicom_series_close(&series);
    return status;
}

static Status read_header(const PetFields *fields, int n, PetHeader *header, Error *error) {
    return read_header_with(fields, n, NULL, header, error);
}

static void check_time(const Timestamp *time, const char *expected) {
    char text[TIMESTAMP_TEXT_SIZE];
    timestamp_format(time, text);
    CU_ASSERT_STRING_EQUAL(text, expected);
    if (strcmp(text, expected) != 0) {
        printf("time is %s, wanted %s\n", text, expected);
    }
}

static void check_reference(const PetFields *fields, const char *reference, const char *injection) {
    PetHeader header;
    Error error = {0};
    CU_ASSERT_EQUAL(read_header(fields, 1, &header, &error), STATUS_OK);
    check_time(&header.decay_reference, reference);
    check_time(&header.injection, injection);
    pet_header_free(&header);
}

static void check_refused(const PetFields *fields, const char *first, const char *second) {
    PetHeader header;
    Error error = {0};
    CU_ASSERT_EQUAL(read_header(fields, 1, &header, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, first));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, second));
    pet_header_free(&header);
}

static void test_usual(void) {
    PetHeader header;
    Error error = {0};
    CU_ASSERT_EQUAL(read_header(&usual, 1, &header, &error), STATUS_OK);
    check_time(&header.decay_reference, "2024-03-05T11:20:11");
    CU_ASSERT_STRING_EQUAL(header.radionuclide, "F-18");
    CU_ASSERT_STRING_EQUAL(header.decay_correction, "START");
    CU_ASSERT_STRING_EQUAL(header.manufacturer, "ACME");
    ASSERT_NEAR(header.half_life_s, 6588, 0);
    ASSERT_NEAR(header.frame_duration_s, 240, 0);
    ASSERT_NEAR(header.slice_decay_factor[0], 1, 0);
    ASSERT_NEAR(timestamp_difference_s(&header.decay_reference, &header.injection, NULL), 2711, 0);
    pet_header_free(&header);
}

static void test_units(void) {
    static const char *const units[] = {"GML", "CNTS", "PROPCPS", "CPS", "", "CM2ML"};
    for (size_t n = 0; n < sizeof units / sizeof units[0]; n++) {
        char quoted[16];
        PetFields fields = usual;
        fields.units = units[n];
        snprintf(quoted, sizeof quoted, "'%s'", units[n]);
        check_refused(&fields, "(0054,1001)", quoted);
    }
}

static void test_missing(void) {
    PetFields fields = usual;
    fields.half_life = NULL;
    check_refused(&fields, "(0018,1075)", "missing");
    fields.half_life = "0";
    check_refused(&fields, "(0018,1075)", "not positive");
    fields = usual;
    fields.injection_datetime = NULL;
    check_refused(&fields, "(0018,1078)", "injection time is missing");
    fields = usual;
    fields.decay = NULL;
    check_refused(&fields, "(0054,1102)", "START");
    fields = usual;
    fields.acquisition_time = NULL;
    check_refused(&fields, "(0008,0032)", "missing");
    fields = usual;
    fields.decay = "NONE";
    fields.frame_duration_ms = NULL;
    check_refused(&fields, "(0018,1242)", "NONE");
}

static void test_series_made_later(void) {
    const char *injection = "2024-03-05T10:35:00";
    PetFields fields = usual;
    fields.series_time = "150000"; /* after the acquisition: post-processed */
    check_reference(&fields, "2024-03-05T11:20:11", injection);
    fields.ge_scan_time = "20240305111500.00";
    check_reference(&fields, "2024-03-05T11:15:00", injection);
    fields.ge_scan_time = NULL;
    /* Second bed: mid-frame at 600 s after the start. With T = 240 s, T1/2 = 6588 s the activity
     * equals its mean T/2 - l T^2 / 24 + ... = 119.747 s after the frame's start. */
    fields.frame_reference_ms = "600000";
    PetHeader header;
    Error error = {0};
    CU_ASSERT_EQUAL(read_header(&fields, 1, &header, &error), STATUS_OK);
    ASSERT_NEAR(timestamp_difference_s(&header.decay_reference, &header.acquisition, NULL),
                119.747 - 600, 0.002); /* two terms of the series */
    pet_header_free(&header);
}

static void check_dated(const PetFields *fields, bool is_dated) {
    PetHeader header;
    Error error = {0};
    CU_ASSERT_EQUAL(read_header(fields, 1, &header, &error), STATUS_OK);
    CU_ASSERT_EQUAL(header.is_injection_dated, is_dated);
    pet_header_free(&header);
}

static void test_injection_time_only(void) {
    PetFields fields = usual;
    check_dated(&fields, true);
    fields.injection_datetime = NULL;
    fields.injection_time = "103500";
    check_reference(&fields, "2024-03-05T11:20:11", "2024-03-05T10:35:00");
    check_dated(&fields, false);
    fields.injection_time = "230000"; /* before midnight of the day before */
    check_reference(&fields, "2024-03-05T11:20:11", "2024-03-04T23:00:00");
}

static void test_admin(void) {
    PetFields fields = usual;
    fields.decay = "ADMIN";
    check_reference(&fields, "2024-03-05T10:35:00", "2024-03-05T10:35:00");
    fields.injection_datetime = "20240305120000"; /* after the acquisition */
    check_refused(&fields, "(0018,1078)", "after the acquisition");
    fields.injection_datetime = "20230305103500"; /* dates moved by de-identification */
    check_refused(&fields, "(0018,1078)", "half-lives before the acquisition");
    /* 90Y injected 10:00 on the day before; only the time is there. Delay 25 h 20 min 11 s:
     * exp(ln 2 * 91211 / 230551) = 1.3155, in-frame decay 1.0004. */
    fields = usual;
    fields.decay = "ADMIN";
    fields.half_life = "230551";
    fields.injection_datetime = NULL;
    fields.injection_time = "100000";
    fields.decay_factor = "1.3160";
    check_reference(&fields, "2024-03-04T10:00:00", "2024-03-04T10:00:00");
    fields.decay_factor = "1.0147"; /* the same day: 4811 s */
    check_reference(&fields, "2024-03-05T10:00:00", "2024-03-05T10:00:00");
    fields.decay_factor = NULL;
    check_refused(&fields, "(0018,1078)", "Decay Factor");
}

/* 90Y, corrected to an injection at 10:00 of an unknown day; acquired on 5 March at 11:20:11, and
 * treated at the given times. `expected` NULL: refused. */
static void check_day(const char *const treated[], size_t n, const char *factor,
                      const char *expected) {
    PetFields fields = usual;
    PetHeader header;
    Error error = {0};
    Table *treatments = table_new();
    table_add_column(treatments, "administered_at", COLUMN_TEXT, NULL, "", &error);
    for (size_t t = 0; t < n; t++) {
        size_t row = 0;
        table_add_row(treatments, &row, &error);
        table_set_text(treatments, row, "administered_at", treated[t], &error);
    }
    fields.decay = "ADMIN";
    fields.half_life = "230551";
    fields.injection_datetime = NULL;
    fields.injection_time = "100000";
    fields.decay_factor = factor;
    Status status = read_header_with(&fields, 1, treatments, &header, &error);
    CU_ASSERT_EQUAL(status, expected == NULL ? STATUS_BAD_DATA : STATUS_OK);
    if (expected != NULL) {
        check_time(&header.injection, expected);
        check_time(&header.decay_reference, expected);
        CU_ASSERT_FALSE(header.is_injection_dated);
    } else {
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "administered_at"));
    }
    pet_header_free(&header);
    table_free(treatments);
}

static void test_day_from_treatments(void) {
    check_day((const char *[]){"2024-03-04T10:05:00"}, 1, NULL, "2024-03-04T10:00:00");
    check_day((const char *[]){"2024-03-05T09:50:00"}, 1, NULL, "2024-03-05T10:00:00");
    check_day((const char *[]){"2024-03-04T10:10:01"}, 1, NULL, NULL); /* over ten minutes */
    check_day((const char *[]){"2024-03-06T10:00:00"}, 1, NULL, NULL); /* after the PET */
    check_day((const char *[]){"2024-02-01T10:00:00"}, 1, NULL, NULL); /* 33 d: 12 half-lives */
    check_day((const char *[]){"2024-01-04T10:00:00", "2024-03-04T10:00:00", "2024-03-03T16:00:00"},
              3, NULL, "2024-03-04T10:00:00"); /* only one can be */
    check_day((const char *[]){"2024-03-04T10:00:00", "2024-03-02T10:00:00"}, 2, NULL, NULL);
    check_day((const char *[]){"2024-03-04T10:00:00", "2024-03-04T10:01:00"}, 2, NULL,
              "2024-03-04T10:00:00");
    /* a factor goes before the sheet: exp(ln 2 * 4811 / 230551) = 1.0146 is the same day; one that
     * no day explains is not overruled */
    check_day((const char *[]){"2024-03-04T10:00:00"}, 1, "1.0147", "2024-03-05T10:00:00");
    check_day((const char *[]){"2024-03-04T10:00:00"}, 1, "1.15", NULL);
    check_day(NULL, 0, NULL, NULL);
}

static void test_no_correction(void) {
    PetFields fields[2] = {usual, usual};
    PetHeader header;
    Error error = {0};
    fields[0].decay = fields[1].decay = "NONE";
    fields[0].acquisition_time = "115311"; /* second bed, 1980 s later */
    CU_ASSERT_EQUAL(read_header(fields, 2, &header, &error), STATUS_OK);
    check_time(&header.decay_reference, "2024-03-05T11:20:11");
    /* l = ln 2 / 6588; in-frame factor l T / (1 - exp(-l T)) for T = 240 s, by numeric integration
     * of the frame's mean (10,000 midpoints). */
    double lambda = log(2) / 6588, mean = 0;
    for (int n = 0; n < 10000; n++) {
        mean += exp(-lambda * (n + 0.5) * 0.024) / 10000;
    }
    ASSERT_NEAR(header.slice_decay_factor[1], 1 / mean, 1e-9);
    ASSERT_NEAR(header.slice_decay_factor[0], exp(lambda * 1980) / mean, 1e-9);
    pet_header_free(&header);
}

static void test_utc_offset(void) {
    PetFields fields = usual;
    fields.utc_offset = "+0100";
    check_reference(&fields, "2024-03-05T11:20:11+01:00", "2024-03-05T10:35:00+01:00");
    fields.injection_datetime = "20240305093500+0000";
    PetHeader header;
    Error error = {0};
    CU_ASSERT_EQUAL(read_header(&fields, 1, &header, &error), STATUS_OK);
    ASSERT_NEAR(timestamp_difference_s(&header.decay_reference, &header.injection, NULL), 2711, 0);
    pet_header_free(&header);
}

static void test_radionuclide(void) {
    /* DICOM PS3.16 CID 18 and CID 4020. */
    CU_ASSERT_STRING_EQUAL(radionuclide_from_code("C-162A7"), "Y-90");
    CU_ASSERT_STRING_EQUAL(radionuclide_from_code("14691008"), "Y-90");
    CU_ASSERT_STRING_EQUAL(radionuclide_from_code("77004003"), "F-18");
    CU_ASSERT_PTR_NULL(radionuclide_from_code("C-145A4"));
    static const char *const yttrium[] = {"Y90",         "90Y",        "Y-90",
                                          "^90^Yttrium", "Yttrium 90", "Y-90 microspheres",
                                          "yttrium-90",  "SIR (90-Y)"};
    for (size_t n = 0; n < sizeof yttrium / sizeof yttrium[0]; n++) {
        CU_ASSERT_PTR_NOT_NULL_FATAL(radionuclide_from_text(yttrium[n]));
        CU_ASSERT_STRING_EQUAL(radionuclide_from_text(yttrium[n]), "Y-90");
    }
    CU_ASSERT_STRING_EQUAL(radionuclide_from_text("Fluorine F^18^"), "F-18");
    CU_ASSERT_STRING_EQUAL(radionuclide_from_text("18F"), "F-18");
    CU_ASSERT_PTR_NULL(radionuclide_from_text("FDG -- fluorodeoxyglucose"));
    CU_ASSERT_PTR_NULL(radionuclide_from_text("Body 190"));
    CU_ASSERT_STRING_EQUAL(radionuclide_from_half_life(230580), "Y-90");
    CU_ASSERT_STRING_EQUAL(radionuclide_from_half_life(6586.2 * 1.019), "F-18");
    CU_ASSERT_PTR_NULL(radionuclide_from_half_life(6586.2 * 1.021));
}

static void test_nuclide_of_header(void) {
    static const struct {
        const char *code, *meaning, *tracer, *half_life, *expected;
    } cases[] = {{"14691008", NULL, NULL, "6588", "Y-90"},
                 {"XX", "90Y", NULL, "6588", "Y-90"},
                 {NULL, NULL, "Y-90 spheres", "6588", "Y-90"},
                 {NULL, NULL, "FDG", "6588", "F-18"},
                 {NULL, NULL, NULL, "1000", "unknown"}};
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        PetFields fields = usual;
        PetHeader header;
        Error error = {0};
        fields.code = cases[n].code;
        fields.meaning = cases[n].meaning;
        fields.tracer = cases[n].tracer;
        fields.half_life = cases[n].half_life;
        CU_ASSERT_EQUAL(read_header(&fields, 1, &header, &error), STATUS_OK);
        CU_ASSERT_STRING_EQUAL(header.radionuclide, cases[n].expected);
        pet_header_free(&header);
    }
}

int main(void) {
    log_configure("test", LOG_ERROR, LOG_TEXT, -1); /* no warnings: they are expected */
    static const UnitTest tests[] = {
        {"a usual header refers to the series time", test_usual},
        {"units other than BQML are refused with tag and value", test_units},
        {"a missing element that decay needs is named", test_missing},
        {"a series made later refers to the scan", test_series_made_later},
        {"an injection time without date is the last one before", test_injection_time_only},
        {"ADMIN refers to the injection, whose day must be known", test_admin},
        {"without Decay Factor the sheet tells the day", test_day_from_treatments},
        {"NONE gives each slice its factor", test_no_correction},
        {"the UTC offset is kept", test_utc_offset},
        {"nuclides are known by code, text and half-life", test_radionuclide},
        {"the header's nuclide goes code, text, half-life", test_nuclide_of_header},
    };
    return suite_run("convert/pet_header", tests, sizeof tests / sizeof tests[0]);
}
