/* One list of columns with their meaning and where the number stands in a Lesion. */
#include "segment/lesion_table.h"

#include <stdio.h>
#include <string.h>

typedef struct LesionColumn {
    const char *name, *units, *long_name;
    size_t offset; /* of the double in Lesion */
} LesionColumn;

static const LesionColumn lesion_columns[] = {
    {"volume_ml", "mL", "lesion volume, voxel count times voxel volume",
     offsetof(Lesion, volume_ml)},
    {"diameter_3d_mm", "mm", "longest diameter in space",
     offsetof(Lesion, diameters.longest_3d_mm)},
    {"diameter_axial_mm", "mm", "longest diameter within one slice of the mask",
     offsetof(Lesion, diameters.longest_axial_mm)},
    {"davg_gy", "Gy", "average absorbed dose", offsetof(Lesion, davg_gy)},
    {"d95_gy", "Gy", "dose that 95 % of the volume receives at least", offsetof(Lesion, d95_gy)},
    {"d90_gy", "Gy", "dose that 90 % of the volume receives at least", offsetof(Lesion, d90_gy)},
    {"d70_gy", "Gy", "dose that 70 % of the volume receives at least", offsetof(Lesion, d70_gy)},
    {"d50_gy", "Gy", "dose that 50 % of the volume receives at least", offsetof(Lesion, d50_gy)},
    {"v30_percent", "percent", "volume that receives at least 30 Gy",
     offsetof(Lesion, v30_percent)},
    {"v100_percent", "percent", "volume that receives at least 100 Gy",
     offsetof(Lesion, v100_percent)},
    {"davg_kernel_gy", "Gy", "average absorbed dose of the kernel map",
     offsetof(Lesion, davg_by_method_gy[DOSE_KERNEL])},
    {"davg_local_deposition_gy", "Gy", "average absorbed dose of the local deposition map",
     offsetof(Lesion, davg_by_method_gy[DOSE_LOCAL_DEPOSITION])},
    {"coverage", "1", "fraction of the volume inside the dose grid", offsetof(Lesion, coverage)},
};
enum { LESION_COLUMNS = sizeof lesion_columns / sizeof lesion_columns[0] };

/* After voxels and flags; distances to organs at the end. Uncertainties are standard uncertainties
 * (k = 1). */
static const LesionColumn uncertainty_columns[] = {
    {"davg_monte_carlo_gy", "Gy", "average absorbed dose of the Monte Carlo map",
     offsetof(Lesion, davg_by_method_gy[DOSE_MONTE_CARLO])},
    {"davg_kernel_deconvolved_gy", "Gy",
     "average absorbed dose of the kernel map of the deconvolved activity",
     offsetof(Lesion, davg_by_method_gy[DOSE_KERNEL_DECONVOLVED])},
    {"bed_gy", "Gy", "average biologically effective dose, tumour", offsetof(Lesion, bed_gy)},
    {"monte_carlo_standard_error_gy", "Gy",
     "statistical standard error of davg_monte_carlo_gy, upper bound",
     offsetof(Lesion, monte_carlo_standard_error_gy)},
    {"recovery_coefficient", "1", "recovery of a sphere of the lesion's volume",
     offsetof(Lesion, uncertainty.recovery_coefficient)},
    {"davg_surroundings_gy", "Gy", "average absorbed dose of a shell around the lesion",
     offsetof(Lesion, davg_surroundings_gy)},
    {"davg_recovered_gy", "Gy",
     "average absorbed dose with its excess over the surroundings divided by the recovery "
     "coefficient",
     offsetof(Lesion, uncertainty.davg_recovered_gy)},
    {"u_calibration_gy", "Gy", "uncertainty of davg_gy by calibration",
     offsetof(Lesion, uncertainty.calibration_gy)},
    {"u_volume_gy", "Gy", "uncertainty of davg_gy by the outline",
     offsetof(Lesion, uncertainty.volume_gy)},
    {"u_noise_gy", "Gy", "uncertainty of davg_gy by the noise of the image",
     offsetof(Lesion, uncertainty.noise_gy)},
    {"u_counting_gy", "Gy", "uncertainty of davg_gy by the coincidences counted in the lesion",
     offsetof(Lesion, uncertainty.counting_gy)},
    {"u_recovery_gy", "Gy", "uncertainty of davg_recovered_gy by the recovery coefficient",
     offsetof(Lesion, uncertainty.recovery_gy)},
    {"davg_uncertainty_gy", "Gy", "combined uncertainty of davg_gy, known components",
     offsetof(Lesion, uncertainty.davg_gy)},
    {"davg_recovered_uncertainty_gy", "Gy",
     "combined uncertainty of davg_recovered_gy, known components",
     offsetof(Lesion, uncertainty.davg_recovered_uncertainty_gy)},
    {"davg_eroded_gy", "Gy", "average absorbed dose, outline one dose voxel further in",
     offsetof(Lesion, davg_eroded_gy)},
    {"davg_dilated_gy", "Gy", "average absorbed dose, outline one dose voxel further out",
     offsetof(Lesion, davg_dilated_gy)},
    {"bile_duct_distance_mm", "mm", "surface distance to the nearest segmented bile duct",
     offsetof(Lesion, bile_duct_distance_mm)},
    {"bowel_distance_mm", "mm", "surface distance to the nearest segmented stomach or bowel",
     offsetof(Lesion, bowel_distance_mm)},
};
enum { UNCERTAINTY_COLUMNS = sizeof uncertainty_columns / sizeof uncertainty_columns[0] };

