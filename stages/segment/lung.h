/* The lung where the dose map shows it: activity in view and mean absorbed dose.
 *
 * Beside it stands the dose that the shunt fraction predicts (dose.h5): the image sees what is
 * in view and moves with the breath, the shunt is what a scintigraphy said before. */
#ifndef YTTRIA_SEGMENT_LUNG_H
#define YTTRIA_SEGMENT_LUNG_H

#include "core/flags.h"
#include "segment/dose_maps.h"

/* What the dose map was computed with. */
typedef struct LungDoseMedium {
    double map_density_g_ml;  /* the one density everywhere; NaN: unknown */
    double lung_density_g_ml; /* of the lung in view */
    bool has_own_densities;   /* the map knows each voxel's density (CT): nothing to convert */
} LungDoseMedium;

typedef struct Lung {
    bool is_segmented;   /* false: the numbers are NaN */
    double volume_ml;    /* of the structures; what overlaps in view counts once */
    double coverage;     /* fraction of it that the dose map covers */
    double activity_gbq; /* in that part, at administration of the first treatment */
    double mean_gy;      /* of that part */
    Flags flags; /* lung_misplaced: brought here by a registration below min_quality; numbers NaN */
} Lung;

/* Factor from a dose map's value to the dose in lung of the same energy per volume: map density /
 * lung density; 1 for a map that has densities of its own. For local deposition the product is
 * k A / (V * lung density), the activity in view A in its volume V; for the kernel, energy per
 * volume as if the lung were soft tissue (electrons reach further there: the mean over a lung does
 * not change but for the few millimetres beside the liver). All treatments are in it. */
double lung_dose_scale(const LungDoseMedium *medium);

/* Measures all structures of role lung together. */
Status lung_measure(const StructureList *list, const SegmentDoseMaps *maps,
                    const LungDoseMedium *medium, const SegmentationConfig *config, Lung *lung,
                    Error *error);

#endif
