/* See dicom_structure.h. What lies in an item or a sequence must end within it: GDCM takes
 * gigabytes or aborts where it does not. Private sequences of defined length are passed over whole:
 * their writers are known for small errors, and nothing is read from them. */
#include "convert/dicom_structure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "convert/shown_path.h"

enum { MAX_DEPTH = 32, PREAMBLE = 128 };

static const uint32_t undefined_length = 0xFFFFFFFFu;
static const uint32_t tag_item = 0xFFFEE000u;
static const uint32_t tag_item_end = 0xFFFEE00Du;
static const uint32_t tag_sequence_end = 0xFFFEE0DDu;
static const uint32_t tag_transfer_syntax = 0x00020010u;
static const uint32_t tag_pixel_data = 0x7FE00010u;

typedef struct Walk {
    const uint8_t *bytes;
    size_t size;
    size_t at;
    bool explicit_vr;
    bool big_endian;
    uint32_t tag; /* of the element being walked */
    DicomPixelData pixels;
} Walk;

typedef struct Element {
    uint32_t tag;
    char vr[2]; /* zeros when the file does not write them */
    uint32_t length;
} Element;

static uint32_t read_16(const Walk *walk, size_t at) {
    const uint8_t *b = walk->bytes + at;
    return walk->big_endian ? (uint32_t)b[0] << 8 | b[1] : (uint32_t)b[1] << 8 | b[0];
}

static uint32_t read_32(const Walk *walk, size_t at) {
    return walk->big_endian ? read_16(walk, at) << 16 | read_16(walk, at + 2)
                            : read_16(walk, at + 2) << 16 | read_16(walk, at);
}

static bool is_long_form(const char vr[2]) {
    static const char *const names = "OB OD OF OL OV OW SQ SV UC UN UR UT UV";
    for (const char *name = names;; name += 3) {
        if (name[0] == vr[0] && name[1] == vr[1]) {
            return true;
        }
        if (name[2] == '\0') {
            return false;
        }
    }
}

/* Reads tag, representation and length; leaves the walk at the value. */
static bool next_element(Walk *walk, Element *element) {
    if (walk->size - walk->at < 8) {
        return false;
    }
    size_t at = walk->at;
    element->tag = read_16(walk, at) << 16 | read_16(walk, at + 2);
    walk->tag = element->tag;
    memset(element->vr, 0, sizeof element->vr);
    if (!walk->explicit_vr || element->tag >> 16 == 0xFFFE) {
        element->length = read_32(walk, at + 4);
        walk->at = at + 8;
        return true;
    }
    memcpy(element->vr, walk->bytes + at + 4, 2);
    if (!is_long_form(element->vr)) {
        element->length = read_16(walk, at + 6);
        walk->at = at + 8;
        return true;
    }
    if (walk->size - at < 12) {
        return false;
    }
    element->length = read_32(walk, at + 8);
    walk->at = at + 12;
    return true;
}

static bool skip(Walk *walk, uint32_t length) {
    if (length > walk->size - walk->at) {
        return false;
    }
    walk->at += length;
    return true;
}

static bool walk_elements(Walk *walk, bool is_item, int depth);
static bool walk_value(Walk *walk, const Element *element, int depth);

/* What an item of a sequence holds. */
static bool walk_item(Walk *walk, const Element *item, int depth) {
    Element element;
    if (item->length == undefined_length) {
        return walk_elements(walk, true, depth);
    }
    size_t start = walk->at;
    if (!skip(walk, item->length)) {
        return false;
    }
    size_t end = walk->at;
    walk->at = start;
    while (walk->at < end && next_element(walk, &element)) {
        if (!walk_value(walk, &element, depth) || walk->at > end) {
            return false;
        }
    }
    return true;
}

/* Items of a sequence, or fragments of compressed pixels, up to the closing delimiter. */
static bool walk_items(Walk *walk, bool are_fragments, int depth) {
    Element item;
    while (depth < MAX_DEPTH && next_element(walk, &item)) {
        if (item.tag == tag_sequence_end) {
            return true;
        }
        if (item.tag != tag_item) {
            return false;
        }
        bool is_whole = are_fragments && item.length != undefined_length
                            ? skip(walk, item.length)
                            : walk_item(walk, &item, depth + 1);
        if (!is_whole) {
            return false;
        }
    }
    return false;
}

/* Some writers fill the file up with zeros. */
static bool is_padding(const Walk *walk) {
    for (size_t at = walk->at; at < walk->size; at++) {
        if (walk->bytes[at] != 0) {
            return false;
        }
    }
    return true;
}

static void note_pixel_data(Walk *walk, const Element *element) {
    walk->pixels.offset = walk->at;
    walk->pixels.is_compressed = element->length == undefined_length;
    walk->pixels.length = walk->pixels.is_compressed ? 0 : element->length;
    walk->pixels.is_big_endian = walk->big_endian;
    walk->pixels.is_word_stream = memcmp(element->vr, "OW", 2) == 0;
}

/* Whether a value of defined length is a sequence to look into. Implicit files do not say so, but a
 * sequence begins with an item. */
static bool is_sequence(const Walk *walk, const Element *element, size_t value) {
    if (element->tag >> 16 & 1) {
        return false;
    }
    bool begins_with_item =
        element->length >= 8 && (read_16(walk, value) << 16 | read_16(walk, value + 2)) == tag_item;
    return walk->explicit_vr ? memcmp(element->vr, "SQ", 2) == 0
                             : begins_with_item && element->tag != tag_pixel_data;
}

