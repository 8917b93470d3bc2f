/* Voxels of a DICOM series: stored values to physical ones (DICOM PS3.3 sections C.11.1.1.2 and
 * C.7.5.1.1.2). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "convert/dicom_series.h"

static const double air_hu = -1024.0;

/* How the stored values of one slice become physical ones. */
typedef struct Rescale {
    double slope, intercept;
    bool has_padding, is_ct;
    double padding_low, padding_high; /* stored values that mean "nothing here" */
} Rescale;

/* A padding value written unsigned although the pixels are signed, as some scanners do. */
static double as_stored(const DicomFile *file, double value) {
    double is_signed = 0, bits = 16;
    dicom_numbers(file, "0028,0103", &is_signed, 1);
    dicom_numbers(file, "0028,0100", &bits, 1);
    double range = ldexp(1.0, (int)bits);
    return is_signed != 0 && value >= range / 2 ? value - range : value;
}

static void read_padding(const DicomFile *file, Rescale *rescale) {
    double value = 0, limit = 0;
    rescale->has_padding = dicom_numbers(file, "0028,0120", &value, 1) == 1;
    if (!rescale->has_padding) {
        return;
    }
    value = as_stored(file, value);
    bool is_range = dicom_numbers(file, "0028,0121", &limit, 1) == 1;
    limit = is_range ? as_stored(file, limit) : value;
    rescale->padding_low = fmin(value, limit);
    rescale->padding_high = fmax(value, limit);
}

static Status read_rescale(const DicomSeries *series, const DicomSlice *slice, Rescale *rescale,
                           Error *error) {
    *rescale = (Rescale){.slope = 1.0, .is_ct = strcmp(series->modality, "CT") == 0};
    bool has_slope = dicom_slice_numbers(slice, "0028,9145", "0028,1053", &rescale->slope, 1) == 1;
    dicom_slice_numbers(slice, "0028,9145", "0028,1052", &rescale->intercept, 1);
    if (!has_slope && strcmp(series->modality, "MR") != 0) {
        return error_set(error, STATUS_BAD_DATA,
                         "Rescale Slope (0028,1053) is missing: the stored values of a %s cannot "
                         "be turned into physical ones; export the original series",
                         series->modality);
    }
    if (dicom_sequence_length(slice->file, "0028,3000") > 0) {
        return error_set(error, STATUS_BAD_DATA,
                         "a Modality LUT (0028,3000) instead of slope and intercept cannot be "
                         "read; export the original series");
    }
    read_padding(slice->file, rescale);
    return STATUS_OK;
}

static Status rescale_slice(const Rescale *rescale, const int32_t *stored, size_t count,
                            float *voxels, Error *error) {
    for (size_t n = 0; n < count; n++) {
        double value = rescale->slope * stored[n] + rescale->intercept;
        if (rescale->is_ct) {
            bool is_padding = rescale->has_padding && stored[n] >= rescale->padding_low &&
                              stored[n] <= rescale->padding_high;
            value = is_padding || value < air_hu ? air_hu : value;
        }
        if (rescale->slope == 0 && stored[n] != 0) {
            return error_set(error, STATUS_BAD_DATA,
                             "Rescale Slope (0028,1053) is 0 in a slice that is not empty; export "
                             "the original series");
        }
        voxels[n] = (float)value;
    }
    return STATUS_OK;
}

/* All slices that lie in one file, so that each file is read once. */
static Status read_file(const DicomSeries *series, size_t file_number, Volume *volume,
                        Error *error) {
    size_t size[3];
    int32_t *stored = NULL;
    Status status = dicom_read_pixels(series->files[file_number], size, &stored, error);
    size_t count = series->grid.size[0] * series->grid.size[1];
    for (size_t k = 0; status == STATUS_OK && k < series->grid.size[2]; k++) {
        const DicomSlice *slice = &series->slices[k];
        Rescale rescale;
        if (slice->file_number != file_number) {
            continue;
        }
        status = read_rescale(series, slice, &rescale, error);
        if (status == STATUS_OK) {
            status = rescale_slice(&rescale, stored + slice->frame * count, count,
                                   volume->voxels + k * count, error);
        }
    }
    free(stored);
    return status;
}

Status dicom_series_read(const DicomSeries *series, Volume *volume, Error *error) {
    Status status = volume_create(&series->grid, volume, error);
    for (size_t f = 0; status == STATUS_OK && f < series->n_files; f++) {
        status = read_file(series, f, volume, error);
    }
    if (status != STATUS_OK) {
        volume_free(volume);
    }
    return status;
}
