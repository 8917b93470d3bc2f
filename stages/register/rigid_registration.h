/* Registers one image to the reference: from two volumes to a transform and how good it is. */
#ifndef YTTRIA_REGISTER_RIGID_REGISTRATION_H
#define YTTRIA_REGISTER_RIGID_REGISTRATION_H

#include "core/config.h"
#include "core/volume.h"
#include "register/registration_quality.h"

enum { RIGID_REASON_SIZE = 160 };

typedef struct RigidRegistration {
    Affine reference_to_image; /* millimetres to millimetres */
    double rotation_deg;       /* angle */
    double translation_mm;     /* how far the centre of the reference moves */
    RegistrationQuality quality;
    char reason[RIGID_REASON_SIZE]; /* a phrase: what kind of result this is */
} RigidRegistration;

/* Rigid registration by normalised mutual information. The image with the smaller field of view
 * is sampled, so that most samples are covered. Images without contrast, or that nowhere overlap:
 * quality 0 and the initial alignment, middle on middle. STATUS_BAD_DATA if a voxel is not
 * finite. The same result for any number of threads. */
Status rigid_registration_find(const Volume *reference, const Volume *image,
                               const RegistrationConfig *config, RigidRegistration *registration,
                               Error *error);

/* Normalised mutual information (1..2) of two images under a known map, at the finest resolution
 * of the configuration; NaN if they do not overlap or one has no contrast. */
Status rigid_registration_similarity(const Volume *reference, const Volume *image,
                                     const Affine *reference_to_image,
                                     const RegistrationConfig *config, double *normalised,
                                     Error *error);

#endif
