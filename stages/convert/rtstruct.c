/* See rtstruct.h. */
#include "convert/rtstruct.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convert/contour_set.h"
#include "convert/utf8_text.h"
#include "core/log.h"

enum {
    MAX_SHOWN = 64,
    ITEM_SIZE = 96,
    PATH_SIZE = 128,
    UID_SIZE = 80,
    MAX_POINTS_PER_ROI = 5000000
};

/* Planes that are better than others by less than this are equally good. */
static const double EQUAL_DISTANCE_MM = 0.001;
/* Contours in every second slice or fewer. */
static const double SPARSE_SLICES = 1.5;

/* A region of interest. */
typedef struct Roi {
    char name[STRUCTURE_KEY_SIZE];
    long number;
    char frame_uid[UID_SIZE];
} Roi;

static void roi_read(const DicomFile *file, size_t index, Roi *roi) {
    char path[PATH_SIZE];
    double number = -1;
    snprintf(path, sizeof path, "3006,0020[%zu]/3006,0026", index);
    dicom_text(file, path, roi->name, sizeof roi->name);
    snprintf(path, sizeof path, "3006,0020[%zu]/3006,0022", index);
    dicom_numbers(file, path, &number, 1);
    roi->number = fabs(number) < 1e9 ? (long)number : -1;
    snprintf(path, sizeof path, "3006,0020[%zu]/3006,0024", index);
    if (!dicom_text(file, path, roi->frame_uid, sizeof roi->frame_uid)) {
        dicom_text(file, "3006,0010[0]/0020,0052", roi->frame_uid, sizeof roi->frame_uid);
    }
}

/* Checks type and size of one contour; `*n_points` as promised by its data. */
static Status contour_check(const DicomFile *file, const char contour[ITEM_SIZE], size_t *n_points,
                            Error *error) {
    char path[PATH_SIZE], type[32];
    snprintf(path, sizeof path, "%s/3006,0042", contour);
    dicom_text(file, path, type, sizeof type);
    if (strcmp(type, "CLOSED_PLANAR") != 0 && strcmp(type, "CLOSEDPLANAR_XOR") != 0) {
        return error_set(error, STATUS_BAD_DATA,
                         "Contour Geometric Type (3006,0042) is '%s', wanted CLOSED_PLANAR; a "
                         "point or an open line encloses no volume: redraw it or take it out of "
                         "the structure_map",
                         type);
    }
    snprintf(path, sizeof path, "%s/3006,0050", contour);
    size_t n_values = dicom_numbers(file, path, NULL, 0);
    if (n_values == 0 || n_values % 3 != 0) {
        return error_set(error, STATUS_BAD_DATA,
                         "Contour Data (3006,0050) is not a list of finite x\\y\\z (%zu numbers); "
                         "export the structure set again",
                         n_values);
    }
    *n_points = n_values / 3;
    double promised = (double)*n_points;
    snprintf(path, sizeof path, "%s/3006,0046", contour);
    dicom_numbers(file, path, &promised, 1);
    if (promised != (double)*n_points) {
        return error_set(error, STATUS_BAD_DATA,
                         "Number of Contour Points (3006,0046) is %.0f but Contour Data "
                         "(3006,0050) holds %zu points; the file is damaged: export it again",
                         promised, *n_points);
    }
    return STATUS_OK;
}

static Status contour_append(const DicomFile *file, const char contour[ITEM_SIZE], ContourSet *set,
                             Error *error) {
    size_t n_points = 0;
    if (contour_check(file, contour, &n_points, error) != STATUS_OK) {
        return error->status;
    }
    if (n_points > MAX_POINTS_PER_ROI - set->n_points) {
        return error_set(error, STATUS_BAD_DATA, "more than %d contour points; export it again",
                         MAX_POINTS_PER_ROI);
    }
    size_t total = set->n_points + n_points;
    double(*points)[3] = realloc(set->points_mm, total * sizeof *points);
    if (points == NULL) {
        return error_no_memory(error, "contours");
    }
    set->points_mm = points;
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/3006,0050", contour);
    dicom_numbers(file, path, points[set->n_points], 3 * n_points);
    for (size_t n = set->n_points; n < total; n++) {
        if (!isfinite(points[n][0]) || !isfinite(points[n][1]) || !isfinite(points[n][2])) {
            return error_set(error, STATUS_BAD_DATA,
                             "Contour Data (3006,0050) holds a number that is not finite; export "
                             "the structure set again");
        }
    }
    set->n_points = total;
    set->starts[++set->n_contours] = total;
    return STATUS_OK;
}

