/* The trial's configuration: every threshold and choice, one YAML file, checked key by key.
 *
 * The table in config.c is the single list of keys, kinds, defaults and ranges. An unknown key
 * is an error that names file and line. Paths are relative to the configuration file. */
#ifndef YTTRIA_CORE_CONFIG_H
#define YTTRIA_CORE_CONFIG_H

#include <stdbool.h>

#include "core/error.h"
#include "core/nuclide.h"

enum { CONFIG_PATH_SIZE = 4096, CONFIG_TEXT_SIZE = 256 };

typedef enum CalibrationMethod {
    CALIBRATION_ABSOLUTE,             /* PET Bq/mL times `factor` */
    CALIBRATION_ADMINISTERED_ACTIVITY /* scaled so that the image holds the net activity */
} CalibrationMethod;

typedef enum DoseMethod { DOSE_KERNEL, DOSE_LOCAL_DEPOSITION } DoseMethod;
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

typedef struct DoseConfig {
    unsigned methods;                /* bit set of 1u << DoseMethod */
    double density_g_ml;             /* of soft tissue */
    double kernel_radius_mm;         /* in the kernel's own medium */
    double max_half_life_difference; /* header against nuclide, fraction; beyond: failed */
    double max_carried_over;         /* share of another treatment in a PET; beyond: flagged */
} DoseConfig;

typedef struct CalibrationConfig {
    int method; /* CalibrationMethod */
    double factor;
    double ratio_tolerance; /* |image activity / net administered - 1| beyond it is flagged */
} CalibrationConfig;

typedef struct SegmentationConfig {
    int dose_method;                 /* DoseMethod whose map gives Davg */
    double part_fraction;            /* see label_map_coverage */
    double min_coverage;             /* fraction of a lesion that the dose map must cover */
    double min_registration_quality; /* of the way from a lesion to the dose map */
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

typedef struct SweepConfig {
    double from_gy, to_gy, step_gy;
} SweepConfig;

typedef struct Config {
    char path[CONFIG_PATH_SIZE];
    char patients_sheet[CONFIG_PATH_SIZE]; /* absolute, or relative to the working folder */
    char treatments_sheet[CONFIG_PATH_SIZE];
    char images_sheet[CONFIG_PATH_SIZE];
    char run_folder[CONFIG_PATH_SIZE];
    char nuclide_name[CONFIG_TEXT_SIZE];
    char report_title[CONFIG_TEXT_SIZE];
    double report_max_dose_gy;
    Nuclide nuclide;
    CalibrationConfig calibration;
    RegistrationConfig registration;
    DoseConfig dose;
    SegmentationConfig segmentation;
    StratificationConfig stratification;
    SweepConfig sweep;
} Config;

/* Reads and checks `path`; missing keys take their defaults. `nuclide: y90` names
 * <configs>/nuclides/y90.yaml; a value that ends in .yaml is a path. */
Status config_load(const char *path, Config *config, Error *error);

/* The configuration in effect, defaults included, as canonical "key: value" lines, for the given
 * sections (NULL-terminated array of names such as "dose"; "nuclide" adds the nuclide's values
 * and digest). Paths of the cohort are left out: they are host-dependent. New string, caller
 * frees; NULL when out of memory. */
char *config_text(const Config *config, const char *const sections[]);

#endif