static bool walk_undefined(Walk *walk, const Element *element, int depth) {
    bool explicit_vr = walk->explicit_vr;
    if (memcmp(element->vr, "UN", 2) == 0) {
        walk->explicit_vr = false; /* PS3.5 section 6.2.2 note 4 */
    }
    bool is_whole = walk_items(walk, element->tag == tag_pixel_data, depth);
    walk->explicit_vr = explicit_vr;
    return is_whole;
}

/* A sequence of defined length, which lies within the file, from its first item to its end. */
static bool walk_sequence(Walk *walk, const Element *sequence, int depth) {
    size_t end = walk->at + sequence->length;
    Element item;
    if (depth >= MAX_DEPTH) {
        return false;
    }
    while (walk->at < end && next_element(walk, &item) && item.tag == tag_item) {
        if (!walk_item(walk, &item, depth + 1) || walk->at > end) {
            return false;
        }
    }
    walk->at = end;
    return true;
}

static bool walk_value(Walk *walk, const Element *element, int depth) {
    size_t value = walk->at;
    if (element->length == undefined_length) {
        return walk_undefined(walk, element, depth);
    }
    if (!skip(walk, element->length)) {
        return false;
    }
    if (!is_sequence(walk, element, value)) {
        return true;
    }
    walk->at = value;
    return walk_sequence(walk, element, depth);
}

static bool walk_elements(Walk *walk, bool is_item, int depth) {
    Element element;
    while (walk->at < walk->size) {
        if (!is_item && is_padding(walk)) {
            return true;
        }
        if (!next_element(walk, &element)) {
            return false;
        }
        if (is_item && element.tag == tag_item_end) {
            return true;
        }
        if (element.tag == tag_pixel_data && !is_item) {
            note_pixel_data(walk, &element);
        }
        if (!walk_value(walk, &element, depth)) {
            return false;
        }
    }
    return !is_item;
}

/* A representation that group 0002 has (PS3.10 section 7.1). GDCM aborts on others there. */
static bool is_meta_vr(const char vr[2]) {
    return memcmp(vr, "UI", 2) == 0 || memcmp(vr, "UL", 2) == 0 || memcmp(vr, "OB", 2) == 0 ||
           memcmp(vr, "SH", 2) == 0 || memcmp(vr, "AE", 2) == 0 || memcmp(vr, "UR", 2) == 0 ||
           memcmp(vr, "UN", 2) == 0;
}

/* Group 0002, always explicit little endian; the transfer syntax is copied out. */
static bool walk_meta(Walk *walk, char syntax[65]) {
    Element element;
    walk->explicit_vr = true;
    while (walk->size - walk->at >= 8 && read_16(walk, walk->at) == 2) {
        if (!next_element(walk, &element) || !is_meta_vr(element.vr) ||
            element.length > walk->size - walk->at) {
            return false;
        }
        if (element.tag == tag_transfer_syntax) {
            size_t length = element.length > 64 ? 64 : element.length;
            memcpy(syntax, walk->bytes + walk->at, length);
            syntax[length] = '\0';
            syntax[strcspn(syntax, " ")] = '\0';
        }
        walk->at += element.length;
    }
    return true;
}

/* From the transfer syntax, or, without one, from the look of the first element. */
static void set_encoding(Walk *walk, const char *syntax) {
    if (syntax[0] != '\0') {
        walk->explicit_vr = strcmp(syntax, "1.2.840.10008.1.2") != 0;
        walk->big_endian = strcmp(syntax, "1.2.840.10008.1.2.2") == 0;
    } else if (walk->size - walk->at >= 8) {
        const uint8_t *first = walk->bytes + walk->at;
        walk->big_endian = first[0] == 0 && first[1] != 0;
        walk->explicit_vr =
            first[4] >= 'A' && first[4] <= 'Z' && first[5] >= 'A' && first[5] <= 'Z';
    }
}

static bool is_whole(Walk *walk) {
    char syntax[65] = "";
    if (walk->size >= PREAMBLE + 4 && memcmp(walk->bytes + PREAMBLE, "DICM", 4) == 0) {
        walk->at = PREAMBLE + 4;
    }
    if (!walk_meta(walk, syntax)) {
        return false;
    }
    if (strcmp(syntax, "1.2.840.10008.1.2.1.99") == 0) {
        return true;
    }
    set_encoding(walk, syntax);
    return walk_elements(walk, false, 0);
}

Status dicom_structure_check(const char *path, DicomPixelData *pixels, Error *error) {
    char name[SHOWN_PATH_SIZE];
    struct stat info;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &info) != 0) {
        if (file >= 0) {
            close(file);
        }
        return error_set(error, STATUS_NO_INPUT, "%s: cannot be opened: %s", shown_path(path, name),
                         strerror(errno));
    }
    size_t size = info.st_size > 0 ? (size_t)info.st_size : 0;
    void *bytes = size == 0 ? MAP_FAILED : mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    if (bytes == MAP_FAILED) {
        return error_set(error, STATUS_BAD_DATA, "%s: is empty or cannot be read",
                         shown_path(path, name));
    }
    Walk walk = {.bytes = bytes, .size = size};
    Status status = STATUS_OK;
    if (!is_whole(&walk)) {
        status =
            error_set(error, STATUS_BAD_DATA,
                      "%s: the DICOM file is truncated or damaged: element (%04x,%04x) near "
                      "byte %zu of %zu runs past the end; copy the file again from the "
                      "scanner or archive",
                      shown_path(path, name), walk.tag >> 16, walk.tag & 0xFFFF, walk.at, size);
    }
    *pixels = walk.pixels;
    munmap(bytes, size);
    return status;
}
