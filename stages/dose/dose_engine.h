/* One dose method on one treatment's activity, on that activity's own grid. */
#ifndef YTTRIA_DOSE_DOSE_ENGINE_H
#define YTTRIA_DOSE_DOSE_ENGINE_H

#include "core/config.h"
#include "core/volume.h"
#include "dose/point_spread.h"
#include "dose/voxel_kernel.h"

/* What dose is computed from. The volumes are borrowed and share one grid. */
typedef struct DoseSource {
    const Volume *activity;     /* Bq/mL at administration */
    const Volume *density_g_ml; /* NULL: uniform, as configured */
    const PointSpread *psf;     /* of the scanner; NULL: unknown */
} DoseSource;

/* Dose, and what Monte Carlo says of its statistics; other methods leave those volumes empty. */
typedef struct DoseResult {
    Volume dose;              /* Gy */
    Volume standard_error;    /* Gy, of a voxel */
    Volume additive_variance; /* Gy2, see monte_carlo.h */
    double escaped_fraction;  /* of the energy, not in the map; NaN if the method does not say */
} DoseResult;

/* What all treatments share. */
typedef struct DoseEngine {
    const Config *config; /* borrowed */
    PointKernel point;    /* empty unless a kernel method is asked for */
    VoxelKernel kernel;   /* of the first activity convolved */
} DoseEngine;

/* Checks the configured methods and loads the point kernel if it is needed. STATUS_CONFIG if a
 * kernel method is asked for and the nuclide has no point kernel, or a density is not positive.
 * Free with dose_engine_free. */
Status dose_engine_begin(const Config *config, DoseEngine *engine, Error *error);
void dose_engine_free(DoseEngine *engine); /* NULL and already freed are fine */

bool dose_engine_is_asked(const Config *config, DoseMethod method);

/* Computes the dose of `source` by `method`. STATUS_BAD_DATA if the method needs the scanner's PSF
 * and that is unknown. Free with dose_result_free, also after a failure. Peak memory beside the
 * source, in activity volumes: 1 for local deposition, at most 3 for the kernel. */
Status dose_engine_compute(DoseEngine *engine, DoseMethod method, const DoseSource *source,
                           DoseResult *result, Error *error);
void dose_result_free(DoseResult *result);

#endif
