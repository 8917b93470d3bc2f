/* What one patient goes through: choose the reference, find the transform of every image (one
 * registration per foreign frame of reference; images of that frame share it), write. */
#include "register/register.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "register/register_file.h"

static const double SAME_GRID_MM = 0.01;

typedef struct PatientImages {
    ImageEntry *entries;
    ImageTransform *transforms;
    size_t count, pet, reference;
    Volume reference_voxels;
} PatientImages;

static Status read_patient(const PatientJob *job, PatientImages *images, Error *error) {
    Table *treatments = NULL;
    Status status =
        register_file_read_images(job->inputs[0], &images->entries, &images->count, error);
    if (status == STATUS_OK) {
        status = store_read_table(job->inputs[0], "/treatments", &treatments, error);
    }
    if (status == STATUS_OK) {
        status =
            reference_choose_pet(images->entries, images->count, treatments, &images->pet, error);
    }
    table_free(treatments);
    if (status != STATUS_OK) {
        return status;
    }
    images->reference = reference_choose(images->entries, images->count, images->pet);
    images->transforms = calloc(images->count, sizeof *images->transforms);
    if (!images->transforms) {
        return error_no_memory(error, "the transforms");
    }
    return register_file_read_voxels(job->inputs[0], images->entries[images->reference].name,
                                     &images->reference_voxels, error);
}

/* Why an image needs no registration, or NULL if it does. */
static const char *identity_reason(const PatientImages *images, size_t n) {
    const ImageEntry *image = &images->entries[n];
    const ImageEntry *reference = &images->entries[images->reference];
    if (n == images->reference) {
        return "it is the reference";
    }
    if (reference_share_frame(image, reference)) {
        return "same frame of reference as the reference";
    }
    const bool unknown = strcmp(image->frame, "none") == 0 || strcmp(reference->frame, "none") == 0;
    if (unknown && grid_is_same(&image->grid, &reference->grid, SAME_GRID_MM)) {
        return "frame of reference unknown, but the very same voxel grid as the reference";
    }
    return NULL;
}

static Status keep_identity(const PatientImages *images, size_t n, const Volume *voxels,
                            const char *reason, const RegistrationConfig *config, Error *error) {
    ImageTransform *transform = &images->transforms[n];
    transform->reference_to_image = affine_identity();
    transform->quality = 1.0;
    transform->normalised_mutual_information = NAN;
    snprintf(transform->reason, sizeof transform->reason, "%s", reason);
    if (n == images->reference) {
        return STATUS_OK;
    }
    return rigid_registration_similarity(&images->reference_voxels, voxels,
                                         &transform->reference_to_image, config,
                                         &transform->normalised_mutual_information, error);
}

static Status find_rigid(const PatientImages *images, size_t n, const Volume *voxels,
                         const RegistrationConfig *config, Error *error) {
    RigidRegistration found;
    ImageTransform *transform = &images->transforms[n];
    const Status status =
        rigid_registration_find(&images->reference_voxels, voxels, config, &found, error);
    if (status != STATUS_OK) {
        return error_add_context(error, "registering %s", images->entries[n].name);
    }
    transform->is_rigid = true;
    transform->reference_to_image = found.reference_to_image;
    transform->quality = found.quality.quality;
    transform->normalised_mutual_information = found.quality.normalised_mutual_information;
    transform->rotation_deg = found.rotation_deg;
    transform->translation_mm = found.translation_mm;
    memcpy(transform->reason, found.reason, sizeof transform->reason);
    log_message(LOG_DEBUG,
                "%s: quality %.2f (uniqueness %.2f, consistency %.2f, extent %.2f), %.1f deg, "
                "%.1f mm: %s",
                images->entries[n].name, found.quality.quality, found.quality.uniqueness,
                found.quality.consistency, found.quality.extent, found.rotation_deg,
                found.translation_mm, found.reason);
    return STATUS_OK;
}

