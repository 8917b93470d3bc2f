/* The dose maps of a patient and the way from the reference space to theirs. */
#ifndef YTTRIA_SEGMENT_DOSE_MAPS_H
#define YTTRIA_SEGMENT_DOSE_MAPS_H

#include "segment/image_noise.h"
#include "segment/pet_scan.h"
#include "segment/structure.h"

/* Of normal liver well away from its surface and from lesions. NaN is unknown. */
typedef struct DoseLiver {
    ImageNoise noise;  /* of the image that dose_noise.h chooses */
    double image_mean; /* of that image, in its unit */
    double mean_gy;    /* of the chosen map */
} DoseLiver;

/* Maps that were not computed have no voxels (NULL). All present ones share one grid. */
typedef struct SegmentDoseMaps {
    Volume maps[DOSE_METHOD_COUNT]; /* absorbed dose, Gy */
    Volume bed_tumour;              /* Gy; no voxels if has_other_bed */
    Volume activity;                /* Bq/mL at administration, first treatment */
    Volume additive_variance;       /* Gy2, of the Monte Carlo map: Monte Carlo's own */
    bool has_other_bed; /* /bed is made of another method's dose: it does not go with Davg */
    Volume lesions;     /* part of each voxel that lesions fill; segment_dose_mark_lesions */
    DoseMethod method;
    const Volume *chosen;        /* maps[method]: gives Davg */
    Affine reference_to_dose;    /* reference millimetres to the PET's */
    double registration_quality; /* of that map, 0 to 1 */
    double sum_quality; /* lowest of the registrations between the PETs of several treatments */
    PetScan scan;
    DoseLiver liver; /* unknown until dose_noise_measure_liver */
} SegmentDoseMaps;

/* Reads the maps of dose.h5 and the transform of its PET from register.h5. STATUS_BAD_DATA if the
 * configured method's map is missing, a voxel is infinite, grids differ or the transform is
 * missing. Free with segment_dose_maps_free, also after a failure. Memory: 4 bytes per voxel and
 * map. The maps may not be copied: `chosen` points into them. */
Status segment_dose_maps_read(const Store *dose, const Store *registered, const Config *config,
                              SegmentDoseMaps *maps, Error *error);
void segment_dose_maps_free(SegmentDoseMaps *maps);

/* Copies the part of all maps that holds a structure, with `margin_mm` around it, to `box`, so that
 * work on one lesion costs what the lesion is large. A structure beyond the grid gets the voxels
 * nearest to it. Free with segment_dose_maps_free, also after a failure. */
Status segment_dose_maps_crop(const SegmentDoseMaps *maps, const Structure *structure,
                              double margin_mm, SegmentDoseMaps *box, Error *error);

/* Fills `maps->lesions` with all lesions of the list, so that each knows its neighbours. */
Status segment_dose_mark_lesions(const StructureList *list, double part_fraction,
                                 SegmentDoseMaps *maps, Error *error);

/* How far a voxel's activity is spread: the resolution's FWHM, two dose voxels if it is unknown. */
double segment_dose_blur_mm(const SegmentDoseMaps *maps);

/* How far the map from a structure to the dose grid can be trusted, 0 to 1: the lower quality of
 * the two registrations on the way (1 if they undo each other, for a mask drawn on the PET), or of
 * those that brought later treatments' dose to the grid. */
double segment_dose_trust(const Structure *structure, const SegmentDoseMaps *maps);

/* True if the structure's space is the PET's: no registration lies between them. */
bool segment_dose_is_same_space(const Structure *structure, const SegmentDoseMaps *maps);

/* True if the structure's voxels are voxels of the dose grid: it was drawn on the PET. */
bool segment_dose_is_drawn_on_pet(const Structure *structure, const SegmentDoseMaps *maps);

/* Partial-volume weights of a mask on the dose grid (core label_map_coverage), and the fraction
 * of its volume that lies there. A voxel whose dose is NaN (unknown) counts as beyond the grid: its
 * weight is 0. `weights` is allocated here. */
Status segment_dose_weights(const LabelMap *mask, const Affine *to_reference,
                            const SegmentDoseMaps *maps, double part_fraction, Volume *weights,
                            double *coverage, Error *error);

#endif
