/* Lesions as the rules see them: columns of facts, the vessel that counts, and the verdict. */
#ifndef YTTRIA_STRATIFY_LESION_VERDICT_H
#define YTTRIA_STRATIFY_LESION_VERDICT_H

#include "stratify/rule_evaluate.h"
#include "stratify/strata.h"

/* The facts of up to RULE_BLOCK_LESIONS lesions; NaN is unknown. */
typedef struct LesionColumns {
    double davg_gy[RULE_BLOCK_LESIONS];
    double diameter_mm[RULE_BLOCK_LESIONS];
    double diameter_3d_mm[RULE_BLOCK_LESIONS], diameter_axial_mm[RULE_BLOCK_LESIONS];
    double vessel_distance_mm[RULE_BLOCK_LESIONS]; /* infinite if no vessel is wide enough */
} LesionColumns;

/* Fills the columns with lesions `first` to `first` + n - 1, n <= RULE_BLOCK_LESIONS. */
void lesion_columns_fill(const StrataPatient *patient, const StratificationConfig *config,
                         size_t first, size_t n, LesionColumns *columns);

/* Has `facts` borrow the columns. */
void lesion_columns_lend(const LesionColumns *columns, RuleFacts *facts);

/* The i-th lesion of an evaluated block (`lesion` is it): its answers, its vessel and all flags.
 * Fills `verdict` but for the treatment, which depends on the patient's stratum. */
void lesion_verdict(const StrataPatient *patient, const StratificationConfig *config,
                    const StrataRules *rules, const RuleFacts *facts, const RuleBlock *block,
                    const StrataLesion *lesion, size_t i, StrataVerdict *verdict);

#endif
