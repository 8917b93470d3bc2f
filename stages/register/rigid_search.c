/* Coarse lattice, then candidates climbing through the levels. Candidates are independent of each
 * other and kept by index, so the outcome does not depend on the number of threads. */
#include "register/rigid_search.h"

#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "register/coarse_lattice.h"

enum {
    COARSE_SAMPLES = 1500,
    COARSE_BINS = 16,
    LEVEL_SAMPLES = 20000,
    MAX_STARTS = 90000,
    FINEST_CANDIDATES = 3
};

/* Samples of an image of this size that lie `spacing_mm` apart number COARSE_SAMPLES. */
static double coarse_spacing_mm(const Volume *sampled) {
    const double volume_mm3 =
        grid_voxel_volume_ml(&sampled->grid) * 1e3 * (double)grid_voxel_count(&sampled->grid);
    return cbrt(volume_mm3 / COARSE_SAMPLES);
}

static Status create_levels(const Volume *sampled, const Volume *other,
                            const RegistrationConfig *config, RigidSearch *search, Error *error) {
    int levels = (int)config->levels;
    levels = levels < 1 ? 1 : levels > RIGID_SEARCH_MAX_LEVELS ? RIGID_SEARCH_MAX_LEVELS : levels;
    Status status = STATUS_OK;
    const Volume *a = sampled, *b = other;
    for (int l = levels; l >= 1 && status == STATUS_OK; l--) {
        const double spacing = ldexp(config->sample_spacing_mm, levels - l);
        status = similarity_level_create(a, b, spacing,
                                         l == levels ? RIGID_SEARCH_FINEST_SAMPLES : LEVEL_SAMPLES,
                                         (int)config->bins, &search->levels[l], error);
    }
    if (status == STATUS_OK) {
        const double spacing = fmax(coarse_spacing_mm(sampled), search->levels[1].spacing_mm);
        status = similarity_level_create(a, b, spacing, COARSE_SAMPLES, COARSE_BINS,
                                         &search->levels[0], error);
    }
    search->n_levels = levels + 1;
    return status;
}

static int compare_candidates(const void *a, const void *b) {
    const RigidCandidate *x = a, *y = b;
    if (x->rank != y->rank) {
        return x->rank < y->rank ? 1 : -1;
    }
    return memcmp(&x->point, &y->point, sizeof x->point);
}

/* Keeps the best ones that are at least `distance_mm` apart; a dropped one counts as a start of
 * the better one beside it. Returns how many are kept, at most `most`. */
static int keep_distant(const RigidSpace *space, RigidCandidate *candidates, size_t count,
                        double distance_mm, int most, RigidCandidate *kept) {
    qsort(candidates, count, sizeof *candidates, compare_candidates);
    int n = 0;
    for (size_t c = 0; c < count; c++) {
        int near = 0;
        while (near < n && rigid_space_distance_mm(space, &candidates[c].point,
                                                   &kept[near].point) >= distance_mm) {
            near++;
        }
        if (near < n) {
            kept[near].starts += candidates[c].starts;
        } else if (n < most) {
            kept[n++] = candidates[c];
        }
    }
    return n;
}

static Status search_coarsely(const Volume *sampled, const Volume *other,
                              const RegistrationConfig *config, RigidSearch *search, Error *error) {
    const SimilarityLevel *level = &search->levels[0];
    const BodyBox box = body_box_of(sampled), other_box = body_box_of(other);
    RigidPoint *points = NULL;
    RigidCandidate *all = NULL;
    size_t count = 0;
    const double step_mm = 1.25 * level->spacing_mm;
    Status status =
        coarse_lattice_create(&search->space, &box, &other_box, config->max_rotation_deg, step_mm,
                              MAX_STARTS, &points, &count, error);
    if (status != STATUS_OK) {
        return status;
    }
    all = calloc(count + 1, sizeof *all);
    if (!all) {
        free(points);
        return error_no_memory(error, "the candidates of the coarse search");
    }
    /* The last one stays zero: the scanners' coordinates. */
    for (size_t c = 0; c < count; c++) {
        all[c].point = points[c];
    }
#pragma omp parallel for schedule(dynamic, 64)
    for (size_t c = 0; c <= count; c++) {
        const Affine map = rigid_space_map(&search->space, &all[c].point);
        all[c].rank = similarity_rank(level, &map);
        all[c].starts = 1;
    }
    const RigidCandidate scanner = all[count];
    const int most = RIGID_SEARCH_MAX_CANDIDATES - 1;
    int n = keep_distant(&search->space, all, count + 1, 0.9 * step_mm, most, search->candidates);
    search->candidates[n++] = scanner;
    for (int c = 0; c < n; c++) {
        search->candidates[c].starts = 1;
    }
    search->n_candidates = n;
    free(all);
    free(points);
    return STATUS_OK;
}

