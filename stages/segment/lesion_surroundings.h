/* The dose around a lesion, which the PET's blur mixes into the lesion's own mean. */
#ifndef YTTRIA_SEGMENT_LESION_SURROUNDINGS_H
#define YTTRIA_SEGMENT_LESION_SURROUNDINGS_H

#include "segment/dose_maps.h"

/* How far from the lesion's surface the shell ends, mm: the maps must reach that far. */
double lesion_surroundings_reach_mm(const SegmentDoseMaps *maps);

/* Mean dose of the shell from one resolution (two dose voxels where it is unknown) off the
 * lesion's surface, where less than 1 % of the lesion's blur arrives, to two voxels further; voxels
 * that other lesions touch are left out. Its standard uncertainty is that of the mean of the means
 * of the eight octants around the lesion, so that both noise and what varies around it are in. If
 * nothing of the shell is in the map: the normal liver's mean, its uncertainty unknown (NaN). */
Status lesion_surroundings_measure(const Structure *lesion, const SegmentDoseMaps *maps,
                                   double *mean_gy, double *uncertainty_gy, Error *error);

#endif
