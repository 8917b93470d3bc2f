/* Which image everything is brought to, and which image of a foreign space is registered.
 *
 * The PET that carries the dose grid is the first treatment's; the reference is the anatomical
 * image acquired with it, if there is one. Rules: docs/file-format.md, register.h5. */
#ifndef YTTRIA_REGISTER_REFERENCE_H
#define YTTRIA_REGISTER_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/geometry.h"
#include "core/table.h"

enum { IMAGE_TEXT_SIZE = 256 };

/* What the choice depends on; one entry per image of convert.h5, sorted by name. */
typedef struct ImageEntry {
    char name[IMAGE_TEXT_SIZE];
    char role[IMAGE_TEXT_SIZE];
    char timepoint[IMAGE_TEXT_SIZE];
    char frame[IMAGE_TEXT_SIZE]; /* of reference; "none" where the format cannot say */
    Grid grid;
} ImageEntry;

/* True if both have a frame of reference and it is the same one. */
bool reference_share_frame(const ImageEntry *a, const ImageEntry *b);

/* The PET of the first treatment: the one whose timepoint is the treatment's name; with one
 * treatment and one PET, that PET. STATUS_BAD_DATA, saying what to do, if there is no treatment, no
 * PET, or several PETs of which none has the treatment's name. */
Status reference_choose_pet(const ImageEntry *images, size_t count, const Table *treatments,
                            size_t *pet, Error *error);

/* The anatomy at the PET's timepoint, else any anatomy (one in the PET's frame first); without
 * anatomy the ct or mr at the PET's timepoint, else one in the PET's frame, so that masks drawn on
 * it keep its finer grid; else the PET itself, never another PET. Among equals the one in the PET's
 * frame, then the first by name. */
size_t reference_choose(const ImageEntry *images, size_t count, size_t pet);

/* Of the images that share the frame of `image`, the one to register for all of them: anatomy
 * before ct before mr before pet, then the first by name. `image` itself if it has no frame. */
size_t reference_representative(const ImageEntry *images, size_t count, size_t image);

#endif
