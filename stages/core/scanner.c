/* The folder of scanners: each file a small settings file. */
#include "core/scanner.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/settings.h"

_Static_assert((int)SCANNER_TEXT_SIZE == (int)SETTINGS_TEXT_SIZE, "settings fill texts");

#define TEXT(key, member, standard)                                                                \
    { key, SETTING_TEXT, offsetof(Scanner, member), standard, 0, 0, NULL }
#define NUMBER(key, member, min, max)                                                              \
    { key, SETTING_NUMBER_OR_AUTO, offsetof(Scanner, member), "auto", min, max, NULL }

static const SettingKey scanner_keys[] = {
    TEXT("manufacturer", manufacturer, NULL),
    TEXT("model", model, NULL),
    TEXT("center", center, ""),
    NUMBER("calibration.factor", calibration_factor, 1e-3, 1e3),
    NUMBER("calibration.uncertainty", calibration_uncertainty, 0, 1),
    NUMBER("psf.fwhm_transaxial_mm", fwhm_transaxial_mm, 0.5, 30),
    NUMBER("psf.fwhm_axial_mm", fwhm_axial_mm, 0.5, 30),
    NUMBER("sensitivity_cps_per_mbq", sensitivity_cps_per_mbq, 1e-6, 1e6),
    NUMBER("recovery.d0_mm", recovery.d0_mm, 0.1, 200),
    NUMBER("recovery.exponent", recovery.exponent, 0.1, 20),
    NUMBER("recovery.d0_standard_error_mm", recovery.d0_standard_error_mm, 0, 200),
    NUMBER("recovery.exponent_standard_error", recovery.exponent_standard_error, 0, 20),
    NUMBER("recovery.correlation", recovery.correlation, -1, 1),
    NUMBER("recovery.min_diameter_mm", recovery.min_diameter_mm, 0, 1000),
    NUMBER("recovery.max_diameter_mm", recovery.max_diameter_mm, 0, 1000),
};
enum { N_SCANNER_KEYS = sizeof scanner_keys / sizeof *scanner_keys };

/* Hidden files, such as those that desktops leave behind, are none. */
static int is_yaml(const struct dirent *entry) {
    size_t length = strlen(entry->d_name);
    return length > 5 && entry->d_name[0] != '.' &&
           strcmp(entry->d_name + length - 5, ".yaml") == 0;
}

