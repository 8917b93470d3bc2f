/* /annotations of stratify.h5, and the summary of modalities. */
#ifndef YTTRIA_STRATIFY_ANNOTATIONS_FILE_H
#define YTTRIA_STRATIFY_ANNOTATIONS_FILE_H

#include "stratify/sbrt_file.h"

/* Asks the rule sets of config->rules_path that annotate, and writes the table /annotations and the
 * attribute `modalities` of "/". Nothing of the decision is changed: it is read only. Errors as of
 * annotation_facts_gather and annotations_ask. */
Status annotations_file_write(Store *output, const Store *segment, const LesionFile *file,
                              const Config *config, const StrataVerdict *verdicts,
                              const SbrtFindings *sbrt, Error *error);

#endif
