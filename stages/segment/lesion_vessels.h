/* The vessels near every lesion of a patient. */
#ifndef YTTRIA_SEGMENT_LESION_VESSELS_H
#define YTTRIA_SEGMENT_LESION_VESSELS_H

#include "segment/lesion.h"

/* Fills `vessels` of each of the `count` lesions, which are the lesions of `list` in its order.
 * All vessel structures count as one; lesions and vessels are compared on the right-angled lattice
 * of `reference` (mask_lattice). Nothing happens if there is no vessel structure. A
 * lesion to which vessels come by a registration below the configured quality gets no profile and
 * the flag `vessels_misplaced`. */
Status lesion_vessels_measure(const StructureList *list, const Grid *reference,
                              const SegmentationConfig *config, Lesion *lesions, size_t count,
                              Error *error);

#endif
