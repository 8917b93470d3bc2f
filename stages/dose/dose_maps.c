/* Dose is computed on each PET's own grid, because activity is never interpolated before; only the
 * dose of further treatments is resampled, which is smooth on the scale of a voxel. */
#include "dose/dose_maps.h"

#include <math.h>

#include "dose/convolve.h"
#include "dose/local_deposition.h"

bool dose_maps_has(const DoseMaps *maps, DoseMethod method) {
    return (maps->config->dose.methods & (1u << method)) != 0;
}

void dose_maps_free(DoseMaps *maps) {
    if (maps != NULL) {
        point_kernel_free(&maps->point);
        voxel_kernel_free(&maps->kernel);
        for (int method = 0; method < DOSE_METHOD_COUNT; method++) {
            volume_free(&maps->maps[method]);
        }
    }
}

Status dose_maps_begin(const Config *config, DoseMaps *maps, Error *error) {
    const Nuclide *nuclide = &config->nuclide;
    *maps = (DoseMaps){.config = config};
    if (!(config->dose.density_g_ml > 0.0)) {
        return error_set(error, STATUS_CONFIG, "dose.density_g_ml is %g, wanted more than 0",
                         config->dose.density_g_ml);
    }
    if (!dose_maps_has(maps, DOSE_KERNEL)) {
        return STATUS_OK;
    }
    if (nuclide->kernel_path[0] == '\0') {
        return error_set(
            error, STATUS_CONFIG,
            "dose.methods asks for kernel, but the nuclide %s has no point kernel: set "
            "dose.methods to [local_deposition], or add `kernel` to the nuclide's "
            "file",
            nuclide->name);
    }
    if (!(nuclide->kernel_density_g_ml > 0.0)) {
        return error_set(error, STATUS_CONFIG,
                         "kernel.density_g_ml of the nuclide %s is %g, wanted more than 0",
                         nuclide->name, nuclide->kernel_density_g_ml);
    }
    return point_kernel_load(nuclide->kernel_path, &maps->point, error);
}

static Status convolve_activity(DoseMaps *maps, const Volume *activity, bool keeps_kernel,
                                Volume *dose, Error *error) {
    const DoseConfig *settings = &maps->config->dose;
    const Nuclide *nuclide = &maps->config->nuclide;
    double spacing_mm[3];
    VoxelKernel kernel;
    grid_spacing_mm(&activity->grid, spacing_mm);
    Status status = voxel_kernel_from_point_kernel(
        &maps->point, spacing_mm, nuclide->kernel_density_g_ml / settings->density_g_ml,
        settings->kernel_radius_mm, &kernel, error);
    if (status != STATUS_OK) {
        return status;
    }
    double gy_per_bq_ml = nuclide_dose_factor_gy_per_bq_g(nuclide) / settings->density_g_ml;
    status = convolve_volume(activity, &kernel, gy_per_bq_ml * kernel.tail_scale, dose, error);
    if (status == STATUS_OK && keeps_kernel) {
        maps->kernel = kernel; /* moves */
    } else {
        voxel_kernel_free(&kernel);
    }
    return status;
}

static Status compute_map(DoseMaps *maps, DoseMethod method, const Volume *activity, Volume *dose,
                          Error *error) {
    if (method == DOSE_KERNEL) {
        return convolve_activity(maps, activity, maps->maps[method].voxels == NULL, dose, error);
    }
    const Config *config = maps->config;
    return local_deposition_compute(activity, config->dose.density_g_ml,
                                    nuclide_dose_factor_gy_per_bq_g(&config->nuclide), dose, error);
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

static Status add_map(Volume *sum, Volume *dose, const Affine *maps_to_activity, Error *error) {
    if (maps_to_activity == NULL) {
        *sum = *dose; /* moves */
        *dose = (Volume){0};
        return STATUS_OK;
    }
    Volume resampled = {0};
    Status status = volume_resample(dose, &sum->grid, maps_to_activity, NAN, &resampled, error);
    if (status == STATUS_OK) {
        add_volume(sum, &resampled);
    }
    volume_free(&resampled);
    return status;
}

Status dose_maps_add(DoseMaps *maps, const Volume *activity, const Affine *maps_to_activity,
                     Error *error) {
    Status status = STATUS_OK;
    for (int method = 0; method < DOSE_METHOD_COUNT && status == STATUS_OK; method++) {
        if (!dose_maps_has(maps, (DoseMethod)method)) {
            continue;
        }
        Volume dose = {0};
        status = compute_map(maps, (DoseMethod)method, activity, &dose, error);
        if (status == STATUS_OK) {
            status = add_map(&maps->maps[method], &dose, maps_to_activity, error);
        }
        volume_free(&dose);
    }
    return status;
}
