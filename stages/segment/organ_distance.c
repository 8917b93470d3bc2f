/* One organ structure at a time, for organs are large and lesions small: an organ is a vessel of
 * one diameter, so that its staircase is one step, the distance. Of the organ only the part is
 * looked at in which the nearest voxel must lie. */
#include "segment/organ_distance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef enum Organ { ORGAN_NONE, ORGAN_BILE_DUCT, ORGAN_BOWEL } Organ;

static Organ find_organ(const Structure *structure) {
    static const struct {
        const char *role;
        Organ organ;
    } roles[] = {{"bile_duct", ORGAN_BILE_DUCT}, {"stomach", ORGAN_BOWEL},
                 {"bowel", ORGAN_BOWEL},         {"small_bowel", ORGAN_BOWEL},
                 {"colon", ORGAN_BOWEL},         {"duodenum", ORGAN_BOWEL}};
    Organ organ = ORGAN_NONE;
    for (size_t r = 0; r < sizeof roles / sizeof *roles; r++) {
        organ = structure_has_role(structure, roles[r].role) ? roles[r].organ : organ;
    }
    return organ;
}

/* An organ voxel is nearer to the lesion than to the farthest corner of the box that the lesion
 * fills (its mask less the empty layer around): the least of these distances, mm. */
static double bound_mm(const Mask *lesion, const Mask *organ) {
    double least = INFINITY;
    size_t n = 0;
    for (size_t k = 0; k < organ->size[2]; k++) {
        for (size_t j = 0; j < organ->size[1]; j++) {
            for (size_t i = 0; i < organ->size[0]; i++) {
                const size_t place[3] = {i, j, k};
                double squared = 0;
                for (int axis = 0; organ->inside[n] && axis < 3; axis++) {
                    long index = organ->first[axis] + (long)place[axis];
                    long low = lesion->first[axis] + 1;
                    long high = lesion->first[axis] + (long)lesion->size[axis] - 2;
                    double apart = fmax(fabs((double)(index - low)), fabs((double)(index - high))) *
                                   organ->spacing_mm[axis];
                    squared += apart * apart;
                }
                least = organ->inside[n++] ? fmin(least, squared) : least;
            }
        }
    }
    return sqrt(least);
}

/* The part of the organ that is as near to the lesion's box as that bound, in a new mask. */
static Status crop_organ(const Mask *lesion, const Mask *organ, Mask *part, Error *error) {
    double reach_mm = bound_mm(lesion, organ);
    size_t from[3];
    *part = *organ;
    for (int axis = 0; axis < 3; axis++) {
        long reach = (long)ceil(reach_mm / organ->spacing_mm[axis]) + 1;
        long first = lesion->first[axis] - reach;
        long end = lesion->first[axis] + (long)lesion->size[axis] + reach;
        long organ_end = organ->first[axis] + (long)organ->size[axis];
        part->first[axis] = first > organ->first[axis] ? first : organ->first[axis];
        part->size[axis] = (size_t)((end < organ_end ? end : organ_end) - part->first[axis]);
        from[axis] = (size_t)(part->first[axis] - organ->first[axis]);
    }
    part->inside = malloc(mask_voxel_count(part));
    if (part->inside == NULL) {
        return error_no_memory(error, "the organs near a lesion");
    }
    for (size_t row = 0; row < part->size[1] * part->size[2]; row++) {
        size_t j = from[1] + row % part->size[1], k = from[2] + row / part->size[1];
        memcpy(part->inside + row * part->size[0],
               organ->inside + (k * organ->size[1] + j) * organ->size[0] + from[0], part->size[0]);
    }
    return STATUS_OK;
}

