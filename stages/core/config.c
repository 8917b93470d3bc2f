/* One table says everything about every key; the struct is filled through offsets. */
#include "core/config.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/settings.h"

_Static_assert((int)CONFIG_PATH_SIZE == (int)SETTINGS_PATH_SIZE, "settings fill paths");
_Static_assert((int)CONFIG_TEXT_SIZE == (int)SETTINGS_TEXT_SIZE, "settings fill texts");

static const char DOSE_METHODS[] = "kernel|local_deposition|monte_carlo|kernel_deconvolved";
static const char DERIVED_FROM[] = "auto|kernel|local_deposition|monte_carlo|kernel_deconvolved";
static const char DERIVED_MAPS[] = "bed_tumour|bed_normal_liver|eqd2_tumour|eqd2_normal_liver";
static const char FALSE_TRUE[] = "false|true";
static const char UNKNOWN_RULES[] = "not_evaluable|assume_no";

#define PATH(key, member, standard)                                                                \
    { key, SETTING_PATH, offsetof(Config, member), standard, 0, 0, NULL }
#define TEXT(key, member, standard)                                                                \
    { key, SETTING_TEXT, offsetof(Config, member), standard, 0, 0, NULL }
#define NUMBER(key, member, standard, min, max)                                                    \
    { key, SETTING_NUMBER, offsetof(Config, member), standard, min, max, NULL }
#define NUMBER_OR_AUTO(key, member, standard, min, max)                                            \
    { key, SETTING_NUMBER_OR_AUTO, offsetof(Config, member), standard, min, max, NULL }
#define CHOICE(key, member, standard, choices)                                                     \
    { key, SETTING_CHOICE, offsetof(Config, member), standard, 0, 0, choices }
#define FLAG(key, member, standard, choices)                                                       \
    { key, SETTING_FLAG, offsetof(Config, member), standard, 0, 0, choices }
#define SET(key, member, standard, choices)                                                        \
    { key, SETTING_SET, offsetof(Config, member), standard, 0, 0, choices }

