/* See dicom_series.h. DICOM PS3.3 sections C.7.6.2 (image plane) and C.7.6.16 (functional groups).
 */
#include "convert/dicom_series.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "convert/dicom_folder.h"
#include "convert/shown_path.h"
#include "convert/slice_stack.h"

enum { MAX_FOUND_TEXT = 200, ELEMENT_PATH_SIZE = 96 };

static const double same_direction = 1e-3; /* largest difference of direction cosines */
static const double same_spacing = 1e-3;   /* relative */

size_t dicom_slice_numbers(const DicomSlice *slice, const char *macro, const char *element,
                           double *values, size_t max) {
    char path[ELEMENT_PATH_SIZE];
    size_t count = 0;
    if (slice->is_enhanced) {
        snprintf(path, sizeof path, "5200,9230[%zu]/%s[0]/%s", slice->frame, macro, element);
        count = dicom_numbers(slice->file, path, values, max);
        if (count == 0) {
            snprintf(path, sizeof path, "5200,9229[0]/%s[0]/%s", macro, element);
            count = dicom_numbers(slice->file, path, values, max);
        }
    }
    return count > 0 ? count : dicom_numbers(slice->file, element, values, max);
}

bool dicom_slice_text(const DicomSlice *slice, const char *macro, const char *element, char *text,
                      size_t size) {
    char path[ELEMENT_PATH_SIZE];
    if (slice->is_enhanced) {
        snprintf(path, sizeof path, "5200,9230[%zu]/%s[0]/%s", slice->frame, macro, element);
        if (dicom_text(slice->file, path, text, size)) {
            return true;
        }
        snprintf(path, sizeof path, "5200,9229[0]/%s[0]/%s", macro, element);
        if (dicom_text(slice->file, path, text, size)) {
            return true;
        }
    }
    return dicom_text(slice->file, element, text, size);
}

static bool is_listed(const char *modality, const char *modalities) {
    size_t length = strlen(modality);
    for (const char *at = modalities; length > 0 && *at != '\0'; at += strspn(at, "|")) {
        size_t item = strcspn(at, "|");
        if (item == length && strncmp(at, modality, item) == 0) {
            return true;
        }
        at += item;
    }
    return false;
}

/* Adds a modality to the list for the message "found: CT, RTSTRUCT". */
static void note_found(char found[MAX_FOUND_TEXT], const char *modality) {
    const char *name = modality[0] == '\0' ? "unnamed" : modality;
    if (strstr(found, name) == NULL && strlen(found) + strlen(name) + 3 < MAX_FOUND_TEXT) {
        snprintf(found + strlen(found), MAX_FOUND_TEXT - strlen(found), "%s%s",
                 found[0] == '\0' ? "" : ", ", name);
    }
}

/* The first file decides for the series; later ones must agree. */
static Status check_identity(DicomSeries *series, const DicomFile *file, const char *shown,
                             size_t *n_other_series, Error *error) {
    char series_uid[DICOM_ID_SIZE], patient_id[DICOM_ID_SIZE], frame_uid[DICOM_ID_SIZE];
    dicom_text(file, "0020,000e", series_uid, sizeof series_uid);
    dicom_text(file, "0010,0020", patient_id, sizeof patient_id);
    dicom_text(file, "0020,0052", frame_uid, sizeof frame_uid);
    if (series->n_files == 0) {
        memcpy(series->series_uid, series_uid, sizeof series_uid);
        memcpy(series->patient_id, patient_id, sizeof patient_id);
        memcpy(series->frame_uid, frame_uid, sizeof frame_uid);
    }
    if (strcmp(patient_id, series->patient_id) != 0) {
        return error_set(error, STATUS_BAD_DATA,
                         "%s: the files disagree in Patient ID (0010,0020): another patient's "
                         "files lie among them; sort them out",
                         shown);
    }
    if (strcmp(series_uid, series->series_uid) != 0) {
        ++*n_other_series;
    } else if (strcmp(frame_uid, series->frame_uid) != 0) {
        return error_set(error, STATUS_BAD_DATA,
                         "%s: the files of the series disagree in Frame of Reference UID "
                         "(0020,0052); export the series again",
                         shown);
    }
    return STATUS_OK;
}

/* Opens one file and keeps it if it belongs to the series that is wanted. */
static Status take_file(DicomSeries *series, const char *path, const char *modalities, char *found,
                        size_t *n_other_series, Error *error) {
    char shown[SHOWN_PATH_SIZE], modality[DICOM_CODE_SIZE];
    DicomFile *file = NULL;
    Status status = dicom_open(path, &file, error);
    if (status != STATUS_OK) {
        return status;
    }
    dicom_text(file, "0008,0060", modality, sizeof modality);
    note_found(found, modality);
    size_t others = *n_other_series;
    bool is_wanted = is_listed(modality, modalities) && dicom_has(file, "0028,0010");
    if (is_wanted) {
        status = check_identity(series, file, shown_path(path, shown), n_other_series, error);
    }
    if (!is_wanted || status != STATUS_OK || *n_other_series > others) {
        dicom_close(file);
        return status;
    }
    memcpy(series->modality, modality, sizeof modality);
    series->files[series->n_files++] = file;
    return STATUS_OK;
}

