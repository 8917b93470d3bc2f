/* How far a registration can be trusted, 0..1, without knowing the truth.
 *
 * quality = uniqueness x consistency x extent.
 *
 * uniqueness: the rank (normalised mutual information less 1, times coverage) of the result against
 * that of the best other optimum of the search, at least 15 mm away: 0 if they are equal, 1 if the
 * other one is at least a quarter lower. A wrong registration is one of several alike. 1 if the
 * scanners' own coordinates are confirmed: images and headers, which know nothing of each other,
 * then say the same.
 *
 * consistency: the sampled image is cut into halves six ways (both sides of the middle plane of
 * each axis); each half is registered on its own, from the result. If the map is right and the
 * body rigid, the halves stay where they are. With e the median distance by which the middles of
 * the halves move: 1 / (1 + (e / 3 mm)^2): one half at 3 mm, a PET voxel.
 *
 * extent: coverage of the smaller image by the other, full from one half on.
 *
 * The limits (15 mm, a quarter, 3 mm) are choices, set on the very images that
 * tests/validation/register uses: those tests show that they separate these cases, not how often
 * the figure is right on others. */
#ifndef YTTRIA_REGISTER_REGISTRATION_QUALITY_H
#define YTTRIA_REGISTER_REGISTRATION_QUALITY_H

#include "register/rigid_search.h"

typedef struct RegistrationQuality {
    bool scanner_confirmed; /* the search's best candidate was replaced by scanner coordinates */
    double quality;         /* 0..1 */
    double uniqueness, consistency, extent;
    double half_shift_mm;                 /* e above */
    double normalised_mutual_information; /* of the result at the finest level, 1..2 */
    double coverage;
} RegistrationQuality;

/* Judges the best candidate of a finished search. Without contrast: quality 0.
 *
 * The scanners' coordinates (the identity) take the best candidate's place in `search`, and are
 * judged instead, if the images do not speak against them: if their rank is at most a hundredth
 * below the best, however far away that one is (a round body can be turned at no cost; the search
 * may also have missed them); or at most a tenth below, and the best candidate no further away
 * than six times e, at most 30 mm. A rank of 0 confirms nothing. */
Status registration_quality_assess(RigidSearch *search, const RegistrationConfig *config,
                                   RegistrationQuality *quality, Error *error);

#endif
