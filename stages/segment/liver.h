/* The liver: volumes, mean doses and activity of the whole, of the tumour in it, and of the rest.
 */
#ifndef YTTRIA_SEGMENT_LIVER_H
#define YTTRIA_SEGMENT_LIVER_H

#include "core/flags.h"
#include "segment/dose_maps.h"

/* Means are of the part that the dose map covers; NaN if that is less than
 * segmentation.min_coverage, without the map, and in a misplaced liver. */
typedef struct LiverPart {
    double volume_ml;
    double coverage;       /* fraction of it that the dose map covers; NaN if there is none */
    double mean_gy;        /* of maps->chosen */
    double bed_gy;         /* by the parameters of the normal liver */
    double activity_bq_ml; /* at administration of the first treatment */
} LiverPart;

typedef struct Liver {
    bool is_segmented;                   /* false: nothing below is set */
    double volume_ml, mean_gy, coverage; /* the whole liver */
    LiverPart tumour;                    /* the lesions that touch it, all together */
    LiverPart normal;                    /* the liver less the lesions */
    /* liver_misplaced: a liver mask, or a lesion that touches it, was brought here by a
     * registration below min_registration_quality: all but volumes is NaN. liver_outside_dose: the
     * liver or a part of it is covered less than min_coverage. */
    Flags flags;
} Liver;

/* The whole liver is all structures of role liver and every lesion that touches or overlaps them.
 *
 * Measured on the liver structure's own grid (on `reference` if there are several), continued
 * beyond its edges so that nothing is cut off; structures of other grids come to it as by
 * mask_place, and to touch is to share a voxel or be one of its 26 neighbours. `bed` is the map of
 * the biologically effective dose on the dose grid; it may have no voxels. Memory: 2 bytes per
 * voxel of the box that holds the liver and the lesions near it, and one mask at a time. */
Status liver_measure(const StructureList *list, const Grid *reference, const SegmentDoseMaps *maps,
                     const Volume *bed, const SegmentationConfig *config, Liver *liver,
                     Error *error);

/* Labels of liver_map_gather: a voxel of the normal liver is LIVER_MAP_LIVER alone. */
enum { LIVER_MAP_LIVER = 1, LIVER_MAP_LESION = 2 };

/* The map that liver_measure measures: bits as above, on its lattice; `to_reference` leads from
 * its millimetres; `trust` is the least of its structures' (segment_dose_trust). There must be a
 * liver. The caller frees the map, also after a failure. */
Status liver_map_gather(const StructureList *list, const Grid *reference,
                        const SegmentDoseMaps *maps, LabelMap *map, Affine *to_reference,
                        double *trust, Error *error);

#endif
