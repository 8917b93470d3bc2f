/* A distance transform between voxel centres finds the few vessel voxels that can matter; for those
 * the distance between surfaces is worked out pair by pair. */
#include "segment/vessel_profile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "segment/distance_transform.h"

/* Where the surface is taken to be, in voxels beyond a boundary voxel's centre: as for diameters.
 */
static const double VESSEL_SURFACE_REACH = 0.25;

void vessel_profile_free(VesselProfile *profile) {
    free(profile->steps);
    *profile = (VesselProfile){0};
}

/* The box around both masks, empty. The masks' own empty border leaves room to grow in. */
static Status create_box(const Mask *a, const Mask *b, Mask *box, Error *error) {
    *box = (Mask){0};
    for (int axis = 0; axis < 3; axis++) {
        long end_a = a->first[axis] + (long)a->size[axis];
        long end_b = b->first[axis] + (long)b->size[axis];
        box->first[axis] = a->first[axis] < b->first[axis] ? a->first[axis] : b->first[axis];
        box->size[axis] = (size_t)((end_a > end_b ? end_a : end_b) - box->first[axis]);
        box->spacing_mm[axis] = a->spacing_mm[axis];
    }
    box->inside = calloc(mask_voxel_count(box), 1);
    return box->inside == NULL ? error_no_memory(error, "the space between lesion and vessels")
                               : STATUS_OK;
}

/* Element of `box` at voxel (i, j, k) of `part`, whose box lies within it. */
static size_t element_in(const Mask *box, const Mask *part, size_t i, size_t j, size_t k) {
    size_t at[3] = {i, j, k};
    for (int axis = 0; axis < 3; axis++) {
        at[axis] += (size_t)(part->first[axis] - box->first[axis]);
    }
    return (at[2] * box->size[1] + at[1]) * box->size[0] + at[0];
}

/* A vessel voxel that may be on the staircase. */
typedef struct VesselVoxel {
    long index[3];      /* of the lattice */
    double distance_mm; /* to the lesion: first between centres, then between surfaces */
    double diameter_mm;
} VesselVoxel;

static void copy_lesion(const Mask *lesion, Mask *box) {
    size_t n = 0;
    for (size_t k = 0; k < lesion->size[2]; k++) {
        for (size_t j = 0; j < lesion->size[1]; j++) {
            for (size_t i = 0; i < lesion->size[0]; i++) {
                box->inside[element_in(box, lesion, i, j, k)] = lesion->inside[n++];
            }
        }
    }
}

/* Gathers the place, distance between centres and diameter of every vessel voxel. */
static size_t gather(const Mask *vessels, const Mask *box, const float *squared_mm2,
                     const float *diameter_mm, VesselVoxel *voxels) {
    size_t count = 0, n = 0;
    for (size_t k = 0; k < vessels->size[2]; k++) {
        for (size_t j = 0; j < vessels->size[1]; j++) {
            for (size_t i = 0; i < vessels->size[0]; i++, n++) {
                if (vessels->inside[n]) {
                    double squared = (double)squared_mm2[element_in(box, vessels, i, j, k)];
                    voxels[count++] =
                        (VesselVoxel){{vessels->first[0] + (long)i, vessels->first[1] + (long)j,
                                       vessels->first[2] + (long)k},
                                      sqrt(squared),
                                      (double)diameter_mm[n]};
                }
            }
        }
    }
    return count;
}

/* Nearest first; of equally near ones the thickest first, then in the order of the lattice. */
static int compare_voxels(const void *a, const void *b) {
    const VesselVoxel *first = a, *second = b;
    if (first->distance_mm != second->distance_mm) {
        return first->distance_mm < second->distance_mm ? -1 : 1;
    }
    if (first->diameter_mm != second->diameter_mm) {
        return first->diameter_mm > second->diameter_mm ? -1 : 1;
    }
    return memcmp(first->index, second->index, sizeof first->index);
}

/* Surfaces are nearer than centres by at most `slack_mm`. Keeps the voxels to which no other one
 * is preferable for certain: at least as thick, and nearer by more than the slack. */
static size_t keep_candidates(VesselVoxel *voxels, size_t count, double slack_mm) {
    double thickest_mm = 0; /* of the voxels nearer by more than the slack */
    size_t kept = 0, ahead = 0;
    for (size_t n = 0; n < count; n++) {
        VesselVoxel voxel = voxels[n];
        while (ahead < kept && voxels[ahead].distance_mm < voxel.distance_mm - slack_mm) {
            thickest_mm = fmax(thickest_mm, voxels[ahead++].diameter_mm);
        }
        if (voxel.diameter_mm > thickest_mm) {
            voxels[kept++] = voxel;
        }
    }
    return kept;
}