static Status take_files(DicomSeries *series, const char *path, const char *modalities,
                         Error *error) {
    char shown[SHOWN_PATH_SIZE], found[MAX_FOUND_TEXT] = "";
    size_t n_other_series = 0;
    DicomFolder folder;
    Status status = dicom_folder_list(path, &folder, error);
    if (status != STATUS_OK) {
        return status;
    }
    series->files = calloc(folder.count, sizeof(DicomFile *));
    if (series->files == NULL) {
        status = error_no_memory(error, "a DICOM series");
    }
    for (size_t i = 0; status == STATUS_OK && i < folder.count; i++) {
        status = take_file(series, folder.paths[i], modalities, found, &n_other_series, error);
    }
    dicom_folder_free(&folder);
    if (status != STATUS_OK) {
        return status;
    }
    shown_path(path, shown);
    if (series->n_files == 0) {
        return error_set(error, STATUS_BAD_DATA,
                         "%s: holds no image of modality %s (found: %s); correct role or path in "
                         "images.tsv",
                         shown, modalities, found);
    }
    if (n_other_series > 0) {
        return error_set(error, STATUS_BAD_DATA,
                         "%s: holds more than one %s series (%zu files of one, %zu of others); "
                         "point images.tsv at the folder of the one that is meant",
                         shown, modalities, series->n_files, n_other_series);
    }
    return STATUS_OK;
}

static size_t frame_count(const DicomFile *file) {
    double frames = 1;
    dicom_numbers(file, "0028,0008", &frames, 1);
    return frames >= 1 && frames < 65536 ? (size_t)frames : 1;
}

static Status list_slices(DicomSeries *series, size_t *n_slices, Error *error) {
    size_t total = 0;
    for (size_t f = 0; f < series->n_files; f++) {
        total += frame_count(series->files[f]);
    }
    series->slices = calloc(total, sizeof *series->slices);
    if (series->slices == NULL) {
        return error_no_memory(error, "the slices of a DICOM series");
    }
    for (size_t f = 0, n = 0; f < series->n_files; f++) {
        const DicomFile *file = series->files[f];
        size_t frames = frame_count(file);
        size_t groups = dicom_sequence_length(file, "5200,9230");
        if (frames > 1 && groups != frames) {
            return error_set(error, STATUS_BAD_DATA,
                             "a file of %zu frames has positions (5200,9230) for %zu; export the "
                             "series as one file per slice, or as an enhanced object",
                             frames, groups);
        }
        for (size_t k = 0; k < frames; k++) {
            series->slices[n++] = (DicomSlice){file, f, k, groups > 0};
        }
    }
    *n_slices = total;
    return STATUS_OK;
}

/* Orientation, pixel spacing and matrix of a slice. */
typedef struct Plane {
    double direction[6];  /* of rows, of columns */
    double spacing_mm[2]; /* between rows, between columns */
    double rows, columns;
} Plane;

static Status read_plane(const DicomSlice *slice, Plane *plane, Error *error) {
    if (dicom_slice_numbers(slice, "0020,9116", "0020,0037", plane->direction, 6) != 6 ||
        dicom_slice_numbers(slice, "0028,9110", "0028,0030", plane->spacing_mm, 2) != 2 ||
        dicom_numbers(slice->file, "0028,0010", &plane->rows, 1) != 1 ||
        dicom_numbers(slice->file, "0028,0011", &plane->columns, 1) != 1) {
        return error_set(error, STATUS_BAD_DATA,
                         "Image Orientation (0020,0037), Pixel Spacing (0028,0030), Rows or "
                         "Columns is missing or malformed: without them there is no geometry; "
                         "export the original series");
    }
    const double *r = plane->direction, *c = plane->direction + 3;
    double rr = r[0] * r[0] + r[1] * r[1] + r[2] * r[2];
    double cc = c[0] * c[0] + c[1] * c[1] + c[2] * c[2];
    double rc = r[0] * c[0] + r[1] * c[1] + r[2] * c[2];
    if (!(fabs(rr - 1) < 0.01 && fabs(cc - 1) < 0.01 && fabs(rc) < 0.01)) {
        return error_set(error, STATUS_BAD_DATA,
                         "Image Orientation (0020,0037) is not two perpendicular unit vectors; "
                         "export the original series");
    }
    if (!(plane->spacing_mm[0] > 0 && plane->spacing_mm[1] > 0)) {
        return error_set(error, STATUS_BAD_DATA,
                         "Pixel Spacing (0028,0030) is not positive; export the original series");
    }
    return STATUS_OK;
}

