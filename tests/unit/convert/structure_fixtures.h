/* Inputs for the tests of structures: unpacked archives, damaged copies, images known only by their
 * geometry, and small DICOM objects written element by element (PS3.5, Explicit VR Little Endian).
 */
#ifndef YTTRIA_TESTS_STRUCTURE_FIXTURES_H
#define YTTRIA_TESTS_STRUCTURE_FIXTURES_H

#include <nifti1.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convert/dicom_file.h"
#include "convert/patient_image.h"
#include "tests/unit/suite.h"

enum { FIXTURE_PATH_SIZE = 512 };

/* The file <folder>/<file> of tests/data/<name>.tar.xz, unpacked; good until the next call.
 */
static inline const char *archive_file(const char *name, const char *folder, const char *file) {
    static char path[2 * FIXTURE_PATH_SIZE];
    char archive[FIXTURE_PATH_SIZE];
    snprintf(archive, sizeof archive, "%s.tar.xz", name);
    snprintf(path, sizeof path, "%s/%s/%s/%s", unpacked(archive), name, folder, file);
    return path;
}

/* A path in the scratch folder; good until the eighth call after it. */
static inline const char *scratch_file(const char *name) {
    static char paths[8][FIXTURE_PATH_SIZE];
    static size_t calls;
    char *path = paths[calls++ % 8];
    snprintf(path, FIXTURE_PATH_SIZE, "%s/%s", scratch_folder(), name);
    return path;
}

/* Copies `source` to `target` with every `find` replaced by `replace` (of equal length; NULL: none)
 * and cut to `fraction` of its length. Returns how often it replaced. */
static inline size_t copy_damaged(const char *source, const char *target, const char *find,
                                  const char *replace, double fraction) {
    FILE *in = fopen(source, "rb");
    FILE *out = fopen(target, "wb");
    if (in == NULL || out == NULL) {
        abort();
    }
    fseek(in, 0, SEEK_END);
    size_t size = (size_t)ftell(in), n_replaced = 0;
    rewind(in);
    char *bytes = malloc(size);
    size = fread(bytes, 1, size, in);
    size_t length = find == NULL ? 0 : strlen(find);
    for (char *at = bytes;
         length > 0 && (at = memmem(at, (size_t)(bytes + size - at), find, length)) != NULL;
         at += length) {
        memcpy(at, replace, length);
        n_replaced++;
    }
    fwrite(bytes, 1, (size_t)((double)size * fraction), out);
    free(bytes);
    fclose(in);
    fclose(out);
    return n_replaced;
}

/* An image of which only the geometry matters; `step` are the columns of the affine. */
static inline PatientImage image_of(const char *name, const size_t size[3], const double step[3][3],
                                    const double origin[3]) {
    PatientImage image = {.role = "anatomy", .frame_of_reference = "F1"};
    snprintf(image.name, sizeof image.name, "%s", name);
    image.grid.affine = affine_identity();
    for (int axis = 0; axis < 3; axis++) {
        image.grid.size[axis] = size[axis];
        image.grid.affine.m[axis][3] = origin[axis];
        for (int column = 0; column < 3; column++) {
            image.grid.affine.m[axis][column] = step[column][axis];
        }
    }
    return image;
}

static inline PatientImage upright_image(const char *name, size_t ni, size_t nj, size_t nk,
                                         double pixel_mm, double slice_mm, const double origin[3]) {
    const size_t size[3] = {ni, nj, nk};
    const double step[3][3] = {{pixel_mm, 0, 0}, {0, pixel_mm, 0}, {0, 0, slice_mm}};
    return image_of(name, size, step, origin);
}

/* A NIfTI-1 file of `size` voxels of 2 x 2 x 4 mm, whose voxel (0, 0, 0) is at RAS `origin`. */
static inline void write_nifti(const char *path, const short size[3], short datatype, short bits,
                               const float origin[3], const void *values, size_t n_bytes) {
    struct nifti_1_header header = {.sizeof_hdr = 348,
                                    .dim = {3, size[0], size[1], size[2], 1, 1, 1, 1},
                                    .datatype = datatype,
                                    .bitpix = bits,
                                    .pixdim = {1, 2, 2, 4},
                                    .vox_offset = 352,
                                    .xyzt_units = NIFTI_UNITS_MM,
                                    .sform_code = 1,
                                    .srow_x = {2, 0, 0, origin[0]},
                                    .srow_y = {0, 2, 0, origin[1]},
                                    .srow_z = {0, 0, 4, origin[2]},
                                    .magic = "n+1"};
    static const char no_extension[4] = {0};
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        abort();
    }
    fwrite(&header, 1, sizeof header, file);
    fwrite(no_extension, 1, sizeof no_extension, file);
    fwrite(values, 1, n_bytes, file);
    fclose(file);
}

