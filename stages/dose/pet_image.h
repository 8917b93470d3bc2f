/* A PET of convert.h5 as the dose stage wants it: finite Bq/mL with known times, on a usable grid.
 */
#ifndef YTTRIA_DOSE_PET_IMAGE_H
#define YTTRIA_DOSE_PET_IMAGE_H

#include "core/store.h"
#include "core/timestamp.h"

enum { PET_IMAGE_TEXT_SIZE = 128 };

/* What the scanner has done about decay. */
typedef enum PetDecayCorrection {
    PET_DECAY_CORRECTED, /* START or ADMIN: voxels are at the reference */
    PET_DECAY_NONE       /* voxels are means over their frames */
} PetDecayCorrection;

typedef struct PetImage {
    Volume activity;       /* Bq/mL as stored: slice factors not applied */
    double *slice_factors; /* one per k: to `reference`, by the header's half-life */
    PetDecayCorrection decay_correction;
    Timestamp reference;                    /* the instant the Bq/mL refer to */
    Timestamp acquisition;                  /* start of the first frame */
    double half_life_s;                     /* of the header; NaN where it has none */
    double frame_duration_s;                /* NaN where the header has none */
    double positron_fraction;               /* likewise */
    char radionuclide[PET_IMAGE_TEXT_SIZE]; /* "unknown" where the header has none */
    char manufacturer[PET_IMAGE_TEXT_SIZE]; /* "" where the header has none */
    char model[PET_IMAGE_TEXT_SIZE];        /* likewise */
    char scanner[2 * PET_IMAGE_TEXT_SIZE];  /* manufacturer and model */
} PetImage;

/* Reads `/images/<image>`. STATUS_BAD_DATA, naming the image and the field, if a time is missing,
 * units are not Bq mL-1, a voxel is NaN or infinite, a voxel edge is outside 0.5 to 12 mm, axes
 * are not at right angles, or slice factors do not match the slices. Free with pet_image_free. */
Status pet_image_read(const Store *convert, const char *image, PetImage *pet, Error *error);
void pet_image_free(PetImage *pet); /* NULL and already freed are fine */

/* Voxel edges within 0.5 to 12 mm and axes at right angles, which the voxel kernel needs. */
Status pet_image_check_grid(const Grid *grid, Error *error);

#endif
