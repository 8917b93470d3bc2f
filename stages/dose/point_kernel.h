/* The dose point kernel: where the energy of a decay at a point goes, by distance.
 *
 * Read from a CSV of spherical shells (configs/nuclides/). Within a shell energy is spread evenly
 * over distance, dE/dr = const, that is as E / (4 pi r^2 dr) per volume: between 0.1 mm shells of
 * 90Y that is closer to the truth than an even spread over the shell's volume, above all at r = 0.
 */
#ifndef YTTRIA_DOSE_POINT_KERNEL_H
#define YTTRIA_DOSE_POINT_KERNEL_H

#include <stddef.h>

#include "core/error.h"

/* Shell s reaches from radius_mm[s] to radius_mm[s + 1], distances in the kernel's own medium. */
typedef struct PointKernel {
    size_t n_shells;
    double *radius_mm; /* n_shells + 1, from 0, increasing */
    double *fraction;  /* n_shells: of the energy of a decay that is absorbed anywhere */
    double total_mev;  /* absorbed per decay: what the fractions refer to */
} PointKernel;

/* Reads columns r_in_mm, r_out_mm, E_MeV_per_decay (more columns are ignored); lines that start
 * with '#' are comments. The total is what a comment says in the words "total absorbed <number>
 * MeV/decay" (the energy beyond the last shell counts), else the sum of the shells. Shells must
 * join, start at 0 and hold no negative energy: else STATUS_CONFIG with file and line. Free with
 * point_kernel_free. */
Status point_kernel_load(const char *path, PointKernel *kernel, Error *error);
void point_kernel_free(PointKernel *kernel); /* NULL and already freed are fine */

/* Fraction of a decay's absorbed energy within `radius_mm` of it, in the kernel's medium. */
double point_kernel_fraction_within(const PointKernel *kernel, double radius_mm);

#endif
