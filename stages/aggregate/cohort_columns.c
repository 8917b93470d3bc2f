/* The columns of the cohort's tables (cohort_columns.h). */
#include "aggregate/cohort_columns.h"

#include <string.h>

/* Of treating the lesions that `prefix` says by SBRT; `what` says it in words. */
#define SBRT_COLUMNS(prefix, what)                                                                 \
    {"sbrt_" prefix "_targets", "1", "lesions treated, " what, false},                             \
        {"sbrt_" prefix "_spared_ml", "mL", "liver without lesions that is spared, " what, false}, \
        {"sbrt_" prefix "_spared_cumulated_ml", "mL", "the same of 90Y and SBRT together, " what,  \
         false},                                                                                   \
        {"sbrt_" prefix "_liver_bed_gy", "Gy",                                                     \
         "mean biologically effective dose of the liver without lesions, " what, false},           \
    {                                                                                              \
        "sbrt_" prefix "_cumulated_bed_gy", "Gy", "the same of 90Y and SBRT together, " what,      \
            false                                                                                  \
    }

#define RESPONSE_COLUMNS(criterion, title)                                                         \
    {"response_" criterion "_best", NULL, "best response, " title ": CR, PR, SD, PD or NE",        \
     false},                                                                                       \
        {"response_" criterion "_days_to_response", "day", "treatment to response, " title,        \
         false},                                                                                   \
        {"response_" criterion "_days_to_progression", "day", "treatment to progression, " title,  \
         false},                                                                                   \
        {"response_" criterion "_days_followed", "day",                                            \
         "treatment to the last evaluable date, " title, false},                                   \
    {                                                                                              \
        "response_" criterion "_progression", NULL,                                                \
            "progression, " title ": observed, censored or unknown", false                         \
    }

const CohortColumn COHORT_PATIENT_COLUMNS[COHORT_N_PATIENT_COLUMNS] = {
    {"center", NULL, "center", false},
    {"patient", NULL, "study number of the patient within the center", false},
    {"stratum", "1", "stratum of the protocol, 0 if not evaluable", true},
    {"reason", NULL, "why this stratum", true},
    {"flags", NULL, "what a human should know about this patient", true},
    {"n_lesions", "1", "number of lesions", true},
    {"n_underdosed", "1", "number of underdosed lesions", true},
    {"min_davg_gy", "Gy", "lowest average absorbed dose of a lesion", true},
    {"progression", NULL, "disease progression: yes, no or unknown", false},
    {"imaging_delay_h", "h", "time from administration to PET", false},
    {"dose_method", NULL, "dose map of which Davg is taken", false},
    {"vessels", NULL, "vessels: segmented or none", false},
    {"liver", NULL, "liver: segmented or none", false},
    {"n_ablation", "1", "lesions for which ablation is proposed", false},
    {"n_sbrt", "1", "lesions for which stereotactic radiotherapy is proposed", false},
    {"liver_volume_ml", "mL", "volume of the liver", false},
    {"liver_mean_gy", "Gy", "mean absorbed dose of the liver", false},
    {"normal_liver_volume_ml", "mL", "volume of the liver without lesions", false},
    {"normal_liver_mean_gy", "Gy", "mean absorbed dose of the liver without lesions", false},
    {"contact_tolerance_mm", "mm", "distance up to which a vessel counts as touching", false},
    {"tumour_to_normal_ratio", "1",
     "activity per volume of the lesions over that of the liver without lesions", false},
    {"normal_liver_bed_gy", "Gy", "mean biologically effective dose of the liver without lesions",
     false},
    {"lung_mean_gy", "Gy", "mean absorbed dose of the lung in view", false},
    {"lung_shunt_gy", "Gy", "mean absorbed dose of the lung by the shunt fraction", false},
    {"liver_coverage", "1", "fraction of the liver inside the dose map", false},
    {"lung_coverage", "1", "fraction of the lung inside the dose map", false},
    {"activity_ratio", "1",
     "scanner's activity over net administered, of the treatment farthest from 1", false},
    {"calibration_region", NULL, "region of that ratio: liver, field_of_view, mixed or unknown",
     false},
    {"p_stratum_0", "1", "probability of stratum 0", false},
    {"p_stratum_1", "1", "probability of stratum 1", false},
    {"p_stratum_2", "1", "probability of stratum 2", false},
    {"p_stratum_3", "1", "probability of stratum 3", false},
    {"p_stratum_4", "1", "probability of stratum 4", false},
    {"p_stratum_5", "1", "probability of stratum 5", false},
    {"p_stratum", "1", "probability of the stratum assigned", false},
    {"p_standard_error", "1", "standard error of that probability, by sampling", false},
    {"modalities", NULL, "what other criteria say of the therapies", false},
    {"sbrt_tumour_bed_gy", "Gy", "biologically effective dose of the SBRT scheme, tumour", false},
    {"sbrt_liver_volume_ml", "mL", "volume of the liver without lesions, by its sample", false},
    {"sbrt_y90_bed_gy", "Gy", "mean biologically effective dose of 90Y, liver without lesions",
     false},
    SBRT_COLUMNS("proposed", "SBRT of the lesions that the decision sends there"),
    SBRT_COLUMNS("underdosed", "SBRT of all underdosed lesions"),
    RESPONSE_COLUMNS("who", "WHO"),
    RESPONSE_COLUMNS("recist", "RECIST"),
    RESPONSE_COLUMNS("recist_1_1", "RECIST 1.1"),
    RESPONSE_COLUMNS("mrecist", "mRECIST"),
};

