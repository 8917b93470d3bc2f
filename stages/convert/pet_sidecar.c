/* See pet_sidecar.h. */
#include "convert/pet_sidecar.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "convert/radionuclide.h"
#include "convert/shown_path.h"
#include "convert/utf8_text.h"

enum { MAX_SIDECAR_BYTES = 4 << 20 };

static const double day_s = 86400;
static const double same_instant_s = 1.0;

Status pet_sidecar_path(const char *nifti_path, char path[SIDECAR_PATH_SIZE], Error *error) {
    size_t length = strlen(nifti_path);
    size_t suffix = length > 3 && strcasecmp(nifti_path + length - 3, ".gz") == 0 ? 7 : 4;
    if (length <= suffix || length - suffix + sizeof ".json" > SIDECAR_PATH_SIZE) {
        return error_set(error, STATUS_BAD_DATA, "the path of a NIfTI PET is too long");
    }
    memcpy(path, nifti_path, length - suffix);
    strcpy(path + length - suffix, ".json");
    return STATUS_OK;
}

static Status load_json(const char *path, cJSON **json, Error *error) {
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        return error_set(error, STATUS_NO_INPUT,
                         "cannot be opened (%s): a NIfTI PET needs its PET-BIDS JSON beside it, "
                         "with units and times",
                         strerror(errno));
    }
    char *text = malloc(MAX_SIDECAR_BYTES);
    size_t count = text == NULL ? 0 : fread(text, 1, MAX_SIDECAR_BYTES, stream);
    fclose(stream);
    if (text == NULL) {
        return error_no_memory(error, "a JSON file");
    }
    *json = utf8_is_valid(text, count) ? cJSON_ParseWithLength(text, count) : NULL;
    free(text);
    if (!cJSON_IsObject(*json)) {
        return error_set(error, STATUS_BAD_DATA, "is not a JSON object in UTF-8; write it again");
    }
    return STATUS_OK;
}

/* A number, or the first of an array of numbers. */
static Status get_number(const cJSON *json, const char *key, double *value, Error *error) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, key);
    if (cJSON_IsArray(item)) {
        if (cJSON_GetArraySize(item) > 1) {
            return error_set(error, STATUS_BAD_DATA,
                             "%s has %d entries: only one frame can be read; split the image", key,
                             cJSON_GetArraySize(item));
        }
        item = cJSON_GetArrayItem(item, 0);
    }
    if (!cJSON_IsNumber(item) || !isfinite(item->valuedouble)) {
        return error_set(error, STATUS_BAD_DATA,
                         "%s is missing or not a number; PET-BIDS requires it: add it", key);
    }
    *value = item->valuedouble;
    return STATUS_OK;
}

static Status get_text(const cJSON *json, const char *key, const char **value, Error *error) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, key);
    if (!cJSON_IsString(item) || item->valuestring[0] == '\0') {
        return error_set(error, STATUS_BAD_DATA, "%s is missing or not text; add it", key);
    }
    *value = item->valuestring;
    return STATUS_OK;
}

static double optional_number(const cJSON *json, const char *key) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, key);
    return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

static void optional_text(const cJSON *json, const char *key, char text[PET_TEXT_SIZE]) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, key);
    const char *value = cJSON_IsString(item) ? item->valuestring : "";
    snprintf(text, PET_TEXT_SIZE, "%.*s", (int)utf8_cut(value, PET_TEXT_SIZE - 1), value);
}

/* Becquerel per millilitre in one of its spellings; blanks do not count. */
static bool is_bq_per_ml(const char *units) {
    static const char *const spellings[] = {"Bq/mL",   "BQML",     "BqmL-1", "Bq.mL-1", "Bq*mL-1",
                                            "BqmL^-1", "Bq.mL^-1", "Bq/cc",  "Bq/cm3",  "Bq/cm^3"};
    char plain[16];
    size_t length = 0;
    for (; *units != '\0' && length + 1 < sizeof plain; units++) {
        if (*units != ' ') {
            plain[length++] = *units;
        }
    }
    plain[length] = '\0';
    for (size_t n = 0; *units == '\0' && n < sizeof spellings / sizeof spellings[0]; n++) {
        if (strcasecmp(plain, spellings[n]) == 0) {
            return true;
        }
    }
    return false;
}

