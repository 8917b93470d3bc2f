/* Times are kept as seconds of the written clock, so that nothing depends on the machine's zone. */
#include "core/timestamp.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Days from 1970-01-01 in the proleptic Gregorian calendar (Hinnant, "chrono-compatible
 * low-level date algorithms"). */
static long days_from_civil(int year, int month, int day) {
    long y = month <= 2 ? year - 1 : year;
    long era = (y >= 0 ? y : y - 399) / 400;
    long year_of_era = y - era * 400;
    long day_of_year = (153L * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    long day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void civil_from_days(long days, int *year, int *month, int *day) {
    days += 719468;
    long era = (days >= 0 ? days : days - 146096) / 146097;
    long day_of_era = days - era * 146097;
    long year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    long day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    long shifted = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2));
}

static int month_length(int year, int month) {
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : lengths[month - 1];
}

/* Reads exactly `digits` digits; -1 if they are not there. */
static int take_digits(const char **at, int digits) {
    int value = 0;
    for (int n = 0; n < digits; n++, (*at)++) {
        if (!isdigit((unsigned char)**at)) {
            return -1;
        }
        value = value * 10 + (**at - '0');
    }
    return value;
}

static bool take_fraction(const char **at, double *seconds) {
    if (**at != '.' && **at != ',') {
        return true;
    }
    (*at)++;
    double scale = 0.1;
    if (!isdigit((unsigned char)**at)) {
        return false;
    }
    for (; isdigit((unsigned char)**at); (*at)++, scale /= 10) {
        *seconds += scale * (**at - '0');
    }
    return true;
}

/* "Z", "+0100", "+01:00" or nothing. */
static bool take_offset(const char **at, Timestamp *time) {
    if (**at == 'Z') {
        (*at)++;
        time->has_offset = true;
        return true;
    }
    if (**at != '+' && **at != '-') {
        return true;
    }
    double sign = **at == '-' ? -1.0 : 1.0;
    (*at)++;
    int hours = take_digits(at, 2);
    if (**at == ':') {
        (*at)++;
    }
    int minutes = take_digits(at, 2);
    if (hours < 0 || hours > 14 || minutes < 0 || minutes > 59) {
        return false;
    }
    time->has_offset = true;
    time->offset_s = sign * (hours * 3600.0 + minutes * 60.0);
    return true;
}

static bool set_date(Timestamp *time, int year, int month, int day) {
    if (year < 1900 || year > 2200 || month < 1 || month > 12 || day < 1 ||
        day > month_length(year, month)) {
        return false;
    }
    time->local_s = 86400.0 * (double)days_from_civil(year, month, day);
    return true;
}

/* A leap second (60) is taken as it is written. */
static bool add_time_of_day(Timestamp *time, int hour, int minute, double second) {
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second >= 61) {
        return false;
    }
    time->local_s += hour * 3600.0 + minute * 60.0 + second;
    return true;
}

static bool skip(const char **at, const char *any_of) {
    if (**at != '\0' && strchr(any_of, **at) != NULL) {
        (*at)++;
        return true;
    }
    return false;
}

static bool parse_iso(const char *text, Timestamp *time) {
    const char *at = text;
    int year = take_digits(&at, 4);
    bool dashed = skip(&at, "-");
    int month = take_digits(&at, 2);
    dashed = dashed && skip(&at, "-");
    int day = take_digits(&at, 2);
    if (!dashed || !set_date(time, year, month, day) || !skip(&at, "T ")) {
        return false;
    }
    int hour = take_digits(&at, 2);
    bool colon = skip(&at, ":");
    int minute = take_digits(&at, 2);
    double second = 0;
    if (skip(&at, ":")) {
        second = take_digits(&at, 2);
        if (second < 0 || !take_fraction(&at, &second)) {
            return false;
        }
    }
    return colon && add_time_of_day(time, hour, minute, second) && take_offset(&at, time) &&
           *at == '\0';
}

Status timestamp_parse(const char *text, Timestamp *time, Error *error) {
    *time = (Timestamp){0};
    if (!parse_iso(text, time)) {
        return error_set(error, STATUS_BAD_DATA,
                         "'%s' is not a date and time; write it like 2024-03-05T10:35:00 or "
                         "2024-03-05T10:35:00+01:00",
                         text);
    }
    return STATUS_OK;
}