const CohortColumn COHORT_LESION_COLUMNS[COHORT_N_LESION_COLUMNS] = {
    {"center", NULL, "center", false},
    {"patient", NULL, "study number of the patient within the center", false},
    {"lesion", NULL, "lesion", true},
    {"volume_ml", "mL", "volume", true},
    {"diameter_3d_mm", "mm", "longest diameter in three dimensions", true},
    {"diameter_axial_mm", "mm", "longest diameter in an axial slice", true},
    {"davg_gy", "Gy", "average absorbed dose", true},
    {"d70_gy", "Gy", "dose that 70 percent of the volume receive at least", true},
    {"vessel_distance_mm", "mm", "surface distance to the nearest large vessel", true},
    {"vessel_diameter_mm", "mm", "diameter of the nearest large vessel", true},
    {"underdosed", NULL, "average dose below the threshold: yes, no or unknown", true},
    {"amenable", NULL, "amenable to ablation: yes, no or unknown", true},
    {"vessel_status", NULL, "measured, none_large or unknown", false},
    {"treatment", NULL, "treatment proposed: ablation, sbrt, none or unknown", false},
    {"d95_gy", "Gy", "dose that 95 percent of the volume receive at least", false},
    {"d90_gy", "Gy", "dose that 90 percent of the volume receive at least", false},
    {"d50_gy", "Gy", "dose that 50 percent of the volume receive at least", false},
    {"v30_percent", "percent", "part of the volume that receives at least 30 Gy", false},
    {"v100_percent", "percent", "part of the volume that receives at least 100 Gy", false},
    {"davg_kernel_gy", "Gy", "average absorbed dose by kernel convolution", false},
    {"davg_local_deposition_gy", "Gy", "average absorbed dose by local deposition", false},
    {"coverage", "1", "fraction inside the dose map", false},
    {"voxels", "1", "voxels of the mask", false},
    {"flags", NULL, "what a human should know about this lesion", false},
    {"reason", NULL, "the verdict with its numbers", false},
    {"davg_monte_carlo_gy", "Gy", "average absorbed dose by Monte Carlo", false},
    {"davg_kernel_deconvolved_gy", "Gy",
     "average absorbed dose by kernel convolution of the deconvolved activity", false},
    {"bed_gy", "Gy", "average biologically effective dose, tumour", false},
    {"monte_carlo_standard_error_gy", "Gy", "statistical standard error of the Monte Carlo average",
     false},
    {"recovery_coefficient", "1", "recovery of a sphere of the lesion's volume", false},
    {"davg_surroundings_gy", "Gy", "average absorbed dose of a shell around the lesion", false},
    {"davg_recovered_gy", "Gy",
     "average absorbed dose with its excess over the surroundings divided by the recovery "
     "coefficient",
     false},
    {"u_calibration_gy", "Gy", "standard uncertainty of the average dose by calibration", false},
    {"u_volume_gy", "Gy", "standard uncertainty of the average dose by the outline", false},
    {"u_noise_gy", "Gy", "standard uncertainty of the average dose by the noise of the image",
     false},
    {"u_counting_gy", "Gy", "standard uncertainty of the average dose by counting", false},
    {"u_recovery_gy", "Gy", "standard uncertainty of the recovered average dose by recovery",
     false},
    {"davg_uncertainty_gy", "Gy", "combined standard uncertainty of the average dose", false},
    {"davg_recovered_uncertainty_gy", "Gy",
     "combined standard uncertainty of the recovered average dose", false},
    {"davg_eroded_gy", "Gy", "average absorbed dose, outline one dose voxel further in", false},
    {"davg_dilated_gy", "Gy", "average absorbed dose, outline one dose voxel further out", false},
    {"uncertainty_unknown", NULL, "components that the combined uncertainties lack", false},
    {"p_underdosed", "1", "probability that it is underdosed", false},
    {"p_amenable", "1", "probability that it is amenable to ablation", false},
    {"bile_duct_distance_mm", "mm", "surface distance to the nearest segmented bile duct", false},
    {"bowel_distance_mm", "mm", "surface distance to the nearest segmented stomach or bowel",
     false},
};

const CohortColumn COHORT_SWEEP_COLUMNS[COHORT_N_SWEEP_COLUMNS] = {
    {"center", NULL, "center", false},
    {"patient", NULL, "study number of the patient within the center", false},
    {"threshold_gy", "Gy", "dose below which a lesion is underdosed", false},
    {"stratum", "1", "stratum at this threshold, 0 if not evaluable", false},
};

const char *cohort_column_attribute(const CohortColumn *column, const char **object) {
    static const char sbrt[] = "sbrt_";
    bool is_sbrt = strncmp(column->name, sbrt, sizeof sbrt - 1) == 0;
    *object = is_sbrt ? "/sbrt" : "/";
    return column->name + (is_sbrt ? sizeof sbrt - 1 : 0);
}

const char *cohort_clinical_units(const char *name) {
    static const char *const units_of[][2] = {
        {"age", "year"}, {"_mg_dl", "mg dL-1"}, {"_g_dl", "g dL-1"},   {"_u_l", "L-1"},
        {"_kg", "kg"},   {"_cm", "cm"},         {"_1e9_l", "1e9 L-1"}, {"_months", "month"},
    };
    size_t length = strlen(name);
    for (size_t u = 0; u < sizeof units_of / sizeof *units_of; u++) {
        size_t end = strlen(units_of[u][0]);
        if (length >= end && strcmp(name + length - end, units_of[u][0]) == 0) {
            return units_of[u][1];
        }
    }
    return "1";
}
