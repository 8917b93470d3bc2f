/* See sources.h. */
#include "convert/sources.h"

#include <errno.h>
#include <fts.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "convert/nifti_image.h"
#include "convert/pet_sidecar.h"
#include "convert/shown_path.h"
#include "core/digest.h"

static double size_bytes(const char *path) {
    char *top = strdup(path);
    char *const tops[] = {top, NULL};
    FTS *tree = top == NULL ? NULL : fts_open(tops, FTS_LOGICAL | FTS_NOCHDIR, NULL);
    double bytes = 0;
    FTSENT *entry;
    while (tree != NULL && (entry = fts_read(tree)) != NULL) {
        bytes += entry->fts_info == FTS_F ? (double)entry->fts_statp->st_size : 0;
    }
    if (tree != NULL) {
        fts_close(tree);
    }
    free(top);
    return bytes;
}

double sources_size_bytes(const Sheets *sheets, const char *center, const char *patient) {
    SheetRows images = sheet_rows_of(&sheets->images, center, patient);
    double bytes = 0;
    for (size_t n = 0; n < images.count; n++) {
        char path[CONFIG_PATH_SIZE];
        Error ignored;
        if (sheet_rows_path(&images, n, path, &ignored) == STATUS_OK) {
            bytes += size_bytes(path);
        }
    }
    return bytes;
}

/* All cells but the path, so that a moved archive is still the same. */
static void print_rows(FILE *text, const SheetRows *rows) {
    const Table *table = rows->sheet->table;
    for (size_t n = 0; n < rows->count; n++) {
        for (size_t c = 0; c < table_column_count(table); c++) {
            const char *name = table_column_name(table, c);
            char number[32];
            if (strcmp(name, "path") == 0 || strcmp(name, "line") == 0 ||
                strcmp(name, "problem") == 0) {
                continue;
            }
            if (table_column_kind(table, c) == COLUMN_TEXT) {
                fprintf(text, "%s=%s\t", name, sheet_rows_text(rows, n, name));
            } else {
                table_format_number(sheet_rows_number(rows, n, name), number);
                fprintf(text, "%s=%s\t", name, number);
            }
        }
        fputc('\n', text);
    }
}

static Status digest_rows(const Sheets *sheets, const char *center, const char *patient,
                          FILE *lines, Error *error) {
    const Sheet *const all[] = {&sheets->patients, &sheets->treatments, &sheets->images,
                                &sheets->followup};
    char *text = NULL, digest[DIGEST_TEXT_SIZE];
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL) {
        return error_no_memory(error, "a patient's rows");
    }
    for (size_t s = 0; s < sizeof all / sizeof *all; s++) {
        SheetRows rows = sheet_rows_of(all[s], center, patient);
        print_rows(stream, &rows);
    }
    fclose(stream);
    Status status = digest_bytes(text, size, digest, error);
    free(text);
    if (status == STATUS_OK) {
        fprintf(lines, "%s  sheet rows\n", digest);
    }
    return status;
}

static Status digest_file(const char *path, const char *kind, FILE *lines, Error *error) {
    char digest[DIGEST_TEXT_SIZE], shown[SHOWN_PATH_SIZE];
    struct stat info;
    if (stat(path, &info) != 0) {
        return error_set(error, STATUS_NO_INPUT, "%s: %s; correct the path or restore the file",
                         shown_path(path, shown), strerror(errno));
    }
    Status status = digest_path(path, digest, error);
    if (status == STATUS_OK) {
        fprintf(lines, "%s  %s\n", digest, kind);
    }
    return status;
}

static Status digest_image(const SheetRows *images, size_t n, FILE *lines, Error *error) {
    char path[CONFIG_PATH_SIZE], sidecar[SIDECAR_PATH_SIZE];
    const char *role = sheet_rows_text(images, n, "role");
    Status status = sheet_rows_path(images, n, path, error);
    status = status == STATUS_OK ? digest_file(path, role, lines, error) : status;
    if (status == STATUS_OK && strcmp(role, "pet") == 0 && nifti_has_suffix(path)) {
        status = pet_sidecar_path(path, sidecar, error);
        status = status == STATUS_OK ? digest_file(sidecar, "pet sidecar", lines, error) : status;
    }
    return status == STATUS_OK ? status : sheet_rows_add_context(images, n, role, error);
}

Status sources_digest(const Sheets *sheets, const char *center, const char *patient, char **digests,
                      Error *error) {
    size_t size = 0;
    *digests = NULL;
    FILE *lines = open_memstream(digests, &size);
    if (lines == NULL) {
        return error_no_memory(error, "digests");
    }
    Status status = digest_rows(sheets, center, patient, lines, error);
    SheetRows images = sheet_rows_of(&sheets->images, center, patient);
    for (size_t n = 0; status == STATUS_OK && n < images.count; n++) {
        status = digest_image(&images, n, lines, error);
    }
    fclose(lines);
    if (status != STATUS_OK) {
        free(*digests);
        *digests = NULL;
    }
    return status;
}
