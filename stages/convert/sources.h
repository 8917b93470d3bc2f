/* What a patient's convert.h5 is made of: digests, to know when it is out of date. */
#ifndef YTTRIA_CONVERT_SOURCES_H
#define YTTRIA_CONVERT_SOURCES_H

#include "convert/sheets.h"

/* Lines "<sha256>  <kind>" for the patient's rows of the three sheets (without paths) and for
 * every file or folder that images.tsv names, with sidecars, in the order of the sheet; new
 * string, the caller frees it. STATUS_NO_INPUT, naming the line, if one is missing. */
Status sources_digest(const Sheets *sheets, const char *center, const char *patient, char **digests,
                      Error *error);

/* Bytes of those files; missing ones count nothing. */
double sources_size_bytes(const Sheets *sheets, const char *center, const char *patient);

#endif
