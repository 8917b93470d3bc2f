/* Normalised mutual information: jittered samples, B-spline joint histogram in integers. */
#include "register/mutual_information.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { WEIGHT_ONE = 1 << 15, MIN_BINS = 12, PARALLEL_SAMPLES = 8000 };

typedef struct Sample {
    float position_mm[3];
    int bin;
} Sample;

struct MutualInformation {
    Sample *samples;
    size_t count;
    int bins;
    const Volume *other;
    Affine other_mm_to_index;
};

typedef struct JointHistogram {
    uint64_t counts[MUTUAL_INFORMATION_MAX_BINS * MUTUAL_INFORMATION_MAX_BINS];
    uint64_t covered;
} JointHistogram;

/* A number in 0..1 that only depends on `key` (splitmix64, Steele et al., OOPSLA 2014). */
static double jitter(uint64_t key) {
    uint64_t z = (key + 1) * 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

/* How many samples along each axis, and how many voxels apart. */
static size_t choose_lattice(const Grid *grid, double spacing_mm, size_t max_samples,
                             size_t count[3], double step[3]) {
    double voxel_mm[3];
    grid_spacing_mm(grid, voxel_mm);
    for (;; spacing_mm *= 1.05) {
        size_t total = 1;
        for (int axis = 0; axis < 3; axis++) {
            const double cells = floor((double)grid->size[axis] * voxel_mm[axis] / spacing_mm);
            count[axis] = cells < 1.0 ? 1 : (size_t)cells;
            step[axis] = (double)grid->size[axis] / (double)count[axis];
            total *= count[axis];
        }
        if (total <= max_samples) {
            return total;
        }
    }
}

static void draw_samples(const Volume *sampled, const size_t count[3], const double step[3],
                         int bins, Sample *samples) {
    size_t n = 0;
    for (size_t k = 0; k < count[2]; k++) {
        for (size_t j = 0; j < count[1]; j++) {
            for (size_t i = 0; i < count[0]; i++, n++) {
                const size_t cell[3] = {i, j, k};
                double index[3], mm[3];
                for (int axis = 0; axis < 3; axis++) {
                    const double u = jitter(3 * (uint64_t)n + (uint64_t)axis);
                    index[axis] = ((double)cell[axis] + u) * step[axis] - 0.5;
                }
                affine_apply(&sampled->grid.affine, index, mm);
                const int bin = (int)(volume_sample(sampled, index, 0.0f) * (float)bins);
                samples[n].bin = bin < 0 ? 0 : bin >= bins ? bins - 1 : bin;
                for (int axis = 0; axis < 3; axis++) {
                    samples[n].position_mm[axis] = (float)mm[axis];
                }
            }
        }
    }
}

Status mutual_information_create(const Volume *sampled, const Volume *other, double spacing_mm,
                                 size_t max_samples, int max_bins, MutualInformation **result,
                                 Error *error) {
    size_t count[3];
    double step[3];
    const size_t total = choose_lattice(&sampled->grid, spacing_mm, max_samples, count, step);
    MutualInformation *mi = calloc(1, sizeof *mi);
    Sample *samples = malloc(total * sizeof *samples);
    if (!mi || !samples) {
        free(mi);
        free(samples);
        return error_no_memory(error, "the samples of mutual information");
    }
    mi->samples = samples;
    mi->count = total;
    mi->other = other;
    const int wanted = (int)cbrt((double)total);
    const int most =
        max_bins < MUTUAL_INFORMATION_MAX_BINS ? max_bins : MUTUAL_INFORMATION_MAX_BINS;
    mi->bins = wanted > most ? most : wanted;
    mi->bins = mi->bins < MIN_BINS ? MIN_BINS : mi->bins;
    draw_samples(sampled, count, step, mi->bins, samples);
    const Status status = affine_invert(&other->grid.affine, &mi->other_mm_to_index, error);
    if (status != STATUS_OK) {
        mutual_information_free(mi);
        return status;
    }
    *result = mi;
    return STATUS_OK;
}

Status mutual_information_select(const MutualInformation *whole, const double normal[3],
                                 double offset_mm, MutualInformation **part, Error *error) {
    MutualInformation *mi = malloc(sizeof *mi);
    Sample *samples = malloc(whole->count * sizeof *samples);
    if (!mi || !samples) {
        free(mi);
        free(samples);
        return error_no_memory(error, "the samples of mutual information");
    }
    *mi = *whole;
    mi->samples = samples;
    mi->count = 0;
    for (size_t s = 0; s < whole->count; s++) {
        const float *x = whole->samples[s].position_mm;
        if (normal[0] * x[0] + normal[1] * x[1] + normal[2] * x[2] > offset_mm) {
            samples[mi->count++] = whole->samples[s];
        }
    }
    *part = mi;
    return STATUS_OK;
}

void mutual_information_free(MutualInformation *mi) {
    if (mi) {
        free(mi->samples);
        free(mi);
    }
}

size_t mutual_information_sample_count(const MutualInformation *mi) {
    return mi->count;
}

/* Trilinear value of `volume`; false outside the hull of its voxel centres plus half a voxel. */
static bool interpolate(const Volume *volume, const double index[3], float *value) {
    const size_t *n = volume->grid.size;
    size_t at[3], next[3];
    float f[3];
    for (int axis = 0; axis < 3; axis++) {
        const double last = (double)n[axis] - 1.0;
        if (!(index[axis] >= -0.5 && index[axis] <= last + 0.5)) {
            return false;
        }
        const double x = index[axis] < 0.0 ? 0.0 : index[axis] > last ? last : index[axis];
        at[axis] = (size_t)x;
        next[axis] = at[axis] + 1 < n[axis] ? at[axis] + 1 : at[axis];
        f[axis] = (float)(x - (double)at[axis]);
    }
    float plane[2];
    for (int dk = 0; dk < 2; dk++) {
        const size_t k = dk ? next[2] : at[2];
        const float *row0 = volume->voxels + (k * n[1] + at[1]) * n[0];
        const float *row1 = volume->voxels + (k * n[1] + next[1]) * n[0];
        const float a = row0[at[0]] + f[0] * (row0[next[0]] - row0[at[0]]);
        const float b = row1[at[0]] + f[0] * (row1[next[0]] - row1[at[0]]);
        plane[dk] = a + f[1] * (b - a);
    }
    *value = plane[0] + f[2] * (plane[1] - plane[0]);
    return true;
}

/* Spreads one sample over four neighbouring bins by the cubic B-spline. */
static void add_sample(uint64_t *row, float value, int bins) {
    const float position = 1.0f + value * (float)(bins - 3);
    int bin = (int)position;
    bin = bin > bins - 3 ? bins - 3 : bin;
    const float u = position - (float)bin, v = 1.0f - u;
    const float sixth = (float)WEIGHT_ONE / 6.0f;
    const uint64_t first = (uint64_t)(v * v * v * sixth);
    const uint64_t second = (uint64_t)((3.0f * u * u * u - 6.0f * u * u + 4.0f) * sixth);
    const uint64_t fourth = (uint64_t)(u * u * u * sixth);
    row[bin - 1] += first;
    row[bin] += second;
    row[bin + 1] += WEIGHT_ONE - first - second - fourth;
    row[bin + 2] += fourth;
}

static void add_samples(const MutualInformation *mi, const Affine *to_index, size_t begin,
                        size_t end, JointHistogram *joint) {
    for (size_t s = begin; s < end; s++) {
        const Sample *sample = &mi->samples[s];
        double index[3];
        for (int r = 0; r < 3; r++) {
            const double *m = to_index->m[r];
            index[r] = m[0] * sample->position_mm[0] + m[1] * sample->position_mm[1] +
                       m[2] * sample->position_mm[2] + m[3];
        }
        float value;
        if (interpolate(mi->other, index, &value)) {
            add_sample(joint->counts + sample->bin * mi->bins, value, mi->bins);
            joint->covered++;
        }
    }
}

/* -sum p log p of `n` counts `stride` apart. */
static double entropy(const uint64_t *counts, size_t n, double total) {
    double sum = 0.0;
    for (size_t b = 0; b < n; b++) {
        if (counts[b] > 0) {
            const double p = (double)counts[b] / total;
            sum -= p * log(p);
        }
    }
    return sum;
}

static double normalised_mutual_information(const JointHistogram *joint, int bins) {
    uint64_t rows[MUTUAL_INFORMATION_MAX_BINS] = {0}, columns[MUTUAL_INFORMATION_MAX_BINS] = {0};
    for (int r = 0; r < bins; r++) {
        for (int c = 0; c < bins; c++) {
            rows[r] += joint->counts[r * bins + c];
            columns[c] += joint->counts[r * bins + c];
        }
    }
    const double total = (double)joint->covered * WEIGHT_ONE;
    const double both = entropy(joint->counts, (size_t)(bins * bins), total);
    if (!(both > 0.0)) {
        return 1.0;
    }
    const double ratio =
        (entropy(rows, (size_t)bins, total) + entropy(columns, (size_t)bins, total)) / both;
    return ratio > 1.0 ? ratio : 1.0;
}

MutualInformationValue mutual_information_at(const MutualInformation *mi,
                                             const Affine *sampled_to_other) {
    const Affine to_index = affine_compose(&mi->other_mm_to_index, sampled_to_other);
    const size_t cells = (size_t)(mi->bins * mi->bins);
    JointHistogram joint;
    memset(joint.counts, 0, cells * sizeof *joint.counts);
    joint.covered = 0;
#pragma omp parallel if (mi->count > PARALLEL_SAMPLES && !omp_in_parallel())
    {
        const size_t threads = (size_t)omp_get_num_threads(), t = (size_t)omp_get_thread_num();
        JointHistogram part;
        memset(part.counts, 0, cells * sizeof *part.counts);
        part.covered = 0;
        add_samples(mi, &to_index, mi->count * t / threads, mi->count * (t + 1) / threads, &part);
#pragma omp critical(register_joint_histogram)
        {
            for (size_t c = 0; c < cells; c++) {
                joint.counts[c] += part.counts[c];
            }
            joint.covered += part.covered;
        }
    }
    MutualInformationValue value = {1.0, 0.0};
    if (joint.covered > 0) {
        value.coverage = (double)joint.covered / (double)mi->count;
        value.normalised = normalised_mutual_information(&joint, mi->bins);
    }
    return value;
}
