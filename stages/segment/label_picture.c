/* Structures are brought to the reference grid one after the other and painted over each other. */
#include "segment/label_picture.h"

#include "segment/mask.h"

static Status paint_role(const StructureList *list, const char *role, uint16_t first_label,
                         uint16_t step, LabelMap *picture, Error *error) {
    uint16_t label = first_label;
    for (size_t s = 0; s < list->count; s++) {
        if (!structure_has_role(&list->structures[s], role)) {
            continue;
        }
        Mask mask;
        Status status = mask_place(&list->structures[s], &picture->grid, &mask, error);
        if (status == STATUS_OK) {
            mask_paint(&mask, label, picture);
        }
        mask_free(&mask);
        if (status != STATUS_OK) {
            return status;
        }
        label = (uint16_t)(label + step);
    }
    return STATUS_OK;
}

Status label_picture_write(Store *output, const StructureList *list, const Grid *reference,
                           Error *error) {
    LabelMap picture = {0};
    Status status = label_map_create(reference, &picture, error);
    if (status != STATUS_OK || (status = paint_role(list, "liver", 1, 0, &picture, error)) ||
        (status = paint_role(list, "vessel", 2, 0, &picture, error)) ||
        (status = paint_role(list, "lesion", 10, 1, &picture, error))) {
        goto done;
    }
    status = store_write_label_map(output, "/labels", &picture,
                                   "1 liver, 2 vessel, 10 + n: n-th lesion of the table", error);
done:
    label_map_free(&picture);
    return status;
}
