/* One label map that holds the liver and the lesions that touch it, whatever grid each was drawn
 * on. What is liver only is the normal liver, the lesions are the tumour, both the whole liver: the
 * same whether the drawn liver holds the lesions (contours) or leaves them out (labels of one map).
 *
 * Two passes over the masks, one mask in memory at a time: how far they reach, then painting. */
#include "segment/liver.h"

#include <limits.h>
#include <math.h>

#include "segment/dose_samples.h"
#include "segment/mask.h"
#include "segment/optional_map.h"

enum { LIVER = LIVER_MAP_LIVER, LESION = LIVER_MAP_LESION };

typedef struct Box {
    long first[3], end[3]; /* lattice indices, `end` exclusive */
} Box;

/* The liver on a lattice: its own, so that its voxels stay what they were, or the reference's. */
typedef struct LiverMap {
    Grid lattice;
    Affine to_reference, from_reference; /* from the lattice's millimetres, and back */
    Box organ;                           /* holds the liver and a layer around */
    Box box;                             /* holds lesions near it as well; may leave the grid */
    LabelMap map;                        /* of `box` */
    double trust;                        /* lowest of what was painted, segment_dose_trust */
} LiverMap;

/* `trust`: how far the mask's place on the dose grid can be trusted. */
typedef void MaskVisitor(const Mask *mask, double trust, LiverMap *liver);

static Status choose_lattice(const StructureList *list, const Grid *reference, LiverMap *liver,
                             Error *error) {
    liver->lattice = *reference;
    liver->to_reference = affine_identity();
    bool several = structure_list_count(list, "liver") > 1;
    for (size_t s = 0; s < list->count && !several; s++) {
        const Structure *structure = &list->structures[s];
        if (structure_has_role(structure, "liver")) {
            liver->lattice = structure->mask.grid;
            liver->to_reference = structure->to_reference;
        }
    }
    return affine_invert(&liver->to_reference, &liver->from_reference, error);
}

