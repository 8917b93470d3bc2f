/* One treatment's PET brought to calibrated activity at its administration. */
#ifndef YTTRIA_DOSE_TREATMENT_ACTIVITY_H
#define YTTRIA_DOSE_TREATMENT_ACTIVITY_H

#include "dose/activity.h"
#include "dose/pet_image.h"
#include "dose/treatments.h"

/* What the image became, and every number on the way. */
typedef struct TreatmentActivity {
    Volume activity;           /* Bq/mL, calibrated, at administration */
    double imaging_delay_h;    /* administration to start of the PET */
    double decay_factor;       /* reference time to administration */
    double image_activity_gbq; /* field of view, at administration, before calibration */
    double net_administered_gbq;
    Calibration calibration;
    double negative_voxel_fraction;
    char scanner[2 * PET_IMAGE_TEXT_SIZE];
} TreatmentActivity;

/* Reads the treatment's PET from convert.h5, checks nuclide and times, and applies decay and
 * calibration as configured. Raises the flags of activity.h and `one_clock_assumed`. Failures are
 * those of pet_image.h and activity.h, with the treatment's name in front. Free with
 * treatment_activity_free. */
Status treatment_activity_measure(const Store *convert, const Treatment *treatment,
                                  const Config *config, TreatmentActivity *measured, Flags *flags,
                                  Error *error);
void treatment_activity_free(TreatmentActivity *measured); /* NULL and already freed are fine */

#endif
