/* Monte Carlo dose of 90Y: its electrons followed through voxels of water-like media.
 *
 * Histories are spread over the activity by systematic sampling: history n of N starts where the
 * cumulative activity reaches (n + u)/N. In each group of eight the electrons' energies come from
 * eight equal shares of the spectrum, in random rotation. Random numbers depend on (seed,
 * history) alone and tallies are integers: the same bytes for any number of threads. */
#ifndef YTTRIA_DOSE_MONTE_CARLO_H
#define YTTRIA_DOSE_MONTE_CARLO_H

#include <stdint.h>

#include "core/config.h"
#include "core/volume.h"

typedef struct MonteCarloSettings {
    double histories;        /* decays simulated per activity volume, 1e3 to 1e11 */
    double seed;             /* a whole number, 0 to 2^53 */
    double cutoff_kev;       /* an electron below it deposits its energy where it is; 1 to 1000 */
    int bremsstrahlung_tail; /* BremsstrahlungTail. NEAR: photons above 10 keV are deposited where
                                they are emitted; OMITTED: they leave; FAR: they travel */
} MonteCarloSettings;

typedef struct MonteCarloDose {
    Volume dose;              /* Gy */
    Volume standard_error;    /* Gy, one standard deviation of the voxel's mean, statistical */
    Volume additive_variance; /* Gy2: its sum over n voxels, divided by n^2, is an upper bound of
                                 the variance of their mean */
    double escaped_fraction;  /* of the emitted energy: left the volume, or photons OMITTED */
    uint64_t histories;       /* simulated: those asked for, rounded up to a multiple of 16 */
} MonteCarloDose;

/* Absorbed dose after complete decay of `activity` (Bq/mL at administration; a negative voxel
 * emits its |A| with negative sign). `density_g_ml` has the same grid; axes at right angles
 * (pet_image_check_grid). D = k S f / m with k = `dose_factor_gy_per_bq_g` (core/nuclide.h), S the
 * sum of |activity| in Bq, f the share of the mean emitted energy per decay that a voxel receives
 * and m its mass: a large uniform region gets k A / density, as by the other methods.
 * STATUS_BAD_DATA: grids differ, density is not positive and finite, activity is not finite or
 * all zero. STATUS_CONFIG: settings out of range. Free with monte_carlo_dose_free.
 * OpenMP over histories. Memory beside the result: up to 40
 * bytes a voxel and 0.5 MB a thread. */
Status monte_carlo_dose(const Volume *activity, const Volume *density_g_ml,
                        const MonteCarloSettings *settings, double dose_factor_gy_per_bq_g,
                        MonteCarloDose *result, Error *error);
void monte_carlo_dose_free(MonteCarloDose *result); /* NULL and already freed are fine */

/* Checks the settings' ranges; STATUS_CONFIG naming the field. */
Status monte_carlo_check_settings(const MonteCarloSettings *settings, Error *error);

#endif
