/* The trial's configuration: every threshold and choice, one YAML file, checked key by key.
 *
 * The table in config.c is the single list of keys, kinds, defaults and ranges. An unknown key
 * is an error that names file and line. Paths are relative to the configuration file. */
#ifndef YTTRIA_CORE_CONFIG_H
#define YTTRIA_CORE_CONFIG_H

#include <stdbool.h>

#include "core/error.h"
#include "core/nuclide.h"
#include "core/scanner.h"

enum { CONFIG_PATH_SIZE = 4096, CONFIG_TEXT_SIZE = 256 };

typedef enum CalibrationMethod {
    CALIBRATION_ABSOLUTE,             /* PET Bq/mL times `factor` */
    CALIBRATION_ADMINISTERED_ACTIVITY /* scaled so that the image holds the net activity */
} CalibrationMethod;

/* What the net administered activity is set equal to. */
typedef enum CalibrationRegion {
    CALIBRATION_LIVER_OR_FIELD_OF_VIEW, /* the imported liver mask, else the field of view */
    CALIBRATION_FIELD_OF_VIEW
} CalibrationRegion;

/* What is done about a positron fraction (0018,1076) that is not the nuclide's yield. */
typedef enum PositronFractionRule {
    POSITRON_FRACTION_AUTO,    /* small differences are corrected, large ones are an error */
    POSITRON_FRACTION_CORRECT, /* the scanner divided by its fraction: always corrected */
    POSITRON_FRACTION_IGNORE   /* the image is right as it is */
} PositronFractionRule;

typedef enum DoseMethod {
    DOSE_KERNEL,
    DOSE_LOCAL_DEPOSITION,
    DOSE_MONTE_CARLO,
    DOSE_KERNEL_DECONVOLVED, /* kernel dose of the activity deconvolved with the scanner's PSF */
    DOSE_METHOD_COUNT
} DoseMethod;

/* Maps derived from the absorbed dose by the linear-quadratic model, for one tissue's parameters.
 */
typedef enum DerivedMap {
    DERIVED_BED_TUMOUR,
    DERIVED_BED_NORMAL_LIVER,
    DERIVED_EQD2_TUMOUR,
    DERIVED_EQD2_NORMAL_LIVER,
    DERIVED_MAP_COUNT
} DerivedMap;

typedef enum DensitySource { DENSITY_UNIFORM, DENSITY_CT } DensitySource;

/* Where the energy goes that bremsstrahlung carries beyond the kernel's radius. */
typedef enum BremsstrahlungTail {
    BREMSSTRAHLUNG_NEAR,    /* given back near its decay, with the kernel's shape */
    BREMSSTRAHLUNG_OMITTED, /* lost */
    BREMSSTRAHLUNG_FAR      /* spread as the point kernel says, to its last shell */
} BremsstrahlungTail;

typedef enum DiameterChoice { DIAMETER_3D, DIAMETER_AXIAL } DiameterChoice;
typedef enum UnknownRule { UNKNOWN_NOT_EVALUABLE, UNKNOWN_ASSUME_NO } UnknownRule;

typedef struct RegistrationConfig {
    double bins;              /* histogram bins per image */
    double levels;            /* resolution levels, coarse to fine */
    double sample_spacing_mm; /* of the finest level */
    double max_iterations;    /* per level */
    double max_rotation_deg;  /* starts of the coarse search cover +- this */
    double min_quality;       /* below it: flag registration_poor */
} RegistrationConfig;

/* Density by CT number: straight lines through three points, level beyond the last. */
typedef struct HuCurve {
    double air_hu, air_g_ml;
    double water_hu, water_g_ml;
    double bone_hu, bone_g_ml;
} HuCurve;

typedef struct MonteCarloConfig {
    double histories;  /* decays followed per treatment */
    double seed;       /* of the counter-based random numbers */
    double cutoff_kev; /* an electron below it gives up its energy where it is */
} MonteCarloConfig;

typedef struct DeconvolutionConfig {
    double iterations;
    double regularisation; /* weight of the total variation */
} DeconvolutionConfig;

/* Of the linear-quadratic model, for one tissue. */
typedef struct RadiobiologyConfig {
    double alpha_beta_gy;
    double repair_half_time_h;
} RadiobiologyConfig;

