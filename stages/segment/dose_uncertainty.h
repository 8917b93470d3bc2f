/* Standard uncertainty of a lesion's mean dose, component by component.
 *
 * Law of propagation as in the EANM practical guidance (Gear JI et al., Eur J Nucl Med Mol Imaging
 * 2018;45:2456): calibration, volume, recovery, with the covariance between the last two through
 * the outline; and, because few positrons of 90Y are seen, counting. */
#ifndef YTTRIA_SEGMENT_DOSE_UNCERTAINTY_H
#define YTTRIA_SEGMENT_DOSE_UNCERTAINTY_H

#include "core/flags.h"
#include "core/scanner.h"

/* What is known of one lesion. NaN is unknown. */
typedef struct DoseMeasurement {
    double davg_gy;
    double diameter_mm;      /* of the sphere of equal volume */
    double outline_voxel_mm; /* mean edge of the voxels the outline follows */
    double outline_fwhm_mm;  /* resolution of the image it was drawn on */
    double band_mm;          /* by how much the outline was moved for the next two */
    double davg_eroded_gy, davg_dilated_gy;
    double calibration_uncertainty; /* relative */
    double surroundings_gy;         /* B: mean dose around the lesion, which blur mixes into Davg */
    double surroundings_uncertainty_gy;
    double noise_gy;               /* of Davg, by the noise of the image */
    double counting_gy;            /* of Davg, by the coincidences counted in the lesion */
    const double *monte_carlo_gy;  /* statistical error of Davg; NULL if it is of another method */
    const RecoveryCurve *recovery; /* NULL if the dose map has its own correction */
} DoseMeasurement;

/* Standard uncertainties (k = 1). NaN is unknown. */
typedef struct DoseUncertainty {
    double calibration_gy, volume_gy, noise_gy, counting_gy; /* of Davg */
    double davg_gy; /* combined, of Davg: what is known of it */
    double recovery_coefficient, davg_recovered_gy;
    double recovery_gy; /* of the recovered Davg: fit, and diameter through the curve */
    double davg_recovered_uncertainty_gy; /* combined, of the recovered Davg */
    Flags unknown; /* names of the components that are unknown and thus not in the combined ones */
} DoseUncertainty;

/* Standard uncertainty of the diameter, u^2 = a^2 / 6 + FWHM^2 / (4 ln 2): two ends, each uncertain
 * by a rectangle one voxel wide and by the resolution's Gaussian (Gear et al. 2018, uncertainty of
 * the volume; u(v)/v = 3 u(d)/d). An unknown resolution counts as one voxel: no image resolves
 * less. */
double dose_uncertainty_diameter_mm(double voxel_mm, double fwhm_mm);

/* Components and their sums.
 *
 * Volume: u(d) |dDavg/dd|, the slope from the band, (dilated - eroded) / (4 band), one-sided if
 * nothing is left of the eroded mask. Noise and counting are two views of the same Poisson process:
 * the larger enters. Recovered: D_r = B + (D - B) / RC(d), RC being of the excess over the
 * surroundings B, hotter or colder. Its variance: calibration relative to D_r (it scales D and B
 * alike); noise and Monte Carlo over RC; B times 1 - 1/RC; the fit times (D_r - B); and the
 * diameter, dD_r/dd = dD/dd / RC - (D_r - B) dlnRC/dd, which holds the covariance of volume and
 * recovery. */
void dose_uncertainty_combine(const DoseMeasurement *measured, DoseUncertainty *result);

#endif