static Status read_units(const cJSON *json, Error *error) {
    const char *units = NULL;
    Status status = get_text(json, "Units", &units, error);
    if (status == STATUS_OK && !is_bq_per_ml(units)) {
        return error_set(error, STATUS_BAD_DATA,
                         "Units is '%s', a dose needs 'Bq/mL'; convert the image to activity "
                         "concentration",
                         units);
    }
    return status;
}

static Status read_tracer(const cJSON *json, PetHeader *header, Error *error) {
    const char *stated = NULL;
    header->half_life_s = optional_number(json, "RadionuclideHalfLife");
    header->positron_fraction = optional_number(json, "RadionuclidePositronFraction");
    optional_text(json, "Manufacturer", header->manufacturer);
    if (header->manufacturer[0] == '\0') {
        optional_text(json, "ScannerManufacturer", header->manufacturer);
    }
    optional_text(json, "ManufacturersModelName", header->model);
    Status status = get_text(json, "TracerRadionuclide", &stated, error);
    if (status == STATUS_OK) {
        const char *name = radionuclide_from_text(stated);
        snprintf(header->radionuclide, sizeof header->radionuclide, "%s",
                 name == NULL ? "unknown" : name);
    }
    return status;
}

/* Date as "2024-03-05" or "20240305", TimeZero as "10:35:00" or a whole ISO 8601 time. */
static Status read_time_zero(const cJSON *json, double scan_start_s, PetHeader *header,
                             Timestamp *zero, Error *error) {
    const char *date = NULL, *time = NULL;
    char text[TIMESTAMP_TEXT_SIZE];
    Status status = get_text(json, "TimeZero", &time, error);
    if (status != STATUS_OK) {
        return status;
    }
    if (strlen(time) > 10 && (time[10] == 'T' || time[10] == ' ')) {
        return timestamp_parse(time, zero, error);
    }
    status = get_text(json, "AcquisitionDate", &date, error);
    if (status != STATUS_OK) {
        return status;
    }
    if (strlen(date) == 8) {
        snprintf(text, sizeof text, "%.4s-%.2s-%.2sT%.20s", date, date + 4, date + 6, time);
    } else {
        snprintf(text, sizeof text, "%.10sT%.20s", date, time);
    }
    status = timestamp_parse(text, zero, error);
    if (status != STATUS_OK) {
        return error_add_context(error, "AcquisitionDate and TimeZero");
    }
    double second_of_day = fmod(zero->local_s, day_s);
    header->may_be_later_s = day_s * floor((second_of_day + scan_start_s) / day_s);
    *zero = timestamp_add_s(zero, -header->may_be_later_s);
    return STATUS_OK;
}

/* The sidecar's own half-life, else the configured nuclide's if the tracer is that one. */
static double known_half_life_s(const PetHeader *header, const Nuclide *nuclide) {
    bool is_configured = strcmp(header->radionuclide, nuclide->name) == 0;
    return isnan(header->half_life_s) && is_configured ? nuclide->half_life_h * 3600.0
                                                       : header->half_life_s;
}

