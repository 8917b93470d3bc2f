/* Which region of interest of a mask file is what: "1=liver;2=lesion:L1;GTV_Mass=lesion:L2".
 *
 * A key is a NIfTI label value, a SEG segment label or number, or an RTSTRUCT ROI name or number;
 * a value is role[:label]. Roles are a closed list: a mistyped "leison" that was let through would
 * silently take a lesion out of the stratum. What is none of them is "other:<label>". */
#ifndef YTTRIA_CONVERT_STRUCTURE_MAP_H
#define YTTRIA_CONVERT_STRUCTURE_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

enum { STRUCTURE_KEY_SIZE = 128, STRUCTURE_ROLE_SIZE = 24, STRUCTURE_LABEL_SIZE = 32 };

/* What a structure is. `label` may be "" (a lesion without one is numbered on import). */
typedef struct StructureName {
    char role[STRUCTURE_ROLE_SIZE];
    char label[STRUCTURE_LABEL_SIZE];
} StructureName;

typedef struct StructureMapEntry {
    char key[STRUCTURE_KEY_SIZE];
    StructureName name;
    bool is_found; /* a structure of that key was met */
} StructureMapEntry;

enum { STRUCTURE_PRESENT_SIZE = 512 };

/* Owns `entries`. `present` collects what the files hold, for messages. */
typedef struct StructureMap {
    StructureMapEntry *entries;
    size_t count; /* 0: no map was given, names must speak for themselves */
    size_t n_found;
    char present[STRUCTURE_PRESENT_SIZE];
} StructureMap;

/* Parses `text` (NULL or blank: no map). STATUS_BAD_DATA naming the entry that is malformed, has an
 * unknown role, repeats a key or gives a second lesion the same label. Free with
 * structure_map_free. */
Status structure_map_parse(const char *text, StructureMap *map, Error *error);
void structure_map_free(StructureMap *map);

/* What the structure called `name` (may be "") with that number is. False: not wanted. With a map,
 * a key equal to the name goes before one equal to the number. Without, only names that say it
 * plainly count: a role alone ("Liver"), "role:label" or, for lesions, "lesion_L1"; letter case
 * does not matter. Notes the structure in map->present. */
bool structure_map_match(StructureMap *map, const char *name, long number, StructureName *found);

/* After all files: STATUS_BAD_DATA if an entry met nothing or, without a map, if no name spoke for
 * itself; the message lists what is there. */
Status structure_map_check_found(const StructureMap *map, Error *error);

#endif
