/* Which function computes which method, with what of the configuration. */
#include "dose/dose_engine.h"

#include <math.h>

#include "dose/bremsstrahlung_tail.h"
#include "dose/convolve.h"
#include "dose/deconvolution.h"
#include "dose/local_deposition.h"
#include "dose/monte_carlo.h"

static const unsigned KERNEL_METHODS = 1u << DOSE_KERNEL | 1u << DOSE_KERNEL_DECONVOLVED;

bool dose_engine_is_asked(const Config *config, DoseMethod method) {
    return (config->dose.methods & (1u << method)) != 0;
}

void dose_engine_free(DoseEngine *engine) {
    if (engine != NULL) {
        point_kernel_free(&engine->point);
        voxel_kernel_free(&engine->kernel);
    }
}

void dose_result_free(DoseResult *result) {
    volume_free(&result->dose);
    volume_free(&result->standard_error);
    volume_free(&result->additive_variance);
}

Status dose_engine_begin(const Config *config, DoseEngine *engine, Error *error) {
    const Nuclide *nuclide = &config->nuclide;
    *engine = (DoseEngine){.config = config};
    if (!(config->dose.density_g_ml > 0.0)) {
        return error_set(error, STATUS_CONFIG, "dose.density_g_ml is %g, wanted more than 0",
                         config->dose.density_g_ml);
    }
    if ((config->dose.methods & KERNEL_METHODS) == 0) {
        return STATUS_OK;
    }
    if (nuclide->kernel_path[0] == '\0') {
        return error_set(error, STATUS_CONFIG,
                         "dose.methods asks for a kernel, but the nuclide %s has no point kernel: "
                         "set dose.methods to [local_deposition], or add `kernel` to the nuclide's "
                         "file",
                         nuclide->name);
    }
    if (!(nuclide->kernel_density_g_ml > 0.0)) {
        return error_set(error, STATUS_CONFIG,
                         "kernel.density_g_ml of the nuclide %s is %g, wanted more than 0",
                         nuclide->name, nuclide->kernel_density_g_ml);
    }
    return point_kernel_load(nuclide->kernel_path, &engine->point, error);
}

static Status convolve(DoseEngine *engine, const Volume *activity, DoseResult *result,
                       Error *error) {
    const DoseConfig *settings = &engine->config->dose;
    const Nuclide *nuclide = &engine->config->nuclide;
    const double distance_scale = nuclide->kernel_density_g_ml / settings->density_g_ml;
    const double gy_per_bq_ml = nuclide_dose_factor_gy_per_bq_g(nuclide) / settings->density_g_ml;
    double spacing_mm[3];
    VoxelKernel kernel;
    grid_spacing_mm(&activity->grid, spacing_mm);
    Status status = voxel_kernel_from_point_kernel(&engine->point, spacing_mm, distance_scale,
                                                   settings->kernel_radius_mm, &kernel, error);
    if (status != STATUS_OK) {
        return status;
    }
    status = convolve_volume(activity, &kernel,
                             gy_per_bq_ml *
                                 voxel_kernel_map_scale(&kernel, settings->bremsstrahlung_tail),
                             &result->dose, error);
    if (status == STATUS_OK && settings->bremsstrahlung_tail == BREMSSTRAHLUNG_FAR) {
        status = bremsstrahlung_tail_add(activity, &engine->point, distance_scale,
                                         settings->kernel_radius_mm, gy_per_bq_ml, &result->dose,
                                         &result->escaped_fraction, error);
    }
    if (status == STATUS_OK && engine->kernel.weights == NULL) {
        engine->kernel = kernel; /* moves */
    } else {
        voxel_kernel_free(&kernel);
    }
    return status;
}

static Status convolve_deconvolved(DoseEngine *engine, const DoseSource *source, DoseResult *result,
                                   Error *error) {
    Volume sharpened = {0};
    if (source->psf == NULL) {
        return error_set(error, STATUS_BAD_DATA,
                         "the scanner's resolution is unknown, which kernel_deconvolved needs: "
                         "give psf in its file in configs/scanners");
    }
    Status status = deconvolution_apply(source->activity, source->psf,
                                        &engine->config->dose.deconvolution, &sharpened, error);
    if (status == STATUS_OK) {
        status = convolve(engine, &sharpened, result, error);
    }
    volume_free(&sharpened);
    return status;
}

static Status create_uniform(const Grid *grid, double density_g_ml, Volume *density, Error *error) {
    Status status = volume_create(grid, density, error);
    for (size_t n = 0; status == STATUS_OK && n < grid_voxel_count(grid); n++) {
        density->voxels[n] = (float)density_g_ml;
    }
    return status;
}

static Status follow_electrons(const DoseEngine *engine, const DoseSource *source,
                               DoseResult *result, Error *error) {
    const DoseConfig *settings = &engine->config->dose;
    const MonteCarloSettings monte_carlo = {.histories = settings->monte_carlo.histories,
                                            .seed = settings->monte_carlo.seed,
                                            .cutoff_kev = settings->monte_carlo.cutoff_kev,
                                            .bremsstrahlung_tail = settings->bremsstrahlung_tail};
    const Volume *density = source->density_g_ml;
    Volume uniform = {0};
    MonteCarloDose tally = {0};
    Status status = STATUS_OK;
    if (density == NULL) {
        status = create_uniform(&source->activity->grid, settings->density_g_ml, &uniform, error);
        density = &uniform;
    }
    if (status == STATUS_OK) {
        status = monte_carlo_dose(source->activity, density, &monte_carlo,
                                  nuclide_dose_factor_gy_per_bq_g(&engine->config->nuclide), &tally,
                                  error);
    }
    volume_free(&uniform);
    if (status == STATUS_OK) { /* the volumes move */
        *result = (DoseResult){tally.dose, tally.standard_error, tally.additive_variance,
                               tally.escaped_fraction};
    }
    return status;
}

Status dose_engine_compute(DoseEngine *engine, DoseMethod method, const DoseSource *source,
                           DoseResult *result, Error *error) {
    const Config *config = engine->config;
    *result = (DoseResult){.escaped_fraction = NAN};
    Status status = STATUS_OK;
    switch (method) {
    case DOSE_KERNEL:
        status = convolve(engine, source->activity, result, error);
        break;
    case DOSE_LOCAL_DEPOSITION:
        status = local_deposition_compute(
            source->activity, source->density_g_ml, config->dose.density_g_ml,
            nuclide_dose_factor_gy_per_bq_g(&config->nuclide), &result->dose, error);
        break;
    case DOSE_MONTE_CARLO:
        status = follow_electrons(engine, source, result, error);
        break;
    case DOSE_KERNEL_DECONVOLVED:
        status = convolve_deconvolved(engine, source, result, error);
        break;
    case DOSE_METHOD_COUNT:
        status = error_set(error, STATUS_INTERNAL, "no such dose method");
        break;
    }
    return status == STATUS_OK ? status : error_add_context(error, "%s", dose_method_name(method));
}