/* The image takes over what was found for the one that stands for its frame. */
static Status share_transform(const PatientImages *images, size_t n, size_t representative,
                              const Volume *voxels, const RegistrationConfig *config,
                              Error *error) {
    ImageTransform *transform = &images->transforms[n];
    *transform = images->transforms[representative];
    snprintf(transform->reason, sizeof transform->reason,
             "same frame of reference as %.100s, whose transform it takes",
             images->entries[representative].name);
    return rigid_registration_similarity(&images->reference_voxels, voxels,
                                         &transform->reference_to_image, config,
                                         &transform->normalised_mutual_information, error);
}

/* Finds and writes one image's transform and resampled voxels. */
static Status register_image(const PatientJob *job, const PatientImages *images, size_t n,
                             Error *error) {
    const ImageEntry *image = &images->entries[n];
    const RegistrationConfig *config = &job->config->registration;
    const char *reason = identity_reason(images, n);
    const size_t representative = reference_representative(images->entries, images->count, n);
    Volume voxels = {0}, resampled = {0};
    Status status = register_file_read_voxels(job->inputs[0], image->name, &voxels, error);
    if (status != STATUS_OK) {
        goto done;
    }
    if (reason) {
        status = keep_identity(images, n, &voxels, reason, config, error);
    } else if (representative == n) {
        status = find_rigid(images, n, &voxels, config, error);
    } else {
        status = share_transform(images, n, representative, &voxels, config, error);
    }
    if (status != STATUS_OK) {
        goto done;
    }
    const ImageTransform *transform = &images->transforms[n];
    status = register_file_write_transform(job->output, image->name, transform, error);
    if (status == STATUS_OK && n != images->reference) {
        status = volume_resample(&voxels, &images->reference_voxels.grid,
                                 &transform->reference_to_image, NAN, &resampled, error);
        if (status == STATUS_OK) {
            status = register_file_write_voxels(job->output, image, &resampled, error);
        }
    }
done:
    volume_free(&resampled);
    volume_free(&voxels);
    return status;
}

/* Images that stand for their frame first: the others take over their transforms. */
static Status register_images(const PatientJob *job, const PatientImages *images, Error *error) {
    for (int pass = 0; pass < 2; pass++) {
        for (size_t n = 0; n < images->count; n++) {
            const bool first = reference_representative(images->entries, images->count, n) == n;
            if (first == (pass == 0) && register_image(job, images, n, error) != STATUS_OK) {
                return error->status;
            }
        }
    }
    return STATUS_OK;
}

static Status write_flags(const PatientJob *job, const PatientImages *images, Error *error) {
    char earlier[FLAGS_SIZE];
    Flags flags = {""};
    if (store_get_text(job->inputs[0], "/", "flags", earlier, sizeof earlier, error) != STATUS_OK) {
        return error->status;
    }
    flags_add(&flags, earlier);
    for (size_t n = 0; n < images->count; n++) {
        const ImageTransform *transform = &images->transforms[n];
        if (transform->is_rigid && transform->quality < job->config->registration.min_quality) {
            flags_add(&flags, "registration_poor");
            log_message(LOG_WARNING,
                        "%s/%s: registration of %s is poor (quality %.2f, wanted %.2f)",
                        job->center, job->patient, images->entries[n].name, transform->quality,
                        job->config->registration.min_quality);
        }
    }
    return store_set_text(job->output, "/", "flags", flags.text, error);
}

static Status write_summary(const PatientJob *job, const PatientImages *images, Error *error) {
    const ImageEntry *entries = images->entries;
    if (register_file_write_frames(job->output, entries, images->transforms, images->count,
                                   error) != STATUS_OK ||
        register_file_write_quality(job->output, entries, images->transforms, images->count,
                                    error) != STATUS_OK ||
        store_set_text(job->output, "/", "reference", entries[images->reference].name, error) !=
            STATUS_OK ||
        store_set_text(job->output, "/", "pet", entries[images->pet].name, error) != STATUS_OK) {
        return error->status;
    }
    return write_flags(job, images, error);
}

Status register_process(const PatientJob *job, Error *error) {
    PatientImages images = {0};
    Status status = read_patient(job, &images, error);
    if (status == STATUS_OK) {
        status = register_images(job, &images, error);
    }
    if (status == STATUS_OK) {
        status = write_summary(job, &images, error);
    }
    volume_free(&images.reference_voxels);
    free(images.transforms);
    free(images.entries);
    return status;
}
