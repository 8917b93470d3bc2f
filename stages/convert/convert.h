/* One patient from the archive into one de-identified file, convert.h5 (docs/file-format.md). */
#ifndef YTTRIA_CONVERT_CONVERT_H
#define YTTRIA_CONVERT_CONVERT_H

#include "core/stage.h"

/* The stage's functions; see core/stage.h. `shared` is a Sheets. */
Status convert_begin(const Config *config, void **shared, Error *error);
Status convert_digest_sources(void *shared, const char *center, const char *patient, char **digests,
                              double *cost, Error *error);
Status convert_patient(const PatientJob *job, Error *error);
void convert_end(void *shared);

#endif
