/* Decay between the clocks of a treatment and its PET, with the scanner's half-life undone.
 *
 * A scanner that corrected for decay multiplied the mean activity of its frame by
 *     f(T) = exp(lambda dt) lambda D / (1 - exp(-lambda D)),  lambda = ln 2 / T,
 * dt from its reference to the acquisition, D the frame's duration (DICOM PS3.3 C.8.9.4.1.2;
 * methods.md). Numbers in, numbers out. Times in seconds. */
#ifndef YTTRIA_DOSE_DECAY_H
#define YTTRIA_DOSE_DECAY_H

#include "core/nuclide.h"

/* The image's header must be of the configured nuclide. `header_half_life_s` NaN: judged by
 * `radionuclide`, which is "unknown" where the header has none. STATUS_BAD_DATA if the half-life is
 * not a positive number or differs by more than `max_difference` (fraction of the nuclide's), if
 * the names differ, or if the header says neither. */
Status decay_check_nuclide(const Nuclide *nuclide, double header_half_life_s,
                           const char *radionuclide, double max_difference, Error *error);

/* The PET must start after administration and within `max_half_lives` of it; else
 * STATUS_BAD_DATA. `delay_s`: start of acquisition - administration. */
Status decay_check_delay(const Nuclide *nuclide, double delay_s, double max_half_lives,
                         Error *error);

/* The decay reference may lie before or after the acquisition, but not by more than
 * `max_half_lives`; else STATUS_BAD_DATA. `delay_s`: start of acquisition - reference. */
Status decay_check_reference(const Nuclide *nuclide, double delay_s, double max_half_lives,
                             Error *error);

/* A frame lasts longer than nothing and at most `max_half_lives`; else STATUS_BAD_DATA. NaN,
 * unknown, is fine. */
Status decay_check_frame(const Nuclide *nuclide, double frame_s, double max_half_lives,
                         Error *error);

/* Factor from activity at one time to activity `elapsed_s` earlier: exp(lambda elapsed_s). */
double decay_factor(const Nuclide *nuclide, double elapsed_s);

/* f(T) above: from the mean over a frame to activity `delay_s` before its start. `frame_s` NaN:
 * without the part within the frame. */
double decay_frame_factor(double half_life_s, double delay_s, double frame_s);

/* f(to) / f(from): what replaces the scanner's half-life by another; 1 if `from_s` is NaN. */
double decay_replace_half_life(double from_s, double to_s, double delay_s, double frame_s);

/* The same for a factor f(from) whose delay is not known: it follows from the factor. */
double decay_replace_in_factor(double factor, double from_s, double to_s, double frame_s);

#endif
