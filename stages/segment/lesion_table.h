/* The tables of segment.h5 that speak of lesions: /lesions, /vessel_profile, /dvh/<lesion>. */
#ifndef YTTRIA_SEGMENT_LESION_TABLE_H
#define YTTRIA_SEGMENT_LESION_TABLE_H

#include "core/store.h"
#include "segment/lesion.h"

/* Writes all three for `count` lesions (docs/file-format.md); none: empty tables. A '/' in a
 * lesion's label becomes '_' in the name of its DVH, which HDF5 would take for a folder. */
Status lesion_tables_write(Store *output, const Lesion *lesions, size_t count, double dvh_bin_gy,
                           Error *error);

#endif