typedef struct DoseConfig {
    unsigned methods;        /* bit set of 1u << DoseMethod */
    unsigned derived;        /* bit set of 1u << DerivedMap */
    int derived_choice;      /* as configured: 0 is auto, else DoseMethod + 1 */
    int derived_from;        /* DoseMethod: what that comes to */
    int density_source;      /* DensitySource, of local deposition and Monte Carlo */
    double density_g_ml;     /* of soft tissue: of the kernel, and where there is no CT */
    double min_density_g_ml; /* a voxel of the PET of less counts as this */
    HuCurve hu_curve;
    int bremsstrahlung_tail; /* BremsstrahlungTail */
    MonteCarloConfig monte_carlo;
    DeconvolutionConfig deconvolution;
    RadiobiologyConfig tumour, normal_liver;
    double min_registration_quality; /* of a CT or liver mask that is to be used */
    double lung_mass_kg;             /* that the shunted activity irradiates */
    double kernel_radius_mm;         /* in the kernel's own medium */
    double max_half_life_difference; /* header against nuclide, fraction; beyond: failed */
    double max_delay_half_lives;     /* administration to PET; beyond: failed */
    double max_negative_fraction;    /* of the positive activity, in negative voxels; flagged */
    double max_carried_over;         /* share of another treatment in a PET; beyond: flagged */
} DoseConfig;

typedef struct CalibrationConfig {
    int method;            /* CalibrationMethod */
    int region;            /* CalibrationRegion */
    double factor;         /* of a scanner without a factor of its own */
    double uncertainty;    /* relative standard uncertainty of the factor, likewise */
    int positron_fraction; /* PositronFractionRule */
    double max_positron_fraction_difference;
    double ratio_tolerance; /* |image activity / net administered - 1| beyond it is flagged */
} CalibrationConfig;

typedef struct SegmentationConfig {
    int dose_method;                 /* DoseMethod whose map gives Davg */
    double part_fraction;            /* see label_map_coverage */
    double min_coverage;             /* fraction of a lesion that the dose map must cover */
    double min_registration_quality; /* of the way from a lesion to the dose map */
    double lung_density_g_ml;        /* of the lung where the PET shows it */
    double dvh_bin_gy;
} SegmentationConfig;

typedef struct StratificationConfig {
    double threshold_gy;
    double max_underdosed;
    double ablation_max_diameter_mm;
    double vessel_min_diameter_mm;
    double contact_tolerance_mm; /* NaN: one voxel diagonal of the segmentation grid */
    double max_imaging_delay_h;
    bool allow_late_imaging;
    int diameter; /* DiameterChoice */
    bool dose_tie_is_underdosed;
    bool size_tie_is_amenable;
    bool vessel_tie_is_large;
    int unknown_progression; /* UnknownRule */
    int unknown_vessels;     /* UnknownRule */
} StratificationConfig;

/* Which of a lesion's two doses a scenario takes. */
typedef enum PartialVolume {
    PARTIAL_VOLUME_NONE,     /* Davg as the map has it */
    PARTIAL_VOLUME_RECOVERED /* over the recovery coefficient */
} PartialVolume;

/* from, from + step, ... to. */
typedef struct Range {
    double from, to, step;
} Range;

/* The grid of scenarios: every combination. */
typedef struct ScenarioConfig {
    unsigned dose_methods;   /* bit set of 1u << DoseMethod */
    unsigned partial_volume; /* bit set of 1u << PartialVolume */
    unsigned diameters;      /* bit set of 1u << DiameterChoice */
    Range calibration_percent;
    Range threshold_gy, ablation_max_diameter_mm, vessel_min_diameter_mm;
} ScenarioConfig;

typedef struct ProbabilityConfig {
    double samples;
    double seed;
    double diameter_uncertainty_mm;        /* standard; NaN: from the voxels */
    double vessel_distance_uncertainty_mm; /* standard; NaN: from the voxels */
} ProbabilityConfig;

/* Stereotactic radiotherapy of the underdosed lesions, as proposed. */
typedef struct SbrtConfig {
    double fractions, dose_per_fraction_gy;
    double margin_mm;        /* from the lesion to the surface that gets the full dose */
    double half_distance_mm; /* beyond it, in which the dose falls to a half */
    double spared_below_gy;  /* liver of less, of all fractions, is spared */
} SbrtConfig;

