#include "core/timestamp.h"

#include <string.h>

#include "tests/unit/suite.h"

/* Seconds since 1970 computed with `date -u -d ... +%s`. */
static void iso_times_are_read(void) {
    Timestamp time;
    Error error;
    CU_ASSERT_EQUAL(timestamp_parse("2024-03-05T10:35:00", &time, &error), STATUS_OK);
    ASSERT_NEAR(time.local_s, 1709634900, 0);
    CU_ASSERT_FALSE(time.has_offset);
    CU_ASSERT_EQUAL(timestamp_parse("2000-02-29 23:59:59.250-03:30", &time, &error), STATUS_OK);
    ASSERT_NEAR(time.local_s, 951868799.25, 1e-6);
    ASSERT_NEAR(time.offset_s, -12600, 0);
}

static void impossible_times_are_refused(void) {
    static const char *const wrong[] = {"2023-02-29T10:00:00",  "2024-13-01T00:00:00", "20240305",
                                        "2024-03-05",           "2024-03-05T25:00",    "",
                                        "2024-03-05T10:35:00 ", "05.03.2024 10:35"};
    for (size_t n = 0; n < sizeof wrong / sizeof *wrong; n++) {
        Timestamp time;
        Error error;
        CU_ASSERT_EQUAL(timestamp_parse(wrong[n], &time, &error), STATUS_BAD_DATA);
    }
}

static void dicom_times_are_read(void) {
    Timestamp time, datetime;
    Error error;
    CU_ASSERT_EQUAL(timestamp_from_dicom("20240305", "103500.5", "+0100", &time, &error),
                    STATUS_OK);
    ASSERT_NEAR(time.local_s, 1709634900.5, 1e-6);
    ASSERT_NEAR(time.offset_s, 3600, 0);
    CU_ASSERT_EQUAL(timestamp_from_dicom_datetime("20240305103500.5+0100", "", &datetime, &error),
                    STATUS_OK);
    ASSERT_NEAR(datetime.local_s, time.local_s, 0);
    CU_ASSERT_TRUE(datetime.has_offset);
    CU_ASSERT_EQUAL(timestamp_from_dicom("20240305", "1035", "", &time, &error), STATUS_OK);
    ASSERT_NEAR(time.local_s, 1709634900, 0);
    CU_ASSERT_EQUAL(timestamp_from_dicom("", "1035", "", &time, &error), STATUS_BAD_DATA);
}

static void differences_respect_offsets(void) {
    Timestamp berlin, utc, local;
    Error error;
    bool one_clock;
    timestamp_parse("2024-03-05T12:00:00+01:00", &berlin, &error);
    timestamp_parse("2024-03-05T12:00:00Z", &utc, &error);
    timestamp_parse("2024-03-05T13:00:00", &local, &error);
    ASSERT_NEAR(timestamp_difference_s(&utc, &berlin, &one_clock), 3600, 0);
    CU_ASSERT_FALSE(one_clock);
    ASSERT_NEAR(timestamp_difference_s(&local, &berlin, &one_clock), 3600, 0);
    CU_ASSERT_TRUE(one_clock);
}

static void formatting_and_parsing_agree(void) {
    static const char *const texts[] = {"2024-02-29T23:59:59", "1999-12-31T00:00:00.125+05:30",
                                        "2024-03-01T00:00:00-08:00"};
    for (size_t n = 0; n < sizeof texts / sizeof *texts; n++) {
        Timestamp time;
        Error error;
        char text[TIMESTAMP_TEXT_SIZE];
        CU_ASSERT_EQUAL(timestamp_parse(texts[n], &time, &error), STATUS_OK);
        timestamp_format(&time, text);
        CU_ASSERT_STRING_EQUAL(text, texts[n]);
    }
}

static void adding_crosses_midnight(void) {
    Timestamp time;
    Error error;
    char text[TIMESTAMP_TEXT_SIZE];
    timestamp_parse("2024-02-28T23:30:00", &time, &error);
    time = timestamp_add_s(&time, 3600);
    timestamp_format(&time, text);
    CU_ASSERT_STRING_EQUAL(text, "2024-02-29T00:30:00");
}

int main(void) {
    static const UnitTest tests[] = {
        {"ISO times are read", iso_times_are_read},
        {"impossible times are refused", impossible_times_are_refused},
        {"DICOM times are read", dicom_times_are_read},
        {"differences respect offsets", differences_respect_offsets},
        {"formatting and parsing agree", formatting_and_parsing_agree},
        {"adding crosses midnight", adding_crosses_midnight},
    };
    return suite_run("timestamp", tests, sizeof tests / sizeof *tests);
}
