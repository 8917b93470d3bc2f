/* The words of rule sets (rule_vocabulary.h). */
#include "stratify/rule_vocabulary.h"

#include <string.h>

#define LESION_NUMBER(id, name, units, label) [id] = {name, RULE_LESION, units, NULL, label}
#define LESION_WORD(id, name, label) [id] = {name, RULE_LESION, NULL, "no|yes", label}
#define PATIENT_NUMBER(id, name, units, label) [id] = {name, RULE_PATIENT, units, NULL, label}
#define PATIENT_WORD(id, name, label) [id] = {name, RULE_PATIENT, NULL, "no|yes", label}

static const RuleColumn COLUMNS[RULE_COLUMN_COUNT] = {
    LESION_NUMBER(RULE_COLUMN_DAVG, "davg_gy", "Gy", "Davg"),
    LESION_NUMBER(RULE_COLUMN_D95, "d95_gy", "Gy", "D95"),
    LESION_NUMBER(RULE_COLUMN_D90, "d90_gy", "Gy", "D90"),
    LESION_NUMBER(RULE_COLUMN_D70, "d70_gy", "Gy", "D70"),
    LESION_NUMBER(RULE_COLUMN_D50, "d50_gy", "Gy", "D50"),
    LESION_NUMBER(RULE_COLUMN_VOLUME, "volume_ml", "mL", "volume"),
    /* The one that stratification.diameter chooses. */
    LESION_NUMBER(RULE_COLUMN_DIAMETER, "diameter_mm", "mm", "diameter"),
    LESION_NUMBER(RULE_COLUMN_DIAMETER_3D, "diameter_3d_mm", "mm", "3-D diameter"),
    LESION_NUMBER(RULE_COLUMN_DIAMETER_AXIAL, "diameter_axial_mm", "mm", "axial diameter"),
    /* To the nearest vessel wider than stratification.vessel_min_diameter_mm; infinite if the
     * vessels are segmented and none is. */
    LESION_NUMBER(RULE_COLUMN_VESSEL_DISTANCE, "vessel_distance_mm", "mm",
                  "distance to a large vessel"),
    LESION_NUMBER(RULE_COLUMN_BILE_DUCT_DISTANCE, "bile_duct_distance_mm", "mm",
                  "distance to a main bile duct"),
    /* To the nearest part that is segmented; see bowel_complete. */
    LESION_NUMBER(RULE_COLUMN_BOWEL_DISTANCE, "bowel_distance_mm", "mm",
                  "distance to stomach or bowel"),
    /* The decision's verdict. */
    LESION_WORD(RULE_COLUMN_UNDERDOSED, "underdosed", "underdosed"),
    /* A reader's judgement, which no table has: unknown. */
    LESION_WORD(RULE_COLUMN_WELL_PLACED, "well_placed", "well placed for ablation"),
    /* By the model of sbrt.h at bowel_distance_mm, in as many fractions as the limit is of. */
    LESION_NUMBER(RULE_COLUMN_SBRT_BOWEL, "sbrt_bowel_gy", "Gy", "SBRT dose to stomach or bowel"),
    PATIENT_NUMBER(RULE_COLUMN_N_LESIONS, "n_lesions", "1", "number of lesions"),
    PATIENT_NUMBER(RULE_COLUMN_N_UNDERDOSED, "n_underdosed", "1", "lesions known to be underdosed"),
    PATIENT_WORD(RULE_COLUMN_PROGRESSION, "progression", "progression"),
    PATIENT_NUMBER(RULE_COLUMN_IMAGING_DELAY, "imaging_delay_h", "h", "administration to PET"),
    PATIENT_NUMBER(RULE_COLUMN_LIVER_VOLUME, "liver_volume_ml", "mL", "liver volume"),
    PATIENT_NUMBER(RULE_COLUMN_NORMAL_LIVER_VOLUME, "normal_liver_volume_ml", "mL",
                   "normal liver volume"),
    PATIENT_NUMBER(RULE_COLUMN_NORMAL_LIVER_MEAN, "normal_liver_mean_gy", "Gy",
                   "mean dose to normal liver"),
    PATIENT_NUMBER(RULE_COLUMN_TUMOUR_BURDEN, "tumour_burden_percent", "percent",
                   "tumour in the liver"),
    PATIENT_NUMBER(RULE_COLUMN_TUMOUR_TO_NORMAL, "tumour_to_normal_ratio", "1", "T:N"),
    /* yes, or unknown: a part that is not segmented may be near. */
    PATIENT_WORD(RULE_COLUMN_BOWEL_COMPLETE, "bowel_complete", "stomach and bowel segmented"),
    /* If all underdosed lesions were ablated at once, with the margin. */
    PATIENT_NUMBER(RULE_COLUMN_ABLATED_FRACTION, "ablated_percent", "percent",
                   "parenchyma to be ablated"),
    PATIENT_NUMBER(RULE_COLUMN_LIVER_REMNANT, "liver_remnant_percent", "percent",
                   "future liver remnant"),
    /* By the shunt fraction: of the known treatments the largest, and the sum. */
    PATIENT_NUMBER(RULE_COLUMN_LUNG_DOSE, "lung_dose_gy", "Gy", "lung dose of one treatment"),
    PATIENT_NUMBER(RULE_COLUMN_LUNG_DOSE_CUMULATIVE, "lung_dose_cumulative_gy", "Gy",
                   "lung dose of all treatments"),
    /* yes, or unknown: a treatment without a shunt fraction may have given more. */
    PATIENT_WORD(RULE_COLUMN_LUNG_DOSE_COMPLETE, "lung_dose_complete", "lung doses complete"),
    PATIENT_NUMBER(RULE_COLUMN_LUNG_MEAN, "lung_mean_gy", "Gy", "mean dose of the lung in view"),
    /* If all underdosed lesions had SBRT as configured (sbrt.h). */
    PATIENT_NUMBER(RULE_COLUMN_SPARED_LIVER_VOLUME, "spared_liver_volume_ml", "mL",
                   "normal liver spared"),
    PATIENT_NUMBER(RULE_COLUMN_SBRT_BED, "sbrt_bed_gy", "Gy", "BED of the SBRT scheme"),
    PATIENT_NUMBER(RULE_COLUMN_SBRT_LIVER, "sbrt_liver_eqd2_gy", "Gy",
                   "mean EQD2 of SBRT to normal liver"),
    PATIENT_NUMBER(RULE_COLUMN_CUMULATED_LIVER, "cumulated_liver_eqd2_gy", "Gy",
                   "mean EQD2 of 90Y and SBRT to normal liver"),
    PATIENT_NUMBER(RULE_COLUMN_CUMULATED_THIRD, "cumulated_third_eqd2_gy", "Gy",
                   "EQD2 of 90Y and SBRT that a third of the normal liver exceeds"),
    PATIENT_NUMBER(RULE_COLUMN_ECOG, "ecog", "1", "ECOG"),
    PATIENT_NUMBER(RULE_COLUMN_BILIRUBIN, "bilirubin_mg_dl", "mg/dL", "bilirubin"),
    PATIENT_NUMBER(RULE_COLUMN_ALT, "alt_u_l", "U/L", "ALT"),
    PATIENT_NUMBER(RULE_COLUMN_AST, "ast_u_l", "U/L", "AST"),
    PATIENT_NUMBER(RULE_COLUMN_ALBUMIN, "albumin_g_dl", "g/dL", "albumin"),
    PATIENT_NUMBER(RULE_COLUMN_CREATININE, "creatinine_mg_dl", "mg/dL", "creatinine"),
    PATIENT_NUMBER(RULE_COLUMN_PLATELETS, "platelets_1e9_l", "10^9/L", "platelets"),
    PATIENT_NUMBER(RULE_COLUMN_LIFE_EXPECTANCY, "life_expectancy_months", "months",
                   "life expectancy"),
    PATIENT_WORD(RULE_COLUMN_ASCITES, "ascites", "ascites"),
    PATIENT_WORD(RULE_COLUMN_ENCEPHALOPATHY, "encephalopathy", "encephalopathy"),
    /* Of the sheets' columns these five are not: unknown unless /patient has them. */
    PATIENT_WORD(RULE_COLUMN_AFTER_CHEMOTHERAPY, "after_chemotherapy", "previous chemotherapy"),
    PATIENT_WORD(RULE_COLUMN_LUNG_FUNCTION_COMPROMISED, "lung_function_compromised",
                 "compromised lung function"),
    PATIENT_WORD(RULE_COLUMN_CONTRAST_ALLERGY, "contrast_allergy", "severe contrast allergy"),
    PATIENT_WORD(RULE_COLUMN_HIGHLY_SELECTIVE, "highly_selective", "highly selective treatment"),
    PATIENT_WORD(RULE_COLUMN_BILOBAR, "bilobar", "bilobar treatment"),
};

