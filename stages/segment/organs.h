/* Liver and lung of a patient, and the planning models beside them: measured, then written. */
#ifndef YTTRIA_SEGMENT_ORGANS_H
#define YTTRIA_SEGMENT_ORGANS_H

#include "segment/liver.h"
#include "segment/lung.h"

typedef struct Organs {
    Liver liver;
    Lung lung;
    double tumour_to_normal; /* of the liver; NaN: unknown */
} Organs;

/* Measures the organs and writes /liver, /normal_liver_samples, /lung, /tumour_to_normal and
 * /planning of segment.h5, and how the PETs were calibrated (calibration_record.h); the first two
 * only if the liver is segmented. `dose` and `convert` are the open files of those stages. What
 * they lack is unknown: NaN. */
Status organs_process(const StructureList *list, const Grid *reference, const SegmentDoseMaps *maps,
                      const SegmentationConfig *config, const Store *convert, const Store *dose,
                      Store *output, Organs *organs, Error *error);

#endif
