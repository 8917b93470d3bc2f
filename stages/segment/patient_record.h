/* What segment.h5 repeats of the files before it, so that later stages need no other. */
#ifndef YTTRIA_SEGMENT_PATIENT_RECORD_H
#define YTTRIA_SEGMENT_PATIENT_RECORD_H

#include "core/store.h"

/* Copies the attributes of /patient (progression, and the clinical values that are there) to
 * `output`, the table /followup, progression and imaging delay to its root, and the flags of all
 * three inputs, with `own_flags` (names separated by ';') after them. */
Status patient_record_copy(const Store *convert, const Store *registered, const Store *dose,
                           const char *own_flags, Store *output, Error *error);

#endif
