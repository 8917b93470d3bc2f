/* Points are chosen first; then dose and every lesion's distance are found at the points only:
 * against all boundary voxels of a lesion that costs less than a distance transform of the liver.
 */
#include "segment/normal_liver_samples.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "segment/mask.h"

enum { MAX_SAMPLES = 4000 };

/* Where a lesion's surface is, in voxels beyond a voxel's centre: as for diameters and vessels. */
static const double SURFACE_REACH = 0.25;

/* Voxels of the liver's lattice. */
typedef struct Points {
    LabelMap liver;
    Affine to_reference;
    double spacing_mm[3];
    size_t (*indices)[3];
    size_t count;
    size_t voxels; /* of the normal liver */
    double trust;  /* of the liver, to the dose map */
} Points;

void normal_liver_samples_free(NormalLiverSamples *samples) {
    free(samples->dose_gy);
    free(samples->bed_gy);
    free(samples->distance_mm);
    *samples = (NormalLiverSamples){0};
}

static void points_free(Points *points) {
    label_map_free(&points->liver);
    free(points->indices);
    *points = (Points){0};
}

/* Longer steps along the axis where they are shortest, until few enough voxels remain: from one
 * step to the next their number is at most halved. */
static void choose_steps(size_t voxels, const double spacing_mm[3], size_t steps[3]) {
    steps[0] = steps[1] = steps[2] = 1;
    while (voxels / (steps[0] * steps[1] * steps[2]) > MAX_SAMPLES) {
        int shortest = 0;
        for (int axis = 1; axis < 3; axis++) {
            shortest = (double)steps[axis] * spacing_mm[axis] <
                               (double)steps[shortest] * spacing_mm[shortest]
                           ? axis
                           : shortest;
        }
        steps[shortest]++;
    }
}

/* The normal voxels on the coarser lattice; only counts them while `indices` is NULL. */
static size_t visit_points(const LabelMap *liver, const size_t steps[3], size_t (*indices)[3]) {
    const size_t *size = liver->grid.size;
    size_t count = 0;
    for (size_t k = steps[2] / 2; k < size[2]; k += steps[2]) {
        for (size_t j = steps[1] / 2; j < size[1]; j += steps[1]) {
            for (size_t i = steps[0] / 2; i < size[0]; i += steps[0]) {
                if (liver->labels[(k * size[1] + j) * size[0] + i] != LIVER_MAP_LIVER) {
                    continue;
                }
                if (indices != NULL) {
                    indices[count][0] = i;
                    indices[count][1] = j;
                    indices[count][2] = k;
                }
                count++;
            }
        }
    }
    return count;
}

static Status choose_points(const StructureList *list, const Grid *reference,
                            const SegmentDoseMaps *maps, Points *points, Error *error) {
    size_t steps[3];
    *points = (Points){0};
    Status status = liver_map_gather(list, reference, maps, &points->liver, &points->to_reference,
                                     &points->trust, error);
    if (status != STATUS_OK) {
        return status;
    }
    grid_spacing_mm(&points->liver.grid, points->spacing_mm);
    points->voxels = label_map_count(&points->liver, LIVER_MAP_LIVER);
    choose_steps(points->voxels, points->spacing_mm, steps);
    points->count = visit_points(&points->liver, steps, NULL);
    points->indices = malloc((points->count + 1) * sizeof *points->indices);
    if (points->indices == NULL) {
        return error_no_memory(error, "the sample of the normal liver");
    }
    visit_points(&points->liver, steps, points->indices);
    return STATUS_OK;
}

static Status sample_doses(const Points *points, const SegmentDoseMaps *maps, const Volume *bed,
                           NormalLiverSamples *samples, Error *error) {
    Affine to_index;
    Status status = affine_invert(&maps->chosen->grid.affine, &to_index, error);
    if (status != STATUS_OK) {
        return status;
    }
    Affine map = affine_compose(&points->to_reference, &points->liver.grid.affine);
    map = affine_compose(&maps->reference_to_dose, &map);
    map = affine_compose(&to_index, &map);
    for (size_t n = 0; n < points->count; n++) {
        double at[3];
        for (int axis = 0; axis < 3; axis++) {
            at[axis] = (double)points->indices[n][axis];
        }
        affine_apply(&map, at, at);
        samples->dose_gy[n] = (double)volume_sample(maps->chosen, at, NAN);
        samples->bed_gy[n] =
            bed->voxels != NULL ? (double)volume_sample(bed, at, NAN) : (double)NAN;
    }
    return STATUS_OK;
}

