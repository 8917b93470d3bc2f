/* What the register stage reads from convert.h5 and writes into register.h5. */
#ifndef YTTRIA_REGISTER_REGISTER_FILE_H
#define YTTRIA_REGISTER_REGISTER_FILE_H

#include "core/store.h"
#include "register/reference.h"
#include "register/rigid_registration.h"

/* How one image relates to the reference. */
typedef struct ImageTransform {
    bool is_rigid;                        /* method rigid_mutual_information, else identity */
    Affine reference_to_image;            /* millimetres */
    double quality;                       /* 0..1 */
    double normalised_mutual_information; /* NaN where it means nothing */
    double rotation_deg, translation_mm;
    char reason[RIGID_REASON_SIZE];
} ImageTransform;

/* All images of `convert`, sorted by name. `*images` is new; the caller frees it. */
Status register_file_read_images(const Store *convert, ImageEntry **images, size_t *count,
                                 Error *error);

/* The voxels of an image; the caller frees the volume. STATUS_BAD_DATA with the image's name if
 * a voxel is not finite. */
Status register_file_read_voxels(const Store *convert, const char *image, Volume *volume,
                                 Error *error);

/* /transforms/<image> with its attributes. */
Status register_file_write_transform(Store *output, const char *image,
                                     const ImageTransform *transform, Error *error);

/* /images/<image>/voxels on the reference grid. */
Status register_file_write_voxels(Store *output, const ImageEntry *image, const Volume *resampled,
                                  Error *error);

/* /frames/<frame>: the transform of the image that stands for that frame; none for "none". */
Status register_file_write_frames(Store *output, const ImageEntry *images,
                                  const ImageTransform *transforms, size_t count, Error *error);

/* /quality, one row per image. */
Status register_file_write_quality(Store *output, const ImageEntry *images,
                                   const ImageTransform *transforms, size_t count, Error *error);

#endif
