/* Copying where lattices coincide, partial-volume coverage (core/volume.h) where they do not. */
#include "segment/mask.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Fine enough for a half-full decision: a fifth of a voxel each way, 125 parts at least. */
static const double part_fraction = 0.2;

typedef struct Box {
    double low[3], high[3]; /* inclusive */
} Box;

static double dot(const double a[3], const double b[3]) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

Grid mask_lattice(const Grid *reference) {
    Grid lattice = *reference;
    double axes[3][3];
    for (int axis = 0; axis < 3; axis++) {
        for (int row = 0; row < 3; row++) {
            axes[axis][row] = reference->affine.m[row][axis];
        }
        for (int earlier = 0; earlier < axis; earlier++) {
            double part = dot(axes[axis], axes[earlier]) / dot(axes[earlier], axes[earlier]);
            /* Below this the axes count as perpendicular: rounding in the source's header. */
            if (fabs(part) * sqrt(dot(axes[earlier], axes[earlier]) / dot(axes[axis], axes[axis])) <
                1e-4) {
                continue;
            }
            for (int row = 0; row < 3; row++) {
                axes[axis][row] -= part * axes[earlier][row];
            }
        }
        for (int row = 0; row < 3; row++) {
            lattice.affine.m[row][axis] = axes[axis][row];
        }
    }
    return lattice;
}

size_t mask_voxel_count(const Mask *mask) {
    return mask->size[0] * mask->size[1] * mask->size[2];
}

void mask_free(Mask *mask) {
    free(mask->inside);
    *mask = (Mask){0};
}

bool mask_contains(const Mask *mask, const long index[3]) {
    size_t at[3];
    for (int axis = 0; axis < 3; axis++) {
        long offset = index[axis] - mask->first[axis];
        if (offset < 0 || (size_t)offset >= mask->size[axis]) {
            return false;
        }
        at[axis] = (size_t)offset;
    }
    return mask->inside[(at[2] * mask->size[1] + at[1]) * mask->size[0] + at[0]] != 0;
}

/* An empty mask over the box, widened by one layer. */
static Status create_mask(const Grid *lattice, const Box *box, Mask *mask, Error *error) {
    *mask = (Mask){0};
    double voxels = 1;
    for (int axis = 0; axis < 3; axis++) {
        mask->first[axis] = (long)box->low[axis] - 1;
        mask->size[axis] = (size_t)(box->high[axis] - box->low[axis]) + 3;
        voxels *= (double)mask->size[axis];
    }
    if (voxels > 2147483648.0) {
        return error_set(error, STATUS_BAD_DATA,
                         "the structure spans %.3g voxels of the segmentation grid; the transform "
                         "or the mask's geometry is wrong",
                         voxels);
    }
    grid_spacing_mm(lattice, mask->spacing_mm);
    mask->inside = calloc(mask_voxel_count(mask), 1);
    return mask->inside == NULL ? error_no_memory(error, "a mask on the segmentation grid")
                                : STATUS_OK;
}

/* Index of the structure's grid to index of the lattice. */
static Status find_index_map(const Structure *structure, const Grid *lattice, Affine *map,
                             Error *error) {
    Affine to_index;
    if (affine_invert(&lattice->affine, &to_index, error) != STATUS_OK) {
        return error->status;
    }
    Affine to_mm = affine_compose(&structure->to_reference, &structure->mask.grid.affine);
    *map = affine_compose(&to_index, &to_mm);
    return STATUS_OK;
}

/* True if the map only shifts by whole voxels, anywhere on the structure's grid. */
static bool is_whole_shift(const Affine *map, const size_t size[3]) {
    const double tolerance = 1e-3;
    for (int row = 0; row < 3; row++) {
        double shift = map->m[row][3], error = fabs(shift - round(shift));
        for (int axis = 0; axis < 3; axis++) {
            error += fabs(map->m[row][axis] - (row == axis ? 1.0 : 0.0)) * (double)size[axis];
        }
        if (error > tolerance) {
            return false;
        }
    }
    return true;
}

/* Box of the lattice that holds the voxels labelled 1 (their corners, unless `exact`). */
static Box find_box(const LabelMap *source, const Affine *map, bool exact) {
    const size_t *size = source->grid.size;
    double low[3] = {INFINITY, INFINITY, INFINITY}, high[3] = {-INFINITY, -INFINITY, -INFINITY};
    size_t n = 0;
    for (size_t k = 0; k < size[2]; k++) {
        for (size_t j = 0; j < size[1]; j++) {
            for (size_t i = 0; i < size[0]; i++, n++) {
                const double index[3] = {(double)i, (double)j, (double)k};
                for (int axis = 0; source->labels[n] == 1 && axis < 3; axis++) {
                    low[axis] = fmin(low[axis], index[axis]);
                    high[axis] = fmax(high[axis], index[axis]);
                }
            }
        }
    }
    Box box = {{INFINITY, INFINITY, INFINITY}, {-INFINITY, -INFINITY, -INFINITY}};
    double border = exact ? 0 : 0.5;
    for (int corner = 0; corner < 8; corner++) {
        double at[3];
        for (int axis = 0; axis < 3; axis++) {
            at[axis] = (corner >> axis) & 1 ? high[axis] + border : low[axis] - border;
        }
        affine_apply(map, at, at);
        for (int axis = 0; axis < 3; axis++) {
            box.low[axis] = fmin(box.low[axis], exact ? round(at[axis]) : floor(at[axis]));
            box.high[axis] = fmax(box.high[axis], exact ? round(at[axis]) : ceil(at[axis]));
        }
    }
    return box;
}

