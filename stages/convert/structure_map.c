/* See structure_map.h. */
#include "convert/structure_map.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "convert/utf8_text.h"

static const char *const ROLES[] = {
    "liver",        "lesion",    "vessel",  "bile_duct", "gallbladder", "bowel",   "small_bowel",
    "colon",        "duodenum",  "stomach", "esophagus", "pancreas",    "spleen",  "kidney",
    "adrenal",      "lung",      "heart",   "aorta",     "spinal_cord", "bone",    "rib",
    "chest_wall",   "diaphragm", "skin",    "muscle",    "lymph_node",  "bladder", "prostate",
    "normal_liver", "body",      "other"};
static const char ROLES_IN_SHORT[] = "liver, lesion, vessel, bile_duct, gallbladder, bowel, colon, "
                                     "duodenum, stomach, pancreas, spleen, kidney, lung, heart, "
                                     "aorta, bone, body, ... or other:<label>";
enum { MAX_SHOWN = 64 };
enum { N_ROLES = sizeof ROLES / sizeof ROLES[0] };

/* Copies text[0..length) without surrounding blanks; false if it does not fit. */
static bool copy_trimmed(const char *text, size_t length, char *out, size_t size) {
    while (length > 0 && isspace((unsigned char)text[0])) {
        text++;
        length--;
    }
    while (length > 0 && isspace((unsigned char)text[length - 1])) {
        length--;
    }
    if (length >= size) {
        return false;
    }
    memcpy(out, text, length);
    out[length] = '\0';
    return true;
}

/* The role in the list's spelling; NULL if unknown. */
static const char *role_known(const char *role) {
    for (size_t i = 0; i < N_ROLES; i++) {
        if (strcasecmp(role, ROLES[i]) == 0) {
            return ROLES[i];
        }
    }
    return NULL;
}

static bool label_is_valid(const char *label) {
    for (; *label != '\0'; label++) {
        if (!isalnum((unsigned char)*label) && strchr("_-. ", *label) == NULL) {
            return false;
        }
    }
    return true;
}

/* Reads role[:label]. NULL if it is right, else what is wrong. */
static const char *parse_name(const char *text, size_t length, StructureName *name) {
    char role[STRUCTURE_ROLE_SIZE];
    const char *colon = memchr(text, ':', length);
    size_t role_length = colon == NULL ? length : (size_t)(colon - text);
    name->label[0] = '\0';
    if (!copy_trimmed(text, role_length, role, sizeof role) || role_known(role) == NULL) {
        return "has an unknown role";
    }
    strcpy(name->role, role_known(role));
    if (colon == NULL) {
        return NULL;
    }
    if (!copy_trimmed(colon + 1, length - role_length - 1, name->label, sizeof name->label)) {
        return "has a label of more than 31 characters";
    }
    if (name->label[0] == '\0') {
        return "has a ':' but no label";
    }
    return label_is_valid(name->label) ? NULL : "has a label with other than A-Z a-z 0-9 _ - .";
}

/* The last '=' ends the key, because a ROI name may hold one. */
static const char *parse_entry(const char *text, size_t length, StructureMapEntry *entry) {
    const char *equals = memrchr(text, '=', length);
    if (equals == NULL) {
        return "has no '='";
    }
    size_t key_length = (size_t)(equals - text);
    if (!copy_trimmed(text, key_length, entry->key, sizeof entry->key)) {
        return "has a key of more than 127 characters";
    }
    if (entry->key[0] == '\0') {
        return "has no key before '='";
    }
    return parse_name(equals + 1, length - key_length - 1, &entry->name);
}

static const char *conflict_with_earlier(const StructureMap *map, const StructureMapEntry *entry) {
    for (size_t i = 0; i < map->count; i++) {
        const StructureMapEntry *other = &map->entries[i];
        if (strcmp(entry->key, other->key) == 0) {
            return "repeats the key of an earlier entry";
        }
        if (strcmp(entry->name.role, "lesion") == 0 && strcmp(other->name.role, "lesion") == 0 &&
            entry->name.label[0] != '\0' && strcasecmp(entry->name.label, other->name.label) == 0) {
            return "gives a second lesion the same label";
        }
    }
    return NULL;
}

static bool is_blank(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (!isspace((unsigned char)text[i])) {
            return false;
        }
    }
    return true;
}

