/* segment.h5 as the decision needs it: the lesion table and the facts about the patient. */
#ifndef YTTRIA_STRATIFY_LESION_FILE_H
#define YTTRIA_STRATIFY_LESION_FILE_H

#include "core/store.h"
#include "stratify/strata.h"

typedef struct LesionFile {
    StrataPatient patient; /* borrows from the members below */
    Flags flags;           /* of segment and of the stages before it */
    Table *table;          /* /lesions as it is */
    StrataLesion *lesions;
    StrataVessel *vessels; /* staircases of all lesions, one after the other */
} LesionFile;

/* Reads; the caller frees with lesion_file_free, also after a failure. STATUS_BAD_DATA if an
 * attribute, table or column is missing, a lesion is named twice or not at all, or a vessel row
 * names no lesion or is out of order. */
Status lesion_file_read(const Store *store, LesionFile *file, Error *error);

void lesion_file_free(LesionFile *file);

#endif
