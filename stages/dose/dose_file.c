/* The layout of dose.h5, but for the table of treatments. */
#include "dose/dose_file.h"

#include <math.h>
#include <stdio.h>

#include "core/nuclide.h"

enum { DATASET_SIZE = 64 };

static const char *const map_long_names[DOSE_METHOD_COUNT] = {
    [DOSE_KERNEL] = "absorbed dose by convolution with the voxel kernel",
    [DOSE_LOCAL_DEPOSITION] = "absorbed dose by local deposition",
    [DOSE_MONTE_CARLO] = "absorbed dose by Monte Carlo electron transport",
    [DOSE_KERNEL_DECONVOLVED] =
        "absorbed dose by convolution of the activity deconvolved with the scanner's resolution",
};

static const char *const derived_long_names[DERIVED_MAP_COUNT] = {
    [DERIVED_BED_TUMOUR] = "biologically effective dose, parameters of tumour",
    [DERIVED_BED_NORMAL_LIVER] = "biologically effective dose, parameters of normal liver",
    [DERIVED_EQD2_TUMOUR] = "equieffective dose in 2 Gy fractions, parameters of tumour",
    [DERIVED_EQD2_NORMAL_LIVER] =
        "equieffective dose in 2 Gy fractions, parameters of normal liver",
};

/* A number of an object, by name. */
typedef struct NumberAttribute {
    const char *name;
    double value;
} NumberAttribute;

static Status set_numbers(Store *output, const char *object, const NumberAttribute *numbers,
                          size_t count, Error *error) {
    Status status = STATUS_OK;
    for (size_t n = 0; n < count && status == STATUS_OK; n++) {
        status = store_set_number(output, object, numbers[n].name, numbers[n].value, error);
    }
    return status;
}

static Status write_statistics(Store *output, const DoseResult *result, Error *error) {
    Status status =
        store_write_volume(output, "/monte_carlo/standard_error", &result->standard_error, "Gy",
                           "statistical standard error of the dose of a voxel", error);
    if (status == STATUS_OK) {
        status = store_write_volume(
            output, "/monte_carlo/additive_variance", &result->additive_variance, "Gy2",
            "summed over n voxels and divided by n squared: bound of the mean's variance", error);
    }
    return status;
}

Status dose_file_write_map(Store *output, DoseMethod method, const DoseResult *result,
                           Error *error) {
    char dataset[DATASET_SIZE];
    snprintf(dataset, sizeof dataset, "/dose/%s", dose_method_name((int)method));
    Status status =
        store_write_volume(output, dataset, &result->dose, "Gy", map_long_names[method], error);
    if (status == STATUS_OK) {
        status =
            store_set_number(output, dataset, "escaped_fraction", result->escaped_fraction, error);
    }
    return status == STATUS_OK && result->standard_error.voxels != NULL
               ? write_statistics(output, result, error)
               : status;
}

Status dose_file_write_derived(Store *output, DerivedMap map, DoseMethod method,
                               const Volume *derived, Error *error) {
    char dataset[DATASET_SIZE];
    snprintf(dataset, sizeof dataset, "/bed/%s", derived_map_name((int)map));
    Status status =
        store_write_volume(output, dataset, derived, "Gy", derived_long_names[map], error);
    return status == STATUS_OK ? store_set_text(output, "/bed", "derived_from",
                                                dose_method_name((int)method), error)
                               : status;
}

static Status write_kernel(Store *output, const DoseEngine *engine, Error *error) {
    const VoxelKernel *kernel = &engine->kernel;
    Volume weights = {0};
    Status status = voxel_kernel_to_volume(kernel, &weights, error);
    if (status == STATUS_OK) {
        status = store_write_volume(output, "/kernel/weights", &weights, "1",
                                    "energy fraction per voxel offset, 1 - tail in all", error);
    }
    if (status == STATUS_OK) {
        status = store_set_number(
            output, "/kernel", "tail_scale",
            voxel_kernel_map_scale(kernel, engine->config->dose.bremsstrahlung_tail), error);
    }
    volume_free(&weights);
    return status;
}

