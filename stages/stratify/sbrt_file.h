/* /sbrt and /sbrt_lesions of stratify.h5: a proposed stereotactic radiotherapy. */
#ifndef YTTRIA_STRATIFY_SBRT_FILE_H
#define YTTRIA_STRATIFY_SBRT_FILE_H

#include "core/store.h"
#include "stratify/lesion_file.h"
#include "stratify/sbrt.h"

typedef struct SbrtFindings {
    double tumour_bed_gy, tumour_eqd2_gy; /* of the scheme */
    SbrtLiver proposed;                   /* of the lesions that the decision sends to SBRT */
    SbrtLiver underdosed;                 /* of all underdosed lesions */
} SbrtFindings;

/* Works out the scheme of `config` (section sbrt; the tissues' alpha/beta are those of section
 * dose) and writes what docs/file-format.md says. `segment` may lack the sample of the normal
 * liver: then its figures are NaN; likewise where a verdict is unknown. */
Status sbrt_file_write(Store *output, const Store *segment, const LesionFile *file,
                       const Config *config, const StrataVerdict *verdicts, SbrtFindings *findings,
                       Error *error);

#endif
