/* PET-BIDS sidecars; expected instants by hand. */
#include "convert/pet_sidecar.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/suite.h"

enum { PATH_SIZE = 512, TEXT_SIZE = 1024 };

static const char usual[] =
    "{\"Units\": \"Bq/mL\", \"TracerRadionuclide\": \"Y90\", \"ImageDecayCorrected\": true, "
    "\"ImageDecayCorrectionTime\": 72000, \"TimeZero\": \"13:00:00\", \"AcquisitionDate\": "
    "\"2024-03-06\", \"ScanStart\": 72000, \"InjectionStart\": 0, \"FrameTimesStart\": [0], "
    "\"FrameDuration\": [1200], \"Manufacturer\": \"ACME\", \"ManufacturersModelName\": \"M1\"}";

static const Nuclide y90 = {.name = "Y-90", .half_life_h = 64.0};
static const Nuclide f18 = {.name = "F-18", .half_life_h = 1.83};

/* `usual` with `from` replaced by `to`. */
static const char *edited(const char *from, const char *to, char text[TEXT_SIZE]) {
    const char *at = strstr(usual, from);
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    snprintf(text, TEXT_SIZE, "%.*s%s%s", (int)(at - usual), usual, to, at + strlen(from));
    return text;
}

static Status read_for(const Nuclide *nuclide, const char *text, PetHeader *header, Error *error) {
    char image[PATH_SIZE], path[SIDECAR_PATH_SIZE];
    snprintf(image, sizeof image, "%s/pet.nii.gz", scratch_folder());
    CU_ASSERT_EQUAL(pet_sidecar_path(image, path, error), STATUS_OK);
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
    return pet_sidecar_read(image, 3, nuclide, header, error);
}

static Status read_text(const char *text, PetHeader *header, Error *error) {
    return read_for(&y90, text, header, error);
}

static void check_time(const Timestamp *time, const char *expected) {
    char text[TIMESTAMP_TEXT_SIZE];
    timestamp_format(time, text);
    CU_ASSERT_STRING_EQUAL(text, expected);
}

static void test_usual(void) {
    PetHeader header;
    Error error = {0};
    CU_ASSERT_EQUAL(read_text(usual, &header, &error), STATUS_OK);
    /* The scan is 20 h after TimeZero and falls on the acquisition date: TimeZero is a day before.
     */
    check_time(&header.injection, "2024-03-05T13:00:00");
    check_time(&header.acquisition, "2024-03-06T09:00:00");
    check_time(&header.decay_reference, "2024-03-06T09:00:00");
    ASSERT_NEAR(header.may_be_later_s, 86400, 0); /* if the date is that of TimeZero */
    CU_ASSERT_STRING_EQUAL(header.decay_correction, "START");
    CU_ASSERT_STRING_EQUAL(header.radionuclide, "Y-90");
    CU_ASSERT_STRING_EQUAL(header.manufacturer, "ACME");
    CU_ASSERT_TRUE(isnan(header.half_life_s));
    ASSERT_NEAR(header.frame_duration_s, 1200, 0);
    ASSERT_NEAR(header.slice_decay_factor[2], 1, 0);
    pet_header_free(&header);
}