/* The single list of keys. Sources of the values: configs/trial.yaml. */
static const SettingKey config_keys[] = {
    PATH("cohort.patients", patients_sheet, NULL),
    PATH("cohort.treatments", treatments_sheet, NULL),
    PATH("cohort.images", images_sheet, NULL),
    PATH("cohort.followup", followup_sheet, ""),
    PATH("run", run_folder, NULL),
    TEXT("nuclide", nuclide_name, "y90"),
    TEXT("scanners", scanner_folder, "auto"),
    TEXT("rules", rule_folder, "auto"),
    CHOICE("calibration.method", calibration.method, "absolute", "absolute|administered_activity"),
    CHOICE("calibration.region", calibration.region, "liver_or_field_of_view",
           "liver_or_field_of_view|field_of_view"),
    NUMBER("calibration.factor", calibration.factor, "1", 1e-3, 1e3),
    NUMBER("calibration.uncertainty", calibration.uncertainty, "0.05", 0, 1),
    CHOICE("calibration.positron_fraction", calibration.positron_fraction, "auto",
           "auto|correct|ignore"),
    NUMBER("calibration.max_positron_fraction_difference",
           calibration.max_positron_fraction_difference, "0.1", 0, 1),
    NUMBER("calibration.ratio_tolerance", calibration.ratio_tolerance, "0.3", 0, 10),
    NUMBER("registration.bins", registration.bins, "48", 8, 256),
    NUMBER("registration.levels", registration.levels, "3", 1, 6),
    NUMBER("registration.sample_spacing_mm", registration.sample_spacing_mm, "3", 0.5, 50),
    NUMBER("registration.max_iterations", registration.max_iterations, "60", 1, 10000),
    NUMBER("registration.max_rotation_deg", registration.max_rotation_deg, "20", 0, 180),
    NUMBER("registration.min_quality", registration.min_quality, "0.5", 0, 1),
    SET("dose.methods", dose.methods, "kernel,local_deposition", DOSE_METHODS),
    CHOICE("dose.density_source", dose.density_source, "uniform", "uniform|ct"),
    NUMBER("dose.density_g_ml", dose.density_g_ml, "1.06", 0.05, 25),
    NUMBER("dose.min_density_g_ml", dose.min_density_g_ml, "0.05", 0.001, 2),
    NUMBER("dose.hu_curve.air_hu", dose.hu_curve.air_hu, "-1000", -2000, -100),
    NUMBER("dose.hu_curve.air_g_ml", dose.hu_curve.air_g_ml, "0.0012", 0, 0.5),
    NUMBER("dose.hu_curve.water_hu", dose.hu_curve.water_hu, "0", -99, 99),
    NUMBER("dose.hu_curve.water_g_ml", dose.hu_curve.water_g_ml, "1", 0.5, 1.5),
    NUMBER("dose.hu_curve.bone_hu", dose.hu_curve.bone_hu, "1000", 100, 4000),
    NUMBER("dose.hu_curve.bone_g_ml", dose.hu_curve.bone_g_ml, "1.6", 1, 5),
    NUMBER("dose.kernel_radius_mm", dose.kernel_radius_mm, "12", 1, 200),
    CHOICE("dose.bremsstrahlung_tail", dose.bremsstrahlung_tail, "near", "near|omitted|far"),
    NUMBER("dose.monte_carlo.histories", dose.monte_carlo.histories, "1e7", 1e3, 1e11),
    NUMBER("dose.monte_carlo.seed", dose.monte_carlo.seed, "1", 0, 4294967295),
    NUMBER("dose.monte_carlo.cutoff_kev", dose.monte_carlo.cutoff_kev, "20", 1, 200),
    NUMBER("dose.deconvolution.iterations", dose.deconvolution.iterations, "10", 1, 1000),
    NUMBER("dose.deconvolution.regularisation", dose.deconvolution.regularisation, "0.01", 0, 0.1),
    SET("dose.derived", dose.derived, "bed_tumour,bed_normal_liver", DERIVED_MAPS),
    CHOICE("dose.derived_from", dose.derived_choice, "auto", DERIVED_FROM),
    NUMBER("dose.tumour.alpha_beta_gy", dose.tumour.alpha_beta_gy, "10", 0.1, 100),
    NUMBER("dose.tumour.repair_half_time_h", dose.tumour.repair_half_time_h, "1.5", 0.01, 100),
    NUMBER("dose.normal_liver.alpha_beta_gy", dose.normal_liver.alpha_beta_gy, "2.75", 0.1, 100),
    NUMBER("dose.normal_liver.repair_half_time_h", dose.normal_liver.repair_half_time_h, "2.5",
           0.01, 100),
    NUMBER("dose.lung_mass_kg", dose.lung_mass_kg, "1", 0.05, 10),
    NUMBER("dose.min_registration_quality", dose.min_registration_quality, "0.25", 0, 1),
    NUMBER("dose.max_half_life_difference", dose.max_half_life_difference, "0.05", 0, 1),
    NUMBER("dose.max_delay_half_lives", dose.max_delay_half_lives, "10", 0.1, 20),
    NUMBER("dose.max_negative_fraction", dose.max_negative_fraction, "0.2", 0, 1),
    NUMBER("dose.max_carried_over", dose.max_carried_over, "0.01", 0, 1),
    CHOICE("segmentation.dose_method", segmentation.dose_method, "kernel", DOSE_METHODS),
    NUMBER("segmentation.part_fraction", segmentation.part_fraction, "0.2", 0.01, 1),
    NUMBER("segmentation.min_coverage", segmentation.min_coverage, "0.99", 0, 1),
    NUMBER("segmentation.min_registration_quality", segmentation.min_registration_quality, "0.25",
           0, 1),
    NUMBER("segmentation.lung_density_g_ml", segmentation.lung_density_g_ml, "0.3", 0.05, 1.1),
    NUMBER("segmentation.dvh_bin_gy", segmentation.dvh_bin_gy, "1", 0.01, 100),
    TEXT("stratification.rule_set", rule_set, "protocol"),
    NUMBER("stratification.threshold_gy", stratification.threshold_gy, "30", 0, 1e4),
    NUMBER("stratification.max_underdosed", stratification.max_underdosed, "4", 0, 1e6),
    NUMBER("stratification.ablation_max_diameter_mm", stratification.ablation_max_diameter_mm, "30",
           0, 1e3),
    NUMBER("stratification.vessel_min_diameter_mm", stratification.vessel_min_diameter_mm, "4", 0,
           100),
    NUMBER_OR_AUTO("stratification.contact_tolerance_mm", stratification.contact_tolerance_mm,
                   "auto", 0, 100),
    NUMBER("stratification.max_imaging_delay_h", stratification.max_imaging_delay_h, "36", 0, 1e4),
    FLAG("stratification.allow_late_imaging", stratification.allow_late_imaging, "false",
         FALSE_TRUE),
    CHOICE("stratification.diameter", stratification.diameter, "3d", "3d|axial"),
    FLAG("stratification.dose_tie", stratification.dose_tie_is_underdosed, "underdosed",
         "not_underdosed|underdosed"),
    FLAG("stratification.size_tie", stratification.size_tie_is_amenable, "not_amenable",
         "not_amenable|amenable"),
    FLAG("stratification.vessel_tie", stratification.vessel_tie_is_large, "not_large",
         "not_large|large"),
    CHOICE("stratification.unknown_progression", stratification.unknown_progression,
           "not_evaluable", UNKNOWN_RULES),
    CHOICE("stratification.unknown_vessels", stratification.unknown_vessels, "not_evaluable",
           UNKNOWN_RULES),
    NUMBER("sweep.threshold_gy.from", sweep.from_gy, "20", 0, 1e4),
    NUMBER("sweep.threshold_gy.to", sweep.to_gy, "50", 0, 1e4),
    NUMBER("sweep.threshold_gy.step", sweep.step_gy, "1", 1e-3, 1e4),
    SET("scenarios.dose_method", scenarios.dose_methods, "kernel,local_deposition", DOSE_METHODS),
    SET("scenarios.partial_volume", scenarios.partial_volume, "none,recovered", "none|recovered"),
    SET("scenarios.diameter", scenarios.diameters, "3d,axial", "3d|axial"),
    NUMBER("scenarios.calibration_percent.from", scenarios.calibration_percent.from, "-10", -99,
           1000),
    NUMBER("scenarios.calibration_percent.to", scenarios.calibration_percent.to, "10", -99, 1000),
    NUMBER("scenarios.calibration_percent.step", scenarios.calibration_percent.step, "5", 0.001,
           1000),
    NUMBER("scenarios.threshold_gy.from", scenarios.threshold_gy.from, "20", 0, 1e4),
    NUMBER("scenarios.threshold_gy.to", scenarios.threshold_gy.to, "50", 0, 1e4),
    NUMBER("scenarios.threshold_gy.step", scenarios.threshold_gy.step, "5", 1e-3, 1e4),
    NUMBER("scenarios.ablation_max_diameter_mm.from", scenarios.ablation_max_diameter_mm.from, "30",
           0, 1e3),
    NUMBER("scenarios.ablation_max_diameter_mm.to", scenarios.ablation_max_diameter_mm.to, "30", 0,
           1e3),
    NUMBER("scenarios.ablation_max_diameter_mm.step", scenarios.ablation_max_diameter_mm.step, "5",
           1e-3, 1e3),
    NUMBER("scenarios.vessel_min_diameter_mm.from", scenarios.vessel_min_diameter_mm.from, "4", 0,
           100),
    NUMBER("scenarios.vessel_min_diameter_mm.to", scenarios.vessel_min_diameter_mm.to, "4", 0, 100),
    NUMBER("scenarios.vessel_min_diameter_mm.step", scenarios.vessel_min_diameter_mm.step, "1",
           1e-3, 100),
    NUMBER("probability.samples", probability.samples, "10000", 100, 1e8),
    NUMBER("probability.seed", probability.seed, "1", 0, 4294967295),
    NUMBER_OR_AUTO("probability.diameter_uncertainty_mm", probability.diameter_uncertainty_mm,
                   "auto", 0, 100),
    NUMBER_OR_AUTO("probability.vessel_distance_uncertainty_mm",
                   probability.vessel_distance_uncertainty_mm, "auto", 0, 100),
    NUMBER("ablation.margin_mm", ablation.margin_mm, "10", 0, 50),
    NUMBER("sbrt.fractions", sbrt.fractions, "3", 1, 40),
    NUMBER("sbrt.dose_per_fraction_gy", sbrt.dose_per_fraction_gy, "16", 0.1, 60),
    NUMBER("sbrt.margin_mm", sbrt.margin_mm, "5", 0, 50),
    NUMBER("sbrt.half_distance_mm", sbrt.half_distance_mm, "6", 0.1, 100),
    NUMBER("sbrt.spared_below_gy", sbrt.spared_below_gy, "15", 0, 100),
    NUMBER("response.who.partial_percent", response.rules[RESPONSE_WHO].partial_percent, "50", 0,
           100),
    NUMBER("response.who.progression_percent", response.rules[RESPONSE_WHO].progression_percent,
           "25", 0, 1000),
    NUMBER("response.who.min_increase_mm", response.rules[RESPONSE_WHO].min_increase_mm, "0", 0,
           100),
    NUMBER("response.who.targets_per_organ", response.rules[RESPONSE_WHO].targets_per_organ, "0", 0,
           100),
    NUMBER("response.who.targets", response.rules[RESPONSE_WHO].targets, "0", 0, 100),
    NUMBER("response.recist.partial_percent", response.rules[RESPONSE_RECIST].partial_percent, "30",
           0, 100),
    NUMBER("response.recist.progression_percent",
           response.rules[RESPONSE_RECIST].progression_percent, "20", 0, 1000),
    NUMBER("response.recist.min_increase_mm", response.rules[RESPONSE_RECIST].min_increase_mm, "0",
           0, 100),
    NUMBER("response.recist.targets_per_organ", response.rules[RESPONSE_RECIST].targets_per_organ,
           "5", 0, 100),
    NUMBER("response.recist.targets", response.rules[RESPONSE_RECIST].targets, "10", 0, 100),
    NUMBER("response.recist_1_1.partial_percent",
           response.rules[RESPONSE_RECIST_1_1].partial_percent, "30", 0, 100),
    NUMBER("response.recist_1_1.progression_percent",
           response.rules[RESPONSE_RECIST_1_1].progression_percent, "20", 0, 1000),
    NUMBER("response.recist_1_1.min_increase_mm",
           response.rules[RESPONSE_RECIST_1_1].min_increase_mm, "5", 0, 100),
    NUMBER("response.recist_1_1.targets_per_organ",
           response.rules[RESPONSE_RECIST_1_1].targets_per_organ, "2", 0, 100),
    NUMBER("response.recist_1_1.targets", response.rules[RESPONSE_RECIST_1_1].targets, "5", 0, 100),
    NUMBER("response.mrecist.partial_percent", response.rules[RESPONSE_MRECIST].partial_percent,
           "30", 0, 100),
    NUMBER("response.mrecist.progression_percent",
           response.rules[RESPONSE_MRECIST].progression_percent, "20", 0, 1000),
    NUMBER("response.mrecist.min_increase_mm", response.rules[RESPONSE_MRECIST].min_increase_mm,
           "0", 0, 100),
    NUMBER("response.mrecist.targets_per_organ", response.rules[RESPONSE_MRECIST].targets_per_organ,
           "2", 0, 100),
    NUMBER("response.mrecist.targets", response.rules[RESPONSE_MRECIST].targets, "5", 0, 100),
    NUMBER("response.node_normal_mm", response.node_normal_mm, "10", 0, 100),
    NUMBER("response.too_small_mm", response.too_small_mm, "5", 0, 100),
    NUMBER("response.min_target_mm", response.min_target_mm, "10", 0, 100),
    NUMBER("response.min_target_node_mm", response.min_target_node_mm, "15", 0, 100),
    NUMBER("response.min_stable_days", response.min_stable_days, "42", 0, 1000),
    FLAG("response.progression_tie", response.progression_tie_is_progression, "progression",
         "not_progression|progression"),
    CHOICE("response.unknown_non_target", response.unknown_non_target, "assume_no", UNKNOWN_RULES),
    TEXT("report.title", report_title, "Yttria cohort report"),
    NUMBER("report.max_dose_gy", report_max_dose_gy, "100", 1, 1e4),
};
enum { N_CONFIG_KEYS = sizeof config_keys / sizeof *config_keys };

