/* The tumour-to-normal ratio (T:N) as the PET shows it: mean activity per millilitre of tumour over
 * that of normal liver, at the administration of the first treatment.
 *
 * Definition: Ho S et al., Eur J Nucl Med 1996;23:947 (partition model; the ratio of activities
 * per mass, here of one density). Not corrected for partial volume: small lesions read low. */
#ifndef YTTRIA_SEGMENT_TUMOUR_TO_NORMAL_H
#define YTTRIA_SEGMENT_TUMOUR_TO_NORMAL_H

#include "segment/liver.h"

/* NaN if one is NaN or the normal liver's is not positive. */
double tumour_to_normal_ratio(double tumour_bq_ml, double normal_bq_ml);

/* Measures every lesion of `list` and writes the table /tumour_to_normal: lesion,
 * activity_bq_ml, tumour_to_normal_ratio. Ratios are NaN without a liver or an activity map.
 * Lesions count with the part of them that the dose map covers. */
Status tumour_to_normal_write(const StructureList *list, const SegmentDoseMaps *maps,
                              double part_fraction, const Liver *liver, Store *output,
                              Error *error);

#endif
