/* One list of columns, and where each number stands. */
#include "dose/treatment_table.h"

#include <math.h>
#include <string.h>

typedef struct NumberColumn {
    const char *name, *units, *long_name;
    size_t offset; /* of the double in TreatmentActivity */
} NumberColumn;

#define NUMBER(name, units, long_name, member)                                                     \
    { name, units, long_name, offsetof(TreatmentActivity, member) }

static const NumberColumn number_columns[] = {
    NUMBER("imaging_delay_h", "h", "administration to start of the PET", imaging_delay_h),
    NUMBER("frame_duration_s", "s", "of the PET", frame_duration_s),
    NUMBER("decay_factor", "1", "decay reference time to administration", decay_factor),
    NUMBER("half_life_factor", "1", "the scanner's half-life undone, the nuclide's applied",
           half_life_factor),
    NUMBER("positron_fraction", "1", "positrons per decay that the scanner assumed",
           positron_fraction),
    NUMBER("positron_fraction_factor", "1", "that, over the nuclide's yield, where corrected",
           positron_fraction_factor),
    NUMBER("calibration_factor", "1", "factor on the scanner's activity", calibration.factor),
    NUMBER("absolute_factor", "1", "the scanner's or the configuration's, whichever was used",
           calibration.absolute_factor),
    NUMBER("calibration_uncertainty", "1", "relative standard uncertainty of the factor",
           calibration.uncertainty),
    NUMBER("image_activity_gbq", "GBq",
           "activity in the field of view at administration, before calibration",
           image_activity_gbq),
    NUMBER("liver_activity_gbq", "GBq", "of that, in the imported liver mask", liver_activity_gbq),
    NUMBER("liver_coverage", "1", "fraction of the liver in the field of view", liver_coverage),
    NUMBER("net_administered_gbq", "GBq", "administered less residual and lung shunt",
           net_administered_gbq),
    NUMBER("activity_ratio", "1", "scanner's activity (absolute factor) / net administered",
           calibration.ratio),
    NUMBER("negative_activity_fraction", "1", "activity of negative voxels over that of positive",
           negative_activity_fraction),
    NUMBER("lung_dose_gy", "Gy", "lung dose by the shunt fraction", lung_dose_gy),
};
enum { NUMBER_COLUMNS = sizeof number_columns / sizeof *number_columns };

static double number_at(const TreatmentActivity *measured, size_t offset) {
    double value;
    memcpy(&value, (const char *)measured + offset, sizeof value);
    return value;
}

static Status make_columns(Table *table, Error *error) {
    static const char *const texts[][2] = {{"treatment", "treatment"},
                                           {"image", "its PET"},
                                           {"administered_at", "time of administration"},
                                           {"scanner", "file of configs/scanners, or unknown"},
                                           {"calibration_region", "liver or field_of_view"}};
    Status status = STATUS_OK;
    for (size_t c = 0; c < sizeof texts / sizeof *texts && status == STATUS_OK; c++) {
        status = table_add_column(table, texts[c][0], COLUMN_TEXT, NULL, texts[c][1], error);
    }
    for (size_t c = 0; c < NUMBER_COLUMNS && status == STATUS_OK; c++) {
        const NumberColumn *column = &number_columns[c];
        status = table_add_column(table, column->name, COLUMN_NUMBER, column->units,
                                  column->long_name, error);
    }
    return status;
}

static Status add_row(Table *table, const Treatment *treatment, const TreatmentActivity *measured,
                      Error *error) {
    const Scanner *known = measured->known_scanner;
    const char *const texts[][2] = {
        {"treatment", treatment->name},
        {"image", treatment->image},
        {"administered_at", treatment->administered_at},
        {"scanner", known != NULL ? known->name : "unknown"},
        {"calibration_region", calibration_region_name(&measured->calibration)}};
    size_t row;
    Status status = table_add_row(table, &row, error);
    for (size_t n = 0; n < sizeof texts / sizeof *texts && status == STATUS_OK; n++) {
        status = table_set_text(table, row, texts[n][0], texts[n][1], error);
    }
    for (size_t c = 0; c < NUMBER_COLUMNS && status == STATUS_OK; c++) {
        status = table_set_number(table, row, number_columns[c].name,
                                  number_at(measured, number_columns[c].offset), error);
    }
    return status;
}

static Status write_rows(Store *output, const TreatmentList *list,
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

Status treatment_table_write(Store *output, const TreatmentList *list,
                             const TreatmentActivity *measured, const Config *config,
                             Error *error) {
    double max_delay_h = 0.0, negative_fraction = 0.0;
    for (size_t n = 0; n < list->count; n++) {
        max_delay_h = fmax(max_delay_h, measured[n].imaging_delay_h);
        negative_fraction = fmax(negative_fraction, measured[n].negative_voxel_fraction);
    }
    bool is_absolute = config->calibration.method == CALIBRATION_ABSOLUTE;
    Status status = write_rows(output, list, measured, error);
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
