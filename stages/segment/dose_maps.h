/* The dose maps of a patient and the way from the reference space to theirs. */
#ifndef YTTRIA_SEGMENT_DOSE_MAPS_H
#define YTTRIA_SEGMENT_DOSE_MAPS_H

#include "core/config.h"
#include "segment/structure.h"

/* Maps that were not computed have no voxels (NULL). All present ones share one grid. */
typedef struct SegmentDoseMaps {
    Volume kernel;
    Volume local_deposition;
    const Volume *chosen;        /* the one that gives Davg; one of the two */
    Affine reference_to_dose;    /* reference millimetres to the PET's */
    double registration_quality; /* of that map, 0 to 1 */
    double sum_quality; /* lowest of the registrations between the PETs of several treatments */
} SegmentDoseMaps;

/* Name of the method as in dose.h5. */
const char *segment_dose_method_name(int method);

/* Reads the maps of dose.h5 and the transform of its PET from register.h5. STATUS_BAD_DATA if the
 * configured method's map is missing, a voxel is not finite, grids differ or the transform is
 * missing. Free with segment_dose_maps_free, also after a failure. Memory: 4 bytes per voxel and
 * map. */
Status segment_dose_maps_read(const Store *dose, const Store *registered,
                              const SegmentationConfig *config, SegmentDoseMaps *maps,
                              Error *error);
void segment_dose_maps_free(SegmentDoseMaps *maps);

/* How far the map from a structure to the dose grid can be trusted, 0 to 1: the lower quality of
 * the two registrations on the way (1 if they undo each other, for a mask drawn on the PET), or of
 * those that brought later treatments' dose to the grid. */
double segment_dose_trust(const Structure *structure, const SegmentDoseMaps *maps);

/* Partial-volume weights of a mask on the dose grid (core label_map_coverage), and the fraction
 * of its volume that lies there. A voxel whose dose is NaN (unknown) counts as beyond the grid: its
 * weight is 0. `weights` is allocated here. */
Status segment_dose_weights(const LabelMap *mask, const Affine *to_reference,
                            const SegmentDoseMaps *maps, double part_fraction, Volume *weights,
                            double *coverage, Error *error);

#endif
