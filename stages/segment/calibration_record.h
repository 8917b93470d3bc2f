/* How the PETs behind the doses were calibrated, for whoever reads no further back. */
#ifndef YTTRIA_SEGMENT_CALIBRATION_RECORD_H
#define YTTRIA_SEGMENT_CALIBRATION_RECORD_H

#include "core/store.h"

/* From /treatments of `dose` to attributes of "/": `activity_ratio` (scanner's activity over net
 * administered) of the treatment where it is known and farthest from 1, NaN if nowhere;
 * `calibration_region`, `mixed` if treatments differ, `unknown` if the file does not say. */
Status calibration_record_write(const Store *dose, Store *output, Error *error);

#endif
