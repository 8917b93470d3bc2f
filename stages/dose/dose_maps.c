/* Dose is computed on each PET's own grid, because activity is never interpolated before; only the
 * dose of further treatments is resampled, which is smooth on the scale of a voxel. */
#include "dose/dose_maps.h"

#include <math.h>
#include <stdlib.h>

#include "dose/biologically_effective_dose.h"

void dose_maps_free(DoseMaps *maps) {
    if (maps != NULL) {
        for (size_t n = 0; maps->treatments != NULL && n < maps->count; n++) {
            dose_result_free(&maps->treatments[n]);
        }
        free(maps->treatments);
        *maps = (DoseMaps){0};
    }
}

/* Replaces `volume` by itself on `grid`; an empty one stays empty. */
static Status bring_to_grid(Volume *volume, const Grid *grid, const Affine *grid_to_source,
                            Error *error) {
    Volume resampled = {0};
    if (volume->voxels == NULL) {
        return STATUS_OK;
    }
    Status status = volume_resample(volume, grid, grid_to_source, NAN, &resampled, error);
    if (status == STATUS_OK) {
        volume_free(volume);
        *volume = resampled; /* moves */
    }
    return status;
}

/* A region's sum of additive variances over its squared voxel count must not see the voxel size. */
static void scale_additive_variance(Volume *variance, double factor) {
    for (size_t n = 0; variance->voxels != NULL && n < grid_voxel_count(&variance->grid); n++) {
        variance->voxels[n] = (float)(variance->voxels[n] * factor);
    }
}

static Status bring_result_to_grid(DoseResult *result, const Grid *grid,
                                   const Affine *grid_to_source, Error *error) {
    scale_additive_variance(&result->additive_variance,
                            grid_voxel_volume_ml(&result->dose.grid) / grid_voxel_volume_ml(grid));
    Status status = bring_to_grid(&result->dose, grid, grid_to_source, error);
    if (status == STATUS_OK) {
        status = bring_to_grid(&result->standard_error, grid, grid_to_source, error);
    }
    if (status == STATUS_OK) {
        status = bring_to_grid(&result->additive_variance, grid, grid_to_source, error);
    }
    return status;
}

Status dose_maps_compute(DoseEngine *engine, DoseMethod method, const TreatmentSource *sources,
                         size_t count, size_t reference, DoseMaps *maps, Error *error) {
    const Grid *grid = &sources[reference].source.activity->grid;
    *maps = (DoseMaps){.method = method, .count = count};
    maps->treatments = calloc(count, sizeof *maps->treatments);
    if (maps->treatments == NULL) {
        return error_no_memory(error, "dose maps");
    }
    Status status = STATUS_OK;
    for (size_t turn = 0; turn < count && status == STATUS_OK; turn++) {
        size_t n = (reference + turn) % count; /* the reference first: its kernel is kept */
        DoseResult *result = &maps->treatments[n];
        status = dose_engine_compute(engine, method, &sources[n].source, result, error);
        if (status == STATUS_OK && n != reference) {
            status = bring_result_to_grid(result, grid, &sources[n].grid_to_source, error);
        }
    }
    return status;
}

static void add_volume(Volume *sum, const Volume *term) {
    size_t slice = sum->grid.size[0] * sum->grid.size[1];
#pragma omp parallel for schedule(static)
    for (size_t k = 0; k < sum->grid.size[2]; k++) {
        for (size_t n = k * slice; n < (k + 1) * slice; n++) {
            sum->voxels[n] += term->voxels[n];
        }
    }
}

static void add_in_squares(Volume *sum, const Volume *term) {
    size_t slice = sum->grid.size[0] * sum->grid.size[1];
#pragma omp parallel for schedule(static)
    for (size_t k = 0; k < sum->grid.size[2]; k++) {
        for (size_t n = k * slice; n < (k + 1) * slice; n++) {
            sum->voxels[n] = hypotf(sum->voxels[n], term->voxels[n]);
        }
    }
}

Status dose_maps_derive(const DoseMaps *maps, DerivedMap map, const Config *config, Volume *derived,
                        Error *error) {
    *derived = (Volume){0};
    Status status = STATUS_OK;
    for (size_t n = 0; n < maps->count && status == STATUS_OK; n++) {
        Volume term = {0};
        status = derived_map_compute(&maps->treatments[n].dose, (int)map, &config->dose,
                                     config->nuclide.half_life_h, &term, error);
        if (status == STATUS_OK && n == 0) {
            *derived = term; /* moves */
        } else {
            if (status == STATUS_OK) {
                add_volume(derived, &term);
            }
            volume_free(&term);
        }
    }
    return status;
}

void dose_maps_sum(DoseMaps *maps) {
    DoseResult *sum = &maps->treatments[0];
    for (size_t n = 1; n < maps->count; n++) {
        DoseResult *term = &maps->treatments[n];
        add_volume(&sum->dose, &term->dose);
        if (sum->standard_error.voxels != NULL) {
            add_in_squares(&sum->standard_error, &term->standard_error);
            add_volume(&sum->additive_variance, &term->additive_variance);
        }
        sum->escaped_fraction = fmax(sum->escaped_fraction, term->escaped_fraction);
        dose_result_free(term);
    }
    maps->count = 1;
}
