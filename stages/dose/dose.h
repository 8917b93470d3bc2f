/* The dose stage: convert.h5 and register.h5 become dose.h5 (docs/file-format.md). */
#ifndef YTTRIA_DOSE_DOSE_H
#define YTTRIA_DOSE_DOSE_H

#include "core/stage.h"

/* One patient: the inputs are convert and register, in this order. A Stage.process. */
Status dose_process(const PatientJob *job, Error *error);

#endif
