/* The structures of a patient: imported masks, each on its own grid, with the way from its space
 * to the reference's. */
#ifndef YTTRIA_SEGMENT_STRUCTURE_H
#define YTTRIA_SEGMENT_STRUCTURE_H

#include "core/store.h"

enum { STRUCTURE_TEXT_SIZE = 128 };

typedef struct Structure {
    char name[STRUCTURE_TEXT_SIZE];  /* of the group in convert.h5 */
    char role[STRUCTURE_TEXT_SIZE];  /* "liver", "lesion", "vessel", ... */
    char label[STRUCTURE_TEXT_SIZE]; /* "L1"; the name where there is none */
    LabelMap mask;                   /* 1 inside */
    Affine to_reference;             /* its millimetres to reference millimetres */
    double registration_quality;     /* of that map, 0 to 1 */
} Structure;

typedef struct StructureList {
    Structure *structures;
    size_t count;
} StructureList;

/* Reads the structures of roles liver, lesion, vessel, lung, bile_duct, stomach, bowel,
 * small_bowel, colon and duodenum, sorted by label as people count (L2 before L10). STATUS_BAD_DATA
 * if a structure's space is unknown to register.h5, its mask is empty, or two lesions carry the
 * same label: the message names the structure. Free with structure_list_free, also after a failure.
 * Memory: 2 bytes per voxel of the cropped masks. */
Status structure_list_read(const Store *convert, const Store *registered, StructureList *list,
                           Error *error);
void structure_list_free(StructureList *list);

/* The quality that register gave a transform of register.h5; 1 if it gave none. */
Status structure_read_quality(const Store *registered, const char *transform, double *quality,
                              Error *error);

bool structure_has_role(const Structure *structure, const char *role);

/* Number of structures with the role. */
size_t structure_list_count(const StructureList *list, const char *role);

/* The n-th structure of that role, in the list's order; there must be that many. */
const Structure *structure_list_nth(const StructureList *list, const char *role, size_t n);

/* How far the way between two structures can be trusted, 0 to 1: the lower quality of their two
 * registrations, 1 if they lie in the same space. */
Status structure_relation_trust(const Structure *a, const Structure *b, double *trust,
                                Error *error);

#endif