/* Lets every candidate climb on one level and keeps the distant ones. */
static Status climb_level(RigidSearch *search, int l, const RegistrationConfig *config,
                          Error *error) {
    const SimilarityLevel *level = &search->levels[l];
    const bool finest = l == search->n_levels - 1;
    RigidCandidate *candidates = search->candidates;
    const int count = search->n_candidates;
    Status status = STATUS_OK;
    const double tolerance_mm = finest ? 0.01 : 0.05 * level->spacing_mm;
#pragma omp parallel for schedule(dynamic, 1)
    for (int c = 0; c < count; c++) {
        Error own;
        const Status climbed =
            similarity_climb(level, &search->space, 0.7 * level->spacing_mm, tolerance_mm,
                             (int)config->max_iterations, &candidates[c].point, &own);
        const Affine map = rigid_space_map(&search->space, &candidates[c].point);
        candidates[c].rank = similarity_rank(level, &map);
        if (climbed != STATUS_OK) {
#pragma omp critical(register_climb_error)
            {
                *error = own;
                status = climbed;
            }
        }
    }
    if (status != STATUS_OK) {
        return status;
    }
    RigidCandidate all[RIGID_SEARCH_MAX_CANDIDATES];
    memcpy(all, candidates, (size_t)count * sizeof *all);
    int most = RIGID_SEARCH_MAX_CANDIDATES >> (2 * l);
    most = most < FINEST_CANDIDATES ? FINEST_CANDIDATES : most;
    const double apart_mm = l == 1 ? level->spacing_mm : RIGID_SEARCH_DISTINCT_MM;
    search->n_candidates =
        keep_distant(&search->space, all, (size_t)count, apart_mm, most, candidates);
    return STATUS_OK;
}

Status rigid_search_run(const Volume *sampled, const Volume *other,
                        const RegistrationConfig *config, RigidSearch *search, Error *error) {
    memset(search, 0, sizeof *search);
    gsl_set_error_handler_off();
    const BodyBox box = body_box_of(sampled);
    memcpy(search->space.centre_mm, box.centre_mm, sizeof box.centre_mm);
    search->space.radius_mm =
        0.5 * sqrt((box.size_mm[0] * box.size_mm[0] + box.size_mm[1] * box.size_mm[1] +
                    box.size_mm[2] * box.size_mm[2]) /
                   3.0);
    search->space.radius_mm = fmin(fmax(search->space.radius_mm, 30.0), 150.0);
    Status status = create_levels(sampled, other, config, search, error);
    if (status != STATUS_OK) {
        return status;
    }
    search->has_contrast = true;
    for (int l = 0; l < search->n_levels; l++) {
        search->has_contrast &= search->levels[l].has_contrast;
    }
    if (!search->has_contrast) {
        double from[3], to[3];
        grid_centre_mm(&sampled->grid, from);
        grid_centre_mm(&other->grid, to);
        for (int axis = 0; axis < 3; axis++) {
            search->candidates[0].point.p[3 + axis] = to[axis] - from[axis];
        }
        search->n_candidates = 1;
        return STATUS_OK;
    }
    status = search_coarsely(sampled, other, config, search, error);
    for (int l = 1; l < search->n_levels && status == STATUS_OK; l++) {
        status = climb_level(search, l, config, error);
    }
    return status;
}

void rigid_search_free(RigidSearch *search) {
    for (int l = 0; l < search->n_levels; l++) {
        similarity_level_free(&search->levels[l]);
    }
}
