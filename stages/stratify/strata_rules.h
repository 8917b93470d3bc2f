/* The rule set that decides, tied to the decision: the facts it may ask for, the criteria that the
 * lesion table reports, and the causes that reasons explain with numbers. */
#ifndef YTTRIA_STRATIFY_STRATA_RULES_H
#define YTTRIA_STRATIFY_STRATA_RULES_H

#include "core/config.h"
#include "stratify/rule_evaluate.h"

typedef struct StrataRules {
    RuleSet set;
    /* Nodes of the lesions' criteria of these names. */
    int underdosed, small, touching, amenable;
    /* STRATA_BECAUSE_... of each outcome that holds, or is unknown. */
    unsigned because_holding[RULE_MAX_OUTCOMES], because_unknown[RULE_MAX_OUTCOMES];
} StrataRules;

/* Loads a set of role `decides`. STATUS_CONFIG also if one of the four criteria is not there or no
 * outcome depends on it, or if a criterion asks for a column that the decision does not supply
 * (davg_gy, the diameters, vessel_distance_mm, n_lesions, progression, imaging_delay_h). */
Status strata_rules_load(const char *path, StrataRules *rules, Error *error);

/* The configuration's values as a rule set reads them. `contact_tolerance_mm` is the one in
 * effect. */
void strata_rules_settings(const StratificationConfig *config, double contact_tolerance_mm,
                           double settings[RULE_SETTING_COUNT]);

#endif
