/* Files that appear whole or not at all: written under a temporary name in the same folder,
 * flushed to disk, renamed. */
#ifndef YTTRIA_CORE_ATOMIC_FILE_H
#define YTTRIA_CORE_ATOMIC_FILE_H

#include <stddef.h>

#include "core/error.h"

/* Makes the folders above `path` if need be, and writes the temporary name that stands for it
 * into `temporary`: ".<name>.<process>.part" beside the target. Temporary files that killed
 * processes left for the same target are removed. STATUS_CANNOT_CREATE. */
Status atomic_file_begin(const char *path, char *temporary, size_t size, Error *error);

/* Removes temporary files that dead processes left for `path`. */
void atomic_file_abandon(const char *path);

/* Flushes the closed file `temporary` to disk and renames it to `path`. On failure the temporary
 * file is removed. STATUS_IO. */
Status atomic_file_commit(const char *temporary, const char *path, Error *error);

/* Writes `size` bytes, or `text`, as the whole content of `path`: begins and commits. */
Status atomic_file_write_bytes(const char *path, const void *bytes, size_t size, Error *error);
Status atomic_file_write(const char *path, const char *text, Error *error);

#endif