Status dose_file_write_engine(Store *output, const DoseEngine *engine, Error *error) {
    static const char *const tails[] = {[BREMSSTRAHLUNG_NEAR] = "near",
                                        [BREMSSTRAHLUNG_OMITTED] = "omitted",
                                        [BREMSSTRAHLUNG_FAR] = "far"};
    const DoseConfig *settings = &engine->config->dose;
    bool has_kernel = engine->kernel.weights != NULL;
    const NumberAttribute numbers[] = {
        {"kernel_tail_fraction", has_kernel ? engine->kernel.tail_fraction : NAN},
        {"dose_factor_gy_per_bq_g", nuclide_dose_factor_gy_per_bq_g(&engine->config->nuclide)},
        {"density_g_ml", settings->density_g_ml},
    };
    Status status = has_kernel ? write_kernel(output, engine, error) : STATUS_OK;
    if (status == STATUS_OK) {
        status = set_numbers(output, "/", numbers, sizeof numbers / sizeof *numbers, error);
    }
    if (status == STATUS_OK) {
        status = store_set_text(output, "/", "density_source",
                                settings->density_source == DENSITY_CT ? "ct" : "uniform", error);
    }
    return status == STATUS_OK ? store_set_text(output, "/", "bremsstrahlung_tail",
                                                tails[settings->bremsstrahlung_tail], error)
                               : status;
}

Status dose_file_write_density(Store *output, const DensityMap *density, Error *error) {
    const NumberAttribute numbers[] = {
        {"uncovered_fraction", density->uncovered_fraction},
        {"raised_fraction", density->raised_fraction},
    };
    if (density->density_g_ml.voxels == NULL) {
        return STATUS_OK;
    }
    Status status = store_write_volume(output, "/density/map", &density->density_g_ml, "g mL-1",
                                       "density from CT", error);
    return status == STATUS_OK
               ? set_numbers(output, "/density", numbers, sizeof numbers / sizeof *numbers, error)
               : status;
}

static Status write_scanner(Store *output, const TreatmentActivity *measured, Error *error) {
    static const Scanner unknown = {.name = "unknown",
                                    .fwhm_transaxial_mm = NAN,
                                    .fwhm_axial_mm = NAN,
                                    .sensitivity_cps_per_mbq = NAN,
                                    .recovery = {NAN, NAN, NAN, NAN, NAN, NAN, NAN}};
    const Scanner *scanner = measured->known_scanner != NULL ? measured->known_scanner : &unknown;
    const RecoveryCurve *recovery = &scanner->recovery;
    const NumberAttribute numbers[] = {
        {"calibration_factor", measured->calibration.factor},
        {"calibration_uncertainty", measured->calibration.uncertainty},
        {"fwhm_transaxial_mm", scanner->fwhm_transaxial_mm},
        {"fwhm_axial_mm", scanner->fwhm_axial_mm},
        {"sensitivity_cps_per_mbq", scanner->sensitivity_cps_per_mbq},
        {"recovery_d0_mm", recovery->d0_mm},
        {"recovery_exponent", recovery->exponent},
        {"recovery_d0_standard_error_mm", recovery->d0_standard_error_mm},
        {"recovery_exponent_standard_error", recovery->exponent_standard_error},
        {"recovery_correlation", recovery->correlation},
        {"recovery_min_diameter_mm", recovery->min_diameter_mm},
        {"recovery_max_diameter_mm", recovery->max_diameter_mm},
    };
    Status status =
        set_numbers(output, "/scanner", numbers, sizeof numbers / sizeof *numbers, error);
    return status == STATUS_OK ? store_set_text(output, "/scanner", "name", scanner->name, error)
                               : status;
}

Status dose_file_write_reference(Store *output, const TreatmentActivity *reference, Error *error) {
    Status status = store_write_volume(output, "/activity/at_administration", &reference->activity,
                                       "Bq mL-1", "calibrated activity at administration", error);
    if (status == STATUS_OK) {
        status = write_scanner(output, reference, error);
    }
    return status == STATUS_OK ? store_set_text(output, "/", "scanner", reference->scanner, error)
                               : status;
}
