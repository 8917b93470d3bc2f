/* See radionuclide.h. Codes: DICOM PS3.16 CID 18 (isotopes) and CID 4020 (PET radionuclides).
 * Half-lives: ICRP Publication 107; they identify, nothing is decayed with them. */
#include "convert/radionuclide.h"

#include <math.h>
#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

typedef struct Radionuclide {
    const char *name;
    const char *symbol, *element;
    int mass;
    const char *srt, *sct;
    double half_life_s;
} Radionuclide;

static const Radionuclide nuclides[] = {
    {"Y-90", "y", "yttrium", 90, "C-162A7", "14691008", 230551},
    {"F-18", "f", "fluorine", 18, "C-111A1", "77004003", 6586.2},
    {"Ga-68", "ga", "gallium", 68, "C-131A3", "35337001", 4062.6},
    {"C-11", "c", "carbon", 11, "C-105A1", "40565003", 1223.4},
    {"N-13", "n", "nitrogen", 13, "C-107A1", "21576001", 597.9},
    {"O-15", "o", "oxygen", 15, "C-B1038", "129504001", 122.24},
    {"Rb-82", "rb", "rubidium", 82, "C-159A2", "79197006", 75.45},
    {"Cu-64", "cu", "copper", 64, "C-127A2", "3932008", 45720},
    {"Zr-89", "zr", "zirconium", 89, "C-168A4", "63360001", 282276},
    {"I-124", "i", "iodine", 124, "C-114A5", "40937006", 360806},
    {"Y-86", "y", "yttrium", 86, "C-162A3", "10738001", 53064},
    {"Ge-68", "ge", "germanium", 68, "C-128A2", "53315004", 23410080},
    {"Na-22", "na", "sodium", 22, "C-155A1", "71633006", 82132000},
};
enum { N_NUCLIDES = sizeof nuclides / sizeof nuclides[0] };

static const double half_life_tolerance = 0.02;

const char *radionuclide_from_code(const char *code) {
    for (int n = 0; n < N_NUCLIDES; n++) {
        if (strcmp(code, nuclides[n].srt) == 0 || strcmp(code, nuclides[n].sct) == 0) {
            return nuclides[n].name;
        }
    }
    return NULL;
}

static bool states(const char *text, const Radionuclide *nuclide) {
    char pattern[256];
    snprintf(pattern, sizeof pattern,
             "(^|[^a-z0-9])(%s|%s)[-^ ]*%d([^0-9.]|$)|(^|[^0-9.])%d\\^?[- ]?(%s|%s)([^a-z]|$)",
             nuclide->symbol, nuclide->element, nuclide->mass, nuclide->mass, nuclide->symbol,
             nuclide->element);
    regex_t expression;
    if (regcomp(&expression, pattern, REG_EXTENDED | REG_ICASE | REG_NOSUB) != 0) {
        return false;
    }
    bool is_stated = regexec(&expression, text, 0, NULL, 0) == 0;
    regfree(&expression);
    return is_stated;
}

const char *radionuclide_from_text(const char *text) {
    for (int n = 0; n < N_NUCLIDES; n++) {
        if (states(text, &nuclides[n])) {
            return nuclides[n].name;
        }
    }
    return NULL;
}

const char *radionuclide_from_half_life(double half_life_s) {
    for (int n = 0; n < N_NUCLIDES; n++) {
        double difference = fabs(half_life_s / nuclides[n].half_life_s - 1);
        if (difference < half_life_tolerance) {
            return nuclides[n].name;
        }
    }
    return NULL;
}
