/* All sums run in the order of the voxels or of the sorted doses, on one thread: the same bytes
 * every time. */
#include "segment/dose_samples.h"

#include <math.h>
#include <stdlib.h>

enum { MAX_BINS = 100000 };

double dose_weighted_mean(const Volume *dose, const Volume *weights) {
    double sum = 0, total = 0;
    size_t voxels = grid_voxel_count(&dose->grid);
    for (size_t n = 0; n < voxels; n++) {
        if (weights->voxels[n] > 0) { /* a voxel that does not count may be NaN */
            sum += (double)weights->voxels[n] * (double)dose->voxels[n];
            total += (double)weights->voxels[n];
        }
    }
    return total > 0 ? sum / total : NAN;
}

/* By dose, then by weight: a total order, whatever the sorting algorithm. */
static int compare_samples(const void *a, const void *b) {
    const DoseSample *first = a, *second = b;
    if (first->dose_gy != second->dose_gy) {
        return first->dose_gy < second->dose_gy ? -1 : 1;
    }
    return (first->weight > second->weight) - (first->weight < second->weight);
}

Status dose_samples_gather(const Volume *dose, const Volume *weights, DoseSamples *samples,
                           Error *error) {
    size_t voxels = grid_voxel_count(&dose->grid), covered = 0;
    for (size_t n = 0; n < voxels; n++) {
        covered += weights->voxels[n] > 0;
    }
    *samples = (DoseSamples){.samples = malloc((covered + 1) * sizeof(DoseSample))};
    if (samples->samples == NULL) {
        return error_no_memory(error, "the doses of a structure");
    }
    for (size_t n = 0; n < voxels; n++) {
        if (weights->voxels[n] > 0) {
            samples->samples[samples->count++] =
                (DoseSample){(double)dose->voxels[n], (double)weights->voxels[n]};
        }
    }
    qsort(samples->samples, samples->count, sizeof(DoseSample), compare_samples);
    for (size_t n = 0; n < samples->count; n++) {
        samples->total_weight += samples->samples[n].weight;
    }
    return STATUS_OK;
}

void dose_samples_free(DoseSamples *samples) {
    free(samples->samples);
    *samples = (DoseSamples){0};
}

double dose_samples_dose_at_volume(const DoseSamples *samples, double percent) {
    if (samples->count == 0) {
        return NAN;
    }
    double target = (1 - percent / 100) * samples->total_weight;
    double below = 0, last_middle = 0, last_dose = samples->samples[0].dose_gy;
    for (size_t n = 0; n < samples->count; n++) {
        const DoseSample *sample = &samples->samples[n];
        double middle = below + sample->weight / 2;
        if (middle >= target) {
            double part = n > 0 ? (target - last_middle) / (middle - last_middle) : 1;
            return last_dose + part * (sample->dose_gy - last_dose);
        }
        below += sample->weight;
        last_middle = middle;
        last_dose = sample->dose_gy;
    }
    return last_dose;
}

double dose_samples_volume_at_dose(const DoseSamples *samples, double dose_gy) {
    if (samples->count == 0) {
        return NAN;
    }
    double above = 0;
    for (size_t n = samples->count; n-- > 0 && samples->samples[n].dose_gy >= dose_gy;) {
        above += samples->samples[n].weight;
    }
    /* From the top down the sum may round to a little more than from the bottom up. */
    return fmin(100, 100 * above / samples->total_weight);
}

Status dose_samples_histogram(const DoseSamples *samples, double bin_gy, double **volume_percent,
                              size_t *bins, Error *error) {
    double largest = samples->count > 0 ? samples->samples[samples->count - 1].dose_gy : -1;
    double last = largest >= 0 ? floor(largest / bin_gy) + 1 : 0;
    if (!(last < MAX_BINS)) {
        return error_set(error, STATUS_CONFIG,
                         "segmentation.dvh_bin_gy is %g: a dose of %g Gy would need %.0f bins; "
                         "choose at least %g",
                         bin_gy, largest, last, largest / (MAX_BINS - 1));
    }
    *bins = (size_t)last + 1;
    *volume_percent = malloc(*bins * sizeof **volume_percent);
    if (*volume_percent == NULL) {
        return error_no_memory(error, "a dose-volume histogram");
    }
    /* Bins and samples both go down, so that each sample is met once. */
    size_t n = samples->count;
    double above = 0;
    for (size_t bin = *bins; bin-- > 0;) {
        while (n > 0 && samples->samples[n - 1].dose_gy >= (double)bin * bin_gy) {
            above += samples->samples[--n].weight;
        }
        (*volume_percent)[bin] =
            samples->count > 0 ? fmin(100, 100 * above / samples->total_weight) : NAN;
    }
    return STATUS_OK;
}
