/* Three passes: along i by looking at the nearest mark on both sides, along j and k by the lower
 * envelope of the parabolas that the pass before left. Lines along j and k are handled in bands
 * of neighbouring lines, so that memory is read in order. */
#include "segment/distance_transform.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>

enum { BAND = 16 }; /* neighbouring lines handled together: one cache line of floats */

/* Working space for lines of `size` voxels. */
typedef struct Envelope {
    double *height;   /* BAND lines, in units of the squared spacing */
    double *boundary; /* size + 1: where the lowest parabola changes */
    size_t *apex;     /* the lowest parabolas, in order */
} Envelope;

/* Geometry of one pass along a line. */
typedef struct Pass {
    size_t size, stride; /* voxels of the line, elements between neighbours */
    double spacing_mm, shift;
} Pass;

static void scan_row(const unsigned char *marks, unsigned char value, size_t size, double spacing,
                     double shift, float *squared) {
    double nearest = -INFINITY; /* the last mark at or before the voxel */
    for (size_t i = 0; i < size; i++) {
        nearest = marks[i] == value ? (double)i : nearest;
        double distance = fabs((double)i + shift - nearest) * spacing;
        squared[i] = (float)(distance * distance);
    }
    nearest = INFINITY;
    for (size_t i = size; i-- > 0;) {
        nearest = marks[i] == value ? (double)i : nearest;
        double distance = fabs(nearest - (double)i - shift) * spacing;
        squared[i] = fminf(squared[i], (float)(distance * distance));
    }
}

/* Builds the lower envelope of the parabolas with these heights; how many take part. */
static size_t build_envelope(const double *height, size_t size, double *boundary, size_t *apex) {
    size_t count = 0;
    for (size_t q = 0; q < size; q++) {
        if (isinf(height[q])) {
            continue;
        }
        double crossing = -INFINITY;
        while (count > 0) {
            size_t p = apex[count - 1];
            double x = (double)q, y = (double)p;
            crossing = (height[q] + x * x - height[p] - y * y) / (2 * (x - y));
            if (crossing > boundary[count - 1]) {
                break;
            }
            count--;
            crossing = -INFINITY;
        }
        apex[count] = q;
        boundary[count] = crossing;
        count++;
    }
    return count;
}

/* Replaces one line (at `line`, its heights in `height`) by the envelope's values. */
static void lower_line(const Pass *pass, const double *height, const Envelope *scratch,
                       float *line) {
    size_t count = build_envelope(height, pass->size, scratch->boundary, scratch->apex);
    if (count == 0) {
        return; /* no mark so far: it stays infinite */
    }
    double unit = pass->spacing_mm * pass->spacing_mm;
    size_t n = 0;
    for (size_t q = 0; q < pass->size; q++) {
        double x = (double)q + pass->shift;
        while (n + 1 < count && scratch->boundary[n + 1] < x) {
            n++;
        }
        double away = x - (double)scratch->apex[n];
        line[q * pass->stride] = (float)((height[scratch->apex[n]] + away * away) * unit);
    }
}

/* Lowers `count` (at most BAND) neighbouring lines that start at `first`. */
static void lower_band(const Pass *pass, size_t count, const Envelope *scratch, float *first) {
    double unit = pass->spacing_mm * pass->spacing_mm;
    for (size_t q = 0; q < pass->size; q++) {
        for (size_t n = 0; n < count; n++) {
            scratch->height[n * pass->size + q] = (double)first[q * pass->stride + n] / unit;
        }
    }
    for (size_t n = 0; n < count; n++) {
        lower_line(pass, scratch->height + n * pass->size, scratch, first + n);
    }
}

/* Passes along all lines of one kind: `outer` planes, `plane_stride` apart, of `width` lines. */
static void lower_all(const Pass *pass, size_t outer, size_t plane_stride, size_t width,
                      const Envelope *scratch, float *squared) {
#pragma omp parallel for schedule(static)
    for (size_t plane = 0; plane < outer; plane++) {
        for (size_t n = 0; n < width; n += BAND) {
            size_t count = width - n < BAND ? width - n : BAND;
            lower_band(pass, count, &scratch[omp_get_thread_num()],
                       squared + plane * plane_stride + n);
        }
    }
}

static void scratch_free(Envelope *scratch, int threads) {
    for (int t = 0; scratch != NULL && t < threads; t++) {
        free(scratch[t].height);
        free(scratch[t].boundary);
        free(scratch[t].apex);
    }
    free(scratch);
}

static Envelope *scratch_new(size_t size, int threads) {
    Envelope *scratch = calloc((size_t)threads, sizeof *scratch);
    for (int t = 0; scratch != NULL && t < threads; t++) {
        scratch[t].height = malloc(BAND * size * sizeof(double));
        scratch[t].boundary = malloc((size + 1) * sizeof(double));
        scratch[t].apex = malloc(size * sizeof(size_t));
        if (!scratch[t].height || !scratch[t].boundary || !scratch[t].apex) {
            scratch_free(scratch, threads);
            return NULL;
        }
    }
    return scratch;
}

Status distance_transform(const unsigned char *marks, unsigned char value, const size_t size[3],
                          const double spacing_mm[3], const double shift[3], float *squared_mm2,
                          Error *error) {
    int threads = omp_get_max_threads();
    size_t rows = size[1] * size[2];
    Envelope *scratch = scratch_new(size[1] > size[2] ? size[1] : size[2], threads);
    if (scratch == NULL) {
        return error_no_memory(error, "the distance transform");
    }
#pragma omp parallel for schedule(static)
    for (size_t row = 0; row < rows; row++) {
        scan_row(marks + row * size[0], value, size[0], spacing_mm[0], shift[0],
                 squared_mm2 + row * size[0]);
    }
    Pass along_j = {size[1], size[0], spacing_mm[1], shift[1]};
    lower_all(&along_j, size[2], size[0] * size[1], size[0], scratch, squared_mm2);
    Pass along_k = {size[2], size[0] * size[1], spacing_mm[2], shift[2]};
    lower_all(&along_k, size[1], size[0], size[0], scratch, squared_mm2);
    scratch_free(scratch, threads);
    return STATUS_OK;
}