static void apply_default_offset(const char *utc_offset, Timestamp *time) {
    const char *at = utc_offset;
    Timestamp with_offset = *time;
    if (!time->has_offset && at != NULL && *at != '\0' && take_offset(&at, &with_offset)) {
        *time = with_offset;
    }
}

/* "HH[MM[SS[.F]]]"; old files also write "HH:MM:SS". */
static bool take_dicom_time(const char **at, Timestamp *time) {
    int hour = take_digits(at, 2), minute = 0;
    double second = 0;
    skip(at, ":");
    if (isdigit((unsigned char)**at)) {
        minute = take_digits(at, 2);
        skip(at, ":");
        if (isdigit((unsigned char)**at)) {
            second = take_digits(at, 2);
            if (second < 0 || !take_fraction(at, &second)) {
                return false;
            }
        }
    }
    return add_time_of_day(time, hour, minute, second);
}

static bool take_dicom_date(const char **at, Timestamp *time) {
    int year = take_digits(at, 4);
    skip(at, ".");
    int month = take_digits(at, 2);
    skip(at, ".");
    int day = take_digits(at, 2);
    return set_date(time, year, month, day);
}

Status timestamp_from_dicom(const char *date, const char *time_of_day, const char *utc_offset,
                            Timestamp *time, Error *error) {
    *time = (Timestamp){0};
    const char *date_at = date, *time_at = time_of_day;
    if (!take_dicom_date(&date_at, time) || *date_at != '\0' || !take_dicom_time(&time_at, time) ||
        *time_at != '\0') {
        return error_set(error, STATUS_BAD_DATA,
                         "date '%s' and time '%s' are not DICOM (expected YYYYMMDD, HHMMSS)", date,
                         time_of_day);
    }
    apply_default_offset(utc_offset, time);
    return STATUS_OK;
}

Status timestamp_from_dicom_datetime(const char *datetime, const char *utc_offset, Timestamp *time,
                                     Error *error) {
    *time = (Timestamp){0};
    const char *at = datetime;
    if (!take_dicom_date(&at, time) || !take_dicom_time(&at, time) || !take_offset(&at, time) ||
        *at != '\0') {
        return error_set(error, STATUS_BAD_DATA,
                         "'%s' is not a DICOM date and time (expected YYYYMMDDHHMMSS)", datetime);
    }
    apply_default_offset(utc_offset, time);
    return STATUS_OK;
}

void timestamp_format(const Timestamp *time, char text[TIMESTAMP_TEXT_SIZE]) {
    double total_ms = round(time->local_s * 1000.0);
    double days = floor(total_ms / 86400000.0);
    long ms = (long)(total_ms - days * 86400000.0);
    int year, month, day;
    civil_from_days((long)days, &year, &month, &day);
    int used = snprintf(text, TIMESTAMP_TEXT_SIZE, "%04d-%02d-%02dT%02ld:%02ld:%02ld", year % 10000,
                        month, day, ms / 3600000, ms / 60000 % 60, ms / 1000 % 60);
    if (ms % 1000 != 0) {
        used += snprintf(text + used, (size_t)(TIMESTAMP_TEXT_SIZE - used), ".%03ld", ms % 1000);
    }
    if (time->has_offset) {
        int minutes = (int)fabs(time->offset_s / 60.0);
        snprintf(text + used, (size_t)(TIMESTAMP_TEXT_SIZE - used), "%c%02d:%02d",
                 time->offset_s < 0 ? '-' : '+', minutes / 60, minutes % 60);
    }
}

Timestamp timestamp_add_s(const Timestamp *time, double seconds) {
    Timestamp later = *time;
    later.local_s += seconds;
    return later;
}

double timestamp_difference_s(const Timestamp *later, const Timestamp *earlier,
                              bool *assumes_one_clock) {
    bool both = later->has_offset && earlier->has_offset;
    if (assumes_one_clock != NULL) {
        *assumes_one_clock = later->has_offset != earlier->has_offset;
    }
    double difference = later->local_s - earlier->local_s;
    return both ? difference - (later->offset_s - earlier->offset_s) : difference;
}
