/* A minimal DICOM writer for tests: explicit VR little endian, elements in the order given,
 * sequences of undefined length. Written from DICOM PS3.5, independently of GDCM. */
#ifndef YTTRIA_TESTS_DICOM_WRITER_H
#define YTTRIA_TESTS_DICOM_WRITER_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void dicom_put_16(FILE *file, unsigned value) {
    fputc((int)(value & 0xFF), file);
    fputc((int)(value >> 8 & 0xFF), file);
}

static inline void dicom_put_32(FILE *file, uint32_t value) {
    dicom_put_16(file, value & 0xFFFF);
    dicom_put_16(file, value >> 16);
}

static inline void dicom_put_tag(FILE *file, uint32_t tag) {
    dicom_put_16(file, tag >> 16);
    dicom_put_16(file, tag & 0xFFFF);
}

/* A text element, padded to even length; nothing if `value` is NULL. */
static inline void dicom_put_text(FILE *file, uint32_t tag, const char *vr, const char *value) {
    if (value == NULL) {
        return;
    }
    size_t length = strlen(value);
    dicom_put_tag(file, tag);
    fputs(vr, file);
    dicom_put_16(file, (unsigned)(length + length % 2));
    fputs(value, file);
    if (length % 2 == 1) {
        fputc(strcmp(vr, "UI") == 0 ? '\0' : ' ', file);
    }
}

static inline void dicom_put_us(FILE *file, uint32_t tag, unsigned value) {
    dicom_put_tag(file, tag);
    fputs("US", file);
    dicom_put_16(file, 2);
    dicom_put_16(file, value);
}

/* Opens a sequence with one item; close with dicom_end_sequence. */
static inline void dicom_begin_sequence(FILE *file, uint32_t tag) {
    dicom_put_tag(file, tag);
    fputs("SQ", file);
    dicom_put_16(file, 0);
    dicom_put_32(file, 0xFFFFFFFFu);
    dicom_put_tag(file, 0xFFFEE000u);
    dicom_put_32(file, 0xFFFFFFFFu);
}

/* Between two items of a sequence. */
static inline void dicom_next_item(FILE *file) {
    dicom_put_tag(file, 0xFFFEE00Du);
    dicom_put_32(file, 0);
    dicom_put_tag(file, 0xFFFEE000u);
    dicom_put_32(file, 0xFFFFFFFFu);
}

static inline void dicom_end_sequence(FILE *file) {
    dicom_put_tag(file, 0xFFFEE00Du);
    dicom_put_32(file, 0);
    dicom_put_tag(file, 0xFFFEE0DDu);
    dicom_put_32(file, 0);
}

/* Starts a file: preamble, group 0002. */
static inline FILE *dicom_begin(const char *path, const char *sop_class) {
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        abort();
    }
    static const char preamble[128];
    fwrite(preamble, 1, sizeof preamble, file);
    fputs("DICM", file);
    dicom_put_text(file, 0x00020002, "UI", sop_class);
    dicom_put_text(file, 0x00020003, "UI", "1.2.3.4");
    dicom_put_text(file, 0x00020010, "UI", "1.2.840.10008.1.2.1");
    return file;
}

static inline void dicom_put_pixels(FILE *file, const int16_t *values, size_t count) {
    dicom_put_tag(file, 0x7FE00010);
    fputs("OW", file);
    dicom_put_16(file, 0);
    dicom_put_32(file, (uint32_t)(2 * count));
    for (size_t n = 0; n < count; n++) {
        dicom_put_16(file, (uint16_t)values[n]);
    }
}

#endif
