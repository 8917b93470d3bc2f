/* Points in time as the trial's sheets and the scanners write them.
 *
 * ISO 8601 "2024-03-05T10:35:00[.fff][+01:00|Z]". A time without an offset is the local time of
 * the center; two such times can be subtracted, and so can two with offsets; if only one has an
 * offset, it is dropped and the caller is told, because the answer then assumes one clock. */
#ifndef YTTRIA_CORE_TIMESTAMP_H
#define YTTRIA_CORE_TIMESTAMP_H

#include <stdbool.h>

#include "core/error.h"

typedef struct Timestamp {
    double local_s; /* seconds of the written clock since 1970-01-01T00:00:00 */
    bool has_offset;
    double offset_s; /* east of UTC positive; 0 without offset */
} Timestamp;

enum { TIMESTAMP_TEXT_SIZE = 48 };

/* Parses ISO 8601 (a space may stand for the T; seconds may be missing). STATUS_BAD_DATA. */
Status timestamp_parse(const char *text, Timestamp *time, Error *error);

/* From DICOM DA "YYYYMMDD" and TM "HHMMSS.FFFFFF", and (0008,0201) "+0100" or "" if absent. */
Status timestamp_from_dicom(const char *date, const char *time_of_day, const char *utc_offset,
                            Timestamp *time, Error *error);

/* From DICOM DT "YYYYMMDDHHMMSS.FFFFFF&ZZXX"; `utc_offset` applies if the DT has none. */
Status timestamp_from_dicom_datetime(const char *datetime, const char *utc_offset, Timestamp *time,
                                     Error *error);

/* ISO 8601, millisecond resolution, fraction left out when zero, offset kept where known. */
void timestamp_format(const Timestamp *time, char text[TIMESTAMP_TEXT_SIZE]);

Timestamp timestamp_add_s(const Timestamp *time, double seconds);

/* later - earlier in seconds. `*assumes_one_clock` (may be NULL) is set when only one of the two
 * has an offset. */
double timestamp_difference_s(const Timestamp *later, const Timestamp *earlier,
                              bool *assumes_one_clock);

#endif
