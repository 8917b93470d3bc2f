/* What is known of a PET scanner: its calibration, resolution and recovery (configs/scanners/).
 *
 * One YAML file per scanner, or per scanner and center; the file's name is the scanner's. What a
 * file leaves out, or calls auto, is unknown: NaN. */
#ifndef YTTRIA_CORE_SCANNER_H
#define YTTRIA_CORE_SCANNER_H

#include <stddef.h>

#include "core/digest.h"
#include "core/error.h"

enum { SCANNER_TEXT_SIZE = 256, SCANNER_MAX_COUNT = 64 };

/* Recovery of a sphere of diameter d, Gear et al. 2018 (EJNMMI 45:2456) in the diameter instead of
 * the volume: RC(d) = 1 / (1 + (d0 / d)^exponent). */
typedef struct RecoveryCurve {
    double d0_mm, exponent;
    double d0_standard_error_mm, exponent_standard_error, correlation; /* of the fit */
    double min_diameter_mm, max_diameter_mm; /* of the spheres that were measured */
} RecoveryCurve;

typedef struct Scanner {
    char name[SCANNER_TEXT_SIZE];         /* of the file, without .yaml */
    char manufacturer[SCANNER_TEXT_SIZE]; /* as in the image, in any case of letters */
    char model[SCANNER_TEXT_SIZE];
    char center[SCANNER_TEXT_SIZE]; /* only for this center's; "" for all */
    double calibration_factor;      /* on the scanner's Bq/mL of this nuclide */
    double calibration_uncertainty; /* relative standard uncertainty of that factor */
    double fwhm_transaxial_mm;      /* of the reconstructed image of a point */
    double fwhm_axial_mm;
    double sensitivity_cps_per_mbq; /* true coincidences per MBq of the nuclide */
    RecoveryCurve recovery;
} Scanner;

typedef struct ScannerList {
    size_t count;
    Scanner scanners[SCANNER_MAX_COUNT]; /* by file name */
    char digest[DIGEST_TEXT_SIZE];       /* of all files */
} ScannerList;

/* Reads every *.yaml of `folder`. STATUS_CONFIG naming file and line if one is wrong, two describe
 * the same scanner and center, or there are more than SCANNER_MAX_COUNT; STATUS_NO_INPUT if the
 * folder cannot be read. An empty folder is an empty list. */
Status scanner_list_load(const char *folder, ScannerList *list, Error *error);

/* The scanner of that manufacturer and model: the center's own entry first. NULL if unknown. */
const Scanner *scanner_find(const ScannerList *list, const char *manufacturer, const char *model,
                            const char *center);

#endif
