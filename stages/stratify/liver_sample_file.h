/* The sample of the normal liver that segment.h5 holds. */
#ifndef YTTRIA_STRATIFY_LIVER_SAMPLE_FILE_H
#define YTTRIA_STRATIFY_LIVER_SAMPLE_FILE_H

#include "core/store.h"
#include "stratify/sbrt.h"

typedef struct LiverSampleFile {
    SbrtSample sample; /* borrows from `numbers`; no point without the table */
    double *numbers;
} LiverSampleFile;

/* Reads /normal_liver_samples, with a distance column for each of `n_lesions`. STATUS_BAD_DATA if a
 * column is missing, a volume is not positive or a distance is negative. Free with
 * liver_sample_file_free, also after a failure. */
Status liver_sample_file_read(const Store *segment, size_t n_lesions, LiverSampleFile *file,
                              Error *error);
void liver_sample_file_free(LiverSampleFile *file);

/* Percent of the normal liver within `margin_mm` of the lesions for which `is_target` holds: what
 * their ablation with that margin takes of it. NaN without points, or if a distance is unknown. */
double liver_sample_within_percent(const SbrtSample *sample, const bool *is_target,
                                   double margin_mm);

#endif