/* By bytes: the digest must not depend on the locale. */
static int compare_names(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* An empty name would be that of every image whose header has none. */
static Status check_names(const Scanner *scanner, const char *path, Error *error) {
    if (scanner->manufacturer[0] == '\0' || scanner->model[0] == '\0') {
        return error_set(error, STATUS_CONFIG,
                         "%s: 'manufacturer' or 'model' is empty; write them as in the images' "
                         "headers",
                         path);
    }
    return STATUS_OK;
}

static Status check_diameters(const RecoveryCurve *recovery, const char *path, Error *error) {
    if (!isnan(recovery->d0_mm) && isnan(recovery->min_diameter_mm)) {
        return error_set(error, STATUS_CONFIG,
                         "%s: 'recovery.min_diameter_mm' is missing; give the diameter of the "
                         "smallest sphere measured: the curve holds for nothing smaller",
                         path);
    }
    if (recovery->min_diameter_mm > recovery->max_diameter_mm) {
        return error_set(error, STATUS_CONFIG,
                         "%s: 'recovery.min_diameter_mm' (%g) is above 'max_diameter_mm' (%g)",
                         path, recovery->min_diameter_mm, recovery->max_diameter_mm);
    }
    return STATUS_OK;
}

/* Both numbers of a pair, or neither. */
static Status check_pairs(const Scanner *scanner, const char *path, Error *error) {
    const struct {
        const char *names;
        double first, second;
    } pairs[] = {
        {"psf.fwhm_transaxial_mm and psf.fwhm_axial_mm", scanner->fwhm_transaxial_mm,
         scanner->fwhm_axial_mm},
        {"recovery.d0_mm and recovery.exponent", scanner->recovery.d0_mm,
         scanner->recovery.exponent},
    };
    for (size_t n = 0; n < sizeof pairs / sizeof *pairs; n++) {
        if (isnan(pairs[n].first) != isnan(pairs[n].second)) {
            return error_set(error, STATUS_CONFIG, "%s: give both %s, or neither", path,
                             pairs[n].names);
        }
    }
    return STATUS_OK;
}

static Status refuse_twice(const ScannerList *list, const Scanner *scanner, const char *path,
                           Error *error) {
    for (size_t n = 0; n < list->count; n++) {
        const Scanner *other = &list->scanners[n];
        if (strcasecmp(other->manufacturer, scanner->manufacturer) == 0 &&
            strcasecmp(other->model, scanner->model) == 0 &&
            strcmp(other->center, scanner->center) == 0) {
            return error_set(error, STATUS_CONFIG,
                             "%s: %s.yaml already describes this manufacturer, model and center",
                             path, other->name);
        }
    }
    return STATUS_OK;
}

/* Reads one file onto the end of the list; its digest joins `digests`. */
static Status load_one(const char *folder, const char *file, ScannerList *list, FILE *digests,
                       Error *error) {
    char path[SETTINGS_PATH_SIZE], digest[DIGEST_TEXT_SIZE];
    if (list->count == SCANNER_MAX_COUNT) {
        return error_set(error, STATUS_CONFIG, "%s: more than %d scanners", folder,
                         SCANNER_MAX_COUNT);
    }
    int length = snprintf(path, sizeof path, "%s/%s", folder, file);
    if (length < 0 || (size_t)length >= sizeof path) {
        return error_set(error, STATUS_CONFIG, "%s: the path is too long", file);
    }
    Scanner *scanner = &list->scanners[list->count];
    Status status = settings_read(path, scanner_keys, N_SCANNER_KEYS, scanner, error);
    if (status == STATUS_OK) {
        snprintf(scanner->name, sizeof scanner->name, "%.*s", (int)strlen(file) - 5, file);
        status = check_names(scanner, path, error);
    }
    if (status == STATUS_OK) {
        status = check_pairs(scanner, path, error);
    }
    if (status == STATUS_OK) {
        status = check_diameters(&scanner->recovery, path, error);
    }
    if (status == STATUS_OK) {
        status = refuse_twice(list, scanner, path, error);
    }
    if (status == STATUS_OK) {
        status = digest_path(path, digest, error);
    }
    if (status == STATUS_OK) {
        fprintf(digests, "%s %s\n", scanner->name, digest);
        list->count++;
    }
    return status;
}

Status scanner_list_load(const char *folder, ScannerList *list, Error *error) {
    struct dirent **entries = NULL;
    char *text = NULL;
    size_t size = 0;
    memset(list, 0, sizeof *list);
    int count = scandir(folder, &entries, is_yaml, compare_names);
    if (count < 0) {
        return error_set(error, STATUS_NO_INPUT, "%s: cannot read the folder of scanners: %s",
                         folder, strerror(errno));
    }
    FILE *digests = open_memstream(&text, &size);
    Status status = digests == NULL ? error_no_memory(error, "the scanners") : STATUS_OK;
    for (int n = 0; n < count; n++) {
        if (status == STATUS_OK) {
            status = load_one(folder, entries[n]->d_name, list, digests, error);
        }
        free(entries[n]);
    }
    free(entries);
    if (digests != NULL && fclose(digests) != 0 && status == STATUS_OK) {
        status = error_no_memory(error, "the scanners");
    }
    if (status == STATUS_OK) {
        status = digest_bytes(text, size, list->digest, error);
    }
    free(text);
    return status;
}

const Scanner *scanner_find(const ScannerList *list, const char *manufacturer, const char *model,
                            const char *center) {
    const Scanner *found = NULL;
    for (size_t n = 0; n < list->count; n++) {
        const Scanner *scanner = &list->scanners[n];
        bool is_of_center = strcmp(scanner->center, center) == 0;
        if (strcasecmp(scanner->manufacturer, manufacturer) == 0 &&
            strcasecmp(scanner->model, model) == 0 &&
            (is_of_center || (scanner->center[0] == '\0' && found == NULL))) {
            found = scanner;
        }
    }
    return found;
}
