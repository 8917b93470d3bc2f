/* See decay.h. The half-lives of header and configuration differ by a percent at most, but an image
 * corrected to an injection days before carries that percent times the delay. */
#include "dose/decay.h"

#include <math.h>
#include <stdbool.h>
#include <strings.h>

static const double SECONDS_PER_HOUR = 3600.0;

static double half_lives(const Nuclide *nuclide, double time_s) {
    return time_s / (nuclide->half_life_h * SECONDS_PER_HOUR);
}

static Status check_half_life(const Nuclide *nuclide, double header_half_life_s,
                              double max_difference, Error *error) {
    double wanted_s = nuclide->half_life_h * SECONDS_PER_HOUR;
    if (!(header_half_life_s > 0.0) || !isfinite(header_half_life_s)) {
        return error_set(error, STATUS_BAD_DATA,
                         "half_life_s is %g s, wanted a positive number near %.6g s (%s): correct "
                         "the half-life in the image's header or JSON",
                         header_half_life_s, wanted_s, nuclide->name);
    }
    if (!(fabs(header_half_life_s / wanted_s - 1.0) <= max_difference)) {
        return error_set(error, STATUS_BAD_DATA,
                         "half_life_s is %.6g s, that of the configured nuclide %s is %.6g s, and "
                         "dose.max_half_life_difference allows %.3g: the PET is of another "
                         "nuclide; give the right PET, or change `nuclide` in the configuration",
                         header_half_life_s, nuclide->name, wanted_s, max_difference);
    }
    return STATUS_OK;
}

Status decay_check_nuclide(const Nuclide *nuclide, double header_half_life_s,
                           const char *radionuclide, double max_difference, Error *error) {
    bool is_named = radionuclide[0] != '\0' && strcasecmp(radionuclide, "unknown") != 0;
    if (is_named && strcasecmp(radionuclide, nuclide->name) != 0) {
        return error_set(error, STATUS_BAD_DATA,
                         "radionuclide is %s, the configured nuclide is %s: give the PET of %s, or "
                         "change `nuclide` in the configuration",
                         radionuclide, nuclide->name, nuclide->name);
    }
    if (!isnan(header_half_life_s)) {
        return check_half_life(nuclide, header_half_life_s, max_difference, error);
    }
    if (is_named) {
        return STATUS_OK;
    }
    return error_set(error, STATUS_BAD_DATA,
                     "neither half_life_s nor radionuclide is known, so it cannot be said that "
                     "the PET is of %s: add TracerRadionuclide to the image's header or JSON",
                     nuclide->name);
}

Status decay_check_delay(const Nuclide *nuclide, double delay_s, double max_half_lives,
                         Error *error) {
    if (!(delay_s >= 0.0)) {
        return error_set(error, STATUS_BAD_DATA,
                         "the PET starts %.3g h before administration: correct administered_at in "
                         "the treatments sheet, or give the PET after treatment",
                         -delay_s / SECONDS_PER_HOUR);
    }
    if (half_lives(nuclide, delay_s) > max_half_lives) {
        return error_set(error, STATUS_BAD_DATA,
                         "the PET starts %.4g h after administration, %.3g half-lives of %s and "
                         "more than dose.max_delay_half_lives, %g: correct administered_at in the "
                         "treatments sheet, or give the right PET",
                         delay_s / SECONDS_PER_HOUR, half_lives(nuclide, delay_s), nuclide->name,
                         max_half_lives);
    }
    return STATUS_OK;
}

Status decay_check_reference(const Nuclide *nuclide, double delay_s, double max_half_lives,
                             Error *error) {
    if (!(fabs(half_lives(nuclide, delay_s)) <= max_half_lives)) {
        return error_set(error, STATUS_BAD_DATA,
                         "decay_reference_time lies %.4g h from acquisition_time, %.3g half-lives "
                         "of %s and more than dose.max_delay_half_lives, %g: correct the times in "
                         "the image's header or JSON",
                         fabs(delay_s) / SECONDS_PER_HOUR, fabs(half_lives(nuclide, delay_s)),
                         nuclide->name, max_half_lives);
    }
    return STATUS_OK;
}

Status decay_check_frame(const Nuclide *nuclide, double frame_s, double max_half_lives,
                         Error *error) {
    if (isnan(frame_s) || (frame_s > 0.0 && half_lives(nuclide, frame_s) <= max_half_lives)) {
        return STATUS_OK;
    }
    return error_set(error, STATUS_BAD_DATA,
                     "frame_duration_s is %g s, wanted a positive number of at most %g half-lives "
                     "of %s (dose.max_delay_half_lives): correct it in the image's header or JSON",
                     frame_s, max_half_lives, nuclide->name);
}

double decay_factor(const Nuclide *nuclide, double elapsed_s) {
    return exp(nuclide_decay_constant_per_s(nuclide) * elapsed_s);
}

/* Activity at the start of a frame over its mean in the frame. */
static double within_frame(double half_life_s, double frame_s) {
    double decay = M_LN2 / half_life_s * frame_s;
    return decay > 0.0 ? decay / -expm1(-decay) : 1.0;
}

double decay_frame_factor(double half_life_s, double delay_s, double frame_s) {
    return exp(M_LN2 / half_life_s * delay_s) * within_frame(half_life_s, frame_s);
}

double decay_replace_half_life(double from_s, double to_s, double delay_s, double frame_s) {
    return isnan(from_s) ? 1.0
                         : decay_frame_factor(to_s, delay_s, frame_s) /
                               decay_frame_factor(from_s, delay_s, frame_s);
}

double decay_replace_in_factor(double factor, double from_s, double to_s, double frame_s) {
    if (isnan(from_s)) {
        return factor;
    }
    double to_start = factor / within_frame(from_s, frame_s);
    return pow(to_start, from_s / to_s) * within_frame(to_s, frame_s);
}
