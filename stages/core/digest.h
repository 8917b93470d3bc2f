/* SHA-256 of files, folders and texts, as 64 lower-case hexadecimal digits. */
#ifndef YTTRIA_CORE_DIGEST_H
#define YTTRIA_CORE_DIGEST_H

#include <stddef.h>

#include "core/error.h"

enum { DIGEST_TEXT_SIZE = 65 };

Status digest_bytes(const void *bytes, size_t size, char digest[DIGEST_TEXT_SIZE], Error *error);

/* A regular file's content, or, for a folder, the digest of the sorted digests of all regular
 * files below it: names do not count, because they may identify a patient. */
Status digest_path(const char *path, char digest[DIGEST_TEXT_SIZE], Error *error);

#endif
