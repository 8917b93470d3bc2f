/* See label_image.h. */
#include "convert/label_image.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convert/nifti_image.h"

enum { MAX_LABEL = UINT16_MAX, N_LABELS = MAX_LABEL + 1 };
static const double SAME_GRID_MM = 0.01;
static const double AXIS_WITHIN = 1e-3;   /* of an axis against the other grid's: float affines */
static const double ORIGIN_WITHIN = 1e-2; /* voxels */
static const double CORNER_WITHIN = 0.1;  /* voxels: AXIS_WITHIN added up over a hundred of them */
static const double WHOLE_WITHIN = 1e-3;  /* a large label times a scale factor, both float */

/* Every value as a label; floats hold labels exactly. */
static Status labels_of_volume(const Volume *volume, LabelMap *map, Error *error) {
    size_t count = grid_voxel_count(&volume->grid);
    size_t ni = volume->grid.size[0], nj = volume->grid.size[1];
    for (size_t n = 0; n < count; n++) {
        double value = (double)volume->voxels[n], whole = round(value);
        if (!(fabs(value - whole) <= WHOLE_WITHIN && whole >= 0 && whole <= MAX_LABEL)) {
            return error_set(error, STATUS_BAD_DATA,
                             "voxel i=%zu j=%zu k=%zu is %g, wanted a label 0 to %d; is this a "
                             "probability map or an image? Save it as a label image",
                             n % ni, n / ni % nj, n / (ni * nj), value, MAX_LABEL);
        }
        map->labels[n] = (uint16_t)whole;
    }
    return STATUS_OK;
}

Status label_image_load(const char *path, LabelMap *map, Error *error) {
    *map = (LabelMap){0};
    Volume volume;
    if (nifti_read_volume(path, &volume, error) != STATUS_OK) {
        return error->status;
    }
    Status status = label_map_create(&volume.grid, map, error);
    if (status == STATUS_OK) {
        status = labels_of_volume(&volume, map, error);
    }
    volume_free(&volume);
    if (status != STATUS_OK) {
        label_map_free(map);
    }
    return status;
}

static int role_rank(const char *role) {
    return strcmp(role, "anatomy") == 0 ? 0 : strcmp(role, "pet") != 0 ? 1 : 2;
}

/* How the voxels of a mask lie among those of an image; the lowest is the best. */
typedef enum Match { MATCH_SAME, MATCH_TURNED, MATCH_PART, MATCH_NONE } Match;

/* Every row and column of `map` has one entry of 1 or -1 and two of 0. `axes[column]` is its row.
 */
static bool is_signed_permutation(const Affine *map, int axes[3]) {
    bool is_taken[3] = {false};
    for (int column = 0; column < 3; column++) {
        int n_ones = 0;
        for (int row = 0; row < 3; row++) {
            double size = fabs(map->m[row][column]);
            if (fabs(size - 1) <= AXIS_WITHIN) {
                n_ones++;
                axes[column] = row;
            } else if (!(size <= AXIS_WITHIN)) {
                return false;
            }
        }
        if (n_ones != 1 || is_taken[axes[column]]) {
            return false;
        }
        is_taken[axes[column]] = true;
    }
    return true;
}

/* Every corner voxel of `mask` is a voxel of `image`. */
static bool corners_are_voxels(const Affine *to_image, const Grid *mask, const Grid *image) {
    for (int corner = 0; corner < 8; corner++) {
        double index[3];
        for (int axis = 0; axis < 3; axis++) {
            index[axis] = (corner >> axis & 1) != 0 ? (double)(mask->size[axis] - 1) : 0;
        }
        affine_apply(to_image, index, index);
        for (int axis = 0; axis < 3; axis++) {
            double nearest = round(index[axis]);
            double tolerance = corner == 0 ? ORIGIN_WITHIN : CORNER_WITHIN;
            if (!(fabs(index[axis] - nearest) <= tolerance && nearest >= 0 &&
                  nearest < (double)image->size[axis])) {
                return false;
            }
        }
    }
    return true;
}

