/* What is known of an image that has been converted, for the structures that lie on it.
 *
 * The UIDs serve to match structure sets with images while a patient is in memory; they are never
 * written to an output, a log or a message. */
#ifndef YTTRIA_CONVERT_PATIENT_IMAGE_H
#define YTTRIA_CONVERT_PATIENT_IMAGE_H

#include "core/geometry.h"

typedef struct PatientImage {
    char name[64];               /* in convert.h5: /images/<name> */
    char role[16];               /* "pet", "anatomy", "ct", "mr" */
    char timepoint[64];          /* as in images.tsv */
    char modality[16];           /* "PT", "CT", "MR", or "unknown" */
    char frame_of_reference[16]; /* "F1", ..., or "none" */
    char frame_uid[80];          /* Frame of Reference UID; "" if the format has none */
    char series_uid[80];         /* Series Instance UID; "" if the format has none */
    Grid grid;
} PatientImage;

#endif
