/* A set of voxels in a box of an endless right-angled lattice: structures brought to one common
 * grid, so that distances between them mean something.
 *
 * The lattice is that of a grid, continued beyond it; nothing of a structure is cut off. */
#ifndef YTTRIA_SEGMENT_MASK_H
#define YTTRIA_SEGMENT_MASK_H

#include "segment/structure.h"

typedef struct Mask {
    long first[3];         /* lattice index of the box's first voxel */
    size_t size[3];        /* of the box */
    double spacing_mm[3];  /* of the lattice */
    unsigned char *inside; /* owned; 1 inside, 0 outside, i fastest */
} Mask;

/* The lattice on which structures are compared: the grid itself, its axes made perpendicular if
 * it is sheared (j loses its part along i, k its parts along both). */
Grid mask_lattice(const Grid *reference);

/* Brings one structure onto the lattice. Where its own grid coincides with the lattice (to 0.001
 * voxel) the voxels are copied; else a voxel is inside if the structure fills at least half of
 * it, and if none is half full, the fullest one is. The box holds the structure with at least one
 * layer of outside voxels around it. `mask` is allocated here. Memory: 1 byte per voxel of the
 * box, and while resampling 4 more. */
Status mask_place(const Structure *structure, const Grid *lattice, Mask *mask, Error *error);

/* The union of all structures of that role, in a box that holds them with one layer around.
 * STATUS_BAD_DATA if there is none. */
Status mask_place_role(const StructureList *list, const char *role, const Grid *lattice, Mask *mask,
                       Error *error);

size_t mask_voxel_count(const Mask *mask); /* of the box, inside or not */
bool mask_contains(const Mask *mask, const long index[3]);
void mask_free(Mask *mask);

/* Sets `label` in `map`, whose grid is the lattice's, at every voxel inside; parts of the mask
 * beyond the grid are dropped. */
void mask_paint(const Mask *mask, uint16_t label, LabelMap *map);

#endif
