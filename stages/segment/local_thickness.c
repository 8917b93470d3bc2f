/* Two steps: in every voxel, the largest empty sphere centred in it (one distance transform per
 * sub-voxel position); then every sphere's diameter is painted on the voxels it contains, where
 * the largest one stays. Spheres inside a neighbour's are left out (distance ridge: Dougherty &
 * Kunzelmann, Microsc Microanal 2007;13(S02):1678). */
#include "segment/local_thickness.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "segment/distance_transform.h"

enum { MAX_PARTS = 9 }; /* sub-voxel positions along one axis */

/* The largest empty sphere centred in each voxel. */
typedef struct Spheres {
    size_t size[3];
    double spacing_mm[3];
    int parts[3];          /* sub-voxel positions along each axis, odd: one is the voxel's centre */
    float *radius_mm;      /* 0: none */
    uint16_t *position;    /* which of the sub-voxel positions */
    unsigned char *needed; /* 1: not contained in a neighbour's */
} Spheres;

/* Steps no coarser than a third of the finest spacing. */
static void choose_parts(const double spacing[3], int parts[3]) {
    double finest = fmin(spacing[0], fmin(spacing[1], spacing[2]));
    for (int axis = 0; axis < 3; axis++) {
        int n = (int)ceil(3 * spacing[axis] / finest - 1e-6);
        n += n % 2 == 0;
        parts[axis] = n > MAX_PARTS ? MAX_PARTS : n;
    }
}

/* Displacement from the voxel's centre, in voxels. */
static void position_shift(const int parts[3], int position, double shift[3]) {
    for (int axis = 0; axis < 3; axis++) {
        shift[axis] = (position % parts[axis] + 0.5) / parts[axis] - 0.5;
        position /= parts[axis];
    }
}

static void sphere_centre_mm(const Spheres *spheres, size_t i, size_t j, size_t k,
                             double centre[3]) {
    size_t n = (k * spheres->size[1] + j) * spheres->size[0] + i;
    const size_t index[3] = {i, j, k};
    position_shift(spheres->parts, spheres->position[n], centre);
    for (int axis = 0; axis < 3; axis++) {
        centre[axis] = ((double)index[axis] + centre[axis]) * spheres->spacing_mm[axis];
    }
}

static Status find_spheres(const Mask *mask, float *squared, Spheres *spheres, Error *error) {
    size_t total = mask_voxel_count(mask);
    int positions = spheres->parts[0] * spheres->parts[1] * spheres->parts[2];
    for (int p = 0; p < positions; p++) {
        double shift[3];
        position_shift(spheres->parts, p, shift);
        if (distance_transform(mask->inside, 0, mask->size, mask->spacing_mm, shift, squared,
                               error) != STATUS_OK) {
            return error->status;
        }
#pragma omp parallel for schedule(static)
        for (size_t n = 0; n < total; n++) {
            float radius = sqrtf(squared[n]);
            if (mask->inside[n] && radius > spheres->radius_mm[n]) {
                spheres->radius_mm[n] = radius;
                spheres->position[n] = (uint16_t)p;
            }
        }
    }
    return STATUS_OK;
}

/* True if the sphere of voxel (i, j, k) lies inside that of one of its 26 neighbours. Of two
 * equal ones, the first in memory is kept. The mask has an empty border, so that every neighbour
 * exists. */
static int is_contained(const Spheres *spheres, size_t i, size_t j, size_t k) {
    size_t n = (k * spheres->size[1] + j) * spheres->size[0] + i;
    double own[3];
    sphere_centre_mm(spheres, i, j, k, own);
    for (size_t kk = k - 1; kk <= k + 1; kk++) {
        for (size_t jj = j - 1; jj <= j + 1; jj++) {
            for (size_t ii = i - 1; ii <= i + 1; ii++) {
                size_t m = (kk * spheres->size[1] + jj) * spheres->size[0] + ii;
                if (m == n || spheres->radius_mm[m] <= 0) {
                    continue;
                }
                double other[3];
                sphere_centre_mm(spheres, ii, jj, kk, other);
                double room = (double)spheres->radius_mm[m] - (double)spheres->radius_mm[n];
                double apart =
                    hypot(hypot(own[0] - other[0], own[1] - other[1]), own[2] - other[2]);
                if (room >= apart && (room > 0 || m < n)) {
                    return 1;
                }
            }
        }
    }
    return 0;
}

