/* The patients of a cohort and where their decisions are, sorted by center and patient. */
#ifndef YTTRIA_AGGREGATE_SOURCE_LIST_H
#define YTTRIA_AGGREGATE_SOURCE_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "core/batch.h"
#include "core/digest.h"

typedef struct Source {
    char *center, *patient;
    char *path;                    /* of stratify.h5 */
    char *missing;                 /* why there is no decision; NULL if there is one */
    bool is_unreadable;            /* the file is there, but cannot be read */
    char digest[DIGEST_TEXT_SIZE]; /* of the file; "" without one */
} Source;

typedef struct SourceList {
    Source *sources;
    size_t count;
} SourceList;

/* The patients of a batch; files are <run>/<center>/<patient>/stratify.h5, reasons for missing
 * ones come from the run's status tables. Free with source_list_free, also after a failure. */
Status source_list_from_batch(const Batch *batch, const char *run, SourceList *list, Error *error);

/* The patients of the given files, which say themselves whose they are. A file that cannot be
 * read, or a patient twice, is an error. */
Status source_list_from_files(const char *const *paths, size_t n_paths, SourceList *list,
                              Error *error);

void source_list_free(SourceList *list);

/* Notes that source `n` cannot be read, and why. */
Status source_list_mark_unreadable(SourceList *list, size_t n, const char *why, Error *error);

/* One digest of everything that the cohort's files are made from: patients, contents of their
 * decisions or why there is none, and this program. */
Status source_list_digest(const SourceList *list, const char *configuration,
                          char digest[DIGEST_TEXT_SIZE], Error *error);

#endif
