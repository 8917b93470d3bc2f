/* What dose.h5 says of the PET behind the dose maps: scanner, calibration, counting. */
#ifndef YTTRIA_SEGMENT_PET_SCAN_H
#define YTTRIA_SEGMENT_PET_SCAN_H

#include "core/config.h"
#include "core/store.h"

/* Of the first treatment, whose PET carries the dose grid. NaN is unknown: so are resolution,
 * sensitivity and recovery of treatments on different scanners. */
typedef struct PetScan {
    size_t treatments;              /* whose doses the maps add up */
    double calibration_uncertainty; /* relative standard uncertainty, largest of the treatments */
    double fwhm_transaxial_mm, fwhm_axial_mm;
    RecoveryCurve recovery;
    double coincidences_per_bq; /* expected in the frame, per Bq at administration */
    double gy_per_bq_ml;        /* absorbed dose per Bq/mL at administration, deposited locally */
} PetScan;

/* Reads /scanner, /treatments and the attributes of dose.h5. What the file does not have is
 * unknown, no failure. Coincidences: sensitivity times the decays during the frame,
 * e^(-lambda delay) (1 - e^(-lambda duration)) / lambda per Bq. */
Status pet_scan_read(const Store *dose, const Nuclide *nuclide, PetScan *scan, Error *error);

/* Mean edge of the resolution's volume, (transaxial^2 axial)^(1/3), mm. */
double pet_scan_mean_fwhm_mm(const PetScan *scan);

#endif
