/* See pet_times.h. Logic of the scan start: QIBA FDG-PET/CT profile, SUV pseudo code. */
#include "convert/pet_times.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "convert/pet_header.h"
#include "core/log.h"

enum { TIME_TEXT_SIZE = 40, MAX_DAYS_BACK = 14 };

static const double day_s = 86400;
static const double most_half_lives = 10;
static const double same_clock_s = 600;
static const double long_half_life_s = 6 * 3600.0;
static const double factor_tolerance = 0.05; /* relative: in-frame decay, rounded header values */

static void read_offset(const DicomFile *file, char offset[TIME_TEXT_SIZE]) {
    dicom_text(file, "0008,0201", offset, TIME_TEXT_SIZE);
}

static Status read_acquisition(const DicomSlice *slice, Timestamp *start, Error *error) {
    char offset[TIME_TEXT_SIZE], text[TIME_TEXT_SIZE], date[TIME_TEXT_SIZE];
    read_offset(slice->file, offset);
    if (slice->is_enhanced &&
        dicom_slice_text(slice, "0020,9111", "0018,9074", text, sizeof text)) {
        return timestamp_from_dicom_datetime(text, offset, start, error);
    }
    bool has_date = dicom_text(slice->file, "0008,0022", date, sizeof date) ||
                    dicom_text(slice->file, "0008,0021", date, sizeof date);
    if (has_date && dicom_text(slice->file, "0008,0032", text, sizeof text)) {
        return timestamp_from_dicom(date, text, offset, start, error);
    }
    if (dicom_text(slice->file, "0008,002a", text, sizeof text)) {
        return timestamp_from_dicom_datetime(text, offset, start, error);
    }
    return error_set(error, STATUS_BAD_DATA,
                     "Acquisition Date (0008,0022) and Time (0008,0032) are missing: the delay "
                     "between treatment and PET is unknown; export the series with its times");
}

Status pet_times_read_frames(const DicomSeries *series, PetFrameTime *times, size_t *first,
                             Error *error) {
    *first = 0;
    for (size_t k = 0; k < series->grid.size[2]; k++) {
        const DicomSlice *slice = &series->slices[k];
        double duration_ms = NAN;
        if (dicom_slice_numbers(slice, "0020,9111", "0018,9220", &duration_ms, 1) == 0) {
            dicom_numbers(slice->file, "0018,1242", &duration_ms, 1);
        }
        times[k].duration_s = duration_ms > 0 ? duration_ms / 1000 : NAN;
        Status status = read_acquisition(slice, &times[k].start, error);
        if (status != STATUS_OK) {
            return status;
        }
        if (timestamp_difference_s(&times[k].start, &times[*first].start, NULL) < 0) {
            *first = k;
        }
    }
    return STATUS_OK;
}

/* `time` moved by whole days to the last such time not after `acquisition`. */
static Timestamp last_before(const Timestamp *time, const Timestamp *acquisition) {
    double after_s = timestamp_difference_s(time, acquisition, NULL);
    return timestamp_add_s(time, -day_s * ceil(after_s / day_s));
}

/* Only the time of day is known, but the values were corrected to it: the factor tells the day. */
static bool day_from_decay_factor(double factor, const PetFrameTime *time, double half_life_s,
                                  Timestamp *injection) {
    for (int days = 0; factor > 1 && days <= MAX_DAYS_BACK; days++) {
        Timestamp guess = timestamp_add_s(injection, -days * day_s);
        double delay_s = timestamp_difference_s(&time->start, &guess, NULL);
        double duration_s = time->duration_s > 0 ? time->duration_s : 0;
        double wanted = pet_decay_factor(half_life_s, delay_s, duration_s);
        if (fabs(factor / wanted - 1) < factor_tolerance) {
            *injection = guess;
            return true;
        }
    }
    return false;
}

/* An injection that the values are corrected to lies before the acquisition, within the half-lives
 * over which there is something to measure. De-identification may have moved one of the two. */
static Status check_reference(const Timestamp *injection, const Timestamp *acquisition,
                              double half_life_s, Error *error) {
    double delay_s = timestamp_difference_s(acquisition, injection, NULL);
    if (delay_s >= 0 && delay_s <= most_half_lives * half_life_s) {
        return STATUS_OK;
    }
    return error_set(error, STATUS_BAD_DATA,
                     "Radiopharmaceutical Start DateTime (0018,1078) is %s the acquisition, and "
                     "the values are corrected to it (ADMIN); correct the times in the archive",
                     delay_s < 0 ? "after" : "more than ten half-lives before");
}

/* Whole days from `injection`, of which only the clock counts, to the treatment in `row`; false if
 * the clocks differ, or that day cannot be. */
static bool days_to_treatment(const Table *treatments, size_t row, const Timestamp *injection,
                              const Timestamp *acquisition, double half_life_s, double *days) {
    Timestamp administered;
    Error ignored;
    const char *text = table_text(treatments, row, "administered_at");
    if (timestamp_parse(text, &administered, &ignored) != STATUS_OK) {
        return false;
    }
    double later_s = timestamp_difference_s(&administered, injection, NULL);
    *days = round(later_s / day_s);
    Timestamp moved = timestamp_add_s(injection, *days * day_s);
    return fabs(later_s - *days * day_s) <= same_clock_s &&
           check_reference(&moved, acquisition, half_life_s, &ignored) == STATUS_OK;
}

