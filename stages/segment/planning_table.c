/* Reads what the models need, lets planning.c compute, writes the table. */
#include "segment/planning_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void planning_treatments_free(PlanningTreatments *list) {
    table_free(list->names);
    free(list->treatments);
    *list = (PlanningTreatments){0};
}

static PlanningTreatment find_treatment(const Table *administered, const char *name,
                                        double lung_gy) {
    PlanningTreatment found = {NAN, NAN, lung_gy};
    for (size_t row = 0; administered != NULL && row < table_row_count(administered); row++) {
        if (strcmp(table_text(administered, row, "treatment"), name) == 0) {
            double residual_gbq = table_number(administered, row, "residual_gbq");
            found.activity_gbq = table_number(administered, row, "activity_gbq") -
                                 (isnan(residual_gbq) ? 0 : residual_gbq);
            found.lung_shunt_fraction = table_number(administered, row, "lung_shunt_fraction");
        }
    }
    return found;
}

Status planning_treatments_read(const Store *convert, const Store *dose, PlanningTreatments *list,
                                Error *error) {
    Table *administered = NULL;
    *list = (PlanningTreatments){0};
    if (!store_has(dose, "/treatments")) {
        return STATUS_OK;
    }
    Status status = store_read_table(dose, "/treatments", &list->names, error);
    if (status == STATUS_OK && store_has(convert, "/treatments")) {
        status = store_read_table(convert, "/treatments", &administered, error);
    }
    if (status != STATUS_OK) {
        goto done;
    }
    list->count = table_row_count(list->names);
    list->treatments = calloc(list->count + 1, sizeof *list->treatments);
    if (list->treatments == NULL) {
        status = error_no_memory(error, "the treatments");
        goto done;
    }
    for (size_t row = 0; row < list->count; row++) {
        list->treatments[row] =
            find_treatment(administered, table_text(list->names, row, "treatment"),
                           table_number(list->names, row, "lung_dose_gy"));
    }
done:
    table_free(administered);
    return status;
}

double planning_lung_shunt_gy(const PlanningTreatments *list) {
    return list->count > 0 ? planning_combine(list->treatments, list->count).lung_gy : NAN;
}

/* NaN where the attribute is missing; a clinical value may be a text, which is no number. */
static double read_number(const Store *store, const char *object, const char *name) {
    double value;
    Error error;
    return store_has_attribute(store, object, name) &&
                   store_get_number(store, object, name, &value, &error) == STATUS_OK
               ? value
               : NAN;
}

PlanningPatient planning_patient_read(const Store *convert, const Store *dose) {
    return (PlanningPatient){
        .dose_factor_gy_per_bq_g = read_number(dose, "/", "dose_factor_gy_per_bq_g"),
        .density_g_ml = read_number(dose, "/", "density_g_ml"),
        .tumour_ml = NAN,
        .normal_ml = NAN,
        .tumour_to_normal = NAN,
        .height_cm = read_number(convert, "/patient", "height_cm"),
        .weight_kg = read_number(convert, "/patient", "weight_kg"),
    };
}

static Status add_columns(Table *table, Error *error) {
    static const char *const columns[][3] = {
        {"treatment", NULL, "treatment, or all of them together"},
        {"model", NULL, "mird, bsa or partition; the whole liver is taken as perfused"},
        {"activity_gbq", "GBq", "administered less residual"},
        {"lung_shunt_fraction", "1", "lung shunt fraction"},
        {"prescribed_gbq", "GBq", "activity that the model prescribes for the whole liver"},
        {"liver_gy", "Gy", "predicted mean dose of the whole liver"},
        {"tumour_gy", "Gy", "predicted mean dose of the lesions in the liver"},
        {"normal_gy", "Gy", "predicted mean dose of the normal liver"},
        {"lung_gy", "Gy", "predicted mean dose of the lung, by the shunt"},
        {"measured_liver_gy", "Gy", "measured mean dose of the whole liver"},
        {"measured_tumour_gy", "Gy", "measured mean dose of the lesions in the liver"},
        {"measured_normal_gy", "Gy", "measured mean dose of the normal liver"},
        {"measured_lung_gy", "Gy", "measured mean dose of the lung in view"},
        {"liver_ratio", "1", "measured over predicted dose of the whole liver"},
        {"tumour_ratio", "1", "measured over predicted dose of the lesions"},
        {"normal_ratio", "1", "measured over predicted dose of the normal liver"},
        {"lung_ratio", "1", "measured over predicted dose of the lung"},
        {"unknown", NULL, "inputs of the model that are unknown"},
    };
    Status status = STATUS_OK;
    for (size_t c = 0; c < sizeof columns / sizeof *columns && status == STATUS_OK; c++) {
        status = table_add_column(table, columns[c][0],
                                  columns[c][1] == NULL ? COLUMN_TEXT : COLUMN_NUMBER,
                                  columns[c][1], columns[c][2], error);
    }
    return status;
}

