/* Trilinear sampling and partial-volume coverage. A voxel index is a voxel centre everywhere. */
#include "core/volume.h"

#include <limits.h>
#include <malloc.h>
#include <math.h>
#include <stdlib.h>

/* Parts of one mask voxel: enough for a voxel 20 times the image's along each axis, cut in 5. */
static const double MAX_PARTS = 1e6;

Status volume_create(const Grid *grid, Volume *volume, Error *error) {
    *volume = (Volume){.grid = *grid};
    if (grid_check(grid, error) != STATUS_OK) {
        return error->status;
    }
    volume->voxels = calloc(grid_voxel_count(grid), sizeof *volume->voxels);
    return volume->voxels != NULL ? STATUS_OK : error_no_memory(error, "an image");
}

Status volume_create_unset(const Grid *grid, Volume *volume, Error *error) {
    *volume = (Volume){.grid = *grid};
    if (grid_check(grid, error) != STATUS_OK) {
        return error->status;
    }
    volume->voxels = malloc(grid_voxel_count(grid) * sizeof *volume->voxels);
    return volume->voxels != NULL ? STATUS_OK : error_no_memory(error, "an image");
}

void volume_keep_freed_memory(void) {
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
}

void volume_free(Volume *volume) {
    if (volume != NULL) {
        free(volume->voxels);
        volume->voxels = NULL;
    }
}

Status label_map_create(const Grid *grid, LabelMap *map, Error *error) {
    *map = (LabelMap){.grid = *grid};
    if (grid_check(grid, error) != STATUS_OK) {
        return error->status;
    }
    map->labels = calloc(grid_voxel_count(grid), sizeof *map->labels);
    return map->labels != NULL ? STATUS_OK : error_no_memory(error, "a label map");
}

void label_map_free(LabelMap *map) {
    if (map != NULL) {
        free(map->labels);
        map->labels = NULL;
    }
}

Status volume_check_finite(const Volume *volume, const char *name, Error *error) {
    size_t count = grid_voxel_count(&volume->grid), bad = 0, first = 0;
    for (size_t n = count; n-- > 0;) {
        if (!isfinite(volume->voxels[n])) {
            bad++;
            first = n;
        }
    }
    if (bad == 0) {
        return STATUS_OK;
    }
    size_t ni = volume->grid.size[0], nj = volume->grid.size[1];
    return error_set(error, STATUS_BAD_DATA,
                     "%s has %zu voxels that are NaN or infinite, the first at i=%zu j=%zu k=%zu; "
                     "export the image again without them",
                     name, bad, first % ni, first / ni % nj, first / (ni * nj));
}

/* Splits a continuous index into the cell's lower corner and the weight of its upper one, with
 * the edge value held for half a voxel; false outside. */
static bool locate(double index, size_t size, size_t *lower, size_t *upper, double *weight) {
    if (!(index >= -0.5 && index <= (double)size - 0.5)) {
        return false;
    }
    double last = (double)size - 1.0;
    double inside = fmin(fmax(index, 0.0), last);
    double floor_index = floor(inside);
    *lower = (size_t)floor_index;
    *upper = *lower + 1 < size ? *lower + 1 : *lower;
    *weight = inside - floor_index;
    return true;
}

float volume_sample(const Volume *volume, const double index[3], float outside) {
    size_t lower[3], upper[3];
    double weight[3];
    for (int axis = 0; axis < 3; axis++) {
        if (!locate(index[axis], volume->grid.size[axis], &lower[axis], &upper[axis],
                    &weight[axis])) {
            return outside;
        }
    }
    size_t row = volume->grid.size[0], slice = row * volume->grid.size[1];
    const float *v = volume->voxels;
    double plane[2];
    for (int side = 0; side < 2; side++) {
        const float *at = v + (side == 0 ? lower[2] : upper[2]) * slice;
        double low = at[lower[1] * row + lower[0]] * (1.0 - weight[0]) +
                     at[lower[1] * row + upper[0]] * weight[0];
        double high = at[upper[1] * row + lower[0]] * (1.0 - weight[0]) +
                      at[upper[1] * row + upper[0]] * weight[0];
        plane[side] = low * (1.0 - weight[1]) + high * weight[1];
    }
    return (float)(plane[0] * (1.0 - weight[2]) + plane[1] * weight[2]);
}

/* Voxel index of one grid to voxel index of another, whose patient spaces are related by `map`. */
static Status index_map(const Grid *from, const Affine *map, const Grid *to, Affine *result,
                        Error *error) {
    Affine mm_to_index;
    if (affine_invert(&to->affine, &mm_to_index, error) != STATUS_OK) {
        return error->status;
    }
    Affine in_target_mm = affine_compose(map, &from->affine);
    *result = affine_compose(&mm_to_index, &in_target_mm);
    return STATUS_OK;
}