/* The same without a factor: the sheet of treatments tells the day, if it tells one only. */
static bool day_from_treatments(const Table *treatments, const Timestamp *acquisition,
                                double half_life_s, Timestamp *injection) {
    size_t n_rows = treatments == NULL ? 0 : table_row_count(treatments);
    double found = NAN;
    for (size_t row = 0; row < n_rows; row++) {
        double days;
        if (!days_to_treatment(treatments, row, injection, acquisition, half_life_s, &days)) {
            continue;
        }
        if (!isnan(found) && found != days) {
            return false;
        }
        found = days;
    }
    if (isnan(found)) {
        return false;
    }
    *injection = timestamp_add_s(injection, found * day_s);
    log_message(LOG_WARNING, "the PET header has the clock time of the injection only; its day is "
                             "taken from administered_at of the sheet of treatments");
    return true;
}

static Status settle_day(const DicomSlice *slice, const Timestamp *acquisition, double half_life_s,
                         const Table *treatments, Timestamp *injection, Error *error) {
    PetFrameTime time = {.duration_s = NAN};
    double factor = 0;
    if (read_acquisition(slice, &time.start, error) != STATUS_OK) {
        return error->status;
    }
    dicom_numbers(slice->file, "0018,1242", &time.duration_s, 1);
    time.duration_s /= 1000;
    bool is_known = dicom_numbers(slice->file, "0054,1321", &factor, 1) > 0
                        ? day_from_decay_factor(factor, &time, half_life_s, injection)
                        : day_from_treatments(treatments, acquisition, half_life_s, injection);
    if (is_known) {
        return STATUS_OK;
    }
    return error_set(error, STATUS_BAD_DATA,
                     "Decay Correction (0054,1102) is ADMIN, but the date of the injection is "
                     "missing (Radiopharmaceutical Start DateTime (0018,1078)) and neither Decay "
                     "Factor (0054,1321) nor, without one, administered_at of a treatment within "
                     "10 minutes of its clock tells the day; export the series with the date, or "
                     "decay-corrected to its START, or correct treatments.tsv");
}

Status pet_times_injection(const DicomSeries *series, const Timestamp *acquisition,
                           const char *decay_correction, double half_life_s,
                           const Table *treatments, Timestamp *injection, Error *error) {
    char offset[TIME_TEXT_SIZE], text[TIME_TEXT_SIZE], date[TIME_TEXT_SIZE];
    const DicomSlice *slice = &series->slices[0];
    bool is_reference = strcmp(decay_correction, "ADMIN") == 0;
    read_offset(slice->file, offset);
    if (dicom_text(slice->file, PET_TRACER "0018,1078", text, sizeof text)) {
        Status status = timestamp_from_dicom_datetime(text, offset, injection, error);
        return status == STATUS_OK && is_reference
                   ? check_reference(injection, acquisition, half_life_s, error)
                   : status;
    }
    bool has_date = dicom_text(slice->file, "0008,0021", date, sizeof date) ||
                    dicom_text(slice->file, "0008,0022", date, sizeof date);
    if (!has_date || !dicom_text(slice->file, PET_TRACER "0018,1072", text, sizeof text)) {
        return error_set(error, STATUS_BAD_DATA,
                         "the injection time is missing: Radiopharmaceutical Start DateTime "
                         "(0018,1078) or Start Time (0018,1072) in (0054,0016); export the series "
                         "with its radiopharmaceutical information");
    }
    Status status = timestamp_from_dicom(date, text, offset, injection, error);
    if (status != STATUS_OK) {
        return status;
    }
    *injection = last_before(injection, acquisition);
    if (is_reference && half_life_s > long_half_life_s) {
        return settle_day(slice, acquisition, half_life_s, treatments, injection, error);
    }
    return STATUS_OK;
}

/* GE keeps the start of the scan in a private element that post-processing leaves alone. */
static bool read_ge_scan_time(const DicomFile *file, const char *offset, Timestamp *start) {
    Error ignored;
    for (unsigned block = 0x10; block <= 0x1F; block++) {
        char element[16], text[TIME_TEXT_SIZE];
        snprintf(element, sizeof element, "0009,%04x", block);
        if (dicom_text(file, element, text, sizeof text) && strcmp(text, "GEMS_PETD_01") == 0) {
            snprintf(element, sizeof element, "0009,%02x0d", block);
            return dicom_text(file, element, text, sizeof text) &&
                   timestamp_from_dicom_datetime(text, offset, start, &ignored) == STATUS_OK;
        }
    }
    return false;
}

Status pet_times_scan_start(const DicomSeries *series, const PetFrameTime *first_time,
                            const DicomSlice *first, double half_life_s, Timestamp *start,
                            Error *error) {
    char offset[TIME_TEXT_SIZE], text[TIME_TEXT_SIZE], date[TIME_TEXT_SIZE];
    const DicomFile *file = series->slices[0].file;
    double reference_ms = 0;
    read_offset(file, offset);
    if (dicom_text(file, "0018,9701", text, sizeof text)) {
        return timestamp_from_dicom_datetime(text, offset, start, error);
    }
    if (dicom_text(file, "0008,0021", date, sizeof date) &&
        dicom_text(file, "0008,0031", text, sizeof text)) {
        Status status = timestamp_from_dicom(date, text, offset, start, error);
        if (status != STATUS_OK || timestamp_difference_s(start, &first_time->start, NULL) <= 0) {
            return status;
        }
    }
    if (read_ge_scan_time(file, offset, start)) {
        return STATUS_OK;
    }
    *start = first_time->start;
    if (dicom_numbers(first->file, "0054,1300", &reference_ms, 1) == 1 && reference_ms > 0 &&
        first_time->duration_s > 0) {
        double mean_s = pet_mean_activity_time_s(half_life_s, first_time->duration_s);
        *start = timestamp_add_s(start, mean_s - reference_ms / 1000);
    }
    return STATUS_OK;
}