/* NaN unless both are known and something was predicted of the activity given: BSA's doses are of
 * the activity it prescribes, and a ratio to them would say how far that was followed. */
static double ratio_of(PlanningModel model, double measured, double predicted) {
    return predicted > 0 && model != PLANNING_BSA ? measured / predicted : NAN;
}

static Status add_row(Table *table, const char *name, PlanningModel model,
                      const PlanningTreatment *treatment, const PlanningPrediction *predicted,
                      const PlanningMeasured *measured, Error *error) {
    const struct {
        const char *column;
        double value;
    } numbers[] = {
        {"activity_gbq", treatment->activity_gbq},
        {"lung_shunt_fraction", treatment->lung_shunt_fraction},
        {"prescribed_gbq", predicted->prescribed_gbq},
        {"liver_gy", predicted->liver_gy},
        {"tumour_gy", predicted->tumour_gy},
        {"normal_gy", predicted->normal_gy},
        {"lung_gy", predicted->lung_gy},
        {"measured_liver_gy", measured->liver_gy},
        {"measured_tumour_gy", measured->tumour_gy},
        {"measured_normal_gy", measured->normal_gy},
        {"measured_lung_gy", measured->lung_gy},
        {"liver_ratio", ratio_of(model, measured->liver_gy, predicted->liver_gy)},
        {"tumour_ratio", ratio_of(model, measured->tumour_gy, predicted->tumour_gy)},
        {"normal_ratio", ratio_of(model, measured->normal_gy, predicted->normal_gy)},
        {"lung_ratio", ratio_of(model, measured->lung_gy, predicted->lung_gy)},
    };
    size_t row;
    Status status;
    if ((status = table_add_row(table, &row, error)) ||
        (status = table_set_text(table, row, "treatment", name, error)) ||
        (status = table_set_text(table, row, "model", planning_model_name(model), error))) {
        return status;
    }
    for (size_t n = 0; n < sizeof numbers / sizeof *numbers && status == STATUS_OK; n++) {
        status = table_set_number(table, row, numbers[n].column, numbers[n].value, error);
    }
    return status == STATUS_OK ? table_set_text(table, row, "unknown", predicted->unknown, error)
                               : status;
}

static Status add_rows(Table *table, const char *name, const PlanningPatient *patient,
                       const PlanningTreatment *treatment, const PlanningMeasured *measured,
                       Error *error) {
    Status status = STATUS_OK;
    for (int m = 0; m < PLANNING_MODEL_COUNT && status == STATUS_OK; m++) {
        PlanningModel model = (PlanningModel)m;
        PlanningPrediction predicted = planning_predict(model, patient, treatment);
        status = add_row(table, name, model, treatment, &predicted, measured, error);
    }
    return status;
}

Status planning_table_write(const PlanningTreatments *list, const PlanningPatient *patient,
                            const PlanningMeasured *measured, Store *output, Error *error) {
    const PlanningMeasured not_apart = {NAN, NAN, NAN, NAN};
    Table *table = table_new();
    if (table == NULL) {
        return error_no_memory(error, "the table of planning models");
    }
    Status status = add_columns(table, error);
    for (size_t t = 0; t < list->count && status == STATUS_OK; t++) {
        status = add_rows(table, table_text(list->names, t, "treatment"), patient,
                          &list->treatments[t], &not_apart, error);
    }
    if (list->count > 0 && status == STATUS_OK) {
        PlanningTreatment all = planning_combine(list->treatments, list->count);
        status = add_rows(table, "all", patient, &all, measured, error);
    }
    if (status == STATUS_OK) {
        status = store_write_table(output, "/planning", table, error);
    }
    table_free(table);
    return status;
}
