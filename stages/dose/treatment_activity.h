/* One treatment's PET brought to calibrated activity at its administration. */
#ifndef YTTRIA_DOSE_TREATMENT_ACTIVITY_H
#define YTTRIA_DOSE_TREATMENT_ACTIVITY_H

#include "core/config.h"
#include "dose/activity.h"
#include "dose/calibration.h"
#include "dose/pet_image.h"
#include "dose/treatments.h"

/* What the image became, and every number on the way. Image activity is that of the field of view
 * or the liver at administration, in the order of the factors: half-life, decay and positron
 * fraction applied, calibration not. */
typedef struct TreatmentActivity {
    Volume activity;          /* Bq/mL, calibrated, at administration */
    double imaging_delay_h;   /* administration to start of the PET */
    double frame_duration_s;  /* NaN where the header has none */
    double half_life_factor;  /* replaces the scanner's half-life; of slice factors: their mean */
    double decay_factor;      /* reference time to administration */
    double positron_fraction; /* of the header; NaN where it has none */
    double positron_fraction_factor; /* 1 where nothing was corrected */
    double image_activity_gbq;       /* in the field of view */
    double liver_activity_gbq;       /* in liver and lesions; NaN without liver, or if unknown */
    double liver_coverage;           /* fraction of liver and lesions in the field of view; NaN */
    double net_administered_gbq;     /* administered less residual and lung shunt */
    double lung_dose_gy;             /* from the shunt fraction; NaN where unknown */
    Calibration calibration;
    double negative_voxel_fraction;
    double negative_activity_fraction;     /* negative over positive activity */
    char scanner[2 * PET_IMAGE_TEXT_SIZE]; /* manufacturer and model of the header */
    const Scanner *known_scanner; /* borrowed from the configuration; NULL: in no scanner file */
} TreatmentActivity;

/* Reads the treatment's PET from convert.h5, checks nuclide and times, and applies decay, positron
 * fraction and calibration as configured; the liver comes through the transforms of register.h5.
 * `center` chooses among scanner files. Failures are those of pet_image.h, decay.h, activity.h and
 * calibration.h, with the treatment's name in front. Flags are theirs, and
 *   one_clock_assumed     of two times only one has an offset from UTC
 *   liver_region_unknown  a liver was imported, but where it lies in the PET is not known, or by a
 *                         registration below dose.min_registration_quality: the field of view is
 * used liver_outside_pet     more of the liver lies outside the field of view than the calibration
 * is uncertain (calibration.uncertainty). Free with treatment_activity_free; `known_scanner` lives
 * as long as `config`. */
Status treatment_activity_measure(const Store *convert, const Store *registered,
                                  const Treatment *treatment, const char *center,
                                  const Config *config, TreatmentActivity *measured, Flags *flags,
                                  Error *error);
void treatment_activity_free(TreatmentActivity *measured); /* NULL and already freed are fine */

#endif
