/* See slice_stack.h. */
#include "convert/slice_stack.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double same_place_mm = 1e-3;
static const double missing_gap = 1.5;       /* of the median gap */
static const double silent_deviation = 0.01; /* of the mean gap */
static const double largest_deviation = 0.25;
static const double smallest_cosine =
    0.5; /* of the step with the normal: gantry tilt below 60 deg */

static double dot(const double a[3], const double b[3]) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void unit_normal(const double row[3], const double column[3], double normal[3]) {
    for (int a = 0; a < 3; a++) {
        int b = (a + 1) % 3, c = (a + 2) % 3;
        normal[a] = row[b] * column[c] - row[c] * column[b];
    }
    double length = sqrt(dot(normal, normal));
    for (int a = 0; a < 3; a++) {
        normal[a] /= length;
    }
}

static int compare_places(const void *a, const void *b) {
    const SlicePlace *first = a, *second = b;
    if (first->along_mm != second->along_mm) {
        return first->along_mm < second->along_mm ? -1 : 1;
    }
    return first->index < second->index ? -1 : first->index > second->index;
}

void slice_stack_sort(const double row[3], const double column[3], SlicePlace *places, size_t n) {
    double normal[3];
    unit_normal(row, column, normal);
    for (size_t k = 0; k < n; k++) {
        places[k].along_mm = dot(places[k].position_mm, normal);
    }
    qsort(places, n, sizeof *places, compare_places);
}

static int compare_doubles(const void *a, const void *b) {
    double first = *(const double *)a, second = *(const double *)b;
    return first < second ? -1 : first > second;
}

static Status median_gap(const SlicePlace *places, size_t n, double *median, Error *error) {
    double *gaps = calloc(n, sizeof *gaps);
    if (gaps == NULL) {
        return error_no_memory(error, "slice gaps");
    }
    for (size_t k = 0; k + 1 < n; k++) {
        gaps[k] = places[k + 1].along_mm - places[k].along_mm;
    }
    qsort(gaps, n - 1, sizeof *gaps, compare_doubles);
    *median = gaps[(n - 1) / 2];
    free(gaps);
    return STATUS_OK;
}

static Status check_gaps(const SlicePlace *places, size_t n, Error *error) {
    size_t repeated = 0;
    for (size_t k = 0; k + 1 < n; k++) {
        repeated += places[k + 1].along_mm - places[k].along_mm < same_place_mm;
    }
    if (repeated > 0) {
        return error_set(error, STATUS_BAD_DATA,
                         "%zu of %zu slices share their Image Position (0020,0032) with another: "
                         "files that are there twice, or several phases, echoes or time frames in "
                         "one series; leave one of each",
                         repeated, n);
    }
    double median = 0;
    Status status = median_gap(places, n, &median, error);
    for (size_t k = 0; status == STATUS_OK && k + 1 < n; k++) {
        double gap = places[k + 1].along_mm - places[k].along_mm;
        if (gap > missing_gap * median) {
            status = error_set(error, STATUS_BAD_DATA,
                               "slices are missing: between slice %zu at %.2f mm and slice %zu at "
                               "%.2f mm along the normal lie %.2f mm, slices are %.2f mm apart "
                               "(about %.0f missing); copy the whole series",
                               k + 1, places[k].along_mm, k + 2, places[k + 1].along_mm, gap,
                               median, fmax(1.0, round(gap / median) - 1.0));
        }
    }
    return status;
}

static Status check_step(const double normal[3], const double step[3], Error *error) {
    if (dot(step, normal) < smallest_cosine * sqrt(dot(step, step))) {
        return error_set(error, STATUS_BAD_DATA,
                         "the slices are stacked sideways: Image Position (0020,0032) and Image "
                         "Orientation (0020,0037) contradict each other; export the series again");
    }
    return STATUS_OK;
}

/* Largest distance of a slice from its place on the grid, and which slice. */
static double deviation_mm(const SlicePlace *places, size_t n, const double step[3],
                           size_t *worst) {
    double largest = 0;
    for (size_t k = 0; k < n; k++) {
        double off[3];
        for (int a = 0; a < 3; a++) {
            off[a] = places[k].position_mm[a] - places[0].position_mm[a] - (double)k * step[a];
        }
        double distance = sqrt(dot(off, off));
        if (distance > largest) {
            largest = distance;
            *worst = k;
        }
    }
    return largest;
}

static Status mean_step(const SlicePlace *places, size_t n, const double normal[3], double step[3],
                        bool *is_uneven, Error *error) {
    Status status = check_gaps(places, n, error);
    for (int a = 0; a < 3; a++) {
        step[a] = (places[n - 1].position_mm[a] - places[0].position_mm[a]) / (double)(n - 1);
    }
    status = status == STATUS_OK ? check_step(normal, step, error) : status;
    if (status != STATUS_OK) {
        return status;
    }
    size_t worst = 0;
    double spacing = sqrt(dot(step, step));
    double deviation = deviation_mm(places, n, step, &worst);
    *is_uneven = deviation > silent_deviation * spacing;
    if (deviation > largest_deviation * spacing) {
        return error_set(error, STATUS_BAD_DATA,
                         "slice %zu of %zu lies %.2f mm off the regular grid of %.3f mm spacing: "
                         "slices are missing or of several series; export one series of even "
                         "spacing",
                         worst + 1, n, deviation, spacing);
    }
    return STATUS_OK;
}

Status slice_stack_affine(const double i_step_mm[3], const double j_step_mm[3],
                          const SlicePlace *places, size_t n, double thickness_mm, Affine *affine,
                          bool *is_uneven, Error *error) {
    double normal[3], step[3];
    unit_normal(i_step_mm, j_step_mm, normal);
    *is_uneven = false;
    if (n == 1 && !(thickness_mm > 0)) {
        return error_set(error, STATUS_BAD_DATA,
                         "the series has one slice and no Slice Thickness (0018,0050): its extent "
                         "is unknown; export the whole series");
    }
    for (int a = 0; a < 3; a++) {
        step[a] = normal[a] * thickness_mm;
    }
    Status status = n == 1 ? STATUS_OK : mean_step(places, n, normal, step, is_uneven, error);
    *affine = affine_identity();
    for (int a = 0; a < 3; a++) {
        affine->m[a][0] = i_step_mm[a];
        affine->m[a][1] = j_step_mm[a];
        affine->m[a][2] = step[a];
        affine->m[a][3] = places[0].position_mm[a];
    }
    return status;
}
