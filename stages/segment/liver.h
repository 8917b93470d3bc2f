/* The liver: volume and mean dose, with and without the lesions in it. */
#ifndef YTTRIA_SEGMENT_LIVER_H
#define YTTRIA_SEGMENT_LIVER_H

#include "segment/dose_maps.h"

typedef struct Liver {
    bool is_segmented;
    double volume_ml, mean_gy;               /* the whole organ */
    double normal_volume_ml, normal_mean_gy; /* less the lesions; mean NaN if nothing is left */
} Liver;

/* Measures the structures of role liver on their own grid (on `reference` if there are several);
 * lesions are brought to that grid as by mask_place. Doses are those of maps->chosen, of the part
 * that the map covers. */
Status liver_measure(const StructureList *list, const Grid *reference, const SegmentDoseMaps *maps,
                     double part_fraction, Liver *liver, Error *error);

#endif
