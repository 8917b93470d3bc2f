/* dataset_description.json of a run, in the style of a BIDS derivative. */
#ifndef YTTRIA_AGGREGATE_DATASET_DESCRIPTION_H
#define YTTRIA_AGGREGATE_DATASET_DESCRIPTION_H

#include "core/error.h"

/* Writes the file: `name` of the data set, this program and its version, and the sources by the
 * digest of their contents; no path of the archive. */
Status dataset_description_write(const char *path, const char *name, const char *inputs_digest,
                                 Error *error);

#endif
