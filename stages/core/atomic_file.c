#include "core/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
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

void atomic_file_abandon(const char *path) {
    const char *slash = strrchr(path, '/');
    int folder_length = slash != NULL ? (int)(slash - path) + 1 : 0;
    char pattern[PATH_SIZE];
    int length = snprintf(pattern, sizeof pattern, "%.*s.%s.*.part", folder_length, path,
                          path + folder_length);
    glob_t found;
    if (length < 0 || length >= PATH_SIZE || glob(pattern, 0, NULL, &found) != 0) {
        return;
    }
    for (size_t n = 0; n < found.gl_pathc; n++) {
        unlink(found.gl_pathv[n]);
    }
    globfree(&found);
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

Status atomic_file_write(const char *path, const char *text, Error *error) {
    char temporary[PATH_SIZE];
    if (atomic_file_begin(path, temporary, sizeof temporary, error) != STATUS_OK) {
        return error->status;
    }
    FILE *file = fopen(temporary, "wb");
    if (file == NULL) {
        return error_set(error, STATUS_CANNOT_CREATE, "%s: %s", path, strerror(errno));
    }
    int failed = fputs(text, file) == EOF;
    failed |= fclose(file) != 0;
    if (failed) {
        error_set(error, STATUS_IO, "%s: writing failed: %s", path, strerror(errno));
        unlink(temporary);
        return error->status;
    }
    return atomic_file_commit(temporary, path, error);
}