static const RuleSetting SETTINGS[RULE_SETTING_COUNT] = {
    [RULE_SETTING_THRESHOLD] = {"stratification.threshold_gy", RULE_SETTING_NUMBER, "Gy"},
    [RULE_SETTING_MAX_UNDERDOSED] = {"stratification.max_underdosed", RULE_SETTING_NUMBER, "1"},
    [RULE_SETTING_MAX_DIAMETER] = {"stratification.ablation_max_diameter_mm", RULE_SETTING_NUMBER,
                                   "mm"},
    [RULE_SETTING_CONTACT_TOLERANCE] = {"stratification.contact_tolerance_mm", RULE_SETTING_NUMBER,
                                        "mm"},
    [RULE_SETTING_MAX_DELAY] = {"stratification.max_imaging_delay_h", RULE_SETTING_NUMBER, "h"},
    [RULE_SETTING_ALLOW_LATE] = {"stratification.allow_late_imaging", RULE_SETTING_SWITCH, NULL},
    [RULE_SETTING_DOSE_TIE] = {"stratification.dose_tie", RULE_SETTING_SWITCH, NULL},
    [RULE_SETTING_SIZE_TIE] = {"stratification.size_tie", RULE_SETTING_SWITCH, NULL},
    [RULE_SETTING_UNKNOWN_PROGRESSION] = {"stratification.unknown_progression",
                                          RULE_SETTING_ASSUMPTION, NULL},
    [RULE_SETTING_UNKNOWN_VESSELS] = {"stratification.unknown_vessels", RULE_SETTING_ASSUMPTION,
                                      NULL},
};

const RuleColumn *rule_column(RuleColumnId id) {
    return &COLUMNS[id];
}

const RuleSetting *rule_setting(RuleSettingId id) {
    return &SETTINGS[id];
}

RuleColumnId rule_column_find(const char *name, RuleScope scope) {
    RuleColumnId id = 0;
    while (id < RULE_COLUMN_COUNT &&
           (COLUMNS[id].scope != scope || strcmp(COLUMNS[id].name, name) != 0)) {
        id++;
    }
    return id;
}

RuleSettingId rule_setting_find(const char *key) {
    RuleSettingId id = 0;
    while (id < RULE_SETTING_COUNT && strcmp(SETTINGS[id].key, key) != 0) {
        id++;
    }
    return id;
}

bool rule_words_have(const char *list, const char *word) {
    size_t length = strlen(word);
    for (const char *at = list; length > 0 && at != NULL; at = strchr(at, '|')) {
        at += *at == '|';
        if (strncmp(at, word, length) == 0 && (at[length] == '|' || at[length] == '\0')) {
            return true;
        }
    }
    return false;
}
