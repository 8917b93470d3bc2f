/* The table of treatments in dose.h5 (docs/file-format.md). */
#ifndef YTTRIA_DOSE_TREATMENT_TABLE_H
#define YTTRIA_DOSE_TREATMENT_TABLE_H

#include "dose/treatment_activity.h"

/* Writes `/treatments`, and the attributes `pet`, `calibration_method`,
 * `max_imaging_delay_h` and `negative_voxel_fraction` (largest of the treatments). `measured` has
 * one element per treatment; its volumes are not used. */
Status treatment_table_write(Store *output, const TreatmentList *list,
                             const TreatmentActivity *measured, const Config *config, Error *error);

#endif
