/* One lesion against the protocol: dose, size, contact with large vessels. */
#ifndef YTTRIA_STRATIFY_LESION_VERDICT_H
#define YTTRIA_STRATIFY_LESION_VERDICT_H

#include "stratify/strata.h"

/* Fills `verdict` but for the treatment, which depends on the patient's stratum. */
void lesion_verdict(const StrataPatient *patient, const StrataLesion *lesion,
                    const StratificationConfig *config, StrataVerdict *verdict);

#endif
