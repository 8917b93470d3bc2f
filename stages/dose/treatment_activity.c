/* Image, times and sheet of one treatment become calibrated activity: the steps, in order, are at
 * the end of the file. */
#include "dose/treatment_activity.h"

#include <math.h>
#include <stdio.h>

#include "dose/decay.h"
#include "dose/liver_region.h"

static const double BQ_PER_GBQ = 1e9;

/* What the steps share. */
typedef struct Measurement {
    const Store *convert, *registered;
    const Treatment *treatment;
    const char *center;
    const Config *config;
    PetImage pet; /* its voxels move to `measured` when they are read */
    TreatmentActivity *measured;
    Flags *flags;
} Measurement;

void treatment_activity_free(TreatmentActivity *measured) {
    if (measured != NULL) {
        volume_free(&measured->activity);
    }
}

static Status read_pet(Measurement *m, Error *error) {
    Status status = pet_image_read(m->convert, m->treatment->image, &m->pet, error);
    if (status != STATUS_OK) {
        return status;
    }
    TreatmentActivity *measured = m->measured;
    measured->activity = m->pet.activity; /* moves */
    m->pet.activity = (Volume){0};
    measured->frame_duration_s = m->pet.frame_duration_s;
    measured->positron_fraction = m->pet.positron_fraction;
    measured->known_scanner =
        scanner_find(&m->config->scanners, m->pet.manufacturer, m->pet.model, m->center);
    snprintf(measured->scanner, sizeof measured->scanner, "%s", m->pet.scanner);
    return STATUS_OK;
}

static double acquisition_after_reference_s(const PetImage *pet) {
    return timestamp_difference_s(&pet->acquisition, &pet->reference, NULL);
}

/* Delay and decay factor, once header and sheet are found to make sense together. */
static Status relate_times(Measurement *m, Error *error) {
    const Nuclide *nuclide = &m->config->nuclide;
    const double limit = m->config->dose.max_delay_half_lives;
    const PetImage *pet = &m->pet;
    const Timestamp *administered = &m->treatment->administered;
    bool is_one_clock[2] = {false, false};
    double delay_s = timestamp_difference_s(&pet->acquisition, administered, &is_one_clock[0]);
    double elapsed_s = timestamp_difference_s(&pet->reference, administered, &is_one_clock[1]);
    if (is_one_clock[0] || is_one_clock[1]) {
        flags_add(m->flags, "one_clock_assumed");
    }
    Status status = decay_check_nuclide(nuclide, pet->half_life_s, pet->radionuclide,
                                        m->config->dose.max_half_life_difference, error);
    if (status == STATUS_OK) {
        status = decay_check_delay(nuclide, delay_s, limit, error);
    }
    if (status == STATUS_OK) {
        status = decay_check_reference(nuclide, acquisition_after_reference_s(pet), limit, error);
    }
    if (status == STATUS_OK) {
        status = decay_check_frame(nuclide, pet->frame_duration_s, limit, error);
    }
    m->measured->imaging_delay_h = delay_s / 3600.0;
    m->measured->decay_factor = decay_factor(nuclide, elapsed_s);
    return status;
}

/* The scanner's (or convert's) correction to the reference time, with the configured half-life. All
 * slices of a corrected image count as acquired with the first: for 90Y, half an hour between beds
 * and a half-life wrong by 1 % make 5e-5. */
static Status replace_half_life(Measurement *m, Error *error) {
    (void)error;
    PetImage *pet = &m->pet;
    const double half_life_s = m->config->nuclide.half_life_h * 3600.0;
    const size_t count = m->measured->activity.grid.size[2];
    double replacement = decay_replace_half_life(
        pet->half_life_s, half_life_s, acquisition_after_reference_s(pet), pet->frame_duration_s);
    double sum = 0.0;
    for (size_t k = 0; k < count; k++) {
        double factor = pet->slice_factors[k];
        pet->slice_factors[k] = pet->decay_correction == PET_DECAY_NONE
                                    ? decay_replace_in_factor(factor, pet->half_life_s, half_life_s,
                                                              pet->frame_duration_s)
                                    : factor * replacement;
        sum += pet->slice_factors[k] / factor;
    }
    m->measured->half_life_factor = sum / (double)count;
    activity_scale_slices(&m->measured->activity, pet->slice_factors);
    return STATUS_OK;
}

