/* Where a file came from, and whether it is still what would be made today. */
#ifndef YTTRIA_CORE_PROVENANCE_H
#define YTTRIA_CORE_PROVENANCE_H

#include <stdbool.h>

#include "core/store.h"

typedef struct Provenance {
    const char *program;       /* "yttria-dose" */
    const char *command;       /* host-independent */
    const char *inputs;        /* lines "<sha256>  <kind>" */
    const char *configuration; /* the part in effect, config_text() */
} Provenance;

/* Writes the group /provenance. */
Status provenance_write(Store *store, const Provenance *provenance, Error *error);

/* True if the file at `path` exists, is whole, and was made by this build of this program from
 * these inputs with this configuration. */
bool provenance_is_current(const char *path, const Provenance *provenance);

/* Version of the project, e.g. "0.1.0". */
const char *provenance_version(void);

/* Digest of the sources this program was built from: what "the same program" means. */
const char *provenance_source_digest(void);

/* What --version prints. */
void provenance_print_version(const char *program);

#endif
