/* One lesion: its size, its dose, its vessels. */
#ifndef YTTRIA_SEGMENT_LESION_H
#define YTTRIA_SEGMENT_LESION_H

#include "core/flags.h"
#include "segment/diameter.h"
#include "segment/dose_maps.h"
#include "segment/dose_samples.h"
#include "segment/dose_uncertainty.h"
#include "segment/vessel_profile.h"

typedef struct Lesion {
    char label[STRUCTURE_TEXT_SIZE];
    size_t voxels; /* of the mask, on its own grid */
    double volume_ml;
    Diameters diameters;
    double coverage;                             /* fraction of the volume on the dose grid */
    double davg_gy;                              /* NaN: no coverage */
    double davg_by_method_gy[DOSE_METHOD_COUNT]; /* NaN: no map, or no coverage */
    double d95_gy, d90_gy, d70_gy, d50_gy;
    double v30_percent, v100_percent;
    double bed_gy;                          /* mean, by the parameters of tumour */
    double davg_eroded_gy, davg_dilated_gy; /* outline one dose voxel further in, out */
    double davg_surroundings_gy;            /* of a shell around, other lesions left out */
    double monte_carlo_standard_error_gy;   /* upper bound, of the Monte Carlo Davg */
    DoseUncertainty uncertainty;
    double *dvh_percent; /* owned: percent of the volume at 0, bin, 2 bin ... Gy */
    size_t dvh_bins;
    double bile_duct_distance_mm; /* between surfaces; NaN: not segmented, or misplaced */
    double bowel_distance_mm;     /* to the nearest part of stomach or bowel, likewise */
    VesselProfile vessels;        /* no step: no vessel in the patient's masks */
    Flags flags;
} Lesion;

/* Size, dose and its uncertainty of one structure; its vessels are left empty, its distances to
 * organs unknown. Size on the mask's
 * own grid: volume is voxels times voxel volume, as in IBSI's "volume (voxel counting)". Free with
 * lesion_free, also after a failure. */
Status lesion_measure(const Structure *structure, const SegmentDoseMaps *maps,
                      const SegmentationConfig *config, Lesion *lesion, Error *error);
void lesion_free(Lesion *lesion);

#endif
