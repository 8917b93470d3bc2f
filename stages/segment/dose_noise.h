/* The noise of a lesion's mean dose, from the noise of the patient's own image.
 *
 * A small hot lesion has too few voxels, all of them on slopes, to tell noise from its own blurred
 * shape. The normal liver has thousands and is near to uniform: deviation and correlation are taken
 * there, the deviation scaled with the root of the mean, as of counts (Poisson). OSEM lies between
 * the root and the mean itself (Barrett, Wilson, Tsui, Phys Med Biol 1994;39:833), so that much
 * hotter lesions may be noisier than stated. */
#ifndef YTTRIA_SEGMENT_DOSE_NOISE_H
#define YTTRIA_SEGMENT_DOSE_NOISE_H

#include "core/config.h"
#include "segment/dose_maps.h"

/* Fills maps->liver: noise of the first liver of trusted registration, without what lies within a
 * resolution (two voxels where it is unknown) of its surface or of maps->lesions. Not known is no
 * failure. Image: the activity map; for several treatments, of which it shows only the first, for a
 * deconvolved map and an older file, a dose map, but never that of Monte Carlo, whose own noise
 * is another component. */
Status dose_noise_measure_liver(const StructureList *list, const SegmentationConfig *config,
                                SegmentDoseMaps *maps, Error *error);

/* Standard uncertainty of the mean dose under `weights` by noise; NaN if the liver's is unknown. */
Status dose_noise_measure_lesion(const SegmentDoseMaps *maps, const Volume *weights,
                                 double *noise_gy, Error *error);

#endif
