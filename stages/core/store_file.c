/* The store's file: created aside, committed by renaming, opened for reading; what is in it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/atomic_file.h"
#include "core/store_internal.h"

enum { PATH_SIZE = 4096, DEFLATE_LEVEL = 1 };

/* Why the system refused to write, as far as HDF5 lets it through. */
static const char *write_cause(void) {
    bool is_known = errno == ENOSPC || errno == EDQUOT || errno == EFBIG || errno == EIO;
    return is_known ? strerror(errno) : "is the disk full?";
}

Status store_failed(const Store *store, const char *object, const char *what, Error *error) {
    return store->temporary != NULL
               ? error_set(error, STATUS_IO, "%s: %s: %s (%s)", store->path, object, what,
                           write_cause())
               : error_set(error, STATUS_BAD_DATA, "%s: %s: %s", store->path, object, what);
}

Status store_make_groups(Store *store, const char *object, bool itself, Error *error) {
    char path[PATH_SIZE];
    if (strlen(object) + 1 >= sizeof path) {
        return store_failed(store, object, "the name is too long", error);
    }
    hid_t properties = H5Pcreate(H5P_GROUP_CREATE);
    H5Pset_obj_track_times(properties, false);
    Status status = STATUS_OK;
    strcpy(path, object);
    strcat(path, itself ? "/" : "");
    for (char *slash = strchr(path + 1, '/'); slash != NULL && status == STATUS_OK;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (!store_has(store, path)) {
            hid_t group = H5Gcreate2(store->file, path, H5P_DEFAULT, properties, H5P_DEFAULT);
            status = group < 0 ? store_failed(store, path, "the group cannot be made", error)
                               : STATUS_OK;
            H5Gclose(group);
        }
        *slash = '/';
    }
    H5Pclose(properties);
    return status;
}

hid_t store_dataset_properties(int rank, const hsize_t *chunk) {
    hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(properties, false);
    if (chunk != NULL) {
        H5Pset_chunk(properties, rank, chunk);
        H5Pset_shuffle(properties);
        H5Pset_deflate(properties, DEFLATE_LEVEL);
    }
    return properties;
}

