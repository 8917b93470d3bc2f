/* Where the liver is in a PET: the union of the imported liver and lesion masks, through the
 * registration, as the fraction of every voxel that they fill. */
#ifndef YTTRIA_DOSE_LIVER_REGION_H
#define YTTRIA_DOSE_LIVER_REGION_H

#include "core/store.h"

typedef enum LiverRegionStatus {
    LIVER_REGION_NONE,    /* no liver was imported */
    LIVER_REGION_UNKNOWN, /* one was, but where it lies in the PET is not known */
    LIVER_REGION_KNOWN
} LiverRegionStatus;

typedef struct LiverRegion {
    LiverRegionStatus status;
    Volume weights;  /* on the PET's grid, 0 to 1; only if known */
    double coverage; /* fraction of the masks' volume inside the PET; only if known */
} LiverRegion;

/* Reads the structures of roles `liver` and `lesion` of convert.h5 and brings them to image `pet`,
 * whose grid is `grid`. Unknown if one of them lies in a space that register.h5 does not relate to
 * the PET's, comes by a registration of quality below `min_quality`, or if together they do not
 * reach the PET. Fails only if a file cannot be read. Free with liver_region_free. Memory: twice
 * the PET's, and one mask. */
Status liver_region_read(const Store *convert, const Store *registered, const char *pet,
                         const Grid *grid, double min_quality, LiverRegion *region, Error *error);
void liver_region_free(LiverRegion *region); /* already freed is fine */

/* The union of two regions of one grid, of which only fractions are known, into the first: their
 * sum, at most 1. Exact where one holds the other's voxel whole (a lesion in a liver) or both share
 * it without overlap (a lesion in a gap of the liver's mask); too large, by the overlap, in voxels
 * where a lesion reaches the liver's surface. */
void liver_region_unite(Volume *region, const Volume *other);

#endif
