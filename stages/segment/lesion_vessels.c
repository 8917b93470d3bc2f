/* The vessels' local diameter is found once, then every lesion's staircase. */
#include "segment/lesion_vessels.h"

#include <stdlib.h>

#include "segment/local_thickness.h"

/* The n-th lesion's structure: lesions keep the order of the structures. */
static const Structure *lesion_structure(const StructureList *list, size_t lesion) {
    size_t s = 0;
    for (;; s++) {
        if (structure_has_role(&list->structures[s], "lesion") && lesion-- == 0) {
            return &list->structures[s];
        }
    }
}

Status lesion_vessels_measure(const StructureList *list, const Grid *reference, Lesion *lesions,
                              size_t count, Error *error) {
    if (count == 0 || structure_list_count(list, "vessel") == 0) {
        return STATUS_OK;
    }
    Grid lattice = mask_lattice(reference);
    Mask vessels, lesion = {0};
    float *diameter_mm = NULL;
    Status status = mask_place_role(list, "vessel", &lattice, &vessels, error);
    if (status != STATUS_OK) {
        goto done;
    }
    diameter_mm = malloc(mask_voxel_count(&vessels) * sizeof *diameter_mm);
    if (diameter_mm == NULL) {
        status = error_no_memory(error, "the diameters of the vessels");
        goto done;
    }
    status = local_thickness_measure(&vessels, diameter_mm, error);
    for (size_t n = 0; n < count && status == STATUS_OK; n++) {
        const Structure *structure = lesion_structure(list, n);
        status = mask_place(structure, &lattice, &lesion, error);
        if (status == STATUS_OK) {
            status =
                vessel_profile_measure(&lesion, &vessels, diameter_mm, &lesions[n].vessels, error);
        }
        mask_free(&lesion);
    }
done:
    mask_free(&vessels);
    free(diameter_mm);
    return status;
}
