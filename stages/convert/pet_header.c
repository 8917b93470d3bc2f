/* See pet_header.h. DICOM PS3.3 sections C.8.9.1 (PET series) and C.8.9.4 (PET image). */
#include "convert/pet_header.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convert/pet_times.h"
#include "convert/radionuclide.h"

double pet_mean_activity_time_s(double half_life_s, double duration_s) {
    double lambda = log(2) / half_life_s;
    double decay = lambda * duration_s;
    return decay > 0 ? log(decay / -expm1(-decay)) / lambda : 0.0;
}

double pet_decay_factor(double half_life_s, double delay_s, double duration_s) {
    double lambda = log(2) / half_life_s;
    double decay = lambda * duration_s;
    return exp(lambda * delay_s) * (decay > 0 ? decay / -expm1(-decay) : 1.0);
}

static Status check_units(const DicomSlice *slice, Error *error) {
    char units[DICOM_CODE_SIZE];
    dicom_text(slice->file, "0054,1001", units, sizeof units);
    if (strcmp(units, "BQML") == 0) {
        return STATUS_OK;
    }
    const char *advice = "export the series in Bq/mL (BQML)";
    if (strcmp(units, "GML") == 0) {
        advice = "these are standardised uptake values, not activity: export the series in Bq/mL";
    } else if (strcmp(units, "CNTS") == 0) {
        advice = "these are counts: export the series in Bq/mL (Philips: with the activity "
                 "concentration scale factor applied)";
    } else if (strcmp(units, "PROPCPS") == 0 || strcmp(units, "CPS") == 0) {
        advice = "these are count rates: calibrate the series and export it in Bq/mL";
    }
    return error_set(error, STATUS_BAD_DATA, "Units (0054,1001) is '%s', a dose needs 'BQML'; %s",
                     units, advice);
}

static void read_radionuclide(const DicomFile *file, PetHeader *header) {
    char text[PET_TEXT_SIZE];
    const char *name = NULL;
    if (dicom_text(file, PET_TRACER "0054,0300[0]/0008,0100", text, sizeof text)) {
        name = radionuclide_from_code(text);
    }
    if (name == NULL && dicom_text(file, PET_TRACER "0054,0300[0]/0008,0104", text, sizeof text)) {
        name = radionuclide_from_text(text);
    }
    if (name == NULL && dicom_text(file, PET_TRACER "0018,0031", text, sizeof text)) {
        name = radionuclide_from_text(text);
    }
    if (name == NULL) {
        name = radionuclide_from_half_life(header->half_life_s);
    }
    snprintf(header->radionuclide, sizeof header->radionuclide, "%s",
             name == NULL ? "unknown" : name);
}

static Status read_tracer(const DicomFile *file, PetHeader *header, Error *error) {
    header->half_life_s = NAN;
    header->positron_fraction = NAN;
    dicom_numbers(file, PET_TRACER "0018,1075", &header->half_life_s, 1);
    dicom_numbers(file, PET_TRACER "0018,1076", &header->positron_fraction, 1);
    if (!(header->half_life_s > 0)) {
        return error_set(error, STATUS_BAD_DATA,
                         "Radionuclide Half Life (0018,1075) in the Radiopharmaceutical "
                         "Information Sequence (0054,0016) is missing or not positive; export the "
                         "series with its radiopharmaceutical information");
    }
    read_radionuclide(file, header);
    dicom_text(file, "0008,0070", header->manufacturer, sizeof header->manufacturer);
    dicom_text(file, "0008,1090", header->model, sizeof header->model);
    return STATUS_OK;
}

static Status read_decay_correction(const DicomSlice *slice, PetHeader *header, Error *error) {
    char text[DICOM_CODE_SIZE];
    dicom_text(slice->file, "0054,1102", text, sizeof text);
    if (strcmp(text, "START") != 0 && strcmp(text, "ADMIN") != 0 && strcmp(text, "NONE") != 0) {
        return error_set(error, STATUS_BAD_DATA,
                         "Decay Correction (0054,1102) is '%s', wanted START, ADMIN or NONE: the "
                         "time that the Bq/mL refer to is unknown; export the original series",
                         text);
    }
    snprintf(header->decay_correction, sizeof header->decay_correction, "%.7s", text);
    return STATUS_OK;
}

/* Decay Correction NONE: every slice from its own frame to the start of the first. */
static Status undo_decay(const PetFrameTime *times, PetHeader *header, Error *error) {
    for (size_t k = 0; k < header->n_slices; k++) {
        if (!(times[k].duration_s > 0)) {
            return error_set(error, STATUS_BAD_DATA,
                             "Decay Correction (0054,1102) is NONE and Actual Frame Duration "
                             "(0018,1242) is missing: decay cannot be corrected; export the "
                             "series decay-corrected, or with its frame duration");
        }
        double delay_s = timestamp_difference_s(&times[k].start, &header->decay_reference, NULL);
        header->slice_decay_factor[k] =
            pet_decay_factor(header->half_life_s, delay_s, times[k].duration_s);
    }
    return STATUS_OK;
}

static Status read_times(const DicomSeries *series, const Table *treatments, PetHeader *header,
                         Error *error) {
    PetFrameTime *times = calloc(header->n_slices, sizeof *times);
    size_t first = 0;
    Status status = times == NULL ? error_no_memory(error, "PET times") : STATUS_OK;
    status = status == STATUS_OK ? pet_times_read_frames(series, times, &first, error) : status;
    if (status != STATUS_OK) {
        goto done;
    }
    header->acquisition = times[first].start;
    header->frame_duration_s = times[first].duration_s;
    header->is_injection_known = true;
    header->is_injection_dated = dicom_has(series->slices[0].file, PET_TRACER "0018,1078");
    status = pet_times_injection(series, &header->acquisition, header->decay_correction,
                                 header->half_life_s, treatments, &header->injection, error);
    if (status != STATUS_OK) {
        goto done;
    }
    if (strcmp(header->decay_correction, "START") == 0) {
        status = pet_times_scan_start(series, &times[first], &series->slices[first],
                                      header->half_life_s, &header->decay_reference, error);
    } else if (strcmp(header->decay_correction, "ADMIN") == 0) {
        header->decay_reference = header->injection;
    } else {
        header->decay_reference = header->acquisition;
        status = undo_decay(times, header, error);
    }
done:
    free(times);
    return status;
}

Status pet_header_read(const DicomSeries *series, const Table *treatments, PetHeader *header,
                       Error *error) {
    const DicomSlice *slice = &series->slices[0];
    *header = (PetHeader){.n_slices = series->grid.size[2]};
    header->slice_decay_factor = malloc(header->n_slices * sizeof(double));
    if (header->slice_decay_factor == NULL) {
        return error_no_memory(error, "slice decay factors");
    }
    for (size_t k = 0; k < header->n_slices; k++) {
        header->slice_decay_factor[k] = 1.0;
    }
    Status status = check_units(slice, error);
    status = status == STATUS_OK ? read_decay_correction(slice, header, error) : status;
    status = status == STATUS_OK ? read_tracer(slice->file, header, error) : status;
    return status == STATUS_OK ? read_times(series, treatments, header, error) : status;
}

void pet_header_free(PetHeader *header) {
    free(header->slice_decay_factor);
    *header = (PetHeader){0};
}