static bool ends_with(const char *text, const char *ending) {
    size_t length = strlen(text), wanted = strlen(ending);
    return length >= wanted && strcmp(text + length - wanted, ending) == 0;
}

/* Looks for `relative` in `configs` or `share/yttria/configs` of the program's folder and of those
 * above it: the source tree and the installation. False if it is nowhere. */
static bool find_shipped(const char *relative, char path[SETTINGS_PATH_SIZE]) {
    static const char *const folders[] = {"configs", "share/yttria/configs"};
    char folder[SETTINGS_PATH_SIZE];
    ssize_t length = readlink("/proc/self/exe", folder, sizeof folder - 1);
    folder[length > 0 ? length : 0] = '\0';
    for (char *slash; (slash = strrchr(folder, '/')) != NULL;) {
        *slash = '\0';
        for (size_t n = 0; n < sizeof folders / sizeof *folders; n++) {
            int used = snprintf(path, SETTINGS_PATH_SIZE, "%s/%s/%s", folder, folders[n], relative);
            if (used > 0 && used < SETTINGS_PATH_SIZE && access(path, R_OK) == 0) {
                return true;
            }
        }
    }
    return false;
}

static Status find_nuclide(const Config *config, char path[SETTINGS_PATH_SIZE], Error *error) {
    char relative[SETTINGS_TEXT_SIZE + 32];
    snprintf(relative, sizeof relative, "nuclides/%s.yaml", config->nuclide_name);
    if (settings_resolve_path(config->path, relative, path, error) != STATUS_OK) {
        return error->status;
    }
    if (access(path, R_OK) == 0 || find_shipped(relative, path)) { /* beside it, or shipped */
        return STATUS_OK;
    }
    return error_set(error, STATUS_CONFIG,
                     "%s: nuclide '%s' is not known; name a file of configs/nuclides/ or give a "
                     "path that ends in .yaml",
                     config->path, config->nuclide_name);
}

