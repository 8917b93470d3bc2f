/* The liver: volume and mean dose, with and without the lesions in it. */
#ifndef YTTRIA_SEGMENT_LIVER_H
#define YTTRIA_SEGMENT_LIVER_H

#include "segment/dose_maps.h"

typedef struct Liver {
    bool is_segmented;
    double volume_ml, mean_gy;               /* the whole liver */
    double normal_volume_ml, normal_mean_gy; /* less the lesions; mean NaN if nothing is left */
} Liver;

/* The whole liver is all structures of role liver and every lesion that touches or overlaps them.
 *
 * Measured on the liver structure's own grid (on `reference` if there are several), continued
 * beyond its edges so that nothing is cut off; structures of other grids come to it as by
 * mask_place, and to touch is to share a voxel or be one of its 26 neighbours. Doses are those of
 * maps->chosen, of the part that the map covers. Memory: 2 bytes per voxel of the box that holds
 * the liver and the lesions near it, and one mask at a time. */
Status liver_measure(const StructureList *list, const Grid *reference, const SegmentDoseMaps *maps,
                     double part_fraction, Liver *liver, Error *error);

#endif
