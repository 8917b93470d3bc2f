/* All structures in one label map on the reference grid: for eyes, not for numbers. */
#ifndef YTTRIA_SEGMENT_LABEL_PICTURE_H
#define YTTRIA_SEGMENT_LABEL_PICTURE_H

#include "segment/structure.h"

/* Writes /labels: 1 liver, 2 vessel, 10 + n the n-th lesion of `list`; later over earlier. */
Status label_picture_write(Store *output, const StructureList *list, const Grid *reference,
                           Error *error);

#endif