/* Between the surfaces of two voxels that many mm apart: each reaches a quarter voxel towards the
 * other along the axis that brings them nearest; touching ones are at 0. */
static double surface_distance_mm(const double apart_mm[3], const double spacing_mm[3]) {
    double squared = 0, nearest = 0;
    bool is_touching = true;
    for (int axis = 0; axis < 3; axis++) {
        double apart = fabs(apart_mm[axis]), reach = 2 * VESSEL_SURFACE_REACH * spacing_mm[axis];
        is_touching = is_touching && apart < 1.5 * spacing_mm[axis];
        squared += apart * apart;
        nearest = fmax(nearest, reach * (2 * apart - reach));
    }
    return is_touching ? 0 : sqrt(squared - nearest);
}

/* Distance of one vessel voxel to the nearest voxel of the lesion. */
static double distance_to_lesion_mm(const Mask *lesion, const VesselVoxel *voxel) {
    double nearest_mm = INFINITY;
    size_t n = 0;
    for (size_t k = 0; k < lesion->size[2]; k++) {
        for (size_t j = 0; j < lesion->size[1]; j++) {
            for (size_t i = 0; i < lesion->size[0]; i++) {
                if (!lesion->inside[n++]) {
                    continue;
                }
                const size_t place[3] = {i, j, k};
                double apart_mm[3];
                for (int axis = 0; axis < 3; axis++) {
                    long lattice = lesion->first[axis] + (long)place[axis];
                    apart_mm[axis] =
                        (double)(voxel->index[axis] - lattice) * lesion->spacing_mm[axis];
                }
                nearest_mm = fmin(nearest_mm, surface_distance_mm(apart_mm, lesion->spacing_mm));
            }
        }
    }
    return nearest_mm;
}

/* The candidates with their true distances, those that are thicker than all before them. */
static Status make_staircase(const Mask *lesion, VesselVoxel *voxels, size_t count,
                             VesselProfile *profile, Error *error) {
    double slack_mm = 0;
    for (int axis = 0; axis < 3; axis++) {
        slack_mm = fmax(slack_mm, 1.5 * lesion->spacing_mm[axis]);
    }
    slack_mm *= sqrt(3.0); /* touching voxels at 0 are the largest step from centres to surfaces */
    qsort(voxels, count, sizeof *voxels, compare_voxels);
    count = keep_candidates(voxels, count, slack_mm);
    profile->steps = malloc((count > 0 ? count : 1) * sizeof *profile->steps);
    if (profile->steps == NULL) {
        return error_no_memory(error, "the vessels near a lesion");
    }
#pragma omp parallel for schedule(dynamic, 16)
    for (size_t n = 0; n < count; n++) {
        voxels[n].distance_mm = distance_to_lesion_mm(lesion, &voxels[n]);
    }
    qsort(voxels, count, sizeof *voxels, compare_voxels);
    for (size_t n = 0; n < count; n++) {
        bool is_thicker = profile->count == 0 ||
                          voxels[n].diameter_mm > profile->steps[profile->count - 1].diameter_mm;
        if (is_thicker) {
            profile->steps[profile->count++] =
                (VesselStep){voxels[n].distance_mm, voxels[n].diameter_mm};
        }
    }
    return STATUS_OK;
}

Status vessel_profile_measure(const Mask *lesion, const Mask *vessels, const float *diameter_mm,
                              VesselProfile *profile, Error *error) {
    static const double no_shift[3] = {0, 0, 0};
    *profile = (VesselProfile){0};
    Mask box = {0};
    float *squared_mm2 = NULL;
    VesselVoxel *voxels = NULL;
    size_t inside = 0;
    for (size_t n = 0; n < mask_voxel_count(vessels); n++) {
        inside += vessels->inside[n];
    }
    Status status = create_box(lesion, vessels, &box, error);
    if (status != STATUS_OK) {
        goto done;
    }
    squared_mm2 = malloc(mask_voxel_count(&box) * sizeof *squared_mm2);
    voxels = malloc((inside > 0 ? inside : 1) * sizeof *voxels);
    if (squared_mm2 == NULL || voxels == NULL) {
        status = error_no_memory(error, "the distances between lesion and vessels");
        goto done;
    }
    copy_lesion(lesion, &box);
    status =
        distance_transform(box.inside, 1, box.size, box.spacing_mm, no_shift, squared_mm2, error);
    if (status == STATUS_OK) {
        size_t count = gather(vessels, &box, squared_mm2, diameter_mm, voxels);
        status = make_staircase(lesion, voxels, count, profile, error);
    }
done:
    mask_free(&box);
    free(squared_mm2);
    free(voxels);
    return status;
}