/* Paints one sphere on slice k of `raw_mm`. */
static void paint_sphere(const Spheres *spheres, const double centre[3], double radius, size_t k,
                         float *raw_mm) {
    double dz = (double)k * spheres->spacing_mm[2] - centre[2];
    double plane = radius * radius - dz * dz;
    if (plane <= 0) {
        return;
    }
    const size_t *size = spheres->size;
    double reach = sqrt(plane) / spheres->spacing_mm[1],
           middle = centre[1] / spheres->spacing_mm[1];
    size_t first = (size_t)fmax(0, ceil(middle - reach));
    size_t last = (size_t)fmin((double)size[1] - 1, floor(middle + reach));
    for (size_t j = first; j <= last; j++) {
        double dy = (double)j * spheres->spacing_mm[1] - centre[1];
        double half = sqrt(fmax(0, plane - dy * dy)) / spheres->spacing_mm[0];
        double across = centre[0] / spheres->spacing_mm[0];
        double from = fmax(0, ceil(across - half));
        double to = fmin((double)size[0] - 1, floor(across + half));
        float *row = raw_mm + (k * size[1] + j) * size[0];
        for (double i = from; i <= to; i++) {
            row[(size_t)i] = fmaxf(row[(size_t)i], (float)(2 * radius));
        }
    }
}

/* Paints slice k of `raw_mm` with all spheres that reach it: slices share nothing, so that they
 * may be done by any thread. */
static void paint_slice(const Spheres *spheres, double largest_mm, size_t k, float *raw_mm) {
    const size_t *size = spheres->size;
    size_t reach = (size_t)(largest_mm / spheres->spacing_mm[2]) + 1;
    size_t first = k > reach ? k - reach : 0;
    size_t last = k + reach < size[2] ? k + reach : size[2] - 1;
    for (size_t kk = first; kk <= last; kk++) {
        for (size_t j = 0; j < size[1]; j++) {
            for (size_t i = 0; i < size[0]; i++) {
                size_t n = (kk * size[1] + j) * size[0] + i;
                if (spheres->needed[n]) {
                    double centre[3];
                    sphere_centre_mm(spheres, i, j, kk, centre);
                    paint_sphere(spheres, centre, (double)spheres->radius_mm[n], k, raw_mm);
                }
            }
        }
    }
}

/* Marks the spheres that must be painted; the largest radius. */
static double mark_needed(Spheres *spheres) {
    const size_t *size = spheres->size;
#pragma omp parallel for schedule(static)
    for (size_t k = 1; k < size[2] - 1; k++) {
        for (size_t j = 1; j < size[1] - 1; j++) {
            for (size_t i = 1; i < size[0] - 1; i++) {
                size_t n = (k * size[1] + j) * size[0] + i;
                spheres->needed[n] = spheres->radius_mm[n] > 0 && !is_contained(spheres, i, j, k);
            }
        }
    }
    double largest = 0;
    for (size_t n = 0; n < size[0] * size[1] * size[2]; n++) {
        largest = fmax(largest, (double)spheres->radius_mm[n]);
    }
    return largest;
}

/* Undoes the excess of spheres that only avoid lattice points: solves raw = d + h^2 / d
 * (local_thickness.h). */
static double corrected_diameter_mm(double raw_mm, double h_squared) {
    return (raw_mm + sqrt(fmax(0, raw_mm * raw_mm - 4 * h_squared))) / 2;
}

static void paint_spheres(const Spheres *spheres, double largest_mm, float *diameter_mm) {
    size_t slice = spheres->size[0] * spheres->size[1];
    double h = cbrt(spheres->spacing_mm[0] * spheres->spacing_mm[1] * spheres->spacing_mm[2]);
#pragma omp parallel for schedule(dynamic, 1)
    for (size_t k = 0; k < spheres->size[2]; k++) {
        float *out = diameter_mm + k * slice;
        memset(out, 0, slice * sizeof *out);
        paint_slice(spheres, largest_mm, k, diameter_mm);
        const float *radius = spheres->radius_mm + k * slice;
        for (size_t n = 0; n < slice; n++) {
            /* A sphere off the voxel's centre may miss it; then it counts all the same. */
            double raw = out[n] > 0 ? (double)out[n] : 2 * (double)radius[n];
            out[n] = radius[n] > 0 ? (float)corrected_diameter_mm(raw, h * h) : 0;
        }
    }
}

Status local_thickness_measure(const Mask *mask, float *diameter_mm, Error *error) {
    size_t total = mask_voxel_count(mask);
    Spheres spheres = {.radius_mm = calloc(total, sizeof(float)),
                       .position = calloc(total, sizeof(uint16_t)),
                       .needed = calloc(total, 1)};
    memcpy(spheres.size, mask->size, sizeof spheres.size);
    memcpy(spheres.spacing_mm, mask->spacing_mm, sizeof spheres.spacing_mm);
    choose_parts(mask->spacing_mm, spheres.parts);
    Status status = STATUS_OK;
    if (!spheres.radius_mm || !spheres.position || !spheres.needed) {
        status = error_no_memory(error, "the local thickness of the vessels");
        goto done;
    }
    /* The result's array holds the distances first. */
    status = find_spheres(mask, diameter_mm, &spheres, error);
    if (status == STATUS_OK) {
        paint_spheres(&spheres, mark_needed(&spheres), diameter_mm);
    }
done:
    free(spheres.radius_mm);
    free(spheres.position);
    free(spheres.needed);
    return status;
}
