/* The vessels' local diameter is found once, then every lesion's staircase. */
#include "segment/lesion_vessels.h"

#include <math.h>
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

/* The lowest trust, 0 to 1, in the way from the lesion to any vessel structure. */
static Status vessel_trust(const StructureList *list, const Structure *lesion, double *trust,
                           Error *error) {
    const Affine identity = affine_identity();
    *trust = 1;
    for (size_t s = 0; s < list->count; s++) {
        const Structure *vessel = &list->structures[s];
        Affine from_reference;
        if (!structure_has_role(vessel, "vessel")) {
            continue;
        }
        if (affine_invert(&vessel->to_reference, &from_reference, error) != STATUS_OK) {
            return error->status;
        }
        Affine relation = affine_compose(&from_reference, &lesion->to_reference);
        if (!affine_is_same(&relation, &identity)) {
            *trust = fmin(*trust, fmin(vessel->registration_quality, lesion->registration_quality));
        }
    }
    return STATUS_OK;
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
        status = measure_lesion(list, lesion_structure(list, n), &lattice, &vessels, diameter_mm,
                                config, &lesions[n], error);
    }
done:
    mask_free(&vessels);
    free(diameter_mm);
    return status;
}