Status volume_resample(const Volume *source, const Grid *target_grid,
                       const Affine *target_to_source, float outside, Volume *target,
                       Error *error) {
    Affine to_source_index;
    *target = (Volume){.grid = *target_grid};
    if (index_map(target_grid, target_to_source, &source->grid, &to_source_index, error) !=
            STATUS_OK ||
        volume_create(target_grid, target, error) != STATUS_OK) {
        return error->status;
    }
    size_t ni = target_grid->size[0], nj = target_grid->size[1], nk = target_grid->size[2];
#pragma omp parallel for schedule(static)
    for (size_t k = 0; k < nk; k++) {
        float *out = target->voxels + k * nj * ni;
        for (size_t j = 0; j < nj; j++) {
            for (size_t i = 0; i < ni; i++) {
                double index[3] = {(double)i, (double)j, (double)k};
                affine_apply(&to_source_index, index, index);
                *out++ = volume_sample(source, index, outside);
            }
        }
    }
    return STATUS_OK;
}

/* Into how many parts a source voxel is cut along each of its axes. */
static Status choose_parts(const Affine *to_target_index, double part_fraction, int parts[3],
                           Error *error) {
    double total = 1;
    for (int axis = 0; axis < 3; axis++) {
        double extent = 0;
        for (int row = 0; row < 3; row++) {
            extent = fmax(extent, fabs(to_target_index->m[row][axis]));
        }
        double count = fmax(1.0, ceil(extent / part_fraction - 1e-9));
        total *= count;
        if (!(total <= MAX_PARTS)) {
            return error_set(error, STATUS_BAD_DATA,
                             "a mask voxel is %.3g voxels of the image long: the grids do not "
                             "belong together",
                             extent);
        }
        parts[axis] = (int)count;
    }
    return STATUS_OK;
}

/* Adds the parts of source voxel (i, j, k) to the target voxels they lie in; how many fell out. */
static size_t splat(const Affine *to_target_index, const int parts[3], const double voxel[3],
                    double part_weight, Volume *weights) {
    const size_t *size = weights->grid.size;
    size_t lost = 0;
    for (int c = 0; c < parts[2]; c++) {
        for (int b = 0; b < parts[1]; b++) {
            for (int a = 0; a < parts[0]; a++) {
                double at[3] = {voxel[0] - 0.5 + (a + 0.5) / parts[0],
                                voxel[1] - 0.5 + (b + 0.5) / parts[1],
                                voxel[2] - 0.5 + (c + 0.5) / parts[2]};
                affine_apply(to_target_index, at, at);
                double i = floor(at[0] + 0.5), j = floor(at[1] + 0.5), k = floor(at[2] + 0.5);
                if (i < 0 || j < 0 || k < 0 || i >= (double)size[0] || j >= (double)size[1] ||
                    k >= (double)size[2]) {
                    lost++;
                    continue;
                }
                size_t n = ((size_t)k * size[1] + (size_t)j) * size[0] + (size_t)i;
                weights->voxels[n] += (float)part_weight;
            }
        }
    }
    return lost;
}

Status label_map_coverage(const LabelMap *source, uint16_t label, const Grid *target_grid,
                          const Affine *source_to_target, double part_fraction, Volume *weights,
                          double *outside_ml, Error *error) {
    Affine to_target_index;
    *weights = (Volume){.grid = *target_grid};
    *outside_ml = 0;
    int parts[3];
    if (index_map(&source->grid, source_to_target, target_grid, &to_target_index, error) !=
            STATUS_OK ||
        choose_parts(&to_target_index, part_fraction, parts, error) != STATUS_OK ||
        volume_create(target_grid, weights, error) != STATUS_OK) {
        return error->status;
    }
    double part_ml = grid_voxel_volume_ml(&source->grid) / ((double)parts[0] * parts[1] * parts[2]);
    double part_weight = part_ml / grid_voxel_volume_ml(target_grid);

    size_t lost = 0, n = 0;
    for (size_t k = 0; k < source->grid.size[2]; k++) {
        for (size_t j = 0; j < source->grid.size[1]; j++) {
            for (size_t i = 0; i < source->grid.size[0]; i++, n++) {
                if (source->labels[n] == label) {
                    double voxel[3] = {(double)i, (double)j, (double)k};
                    lost += splat(&to_target_index, parts, voxel, part_weight, weights);
                }
            }
        }
    }
    *outside_ml = (double)lost * part_ml;
    return STATUS_OK;
}

size_t label_map_count(const LabelMap *map, uint16_t label) {
    size_t total = grid_voxel_count(&map->grid), count = 0;
    for (size_t n = 0; n < total; n++) {
        count += map->labels[n] == label;
    }
    return count;
}
