/* See structures.h. One mask row, top to bottom: find files, read each into a list, check that the
 * structure_map met all it names, write. */
#include "convert/structures.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "convert/label_image.h"
#include "convert/mask_files.h"
#include "convert/rtstruct.h"
#include "convert/segmentation_object.h"
#include "convert/shown_path.h"
#include "convert/utf8_text.h"
#include "core/log.h"

enum { GROUP_SIZE = 128, MAX_SAME_NAME = 10000, MAX_SHOWN = 64, IGNORED_TEXT_SIZE = 1024 };

/* Regions that were not imported because no structure_map says what they are. */
typedef struct Ignored {
    size_t count;
    char names[IGNORED_TEXT_SIZE]; /* as many as fit */
    bool is_cut;                   /* there are more */
} Ignored;

/* Puts the file's name in front of a message that does not begin with it yet. */
static Status name_file(const char *path, Error *error) {
    char shown[SHOWN_PATH_SIZE];
    shown_path(path, shown);
    bool is_named = strncmp(error->message, shown, strlen(shown)) == 0;
    return is_named ? error->status : error_add_context(error, "%s", shown);
}

static void ignored_add(Ignored *ignored, const char *name) {
    size_t used = strlen(ignored->names), room = sizeof ignored->names - used;
    int length = (int)utf8_cut(name, MAX_SHOWN);
    ignored->count++;
    if (ignored->is_cut || (size_t)length + sizeof ", ''" > room) {
        ignored->is_cut = true;
        return;
    }
    snprintf(ignored->names + used, room, "%s'%.*s'", used == 0 ? "" : ", ", length, name);
}

/* The regions of an RTSTRUCT or SEG whose names say nothing. */
static void ignored_add_regions(Ignored *ignored, const DicomFile *file, MaskFormat format) {
    const char *sequence = format == MASK_RTSTRUCT ? "3006,0020" : "0062,0002";
    const char *element = format == MASK_RTSTRUCT ? "3006,0026" : "0062,0005";
    for (size_t n = 0, count = dicom_sequence_length(file, sequence); n < count; n++) {
        char path[GROUP_SIZE], name[STRUCTURE_KEY_SIZE];
        StructureMap no_map = {0};
        StructureName found;
        snprintf(path, sizeof path, "%s[%zu]/%s", sequence, n, element);
        dicom_text(file, path, name, sizeof name);
        if (!structure_map_match(&no_map, name, 0, &found)) {
            ignored_add(ignored, name);
        }
    }
}

static void ignored_warn(const Ignored *ignored, const char *path) {
    char shown[SHOWN_PATH_SIZE];
    if (ignored->count > 0) {
        log_message(LOG_WARNING,
                    "%s: structures not imported (%zu), because there is no structure_map and "
                    "their names do not say what they are: %s%s",
                    shown_path(path, shown), ignored->count, ignored->names,
                    ignored->is_cut ? ", ..." : "");
    }
}

/* Without a map, the one region that a NIfTI file can have is known by the file's name. */
static Status read_nifti(const MaskFile *mask, StructureMap *map, const PatientImage *images,
                         size_t n_images, StructureList *list, Ignored *ignored, Error *error) {
    size_t n_before = map->n_found;
    char shown[SHOWN_PATH_SIZE];
    Status status = label_image_read(mask->path, map, images, n_images, list, error);
    if (status == STATUS_OK && map->count == 0 && map->n_found == n_before) {
        ignored_add(ignored, shown_path(mask->path, shown));
    }
    return status;
}

static Status read_file(const MaskFile *mask, StructureMap *map, const PatientImage *images,
                        size_t n_images, FrameRegistry *frames, StructureList *list, Flags *flags,
                        Ignored *ignored, Error *error) {
    if (mask->format == MASK_NIFTI) {
        return read_nifti(mask, map, images, n_images, list, ignored, error);
    }
    DicomFile *file = NULL;
    if (dicom_open(mask->path, &file, error) != STATUS_OK) {
        return error->status;
    }
    Status status =
        mask->format == MASK_RTSTRUCT
            ? rtstruct_read(file, map, images, n_images, list, flags, error)
            : segmentation_object_read(file, map, images, n_images, frames, list, flags, error);
    if (status == STATUS_OK && map->count == 0) {
        ignored_add_regions(ignored, file, mask->format);
    }
    dicom_close(file);
    return status;
}

/* "/structures/<role>[_<label>]", lower case, other than [a-z0-9] as '_'. */
static void group_name(const StructureName *name, char group[GROUP_SIZE]) {
    static const char parent[] = "/structures/";
    snprintf(group, GROUP_SIZE, "%s%s%s%s", parent, name->role, name->label[0] == '\0' ? "" : "_",
             name->label);
    for (char *at = group + strlen(parent); *at != '\0'; at++) {
        *at = isalnum((unsigned char)*at) ? (char)tolower((unsigned char)*at) : '_';
    }
}

