/* The register stage: convert.h5 in, register.h5 out (docs/file-format.md). */
#ifndef YTTRIA_REGISTER_REGISTER_H
#define YTTRIA_REGISTER_REGISTER_H

#include "core/stage.h"

/* One patient: chooses the PET and the reference, finds the transform of every image, writes
 * transforms, resampled images, frames and the quality table. */
Status register_process(const PatientJob *job, Error *error);

#endif