/* Ablation of the underdosed lesions, as proposed. */
typedef struct AblationConfig {
    double margin_mm; /* of liver that goes with a lesion */
} AblationConfig;

typedef enum ResponseCriterion {
    RESPONSE_WHO,
    RESPONSE_RECIST,
    RESPONSE_RECIST_1_1,
    RESPONSE_MRECIST,
    RESPONSE_CRITERION_COUNT
} ResponseCriterion;

/* The numbers of one criterion. */
typedef struct ResponseRule {
    double partial_percent;     /* decrease from the baseline sum, at least: PR */
    double progression_percent; /* increase over the nadir: PD (see progression_tie) */
    double min_increase_mm;     /* absolute increase over the nadir that PD also needs; 0: none */
    double targets_per_organ;   /* at most; 0: no limit */
    double targets;             /* of all organs, at most; 0: no limit */
} ResponseRule;

typedef struct ResponseConfig {
    ResponseRule rules[RESPONSE_CRITERION_COUNT];
    double node_normal_mm;     /* a lymph node of a smaller short axis is normal */
    double too_small_mm;       /* diameter of a lesion that is seen but too small to measure */
    double min_target_mm;      /* a smaller target is flagged target_not_measurable */
    double min_target_node_mm; /* likewise, short axis of a lymph node */
    double min_stable_days;    /* from baseline, for SD to count as a best response */
    bool progression_tie_is_progression; /* an increase of exactly progression_percent */
    int unknown_non_target;              /* UnknownRule: of non-target progression */
} ResponseConfig;

typedef struct SweepConfig {
    double from_gy, to_gy, step_gy;
} SweepConfig;

typedef struct Config {
    char path[CONFIG_PATH_SIZE];
    char patients_sheet[CONFIG_PATH_SIZE]; /* absolute, or relative to the working folder */
    char treatments_sheet[CONFIG_PATH_SIZE];
    char images_sheet[CONFIG_PATH_SIZE];
    char followup_sheet[CONFIG_PATH_SIZE]; /* "" without one */
    char run_folder[CONFIG_PATH_SIZE];
    char nuclide_name[CONFIG_TEXT_SIZE];
    char nuclide_path[CONFIG_PATH_SIZE]; /* of the file that this comes to */
    char report_title[CONFIG_TEXT_SIZE];
    char scanner_folder[CONFIG_TEXT_SIZE];
    char rule_folder[CONFIG_TEXT_SIZE];
    char rule_set[CONFIG_TEXT_SIZE];     /* the one that decides */
    char rules_path[CONFIG_PATH_SIZE];   /* the folder that `rule_folder` comes to */
    char rules_digest[DIGEST_TEXT_SIZE]; /* of its files */
    double report_max_dose_gy;
    Nuclide nuclide;
    ScannerList scanners;
    CalibrationConfig calibration;
    RegistrationConfig registration;
    DoseConfig dose;
    SegmentationConfig segmentation;
    StratificationConfig stratification;
    SweepConfig sweep;
    ScenarioConfig scenarios;
    ProbabilityConfig probability;
    SbrtConfig sbrt;
    AblationConfig ablation;
    ResponseConfig response;
} Config;

/* Name of a dose method as in the configuration and in dose.h5; of a derived map likewise. */
const char *dose_method_name(int method);
const char *derived_map_name(int map);

/* Reads and checks `path`; missing keys take their defaults. `nuclide: y90` names
 * <configs>/nuclides/y90.yaml; a value that ends in .yaml is a path. `scanners: auto` is the folder
 * <configs>/scanners; another value is a folder relative to the file; `rules` likewise. */
Status config_load(const char *path, Config *config, Error *error);

/* The configuration in effect, defaults included, as canonical "key: value" lines, for the given
 * sections (NULL-terminated array of names such as "dose"; "nuclide" adds the nuclide's values
 * and digest, "scanners" and "rules" the digests of their folders' files). Paths of the cohort are
 * left out: they are host-dependent. New string, caller frees; NULL when out of memory. */
char *config_text(const Config *config, const char *const sections[]);

#endif
