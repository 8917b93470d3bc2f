/* Is a DICOM file whole? Walks its elements without keeping values (DICOM PS3.5 section 7).
 *
 * GDCM pads truncated pixel data in silence and can abort on elements that run past the end, so
 * every file passes here first. */
#ifndef YTTRIA_CONVERT_DICOM_STRUCTURE_H
#define YTTRIA_CONVERT_DICOM_STRUCTURE_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#include "core/error.h"

/* Where the top-level Pixel Data (7fe0,0010) lies in the file. */
typedef struct DicomPixelData {
    size_t offset;      /* of the value, bytes; 0 if there is none, or the file is deflated */
    size_t length;      /* of the value, bytes; 0 if compressed */
    bool is_compressed; /* in fragments */
    bool is_big_endian;
    bool is_word_stream; /* OW: bytes of 1- and 8-bit data are swapped in pairs if big endian */
} DicomPixelData;

/* Fails with STATUS_BAD_DATA, naming the element, if an element, item or fragment runs past the end
 * of the file or of what holds it, or a sequence is not closed; with STATUS_NO_INPUT if it cannot
 * be read. Deflated files are not looked into. `pixels` is filled in. */
Status dicom_structure_check(const char *path, DicomPixelData *pixels, Error *error);

#ifdef __cplusplus
}
#endif

#endif
