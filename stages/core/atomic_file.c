/* Temporary file, fsync, rename: what POSIX promises to be seen whole or not at all. */
#include "core/atomic_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };

static Status make_folders(char *path, Error *error) {
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int failed = mkdir(path, 0777) != 0 && errno != EEXIST;
        if (failed) {
            return error_set(error, STATUS_CANNOT_CREATE, "%s: cannot make the folder: %s", path,
                             strerror(errno));
        }
        *slash = '/';
    }
    return STATUS_OK;
}

/* ".<name>.<digits>.part" */
static bool is_temporary_of(const char *entry, const char *name) {
    size_t length = strlen(name);
    if (entry[0] != '.' || strncmp(entry + 1, name, length) != 0 || entry[length + 1] != '.') {
        return false;
    }
    const char *process = entry + length + 2;
    size_t digits = strspn(process, "0123456789");
    return digits > 0 && strcmp(process + digits, ".part") == 0;
}

void atomic_file_abandon(const char *path) {
    const char *slash = strrchr(path, '/');
    int folder_length = slash != NULL ? (int)(slash - path) + 1 : 0;
    char found[PATH_SIZE];
    snprintf(found, sizeof found, "%.*s", folder_length, path);
    DIR *folder = opendir(folder_length > 0 ? found : ".");
    if (folder == NULL) {
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (is_temporary_of(entry->d_name, path + folder_length)) {
            unlinkat(dirfd(folder), entry->d_name, 0);
        }
    }
    closedir(folder);
}

Status atomic_file_begin(const char *path, char *temporary, size_t size, Error *error) {
    char folders[PATH_SIZE];
    const char *slash = strrchr(path, '/');
    int folder_length = slash != NULL ? (int)(slash - path) + 1 : 0;
    const char *name = path + folder_length;
    int length =
        snprintf(temporary, size, "%.*s.%s.%ld.part", folder_length, path, name, (long)getpid());
    if (length < 0 || (size_t)length >= size || strlen(path) >= sizeof folders || *name == '\0') {
        return error_set(error, STATUS_CANNOT_CREATE, "%s: not a usable path for a file", path);
    }
    strcpy(folders, path);
    atomic_file_abandon(path);
    return make_folders(folders, error);
}

static int flush_to_disk(const char *path) {
    int descriptor = open(path, O_RDONLY);
    if (descriptor < 0) {
        return -1;
    }
    int failed = fsync(descriptor);
    int cause = errno;
    close(descriptor);
    errno = cause;
    return failed;
}

Status atomic_file_commit(const char *temporary, const char *path, Error *error) {
    if (flush_to_disk(temporary) != 0 || rename(temporary, path) != 0) {
        error_set(error, STATUS_IO, "%s: cannot be completed: %s", path, strerror(errno));
        unlink(temporary);
        return error->status;
    }
    return STATUS_OK;
}

Status atomic_file_write_bytes(const char *path, const void *bytes, size_t size, Error *error) {
    char temporary[PATH_SIZE];
    if (atomic_file_begin(path, temporary, sizeof temporary, error) != STATUS_OK) {
        return error->status;
    }
    FILE *file = fopen(temporary, "wb");
    if (file == NULL) {
        return error_set(error, STATUS_CANNOT_CREATE, "%s: %s", path, strerror(errno));
    }
    int cause = fwrite(bytes, 1, size, file) == size ? 0 : errno;
    cause = fclose(file) != 0 && cause == 0 ? errno : cause;
    if (cause != 0) {
        unlink(temporary);
        return error_set(error, STATUS_IO, "%s: writing failed: %s", path, strerror(cause));
    }
    return atomic_file_commit(temporary, path, error);
}

Status atomic_file_write(const char *path, const char *text, Error *error) {
    return atomic_file_write_bytes(path, text, strlen(text), error);
}
