/* From one image's millimetres to another's, through register.h5. */
#ifndef YTTRIA_DOSE_IMAGE_SPACE_H
#define YTTRIA_DOSE_IMAGE_SPACE_H

#include "core/store.h"

/* Patient mm of image `from` to patient mm of image `to`; `*quality` (NULL is fine): the lower of
 * the two registrations on the way, 1 where none was needed, 0 where one is not known.
 * STATUS_BAD_DATA if register.h5 does not have one of the images. */
Status image_space_relate(const Store *registered, const char *from, const char *to, Affine *map,
                          double *quality, Error *error);

#endif
