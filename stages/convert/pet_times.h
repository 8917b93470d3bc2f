/* The clocks of a PET series: when its frames, its scan and the injection began. */
#ifndef YTTRIA_CONVERT_PET_TIMES_H
#define YTTRIA_CONVERT_PET_TIMES_H

#include "convert/dicom_series.h"
#include "core/table.h"
#include "core/timestamp.h"

/* Path of an element of the (first) radiopharmaceutical. */
#define PET_TRACER "0054,0016[0]/"

typedef struct PetFrameTime {
    Timestamp start;
    double duration_s; /* NaN if missing */
} PetFrameTime;

/* Acquisition time and frame duration of every slice; `*first` is the slice acquired first. */
Status pet_times_read_frames(const DicomSeries *series, PetFrameTime *times, size_t *first,
                             Error *error);

/* The injection, from Radiopharmaceutical Start DateTime (0018,1078), else from Start Time
 * (0018,1072). A time without date means the last such time before the acquisition; if the values
 * are corrected to it (ADMIN) and the half-life is over six hours, the day is the one that Decay
 * Factor (0054,1321) confirms; without a Decay Factor it is that of the treatment (row of
 * `treatments`, column administered_at; NULL: none) whose clock agrees within ten minutes, before
 * the acquisition by at most ten half-lives. If there is none, or on several days, STATUS_BAD_DATA.
 */
Status pet_times_injection(const DicomSeries *series, const Timestamp *acquisition,
                           const char *decay_correction, double half_life_s,
                           const Table *treatments, Timestamp *injection, Error *error);

/* What DecayCorrection START refers to: the Decay Correction DateTime (0018,9701) if there is one;
 * the series time, unless it is later than the first acquisition (the series was made later by
 * post-processing); then GE's private scan time (0009,xx0d), or the acquisition time less Frame
 * Reference Time (0054,1300) plus the time within the frame at which activity equals its mean, or
 * the first acquisition itself. `first` is the slice acquired first. */
Status pet_times_scan_start(const DicomSeries *series, const PetFrameTime *first_time,
                            const DicomSlice *first, double half_life_s, Timestamp *start,
                            Error *error);

#endif
