/* Arithmetic only: an unknown input is NaN and makes NaN of whatever depends on it; the names of
 * the unknown ones are gathered from one list of inputs. */
#include "segment/planning.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const double BQ_PER_GBQ = 1e9, CM_PER_M = 100;

const char *planning_model_name(PlanningModel model) {
    static const char *const names[PLANNING_MODEL_COUNT] = {
        [PLANNING_MIRD] = "mird", [PLANNING_BSA] = "bsa", [PLANNING_PARTITION] = "partition"};
    return names[model];
}

double planning_body_surface_m2(double height_cm, double weight_kg) {
    return 0.20247 * pow(height_cm / CM_PER_M, 0.725) * pow(weight_kg, 0.425);
}

static double prescribe_by_surface_gbq(const PlanningPatient *patient) {
    double involvement = patient->tumour_ml / (patient->tumour_ml + patient->normal_ml);
    return planning_body_surface_m2(patient->height_cm, patient->weight_kg) - 0.2 + involvement;
}

/* Of an activity that stays in the liver, in a mass of so many millilitres. */
static double dose_in_gy(const PlanningPatient *patient, const PlanningTreatment *treatment,
                         double activity_gbq, double volume_ml) {
    double stays_bq = activity_gbq * BQ_PER_GBQ * (1 - treatment->lung_shunt_fraction);
    double mass_g = volume_ml * patient->density_g_ml;
    return mass_g > 0 ? patient->dose_factor_gy_per_bq_g * stays_bq / mass_g : NAN;
}

static void note_unknown(const char *name, bool is_used, double value, char *text) {
    size_t length = strlen(text);
    if (is_used && isnan(value)) {
        snprintf(text + length, PLANNING_TEXT_SIZE - length, "%s%s", length > 0 ? ";" : "", name);
    }
}

static void list_unknown(PlanningModel model, const PlanningPatient *patient,
                         const PlanningTreatment *treatment, char *text) {
    bool is_bsa = model == PLANNING_BSA;
    text[0] = '\0';
    note_unknown("dose_factor", true, patient->dose_factor_gy_per_bq_g, text);
    note_unknown("density", true, patient->density_g_ml, text);
    note_unknown("liver", true, patient->normal_ml, text);
    note_unknown("tumour_to_normal_ratio", model == PLANNING_PARTITION, patient->tumour_to_normal,
                 text);
    note_unknown("height_cm", is_bsa, patient->height_cm, text);
    note_unknown("weight_kg", is_bsa, patient->weight_kg, text);
    note_unknown("activity_gbq", true, treatment->activity_gbq, text);
    note_unknown("lung_shunt_fraction", true, treatment->lung_shunt_fraction, text);
}

PlanningPrediction planning_predict(PlanningModel model, const PlanningPatient *patient,
                                    const PlanningTreatment *treatment) {
    PlanningPrediction prediction = {
        .prescribed_gbq = NAN, .tumour_gy = NAN, .normal_gy = NAN, .lung_gy = treatment->lung_gy};
    double activity_gbq = treatment->activity_gbq;
    if (model == PLANNING_BSA) {
        prediction.prescribed_gbq = prescribe_by_surface_gbq(patient);
        prediction.lung_gy *= prediction.prescribed_gbq / activity_gbq;
        activity_gbq = prediction.prescribed_gbq;
    }
    prediction.liver_gy =
        dose_in_gy(patient, treatment, activity_gbq, patient->tumour_ml + patient->normal_ml);
    if (model == PLANNING_PARTITION) {
        double r = patient->tumour_to_normal;
        prediction.normal_gy = dose_in_gy(patient, treatment, activity_gbq,
                                          r * patient->tumour_ml + patient->normal_ml);
        prediction.tumour_gy = r * prediction.normal_gy;
    }
    list_unknown(model, patient, treatment, prediction.unknown);
    return prediction;
}

PlanningTreatment planning_combine(const PlanningTreatment *treatments, size_t count) {
    PlanningTreatment all = {0};
    for (size_t n = 0; n < count; n++) {
        all.activity_gbq += treatments[n].activity_gbq;
        all.lung_shunt_fraction += treatments[n].activity_gbq * treatments[n].lung_shunt_fraction;
        all.lung_gy += treatments[n].lung_gy;
    }
    all.lung_shunt_fraction /= all.activity_gbq;
    return all;
}
