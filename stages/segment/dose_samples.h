/* What a structure received: the doses of the voxels it covers, weighted by how much of each it
 * covers (partial-volume weights), and the figures that follow from them. */
#ifndef YTTRIA_SEGMENT_DOSE_SAMPLES_H
#define YTTRIA_SEGMENT_DOSE_SAMPLES_H

#include "core/volume.h"

typedef struct DoseSample {
    double dose_gy;
    double weight; /* part of the voxel that the structure fills, > 0 */
} DoseSample;

typedef struct DoseSamples {
    DoseSample *samples; /* owned; by ascending dose */
    size_t count;
    double total_weight;
} DoseSamples;

/* Mean dose, weighted; NaN if nothing is covered. `weights` lies on the grid of `dose`. */
double dose_weighted_mean(const Volume *dose, const Volume *weights);

/* Gathers and sorts the voxels of positive weight. Free with dose_samples_free. */
Status dose_samples_gather(const Volume *dose, const Volume *weights, DoseSamples *samples,
                           Error *error);
void dose_samples_free(DoseSamples *samples);

/* Dx: the dose that x percent of the volume receives at least, 0 < percent < 100. The sorted
 * doses stand at the middle of the volume each stands for, linear between, constant beyond the
 * ends: for equal weights the Hazen quantile of 1 - x/100. NaN without samples. */
double dose_samples_dose_at_volume(const DoseSamples *samples, double percent);

/* Vx: percent of the volume that receives at least `dose_gy`; voxels count whole. NaN without
 * samples. */
double dose_samples_volume_at_dose(const DoseSamples *samples, double dose_gy);

/* Cumulative dose-volume histogram: `*volume_percent` (new, the caller frees) at the doses 0,
 * bin, 2 bin, ... up to the first above the maximum, where it is 0. Without samples one bin, NaN.
 * STATUS_CONFIG if that needs more than 100,000 bins. */
Status dose_samples_histogram(const DoseSamples *samples, double bin_gy, double **volume_percent,
                              size_t *bins, Error *error);

#endif
