/* The decision as sentences that a tumour board can check: every number beside its limit. */
#ifndef YTTRIA_STRATIFY_REASON_H
#define YTTRIA_STRATIFY_REASON_H

#include "stratify/strata.h"

enum { REASON_SIZE = 2048 };

/* A sentence; one that is too long ends in "...". */
typedef struct Reason {
    char text[REASON_SIZE];
} Reason;

/* Why the patient has the stratum, with the rule set's own words where it has outcomes that the
 * protocol has not, e.g. "2 of 5 lesions underdosed (L2 21.4 Gy, L4 28.9 Gy);
 * L2 31.0 mm not < 30 mm -> SBRT; L4 12.0 mm, nearest vessel > 4 mm at 8.3 mm -> ablation;
 * mixed". */
void reason_of_patient(const StrataPatient *patient, const StratificationConfig *config,
                       const StrataRules *rules, const StrataVerdict *verdicts,
                       const StrataDecision *decision, Reason *reason);

/* What was found about one lesion, underdosed or not. */
void reason_of_lesion(const StrataPatient *patient, const StrataLesion *lesion,
                      const StratificationConfig *config, const StrataVerdict *verdict,
                      Reason *reason);

/* `value` with one decimal, or as many as it takes (at most nine) to stand on its own side of
 * `limit`: 29.96 against 30 is "29.96", never "30.0". */
void reason_format_number(double value, double limit, char text[32]);

#endif
