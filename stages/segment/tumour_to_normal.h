/* The tumour-to-normal ratio (T:N) as the PET shows it: mean activity per millilitre of tumour over
 * that of normal liver, at administration. Unknown after several treatments: the activity map is
 * the first one's, and a lesion treated later shows nothing on it.
 *
 * Definition: Ho S et al., Eur J Nucl Med 1996;23:947 (partition model; the ratio of activities
 * per mass, here of one density). Not corrected for partial volume: small lesions read low. */
#ifndef YTTRIA_SEGMENT_TUMOUR_TO_NORMAL_H
#define YTTRIA_SEGMENT_TUMOUR_TO_NORMAL_H

#include "segment/liver.h"

/* NaN if one is NaN or the normal liver's is not positive. */
double tumour_to_normal_ratio(double tumour_bq_ml, double normal_bq_ml);

/* Of the liver: its tumour over the rest. NaN without one, or of several treatments. */
double tumour_to_normal_of_liver(const Liver *liver, const SegmentDoseMaps *maps);

/* Measures every lesion of `list` and writes the table /tumour_to_normal: lesion,
 * activity_bq_ml, tumour_to_normal_ratio. Ratios are NaN without a liver or an activity map.
 * Both are NaN for a lesion that the dose map covers less than min_coverage, or that was brought to
 * it by a registration below min_registration_quality; ratios also of several treatments. */
Status tumour_to_normal_write(const StructureList *list, const SegmentDoseMaps *maps,
                              const SegmentationConfig *config, const Liver *liver, Store *output,
                              Error *error);

#endif