/* Item of the ROI Contour Sequence (3006,0039) that belongs to ROI `number`; false if none. */
static bool find_contours(const DicomFile *file, long number, size_t *item) {
    size_t n_items = dicom_sequence_length(file, "3006,0039");
    for (*item = 0; *item < n_items; ++*item) {
        char path[PATH_SIZE];
        double referenced = -1;
        snprintf(path, sizeof path, "3006,0039[%zu]/3006,0084", *item);
        if (dicom_numbers(file, path, &referenced, 1) > 0 && referenced == (double)number) {
            return true;
        }
    }
    return false;
}

/* All contours of a ROI; none is no error here. Free with contour_set_free in any case. */
static Status read_contours(const DicomFile *file, long number, ContourSet *set, Error *error) {
    char contour[ITEM_SIZE];
    size_t item, n_contours = 0;
    if (find_contours(file, number, &item)) {
        snprintf(contour, sizeof contour, "3006,0039[%zu]/3006,0040", item);
        n_contours = dicom_sequence_length(file, contour);
    }
    set->starts = calloc(n_contours + 1, sizeof *set->starts);
    if (set->starts == NULL) {
        return error_no_memory(error, "contours");
    }
    for (size_t c = 0; c < n_contours; c++) {
        snprintf(contour, sizeof contour, "3006,0039[%zu]/3006,0040[%zu]", item, c);
        if (contour_append(file, contour, set, error) != STATUS_OK) {
            return error_add_context(error, "contour %zu", c + 1);
        }
    }
    return STATUS_OK;
}

/* True if a Referenced Frame of Reference Sequence (3006,0010) names that series. */
static bool references_series(const DicomFile *file, const char *series_uid) {
    char path[PATH_SIZE], uid[UID_SIZE];
    size_t n_frames = dicom_sequence_length(file, "3006,0010");
    for (size_t f = 0; f < n_frames; f++) {
        snprintf(path, sizeof path, "3006,0010[%zu]/3006,0012", f);
        size_t n_studies = dicom_sequence_length(file, path);
        for (size_t s = 0; s < n_studies; s++) {
            snprintf(path, sizeof path, "3006,0010[%zu]/3006,0012[%zu]/3006,0014", f, s);
            size_t n_series = dicom_sequence_length(file, path);
            for (size_t r = 0; r < n_series; r++) {
                snprintf(path, sizeof path,
                         "3006,0010[%zu]/3006,0012[%zu]/3006,0014[%zu]/0020,000e", f, s, r);
                if (dicom_text(file, path, uid, sizeof uid) && strcmp(uid, series_uid) == 0) {
                    return true;
                }
            }
        }
    }
    return false;
}

/* The images that contours may have been drawn on. */
typedef struct Candidates {
    const PatientImage *best; /* in whose slices they lie; NULL if there is none */
    ContourFit fit;           /* to `best` */
    bool is_referenced;       /* the file says that they were drawn on `best` */
    const PatientImage *cut;  /* in whose slices they would lie if these were larger */
    double beyond_mm;         /* by how much */
    bool is_cut_referenced;   /* the file says that they were drawn on `cut` */
} Candidates;

static void consider_image(const PatientImage *image, bool is_referenced, const ContourFit *fit,
                           Candidates *found) {
    /* An image with slices between the contours' planes is not the one they were drawn on. */
    bool is_likely = is_referenced || fit->gap_slices < SPARSE_SLICES;
    if (fit->is_on_grid && is_likely && !found->is_referenced &&
        (found->best == NULL || is_referenced ||
         fit->distance_mm < found->fit.distance_mm - EQUAL_DISTANCE_MM)) {
        found->best = image;
        found->fit = *fit;
        found->is_referenced = is_referenced;
    }
    if (fit->beyond_mm > 0 && is_likely && !found->is_cut_referenced &&
        (found->cut == NULL || is_referenced || fit->beyond_mm < found->beyond_mm)) {
        found->cut = image;
        found->beyond_mm = fit->beyond_mm;
        found->is_cut_referenced = is_referenced;
    }
}

