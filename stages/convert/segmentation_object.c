/* See segmentation_object.h. */
#include "convert/segmentation_object.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convert/frame_planes.h"
#include "convert/utf8_text.h"

enum { MAX_SHOWN = 64, PATH_SIZE = 128, UID_SIZE = 80, MAX_FRAMES = 1000000 };
static const double SAME_DIRECTION = 1e-3; /* of direction cosines */
static const double UNEVEN = 0.01;         /* of the spacing: docs/file-format.md */

/* A segmentation while it is read. */
typedef struct Segmentation {
    const DicomFile *file;
    FramePlanes planes;
    long *segments;            /* segment number of each frame */
    size_t *slices;            /* slice k of each frame */
    const PatientImage *image; /* on whose grid the frames lie; NULL: on their own */
    const char *frame_of_reference;
    Grid grid;
    int32_t *values;     /* [frame][row][column] */
    double lowest_value; /* that counts as inside */
} Segmentation;

/* Numbers of a frame's functional group macro, its own or the shared one. */
static size_t frame_numbers(const DicomFile *file, size_t frame, const char *element,
                            double *values, size_t max) {
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "5200,9230[%zu]/%s", frame, element);
    size_t count = dicom_numbers(file, path, values, max);
    if (count > 0) {
        return count;
    }
    snprintf(path, sizeof path, "5200,9229[0]/%s", element);
    return dicom_numbers(file, path, values, max);
}

static bool are_finite(const double *values, size_t count) {
    for (size_t n = 0; n < count; n++) {
        if (!isfinite(values[n])) {
            return false;
        }
    }
    return true;
}

/* Maximum Fractional Value decides what is inside. */
static Status read_type(Segmentation *seg, Flags *flags, Error *error) {
    char type[32];
    dicom_text(seg->file, "0062,0001", type, sizeof type);
    seg->lowest_value = 1;
    if (strcmp(type, "BINARY") == 0) {
        return STATUS_OK;
    }
    if (strcmp(type, "FRACTIONAL") != 0) {
        return error_set(error, STATUS_BAD_DATA,
                         "Segmentation Type (0062,0001) is '%s', wanted BINARY or FRACTIONAL; "
                         "export the segmentation as BINARY",
                         type);
    }
    double maximum = 0;
    dicom_numbers(seg->file, "0062,000e", &maximum, 1);
    if (!(maximum >= 1)) {
        return error_set(error, STATUS_BAD_DATA,
                         "Maximum Fractional Value (0062,000e) is missing in a FRACTIONAL "
                         "segmentation; export it as BINARY");
    }
    seg->lowest_value = maximum / 2;
    flags_add(flags, "fractional_mask");
    return STATUS_OK;
}

static Status read_frame_count(Segmentation *seg, Error *error) {
    double count = 0, rows = 0, columns = 0;
    dicom_numbers(seg->file, "0028,0008", &count, 1);
    dicom_numbers(seg->file, "0028,0010", &rows, 1);
    dicom_numbers(seg->file, "0028,0011", &columns, 1);
    size_t described = dicom_sequence_length(seg->file, "5200,9230");
    if (!(count >= 1 && count <= MAX_FRAMES && rows >= 1 && columns >= 1) ||
        (double)described != count) {
        return error_set(error, STATUS_BAD_DATA,
                         "Number of Frames (0028,0008) is %.0f (Rows %.0f, Columns %.0f), but the "
                         "Per-Frame Functional Groups Sequence (5200,9230) describes %zu; export "
                         "the segmentation again",
                         count, rows, columns, described);
    }
    seg->planes.count = described;
    seg->planes.height = (size_t)rows;
    seg->planes.width = (size_t)columns;
    seg->planes.positions_mm = calloc(described, sizeof *seg->planes.positions_mm);
    seg->segments = calloc(described, sizeof *seg->segments);
    seg->slices = calloc(described, sizeof *seg->slices);
    if (seg->planes.positions_mm == NULL || seg->segments == NULL || seg->slices == NULL) {
        return error_no_memory(error, "a segmentation's frames");
    }
    return STATUS_OK;
}