static bool is_same_plane(const Plane *a, const Plane *b) {
    bool is_same = a->rows == b->rows && a->columns == b->columns;
    for (int n = 0; n < 6; n++) {
        is_same = is_same && fabs(a->direction[n] - b->direction[n]) < same_direction;
    }
    for (int n = 0; n < 2; n++) {
        is_same =
            is_same && fabs(a->spacing_mm[n] - b->spacing_mm[n]) < same_spacing * b->spacing_mm[n];
    }
    return is_same;
}

static Status read_places(const DicomSeries *series, size_t n, const Plane *first,
                          SlicePlace *places, Error *error) {
    for (size_t k = 0; k < n; k++) {
        Plane plane;
        Status status = read_plane(&series->slices[k], &plane, error);
        if (status != STATUS_OK) {
            return status;
        }
        if (!is_same_plane(&plane, first)) {
            return error_set(error, STATUS_BAD_DATA,
                             "the slices of the series differ in matrix, orientation or pixel "
                             "spacing: a localizer among them, or several stacks; leave one stack");
        }
        places[k].index = k;
        if (dicom_slice_numbers(&series->slices[k], "0020,9113", "0020,0032", places[k].position_mm,
                                3) != 3) {
            return error_set(error, STATUS_BAD_DATA,
                             "Image Position (0020,0032) is missing in a slice; export the "
                             "original series");
        }
    }
    return STATUS_OK;
}

/* Brings the slices into the order of `places`. */
static Status reorder(DicomSeries *series, const SlicePlace *places, size_t n, Error *error) {
    DicomSlice *ordered = calloc(n, sizeof *ordered);
    if (ordered == NULL) {
        return error_no_memory(error, "the slices of a DICOM series");
    }
    for (size_t k = 0; k < n; k++) {
        ordered[k] = series->slices[places[k].index];
    }
    free(series->slices);
    series->slices = ordered;
    return STATUS_OK;
}

static Status build_grid(DicomSeries *series, size_t n, Error *error) {
    Plane plane;
    double i_step[3], j_step[3], thickness = 0;
    SlicePlace *places = calloc(n, sizeof *places);
    Status status = places == NULL ? error_no_memory(error, "slice positions") : STATUS_OK;
    status = status == STATUS_OK ? read_plane(&series->slices[0], &plane, error) : status;
    status = status == STATUS_OK ? read_places(series, n, &plane, places, error) : status;
    if (status != STATUS_OK) {
        goto done;
    }
    for (int a = 0; a < 3; a++) {
        i_step[a] = plane.direction[a] * plane.spacing_mm[1];
        j_step[a] = plane.direction[a + 3] * plane.spacing_mm[0];
    }
    slice_stack_sort(i_step, j_step, places, n);
    dicom_slice_numbers(&series->slices[0], "0028,9110", "0018,0050", &thickness, 1);
    status = slice_stack_affine(i_step, j_step, places, n, thickness, &series->grid.affine,
                                &series->is_uneven, error);
    series->grid.size[0] = (size_t)plane.columns;
    series->grid.size[1] = (size_t)plane.rows;
    series->grid.size[2] = n;
    status = status == STATUS_OK ? grid_check(&series->grid, error) : status;
    status = status == STATUS_OK ? reorder(series, places, n, error) : status;
done:
    free(places);
    return status;
}

/* A file that holds a single slice is one of many: alone it would pass for a thin volume. */
static Status check_is_whole(const char *path, size_t n_slices, Error *error) {
    struct stat info;
    if (n_slices == 1 && stat(path, &info) == 0 && S_ISREG(info.st_mode)) {
        return error_set(error, STATUS_BAD_DATA,
                         "is one slice of a series; point images.tsv at the folder that holds all "
                         "of its files");
    }
    return STATUS_OK;
}

Status dicom_series_open(const char *path, const char *modalities, DicomSeries *series,
                         Error *error) {
    char shown[SHOWN_PATH_SIZE];
    size_t n_slices = 0;
    *series = (DicomSeries){0};
    Status status = take_files(series, path, modalities, error);
    if (status != STATUS_OK) {
        return status;
    }
    status = list_slices(series, &n_slices, error);
    status = status == STATUS_OK ? check_is_whole(path, n_slices, error) : status;
    status = status == STATUS_OK ? build_grid(series, n_slices, error) : status;
    return status == STATUS_OK ? STATUS_OK
                               : error_add_context(error, "%s", shown_path(path, shown));
}

void dicom_series_close(DicomSeries *series) {
    for (size_t f = 0; f < series->n_files; f++) {
        dicom_close(series->files[f]);
    }
    free(series->files);
    free(series->slices);
    *series = (DicomSeries){0};
}
