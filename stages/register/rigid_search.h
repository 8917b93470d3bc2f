/* The search for the rigid map between two images whose scanner coordinates may be unrelated.
 *
 * Coarse: every rotation of a ball of angles times a lattice of translations that lets the two
 * bodies overlap, on heavily smoothed images, plus the scanners' own coordinates. Then the best,
 * mutually distant, candidates climb through the resolution levels; fewer at each one (multi-start
 * as in Jenkinson and Smith, Med Image Anal 5:143, 2001). */
#ifndef YTTRIA_REGISTER_RIGID_SEARCH_H
#define YTTRIA_REGISTER_RIGID_SEARCH_H

#include "core/config.h"
#include "register/similarity.h"

enum {
    RIGID_SEARCH_MAX_LEVELS = 6,
    RIGID_SEARCH_MAX_CANDIDATES = 32,
    RIGID_SEARCH_FINEST_SAMPLES = 60000,
    RIGID_SEARCH_DISTINCT_MM = 15 /* optima closer than this count as one */
};

typedef struct RigidCandidate {
    RigidPoint point;
    double rank; /* similarity_rank at the level reached */
    int starts;  /* how many starts ended here */
} RigidCandidate;

typedef struct RigidSearch {
    RigidSpace space;
    int n_levels; /* level 0 is the coarse search */
    SimilarityLevel levels[RIGID_SEARCH_MAX_LEVELS + 1];
    bool has_contrast; /* false: nothing was searched */
    int n_candidates;  /* best first; 1 without contrast */
    RigidCandidate candidates[RIGID_SEARCH_MAX_CANDIDATES];
} RigidSearch;

/* Searches the map from `sampled` millimetres to `other` millimetres. Without contrast in both
 * images, the only candidate is the initial alignment: the middles of both grids on each other.
 * Free with rigid_search_free, also after a failure. */
Status rigid_search_run(const Volume *sampled, const Volume *other,
                        const RegistrationConfig *config, RigidSearch *search, Error *error);
void rigid_search_free(RigidSearch *search);

#endif
