/* A sample of the normal liver: points with their dose and their distance to every lesion, so that
 * later stages can add the dose of another treatment without an image. */
#ifndef YTTRIA_SEGMENT_NORMAL_LIVER_SAMPLES_H
#define YTTRIA_SEGMENT_NORMAL_LIVER_SAMPLES_H

#include "segment/liver.h"

typedef struct NormalLiverSamples {
    size_t count, n_lesions;
    double volume_ml;    /* that each stands for */
    double *dose_gy;     /* owned; of the chosen map; NaN: not covered */
    double *bed_gy;      /* owned; of the map for the normal liver; NaN: not covered, or no map */
    double *distance_mm; /* owned; to the surface of lesion n, at [n * count] */
} NormalLiverSamples;

/* Takes a systematic sample of the voxels of the normal liver (liver_map_gather): every s-th along
 * each axis, the steps even in millimetres and so that 2,000 to 4,000 voxels remain (all of them if
 * there are no more). Each stands for the same volume, the normal liver's over the count. Doses are
 * interpolated at the voxel's centre. The distance to lesion n of `list` is that of the centre to
 * the lesion's surface, a quarter voxel beyond its voxels' centres as for vessels; NaN if lesion
 * and liver are related by a registration below `min_quality`. `bed` may have no voxels. The same
 * for any number of threads. Free with normal_liver_samples_free, also after a failure. */
Status normal_liver_samples_take(const StructureList *list, const Grid *reference,
                                 const SegmentDoseMaps *maps, const Volume *bed, double min_quality,
                                 NormalLiverSamples *samples, Error *error);
void normal_liver_samples_free(NormalLiverSamples *samples);

/* Writes the table /normal_liver_samples: volume_ml, dose_gy, bed_gy, distance_<n>_mm. */
Status normal_liver_samples_write(const NormalLiverSamples *samples, Store *output, Error *error);

#endif
