/* The lesions' concentrations against the normal liver's, which liver_measure has found. */
#include "segment/tumour_to_normal.h"

#include <math.h>

#include "segment/optional_map.h"

double tumour_to_normal_ratio(double tumour_bq_ml, double normal_bq_ml) {
    return normal_bq_ml > 0 ? tumour_bq_ml / normal_bq_ml : NAN;
}

/* The denominator, where there is one to trust. */
static double normal_activity_bq_ml(const Liver *liver, const SegmentDoseMaps *maps) {
    bool is_known = liver->is_segmented && maps->scan.treatments <= 1;
    return is_known ? liver->normal.activity_bq_ml : NAN;
}

double tumour_to_normal_of_liver(const Liver *liver, const SegmentDoseMaps *maps) {
    return tumour_to_normal_ratio(liver->tumour.activity_bq_ml, normal_activity_bq_ml(liver, maps));
}

static Status measure_lesion(const Structure *lesion, const SegmentDoseMaps *maps,
                             const SegmentationConfig *config, double *mean_bq_ml, Error *error) {
    SegmentDoseMaps box;
    Volume weights = {0};
    double coverage;
    Status status;
    if ((status = segment_dose_maps_crop(maps, lesion, 0, &box, error)) ||
        (status = segment_dose_weights(&lesion->mask, &lesion->to_reference, &box,
                                       config->part_fraction, &weights, &coverage, error))) {
        goto done;
    }
    bool is_known = coverage >= config->min_coverage &&
                    segment_dose_trust(lesion, maps) >= config->min_registration_quality;
    *mean_bq_ml = is_known ? optional_map_mean(&box.activity, &weights) : NAN;
done:
    volume_free(&weights);
    segment_dose_maps_free(&box);
    return status == STATUS_OK ? status : error_add_context(error, "lesion %s", lesion->label);
}

static Status add_columns(Table *table, Error *error) {
    Status status;
    if ((status = table_add_column(table, "lesion", COLUMN_TEXT, NULL, "label", error)) ||
        (status =
             table_add_column(table, "activity_bq_ml", COLUMN_NUMBER, "Bq mL-1",
                              "mean activity at administration of the first treatment", error))) {
        return status;
    }
    return table_add_column(table, "tumour_to_normal_ratio", COLUMN_NUMBER, "1",
                            "activity per volume over that of the normal liver", error);
}

static Status add_row(Table *table, const char *lesion, double tumour_bq_ml, double normal_bq_ml,
                      Error *error) {
    size_t row;
    Status status;
    if ((status = table_add_row(table, &row, error)) ||
        (status = table_set_text(table, row, "lesion", lesion, error)) ||
        (status = table_set_number(table, row, "activity_bq_ml", tumour_bq_ml, error))) {
        return status;
    }
    return table_set_number(table, row, "tumour_to_normal_ratio",
                            tumour_to_normal_ratio(tumour_bq_ml, normal_bq_ml), error);
}

Status tumour_to_normal_write(const StructureList *list, const SegmentDoseMaps *maps,
                              const SegmentationConfig *config, const Liver *liver, Store *output,
                              Error *error) {
    double normal_bq_ml = normal_activity_bq_ml(liver, maps);
    Table *table = table_new();
    if (table == NULL) {
        return error_no_memory(error, "the table of T:N ratios");
    }
    Status status = add_columns(table, error);
    for (size_t s = 0; s < list->count && status == STATUS_OK; s++) {
        const Structure *lesion = &list->structures[s];
        double bq_ml;
        if (structure_has_role(lesion, "lesion") &&
            (status = measure_lesion(lesion, maps, config, &bq_ml, error)) == STATUS_OK) {
            status = add_row(table, lesion->label, bq_ml, normal_bq_ml, error);
        }
    }
    if (status == STATUS_OK) {
        status = store_write_table(output, "/tumour_to_normal", table, error);
    }
    table_free(table);
    return status;
}
