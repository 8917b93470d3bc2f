/* register.h5 leads from the reference to every image; two such maps relate any two images. */
#include "dose/image_space.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 256 };

/* Reference millimetres to those of `image`; the reference image itself needs no entry. */
static Status read_transform(const Store *registered, const char *image, Affine *map,
                             double *quality, Error *error) {
    char dataset[2 * NAME_SIZE], reference[NAME_SIZE];
    snprintf(dataset, sizeof dataset, "/transforms/%s", image);
    *quality = 1.0;
    if (!store_has(registered, dataset)) {
        Status status =
            store_get_text(registered, "/", "reference", reference, sizeof reference, error);
        if (status == STATUS_OK && strcmp(reference, image) == 0) {
            *map = affine_identity();
            return STATUS_OK;
        }
    }
    Status status = store_read_affine(registered, dataset, map, error);
    if (status == STATUS_OK && store_has_attribute(registered, dataset, "quality")) {
        status = store_get_number(registered, dataset, "quality", quality, error);
    }
    return status;
}

Status image_space_relate(const Store *registered, const char *from, const char *to, Affine *map,
                          double *quality, Error *error) {
    Affine reference_to_from, from_to_reference, reference_to_to;
    double qualities[2];
    Status status = read_transform(registered, from, &reference_to_from, &qualities[0], error);
    if (status == STATUS_OK) {
        status = read_transform(registered, to, &reference_to_to, &qualities[1], error);
    }
    if (status == STATUS_OK) {
        status = affine_invert(&reference_to_from, &from_to_reference, error);
    }
    if (status != STATUS_OK) {
        return status;
    }
    *map = affine_compose(&reference_to_to, &from_to_reference);
    if (quality != NULL) {
        bool is_same = affine_is_same(&reference_to_to, &reference_to_from);
        bool is_known = !isnan(qualities[0]) && !isnan(qualities[1]);
        *quality = is_same ? 1.0 : is_known ? fmin(qualities[0], qualities[1]) : 0.0;
    }
    return STATUS_OK;
}
