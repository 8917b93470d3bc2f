/* One method's dose of every treatment on one grid, their sum, and maps derived from them. */
#ifndef YTTRIA_DOSE_DOSE_MAPS_H
#define YTTRIA_DOSE_DOSE_MAPS_H

#include "dose/dose_engine.h"

/* One treatment's source, and the way to it from the grid that carries the maps. */
typedef struct TreatmentSource {
    DoseSource source;
    Affine grid_to_source; /* patient mm; not used for the treatment that carries the grid */
} TreatmentSource;

typedef struct DoseMaps {
    DoseMethod method;
    size_t count;
    DoseResult *treatments; /* [count], all on the grid of `reference` */
} DoseMaps;

/* Computes the dose of every source on its own grid (activity is never interpolated before) and
 * brings it to the grid of sources[reference]. Where a later PET does not reach, its dose is
 * unknown: NaN. Free with dose_maps_free, also after a failure. Memory: one volume per treatment,
 * three more for a statistical method. */
Status dose_maps_compute(DoseEngine *engine, DoseMethod method, const TreatmentSource *sources,
                         size_t count, size_t reference, DoseMaps *maps, Error *error);
void dose_maps_free(DoseMaps *maps); /* NULL and already freed are fine */

/* The biologically effective or equieffective dose of all treatments: each treatment's own map,
 * added up. Treatments lie weeks apart, so that repair between them is complete. `derived` is
 * allocated here. */
Status dose_maps_derive(const DoseMaps *maps, DerivedMap map, const Config *config, Volume *derived,
                        Error *error);

/* Adds all treatments onto the first element, in their order, and leaves only that: doses and
 * variances add, standard errors add in squares, of the escaped fractions the largest stays. NaN
 * plus anything is NaN: unknown. */
void dose_maps_sum(DoseMaps *maps);

#endif