/* Shows `visit` every structure of the role, on the lattice. */
static Status visit_masks(const StructureList *list, const char *role, const SegmentDoseMaps *maps,
                          MaskVisitor *visit, LiverMap *liver, Error *error) {
    for (size_t s = 0; s < list->count; s++) {
        if (!structure_has_role(&list->structures[s], role)) {
            continue;
        }
        /* The lattice's space plays the reference here. */
        Structure structure = list->structures[s];
        structure.to_reference = affine_compose(&liver->from_reference, &structure.to_reference);
        Mask mask;
        Status status = mask_place(&structure, &liver->lattice, &mask, error);
        if (status == STATUS_OK) {
            visit(&mask, segment_dose_trust(&list->structures[s], maps), liver);
        }
        mask_free(&mask);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

static void extend_box(const Mask *mask, Box *box) {
    for (int axis = 0; axis < 3; axis++) {
        long end = mask->first[axis] + (long)mask->size[axis];
        box->first[axis] =
            mask->first[axis] < box->first[axis] ? mask->first[axis] : box->first[axis];
        box->end[axis] = end > box->end[axis] ? end : box->end[axis];
    }
}

/* Both boxes have a layer around what they hold: what touches lies in boxes that meet. */
static bool is_near(const Mask *mask, const Box *box) {
    for (int axis = 0; axis < 3; axis++) {
        if (mask->first[axis] >= box->end[axis] ||
            mask->first[axis] + (long)mask->size[axis] <= box->first[axis]) {
            return false;
        }
    }
    return true;
}

static void reach_liver(const Mask *mask, double trust, LiverMap *liver) {
    (void)trust;
    extend_box(mask, &liver->organ);
    extend_box(mask, &liver->box);
}

static void reach_lesion(const Mask *mask, double trust, LiverMap *liver) {
    (void)trust;
    if (is_near(mask, &liver->organ)) {
        extend_box(mask, &liver->box);
    }
}

static Status create_map(LiverMap *liver, Error *error) {
    Grid grid = liver->lattice;
    const long *first = liver->box.first;
    double corner[3] = {(double)first[0], (double)first[1], (double)first[2]};
    affine_apply(&liver->lattice.affine, corner, corner);
    for (int axis = 0; axis < 3; axis++) {
        grid.size[axis] = (size_t)(liver->box.end[axis] - first[axis]);
        grid.affine.m[axis][3] = corner[axis];
    }
    return label_map_create(&grid, &liver->map, error);
}

/* The label under the voxel (0, j, k) of a mask whose box lies within the map's. */
static uint16_t *find_row(const Mask *mask, size_t j, size_t k, const LiverMap *liver) {
    const size_t *size = liver->map.grid.size;
    size_t from[3];
    for (int axis = 0; axis < 3; axis++) {
        from[axis] = (size_t)(mask->first[axis] - liver->box.first[axis]);
    }
    return liver->map.labels + ((from[2] + k) * size[1] + from[1] + j) * size[0] + from[0];
}

static void paint(const Mask *mask, uint16_t bit, double trust, LiverMap *liver) {
    liver->trust = fmin(liver->trust, trust);
    const unsigned char *inside = mask->inside;
    for (size_t k = 0; k < mask->size[2]; k++) {
        for (size_t j = 0; j < mask->size[1]; j++, inside += mask->size[0]) {
            uint16_t *labels = find_row(mask, j, k, liver);
            for (size_t i = 0; i < mask->size[0]; i++) {
                labels[i] = inside[i] ? labels[i] | bit : labels[i];
            }
        }
    }
}

/* True if the liver holds the mask's voxel (i, j, k) or one of its 26 neighbours. */
static bool has_liver_around(const Mask *mask, size_t i, size_t j, size_t k,
                             const LiverMap *liver) {
    unsigned found = 0;
    for (size_t dk = 0; dk < 3; dk++) {
        for (size_t dj = 0; dj < 3; dj++) {
            const uint16_t *labels = find_row(mask, j + dj - 1, k + dk - 1, liver) + i;
            found |= (unsigned)labels[-1] | labels[0] | labels[1];
        }
    }
    return (found & LIVER) != 0;
}

/* The outermost layer of the mask's box is outside. */
static bool touches_liver(const Mask *mask, const LiverMap *liver) {
    for (size_t k = 1; k + 1 < mask->size[2]; k++) {
        for (size_t j = 1; j + 1 < mask->size[1]; j++) {
            const unsigned char *inside = mask->inside + (k * mask->size[1] + j) * mask->size[0];
            for (size_t i = 1; i + 1 < mask->size[0]; i++) {
                if (inside[i] && has_liver_around(mask, i, j, k, liver)) {
                    return true;
                }
            }
        }
    }
    return false;
}

static void paint_liver(const Mask *mask, double trust, LiverMap *liver) {
    paint(mask, LIVER, trust, liver);
}

static void paint_lesion(const Mask *mask, double trust, LiverMap *liver) {
    if (is_near(mask, &liver->organ) && touches_liver(mask, liver)) {
        paint(mask, LESION, trust, liver);
    }
}

static Status gather_liver(const StructureList *list, const Grid *reference,
                           const SegmentDoseMaps *maps, LiverMap *liver, Error *error) {
    const Box nothing = {{LONG_MAX, LONG_MAX, LONG_MAX}, {LONG_MIN, LONG_MIN, LONG_MIN}};
    *liver = (LiverMap){.organ = nothing, .box = nothing, .trust = 1};
    Status status;
    (void)((status = choose_lattice(list, reference, liver, error)) ||
           (status = visit_masks(list, "liver", maps, reach_liver, liver, error)) ||
           (status = visit_masks(list, "lesion", maps, reach_lesion, liver, error)) ||
           (status = create_map(liver, error)) ||
           (status = visit_masks(list, "liver", maps, paint_liver, liver, error)) ||
           (status = visit_masks(list, "lesion", maps, paint_lesion, liver, error)));
    return status;
}

Status liver_map_gather(const StructureList *list, const Grid *reference,
                        const SegmentDoseMaps *maps, LabelMap *map, Affine *to_reference,
                        double *trust, Error *error) {
    LiverMap liver;
    Status status = gather_liver(list, reference, maps, &liver, error);
    *trust = liver.trust;
    *map = liver.map;
    *to_reference = liver.to_reference;
    return status;
}

/* The lesions take the place of the liver. */
static void keep_lesions(LabelMap *map) {
    size_t total = grid_voxel_count(&map->grid);
    for (size_t n = 0; n < total; n++) {
        map->labels[n] = (map->labels[n] & LESION) != 0 ? LIVER : 0;
    }
}

/* Of the voxels that are liver and nothing else. */
static Status measure_part(const LiverMap *liver, const SegmentDoseMaps *maps, const Volume *bed,
                           double part_fraction, LiverPart *part, Error *error) {
    Volume weights = {0};
    double coverage;
    part->volume_ml =
        (double)label_map_count(&liver->map, LIVER) * grid_voxel_volume_ml(&liver->map.grid);
    Status status = segment_dose_weights(&liver->map, &liver->to_reference, maps, part_fraction,
                                         &weights, &coverage, error);
    if (status == STATUS_OK) {
        part->coverage = part->volume_ml > 0 ? coverage : NAN;
        part->mean_gy = dose_weighted_mean(maps->chosen, &weights);
        part->bed_gy = optional_map_mean(bed, &weights);
        part->activity_bq_ml = optional_map_mean(&maps->activity, &weights);
    }
    volume_free(&weights);
    return status;
}

static double covered_ml(const LiverPart *part) {
    return part->volume_ml > 0 ? part->coverage * part->volume_ml : 0;
}

/* What is not covered has no mean, and no say in that of both. */
static void put_together(const LiverPart *a, const LiverPart *b, Liver *liver) {
    double a_ml = covered_ml(a), b_ml = covered_ml(b);
    double sum = (a_ml > 0 ? a_ml * a->mean_gy : 0) + (b_ml > 0 ? b_ml * b->mean_gy : 0);
    liver->volume_ml = a->volume_ml + b->volume_ml;
    liver->coverage = (a_ml + b_ml) / liver->volume_ml;
    liver->mean_gy = a_ml + b_ml > 0 ? sum / (a_ml + b_ml) : NAN;
}

static void forget_part(LiverPart *part) {
    part->mean_gy = part->bed_gy = part->activity_bq_ml = NAN;
}

static void forget_doses(Liver *liver) {
    forget_part(&liver->normal);
    forget_part(&liver->tumour);
    liver->mean_gy = liver->coverage = liver->normal.coverage = liver->tumour.coverage = NAN;
}

/* The mean of what is in view is not that of a part which is half out of it. */
static void forget_uncovered(double min_coverage, Liver *liver) {
    LiverPart *const parts[] = {&liver->normal, &liver->tumour};
    for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
        if (parts[p]->coverage < min_coverage) {
            forget_part(parts[p]);
            flags_add(&liver->flags, "liver_outside_dose");
        }
    }
    if (liver->coverage < min_coverage) {
        liver->mean_gy = NAN;
        flags_add(&liver->flags, "liver_outside_dose");
    }
}

Status liver_measure(const StructureList *list, const Grid *reference, const SegmentDoseMaps *maps,
                     const Volume *bed, const SegmentationConfig *config, Liver *liver,
                     Error *error) {
    *liver = (Liver){.is_segmented = structure_list_count(list, "liver") > 0};
    if (!liver->is_segmented) {
        return STATUS_OK;
    }
    LiverMap map;
    Status status;
    if ((status = gather_liver(list, reference, maps, &map, error)) ||
        (status = measure_part(&map, maps, bed, config->part_fraction, &liver->normal, error))) {
        goto done;
    }
    keep_lesions(&map.map);
    status = measure_part(&map, maps, bed, config->part_fraction, &liver->tumour, error);
    put_together(&liver->normal, &liver->tumour, liver);
    if (map.trust < config->min_registration_quality) {
        forget_doses(liver);
        flags_add(&liver->flags, "liver_misplaced");
    } else {
        forget_uncovered(config->min_coverage, liver);
    }
done:
    label_map_free(&map.map);
    return status == STATUS_OK ? status : error_add_context(error, "liver");
}
