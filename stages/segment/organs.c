/* The maps of BED and density live only here: read, measured and let go. */
#include "segment/organs.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "segment/calibration_record.h"
#include "segment/normal_liver_samples.h"
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

/* The densities of the map that gives Davg. dose.h5 has those of the first treatment's PET; where
 * that had no CT its dose is of the uniform density (flag density_uniform). Of a sum over several
 * treatments with CTs, not all densities are known. */
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
    if (status != STATUS_OK || !is_ct) {
        return status;
    }
    if (maps->scan.treatments > 1 || !flags_has(&flags, "density_uniform")) {
        medium->map_density_g_ml = NAN;
    }
    return maps->scan.treatments > 1 ? STATUS_OK
                                     : optional_map_read(dose, "/density/map", &maps->chosen->grid,
                                                         &medium->densities_g_ml, error);
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

static Status write_liver(const Organs *organs, Store *output, Error *error) {
    const Liver *liver = &organs->liver;
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
        {"tumour_to_normal_ratio", organs->tumour_to_normal},
        {"coverage", liver->coverage},
        {"normal_coverage", liver->normal.coverage},
        {"tumour_coverage", liver->tumour.coverage},
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
        patient.tumour_to_normal = organs->tumour_to_normal;
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

static Status write_samples(const StructureList *list, const Grid *reference,
                            const SegmentDoseMaps *maps, const Volume *bed,
                            const SegmentationConfig *config, Store *output, Error *error) {
    NormalLiverSamples samples;
    Status status = normal_liver_samples_take(list, reference, maps, bed,
                                              config->min_registration_quality, &samples, error);
    if (status == STATUS_OK) {
        status = normal_liver_samples_write(&samples, output, error);
    }
    normal_liver_samples_free(&samples);
    return status;
}

/* Liver before T:N, which stands on it; the sample of the normal liver while its map is at hand. */
static Status measure(const StructureList *list, const Grid *reference, const SegmentDoseMaps *maps,
                      const SegmentationConfig *config, const Store *dose, Store *output,
                      Organs *organs, Error *error) {
    Volume bed = {0};
    LungDoseMedium medium;
    char bed_map[BED_NAME_SIZE];
    snprintf(bed_map, sizeof bed_map, "/bed/%s", derived_map_name(DERIVED_BED_NORMAL_LIVER));
    Status status = STATUS_OK;
    if (!maps->has_other_bed) {
        status = optional_map_read(dose, bed_map, &maps->chosen->grid, &bed, error);
    }
    if (status == STATUS_OK) {
        status = liver_measure(list, reference, maps, &bed, config, &organs->liver, error);
    }
    if (status == STATUS_OK && organs->liver.is_segmented) {
        status = write_samples(list, reference, maps, &bed, config, output, error);
    }
    volume_free(&bed);
    if (status != STATUS_OK) {
        return status;
    }
    organs->tumour_to_normal = tumour_to_normal_of_liver(&organs->liver, maps);
    status = read_medium(dose, maps, config, &medium, error);
    if (status == STATUS_OK) {
        status = lung_measure(list, maps, &medium, config, &organs->lung, error);
    }
    volume_free(&medium.densities_g_ml);
    return status;
}

Status organs_process(const StructureList *list, const Grid *reference, const SegmentDoseMaps *maps,
                      const SegmentationConfig *config, const Store *convert, const Store *dose,
                      Store *output, Organs *organs, Error *error) {
    Status status;
    (void)((status = measure(list, reference, maps, config, dose, output, organs, error)) ||
           (status = tumour_to_normal_write(list, maps, config, &organs->liver, output, error)) ||
           (status = write_liver(organs, output, error)) ||
           (status = calibration_record_write(dose, output, error)) ||
           (status = write_plans(organs, convert, dose, output, error)));
    return status;
}
