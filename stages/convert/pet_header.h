/* What a PET image's header says of its numbers: units, nuclide, and the instant they refer to.
 *
 * The only units accepted are Bq/mL. Decay: with DecayCorrection START the values refer to the
 * start of the scan, found as the QIBA FDG-PET/CT profile (SUV calculation, vendor-neutral pseudo
 * code) finds it; with ADMIN to the injection; with NONE each slice to its own frame, and the
 * factors that bring it to the start of the scan are given but not applied. */
#ifndef YTTRIA_CONVERT_PET_HEADER_H
#define YTTRIA_CONVERT_PET_HEADER_H

#include <stddef.h>

#include "convert/dicom_series.h"
#include "core/table.h"
#include "core/timestamp.h"

enum { PET_TEXT_SIZE = 65 };

typedef struct PetHeader {
    char decay_correction[8]; /* "START", "ADMIN", "NONE" */
    Timestamp decay_reference;
    Timestamp acquisition; /* start of the first frame */
    Timestamp injection;
    bool is_injection_known; /* false: `injection` means nothing */
    bool is_injection_dated; /* false: the header has its time of day only */
    double may_be_later_s;   /* all instants may be later by that, depending on what a date means */
    double half_life_s;      /* NaN if the format has none */
    double frame_duration_s; /* of the first frame; NaN if missing */
    double positron_fraction; /* NaN if missing */
    char radionuclide[16];    /* "Y-90", ..., "unknown" */
    char manufacturer[PET_TEXT_SIZE];
    char model[PET_TEXT_SIZE];
    double *slice_decay_factor; /* `n_slices` factors to decay_reference; owned */
    size_t n_slices;
} PetHeader;

/* Reads the header of a PET series. `treatments` (NULL: none) is the patient's table with the
 * column administered_at; it may tell the day of an injection without date. STATUS_BAD_DATA, naming
 * the tag, what it says and what to do, if units are not BQML, decay correction is unknown, or
 * half-life, injection time or a time that the reference instant needs is missing. Free with
 * pet_header_free, also after a failure. */
Status pet_header_read(const DicomSeries *series, const Table *treatments, PetHeader *header,
                       Error *error);
void pet_header_free(PetHeader *header);

/* Factor that brings the mean activity of a frame, which starts `delay_s` after the reference and
 * lasts `duration_s`, to the reference: exp(l t) l T / (1 - exp(-l T)), l = ln 2 / half-life. */
double pet_decay_factor(double half_life_s, double delay_s, double duration_s);

/* When within a frame the momentary activity equals the frame's mean, seconds after its start:
 * ln(l T / (1 - exp(-l T))) / l. */
double pet_mean_activity_time_s(double half_life_s, double duration_s);

#endif
