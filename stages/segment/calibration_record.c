/* One word and one number of all treatments together. */
#include "segment/calibration_record.h"

#include <math.h>
#include <string.h>

static double farthest_from_one(const Table *treatments) {
    double ratio = NAN;
    for (size_t row = 0; row < table_row_count(treatments); row++) {
        double own = table_number(treatments, row, "activity_ratio");
        ratio = isnan(ratio) || fabs(own - 1) > fabs(ratio - 1) ? own : ratio;
    }
    return ratio;
}

static const char *region_of_all(const Table *treatments) {
    const char *region = "unknown";
    for (size_t row = 0; row < table_row_count(treatments); row++) {
        const char *own = table_text(treatments, row, "calibration_region");
        region = row == 0 || strcmp(own, region) == 0 ? own : "mixed";
    }
    return region;
}

Status calibration_record_write(const Store *dose, Store *output, Error *error) {
    Table *treatments = NULL;
    double ratio = NAN;
    const char *region = "unknown";
    Status status = STATUS_OK;
    if (store_has(dose, "/treatments")) {
        status = store_read_table(dose, "/treatments", &treatments, error);
    }
    if (status == STATUS_OK && treatments != NULL) {
        ratio =
            table_has_column(treatments, "activity_ratio") ? farthest_from_one(treatments) : NAN;
        region =
            table_has_column(treatments, "calibration_region") ? region_of_all(treatments) : region;
    }
    if (status == STATUS_OK) {
        status = store_set_number(output, "/", "activity_ratio", ratio, error);
    }
    if (status == STATUS_OK) {
        status = store_set_text(output, "/", "calibration_region", region, error);
    }
    table_free(treatments);
    return status;
}
