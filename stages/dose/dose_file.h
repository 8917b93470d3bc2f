/* Writing dose.h5 (docs/file-format.md). */
#ifndef YTTRIA_DOSE_DOSE_FILE_H
#define YTTRIA_DOSE_DOSE_FILE_H

#include "dose/dose_maps.h"
#include "dose/treatment_activity.h"

/* `/dose/...`, `/kernel`, and the attributes that belong to the maps. */
Status dose_file_write_maps(Store *output, const DoseMaps *maps, Error *error);

/* `/activity/at_administration` and the attribute `scanner`: of the treatment whose PET carries
 * the grid. */
Status dose_file_write_activity(Store *output, const TreatmentActivity *reference, Error *error);

/* `/treatments`, and the attributes `pet`, `calibration_method`, `max_imaging_delay_h`,
 * `negative_voxel_fraction` (largest of the treatments). `measured` has one element per
 * treatment; its volumes are not used. */
Status dose_file_write_treatments(Store *output, const TreatmentList *list,
                                  const TreatmentActivity *measured, const Config *config,
                                  Error *error);

#endif
