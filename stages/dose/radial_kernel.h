/* The point kernel that our own transport gives: energy by distance from a point in infinite
 * water. For the validation of electron_transport.h against kernels of other codes. */
#ifndef YTTRIA_DOSE_RADIAL_KERNEL_H
#define YTTRIA_DOSE_RADIAL_KERNEL_H

#include "dose/beta_spectrum.h"
#include "dose/electron_transport.h"

/* Shares of the mean emitted energy in `n_shells` shells of `shell_mm` around a point source in
 * water of `density_g_ml`, by simulation of `histories` electrons, and their standard errors
 * (each `n_shells`, the caller's). What lies beyond the last shell is not counted. OpenMP over 64
 * fixed parts of the histories, summed in order. Only failure: no memory. */
Status radial_kernel_simulate(const BetaSpectrum *spectrum, const ElectronTransport *transport,
                              double density_g_ml, uint64_t histories, uint64_t seed,
                              double shell_mm, size_t n_shells, double *fraction,
                              double *standard_error, Error *error);

#endif
