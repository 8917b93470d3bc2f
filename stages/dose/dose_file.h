/* Writing dose.h5 (docs/file-format.md). */
#ifndef YTTRIA_DOSE_DOSE_FILE_H
#define YTTRIA_DOSE_DOSE_FILE_H

#include "dose/density_map.h"
#include "dose/dose_engine.h"
#include "dose/treatment_activity.h"

/* `/dose/<method>`; for Monte Carlo also `/monte_carlo`. */
Status dose_file_write_map(Store *output, DoseMethod method, const DoseResult *result,
                           Error *error);

/* `/bed/<map>`, and the attribute `derived_from` of `/bed`: the method of the dose it is made of.
 */
Status dose_file_write_derived(Store *output, DerivedMap map, DoseMethod method,
                               const Volume *derived, Error *error);

/* `/kernel`, and the attributes `dose_factor_gy_per_bq_g`, `density_g_ml`, `density_source`,
 * `bremsstrahlung_tail`, `kernel_tail_fraction`. */
Status dose_file_write_engine(Store *output, const DoseEngine *engine, Error *error);

/* `/density` of the treatment whose PET carries the grid, if it comes from CT. */
Status dose_file_write_density(Store *output, const DensityMap *density, Error *error);

/* `/activity/at_administration`, `/scanner` and the attribute `scanner`: of the treatment whose
 * PET carries the grid. */
Status dose_file_write_reference(Store *output, const TreatmentActivity *reference, Error *error);

#endif
