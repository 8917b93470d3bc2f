/* How near lesions come to bile ducts, stomach and bowel. */
#ifndef YTTRIA_SEGMENT_ORGAN_DISTANCE_H
#define YTTRIA_SEGMENT_ORGAN_DISTANCE_H

#include "segment/lesion.h"

/* Fills bile_duct_distance_mm (role bile_duct) and bowel_distance_mm (roles stomach, bowel,
 * small_bowel, colon, duodenum: the nearest) of the `count` lesions, which are the lesions of
 * `list` in its order: between surfaces, measured as distances to vessels are
 * (vessel_profile_measure) on the lattice of `reference`. NaN, which is unknown and never "far",
 * without such a structure, or if one of them is related to the lesion by a registration below the
 * configured quality (flag `organs_misplaced`). What is not segmented is not seen: ask
 * organ_distance_bowel before believing that a lesion is far from the bowel. */
Status organ_distance_measure(const StructureList *list, const Grid *reference,
                              const SegmentationConfig *config, Lesion *lesions, size_t count,
                              Error *error);

/* "segmented": the stomach, and either a structure of role bowel or all of small_bowel, colon and
 * duodenum; "partial": some of these; "none". */
const char *organ_distance_bowel(const StructureList *list);

#endif