static Status load_nuclide(Config *config, Error *error) {
    char *path = config->nuclide_path;
    Status status = ends_with(config->nuclide_name, ".yaml")
                        ? settings_resolve_path(config->path, config->nuclide_name, path, error)
                        : find_nuclide(config, path, error);
    return status == STATUS_OK ? nuclide_load(path, &config->nuclide, error) : status;
}

/* The folder that a setting names: `auto` is the shipped one of that name. */
static Status find_folder(const Config *config, const char *setting, const char *shipped,
                          char path[SETTINGS_PATH_SIZE], Error *error) {
    if (strcmp(setting, "auto") != 0) {
        return settings_resolve_path(config->path, setting, path, error);
    }
    /* A nuclide by its path has the other folders beside its own. */
    char beside[SETTINGS_TEXT_SIZE];
    snprintf(beside, sizeof beside, "../%s", shipped);
    bool is_found =
        find_shipped(shipped, path) ||
        (settings_resolve_path(config->nuclide_path, beside, path, error) == STATUS_OK &&
         access(path, R_OK) == 0);
    return is_found ? STATUS_OK
                    : error_set(error, STATUS_CONFIG,
                                "%s: the folder configs/%s is not found; name it in '%s'",
                                config->path, shipped, shipped);
}

static Status load_rules(Config *config, Error *error) {
    Status status = find_folder(config, config->rule_folder, "rules", config->rules_path, error);
    return status == STATUS_OK ? digest_path(config->rules_path, config->rules_digest, error)
                               : status;
}

