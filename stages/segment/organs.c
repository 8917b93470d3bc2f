/* The BED map lives only here: it is read, measured and let go. */
#include "segment/organs.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "segment/optional_map.h"
#include "segment/planning_table.h"
#include "segment/tumour_to_normal.h"

enum { WORD_SIZE = 32, BED_NAME_SIZE = 64 };

/* True if the dose stage asked for densities of a CT, for a method that can use them. */
static Status asks_for_ct(const Store *dose, DoseMethod method, bool *asks, Error *error) {
    char source[WORD_SIZE] = "";
    Status status = STATUS_OK;
    if (store_has_attribute(dose, "/", "density_source")) {
        status = store_get_text(dose, "/", "density_source", source, sizeof source, error);
    }
    *asks = strcmp(source, "ct") == 0 &&
            (method == DOSE_LOCAL_DEPOSITION || method == DOSE_MONTE_CARLO);
    return status;
}

/* Where a treatment had no CT its dose is of the uniform density (flag density_uniform): then the
 * sum over several treatments is of neither. */
static Status read_medium(const Store *dose, const SegmentDoseMaps *maps,
                          const SegmentationConfig *config, LungDoseMedium *medium, Error *error) {
    Flags flags = {0};
    bool is_ct;
    *medium =
        (LungDoseMedium){.map_density_g_ml = NAN, .lung_density_g_ml = config->lung_density_g_ml};
    Status status = asks_for_ct(dose, maps->method, &is_ct, error);
    if (status == STATUS_OK && store_has_attribute(dose, "/", "density_g_ml")) {
        status = store_get_number(dose, "/", "density_g_ml", &medium->map_density_g_ml, error);
    }
    if (status == STATUS_OK && store_has_attribute(dose, "/", "flags")) {
        status = store_get_text(dose, "/", "flags", flags.text, sizeof flags.text, error);
    }
    bool lacks_ct = flags_has(&flags, "density_uniform");
    medium->has_own_densities = is_ct && !lacks_ct;
    if (is_ct && lacks_ct && maps->scan.treatments > 1) {
        medium->map_density_g_ml = NAN;
    }
    return status;
}

typedef struct Fact {
    const char *name;
    double value;
} Fact;

static Status write_facts(Store *output, const char *group, const Fact *facts, size_t count,
                          Error *error) {
    Status status = STATUS_OK;
    for (size_t f = 0; f < count && status == STATUS_OK; f++) {
        status = store_set_number(output, group, facts[f].name, facts[f].value, error);
    }
    return status;
}

static Status write_liver(const Liver *liver, Store *output, Error *error) {
    const Fact facts[] = {
        {"volume_ml", liver->volume_ml},
        {"mean_gy", liver->mean_gy},
        {"normal_volume_ml", liver->normal.volume_ml},
        {"normal_mean_gy", liver->normal.mean_gy},
        {"normal_bed_gy", liver->normal.bed_gy},
        {"normal_activity_bq_ml", liver->normal.activity_bq_ml},
        {"tumour_volume_ml", liver->tumour.volume_ml},
        {"tumour_mean_gy", liver->tumour.mean_gy},
        {"tumour_activity_bq_ml", liver->tumour.activity_bq_ml},
        {"tumour_to_normal_ratio",
         tumour_to_normal_ratio(liver->tumour.activity_bq_ml, liver->normal.activity_bq_ml)},
    };
    return liver->is_segmented
               ? write_facts(output, "/liver", facts, sizeof facts / sizeof *facts, error)
               : STATUS_OK;
}

static Status write_lung(const Lung *lung, double shunt_gy, Store *output, Error *error) {
    const Fact facts[] = {
        {"volume_ml", lung->volume_ml},
        {"coverage", lung->coverage},
        {"activity_gbq", lung->activity_gbq},
        {"mean_gy", lung->mean_gy},
        {"shunt_gy", shunt_gy},
    };
    Status status =
        store_set_text(output, "/", "lung", lung->is_segmented ? "segmented" : "none", error);
    return status == STATUS_OK
               ? write_facts(output, "/lung", facts, sizeof facts / sizeof *facts, error)
               : status;
}

/* Lungs and planning models: both rest on the treatments. */
static Status write_plans(const Organs *organs, const Store *convert, const Store *dose,
                          Store *output, Error *error) {
    const Liver *liver = &organs->liver;
    PlanningMeasured measured = {NAN, NAN, NAN, organs->lung.mean_gy};
    PlanningPatient patient = planning_patient_read(convert, dose);
    PlanningTreatments treatments;
    if (liver->is_segmented) {
        measured.liver_gy = liver->mean_gy;
        measured.tumour_gy = liver->tumour.mean_gy;
        measured.normal_gy = liver->normal.mean_gy;
        patient.tumour_ml = liver->tumour.volume_ml;
        patient.normal_ml = liver->normal.volume_ml;
        patient.tumour_to_normal =
            tumour_to_normal_ratio(liver->tumour.activity_bq_ml, liver->normal.activity_bq_ml);
    }
    Status status = planning_treatments_read(convert, dose, &treatments, error);
    if (status == STATUS_OK) {
        status = write_lung(&organs->lung, planning_lung_shunt_gy(&treatments), output, error);
    }
    if (status == STATUS_OK) {
        status = planning_table_write(&treatments, &patient, &measured, output, error);
    }
    planning_treatments_free(&treatments);
    return status;
}

Status organs_process(const StructureList *list, const Grid *reference, const SegmentDoseMaps *maps,
                      const SegmentationConfig *config, const Store *convert, const Store *dose,
                      Store *output, Organs *organs, Error *error) {
    Volume bed = {0};
    LungDoseMedium medium;
    char bed_map[BED_NAME_SIZE];
    snprintf(bed_map, sizeof bed_map, "/bed/%s", derived_map_name(DERIVED_BED_NORMAL_LIVER));
    Status status;
    if ((status = read_medium(dose, maps, config, &medium, error)) ||
        (status = optional_map_read(dose, bed_map, &maps->chosen->grid, &bed, error)) ||
        (status = liver_measure(list, reference, maps, &bed, config->part_fraction, &organs->liver,
                                error)) ||
        (status = lung_measure(list, maps, &medium, config, &organs->lung, error)) ||
        (status = tumour_to_normal_write(list, maps, config->part_fraction, &organs->liver, output,
                                         error))) {
        goto done;
    }
    status = write_liver(&organs->liver, output, error);
    if (status == STATUS_OK) {
        status = write_plans(organs, convert, dose, output, error);
    }
done:
    volume_free(&bed);
    return status;
}