/* Viewers and converters store masks with axes turned or swapped, and some cut them out. */
static Match match_grids(const Grid *mask, const Grid *image) {
    Affine inverse;
    Error ignored;
    int axes[3] = {0};
    if (grid_is_same(mask, image, SAME_GRID_MM)) {
        return MATCH_SAME;
    }
    if (affine_invert(&image->affine, &inverse, &ignored) != STATUS_OK) {
        return MATCH_NONE;
    }
    Affine to_image = affine_compose(&inverse, &mask->affine);
    if (!is_signed_permutation(&to_image, axes) || !corners_are_voxels(&to_image, mask, image)) {
        return MATCH_NONE;
    }
    for (int axis = 0; axis < 3; axis++) {
        if (mask->size[axis] != image->size[axes[axis]]) {
            return MATCH_PART;
        }
    }
    return MATCH_TURNED;
}

/* The best match; among equals anatomy, then CT and MR, then PET; NULL if there is none. */
static const PatientImage *image_of_grid(const Grid *grid, const PatientImage *images,
                                         size_t n_images) {
    const PatientImage *best = NULL;
    Match best_match = MATCH_NONE;
    for (size_t n = 0; n < n_images; n++) {
        Match match = match_grids(grid, &images[n].grid);
        if (match < best_match || (match == best_match && best != NULL &&
                                   role_rank(images[n].role) < role_rank(best->role))) {
            best = &images[n];
            best_match = match;
        }
    }
    return best;
}

/* The frame of reference of all images; NULL if they have several, or one that is unknown. */
static const char *shared_frame(const PatientImage *images, size_t n_images) {
    for (size_t n = 0; n < n_images; n++) {
        if (strcmp(images[n].frame_of_reference, "none") == 0 ||
            strcmp(images[n].frame_of_reference, images[0].frame_of_reference) != 0) {
            return NULL;
        }
    }
    return n_images > 0 ? images[0].frame_of_reference : NULL;
}

/* "/a/liver.nii.gz" -> "liver". */
static void file_stem(const char *path, char stem[STRUCTURE_KEY_SIZE]) {
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    const char *end = strcasestr(name, ".nii");
    size_t length = end == NULL ? strcspn(name, ".") : (size_t)(end - name);
    snprintf(stem, STRUCTURE_KEY_SIZE, "%.*s", (int)(length < 4096 ? length : 4096), name);
}

static Status import_labels(const char *path, const LabelMap *labels, const bool *is_present,
                            StructureMap *map, Structure structure, StructureList *list,
                            Error *error) {
    char stem[STRUCTURE_KEY_SIZE] = "";
    size_t n_present = 0;
    for (size_t value = 1; value < N_LABELS; value++) {
        n_present += is_present[value];
    }
    if (n_present == 1 && is_present[1]) {
        file_stem(path, stem);
    }
    for (size_t value = 1; value < N_LABELS; value++) {
        if (is_present[value] && structure_map_match(map, stem, (long)value, &structure.name) &&
            structure_list_add(list, &structure, labels, (uint16_t)value, error) != STATUS_OK) {
            return error_add_context(error, "label %zu", value);
        }
    }
    return STATUS_OK;
}

Status label_image_read(const char *path, StructureMap *map, const PatientImage *images,
                        size_t n_images, StructureList *list, Error *error) {
    LabelMap labels;
    if (label_image_load(path, &labels, error) != STATUS_OK) {
        return error->status;
    }
    bool *is_present = calloc(N_LABELS, sizeof *is_present);
    Status status = STATUS_OK;
    const PatientImage *image = image_of_grid(&labels.grid, images, n_images);
    Structure structure = {.format = "NIFTI",
                           .image = image == NULL ? "none" : image->name,
                           .frame_of_reference = image == NULL ? shared_frame(images, n_images)
                                                               : image->frame_of_reference};
    if (is_present == NULL) {
        status = error_no_memory(error, "a label image");
        goto done;
    }
    if (structure.frame_of_reference == NULL) {
        status = error_set(error, STATUS_BAD_DATA,
                           "mask lies on no image's grid (size and affine within %.2f mm, or the "
                           "same voxels turned or cropped), and the patient's images do not "
                           "share one frame of reference; save it on the grid of the image it "
                           "was drawn on",
                           SAME_GRID_MM);
        goto done;
    }
    for (size_t n = 0, count = grid_voxel_count(&labels.grid); n < count; n++) {
        is_present[labels.labels[n]] = true;
    }
    status = import_labels(path, &labels, is_present, map, structure, list, error);
done:
    free(is_present);
    label_map_free(&labels);
    return status;
}
