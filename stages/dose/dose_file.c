/* The layout of dose.h5. */
#include "dose/dose_file.h"

#include <math.h>

#include "core/nuclide.h"

typedef struct MapName {
    const char *dataset, *long_name;
} MapName;

static const MapName map_names[DOSE_METHOD_COUNT] = {
    [DOSE_KERNEL] = {"/dose/kernel", "absorbed dose by convolution with the voxel kernel"},
    [DOSE_LOCAL_DEPOSITION] = {"/dose/local_deposition", "absorbed dose by local deposition"},
};

static Status write_kernel(Store *output, const VoxelKernel *kernel, Error *error) {
    Volume weights = {0};
    Status status = voxel_kernel_to_volume(kernel, &weights, error);
    if (status == STATUS_OK) {
        status = store_write_volume(output, "/kernel/weights", &weights, "1",
                                    "energy fraction per voxel offset, 1 - tail in all", error);
    }
    if (status == STATUS_OK) {
        status = store_set_number(output, "/kernel", "tail_scale", kernel->tail_scale, error);
    }
    volume_free(&weights);
    return status;
}

Status dose_file_write_maps(Store *output, const DoseMaps *maps, Error *error) {
    Status status = STATUS_OK;
    for (int method = 0; method < DOSE_METHOD_COUNT && status == STATUS_OK; method++) {
        if (dose_maps_has(maps, (DoseMethod)method)) {
            status = store_write_volume(output, map_names[method].dataset, &maps->maps[method],
                                        "Gy", map_names[method].long_name, error);
        }
    }
    bool has_kernel = dose_maps_has(maps, DOSE_KERNEL);
    if (status == STATUS_OK && has_kernel) {
        status = write_kernel(output, &maps->kernel, error);
    }
    if (status == STATUS_OK) {
        status = store_set_number(output, "/", "kernel_tail_fraction",
                                  has_kernel ? maps->kernel.tail_fraction : NAN, error);
    }
    if (status == STATUS_OK) {
        status = store_set_number(output, "/", "dose_factor_gy_per_bq_g",
                                  nuclide_dose_factor_gy_per_bq_g(&maps->config->nuclide), error);
    }
    return status;
}

Status dose_file_write_activity(Store *output, const TreatmentActivity *reference, Error *error) {
    Status status = store_write_volume(output, "/activity/at_administration", &reference->activity,
                                       "Bq mL-1", "calibrated activity at administration", error);
    return status != STATUS_OK ? status
                               : store_set_text(output, "/", "scanner", reference->scanner, error);
}

static Status make_columns(Table *table, Error *error) {
    static const struct {
        const char *name;
        ColumnKind kind;
        const char *units, *long_name;
    } columns[] = {
        {"treatment", COLUMN_TEXT, NULL, "treatment"},
        {"image", COLUMN_TEXT, NULL, "its PET"},
        {"administered_at", COLUMN_TEXT, NULL, "time of administration"},
        {"imaging_delay_h", COLUMN_NUMBER, "h", "administration to start of the PET"},
        {"decay_factor", COLUMN_NUMBER, "1", "decay reference time to administration"},
        {"calibration_factor", COLUMN_NUMBER, "1", "factor on the scanner's activity"},
        {"image_activity_gbq", COLUMN_NUMBER, "GBq",
         "activity in the field of view at administration, before calibration"},
        {"net_administered_gbq", COLUMN_NUMBER, "GBq", "administered less residual and lung shunt"},
        {"activity_ratio", COLUMN_NUMBER, "1",
         "scanner's activity (absolute factor) / net administered"},
    };
    Status status = STATUS_OK;
    for (size_t c = 0; c < sizeof columns / sizeof *columns && status == STATUS_OK; c++) {
        status = table_add_column(table, columns[c].name, columns[c].kind, columns[c].units,
                                  columns[c].long_name, error);
    }
    return status;
}

static Status add_row(Table *table, const Treatment *treatment, const TreatmentActivity *measured,
                      Error *error) {
    const struct {
        const char *column, *value;
    } texts[] = {{"treatment", treatment->name},
                 {"image", treatment->image},
                 {"administered_at", treatment->administered_at}};
    const struct {
        const char *column;
        double value;
    } numbers[] = {{"imaging_delay_h", measured->imaging_delay_h},
                   {"decay_factor", measured->decay_factor},
                   {"calibration_factor", measured->calibration.factor},
                   {"image_activity_gbq", measured->image_activity_gbq},
                   {"net_administered_gbq", measured->net_administered_gbq},
                   {"activity_ratio", measured->calibration.ratio}};
    size_t row;
    Status status = table_add_row(table, &row, error);
    for (size_t n = 0; n < sizeof texts / sizeof *texts && status == STATUS_OK; n++) {
        status = table_set_text(table, row, texts[n].column, texts[n].value, error);
    }
    for (size_t n = 0; n < sizeof numbers / sizeof *numbers && status == STATUS_OK; n++) {
        status = table_set_number(table, row, numbers[n].column, numbers[n].value, error);
    }
    return status;
}

static Status write_table(Store *output, const TreatmentList *list,
                          const TreatmentActivity *measured, Error *error) {
    Table *table = table_new();
    if (table == NULL) {
        return error_no_memory(error, "treatments table");
    }
    Status status = make_columns(table, error);
    for (size_t n = 0; n < list->count && status == STATUS_OK; n++) {
        status = add_row(table, &list->treatments[n], &measured[n], error);
    }
    if (status == STATUS_OK) {
        status = store_write_table(output, "/treatments", table, error);
    }
    table_free(table);
    return status;
}

Status dose_file_write_treatments(Store *output, const TreatmentList *list,
                                  const TreatmentActivity *measured, const Config *config,
                                  Error *error) {
    double max_delay_h = 0.0, negative_fraction = 0.0;
    for (size_t n = 0; n < list->count; n++) {
        max_delay_h = fmax(max_delay_h, measured[n].imaging_delay_h);
        negative_fraction = fmax(negative_fraction, measured[n].negative_voxel_fraction);
    }
    bool is_absolute = config->calibration.method == CALIBRATION_ABSOLUTE;
    Status status = write_table(output, list, measured, error);
    if (status == STATUS_OK) {
        status = store_set_text(output, "/", "pet", list->treatments[list->reference].image, error);
    }
    if (status == STATUS_OK) {
        status = store_set_text(output, "/", "calibration_method",
                                is_absolute ? "absolute" : "administered_activity", error);
    }
    if (status == STATUS_OK) {
        status = store_set_number(output, "/", "max_imaging_delay_h", max_delay_h, error);
    }
    if (status == STATUS_OK) {
        status = store_set_number(output, "/", "negative_voxel_fraction", negative_fraction, error);
    }
    return status;
}