/* The grid of write_nifti in LPS. */
static inline PatientImage nifti_image_of(const char *name, const short size[3],
                                          const float origin[3]) {
    const size_t voxels[3] = {(size_t)size[0], (size_t)size[1], (size_t)size[2]};
    const double step[3][3] = {{-2, 0, 0}, {0, -2, 0}, {0, 0, 4}};
    PatientImage image =
        image_of(name, voxels, step, (const double[3]){-origin[0], -origin[1], origin[2]});
    strcpy(image.frame_of_reference, "none");
    return image;
}

/* ---- writing DICOM ---- */

static inline void put_u16(FILE *file, unsigned value) {
    fputc((int)(value & 255), file);
    fputc((int)(value >> 8 & 255), file);
}

static inline void put_u32(FILE *file, uint32_t value) {
    put_u16(file, value & 0xffff);
    put_u16(file, value >> 16);
}

static inline void put_bytes(FILE *file, unsigned group, unsigned element, const char *vr,
                             const void *bytes, size_t length) {
    bool is_long = strcmp(vr, "OB") == 0 || strcmp(vr, "OW") == 0;
    size_t padded = length + length % 2;
    put_u16(file, group);
    put_u16(file, element);
    fwrite(vr, 1, 2, file);
    if (is_long) {
        put_u16(file, 0);
        put_u32(file, (uint32_t)padded);
    } else {
        put_u16(file, (unsigned)padded);
    }
    fwrite(bytes, 1, length, file);
    if (padded != length) {
        fputc(strcmp(vr, "UI") == 0 || is_long ? 0 : ' ', file);
    }
}

static inline void put_text(FILE *file, unsigned group, unsigned element, const char *vr,
                            const char *text) {
    put_bytes(file, group, element, vr, text, strlen(text));
}

static inline void put_us(FILE *file, unsigned group, unsigned element, unsigned value) {
    unsigned char bytes[2] = {(unsigned char)(value & 255), (unsigned char)(value >> 8 & 255)};
    put_bytes(file, group, element, "US", bytes, 2);
}

static inline void begin_sequence(FILE *file, unsigned group, unsigned element) {
    put_u16(file, group);
    put_u16(file, element);
    fwrite("SQ", 1, 2, file);
    put_u16(file, 0);
    put_u32(file, 0xffffffff);
}

static inline void delimit(FILE *file, unsigned element, uint32_t length) {
    put_u16(file, 0xfffe);
    put_u16(file, element);
    put_u32(file, length);
}

static inline void begin_item(FILE *file) {
    delimit(file, 0xe000, 0xffffffff);
}

static inline void end_item(FILE *file) {
    delimit(file, 0xe00d, 0);
}

static inline void end_sequence(FILE *file) {
    delimit(file, 0xe0dd, 0);
}

/* Preamble, file meta information, SOP class, modality. */
static inline FILE *begin_dicom(const char *path, const char *sop_class, const char *modality) {
    static const char explicit_little[] = "1.2.840.10008.1.2.1";
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        abort();
    }
    for (int n = 0; n < 128; n++) {
        fputc(0, file);
    }
    fwrite("DICM", 1, 4, file);
    unsigned char length[4] = {(unsigned char)(8 + strlen(explicit_little) + 1)};
    put_bytes(file, 0x0002, 0x0000, "UL", length, 4);
    put_text(file, 0x0002, 0x0010, "UI", explicit_little);
    put_text(file, 0x0008, 0x0016, "UI", sop_class);
    put_text(file, 0x0008, 0x0060, "CS", modality);
    return file;
}

