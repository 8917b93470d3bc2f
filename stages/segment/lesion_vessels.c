/* The vessels' local diameter is found once, then every lesion's staircase. */
#include "segment/lesion_vessels.h"

#include <math.h>
#include <stdlib.h>

#include "segment/local_thickness.h"

/* The lowest trust, 0 to 1, in the way from the lesion to any vessel structure. */
static Status vessel_trust(const StructureList *list, const Structure *lesion, double *trust,
                           Error *error) {
    Status status = STATUS_OK;
    *trust = 1;
    for (size_t s = 0; s < list->count && status == STATUS_OK; s++) {
        double of_one = 1;
        if (structure_has_role(&list->structures[s], "vessel")) {
            status = structure_relation_trust(lesion, &list->structures[s], &of_one, error);
        }
        *trust = fmin(*trust, of_one);
    }
    return status;
}

static Status measure_lesion(const StructureList *list, const Structure *structure,
                             const Grid *lattice, const Mask *vessels, const float *diameter_mm,
                             const SegmentationConfig *config, Lesion *lesion, Error *error) {
    Mask mask = {0};
    double trust;
    Status status = vessel_trust(list, structure, &trust, error);
    if (status == STATUS_OK && trust < config->min_registration_quality) {
        flags_add(&lesion->flags, "vessels_misplaced");
        return STATUS_OK;
    }
    status = status == STATUS_OK ? mask_place(structure, lattice, &mask, error) : status;
    if (status == STATUS_OK) {
        status = vessel_profile_measure(&mask, vessels, diameter_mm, &lesion->vessels, error);
    }
    mask_free(&mask);
    return status;
}

Status lesion_vessels_measure(const StructureList *list, const Grid *reference,
                              const SegmentationConfig *config, Lesion *lesions, size_t count,
                              Error *error) {
    if (count == 0 || structure_list_count(list, "vessel") == 0) {
        return STATUS_OK;
    }
    Grid lattice = mask_lattice(reference);
    Mask vessels;
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
        status = measure_lesion(list, structure_list_nth(list, "lesion", n), &lattice, &vessels,
                                diameter_mm, config, &lesions[n], error);
    }
done:
    mask_free(&vessels);
    free(diameter_mm);
    return status;
}