static Status refuse_no_image(bool is_frame_known, const Candidates *found, Error *error) {
    if (!is_frame_known) {
        return error_set(error, STATUS_BAD_DATA,
                         "mask on another frame of reference: Referenced Frame of Reference UID "
                         "(3006,0024) is that of none of the patient's images; add a row to "
                         "images.tsv for the image it was drawn on");
    }
    if (found->cut != NULL) {
        return error_set(error, STATUS_BAD_DATA,
                         "its contours reach beyond the field of view of %s by %.1f mm (more than "
                         "a voxel); cut them at the image's edge, or add a row to images.tsv for "
                         "the image they were drawn on",
                         found->cut->name, found->beyond_mm);
    }
    return error_set(error, STATUS_BAD_DATA,
                     "its contours lie in the slices of none of the images with its frame of "
                     "reference (within half a slice); add a row to images.tsv for the image it "
                     "was drawn on");
}

/* The image on whose slices the contours were drawn. */
static Status choose_image(const DicomFile *file, const Roi *roi, const ContourSet *contours,
                           const PatientImage *images, size_t n_images, const PatientImage **image,
                           ContourFit *fit, Error *error) {
    bool is_frame_known = false;
    Candidates found = {0};
    for (size_t n = 0; n < n_images; n++) {
        if (roi->frame_uid[0] == '\0' || strcmp(images[n].frame_uid, roi->frame_uid) != 0) {
            continue;
        }
        is_frame_known = true;
        if (contour_set_fit(contours, &images[n].grid, fit, error) != STATUS_OK) {
            return error->status;
        }
        bool is_referenced =
            images[n].series_uid[0] != '\0' && references_series(file, images[n].series_uid);
        consider_image(&images[n], is_referenced, fit, &found);
    }
    *image = found.best;
    *fit = found.fit;
    return *image == NULL ? refuse_no_image(is_frame_known, &found, error) : STATUS_OK;
}

static Status import_roi(const DicomFile *file, const Roi *roi, const StructureName *name,
                         const PatientImage *images, size_t n_images, StructureList *list,
                         Flags *flags, Error *error) {
    ContourSet contours = {0};
    LabelMap mask = {0};
    const PatientImage *image = NULL;
    ContourFit fit = {0};
    Status status = read_contours(file, roi->number, &contours, error);
    if (status == STATUS_OK && contours.n_contours == 0) {
        status = error_set(error, STATUS_BAD_DATA,
                           "empty %s %s: it has no contours; draw it, or take it out of the "
                           "structure_map",
                           name->role, name->label);
    }
    if (status != STATUS_OK) {
        goto done;
    }
    status = choose_image(file, roi, &contours, images, n_images, &image, &fit, error);
    if (status != STATUS_OK) {
        goto done;
    }
    if (fit.gap_slices >= SPARSE_SLICES) {
        flags_add(flags, "contours_sparse");
        log_message(LOG_WARNING,
                    "%s %s: contours lie %.1f slices of %s apart; the slices between stay empty",
                    name->role, name->label, fit.gap_slices, image->name);
    }
    status = contour_set_rasterise(&contours, &image->grid, &mask, error);
    if (status == STATUS_OK) {
        Structure structure = {.name = *name,
                               .format = "RTSTRUCT",
                               .image = image->name,
                               .frame_of_reference = image->frame_of_reference};
        status = structure_list_add(list, &structure, &mask, 1, error);
    }
done:
    label_map_free(&mask);
    contour_set_free(&contours);
    return status;
}

Status rtstruct_read(const DicomFile *file, StructureMap *map, const PatientImage *images,
                     size_t n_images, StructureList *list, Flags *flags, Error *error) {
    size_t n_rois = dicom_sequence_length(file, "3006,0020");
    if (n_rois == 0) {
        return error_set(error, STATUS_BAD_DATA,
                         "Structure Set ROI Sequence (3006,0020) is missing or empty; export the "
                         "structure set again");
    }
    for (size_t n = 0; n < n_rois; n++) {
        Roi roi;
        StructureName name;
        roi_read(file, n, &roi);
        if (!structure_map_match(map, roi.name, roi.number, &name)) {
            continue;
        }
        if (import_roi(file, &roi, &name, images, n_images, list, flags, error) != STATUS_OK) {
            return error_add_context(error, "ROI '%.*s' (%ld)", (int)utf8_cut(roi.name, MAX_SHOWN),
                                     roi.name, roi.number);
        }
    }
    return STATUS_OK;
}