static double number_at(const Lesion *lesion, size_t offset) {
    double value;
    memcpy(&value, (const char *)lesion + offset, sizeof value);
    return value;
}

static Status add_number_columns(Table *table, const LesionColumn *columns, size_t count,
                                 Error *error) {
    Status status = STATUS_OK;
    for (size_t c = 0; c < count && status == STATUS_OK; c++) {
        status = table_add_column(table, columns[c].name, COLUMN_NUMBER, columns[c].units,
                                  columns[c].long_name, error);
    }
    return status;
}

static Status add_lesion_columns(Table *table, Error *error) {
    Status status;
    if ((status = table_add_column(table, "lesion", COLUMN_TEXT, NULL, "label", error)) ||
        (status = add_number_columns(table, lesion_columns, LESION_COLUMNS, error)) ||
        (status =
             table_add_column(table, "voxels", COLUMN_NUMBER, "1", "voxels of the mask", error)) ||
        (status =
             table_add_column(table, "flags", COLUMN_TEXT, NULL, "flags of the lesion", error)) ||
        (status = add_number_columns(table, uncertainty_columns, UNCERTAINTY_COLUMNS, error))) {
        return status;
    }
    return table_add_column(table, "uncertainty_unknown", COLUMN_TEXT, NULL,
                            "components that the combined uncertainties lack", error);
}

static Status set_numbers(Table *table, size_t row, const LesionColumn *columns, size_t count,
                          const Lesion *lesion, Error *error) {
    Status status = STATUS_OK;
    for (size_t c = 0; c < count && status == STATUS_OK; c++) {
        status = table_set_number(table, row, columns[c].name, number_at(lesion, columns[c].offset),
                                  error);
    }
    return status;
}

static Status add_lesion_row(Table *table, const Lesion *lesion, Error *error) {
    size_t row;
    Status status = table_add_row(table, &row, error);
    if (status != STATUS_OK ||
        (status = table_set_text(table, row, "lesion", lesion->label, error)) ||
        (status = table_set_text(table, row, "flags", lesion->flags.text, error)) ||
        (status = table_set_number(table, row, "voxels", (double)lesion->voxels, error)) ||
        (status = set_numbers(table, row, lesion_columns, LESION_COLUMNS, lesion, error)) ||
        (status =
             set_numbers(table, row, uncertainty_columns, UNCERTAINTY_COLUMNS, lesion, error))) {
        return status;
    }
    return table_set_text(table, row, "uncertainty_unknown", lesion->uncertainty.unknown.text,
                          error);
}

