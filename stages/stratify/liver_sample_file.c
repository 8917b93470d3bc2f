/* Columns of the table, copied side by side (liver_sample_file.h). */
#include "stratify/liver_sample_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char GROUP[] = "/normal_liver_samples";

enum { NAME_SIZE = 48 };

/* One column; what is below `least` is refused, NaN only if it may be missing. */
static Status take_column(const Store *segment, const Table *table, const char *name, double least,
                          bool may_be_missing, double *values, Error *error) {
    if (!table_has_column(table, name)) {
        return error_set(error, STATUS_BAD_DATA, "%s: table %s has no column %s; run segment again",
                         store_path(segment), GROUP, name);
    }
    for (size_t row = 0; row < table_row_count(table); row++) {
        values[row] = table_number(table, row, name);
        if (values[row] < least || isinf(values[row]) || (isnan(values[row]) && !may_be_missing)) {
            return error_set(error, STATUS_BAD_DATA, "%s: table %s, %s of row %zu is %g",
                             store_path(segment), GROUP, name, row + 1, values[row]);
        }
    }
    return STATUS_OK;
}

static Status take_table(const Store *segment, const Table *table, size_t n_lesions,
                         LiverSampleFile *file, Error *error) {
    size_t count = table_row_count(table);
    file->numbers = malloc((count * (n_lesions + 2) + 1) * sizeof *file->numbers);
    if (file->numbers == NULL) {
        return error_no_memory(error, "the sample of the normal liver");
    }
    double *volume_ml = file->numbers, *bed_gy = volume_ml + count, *distance_mm = bed_gy + count;
    file->sample = (SbrtSample){count, n_lesions, volume_ml, bed_gy, distance_mm};
    Status status = take_column(segment, table, "volume_ml", 1e-9, false, volume_ml, error);
    if (status == STATUS_OK) {
        /* Noise may take a dose a little below zero. */
        status = take_column(segment, table, "bed_gy", -INFINITY, true, bed_gy, error);
    }
    for (size_t n = 0; n < n_lesions && status == STATUS_OK; n++) {
        char name[NAME_SIZE];
        snprintf(name, sizeof name, "distance_%zu_mm", n);
        status = take_column(segment, table, name, 0, true, distance_mm + n * count, error);
    }
    return status;
}

Status liver_sample_file_read(const Store *segment, size_t n_lesions, LiverSampleFile *file,
                              Error *error) {
    Table *table = NULL;
    *file = (LiverSampleFile){.sample = {.n_lesions = n_lesions}};
    if (!store_has(segment, GROUP)) {
        return STATUS_OK;
    }
    Status status = store_read_table(segment, GROUP, &table, error);
    if (status == STATUS_OK) {
        status = take_table(segment, table, n_lesions, file, error);
    }
    table_free(table);
    return status;
}

void liver_sample_file_free(LiverSampleFile *file) {
    free(file->numbers);
    *file = (LiverSampleFile){0};
}

double liver_sample_within_percent(const SbrtSample *sample, const bool *is_target,
                                   double margin_mm) {
    double volume_ml = 0, within_ml = 0;
    for (size_t n = 0; n < sample->count; n++) {
        bool is_within = false;
        for (size_t lesion = 0; lesion < sample->n_lesions; lesion++) {
            double distance_mm = sample->distance_mm[lesion * sample->count + n];
            if (is_target[lesion] && isnan(distance_mm)) {
                return NAN;
            }
            is_within = is_within || (is_target[lesion] && distance_mm <= margin_mm);
        }
        volume_ml += sample->volume_ml[n];
        within_ml += is_within ? sample->volume_ml[n] : 0;
    }
    return 100 * within_ml / volume_ml;
}
