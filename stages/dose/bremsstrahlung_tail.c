/* Coarse voxels are whole blocks of voxels, so that the sum of a block is exact and the middles of
 * blocks are known. */
#include "dose/bremsstrahlung_tail.h"

#include <math.h>
#include <stdlib.h>

#include "dose/convolve.h"
#include "dose/voxel_kernel.h"

/* Largest edge of a coarse voxel: less than the default kernel's radius, where the tail begins. */
static const double COARSE_MM = 10.0;

static const double GRID_TOLERANCE_MM = 0.01;

/* Voxels per block along each axis: blocks of at most COARSE_MM, not wider than the radius the tail
 * begins at, but wide enough for the voxel kernel to reach the last shell. */
static void choose_block(const Grid *grid, double begin_mm, double end_mm, size_t block[3]) {
    double spacing_mm[3];
    grid_spacing_mm(grid, spacing_mm);
    for (int axis = 0; axis < 3; axis++) {
        double fine = floor(fmin(COARSE_MM, begin_mm) / spacing_mm[axis] + 1e-6);
        double reached = ceil(end_mm / ((VOXEL_KERNEL_MAX_REACH - 1) * spacing_mm[axis]));
        block[axis] = (size_t)fmax(fmax(fine, reached), 1.0);
    }
}

/* Sizes and edges; where the grid lies does not matter, for it never leaves this file. */
static Grid make_coarse_grid(const Grid *grid, const size_t block[3]) {
    Grid coarse = {.affine = grid->affine};
    for (int axis = 0; axis < 3; axis++) {
        coarse.size[axis] = (grid->size[axis] + block[axis] - 1) / block[axis];
        for (int row = 0; row < 3; row++) {
            coarse.affine.m[row][axis] *= (double)block[axis];
        }
    }
    return coarse;
}

/* Sum over the voxels of a block, those outside the volume counting as zero. */
static double sum_block(const Volume *volume, const size_t index[3], const size_t block[3]) {
    const size_t *size = volume->grid.size;
    size_t first[3], end[3];
    for (int axis = 0; axis < 3; axis++) {
        first[axis] = index[axis] * block[axis];
        end[axis] = first[axis] + block[axis] < size[axis] ? first[axis] + block[axis] : size[axis];
    }
    double sum = 0.0;
    for (size_t k = first[2]; k < end[2]; k++) {
        for (size_t j = first[1]; j < end[1]; j++) {
            for (size_t i = first[0]; i < end[0]; i++) {
                sum += volume->voxels[(k * size[1] + j) * size[0] + i];
            }
        }
    }
    return sum;
}

/* Bq/mL averaged over blocks: a block that sticks out holds no more than its voxels do. */
static void average_blocks(const Volume *volume, const size_t block[3], Volume *coarse) {
    const size_t *size = coarse->grid.size;
    const double count = (double)(block[0] * block[1] * block[2]);
#pragma omp parallel for schedule(static)
    for (size_t k = 0; k < size[2]; k++) {
        float *out = coarse->voxels + k * size[1] * size[0];
        for (size_t j = 0; j < size[1]; j++) {
            for (size_t i = 0; i < size[0]; i++) {
                const size_t index[3] = {i, j, k};
                *out++ = (float)(sum_block(volume, index, block) / count);
            }
        }
    }
}

/* Adds the coarse dose; `slice_sums` receives what was added to each slice. */
static void add_interpolated(const Volume *coarse, const size_t block[3], Volume *dose,
                             double *slice_sums) {
    const size_t *size = dose->grid.size;
#pragma omp parallel for schedule(static)
    for (size_t k = 0; k < size[2]; k++) {
        float *gy = dose->voxels + k * size[1] * size[0];
        slice_sums[k] = 0.0;
        for (size_t j = 0; j < size[1]; j++) {
            for (size_t i = 0; i < size[0]; i++, gy++) {
                const double index[3] = {((double)i + 0.5) / (double)block[0] - 0.5,
                                         ((double)j + 0.5) / (double)block[1] - 0.5,
                                         ((double)k + 0.5) / (double)block[2] - 0.5};
                float added = volume_sample(coarse, index, 0.0f);
                slice_sums[k] += added;
                *gy += added;
            }
        }
    }
}

static double sum_doubles(const double *values, size_t count) {
    double sum = 0.0;
    for (size_t n = 0; n < count; n++) {
        sum += values[n];
    }
    return sum;
}

/* Energy of all decays in the unit of a map's sum: the dose they would leave in their own voxels.
 */
static double sum_local_dose(const Volume *coarse_activity, const size_t block[3],
                             double gy_per_bq_ml) {
    double sum = 0.0;
    for (size_t n = 0; n < grid_voxel_count(&coarse_activity->grid); n++) {
        sum += coarse_activity->voxels[n];
    }
    return sum * (double)(block[0] * block[1] * block[2]) * gy_per_bq_ml;
}

static Status spread(const Volume *activity, const PointKernel *point, double distance_scale,
                     double radius_mm, double gy_per_bq_ml, Volume *dose, double *beyond_fraction,
                     Error *error) {
    const double last_mm = point->radius_mm[point->n_shells];
    double spacing_mm[3];
    size_t block[3];
    VoxelKernel kernel = {0};
    Volume source = {0}, far = {0};
    double *slice_sums = malloc(dose->grid.size[2] * sizeof *slice_sums);
    Status status = STATUS_OK;
    if (slice_sums == NULL) {
        status = error_no_memory(error, "bremsstrahlung tail");
        goto done;
    }
    choose_block(&activity->grid, radius_mm * distance_scale, last_mm * distance_scale, block);
    Grid grid = make_coarse_grid(&activity->grid, block);
    grid_spacing_mm(&grid, spacing_mm);
    status = voxel_kernel_from_shells(point, spacing_mm, distance_scale, radius_mm, last_mm,
                                      &kernel, error);
    if (status != STATUS_OK) {
        goto done;
    }
    status = volume_create(&grid, &source, error);
    if (status != STATUS_OK) {
        goto done;
    }
    average_blocks(activity, block, &source);
    status = convolve_volume(&source, &kernel, gy_per_bq_ml, &far, error);
    if (status != STATUS_OK) {
        goto done;
    }
    add_interpolated(&far, block, dose, slice_sums);
    double energy = sum_local_dose(&source, block, gy_per_bq_ml);
    *beyond_fraction = energy != 0.0 ? 1.0 - point_kernel_fraction_within(point, radius_mm) -
                                           sum_doubles(slice_sums, dose->grid.size[2]) / energy
                                     : NAN;
done:
    free(slice_sums);
    volume_free(&far);
    volume_free(&source);
    voxel_kernel_free(&kernel);
    return status;
}

Status bremsstrahlung_tail_add(const Volume *activity, const PointKernel *point,
                               double distance_scale, double radius_mm, double gy_per_bq_ml,
                               Volume *dose, double *beyond_fraction, Error *error) {
    *beyond_fraction = NAN;
    if (!grid_is_same(&activity->grid, &dose->grid, GRID_TOLERANCE_MM)) {
        return error_set(error, STATUS_BAD_DATA,
                         "the dose map is not on the grid of the activity: resample it");
    }
    double last_mm = point->n_shells > 0 ? point->radius_mm[point->n_shells] : 0.0;
    double within = point_kernel_fraction_within(point, radius_mm);
    if (!(point_kernel_fraction_within(point, last_mm) > within)) {
        *beyond_fraction = 1.0 - within;
        return STATUS_OK;
    }
    return spread(activity, point, distance_scale, radius_mm, gy_per_bq_ml, dose, beyond_fraction,
                  error);
}
