/* The nuclide: one half-life and one energy for every dose method (configs/nuclides/). */
#ifndef YTTRIA_CORE_NUCLIDE_H
#define YTTRIA_CORE_NUCLIDE_H

#include <stddef.h>

#include "core/digest.h"
#include "core/error.h"

enum { NUCLIDE_TEXT_SIZE = 256, NUCLIDE_PATH_SIZE = 4096 };

typedef struct Nuclide {
    char name[NUCLIDE_TEXT_SIZE]; /* as in DICOM and PET-BIDS, e.g. "Y-90" */
    double half_life_h;
    double mean_energy_mev;              /* charged-particle energy per decay, absorbed locally */
    double positron_yield;               /* positrons per decay */
    char kernel_path[NUCLIDE_PATH_SIZE]; /* point kernel CSV; "" if the nuclide has none */
    double kernel_density_g_ml;          /* of the medium in which the kernel was computed */
    char digest[DIGEST_TEXT_SIZE];       /* of the nuclide file and its kernel file */
} Nuclide;

/* Reads a nuclide file (YAML). STATUS_CONFIG with file and line if it is wrong. */
Status nuclide_load(const char *path, Nuclide *nuclide, Error *error);

/* Decay constant, 1/s. */
double nuclide_decay_constant_per_s(const Nuclide *nuclide);

/* Mean absorbed dose per unit of initial activity concentration by mass, Gy per (Bq/g), for
 * complete decay and complete local absorption: 1000 * (T1/2 / ln 2) * E. */
double nuclide_dose_factor_gy_per_bq_g(const Nuclide *nuclide);

#endif