static bool is_lesion(const Structure *structure) {
    return strcmp(structure->name.role, "lesion") == 0;
}

/* True if an earlier mask row, or another structure of this one, bears that lesion label. */
static bool label_is_taken(const StructureList *list, const Store *output, const char *label) {
    StructureName name = {.role = "lesion"};
    char group[GROUP_SIZE];
    snprintf(name.label, sizeof name.label, "%s", label);
    group_name(&name, group);
    if (store_has(output, group)) {
        return true;
    }
    for (size_t n = 0; n < list->count; n++) {
        if (is_lesion(&list->items[n]) && strcasecmp(list->items[n].name.label, label) == 0) {
            return true;
        }
    }
    return false;
}

/* Lesions that have no label become L1, L2, ... */
static void label_lesions(StructureList *list, const Store *output) {
    int number = 1;
    for (size_t n = 0; n < list->count; n++) {
        StructureName *name = &list->items[n].name;
        if (!is_lesion(&list->items[n]) || name->label[0] != '\0') {
            continue;
        }
        char label[STRUCTURE_LABEL_SIZE];
        do {
            snprintf(label, sizeof label, "L%d", number++);
        } while (label_is_taken(list, output, label));
        strcpy(name->label, label);
    }
}

/* A group name that is free; a lesion's label takes the same suffix. */
static void make_unique(Structure *structure, const Store *output, char group[GROUP_SIZE],
                        Flags *flags) {
    group_name(&structure->name, group);
    if (!store_has(output, group)) {
        return;
    }
    size_t length = strlen(group);
    int suffix = 2;
    do {
        snprintf(group + length, GROUP_SIZE - length, "_%d", suffix++);
    } while (store_has(output, group) && suffix < MAX_SAME_NAME);
    if (is_lesion(structure)) {
        char *label = structure->name.label;
        size_t kept = strlen(label), ending = strlen(group + length);
        kept = kept + ending < STRUCTURE_LABEL_SIZE ? kept : STRUCTURE_LABEL_SIZE - 1 - ending;
        log_message(LOG_WARNING, "lesion label %s is used again; this lesion is imported as %.*s%s",
                    label, (int)kept, label, group + length);
        memcpy(label + kept, group + length, ending + 1);
        flags_add(flags, "lesion_label_repeated");
    }
}

static Status write_structure(Structure *structure, Store *output, Flags *flags, Error *error) {
    char group[GROUP_SIZE], dataset[GROUP_SIZE + 8], long_name[GROUP_SIZE];
    make_unique(structure, output, group, flags);
    const StructureName *name = &structure->name;
    snprintf(dataset, sizeof dataset, "%s/mask", group);
    snprintf(long_name, sizeof long_name, "%s%s%s: 1 inside, 0 outside", name->role,
             name->label[0] == '\0' ? "" : " ", name->label);
    const char *const attributes[][2] = {{"role", name->role},
                                         {"label", name->label},
                                         {"frame_of_reference", structure->frame_of_reference},
                                         {"image", structure->image},
                                         {"format", structure->format}};
    Status status = store_write_label_map(output, dataset, &structure->mask, long_name, error);
    for (size_t n = 0; n < sizeof attributes / sizeof attributes[0] && status == STATUS_OK; n++) {
        status = store_set_text(output, group, attributes[n][0], attributes[n][1], error);
    }
    return status;
}

Status structures_import(const char *path, const char *structure_map, const PatientImage *images,
                         size_t n_images, FrameRegistry *frames, Store *output, Flags *flags,
                         Error *error) {
    StructureMap map = {0};
    MaskFiles files = {0};
    StructureList list = {0};
    Ignored ignored = {0};
    Status status = structure_map_parse(structure_map, &map, error);
    if (status == STATUS_OK) {
        status = mask_files_find(path, &files, error);
    }
    for (size_t n = 0; n < files.count && status == STATUS_OK; n++) {
        status = read_file(&files.items[n], &map, images, n_images, frames, &list, flags, &ignored,
                           error);
        if (status != STATUS_OK) {
            name_file(files.items[n].path, error);
        }
    }
    if (status == STATUS_OK && structure_map_check_found(&map, error) != STATUS_OK) {
        status = name_file(path, error);
    }
    if (status == STATUS_OK) {
        ignored_warn(&ignored, path);
        label_lesions(&list, output);
    }
    for (size_t n = 0; n < list.count && status == STATUS_OK; n++) {
        status = write_structure(&list.items[n], output, flags, error);
    }
    structure_list_free(&list);
    mask_files_free(&files);
    structure_map_free(&map);
    return status;
}
