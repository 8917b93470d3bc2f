/* See label_image.h. */
#include "convert/label_image.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convert/nifti_image.h"

enum { MAX_LABEL = UINT16_MAX, N_LABELS = MAX_LABEL + 1 };
static const double SAME_GRID_MM = 0.01;
static const double WHOLE_WITHIN = 1e-3; /* a large label times a scale factor, both float */

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

static const PatientImage *image_of_grid(const Grid *grid, const PatientImage *images,
                                         size_t n_images) {
    const PatientImage *best = NULL;
    for (size_t n = 0; n < n_images; n++) {
        if (grid_is_same(grid, &images[n].grid, SAME_GRID_MM) &&
            (best == NULL || role_rank(images[n].role) < role_rank(best->role))) {
            best = &images[n];
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
                           "mask lies on no image's grid (size and affine within %.2f mm), and "
                           "the patient's images do not share one frame of reference; save it on "
                           "the grid of the image it was drawn on",
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
