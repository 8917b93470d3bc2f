/* Image, times and sheet of one treatment become calibrated activity. */
#include "dose/treatment_activity.h"

#include <stdio.h>

static const double BQ_PER_GBQ = 1e9;

void treatment_activity_free(TreatmentActivity *measured) {
    if (measured != NULL) {
        volume_free(&measured->activity);
    }
}

/* Times: delay and decay factor, once header and sheet are found to make sense together. */
static Status relate_times(const PetImage *pet, const Treatment *treatment, const Config *config,
                           TreatmentActivity *measured, Flags *flags, Error *error) {
    bool is_one_clock[2] = {false, false};
    double delay_s =
        timestamp_difference_s(&pet->acquisition, &treatment->administered, &is_one_clock[0]);
    double elapsed_s =
        timestamp_difference_s(&pet->reference, &treatment->administered, &is_one_clock[1]);
    if (is_one_clock[0] || is_one_clock[1]) {
        flags_add(flags, "one_clock_assumed");
    }
    Status status = activity_check_nuclide(&config->nuclide, pet->half_life_s, pet->radionuclide,
                                           config->dose.max_half_life_difference, error);
    if (status == STATUS_OK) {
        status = activity_check_delay(&config->nuclide, delay_s, error);
    }
    measured->imaging_delay_h = delay_s / 3600.0;
    measured->decay_factor = activity_decay_factor(&config->nuclide, elapsed_s);
    return status;
}

static Status calibrate(const Treatment *treatment, const Config *config,
                        TreatmentActivity *measured, Flags *flags, Error *error) {
    ActivityTotals totals;
    Status status = activity_sum(&measured->activity, &totals, error);
    if (status == STATUS_OK) {
        status = activity_net_gbq(&treatment->administration, &measured->net_administered_gbq,
                                  flags, error);
    }
    if (status != STATUS_OK) {
        return status;
    }
    activity_flag_negative(&totals, flags);
    measured->negative_voxel_fraction = totals.negative_voxel_fraction;
    measured->image_activity_gbq = totals.total_bq * measured->decay_factor / BQ_PER_GBQ;
    status =
        activity_calibrate(&config->calibration, measured->image_activity_gbq,
                           measured->net_administered_gbq, &measured->calibration, flags, error);
    if (status == STATUS_OK) {
        activity_scale(&measured->activity, measured->decay_factor * measured->calibration.factor);
    }
    return status;
}

Status treatment_activity_measure(const Store *convert, const Treatment *treatment,
                                  const Config *config, TreatmentActivity *measured, Flags *flags,
                                  Error *error) {
    PetImage pet;
    *measured = (TreatmentActivity){0};
    Status status = pet_image_read(convert, treatment->image, &pet, error);
    if (status == STATUS_OK) {
        measured->activity = pet.activity; /* moves */
        snprintf(measured->scanner, sizeof measured->scanner, "%s", pet.scanner);
        status = relate_times(&pet, treatment, config, measured, flags, error);
    }
    if (status == STATUS_OK) {
        status = calibrate(treatment, config, measured, flags, error);
    }
    if (status != STATUS_OK) {
        treatment_activity_free(measured);
        return error_add_context(error, "treatment %s", treatment->name);
    }
    return STATUS_OK;
}