/* Steps between voxels from the first frame's orientation and pixel spacing. */
static Status read_steps(Segmentation *seg, double orientation[6], Error *error) {
    double spacing[2] = {0};
    size_t n_spacing = frame_numbers(seg->file, 0, "0028,9110[0]/0028,0030", spacing, 2);
    size_t n_cosines = frame_numbers(seg->file, 0, "0020,9116[0]/0020,0037", orientation, 6);
    if (n_spacing != 2 || n_cosines != 6 || !are_finite(spacing, 2) ||
        !are_finite(orientation, 6)) {
        return error_set(error, STATUS_BAD_DATA,
                         "Pixel Spacing (0028,0030) or Image Orientation (Patient) (0020,0037) is "
                         "missing from the functional groups; export the segmentation again");
    }
    for (int axis = 0; axis < 3; axis++) {
        seg->planes.row_mm[axis] = orientation[axis] * spacing[1];
        seg->planes.column_mm[axis] = orientation[3 + axis] * spacing[0];
    }
    double *stated = &seg->planes.slice_spacing_mm;
    if (frame_numbers(seg->file, 0, "0028,9110[0]/0018,0088", stated, 1) == 0) {
        *stated = 0;
    }
    return STATUS_OK;
}

static Status read_frames(Segmentation *seg, Error *error) {
    double orientation[6];
    if (read_steps(seg, orientation, error) != STATUS_OK) {
        return error->status;
    }
    for (size_t n = 0; n < seg->planes.count; n++) {
        double *position = seg->planes.positions_mm[n], number = 0, own[6] = {0};
        if (frame_numbers(seg->file, n, "0020,9113[0]/0020,0032", position, 3) != 3 ||
            !are_finite(position, 3)) {
            return error_set(error, STATUS_BAD_DATA,
                             "frame %zu has no Image Position (Patient) (0020,0032); export the "
                             "segmentation again",
                             n + 1);
        }
        if (frame_numbers(seg->file, n, "0062,000a[0]/0062,000b", &number, 1) == 0) {
            return error_set(error, STATUS_BAD_DATA,
                             "frame %zu has no Referenced Segment Number (0062,000b); export the "
                             "segmentation again",
                             n + 1);
        }
        seg->segments[n] = (long)number;
        frame_numbers(seg->file, n, "0020,9116[0]/0020,0037", own, 6);
        for (int c = 0; c < 6; c++) {
            if (!(fabs(own[c] - orientation[c]) <= SAME_DIRECTION)) {
                return error_set(error, STATUS_BAD_DATA,
                                 "frame %zu is not parallel to the first; export the "
                                 "segmentation as one stack of slices",
                                 n + 1);
            }
        }
    }
    return STATUS_OK;
}

/* Passes 0 and 1: the referenced series, then any image of the frame of reference. */
static bool find_image(Segmentation *seg, const PatientImage *images, size_t n_images,
                       const char *frame_uid) {
    char series_uid[UID_SIZE];
    dicom_text(seg->file, "0008,1115[0]/0020,000e", series_uid, sizeof series_uid);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t n = 0; n < n_images; n++) {
            if (strcmp(images[n].frame_uid, frame_uid) != 0 ||
                (pass == 0 && strcmp(images[n].series_uid, series_uid) != 0)) {
                continue;
            }
            if (frame_planes_on_grid(&seg->planes, &images[n].grid, seg->slices)) {
                seg->image = &images[n];
                return true;
            }
        }
    }
    return false;
}

static Status locate(Segmentation *seg, const PatientImage *images, size_t n_images,
                     FrameRegistry *frames, Flags *flags, Error *error) {
    char frame_uid[UID_SIZE];
    dicom_text(seg->file, "0020,0052", frame_uid, sizeof frame_uid);
    bool is_frame_known = false;
    for (size_t n = 0; n < n_images && frame_uid[0] != '\0'; n++) {
        is_frame_known = is_frame_known || strcmp(images[n].frame_uid, frame_uid) == 0;
    }
    if (!is_frame_known) {
        return error_set(error, STATUS_BAD_DATA,
                         "mask on another frame of reference: Frame of Reference UID (0020,0052) "
                         "is that of none of the patient's images; add a row to images.tsv for "
                         "the image it was drawn on");
    }
    seg->frame_of_reference = frame_registry_label(frames, frame_uid);
    if (find_image(seg, images, n_images, frame_uid)) {
        seg->grid = seg->image->grid;
        return STATUS_OK;
    }
    double unevenness = 0;
    if (frame_planes_grid(&seg->planes, &seg->grid, seg->slices, &unevenness, error) != STATUS_OK) {
        return error->status;
    }
    if (unevenness > UNEVEN) {
        flags_add(flags, "slice_gap_uneven");
    }
    return STATUS_OK;
}