static void test_corrected_to_injection(void) {
    char text[TEXT_SIZE];
    PetHeader header;
    Error error = {0};
    edited("\"ImageDecayCorrectionTime\": 72000", "\"ImageDecayCorrectionTime\": 0", text);
    CU_ASSERT_EQUAL(read_text(text, &header, &error), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(header.decay_correction, "ADMIN");
    check_time(&header.decay_reference, "2024-03-05T13:00:00");
    pet_header_free(&header);
}

static void test_without_injection(void) {
    char text[TEXT_SIZE];
    PetHeader header;
    Error error = {0};
    edited("\"InjectionStart\": 0, ", "", text);
    CU_ASSERT_EQUAL(read_text(text, &header, &error), STATUS_OK);
    CU_ASSERT_FALSE(header.is_injection_known);
    CU_ASSERT_STRING_EQUAL(header.decay_correction, "START");
    check_time(&header.decay_reference, "2024-03-06T09:00:00");
    pet_header_free(&header);
}

static void test_half_life_of_the_nuclide(void) {
    char text[TEXT_SIZE];
    PetHeader header;
    Error error = {0};
    edited("\"ImageDecayCorrected\": true", "\"ImageDecayCorrected\": false", text);
    CU_ASSERT_EQUAL(read_for(&y90, text, &header, &error), STATUS_OK);
    CU_ASSERT_TRUE(isnan(header.half_life_s)); /* the header still has none */
    double decay = log(2) / (64.0 * 3600) * 1200;
    ASSERT_NEAR(header.slice_decay_factor[0], decay / (1 - exp(-decay)), 1e-12);
    pet_header_free(&header);
}

static void test_not_corrected(void) {
    char text[TEXT_SIZE];
    PetHeader header;
    Error error = {0};
    edited("\"ImageDecayCorrected\": true", "\"ImageDecayCorrected\": false", text);
    CU_ASSERT_EQUAL(read_for(&f18, text, &header, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "RadionuclideHalfLife"));
    pet_header_free(&header);
    edited("\"ImageDecayCorrected\": true",
           "\"ImageDecayCorrected\": false, \"RadionuclideHalfLife\": 6588", text);
    CU_ASSERT_EQUAL(read_text(text, &header, &error), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(header.decay_correction, "NONE");
    check_time(&header.decay_reference, "2024-03-06T09:00:00");
    double decay = log(2) / 6588 * 1200;
    ASSERT_NEAR(header.slice_decay_factor[0], decay / (1 - exp(-decay)), 1e-12);
    pet_header_free(&header);
}

static void test_refused(void) {
    static const struct {
        const char *from, *to, *phrase;
    } cases[] = {
        {"\"Units\": \"Bq/mL\", ", "", "Units"},
        {"Bq/mL", "g/ml", "'g/ml'"},
        {"\"TracerRadionuclide\": \"Y90\", ", "", "TracerRadionuclide"},
        {"\"ImageDecayCorrected\": true, ", "", "ImageDecayCorrected"},
        {"\"ImageDecayCorrectionTime\": 72000, ", "", "ImageDecayCorrectionTime"},
        {"\"TimeZero\": \"13:00:00\", ", "", "TimeZero"},
        {"13:00:00", "1 pm", "TimeZero"},
        {"\"AcquisitionDate\": \"2024-03-06\", ", "", "AcquisitionDate"},
        {"\"ScanStart\": 72000, ", "", "ScanStart"},
        {"\"InjectionStart\": 0, ", "\"InjectionStart\": \"now\", ", "InjectionStart"},
        {"\"FrameDuration\": [1200], ", "", "FrameDuration"},
        {"[1200]", "[600, 600]", "one frame"},
        {"[1200]", "[0]", "not positive"},
        {"\"Units\"", "Units", "not a JSON object"},
        {"Bq/mL", "Bq\xB7mL", "UTF-8"},
    };
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        char text[TEXT_SIZE];
        PetHeader header;
        Error error = {0};
        edited(cases[n].from, cases[n].to, text);
        CU_ASSERT_EQUAL(read_text(text, &header, &error), STATUS_BAD_DATA);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, cases[n].phrase));
        pet_header_free(&header);
    }
    PetHeader header;
    Error error = {0};
    CU_ASSERT_EQUAL(pet_sidecar_read("/nonexistent.nii", 1, &y90, &header, &error),
                    STATUS_NO_INPUT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "nonexistent.json"));
    pet_header_free(&header);
}

static void test_units_spellings(void) {
    static const char *const spellings[] = {"Bq/ml",    "BQML",  "bq/ml",  " Bq / mL ", "Bq mL-1",
                                            "Bq.mL^-1", "Bq/cc", "Bq/cm3", "Bq/cm^3"};
    static const char *const others[] = {"kBq/mL",   "MBq/mL", "Bq", "Bq/L",
                                         "Bq/mL/kg", "nCi/cc", "1",  "arbitrary, Bq/mL later"};
    char text[TEXT_SIZE];
    PetHeader header;
    Error error = {0};
    for (size_t n = 0; n < sizeof spellings / sizeof spellings[0]; n++) {
        edited("Bq/mL", spellings[n], text);
        CU_ASSERT_EQUAL(read_text(text, &header, &error), STATUS_OK);
        pet_header_free(&header);
    }
    for (size_t n = 0; n < sizeof others / sizeof others[0]; n++) {
        edited("Bq/mL", others[n], text);
        CU_ASSERT_EQUAL(read_text(text, &header, &error), STATUS_BAD_DATA);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, others[n]));
        pet_header_free(&header);
    }
}

static void test_path(void) {
    static const char *const images[] = {"a/p.nii", "a/p.nii.gz", "a/p.NII", "a/p.NII.GZ"};
    char path[SIDECAR_PATH_SIZE];
    Error error = {0};
    for (size_t n = 0; n < sizeof images / sizeof images[0]; n++) {
        CU_ASSERT_EQUAL(pet_sidecar_path(images[n], path, &error), STATUS_OK);
        CU_ASSERT_STRING_EQUAL(path, "a/p.json");
    }
}

static void test_date_forms(void) {
    char text[TEXT_SIZE];
    PetHeader header;
    Error error = {0};
    edited("2024-03-06", "20240306", text);
    CU_ASSERT_EQUAL(read_text(text, &header, &error), STATUS_OK);
    check_time(&header.acquisition, "2024-03-06T09:00:00");
    pet_header_free(&header);
    edited("13:00:00", "2024-03-05T13:00:00+01:00", text);
    CU_ASSERT_EQUAL(read_text(text, &header, &error), STATUS_OK);
    check_time(&header.acquisition, "2024-03-06T09:00:00+01:00");
    pet_header_free(&header);
}

int main(void) {
    static const UnitTest tests[] = {
        {"times count from TimeZero, which may be the day before", test_usual},
        {"values corrected to the injection are ADMIN", test_corrected_to_injection},
        {"the sheet may know the injection alone", test_without_injection},
        {"a half-life may be the configured one", test_half_life_of_the_nuclide},
        {"values not corrected get their factor", test_not_corrected},
        {"a missing or wrong key is named", test_refused},
        {"Bq/mL has several spellings", test_units_spellings},
        {"the sidecar has the image's name", test_path},
        {"dates may be basic, TimeZero a whole time", test_date_forms},
    };
    return suite_run("convert/pet_sidecar", tests, sizeof tests / sizeof tests[0]);
}
