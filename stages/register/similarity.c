/* One resolution level, its score, and the local optimiser. */
#include "register/similarity.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_multimin.h>
#include <math.h>
#include <string.h>

#include "register/intensity.h"
#include "register/pyramid.h"

static const double FULL_COVERAGE = 0.5;

Status similarity_level_create(const Volume *sampled, const Volume *other, double spacing_mm,
                               size_t max_samples, int max_bins, SimilarityLevel *level,
                               Error *error) {
    memset(level, 0, sizeof *level);
    level->spacing_mm = spacing_mm;
    Status status = pyramid_reduce(sampled, spacing_mm, &level->sampled, error);
    if (status == STATUS_OK) {
        status = pyramid_reduce(other, spacing_mm, &level->other, error);
    }
    if (status == STATUS_OK) {
        const bool first = intensity_compand(&level->sampled);
        level->has_contrast = intensity_compand(&level->other) && first;
        status = mutual_information_create(&level->sampled, &level->other, spacing_mm, max_samples,
                                           max_bins, &level->mi, error);
    }
    return status;
}

void similarity_level_free(SimilarityLevel *level) {
    mutual_information_free(level->mi);
    volume_free(&level->sampled);
    volume_free(&level->other);
    level->mi = NULL;
}

double similarity_rank(const SimilarityLevel *level, const Affine *sampled_to_other) {
    const MutualInformationValue value = mutual_information_at(level->mi, sampled_to_other);
    return (value.normalised - 1.0) * value.coverage;
}

double similarity_climb_score(const SimilarityLevel *level, const Affine *sampled_to_other) {
    const MutualInformationValue value = mutual_information_at(level->mi, sampled_to_other);
    return (value.normalised - 1.0) * fmin(1.0, value.coverage / FULL_COVERAGE);
}

typedef struct Climb {
    const SimilarityLevel *level;
    const RigidSpace *space;
} Climb;

static double descend(const gsl_vector *x, void *context) {
    const Climb *climb = context;
    RigidPoint point;
    for (size_t n = 0; n < RIGID_PARAMETERS; n++) {
        point.p[n] = gsl_vector_get(x, n);
    }
    const Affine map = rigid_space_map(climb->space, &point);
    return -similarity_climb_score(climb->level, &map);
}

Status similarity_climb(const SimilarityLevel *level, const RigidSpace *space, double step_mm,
                        double tolerance_mm, int max_iterations, RigidPoint *point, Error *error) {
    Climb climb = {level, space};
    gsl_multimin_function function = {descend, RIGID_PARAMETERS, &climb};
    gsl_vector *start = gsl_vector_alloc(RIGID_PARAMETERS);
    gsl_vector *steps = gsl_vector_alloc(RIGID_PARAMETERS);
    gsl_multimin_fminimizer *simplex =
        gsl_multimin_fminimizer_alloc(gsl_multimin_fminimizer_nmsimplex2, RIGID_PARAMETERS);
    Status status = STATUS_OK;
    if (!start || !steps || !simplex) {
        status = error_no_memory(error, "the simplex of the registration");
        goto done;
    }
    for (size_t n = 0; n < RIGID_PARAMETERS; n++) {
        gsl_vector_set(start, n, point->p[n]);
    }
    gsl_vector_set_all(steps, step_mm);
    gsl_multimin_fminimizer_set(simplex, &function, start, steps);
    for (int move = 0; move < max_iterations * RIGID_PARAMETERS; move++) {
        if (gsl_multimin_fminimizer_iterate(simplex) != GSL_SUCCESS ||
            gsl_multimin_fminimizer_size(simplex) < tolerance_mm) {
            break;
        }
    }
    for (size_t n = 0; n < RIGID_PARAMETERS; n++) {
        point->p[n] = gsl_vector_get(simplex->x, n);
    }
done:
    gsl_multimin_fminimizer_free(simplex);
    gsl_vector_free(steps);
    gsl_vector_free(start);
    return status;
}
