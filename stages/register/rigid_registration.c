/* One image to the reference: search, judge, and turn the map the right way round. */
#include "register/rigid_registration.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static double field_of_view_ml(const Volume *volume) {
    return grid_voxel_volume_ml(&volume->grid) * (double)grid_voxel_count(&volume->grid);
}

static void describe_map(const Volume *reference, RigidRegistration *registration) {
    double centre[3], moved[3];
    grid_centre_mm(&reference->grid, centre);
    affine_apply(&registration->reference_to_image, centre, moved);
    registration->rotation_deg = rigid_rotation_deg(&registration->reference_to_image);
    registration->translation_mm =
        hypot(hypot(moved[0] - centre[0], moved[1] - centre[1]), moved[2] - centre[2]);
}

static void describe_result(const RigidSearch *search, RigidRegistration *registration) {
    const RegistrationQuality *quality = &registration->quality;
    const char *phrase = "frames of reference differ or are unknown";
    if (!search->has_contrast) {
        phrase = "no contrast in one of the images: middle on middle, not registered";
    } else if (!(quality->uniqueness > 0.0 && quality->coverage > 0.0)) {
        phrase = "no optimum stands out: not registered reliably";
    } else if (quality->scanner_confirmed) {
        phrase =
            "no common frame of reference; mutual information confirms the scanner coordinates";
    }
    snprintf(registration->reason, sizeof registration->reason, "%s", phrase);
}

Status rigid_registration_find(const Volume *reference, const Volume *image,
                               const RegistrationConfig *config, RigidRegistration *registration,
                               Error *error) {
    const bool sample_image = field_of_view_ml(image) < field_of_view_ml(reference);
    const Volume *sampled = sample_image ? image : reference;
    const Volume *other = sample_image ? reference : image;
    RigidSearch *search = calloc(1, sizeof *search);
    if (!search) {
        return error_no_memory(error, "the registration");
    }
    Status status = volume_check_finite(reference, "the reference", error);
    if (status == STATUS_OK) {
        status = volume_check_finite(image, "the image", error);
    }
    if (status == STATUS_OK) {
        status = rigid_search_run(sampled, other, config, search, error);
    }
    if (status == STATUS_OK) {
        status = registration_quality_assess(search, config, &registration->quality, error);
    }
    if (status == STATUS_OK) {
        const Affine map = rigid_space_map(&search->space, &search->candidates[0].point);
        registration->reference_to_image = map;
        if (registration->quality.scanner_confirmed) {
            registration->reference_to_image = affine_identity();
        } else if (sample_image) {
            status = affine_invert(&map, &registration->reference_to_image, error);
        }
    }
    if (status == STATUS_OK) {
        describe_map(reference, registration);
        describe_result(search, registration);
    }
    rigid_search_free(search);
    free(search);
    return status;
}

Status rigid_registration_similarity(const Volume *reference, const Volume *image,
                                     const Affine *reference_to_image,
                                     const RegistrationConfig *config, double *normalised,
                                     Error *error) {
    SimilarityLevel level;
    Status status =
        similarity_level_create(reference, image, config->sample_spacing_mm,
                                RIGID_SEARCH_FINEST_SAMPLES, (int)config->bins, &level, error);
    *normalised = NAN;
    if (status == STATUS_OK && level.has_contrast) {
        const MutualInformationValue value = mutual_information_at(level.mi, reference_to_image);
        *normalised = value.coverage > 0.0 ? value.normalised : NAN;
    }
    similarity_level_free(&level);
    return status;
}
