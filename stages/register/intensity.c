/* Panter-Dite companding: the cumulated cube root of the histogram is the map of intensities. */
#include "register/intensity.h"

#include <math.h>
#include <string.h>

enum { FINE_BINS = 1024 };

static void find_range(const float *voxels, size_t count, double *low, double *high) {
    *low = voxels[0];
    *high = voxels[0];
    for (size_t n = 1; n < count; n++) {
        *low = fmin(*low, voxels[n]);
        *high = fmax(*high, voxels[n]);
    }
}

static void fill_histogram(const float *voxels, size_t count, double low, double high,
                           size_t histogram[FINE_BINS]) {
    memset(histogram, 0, FINE_BINS * sizeof *histogram);
    const double scale = FINE_BINS / (high - low);
    for (size_t n = 0; n < count; n++) {
        const double position = (voxels[n] - low) * scale;
        if (position >= 0.0 && position <= FINE_BINS) {
            histogram[position < FINE_BINS ? (size_t)position : FINE_BINS - 1]++;
        }
    }
}

/* Narrows low..high until no more than 1 voxel in 10,000 lies beyond either end, so that a few
 * extreme voxels (metal, a full bladder) do not make the fine bins coarse. */
static void clip_range(const float *voxels, size_t count, double *low, double *high) {
    size_t histogram[FINE_BINS];
    const size_t allowed = count / 10000;
    for (int pass = 0; pass < 3; pass++) {
        fill_histogram(voxels, count, *low, *high, histogram);
        const double width = (*high - *low) / FINE_BINS;
        size_t below = 0, above = 0;
        int first = 0, last = FINE_BINS - 1;
        while (first < last && below + histogram[first] <= allowed) {
            below += histogram[first++];
        }
        while (last > first && above + histogram[last] <= allowed) {
            above += histogram[last--];
        }
        *high = *low + width * (last + 1);
        *low += width * first;
    }
}

bool intensity_compand(Volume *volume) {
    const size_t count = grid_voxel_count(&volume->grid);
    float *voxels = volume->voxels;
    double low, high;
    find_range(voxels, count, &low, &high);
    if (!(high - low > 1e-6 * fmax(fabs(low), fabs(high)))) {
        memset(voxels, 0, count * sizeof *voxels);
        return false;
    }
    clip_range(voxels, count, &low, &high);
    size_t histogram[FINE_BINS];
    fill_histogram(voxels, count, low, high, histogram);
    double map[FINE_BINS + 1] = {0.0};
    for (int b = 0; b < FINE_BINS; b++) {
        map[b + 1] = map[b] + cbrt((double)histogram[b]);
    }
    const double scale = FINE_BINS / (high - low);
#pragma omp parallel for schedule(static)
    for (size_t n = 0; n < count; n++) {
        const double position = fmin(fmax((voxels[n] - low) * scale, 0.0), (double)FINE_BINS);
        const size_t bin = position < FINE_BINS ? (size_t)position : FINE_BINS - 1;
        const double value = map[bin] + (position - (double)bin) * (map[bin + 1] - map[bin]);
        voxels[n] = (float)(value / map[FINE_BINS]);
    }
    return true;
}