static Status measure_one(const Structure *structure, const Grid *lattice, const Mask *organ,
                          const float *diameter_mm, double *distance_mm, Error *error) {
    Mask lesion = {0}, part = {0};
    VesselProfile profile = {0};
    Status status;
    if ((status = mask_place(structure, lattice, &lesion, error)) ||
        (status = crop_organ(&lesion, organ, &part, error)) ||
        (status = vessel_profile_measure(&lesion, &part, diameter_mm, &profile, error))) {
        goto done;
    }
    *distance_mm = profile.steps[0].distance_mm;
done:
    vessel_profile_free(&profile);
    mask_free(&part);
    mask_free(&lesion);
    return status;
}

/* NaN where one of the two is misplaced: then nothing is known of the nearest either. */
static double nearer(double known_mm, double distance_mm, bool is_first) {
    return is_first                                ? distance_mm
           : isnan(known_mm) || isnan(distance_mm) ? NAN
                                                   : fmin(known_mm, distance_mm);
}

/* All lesions against one structure of an organ. `is_first`: no other of that organ came before. */
static Status add_structure(const StructureList *list, const Structure *structure, bool is_first,
                            const Grid *lattice, double min_quality, Lesion *lesions, size_t count,
                            Error *error) {
    Mask organ = {0};
    float *diameter_mm = NULL;
    Status status = mask_place(structure, lattice, &organ, error);
    if (status != STATUS_OK) {
        goto done;
    }
    size_t voxels = mask_voxel_count(&organ);
    diameter_mm = malloc(voxels * sizeof *diameter_mm);
    if (diameter_mm == NULL) {
        status = error_no_memory(error, "the organs near the lesions");
        goto done;
    }
    for (size_t n = 0; n < voxels; n++) {
        diameter_mm[n] = 1;
    }
    for (size_t n = 0; n < count && status == STATUS_OK; n++) {
        const Structure *lesion = structure_list_nth(list, "lesion", n);
        double *found_mm = find_organ(structure) == ORGAN_BOWEL ? &lesions[n].bowel_distance_mm
                                                                : &lesions[n].bile_duct_distance_mm;
        double distance_mm = NAN, trust = 0;
        status = structure_relation_trust(lesion, structure, &trust, error);
        if (status == STATUS_OK && trust < min_quality) {
            flags_add(&lesions[n].flags, "organs_misplaced");
        } else if (status == STATUS_OK) {
            status = measure_one(lesion, lattice, &organ, diameter_mm, &distance_mm, error);
        }
        *found_mm = nearer(*found_mm, distance_mm, is_first);
    }
done:
    free(diameter_mm);
    mask_free(&organ);
    return status;
}

Status organ_distance_measure(const StructureList *list, const Grid *reference,
                              const SegmentationConfig *config, Lesion *lesions, size_t count,
                              Error *error) {
    Grid lattice = mask_lattice(reference);
    bool seen[] = {false, false, false}; /* by Organ */
    for (size_t n = 0; n < count; n++) {
        lesions[n].bile_duct_distance_mm = lesions[n].bowel_distance_mm = NAN;
    }
    for (size_t s = 0; s < list->count; s++) {
        Organ organ = find_organ(&list->structures[s]);
        if (organ == ORGAN_NONE) {
            continue;
        }
        if (add_structure(list, &list->structures[s], !seen[organ], &lattice,
                          config->min_registration_quality, lesions, count, error) != STATUS_OK) {
            return error_add_context(error, "structure %s", list->structures[s].name);
        }
        seen[organ] = true;
    }
    return STATUS_OK;
}

const char *organ_distance_bowel(const StructureList *list) {
    bool has_stomach = structure_list_count(list, "stomach") > 0;
    bool has_bowel = structure_list_count(list, "bowel") > 0;
    int parts = (structure_list_count(list, "small_bowel") > 0) +
                (structure_list_count(list, "colon") > 0) +
                (structure_list_count(list, "duodenum") > 0);
    if (has_stomach && (has_bowel || parts == 3)) {
        return "segmented";
    }
    return has_stomach || has_bowel || parts > 0 ? "partial" : "none";
}
