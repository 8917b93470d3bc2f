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
    Volume densities_g_ml;    /* each voxel's, from CT, on the dose grid; no voxels: one density */
    double map_density_g_ml;  /* that one; NaN: unknown */
    double lung_density_g_ml; /* of the lung in view */
} LungDoseMedium;

typedef struct Lung {
    bool is_segmented;   /* false: the numbers are NaN */
    double volume_ml;    /* of the structures; what overlaps in view counts once */
    double coverage;     /* fraction of it that the dose map covers */
    double activity_gbq; /* in that part, at administration; NaN of several treatments: the map
                          * is the first one's */
    double mean_gy;      /* of that part */
    Flags flags; /* lung_misplaced: brought here by a registration below min_quality; numbers NaN */
} Lung;

/* Mean dose of what `weights` weigh, its mass being volume x lung density: the energy per volume
 * that the map holds, dose x density of each voxel, over the lung density. So a voxel that the CT
 * does not reach, and that carries the density of soft tissue, counts as lung all the same. For
 * local deposition this is k A / (V * lung density), the activity in view A in its volume V; for
 * the kernel, energy per volume as if the lung were soft tissue (electrons reach further there: the
 * mean over a lung does not change but for the few millimetres beside the liver). All treatments
 * are in it. NaN without weight. */
double lung_mean_dose_gy(const Volume *dose, const Volume *weights, const LungDoseMedium *medium);

/* Measures all structures of role lung together. */
Status lung_measure(const StructureList *list, const SegmentDoseMaps *maps,
                    const LungDoseMedium *medium, const SegmentationConfig *config, Lung *lung,
                    Error *error);

#endif