static Status load_scanners(Config *config, Error *error) {
    char folder[SETTINGS_PATH_SIZE];
    Status status = find_folder(config, config->scanner_folder, "scanners", folder, error);
    return status == STATUS_OK ? scanner_list_load(folder, &config->scanners, error) : status;
}

const char *dose_method_name(int method) {
    static const char *const names[DOSE_METHOD_COUNT] = {
        [DOSE_KERNEL] = "kernel",
        [DOSE_LOCAL_DEPOSITION] = "local_deposition",
        [DOSE_MONTE_CARLO] = "monte_carlo",
        [DOSE_KERNEL_DECONVOLVED] = "kernel_deconvolved",
    };
    return names[method];
}

const char *derived_map_name(int map) {
    static const char *const names[DERIVED_MAP_COUNT] = {
        [DERIVED_BED_TUMOUR] = "bed_tumour",
        [DERIVED_BED_NORMAL_LIVER] = "bed_normal_liver",
        [DERIVED_EQD2_TUMOUR] = "eqd2_tumour",
        [DERIVED_EQD2_NORMAL_LIVER] = "eqd2_normal_liver",
    };
    return names[map];
}

/* The method of the derived maps: the first word of the choices is auto, the first method asked. */
static int choose_derived_from(const DoseConfig *dose) {
    if (dose->derived_choice > 0) {
        return dose->derived_choice - 1;
    }
    int method = 0;
    while (method < DOSE_METHOD_COUNT - 1 && (dose->methods >> method & 1u) == 0) {
        method++;
    }
    return method;
}

