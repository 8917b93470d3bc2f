/* See structure_list.h. */
#include "convert/structure_list.h"

#include <stdlib.h>
#include <string.h>

/* Bounding box of `label`, both ends included; false if there is none. */
static bool bounding_box(const LabelMap *map, uint16_t label, size_t low[3], size_t high[3]) {
    const size_t *size = map->grid.size;
    bool is_found = false;
    for (size_t k = 0, n = 0; k < size[2]; k++) {
        for (size_t j = 0; j < size[1]; j++) {
            for (size_t i = 0; i < size[0]; i++, n++) {
                if (map->labels[n] != label) {
                    continue;
                }
                const size_t at[3] = {i, j, k};
                for (int axis = 0; axis < 3; axis++) {
                    low[axis] = !is_found || at[axis] < low[axis] ? at[axis] : low[axis];
                    high[axis] = !is_found || at[axis] > high[axis] ? at[axis] : high[axis];
                }
                is_found = true;
            }
        }
    }
    return is_found;
}

static Grid grid_crop(const Grid *grid, const size_t low[3], const size_t high[3]) {
    Grid crop = *grid;
    double corner[3], corner_mm[3];
    for (int axis = 0; axis < 3; axis++) {
        crop.size[axis] = high[axis] - low[axis] + 1;
        corner[axis] = (double)low[axis];
    }
    affine_apply(&grid->affine, corner, corner_mm);
    for (int axis = 0; axis < 3; axis++) {
        crop.affine.m[axis][3] = corner_mm[axis];
    }
    return crop;
}

static Status copy_cropped(const LabelMap *full, uint16_t label, const size_t low[3],
                           const size_t high[3], LabelMap *mask, Error *error) {
    Grid crop = grid_crop(&full->grid, low, high);
    if (label_map_create(&crop, mask, error) != STATUS_OK) {
        return error->status;
    }
    const size_t *size = full->grid.size;
    uint16_t *target = mask->labels;
    for (size_t k = low[2]; k <= high[2]; k++) {
        for (size_t j = low[1]; j <= high[1]; j++) {
            const uint16_t *row = full->labels + (k * size[1] + j) * size[0];
            for (size_t i = low[0]; i <= high[0]; i++) {
                *target++ = row[i] == label;
            }
        }
    }
    return STATUS_OK;
}

Status structure_list_add(StructureList *list, const Structure *structure, const LabelMap *full,
                          uint16_t label, Error *error) {
    size_t low[3] = {0}, high[3] = {0};
    if (!bounding_box(full, label, low, high)) {
        return error_set(error, STATUS_BAD_DATA,
                         "empty %s%s%s: no voxel lies inside it; redraw it, or take it out of the "
                         "structure_map",
                         structure->name.role, structure->name.label[0] == '\0' ? "" : " ",
                         structure->name.label);
    }
    for (int axis = 0; axis < 3; axis++) {
        low[axis] -= low[axis] > 0;
        high[axis] += high[axis] + 1 < full->grid.size[axis];
    }
    Structure *items = realloc(list->items, (list->count + 1) * sizeof *items);
    if (items == NULL) {
        return error_no_memory(error, "structures");
    }
    list->items = items;
    Structure *added = &items[list->count];
    *added = *structure;
    if (copy_cropped(full, label, low, high, &added->mask, error) != STATUS_OK) {
        return error->status;
    }
    list->count++;
    return STATUS_OK;
}

void structure_list_free(StructureList *list) {
    for (size_t n = 0; n < list->count; n++) {
        label_map_free(&list->items[n].mask);
    }
    free(list->items);
    *list = (StructureList){0};
}