/* A SEG of up to 8 frames. */
typedef struct SegSpec {
    const char *type; /* "BINARY", "FRACTIONAL", ... */
    unsigned columns, rows, n_frames;
    const char *positions[8];  /* "x\\y\\z" */
    unsigned segments[8];      /* of each frame, from 1 */
    unsigned n_segments;       /* called "S1", "S2", ... */
    const char *slice_spacing; /* NULL: not stated */
    const uint8_t *values;     /* [frame][row][column] */
} SegSpec;

static inline void put_frame(FILE *file, const SegSpec *spec, unsigned frame) {
    begin_item(file);
    begin_sequence(file, 0x0020, 0x9113);
    begin_item(file);
    put_text(file, 0x0020, 0x0032, "DS", spec->positions[frame]);
    end_item(file);
    end_sequence(file);
    begin_sequence(file, 0x0062, 0x000a);
    begin_item(file);
    put_us(file, 0x0062, 0x000b, spec->segments[frame]);
    end_item(file);
    end_sequence(file);
    end_item(file);
}

static inline void put_shared_groups(FILE *file, const SegSpec *spec) {
    begin_sequence(file, 0x5200, 0x9229);
    begin_item(file);
    begin_sequence(file, 0x0020, 0x9116);
    begin_item(file);
    put_text(file, 0x0020, 0x0037, "DS", "1\\0\\0\\0\\1\\0");
    end_item(file);
    end_sequence(file);
    begin_sequence(file, 0x0028, 0x9110);
    begin_item(file);
    if (spec->slice_spacing != NULL) {
        put_text(file, 0x0018, 0x0088, "DS", spec->slice_spacing);
    }
    put_text(file, 0x0028, 0x0030, "DS", "2\\2");
    end_item(file);
    end_sequence(file);
    end_item(file);
    end_sequence(file);
}

static inline void put_seg_pixels(FILE *file, const SegSpec *spec) {
    size_t count = (size_t)spec->columns * spec->rows * spec->n_frames;
    if (strcmp(spec->type, "BINARY") != 0) {
        put_bytes(file, 0x7fe0, 0x0010, "OB", spec->values, count);
        return;
    }
    uint8_t *packed = calloc(count / 8 + 1, 1);
    for (size_t n = 0; n < count; n++) {
        packed[n / 8] = (uint8_t)(packed[n / 8] | (spec->values[n] != 0) << n % 8);
    }
    put_bytes(file, 0x7fe0, 0x0010, "OB", packed, (count + 7) / 8);
    free(packed);
}

/* Frame of reference "1.2.3". */
static inline void write_seg(const char *path, const SegSpec *spec) {
    FILE *file = begin_dicom(path, "1.2.840.10008.5.1.4.1.1.66.4", "SEG");
    bool is_binary = strcmp(spec->type, "BINARY") == 0;
    char number[16];
    put_text(file, 0x0020, 0x0052, "UI", "1.2.3");
    put_us(file, 0x0028, 0x0002, 1);
    put_text(file, 0x0028, 0x0004, "CS", "MONOCHROME2");
    snprintf(number, sizeof number, "%u", spec->n_frames);
    put_text(file, 0x0028, 0x0008, "IS", number);
    put_us(file, 0x0028, 0x0010, spec->rows);
    put_us(file, 0x0028, 0x0011, spec->columns);
    put_us(file, 0x0028, 0x0100, is_binary ? 1 : 8);
    put_us(file, 0x0028, 0x0101, is_binary ? 1 : 8);
    put_us(file, 0x0028, 0x0102, is_binary ? 0 : 7);
    put_us(file, 0x0028, 0x0103, 0);
    put_text(file, 0x0062, 0x0001, "CS", spec->type);
    begin_sequence(file, 0x0062, 0x0002);
    for (unsigned n = 1; n <= spec->n_segments; n++) {
        begin_item(file);
        put_us(file, 0x0062, 0x0004, n);
        snprintf(number, sizeof number, "S%u", n);
        put_text(file, 0x0062, 0x0005, "LO", number);
        end_item(file);
    }
    end_sequence(file);
    if (!is_binary) {
        put_us(file, 0x0062, 0x000e, 200);
    }
    put_shared_groups(file, spec);
    begin_sequence(file, 0x5200, 0x9230);
    for (unsigned n = 0; n < spec->n_frames; n++) {
        put_frame(file, spec, n);
    }
    end_sequence(file);
    put_seg_pixels(file, spec);
    fclose(file);
}

#endif
