/* SHA-256 through libcrypto. A folder is the sorted list of its files' digests. */
#include "core/digest.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void to_hexadecimal(const unsigned char *bytes, size_t size, char *text) {
    for (size_t n = 0; n < size; n++) {
        sprintf(text + 2 * n, "%02x", bytes[n]);
    }
}

static Status finish(EVP_MD_CTX *context, char digest[DIGEST_TEXT_SIZE], Error *error) {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (EVP_DigestFinal_ex(context, bytes, &size) != 1 || size != 32) {
        return error_set(error, STATUS_INTERNAL, "SHA-256 failed");
    }
    to_hexadecimal(bytes, size, digest);
    return STATUS_OK;
}

Status digest_bytes(const void *bytes, size_t size, char digest[DIGEST_TEXT_SIZE], Error *error) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    Status status = STATUS_OK;
    if (context == NULL || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1 ||
        EVP_DigestUpdate(context, bytes, size) != 1) {
        status = error_set(error, STATUS_INTERNAL, "SHA-256 failed");
    } else {
        status = finish(context, digest, error);
    }
    EVP_MD_CTX_free(context);
    return status;
}

static Status digest_stream(FILE *file, const char *path, char digest[DIGEST_TEXT_SIZE],
                            Error *error) {
    enum { BLOCK = 1 << 16 };
    unsigned char block[BLOCK];
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    Status status = STATUS_OK;
    if (context == NULL || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1) {
        status = error_set(error, STATUS_INTERNAL, "SHA-256 failed");
        goto done;
    }
    for (size_t got; (got = fread(block, 1, BLOCK, file)) > 0;) {
        if (EVP_DigestUpdate(context, block, got) != 1) {
            status = error_set(error, STATUS_INTERNAL, "SHA-256 failed");
            goto done;
        }
    }
    status = ferror(file) ? error_set(error, STATUS_IO, "%s: %s", path, strerror(errno))
                          : finish(context, digest, error);
done:
    EVP_MD_CTX_free(context);
    return status;
}

static Status digest_file(const char *path, char digest[DIGEST_TEXT_SIZE], Error *error) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return error_set(error, STATUS_NO_INPUT, "%s: %s", path, strerror(errno));
    }
    Status status = digest_stream(file, path, digest, error);
    fclose(file);
    return status;
}

/* The digests of a folder's files, in the order in which they are met. */
typedef struct DigestList {
    char (*digests)[DIGEST_TEXT_SIZE];
    size_t count, capacity;
} DigestList;

static Status list_append(DigestList *list, const char *digest, Error *error) {
    if (list->count == list->capacity) {
        size_t capacity = list->capacity > 0 ? 2 * list->capacity : 64;
        void *grown = realloc(list->digests, capacity * sizeof *list->digests);
        if (grown == NULL) {
            return error_no_memory(error, "a folder's digests");
        }
        list->digests = grown;
        list->capacity = capacity;
    }
    memcpy(list->digests[list->count++], digest, DIGEST_TEXT_SIZE);
    return STATUS_OK;
}

static Status collect(const char *path, int depth, DigestList *list, Error *error) {
    enum { MAX_DEPTH = 64 };
    struct stat info;
    if (stat(path, &info) != 0) {
        return error_set(error, STATUS_NO_INPUT, "%s: %s", path, strerror(errno));
    }
    if (S_ISREG(info.st_mode)) {
        char digest[DIGEST_TEXT_SIZE];
        Status status = digest_file(path, digest, error);
        return status == STATUS_OK ? list_append(list, digest, error) : status;
    }
    if (!S_ISDIR(info.st_mode)) {
        return STATUS_OK;
    }
    if (depth > MAX_DEPTH) {
        return error_set(error, STATUS_BAD_DATA, "%s: folders are nested too deep", path);
    }
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return error_set(error, STATUS_NO_INPUT, "%s: %s", path, strerror(errno));
    }
    Status status = STATUS_OK;
    for (struct dirent *entry; status == STATUS_OK && (entry = readdir(folder)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        char *child = NULL;
        if (asprintf(&child, "%s/%s", path, entry->d_name) < 0) {
            status = error_no_memory(error, "a path");
            break;
        }
        status = collect(child, depth + 1, list, error);
        free(child);
    }
    closedir(folder);
    return status;
}

static int compare_digests(const void *a, const void *b) {
    return memcmp(a, b, DIGEST_TEXT_SIZE);
}

Status digest_path(const char *path, char digest[DIGEST_TEXT_SIZE], Error *error) {
    struct stat info;
    if (stat(path, &info) != 0) {
        return error_set(error, STATUS_NO_INPUT, "%s: %s", path, strerror(errno));
    }
    if (S_ISREG(info.st_mode)) {
        return digest_file(path, digest, error);
    }
    DigestList list = {0};
    Status status = collect(path, 0, &list, error);
    if (status == STATUS_OK && list.count > 0) {
        qsort(list.digests, list.count, sizeof *list.digests, compare_digests);
    }
    if (status == STATUS_OK) {
        status = digest_bytes(list.count > 0 ? (const void *)list.digests : "",
                              list.count * sizeof *list.digests, digest, error);
    }
    free(list.digests);
    return status;
}
