/* Quality of a registration: uniqueness of the optimum, agreement of halves, extent of overlap. */
#include "register/registration_quality.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { HALVES = 6 };

static const double UNIQUE_MARGIN = 0.25;
static const double CONSISTENT_MM = 3.0;
static const double FULL_EXTENT = 0.5;
static const double SCANNER_HALF_SHIFTS = 6.0;
static const double SCANNER_MARGIN = 0.1;
static const double SCANNER_TIE = 0.01;
static const double SCANNER_MAX_MM = 30.0;

static double uniqueness_of(const RigidSearch *search) {
    const RigidCandidate *best = &search->candidates[0];
    for (int c = 1; c < search->n_candidates; c++) {
        const RigidCandidate *other = &search->candidates[c];
        if (rigid_space_distance_mm(&search->space, &best->point, &other->point) >=
            RIGID_SEARCH_DISTINCT_MM) {
            return fmin(1.0, (1.0 - other->rank / best->rank) / UNIQUE_MARGIN);
        }
    }
    return 1.0;
}

/* The plane through the middle of the grid across `axis`, and the middle of the half beyond it. */
static void halve(const Grid *grid, int axis, double sign, double normal[3], double *offset_mm,
                  double middle_mm[3]) {
    double centre[3], spacing[3];
    grid_centre_mm(grid, centre);
    grid_spacing_mm(grid, spacing);
    *offset_mm = 0.0;
    for (int r = 0; r < 3; r++) {
        normal[r] = sign * grid->affine.m[r][axis] / spacing[axis];
        *offset_mm += normal[r] * centre[r];
        middle_mm[r] = centre[r] + normal[r] * 0.25 * spacing[axis] * (double)grid->size[axis];
    }
}

/* How far the middle of one half moves when it is registered on its own. */
static Status measure_half_shift(const RigidSearch *search, const SimilarityLevel *level, int half,
                                 const RegistrationConfig *config, double *shift_mm, Error *error) {
    double normal[3], offset_mm, before[3], after[3];
    RigidSpace space = search->space;
    halve(&level->sampled.grid, half / 2, half % 2 ? 1.0 : -1.0, normal, &offset_mm,
          space.centre_mm);
    SimilarityLevel part = *level;
    Status status = mutual_information_select(level->mi, normal, offset_mm, &part.mi, error);
    if (status != STATUS_OK) {
        return status;
    }
    /* The same map, written about the middle of the half. */
    RigidPoint point = search->candidates[0].point;
    const Affine map = rigid_space_map(&search->space, &point);
    affine_apply(&map, space.centre_mm, before);
    for (int axis = 0; axis < 3; axis++) {
        point.p[3 + axis] = before[axis] - space.centre_mm[axis];
    }
    status = similarity_climb(&part, &space, 0.7 * level->spacing_mm, 0.1,
                              (int)config->max_iterations, &point, error);
    const Affine moved = rigid_space_map(&space, &point);
    affine_apply(&moved, space.centre_mm, after);
    *shift_mm = hypot(hypot(after[0] - before[0], after[1] - before[1]), after[2] - before[2]);
    mutual_information_free(part.mi);
    return status;
}

static int compare_doubles(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median over the halves. */
static Status measure_half_shifts(const RigidSearch *search, const RegistrationConfig *config,
                                  double *median_mm, Error *error) {
    const SimilarityLevel *finest = &search->levels[search->n_levels - 1];
    /* One level coarser is enough for shifts of millimetres, and faster. */
    const SimilarityLevel *level = search->n_levels > 2 ? finest - 1 : finest;
    double shift_mm[HALVES] = {0};
    Status status = STATUS_OK;
#pragma omp parallel for schedule(dynamic, 1)
    for (int half = 0; half < HALVES; half++) {
        Error own;
        const Status measured =
            measure_half_shift(search, level, half, config, &shift_mm[half], &own);
        if (measured != STATUS_OK) {
#pragma omp critical(register_half_error)
            {
                *error = own;
                status = measured;
            }
        }
    }
    qsort(shift_mm, HALVES, sizeof *shift_mm, compare_doubles);
    *median_mm = 0.5 * (shift_mm[HALVES / 2 - 1] + shift_mm[HALVES / 2]);
    return status;
}

/* Puts the identity in the place of the best candidate if it lies within `limit_mm` of that one and
 * has at most the fraction `margin` less rank. */
static bool confirm_scanner(RigidSearch *search, double limit_mm, double margin) {
    const RigidPoint scanner = {{0.0}};
    const Affine identity = affine_identity();
    const double rank = similarity_rank(&search->levels[search->n_levels - 1], &identity);
    RigidCandidate *best = &search->candidates[0];
    const double distance_mm = rigid_space_distance_mm(&search->space, &best->point, &scanner);
    if (distance_mm > limit_mm || rank <= 0.0 || rank < (1.0 - margin) * best->rank) {
        return false;
    }
    best->point = scanner;
    best->rank = rank;
    return true;
}

Status registration_quality_assess(RigidSearch *search, const RegistrationConfig *config,
                                   RegistrationQuality *quality, Error *error) {
    memset(quality, 0, sizeof *quality);
    quality->normalised_mutual_information = 1.0;
    if (!search->has_contrast) {
        return STATUS_OK;
    }
    /* Before the halves are measured: they have to be those of the map that is judged. */
    const bool tied = confirm_scanner(search, INFINITY, SCANNER_TIE);
    Status status = measure_half_shifts(search, config, &quality->half_shift_mm, error);
    if (status != STATUS_OK) {
        return status;
    }
    const double limit_mm = fmin(SCANNER_HALF_SHIFTS * quality->half_shift_mm, SCANNER_MAX_MM);
    quality->scanner_confirmed = tied || confirm_scanner(search, limit_mm, SCANNER_MARGIN);
    const RigidCandidate *best = &search->candidates[0];
    const Affine map = rigid_space_map(&search->space, &best->point);
    const MutualInformationValue value =
        mutual_information_at(search->levels[search->n_levels - 1].mi, &map);
    quality->normalised_mutual_information = value.normalised;
    quality->coverage = value.coverage;
    const double e = quality->half_shift_mm / CONSISTENT_MM;
    quality->consistency = 1.0 / (1.0 + e * e);
    quality->extent = fmin(1.0, value.coverage / FULL_EXTENT);
    if (best->rank > 0.0) {
        quality->uniqueness = quality->scanner_confirmed ? 1.0 : fmax(0.0, uniqueness_of(search));
    }
    quality->quality = quality->uniqueness * quality->consistency * quality->extent;
    return STATUS_OK;
}
