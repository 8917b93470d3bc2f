/* The table /planning of segment.h5: predictions of the planning models beside measured doses. */
#ifndef YTTRIA_SEGMENT_PLANNING_TABLE_H
#define YTTRIA_SEGMENT_PLANNING_TABLE_H

#include "core/store.h"
#include "segment/planning.h"

/* What the images say of all treatments together; NaN: unknown. */
typedef struct PlanningMeasured {
    double liver_gy, tumour_gy, normal_gy, lung_gy;
} PlanningMeasured;

/* The treatments of a patient as planning takes them. */
typedef struct PlanningTreatments {
    Table *names;                  /* of dose.h5, column `treatment`; NULL: none */
    PlanningTreatment *treatments; /* owned */
    size_t count;
} PlanningTreatments;

/* The treatments of dose.h5, with activity and shunt from convert.h5. A residual that is not known
 * counts as none, as in the dose stage, which flags it. Free with planning_treatments_free, also
 * after a failure. */
Status planning_treatments_read(const Store *convert, const Store *dose, PlanningTreatments *list,
                                Error *error);
void planning_treatments_free(PlanningTreatments *list);

/* Dose that the shunt sends to the lung, all treatments together; NaN if one is unknown or there
 * is none. */
double planning_lung_shunt_gy(const PlanningTreatments *list);

/* Height and weight of convert.h5, dose factor and density of dose.h5; NaN what is not there. The
 * liver's figures are left NaN. */
PlanningPatient planning_patient_read(const Store *convert, const Store *dose);

/* Writes a row for every treatment and model, then one for every model named `all`: there the
 * measured doses stand, and their ratios to the predicted ones; no ratio to what BSA prescribes,
 * which was not what was given. No treatment: no row. */
Status planning_table_write(const PlanningTreatments *list, const PlanningPatient *patient,
                            const PlanningMeasured *measured, Store *output, Error *error);

#endif