static bool is_boundary(const Mask *mask, size_t n) {
    const size_t row = mask->size[0], slice = mask->size[0] * mask->size[1];
    const unsigned char *at = mask->inside + n; /* the mask's outermost layer is outside */
    return at[0] && !(at[1] && at[-1] && at[row] && *(at - row) && at[slice] && *(at - slice));
}

/* Lattice indices of the voxels at the surface; the caller frees them. */
static Status gather_surface(const Mask *mask, long (**surface)[3], size_t *count, Error *error) {
    *count = 0;
    for (size_t n = 0; n < mask_voxel_count(mask); n++) {
        *count += mask->inside[n] != 0;
    }
    *surface = malloc((*count + 1) * sizeof **surface);
    if (*surface == NULL) {
        return error_no_memory(error, "the surface of a lesion");
    }
    *count = 0;
    for (size_t n = 0; n < mask_voxel_count(mask); n++) {
        if (mask->inside[n] && is_boundary(mask, n)) {
            long *at = (*surface)[(*count)++];
            at[0] = mask->first[0] + (long)(n % mask->size[0]);
            at[1] = mask->first[1] + (long)(n / mask->size[0] % mask->size[1]);
            at[2] = mask->first[2] + (long)(n / mask->size[0] / mask->size[1]);
        }
    }
    return STATUS_OK;
}

/* From a voxel's centre to the nearest of the surface's voxels, each of which reaches towards it
 * along the axis that brings them nearest. */
static double distance_mm(const size_t index[3], const long (*surface)[3], size_t count,
                          const double spacing_mm[3]) {
    double nearest = INFINITY;
    for (size_t n = 0; n < count; n++) {
        double squared = 0, gained = 0;
        for (int axis = 0; axis < 3; axis++) {
            double apart = fabs((double)((long)index[axis] - surface[n][axis])) * spacing_mm[axis];
            double reach = SURFACE_REACH * spacing_mm[axis];
            squared += apart * apart;
            gained = fmax(gained, reach * (2 * apart - reach));
        }
        nearest = fmin(nearest, squared - gained);
    }
    return sqrt(fmax(nearest, 0));
}

/* The lowest trust in the way between a lesion and the liver's structures. */
static Status liver_trust(const StructureList *list, const Structure *lesion, double *trust,
                          Error *error) {
    Status status = STATUS_OK;
    *trust = 1;
    for (size_t s = 0; s < list->count && status == STATUS_OK; s++) {
        double of_one = 1;
        if (structure_has_role(&list->structures[s], "liver")) {
            status = structure_relation_trust(lesion, &list->structures[s], &of_one, error);
        }
        *trust = fmin(*trust, of_one);
    }
    return status;
}

static Status measure_distances(const Structure *lesion, const Points *points, double *distances,
                                Error *error) {
    Structure placed = *lesion; /* the liver's space plays the reference here */
    Affine from_reference;
    Mask mask = {0};
    long(*surface)[3] = NULL;
    size_t count;
    Status status = affine_invert(&points->to_reference, &from_reference, error);
    if (status != STATUS_OK) {
        goto done;
    }
    placed.to_reference = affine_compose(&from_reference, &lesion->to_reference);
    if ((status = mask_place(&placed, &points->liver.grid, &mask, error)) ||
        (status = gather_surface(&mask, &surface, &count, error))) {
        goto done;
    }
#pragma omp parallel for schedule(static)
    for (size_t n = 0; n < points->count; n++) {
        distances[n] =
            distance_mm(points->indices[n], (const long(*)[3])surface, count, points->spacing_mm);
    }
done:
    mask_free(&mask);
    free(surface);
    return status;
}