static void copy_voxels(const LabelMap *source, const Affine *map, Mask *mask) {
    const size_t *size = source->grid.size;
    long shift[3];
    for (int axis = 0; axis < 3; axis++) {
        shift[axis] = lround(map->m[axis][3]) - mask->first[axis];
    }
    size_t n = 0;
    for (size_t k = 0; k < size[2]; k++) {
        for (size_t j = 0; j < size[1]; j++) {
            for (size_t i = 0; i < size[0]; i++, n++) {
                if (source->labels[n] == 1) {
                    size_t row =
                        (size_t)((long)k + shift[2]) * mask->size[1] + (size_t)((long)j + shift[1]);
                    mask->inside[row * mask->size[0] + (size_t)((long)i + shift[0])] = 1;
                }
            }
        }
    }
}

static Status cover_voxels(const Structure *structure, const Grid *lattice, Mask *mask,
                           Error *error) {
    Grid box = *lattice;
    double first[3] = {(double)mask->first[0], (double)mask->first[1], (double)mask->first[2]};
    affine_apply(&lattice->affine, first, first);
    for (int axis = 0; axis < 3; axis++) {
        box.size[axis] = mask->size[axis];
        box.affine.m[axis][3] = first[axis];
    }
    Volume weights;
    double outside_ml;
    Status status = label_map_coverage(&structure->mask, 1, &box, &structure->to_reference,
                                       part_fraction, &weights, &outside_ml, error);
    if (status == STATUS_OK) {
        size_t fullest = 0, total = mask_voxel_count(mask);
        for (size_t n = 0; n < total; n++) {
            fullest = weights.voxels[n] > weights.voxels[fullest] ? n : fullest;
            /* Half, but for the rounding of the sum of parts. */
            mask->inside[n] = weights.voxels[n] >= 0.4999f;
        }
        mask->inside[fullest] = 1;
    }
    volume_free(&weights);
    return status;
}

Status mask_place(const Structure *structure, const Grid *lattice, Mask *mask, Error *error) {
    Affine map;
    *mask = (Mask){0};
    if (find_index_map(structure, lattice, &map, error) != STATUS_OK) {
        return error_add_context(error, "structure %s", structure->name);
    }
    bool exact = is_whole_shift(&map, structure->mask.grid.size);
    Box box = find_box(&structure->mask, &map, exact);
    if (create_mask(lattice, &box, mask, error) != STATUS_OK) {
        return error_add_context(error, "structure %s", structure->name);
    }
    if (exact) {
        copy_voxels(&structure->mask, &map, mask);
        return STATUS_OK;
    }
    return cover_voxels(structure, lattice, mask, error);
}

/* Adds the voxels of `part`, whose box lies within that of `whole`. */
static void merge(const Mask *part, Mask *whole) {
    size_t n = 0;
    for (size_t k = 0; k < part->size[2]; k++) {
        for (size_t j = 0; j < part->size[1]; j++) {
            size_t row = ((size_t)(part->first[2] - whole->first[2]) + k) * whole->size[1] +
                         (size_t)(part->first[1] - whole->first[1]) + j;
            unsigned char *out =
                whole->inside + row * whole->size[0] + (size_t)(part->first[0] - whole->first[0]);
            for (size_t i = 0; i < part->size[0]; i++, n++) {
                out[i] |= part->inside[n];
            }
        }
    }
}

Status mask_place_role(const StructureList *list, const char *role, const Grid *lattice, Mask *mask,
                       Error *error) {
    *mask = (Mask){0};
    for (size_t s = 0; s < list->count; s++) {
        if (!structure_has_role(&list->structures[s], role)) {
            continue;
        }
        Mask part;
        if (mask_place(&list->structures[s], lattice, &part, error) != STATUS_OK) {
            mask_free(&part);
            mask_free(mask);
            return error->status;
        }
        if (mask->inside == NULL) {
            *mask = part;
            continue;
        }
        Box box;
        for (int axis = 0; axis < 3; axis++) {
            box.low[axis] = (double)(mask->first[axis] < part.first[axis] ? mask->first[axis]
                                                                          : part.first[axis]);
            long end_a = mask->first[axis] + (long)mask->size[axis];
            long end_b = part.first[axis] + (long)part.size[axis];
            box.high[axis] = (double)(end_a > end_b ? end_a : end_b) - 1;
        }
        Mask whole;
        Status status = create_mask(lattice, &box, &whole, error);
        if (status == STATUS_OK) {
            merge(mask, &whole);
            merge(&part, &whole);
        }
        mask_free(&part);
        mask_free(mask);
        *mask = whole;
        if (status != STATUS_OK) {
            return status;
        }
    }
    return mask->inside == NULL
               ? error_set(error, STATUS_BAD_DATA, "no structure has the role '%s'", role)
               : STATUS_OK;
}

void mask_paint(const Mask *mask, uint16_t label, LabelMap *map) {
    const size_t *size = map->grid.size;
    for (size_t k = 0; k < size[2]; k++) {
        for (size_t j = 0; j < size[1]; j++) {
            uint16_t *row = map->labels + (k * size[1] + j) * size[0];
            for (size_t i = 0; i < size[0]; i++) {
                const long index[3] = {(long)i, (long)j, (long)k};
                row[i] = mask_contains(mask, index) ? label : row[i];
            }
        }
    }
}
