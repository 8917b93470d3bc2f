/* Every number is optional: files written without a known scanner are as good as before. */
#include "segment/pet_scan.h"

#include <math.h>
#include <string.h>

enum { NAME_SIZE = 128 };

/* A number attribute, NaN if there is none. */
static Status read_number(const Store *dose, const char *object, const char *name, double *value,
                          Error *error) {
    *value = NAN;
    return store_has_attribute(dose, object, name)
               ? store_get_number(dose, object, name, value, error)
               : STATUS_OK;
}

static Status read_scanner(const Store *dose, PetScan *scan, double *sensitivity, Error *error) {
    RecoveryCurve *recovery = &scan->recovery;
    const struct {
        const char *name;
        double *value;
    } numbers[] = {{"calibration_uncertainty", &scan->calibration_uncertainty},
                   {"fwhm_transaxial_mm", &scan->fwhm_transaxial_mm},
                   {"fwhm_axial_mm", &scan->fwhm_axial_mm},
                   {"sensitivity_cps_per_mbq", sensitivity},
                   {"recovery_d0_mm", &recovery->d0_mm},
                   {"recovery_exponent", &recovery->exponent},
                   {"recovery_d0_standard_error_mm", &recovery->d0_standard_error_mm},
                   {"recovery_exponent_standard_error", &recovery->exponent_standard_error},
                   {"recovery_correlation", &recovery->correlation},
                   {"recovery_min_diameter_mm", &recovery->min_diameter_mm},
                   {"recovery_max_diameter_mm", &recovery->max_diameter_mm}};
    Status status = STATUS_OK;
    for (size_t n = 0; n < sizeof numbers / sizeof *numbers && status == STATUS_OK; n++) {
        status = read_number(dose, "/scanner", numbers[n].name, numbers[n].value, error);
    }
    return status;
}

/* Delay and duration of the frame on whose grid the maps are. */
static void read_frame(const Table *table, const char *pet, double *delay_h, double *duration_s) {
    bool is_timed =
        table_has_column(table, "imaging_delay_h") && table_has_column(table, "frame_duration_s");
    for (size_t row = table_row_count(table); is_timed && row-- > 0;) {
        if (strcmp(table_text(table, row, "image"), pet) == 0) {
            *delay_h = table_number(table, row, "imaging_delay_h");
            *duration_s = table_number(table, row, "frame_duration_s");
        }
    }
}

static bool is_of_one_scanner(const Table *table) {
    size_t rows = table_has_column(table, "scanner") ? table_row_count(table) : 0;
    for (size_t row = 1; row < rows; row++) {
        if (strcmp(table_text(table, row, "scanner"), table_text(table, 0, "scanner")) != 0) {
            return false;
        }
    }
    return true;
}

/* The largest: the treatments' errors may all point the same way. NaN if one is unknown. */
static double largest_calibration_uncertainty(const Table *table) {
    double largest = 0;
    for (size_t row = 0; row < table_row_count(table); row++) {
        double value = table_number(table, row, "calibration_uncertainty");
        largest = isnan(value) || value > largest ? value : largest;
        if (isnan(value)) {
            break;
        }
    }
    return largest;
}

/* A sum of doses has what all its PETs have in common. */
static void judge_treatments(const Table *table, PetScan *scan, double *sensitivity) {
    bool is_alike = is_of_one_scanner(table);
    if (!is_alike) {
        scan->recovery = (RecoveryCurve){NAN, NAN, NAN, NAN, NAN, NAN, NAN};
        scan->fwhm_transaxial_mm = scan->fwhm_axial_mm = *sensitivity = NAN;
    }
    if (scan->treatments > 0 && table_has_column(table, "calibration_uncertainty")) {
        scan->calibration_uncertainty = largest_calibration_uncertainty(table);
    } else if (!is_alike) {
        scan->calibration_uncertainty = NAN;
    }
}

static Status read_treatments(const Store *dose, PetScan *scan, double *sensitivity,
                              double *delay_h, double *duration_s, Error *error) {
    Table *table = NULL;
    char pet[NAME_SIZE];
    scan->treatments = 1;
    *delay_h = *duration_s = NAN;
    if (!store_has(dose, "/treatments")) {
        return STATUS_OK;
    }
    Status status = store_read_table(dose, "/treatments", &table, error);
    if (status == STATUS_OK) {
        status = store_get_text(dose, "/", "pet", pet, sizeof pet, error);
    }
    if (status == STATUS_OK) {
        scan->treatments = table_row_count(table);
        read_frame(table, pet, delay_h, duration_s);
        judge_treatments(table, scan, sensitivity);
    }
    table_free(table);
    return status;
}

Status pet_scan_read(const Store *dose, const Nuclide *nuclide, PetScan *scan, Error *error) {
    double sensitivity, delay_h, duration_s, dose_factor, density;
    Status status;
    if ((status = read_scanner(dose, scan, &sensitivity, error)) ||
        (status = read_treatments(dose, scan, &sensitivity, &delay_h, &duration_s, error)) ||
        (status = read_number(dose, "/", "dose_factor_gy_per_bq_g", &dose_factor, error)) ||
        (status = read_number(dose, "/", "density_g_ml", &density, error))) {
        return status;
    }
    double decay_per_s = nuclide_decay_constant_per_s(nuclide);
    scan->coincidences_per_bq = sensitivity * 1e-6 * exp(-decay_per_s * delay_h * 3600) *
                                -expm1(-decay_per_s * duration_s) / decay_per_s;
    scan->gy_per_bq_ml = dose_factor / density;
    return STATUS_OK;
}

double pet_scan_mean_fwhm_mm(const PetScan *scan) {
    return cbrt(scan->fwhm_transaxial_mm * scan->fwhm_transaxial_mm * scan->fwhm_axial_mm);
}