static Status write_lesions(Store *output, const Lesion *lesions, size_t count, Error *error) {
    Table *table = table_new();
    if (table == NULL) {
        return error_no_memory(error, "the lesion table");
    }
    Status status = add_lesion_columns(table, error);
    for (size_t n = 0; n < count && status == STATUS_OK; n++) {
        status = add_lesion_row(table, &lesions[n], error);
    }
    if (status == STATUS_OK) {
        status = store_write_table(output, "/lesions", table, error);
    }
    table_free(table);
    return status;
}

static Status add_profile_rows(Table *table, const Lesion *lesion, Error *error) {
    Status status = STATUS_OK;
    for (size_t n = 0; n < lesion->vessels.count && status == STATUS_OK; n++) {
        const VesselStep *step = &lesion->vessels.steps[n];
        size_t row;
        if ((status = table_add_row(table, &row, error)) ||
            (status = table_set_text(table, row, "lesion", lesion->label, error)) ||
            (status =
                 table_set_number(table, row, "vessel_distance_mm", step->distance_mm, error))) {
            return status;
        }
        status = table_set_number(table, row, "vessel_diameter_mm", step->diameter_mm, error);
    }
    return status;
}

static Status write_profiles(Store *output, const Lesion *lesions, size_t count, Error *error) {
    Table *table = table_new();
    if (table == NULL) {
        return error_no_memory(error, "the vessel profile");
    }
    Status status;
    if ((status = table_add_column(table, "lesion", COLUMN_TEXT, NULL, "label", error)) ||
        (status = table_add_column(table, "vessel_distance_mm", COLUMN_NUMBER, "mm",
                                   "distance from the lesion's surface to the vessel's", error)) ||
        (status = table_add_column(table, "vessel_diameter_mm", COLUMN_NUMBER, "mm",
                                   "local diameter of the vessel there", error))) {
        goto done;
    }
    for (size_t n = 0; n < count && status == STATUS_OK; n++) {
        status = add_profile_rows(table, &lesions[n], error);
    }
    if (status == STATUS_OK) {
        status = store_write_table(output, "/vessel_profile", table, error);
    }
done:
    table_free(table);
    return status;
}

static Status write_dvh(Store *output, const Lesion *lesion, double bin_gy, Error *error) {
    char group[STRUCTURE_TEXT_SIZE + 8];
    snprintf(group, sizeof group, "/dvh/%s", lesion->label);
    for (char *c = group + strlen("/dvh/"); *c != '\0'; c++) {
        *c = *c == '/' ? '_' : *c;
    }
    Table *table = table_new();
    if (table == NULL) {
        return error_no_memory(error, "a dose-volume histogram");
    }
    Status status;
    if ((status = table_add_column(table, "dose_gy", COLUMN_NUMBER, "Gy", "lower edge of the bin",
                                   error)) ||
        (status = table_add_column(table, "volume_percent", COLUMN_NUMBER, "percent",
                                   "volume that receives at least that dose", error))) {
        goto done;
    }
    for (size_t bin = 0; bin < lesion->dvh_bins && status == STATUS_OK; bin++) {
        size_t row;
        if ((status = table_add_row(table, &row, error)) ||
            (status = table_set_number(table, row, "dose_gy", (double)bin * bin_gy, error))) {
            goto done;
        }
        status = table_set_number(table, row, "volume_percent", lesion->dvh_percent[bin], error);
    }
    if (status == STATUS_OK) {
        status = store_write_table(output, group, table, error);
    }
done:
    table_free(table);
    return status;
}

Status lesion_tables_write(Store *output, const Lesion *lesions, size_t count, double dvh_bin_gy,
                           Error *error) {
    Status status;
    if ((status = write_lesions(output, lesions, count, error)) ||
        (status = write_profiles(output, lesions, count, error))) {
        return status;
    }
    for (size_t n = 0; n < count && status == STATUS_OK; n++) {
        status = write_dvh(output, &lesions[n], dvh_bin_gy, error);
    }
    return status;
}