static Status read_values(Segmentation *seg, Error *error) {
    size_t size[3];
    if (dicom_read_pixels(seg->file, size, &seg->values, error) != STATUS_OK) {
        return error->status;
    }
    if (size[0] != seg->planes.width || size[1] != seg->planes.height ||
        size[2] != seg->planes.count) {
        return error_set(error, STATUS_BAD_DATA,
                         "Pixel Data holds %zu x %zu x %zu values, the header describes %zu x %zu "
                         "x %zu; export the segmentation again",
                         size[0], size[1], size[2], seg->planes.width, seg->planes.height,
                         seg->planes.count);
    }
    return STATUS_OK;
}

/* Joins all frames of one segment. */
static Status import_segment(const Segmentation *seg, long number, const StructureName *name,
                             StructureList *list, Error *error) {
    LabelMap mask;
    if (label_map_create(&seg->grid, &mask, error) != STATUS_OK) {
        return error->status;
    }
    size_t n_pixels = seg->planes.width * seg->planes.height;
    for (size_t n = 0; n < seg->planes.count; n++) {
        if (seg->segments[n] != number) {
            continue;
        }
        const int32_t *frame = seg->values + n * n_pixels;
        uint16_t *slice = mask.labels + seg->slices[n] * n_pixels;
        for (size_t pixel = 0; pixel < n_pixels; pixel++) {
            slice[pixel] |= frame[pixel] >= seg->lowest_value;
        }
    }
    Structure structure = {.name = *name,
                           .format = "SEG",
                           .image = seg->image == NULL ? "none" : seg->image->name,
                           .frame_of_reference = seg->frame_of_reference};
    Status status = structure_list_add(list, &structure, &mask, 1, error);
    label_map_free(&mask);
    return status;
}

static Status import_segments(const Segmentation *seg, StructureMap *map, StructureList *list,
                              Error *error) {
    size_t n_segments = dicom_sequence_length(seg->file, "0062,0002");
    for (size_t n = 0; n < n_segments; n++) {
        char path[PATH_SIZE], label[STRUCTURE_KEY_SIZE];
        double number = 0;
        StructureName name;
        snprintf(path, sizeof path, "0062,0002[%zu]/0062,0004", n);
        dicom_numbers(seg->file, path, &number, 1);
        snprintf(path, sizeof path, "0062,0002[%zu]/0062,0005", n);
        dicom_text(seg->file, path, label, sizeof label);
        if (!structure_map_match(map, label, (long)number, &name)) {
            continue;
        }
        if (import_segment(seg, (long)number, &name, list, error) != STATUS_OK) {
            return error_add_context(error, "segment '%.*s' (%ld)", (int)utf8_cut(label, MAX_SHOWN),
                                     label, (long)number);
        }
    }
    return STATUS_OK;
}

Status segmentation_object_read(const DicomFile *file, StructureMap *map,
                                const PatientImage *images, size_t n_images, FrameRegistry *frames,
                                StructureList *list, Flags *flags, Error *error) {
    Segmentation seg = {.file = file};
    Status status = read_type(&seg, flags, error);
    if (status == STATUS_OK) {
        status = read_frame_count(&seg, error);
    }
    if (status == STATUS_OK) {
        status = read_frames(&seg, error);
    }
    if (status == STATUS_OK) {
        status = locate(&seg, images, n_images, frames, flags, error);
    }
    if (status == STATUS_OK) {
        status = read_values(&seg, error);
    }
    if (status == STATUS_OK) {
        status = import_segments(&seg, map, list, error);
    }
    free(seg.values);
    free(seg.slices);
    free(seg.segments);
    free(seg.planes.positions_mm);
    return status;
}
