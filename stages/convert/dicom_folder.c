/* See dicom_folder.h. */
#include "convert/dicom_folder.h"

#include <errno.h>
#include <fts.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "convert/dicom_file.h"
#include "convert/shown_path.h"

static int compare_names(const FTSENT **a, const FTSENT **b) {
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static Status append(DicomFolder *folder, const char *path, Error *error) {
    char **paths = realloc(folder->paths, (folder->count + 1) * sizeof *paths);
    if (paths == NULL) {
        return error_no_memory(error, "the list of DICOM files");
    }
    folder->paths = paths;
    folder->paths[folder->count] = strdup(path);
    if (folder->paths[folder->count] == NULL) {
        return error_no_memory(error, "the list of DICOM files");
    }
    folder->count++;
    return STATUS_OK;
}

static bool ends_in_dcm(const char *name) {
    size_t length = strlen(name);
    return length > 4 && strcasecmp(name + length - 4, ".dcm") == 0;
}

static Status consider(DicomFolder *folder, const FTSENT *entry, Error *error) {
    char name[SHOWN_PATH_SIZE];
    bool is_top = entry->fts_level == FTS_ROOTLEVEL;
    bool is_unwanted =
        entry->fts_name[0] == '.' || strncasecmp(entry->fts_name, "DICOMDIR", 8) == 0;
    if (!is_top && is_unwanted) {
        return STATUS_OK;
    }
    if (dicom_is_dicom(entry->fts_accpath)) {
        return append(folder, entry->fts_path, error);
    }
    if (ends_in_dcm(entry->fts_name)) {
        return error_set(error, STATUS_BAD_DATA,
                         "%s: is not DICOM although it is called .dcm (%lld bytes); copy it again, "
                         "or remove it if it is no image",
                         shown_path(entry->fts_path, name), (long long)entry->fts_statp->st_size);
    }
    return STATUS_OK;
}

static Status walk(FTS *tree, DicomFolder *folder, Error *error) {
    char name[SHOWN_PATH_SIZE];
    Status status = STATUS_OK;
    FTSENT *entry;
    while (status == STATUS_OK && (entry = fts_read(tree)) != NULL) {
        if (entry->fts_info == FTS_F) {
            status = consider(folder, entry, error);
        } else if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR ||
                   entry->fts_info == FTS_NS) {
            status = error_set(error, STATUS_NO_INPUT, "%s: cannot be read: %s",
                               shown_path(entry->fts_path, name), strerror(entry->fts_errno));
        }
    }
    return status;
}

Status dicom_folder_list(const char *path, DicomFolder *folder, Error *error) {
    char name[SHOWN_PATH_SIZE];
    *folder = (DicomFolder){0};
    char *top = strdup(path);
    char *const tops[] = {top, NULL};
    FTS *tree = top == NULL ? NULL : fts_open(tops, FTS_LOGICAL | FTS_NOCHDIR, compare_names);
    Status status =
        tree == NULL ? error_no_memory(error, "a folder's files") : walk(tree, folder, error);
    if (status == STATUS_OK && folder->count == 0) {
        status = error_set(error, STATUS_BAD_DATA,
                           "%s: holds no DICOM file; correct the path in images.tsv",
                           shown_path(path, name));
    }
    if (tree != NULL) {
        fts_close(tree);
    }
    free(top);
    if (status != STATUS_OK) {
        dicom_folder_free(folder);
    }
    return status;
}

void dicom_folder_free(DicomFolder *folder) {
    for (size_t i = 0; i < folder->count; i++) {
        free(folder->paths[i]);
    }
    free(folder->paths);
    *folder = (DicomFolder){0};
}
