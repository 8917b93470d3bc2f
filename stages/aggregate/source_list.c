/* The patients of a cohort and where their decisions are (source_list.h). */
#include "aggregate/source_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aggregate/earlier_failure.h"
#include "core/isolation.h"
#include "core/provenance.h"
#include "core/store.h"

enum { NAME_SIZE = 256 };

static const char NO_FILE[] = "no stratify.h5: run stratify first";

void source_list_free(SourceList *list) {
    for (size_t i = 0; i < list->count; i++) {
        free(list->sources[i].center);
        free(list->sources[i].patient);
        free(list->sources[i].path);
        free(list->sources[i].missing);
    }
    free(list->sources);
    *list = (SourceList){.count = 0};
}

static Status reserve(SourceList *list, size_t count, Error *error) {
    *list = (SourceList){.sources = calloc(count + 1, sizeof *list->sources)};
    return list->sources != NULL ? STATUS_OK : error_no_memory(error, "the list of patients");
}

/* Appends a source; the list has room for it. */
static Status append(SourceList *list, const char *center, const char *patient, const char *path,
                     const char *missing, Error *error) {
    Source *source = &list->sources[list->count++];
    source->center = strdup(center);
    source->patient = strdup(patient);
    source->path = strdup(path);
    source->missing = missing != NULL ? strdup(missing) : NULL;
    if (source->center == NULL || source->patient == NULL || source->path == NULL ||
        (missing != NULL && source->missing == NULL)) {
        return error_no_memory(error, "the list of patients");
    }
    return STATUS_OK;
}

static int compare(const void *a, const void *b) {
    const Source *first = a, *second = b;
    int order = strcmp(first->center, second->center);
    return order != 0 ? order : strcmp(first->patient, second->patient);
}

Status source_list_mark_unreadable(SourceList *list, size_t n, const char *why, Error *error) {
    Source *source = &list->sources[n];
    free(source->missing);
    source->is_unreadable = true;
    source->missing = strdup(why);
    return source->missing != NULL ? STATUS_OK : error_no_memory(error, "the list of patients");
}

static Status sort_and_digest(SourceList *list, Error *error) {
    qsort(list->sources, list->count, sizeof *list->sources, compare);
    for (size_t i = 0; i < list->count; i++) {
        Source *source = &list->sources[i];
        if (i > 0 && compare(source - 1, source) == 0) {
            return error_set(error, STATUS_BAD_DATA,
                             "patient %s of center %s is there twice; each patient counts once",
                             source->patient, source->center);
        }
        if (source->missing == NULL &&
            digest_path(source->path, source->digest, error) != STATUS_OK) {
            const Error unreadable = *error;
            if (source_list_mark_unreadable(list, i, unreadable.message, error) != STATUS_OK) {
                return error->status;
            }
        }
    }
    return STATUS_OK;
}

static Status append_of_run(SourceList *list, const BatchPatient *patient, const char *run,
                            const EarlierFailures *earlier, Error *error) {
    char path[BATCH_PATH_SIZE];
    if (batch_file_path(run, patient, "stratify", path, error) != STATUS_OK) {
        return error->status;
    }
    const char *missing = earlier_failures_find(earlier, patient->center, patient->patient);
    if (missing == NULL && access(path, F_OK) != 0) {
        missing = NO_FILE;
    }
    return append(list, patient->center, patient->patient, path, missing, error);
}

Status source_list_from_batch(const Batch *batch, const char *run, SourceList *list, Error *error) {
    EarlierFailures earlier;
    *list = (SourceList){.count = 0};
    Status status = earlier_failures_read(run, &earlier, error);
    if (status == STATUS_OK) {
        status = reserve(list, batch->count, error);
    }
    for (size_t i = 0; status == STATUS_OK && i < batch->count; i++) {
        status = append_of_run(list, &batch->patients[i], run, &earlier, error);
    }
    if (status == STATUS_OK) {
        status = sort_and_digest(list, error);
    }
    earlier_failures_free(&earlier);
    return status;
}

static Status append_file(SourceList *list, const char *path, Error *error) {
    char center[NAME_SIZE] = "", patient[NAME_SIZE] = "";
    Store *store;
    Status status = store_open(path, &store, error);
    if (status != STATUS_OK) {
        return status;
    }
    status = store_get_text(store, "/", "center", center, sizeof center, error);
    if (status == STATUS_OK) {
        status = store_get_text(store, "/", "patient", patient, sizeof patient, error);
    }
    store_close(store);
    return status == STATUS_OK ? append(list, center, patient, path, NULL, error) : status;
}

typedef struct GivenPaths {
    const char *const *paths;
    SourceList scratch;
} GivenPaths;

static void rehearse(size_t n, void *context) {
    GivenPaths *given = context;
    Error ignored;
    append_file(&given->scratch, given->paths[n], &ignored);
}

/* A file on which the HDF5 library crashes is named instead. */
static Status rehearse_files(const char *const *paths, size_t n_paths, Error *error) {
    GivenPaths given = {.paths = paths};
    char reason[NAME_SIZE];
    Status status = reserve(&given.scratch, n_paths, error);
    if (status == STATUS_OK) {
        size_t fatal = isolation_rehearse(0, n_paths, rehearse, &given, reason, sizeof reason);
        if (fatal < n_paths) {
            status = error_set(error, STATUS_BAD_DATA, "%s: %s", paths[fatal], reason);
        }
    }
    source_list_free(&given.scratch);
    return status;
}

Status source_list_from_files(const char *const *paths, size_t n_paths, SourceList *list,
                              Error *error) {
    *list = (SourceList){.count = 0};
    Status status = rehearse_files(paths, n_paths, error);
    if (status == STATUS_OK) {
        status = reserve(list, n_paths, error);
    }
    for (size_t i = 0; i < n_paths && status == STATUS_OK; i++) {
        status = append_file(list, paths[i], error);
    }
    return status == STATUS_OK ? sort_and_digest(list, error) : status;
}

Status source_list_digest(const SourceList *list, const char *configuration,
                          char digest[DIGEST_TEXT_SIZE], Error *error) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL) {
        return error_no_memory(error, "the digest of the inputs");
    }
    fprintf(stream, "%s\n%s\n", provenance_source_digest(), configuration);
    for (size_t i = 0; i < list->count; i++) {
        const Source *source = &list->sources[i];
        fprintf(stream, "%s\t%s\t%s\t%s\n", source->center, source->patient, source->digest,
                source->missing != NULL ? source->missing : "");
    }
    bool is_complete = fclose(stream) == 0;
    Status status = is_complete ? digest_bytes(text, size, digest, error)
                                : error_no_memory(error, "the digest of the inputs");
    free(text);
    return status;
}
