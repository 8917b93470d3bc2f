/* The patient's density on a PET's grid, from the CT acquired with it. */
#ifndef YTTRIA_DOSE_TISSUE_DENSITY_H
#define YTTRIA_DOSE_TISSUE_DENSITY_H

#include "core/config.h"
#include "core/flags.h"
#include "core/store.h"
#include "dose/density_map.h"

/* Finds the CT that goes with the PET `pet` (its timepoint first, then its frame of reference) and
 * brings its density to `grid`. Without a CT, or with one whose registration is worse than
 * dose.min_registration_quality, the map stays empty, which means uniform, and `density_uniform` is
 * raised. Free with density_map_free. Memory: the CT, and one volume of the grid. */
Status tissue_density_read(const Store *convert, const Store *registered, const char *pet,
                           const Grid *grid, const DoseConfig *config, DensityMap *map,
                           Flags *flags, Error *error);

#endif