Status structure_map_parse(const char *text, StructureMap *map, Error *error) {
    *map = (StructureMap){0};
    if (text == NULL || is_blank(text, strlen(text))) {
        return STATUS_OK;
    }
    size_t n_entries = 1;
    for (const char *at = text; *at != '\0'; at++) {
        n_entries += *at == ';';
    }
    map->entries = calloc(n_entries, sizeof *map->entries);
    if (map->entries == NULL) {
        return error_no_memory(error, "the structure_map");
    }
    for (const char *at = text;; at++) {
        size_t length = strcspn(at, ";");
        bool is_last = at[length] == '\0';
        if (is_last && is_blank(at, length) && map->count > 0) {
            return STATUS_OK; /* "1=liver;" */
        }
        StructureMapEntry *entry = &map->entries[map->count];
        const char *fault = parse_entry(at, length, entry);
        fault = fault != NULL ? fault : conflict_with_earlier(map, entry);
        if (fault != NULL) {
            error_set(error, STATUS_BAD_DATA,
                      "structure_map: entry '%.*s' %s; wanted <name or number>=<role>[:<label>], "
                      "entries separated by ';', role one of %s",
                      length > 80 ? 80 : (int)length, at, fault, ROLES_IN_SHORT);
            structure_map_free(map);
            return error->status;
        }
        map->count++;
        at += length;
        if (is_last) {
            return STATUS_OK;
        }
    }
}

void structure_map_free(StructureMap *map) {
    free(map->entries);
    *map = (StructureMap){0};
}

static StructureMapEntry *entry_of_key(StructureMap *map, const char *key) {
    for (size_t i = 0; i < map->count; i++) {
        if (strcmp(map->entries[i].key, key) == 0) {
            return &map->entries[i];
        }
    }
    return NULL;
}

static void note_present(StructureMap *map, const char *name, long number) {
    size_t used = strlen(map->present);
    const char *comma = used > 0 ? ", " : "";
    char *end = map->present + used;
    size_t room = sizeof map->present - used;
    if (name[0] != '\0') {
        snprintf(end, room, "%s'%.*s' (%ld)", comma, (int)utf8_cut(name, MAX_SHOWN), name, number);
    } else {
        snprintf(end, room, "%s%ld", comma, number);
    }
}

/* "Liver", "lesion:L1", "lesion_L1". */
static bool name_says_it(const char *name, StructureName *found) {
    static const char prefix[] = "lesion_";
    if (parse_name(name, strlen(name), found) == NULL) {
        return true;
    }
    if (strncasecmp(name, prefix, strlen(prefix)) != 0) {
        return false;
    }
    char spelled[STRUCTURE_KEY_SIZE];
    int length = snprintf(spelled, sizeof spelled, "lesion:%s", name + strlen(prefix));
    return length < (int)sizeof spelled && parse_name(spelled, (size_t)length, found) == NULL;
}

bool structure_map_match(StructureMap *map, const char *name, long number, StructureName *found) {
    char trimmed[STRUCTURE_KEY_SIZE], digits[24];
    if (!copy_trimmed(name, strlen(name), trimmed, sizeof trimmed)) {
        trimmed[0] = '\0';
    }
    note_present(map, trimmed, number);
    if (map->count == 0) {
        bool is_plain = name_says_it(trimmed, found);
        map->n_found += is_plain;
        return is_plain;
    }
    snprintf(digits, sizeof digits, "%ld", number);
    StructureMapEntry *entry = trimmed[0] == '\0' ? NULL : entry_of_key(map, trimmed);
    entry = entry != NULL ? entry : entry_of_key(map, digits);
    if (entry == NULL) {
        return false;
    }
    entry->is_found = true;
    map->n_found++;
    *found = entry->name;
    return true;
}

Status structure_map_check_found(const StructureMap *map, Error *error) {
    const char *present = map->present[0] == '\0' ? "nothing" : map->present;
    for (size_t i = 0; i < map->count; i++) {
        if (!map->entries[i].is_found) {
            return error_set(error, STATUS_BAD_DATA,
                             "structure_map: '%s' (%s%s%s) matches nothing in the mask; it holds "
                             "%s; correct the entry in images.tsv",
                             map->entries[i].key, map->entries[i].name.role,
                             map->entries[i].name.label[0] == '\0' ? "" : ":",
                             map->entries[i].name.label, present);
        }
    }
    if (map->n_found == 0) {
        return error_set(error, STATUS_BAD_DATA,
                         "no structure's name says what it is; the mask holds %s; say it in the "
                         "column structure_map of images.tsv, e.g. 1=liver;2=lesion:L1",
                         present);
    }
    return STATUS_OK;
}