hid_t store_text_type(void) {
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

/* No file locks: a store is one process's until it is renamed, and never changes after. */
static hid_t file_properties(void) {
    hid_t properties = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_libver_bounds(properties, H5F_LIBVER_V18, H5F_LIBVER_V18);
    H5Pset_file_locking(properties, false, true);
    return properties;
}

static Store *store_new(const char *path, const char *temporary) {
    Store *store = calloc(1, sizeof *store);
    if (store == NULL) {
        return NULL;
    }
    store->file = H5I_INVALID_HID;
    store->path = strdup(path);
    store->temporary = temporary != NULL ? strdup(temporary) : NULL;
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return store;
}

static void store_delete(Store *store) {
    free(store->path);
    free(store->temporary);
    free(store);
}

Status store_create(const char *path, Store **result, Error *error) {
    *result = NULL;
    char temporary[PATH_SIZE];
    if (atomic_file_begin(path, temporary, sizeof temporary, error) != STATUS_OK) {
        return error->status;
    }
    Store *store = store_new(path, temporary);
    if (store == NULL) {
        return error_no_memory(error, "a file");
    }
    hid_t properties = file_properties(), creation = H5Pcreate(H5P_FILE_CREATE);
    H5Pset_obj_track_times(creation, false); /* of the root group */
    errno = 0;
    store->file = H5Fcreate(temporary, H5F_ACC_TRUNC, creation, properties);
    int cause = errno;
    H5Pclose(creation);
    H5Pclose(properties);
    if (store->file < 0) {
        unlink(temporary);
        error_set(error, STATUS_CANNOT_CREATE, "%s: cannot be created: %s", path,
                  cause != 0 ? strerror(cause) : "HDF5 refuses");
        store_delete(store);
        return error->status;
    }
    *result = store;
    return STATUS_OK;
}

Status store_open(const char *path, Store **result, Error *error) {
    *result = NULL;
    if (access(path, R_OK) != 0) {
        return error_set(error, STATUS_NO_INPUT, "%s: %s", path, strerror(errno));
    }
    Store *store = store_new(path, NULL);
    if (store == NULL) {
        return error_no_memory(error, "a file");
    }
    hid_t properties = file_properties();
    store->file = H5Fopen(path, H5F_ACC_RDONLY, properties);
    H5Pclose(properties);
    if (store->file < 0) {
        store_delete(store);
        return error_set(error, STATUS_BAD_DATA,
                         "%s: is truncated or not an HDF5 file; delete it and run its stage again",
                         path);
    }
    *result = store;
    return STATUS_OK;
}

Status store_commit(Store *store, Error *error) {
    Status status;
    errno = 0;
    /* A file that cannot be flushed cannot be closed either: HDF5 keeps it until the process ends
     * (the one of this patient: see core/isolation.h). */
    if (H5Fflush(store->file, H5F_SCOPE_GLOBAL) < 0 || H5Fclose(store->file) < 0) {
        status = error_set(error, STATUS_IO, "%s: writing failed: %s", store->path, write_cause());
        unlink(store->temporary);
    } else {
        status = atomic_file_commit(store->temporary, store->path, error);
    }
    store_delete(store);
    return status;
}

void store_close(Store *store) {
    if (store == NULL) {
        return;
    }
    H5Fclose(store->file);
    if (store->temporary != NULL) {
        unlink(store->temporary);
    }
    store_delete(store);
}

const char *store_path(const Store *store) {
    return store->path;
}

bool store_has(const Store *store, const char *object) {
    if (strcmp(object, "/") == 0) {
        return true;
    }
    char prefix[PATH_SIZE];
    if (strlen(object) >= sizeof prefix) {
        return false;
    }
    /* H5Lexists wants every group on the way to exist. */
    for (const char *slash = strchr(object + 1, '/');; slash = strchr(slash + 1, '/')) {
        size_t length = slash != NULL ? (size_t)(slash - object) : strlen(object);
        memcpy(prefix, object, length);
        prefix[length] = '\0';
        if (H5Lexists(store->file, prefix, H5P_DEFAULT) <= 0) {
            return false;
        }
        if (slash == NULL) {
            return true;
        }
    }
}

void store_free_names(char **names, size_t count) {
    for (size_t n = 0; names != NULL && n < count; n++) {
        free(names[n]);
    }
    free(names);
}

static Status list_names(const Store *store, hid_t group, char **names, size_t count,
                         Error *error) {
    for (size_t n = 0; n < count; n++) {
        ssize_t length = H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, (hsize_t)n,
                                            NULL, 0, H5P_DEFAULT);
        names[n] = length >= 0 ? malloc((size_t)length + 1) : NULL;
        if (names[n] == NULL) {
            return store_failed(store, "/", "a group cannot be listed", error);
        }
        H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, (hsize_t)n, names[n],
                           (size_t)length + 1, H5P_DEFAULT);
    }
    return STATUS_OK;
}

Status store_list(const Store *store, const char *group, char ***names, size_t *count,
                  Error *error) {
    *names = NULL;
    *count = 0;
    if (!store_has(store, group)) {
        return STATUS_OK;
    }
    hid_t id = H5Gopen2(store->file, group, H5P_DEFAULT);
    H5G_info_t info;
    if (id < 0 || H5Gget_info(id, &info) < 0) {
        if (id >= 0) {
            H5Gclose(id);
        }
        return store_failed(store, group, "is not a group", error);
    }
    size_t members = (size_t)info.nlinks;
    char **list = calloc(members > 0 ? members : 1, sizeof *list);
    Status status = list != NULL ? list_names(store, id, list, members, error)
                                 : error_no_memory(error, "a group's names");
    H5Gclose(id);
    if (status != STATUS_OK) {
        store_free_names(list, members);
        return status;
    }
    *names = list;
    *count = members;
    return STATUS_OK;
}
