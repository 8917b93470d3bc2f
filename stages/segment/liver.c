/* One label map: 1 liver; then the lesions are cut out of it. */
#include "segment/liver.h"

#include <stdlib.h>
#include <string.h>

#include "segment/dose_samples.h"
#include "segment/mask.h"

/* Where the liver is measured, and the way from there to the reference. */
typedef struct LiverMap {
    LabelMap map;
    Affine to_reference;
} LiverMap;

static Status gather_liver(const StructureList *list, const Grid *reference, LiverMap *liver,
                           Error *error) {
    bool several = structure_list_count(list, "liver") > 1;
    liver->to_reference = affine_identity();
    if (several && label_map_create(reference, &liver->map, error) != STATUS_OK) {
        return error->status;
    }
    for (size_t s = 0; s < list->count; s++) {
        const Structure *structure = &list->structures[s];
        if (!structure_has_role(structure, "liver")) {
            continue;
        }
        if (!several) {
            liver->to_reference = structure->to_reference;
            if (label_map_create(&structure->mask.grid, &liver->map, error) != STATUS_OK) {
                return error->status;
            }
            memcpy(liver->map.labels, structure->mask.labels,
                   grid_voxel_count(&structure->mask.grid) * sizeof *liver->map.labels);
            return STATUS_OK;
        }
        Mask mask;
        Status status = mask_place(structure, reference, &mask, error);
        if (status == STATUS_OK) {
            mask_paint(&mask, 1, &liver->map);
        }
        mask_free(&mask);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

static Status cut_out_lesions(const StructureList *list, LiverMap *liver, Error *error) {
    Affine from_reference;
    if (affine_invert(&liver->to_reference, &from_reference, error) != STATUS_OK) {
        return error->status;
    }
    for (size_t s = 0; s < list->count; s++) {
        if (!structure_has_role(&list->structures[s], "lesion")) {
            continue;
        }
        /* The liver's space plays the reference here. */
        Structure lesion = list->structures[s];
        lesion.to_reference = affine_compose(&from_reference, &lesion.to_reference);
        Mask mask;
        Status status = mask_place(&lesion, &liver->map.grid, &mask, error);
        if (status == STATUS_OK) {
            mask_paint(&mask, 0, &liver->map);
        }
        mask_free(&mask);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

static Status measure_map(const LiverMap *liver, const SegmentDoseMaps *maps, double part_fraction,
                          double *volume_ml, double *mean_gy, Error *error) {
    Volume weights = {0};
    double coverage;
    *volume_ml = (double)label_map_count(&liver->map, 1) * grid_voxel_volume_ml(&liver->map.grid);
    Status status = segment_dose_weights(&liver->map, &liver->to_reference, maps, part_fraction,
                                         &weights, &coverage, error);
    if (status == STATUS_OK) {
        *mean_gy = dose_weighted_mean(maps->chosen, &weights);
    }
    volume_free(&weights);
    return status;
}

Status liver_measure(const StructureList *list, const Grid *reference, const SegmentDoseMaps *maps,
                     double part_fraction, Liver *liver, Error *error) {
    *liver = (Liver){.is_segmented = structure_list_count(list, "liver") > 0};
    if (!liver->is_segmented) {
        return STATUS_OK;
    }
    LiverMap map = {0};
    Status status;
    if ((status = gather_liver(list, reference, &map, error)) ||
        (status =
             measure_map(&map, maps, part_fraction, &liver->volume_ml, &liver->mean_gy, error)) ||
        (status = cut_out_lesions(list, &map, error))) {
        goto done;
    }
    status = measure_map(&map, maps, part_fraction, &liver->normal_volume_ml,
                         &liver->normal_mean_gy, error);
done:
    label_map_free(&map.map);
    return status == STATUS_OK ? status : error_add_context(error, "liver");
}
