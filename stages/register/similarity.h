/* What the search maximises: one resolution level of two images, and its scores.
 *
 * climb score = (normalised mutual information - 1) x min(1, coverage / 0.5): a local optimum is
 * unbiased while at least half of the samples are covered. Between distant optima that is not
 * enough: normalised mutual information can be high where two images touch at the edge. There
 * rank = (normalised mutual information - 1) x coverage decides. */
#ifndef YTTRIA_REGISTER_SIMILARITY_H
#define YTTRIA_REGISTER_SIMILARITY_H

#include "register/mutual_information.h"
#include "register/rigid_space.h"

typedef struct SimilarityLevel {
    double spacing_mm;
    Volume sampled, other; /* smoothed and companded */
    MutualInformation *mi;
    bool has_contrast; /* both images do */
} SimilarityLevel;

/* Reduces both images to `spacing_mm` and draws the samples. Free with similarity_level_free,
 * also after a failure. */
Status similarity_level_create(const Volume *sampled, const Volume *other, double spacing_mm,
                               size_t max_samples, int max_bins, SimilarityLevel *level,
                               Error *error);
void similarity_level_free(SimilarityLevel *level);

double similarity_rank(const SimilarityLevel *level, const Affine *sampled_to_other);
double similarity_climb_score(const SimilarityLevel *level, const Affine *sampled_to_other);

/* Nelder-Mead (GSL nmsimplex2) from `*point`, first steps of `step_mm`, until the simplex is
 * smaller than `tolerance_mm` or `max_iterations` sweeps are done; a sweep is six moves, one for
 * each parameter. `*point` becomes the best. */
Status similarity_climb(const SimilarityLevel *level, const RigidSpace *space, double step_mm,
                        double tolerance_mm, int max_iterations, RigidPoint *point, Error *error);

#endif
