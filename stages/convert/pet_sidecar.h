/* The PET-BIDS JSON beside a NIfTI PET: the same facts as a DICOM PET header (BIDS 1.9,
 * Positron Emission Tomography). Times there are seconds after TimeZero. */
#ifndef YTTRIA_CONVERT_PET_SIDECAR_H
#define YTTRIA_CONVERT_PET_SIDECAR_H

#include "convert/pet_header.h"
#include "core/nuclide.h"

enum { SIDECAR_PATH_SIZE = 4096 };

/* X.json for X.nii or X.nii.gz. STATUS_BAD_DATA if the name is too long. */
Status pet_sidecar_path(const char *nifti_path, char path[SIDECAR_PATH_SIZE], Error *error);

/* Reads the sidecar of `nifti_path` for an image of `n_slices`. Required: Units (Bq/mL),
 * TracerRadionuclide, AcquisitionDate, TimeZero, ScanStart, FrameDuration, ImageDecayCorrected and,
 * if that is true, ImageDecayCorrectionTime. InjectionStart may be missing: the sheet of treatments
 * has the administration. An image that is not corrected takes RadionuclideHalfLife (seconds; no
 * PET-BIDS key, dcm2niix writes it), else the half-life of `nuclide` if TracerRadionuclide names
 * it. AcquisitionDate is the date on which the scan started: TimeZero lies so that TimeZero +
 * ScanStart falls on it; where some write the date of TimeZero instead, `header->may_be_later_s`
 * says by how much all instants would be later.
 * `header->decay_correction` is ADMIN if the values refer to the injection, START if to another
 * instant, NONE if not corrected. STATUS_NO_INPUT if there is no sidecar, STATUS_BAD_DATA naming
 * the key that is missing or wrong. Free with pet_header_free, also after a failure. */
Status pet_sidecar_read(const char *nifti_path, size_t n_slices, const Nuclide *nuclide,
                        PetHeader *header, Error *error);

#endif