/* What no single key can say. */
static Status check_together(const Config *config, Error *error) {
    if (config->dose.methods == 0) {
        return error_set(error, STATUS_CONFIG, "%s: 'dose.methods' is empty", config->path);
    }
    if ((config->dose.methods >> config->segmentation.dose_method & 1u) == 0) {
        return error_set(error, STATUS_CONFIG,
                         "%s: 'segmentation.dose_method' is not among 'dose.methods'",
                         config->path);
    }
    if (config->dose.derived != 0 &&
        (config->dose.methods >> config->dose.derived_from & 1u) == 0) {
        return error_set(error, STATUS_CONFIG,
                         "%s: 'dose.derived_from' is not among 'dose.methods'", config->path);
    }
    if ((config->dose.methods >> DOSE_MONTE_CARLO & 1u) != 0 &&
        strcmp(config->nuclide.name, "Y-90") != 0) {
        return error_set(error, STATUS_CONFIG,
                         "%s: 'dose.methods' asks for monte_carlo, which knows the electrons of "
                         "Y-90 only, and the nuclide is %s",
                         config->path, config->nuclide.name);
    }
    const unsigned kernels = 1u << DOSE_KERNEL | 1u << DOSE_KERNEL_DECONVOLVED;
    if ((config->dose.methods & kernels) != 0 && config->nuclide.kernel_path[0] == '\0') {
        return error_set(error, STATUS_CONFIG,
                         "%s: nuclide %s has no point kernel; set 'dose.methods' to "
                         "[local_deposition] and 'segmentation.dose_method' to local_deposition",
                         config->path, config->nuclide.name);
    }
    if (config->sweep.to_gy < config->sweep.from_gy) {
        return error_set(error, STATUS_CONFIG,
                         "%s: 'sweep.threshold_gy.to' (%g) is below 'from' (%g)", config->path,
                         config->sweep.to_gy, config->sweep.from_gy);
    }
    return STATUS_OK;
}

Status config_load(const char *path, Config *config, Error *error) {
    memset(config, 0, sizeof *config);
    if (strlen(path) >= sizeof config->path) {
        return error_set(error, STATUS_CONFIG, "%s: the path is too long", path);
    }
    strcpy(config->path, path);
    if (settings_read(path, config_keys, N_CONFIG_KEYS, config, error) != STATUS_OK ||
        load_nuclide(config, error) != STATUS_OK || load_scanners(config, error) != STATUS_OK ||
        load_rules(config, error) != STATUS_OK) {
        return error->status;
    }
    config->dose.derived_from = choose_derived_from(&config->dose);
    return check_together(config, error);
}

static bool belongs_to(const char *key, const char *section) {
    size_t length = strlen(section);
    return strncmp(key, section, length) == 0 && (key[length] == '.' || key[length] == '\0');
}

static void write_nuclide(FILE *text, const Nuclide *nuclide) {
    fprintf(text, "nuclide.name: %s\nnuclide.half_life_h: %.17g\n", nuclide->name,
            nuclide->half_life_h);
    fprintf(text, "nuclide.mean_energy_mev: %.17g\nnuclide.positron_yield: %.17g\n",
            nuclide->mean_energy_mev, nuclide->positron_yield);
    fprintf(text, "nuclide.digest: %s\n", nuclide->digest);
}

static void write_section(FILE *text, const Config *config, const char *section) {
    if (strcmp(section, "nuclide") == 0) {
        write_nuclide(text, &config->nuclide);
        return;
    }
    if (strcmp(section, "scanners") == 0) {
        fprintf(text, "scanners.digest: %s\n", config->scanners.digest);
        return;
    }
    if (strcmp(section, "rules") == 0) {
        fprintf(text, "rules.digest: %s\n", config->rules_digest);
        return;
    }
    for (size_t n = 0; n < N_CONFIG_KEYS; n++) {
        const SettingKey *key = &config_keys[n];
        if (key->kind != SETTING_PATH && belongs_to(key->key, section)) {
            char value[SETTINGS_PATH_SIZE];
            settings_format(key, config, value);
            fprintf(text, "%s: %s\n", key->key, value);
        }
    }
}

char *config_text(const Config *config, const char *const sections[]) {
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    if (memory == NULL) {
        return NULL;
    }
    for (size_t n = 0; sections[n] != NULL; n++) {
        write_section(memory, config, sections[n]);
    }
    if (fclose(memory) != 0) {
        free(text);
        return NULL;
    }
    return text;
}
