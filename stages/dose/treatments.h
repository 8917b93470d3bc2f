/* Which PET shows which treatment, and what was given when.
 *
 * With one treatment its PET is the one whose timepoint is the treatment's name, else the
 * patient's only PET. With several treatments each needs a PET with its own name as timepoint. */
#ifndef YTTRIA_DOSE_TREATMENTS_H
#define YTTRIA_DOSE_TREATMENTS_H

#include "core/store.h"
#include "core/timestamp.h"
#include "dose/activity.h"

enum { TREATMENT_TEXT_SIZE = 128 };

typedef struct Treatment {
    char name[TREATMENT_TEXT_SIZE];
    char image[TREATMENT_TEXT_SIZE];           /* of its PET, as in /images */
    char administered_at[TIMESTAMP_TEXT_SIZE]; /* as in the sheet */
    Timestamp administered;
    Administration administration;
} Treatment;

typedef struct TreatmentList {
    size_t count;
    size_t reference; /* the treatment on whose PET's grid dose is written */
    Treatment *treatments;
} TreatmentList;

/* Reads /treatments and the PETs of convert.h5; `reference_pet` is the image that register.h5
 * names as carrier of the dose grid. STATUS_BAD_DATA with what to do if there is no treatment, no
 * or more than one PET for one, no administered_at, or no treatment for `reference_pet`. Free
 * with treatments_free. */
Status treatments_read(const Store *convert, const char *reference_pet, TreatmentList *list,
                       Error *error);
void treatments_free(TreatmentList *list); /* NULL and already freed are fine */

#endif