static Status read_decay(const cJSON *json, const Timestamp *zero, const Nuclide *nuclide,
                         PetHeader *header, Error *error) {
    double reference_s = 0, half_life_s = known_half_life_s(header, nuclide);
    const cJSON *corrected = cJSON_GetObjectItemCaseSensitive(json, "ImageDecayCorrected");
    if (!cJSON_IsBool(corrected)) {
        return error_set(error, STATUS_BAD_DATA,
                         "ImageDecayCorrected is missing or not true or false; add it");
    }
    if (cJSON_IsTrue(corrected)) {
        Status status = get_number(json, "ImageDecayCorrectionTime", &reference_s, error);
        header->decay_reference = timestamp_add_s(zero, reference_s);
        double after_injection_s =
            timestamp_difference_s(&header->decay_reference, &header->injection, NULL);
        bool is_injection = header->is_injection_known && fabs(after_injection_s) < same_instant_s;
        strcpy(header->decay_correction, is_injection ? "ADMIN" : "START");
        return status;
    }
    if (!(half_life_s > 0)) {
        return error_set(error, STATUS_BAD_DATA,
                         "ImageDecayCorrected is false, RadionuclideHalfLife (seconds) is missing "
                         "and TracerRadionuclide is not the configured %s; add the half-life",
                         nuclide->name);
    }
    strcpy(header->decay_correction, "NONE");
    header->decay_reference = header->acquisition;
    for (size_t k = 0; k < header->n_slices; k++) {
        header->slice_decay_factor[k] =
            pet_decay_factor(half_life_s, 0.0, header->frame_duration_s);
    }
    return STATUS_OK;
}

static Status read_times(const cJSON *json, const Nuclide *nuclide, PetHeader *header,
                         Error *error) {
    double scan_s = 0, injection_s = 0, frame_s = 0;
    Timestamp zero;
    Status status = get_number(json, "ScanStart", &scan_s, error);
    header->is_injection_known = cJSON_HasObjectItem(json, "InjectionStart");
    if (status == STATUS_OK && header->is_injection_known) {
        status = get_number(json, "InjectionStart", &injection_s, error);
    }
    if (status == STATUS_OK) {
        status = get_number(json, "FrameDuration", &header->frame_duration_s, error);
    }
    if (status == STATUS_OK && cJSON_HasObjectItem(json, "FrameTimesStart")) {
        status = get_number(json, "FrameTimesStart", &frame_s, error);
    }
    if (status == STATUS_OK && !(header->frame_duration_s > 0)) {
        status = error_set(error, STATUS_BAD_DATA, "FrameDuration is not positive; correct it");
    }
    status = status == STATUS_OK ? read_time_zero(json, scan_s, header, &zero, error) : status;
    if (status != STATUS_OK) {
        return status;
    }
    /* FrameTimesStart counts from TimeZero, as ScanStart does: the later one is the frame's. */
    header->acquisition = timestamp_add_s(&zero, fmax(scan_s, frame_s));
    header->injection = timestamp_add_s(&zero, injection_s);
    header->is_injection_dated = true;
    return read_decay(json, &zero, nuclide, header, error);
}

Status pet_sidecar_read(const char *nifti_path, size_t n_slices, const Nuclide *nuclide,
                        PetHeader *header, Error *error) {
    char path[SIDECAR_PATH_SIZE], shown[SHOWN_PATH_SIZE];
    cJSON *json = NULL;
    *header = (PetHeader){.n_slices = n_slices};
    Status status = pet_sidecar_path(nifti_path, path, error);
    if (status != STATUS_OK) {
        return status;
    }
    header->slice_decay_factor = malloc(n_slices * sizeof(double));
    if (header->slice_decay_factor == NULL) {
        return error_no_memory(error, "slice decay factors");
    }
    for (size_t k = 0; k < n_slices; k++) {
        header->slice_decay_factor[k] = 1.0;
    }
    status = load_json(path, &json, error);
    status = status == STATUS_OK ? read_units(json, error) : status;
    status = status == STATUS_OK ? read_tracer(json, header, error) : status;
    status = status == STATUS_OK ? read_times(json, nuclide, header, error) : status;
    cJSON_Delete(json);
    return status == STATUS_OK ? STATUS_OK
                               : error_add_context(error, "%s", shown_path(path, shown));
}
