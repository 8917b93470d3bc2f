/* See mask_files.h. NIfTI is known by its name, DICOM by its content. */
#include "convert/mask_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "convert/dicom_file.h"
#include "convert/nifti_image.h"
#include "convert/shown_path.h"

/* `*is_mask` is false for what is none of the three. `modality` may receive what a DICOM is. */
static Status recognise(const char *path, bool *is_mask, MaskFormat *format, char modality[32],
                        Error *error) {
    *is_mask = nifti_has_suffix(path);
    *format = MASK_NIFTI;
    modality[0] = '\0';
    if (*is_mask || !dicom_is_dicom(path)) {
        return STATUS_OK;
    }
    DicomFile *file = NULL;
    if (dicom_open(path, &file, error) != STATUS_OK) {
        return error->status;
    }
    dicom_text(file, "0008,0060", modality, 32);
    dicom_close(file);
    *is_mask = strcmp(modality, "RTSTRUCT") == 0 || strcmp(modality, "SEG") == 0;
    *format = strcmp(modality, "SEG") == 0 ? MASK_SEG : MASK_RTSTRUCT;
    return STATUS_OK;
}

static Status append(MaskFiles *files, const char *path, MaskFormat format, Error *error) {
    MaskFile *items = realloc(files->items, (files->count + 1) * sizeof *items);
    if (items == NULL) {
        return error_no_memory(error, "a list of mask files");
    }
    files->items = items;
    char *copy = strdup(path);
    if (copy == NULL) {
        return error_no_memory(error, "a list of mask files");
    }
    items[files->count++] = (MaskFile){.path = copy, .format = format};
    return STATUS_OK;
}

static Status add_file(const char *path, MaskFiles *files, Error *error) {
    bool is_mask;
    MaskFormat format;
    char modality[32], name[SHOWN_PATH_SIZE];
    if (recognise(path, &is_mask, &format, modality, error) != STATUS_OK) {
        return error->status;
    }
    if (!is_mask) {
        return error_set(error, STATUS_BAD_DATA,
                         "%s: %s%s, wanted a mask: RTSTRUCT, SEG or NIfTI (.nii, .nii.gz)",
                         shown_path(path, name),
                         modality[0] == '\0' ? "is not DICOM" : "Modality (0008,0060) is ",
                         modality);
    }
    return append(files, path, format, error);
}

static Status add_folder(const char *folder, MaskFiles *files, Error *error) {
    DIR *listing = opendir(folder);
    if (listing == NULL) {
        char name[SHOWN_PATH_SIZE];
        return error_set(error, STATUS_NO_INPUT, "%s: cannot be opened: %s",
                         shown_path(folder, name), strerror(errno));
    }
    Status status = STATUS_OK;
    for (struct dirent *entry; status == STATUS_OK && (entry = readdir(listing)) != NULL;) {
        char path[4096], modality[32];
        struct stat info;
        bool is_mask;
        MaskFormat format;
        int length = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] == '.' || length >= (int)sizeof path || stat(path, &info) != 0 ||
            !S_ISREG(info.st_mode)) {
            continue;
        }
        status = recognise(path, &is_mask, &format, modality, error);
        if (status == STATUS_OK && is_mask) {
            status = append(files, path, format, error);
        }
    }
    closedir(listing);
    return status;
}

static int compare_paths(const void *a, const void *b) {
    return strcmp(((const MaskFile *)a)->path, ((const MaskFile *)b)->path);
}

Status mask_files_find(const char *path, MaskFiles *files, Error *error) {
    *files = (MaskFiles){0};
    char name[SHOWN_PATH_SIZE];
    struct stat info;
    if (stat(path, &info) != 0) {
        return error_set(error, STATUS_NO_INPUT,
                         "%s: mask not found (%s); correct the path in images.tsv",
                         shown_path(path, name), strerror(errno));
    }
    if (!S_ISDIR(info.st_mode)) {
        return add_file(path, files, error);
    }
    if (add_folder(path, files, error) != STATUS_OK) {
        return error->status;
    }
    if (files->count == 0) {
        return error_set(error, STATUS_NO_INPUT,
                         "%s: the folder holds no mask (RTSTRUCT, SEG, .nii or .nii.gz)",
                         shown_path(path, name));
    }
    qsort(files->items, files->count, sizeof *files->items, compare_paths);
    return STATUS_OK;
}

void mask_files_free(MaskFiles *files) {
    for (size_t n = 0; n < files->count; n++) {
        free(files->items[n].path);
    }
    free(files->items);
    *files = (MaskFiles){0};
}