static Status correct_positron_fraction(Measurement *m, Error *error) {
    return calibration_positron_factor(&m->config->calibration, &m->config->nuclide,
                                       m->measured->positron_fraction,
                                       &m->measured->positron_fraction_factor, m->flags, error);
}

/* To GBq at administration: the voxels themselves are scaled once, at the end. */
static double image_scale(const TreatmentActivity *measured) {
    return measured->decay_factor * measured->positron_fraction_factor;
}

static Status sum_field_of_view(Measurement *m, Error *error) {
    ActivityTotals totals;
    Status status = activity_sum(&m->measured->activity, &totals, error);
    if (status != STATUS_OK) {
        return status;
    }
    activity_flag_negative(&totals, m->config->dose.max_negative_fraction, m->flags);
    m->measured->negative_voxel_fraction = totals.negative_voxel_fraction;
    m->measured->negative_activity_fraction = totals.negative_activity_fraction;
    m->measured->image_activity_gbq = totals.total_bq * image_scale(m->measured) / BQ_PER_GBQ;
    return STATUS_OK;
}

static Status sum_liver(Measurement *m, Error *error) {
    TreatmentActivity *measured = m->measured;
    LiverRegion liver;
    double liver_bq = NAN;
    Status status =
        liver_region_read(m->convert, m->registered, m->treatment->image, &measured->activity.grid,
                          m->config->dose.min_registration_quality, &liver, error);
    if (status == STATUS_OK && liver.status == LIVER_REGION_KNOWN) {
        status = activity_sum_region(&measured->activity, &liver.weights, &liver_bq, error);
    }
    measured->liver_activity_gbq = liver_bq * image_scale(measured) / BQ_PER_GBQ;
    measured->liver_coverage = liver.coverage;
    if (liver.status == LIVER_REGION_UNKNOWN) {
        flags_add(m->flags, "liver_region_unknown");
    }
    if (1.0 - liver.coverage > m->config->calibration.uncertainty) {
        flags_add(m->flags, "liver_outside_pet");
    }
    liver_region_free(&liver);
    return status;
}

static Status calibrate(Measurement *m, Error *error) {
    TreatmentActivity *measured = m->measured;
    const Administration *administration = &m->treatment->administration;
    Status status =
        activity_net_gbq(administration, &measured->net_administered_gbq, m->flags, error);
    if (status != STATUS_OK) {
        return status;
    }
    measured->lung_dose_gy =
        activity_lung_dose_gy(administration, &m->config->nuclide, m->config->dose.lung_mass_kg);
    const RegionActivity activity = {measured->image_activity_gbq, measured->liver_activity_gbq};
    return calibration_choose(&m->config->calibration, measured->known_scanner, &activity,
                              measured->net_administered_gbq, &measured->calibration, m->flags,
                              error);
}

static Status scale_voxels(Measurement *m, Error *error) {
    (void)error;
    activity_scale(&m->measured->activity,
                   image_scale(m->measured) * m->measured->calibration.factor);
    return STATUS_OK;
}

Status treatment_activity_measure(const Store *convert, const Store *registered,
                                  const Treatment *treatment, const char *center,
                                  const Config *config, TreatmentActivity *measured, Flags *flags,
                                  Error *error) {
    typedef Status Step(Measurement * m, Error * error);
    static Step *const steps[] = {
        read_pet,          relate_times, replace_half_life, correct_positron_fraction,
        sum_field_of_view, sum_liver,    calibrate,         scale_voxels};
    Measurement m = {.convert = convert,
                     .registered = registered,
                     .treatment = treatment,
                     .center = center,
                     .config = config,
                     .measured = measured,
                     .flags = flags};
    *measured = (TreatmentActivity){0};
    Status status = STATUS_OK;
    for (size_t n = 0; n < sizeof steps / sizeof *steps && status == STATUS_OK; n++) {
        status = steps[n](&m, error);
    }
    pet_image_free(&m.pet);
    if (status != STATUS_OK) {
        treatment_activity_free(measured);
        return error_add_context(error, "treatment %s", treatment->name);
    }
    return STATUS_OK;
}