static Status create_samples(const Points *points, size_t n_lesions, NormalLiverSamples *samples,
                             Error *error) {
    size_t count = points->count;
    samples->count = count;
    samples->n_lesions = n_lesions;
    samples->volume_ml = count == 0 ? 0
                                    : (double)points->voxels / (double)count *
                                          grid_voxel_volume_ml(&points->liver.grid);
    samples->dose_gy = malloc((count + 1) * sizeof(double));
    samples->bed_gy = malloc((count + 1) * sizeof(double));
    samples->distance_mm = malloc((count * n_lesions + 1) * sizeof(double));
    bool is_there = samples->dose_gy != NULL && samples->bed_gy != NULL;
    return is_there && samples->distance_mm != NULL
               ? STATUS_OK
               : error_no_memory(error, "the sample of the normal liver");
}

Status normal_liver_samples_take(const StructureList *list, const Grid *reference,
                                 const SegmentDoseMaps *maps, const Volume *bed, double min_quality,
                                 NormalLiverSamples *samples, Error *error) {
    Points points;
    size_t n_lesions = structure_list_count(list, "lesion");
    *samples = (NormalLiverSamples){0};
    Status status;
    if ((status = choose_points(list, reference, maps, &points, error)) ||
        (status = create_samples(&points, n_lesions, samples, error)) ||
        (status = sample_doses(&points, maps, bed, samples, error))) {
        goto done;
    }
    for (size_t p = 0; p < points.count && points.trust < min_quality; p++) {
        samples->dose_gy[p] = samples->bed_gy[p] = NAN;
    }
    for (size_t n = 0; n < n_lesions && status == STATUS_OK; n++) {
        const Structure *lesion = structure_list_nth(list, "lesion", n);
        double *distances = samples->distance_mm + n * points.count, trust = 1;
        status = liver_trust(list, lesion, &trust, error);
        if (status == STATUS_OK && trust >= min_quality) {
            status = measure_distances(lesion, &points, distances, error);
        }
        for (size_t p = 0; p < points.count && trust < min_quality; p++) {
            distances[p] = NAN;
        }
    }
done:
    points_free(&points);
    return status == STATUS_OK ? status
                               : error_add_context(error, "the sample of the normal liver");
}

static Status add_column(Table *table, const char *name, const char *units, const char *long_name,
                         const double *values, Error *error) {
    Status status = table_add_column(table, name, COLUMN_NUMBER, units, long_name, error);
    for (size_t n = 0; n < table_row_count(table) && status == STATUS_OK; n++) {
        status = table_set_number(table, n, name, values[n], error);
    }
    return status;
}

static Status fill_table(const NormalLiverSamples *samples, Table *table, Error *error) {
    Status status = table_add_column(table, "volume_ml", COLUMN_NUMBER, "mL",
                                     "volume of normal liver that the point stands for", error);
    for (size_t n = 0; n < samples->count && status == STATUS_OK; n++) {
        size_t row;
        status = table_add_row(table, &row, error);
        if (status == STATUS_OK) {
            status = table_set_number(table, row, "volume_ml", samples->volume_ml, error);
        }
    }
    if (status != STATUS_OK ||
        (status = add_column(table, "dose_gy", "Gy", "absorbed dose, chosen map", samples->dose_gy,
                             error)) ||
        (status = add_column(table, "bed_gy", "Gy", "biologically effective dose, normal liver",
                             samples->bed_gy, error))) {
        return status;
    }
    for (size_t n = 0; n < samples->n_lesions && status == STATUS_OK; n++) {
        char name[48], long_name[80];
        snprintf(name, sizeof name, "distance_%zu_mm", n);
        snprintf(long_name, sizeof long_name, "distance to the surface of the lesion of row %zu",
                 n);
        status = add_column(table, name, "mm", long_name, samples->distance_mm + n * samples->count,
                            error);
    }
    return status;
}

Status normal_liver_samples_write(const NormalLiverSamples *samples, Store *output, Error *error) {
    Table *table = table_new();
    if (table == NULL) {
        return error_no_memory(error, "the sample of the normal liver");
    }
    Status status = fill_table(samples, table, error);
    if (status == STATUS_OK) {
        status = store_write_table(output, "/normal_liver_samples", table, error);
    }
    table_free(table);
    return status;
}
