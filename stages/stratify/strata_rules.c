/* The rule set that decides (strata_rules.h). */
#include "stratify/strata_rules.h"

#include <string.h>

#include "stratify/strata.h"

/* Criteria whose outcomes reason.c explains with numbers. */
static const struct {
    const char *criterion;
    unsigned holding, unknown;
} CAUSES[] = {
    {"no_lesion", STRATA_BECAUSE_NO_LESION, 0},
    {"delay_missing", STRATA_BECAUSE_DELAY_UNKNOWN, 0},
    {"late_refused", STRATA_BECAUSE_LATE, 0},
    {"dose_missing", STRATA_BECAUSE_DOSE_MISSING, 0},
    {"many", STRATA_BECAUSE_COUNT, 0},
    {"progressing", STRATA_BECAUSE_PROGRESSION, STRATA_BECAUSE_PROGRESSION_UNKNOWN},
    {"all_amenable", 0, STRATA_BECAUSE_AMENABILITY_UNKNOWN},
    {"none_amenable", 0, STRATA_BECAUSE_AMENABILITY_UNKNOWN},
};

static void name_causes(StrataRules *rules) {
    for (int o = 0; o < rules->set.n_outcomes; o++) {
        const RuleOutcome *outcome = &rules->set.outcomes[o];
        const char *name = outcome->when == RULE_NONE ? "" : rules->set.nodes[outcome->when].name;
        rules->because_holding[o] = outcome->stratum == 0 ? STRATA_BECAUSE_RULE : 0;
        rules->because_unknown[o] = STRATA_BECAUSE_UNKNOWN;
        for (size_t c = 0; c < sizeof CAUSES / sizeof *CAUSES; c++) {
            if (strcmp(name, CAUSES[c].criterion) == 0) {
                rules->because_holding[o] =
                    CAUSES[c].holding != 0 ? CAUSES[c].holding : rules->because_holding[o];
                rules->because_unknown[o] =
                    CAUSES[c].unknown != 0 ? CAUSES[c].unknown : STRATA_BECAUSE_UNKNOWN;
            }
        }
    }
}

static Status check_columns(const char *path, const RuleSet *set, Error *error) {
    static const RuleColumnId supplied[] = {
        RULE_COLUMN_DAVG,           RULE_COLUMN_DIAMETER,        RULE_COLUMN_DIAMETER_3D,
        RULE_COLUMN_DIAMETER_AXIAL, RULE_COLUMN_VESSEL_DISTANCE, RULE_COLUMN_N_LESIONS,
        RULE_COLUMN_PROGRESSION,    RULE_COLUMN_IMAGING_DELAY};
    for (int n = 0; n < set->n_nodes; n++) {
        bool is_supplied = set->nodes[n].column == RULE_NONE;
        for (size_t s = 0; s < sizeof supplied / sizeof *supplied; s++) {
            is_supplied = is_supplied || set->nodes[n].column == (int)supplied[s];
        }
        if (!is_supplied) {
            return error_set(error, STATUS_CONFIG,
                             "%s: criterion '%s' asks for column '%s', which only sets that "
                             "annotate may use",
                             path, set->nodes[n].name,
                             rule_column((RuleColumnId)set->nodes[n].column)->name);
        }
    }
    return STATUS_OK;
}

static Status find_criterion(const char *path, const RuleSet *set, const char *name, int *node,
                             Error *error) {
    *node = rule_set_find(set, name, RULE_LESION);
    return *node != RULE_NONE && !set->nodes[*node].is_for_flags
               ? STATUS_OK
               : error_set(error, STATUS_CONFIG,
                           "%s: a set that decides needs a lesion's criterion '%s' on which an "
                           "outcome depends; the lesion table reports it",
                           path, name);
}

Status strata_rules_load(const char *path, StrataRules *rules, Error *error) {
    Status status = rule_set_load(path, &rules->set, error);
    if (status == STATUS_OK && rules->set.role != RULE_DECIDES) {
        status =
            error_set(error, STATUS_CONFIG,
                      "%s: role 'annotates'; stratification.rules needs a set that decides", path);
    }
    const struct {
        const char *name;
        int *node;
    } needed[] = {{"underdosed", &rules->underdosed},
                  {"small", &rules->small},
                  {"touching", &rules->touching},
                  {"amenable", &rules->amenable}};
    for (size_t n = 0; n < sizeof needed / sizeof *needed && status == STATUS_OK; n++) {
        status = find_criterion(path, &rules->set, needed[n].name, needed[n].node, error);
    }
    if (status == STATUS_OK) {
        status = check_columns(path, &rules->set, error);
    }
    if (status == STATUS_OK) {
        name_causes(rules);
    }
    return status;
}

static double assumption(int rule) {
    return rule == UNKNOWN_ASSUME_NO ? RULE_NO : RULE_UNKNOWN;
}

void strata_rules_settings(const StratificationConfig *config, double contact_tolerance_mm,
                           double settings[RULE_SETTING_COUNT]) {
    settings[RULE_SETTING_THRESHOLD] = config->threshold_gy;
    settings[RULE_SETTING_MAX_UNDERDOSED] = config->max_underdosed;
    settings[RULE_SETTING_MAX_DIAMETER] = config->ablation_max_diameter_mm;
    settings[RULE_SETTING_CONTACT_TOLERANCE] = contact_tolerance_mm;
    settings[RULE_SETTING_MAX_DELAY] = config->max_imaging_delay_h;
    settings[RULE_SETTING_ALLOW_LATE] = config->allow_late_imaging ? RULE_YES : RULE_NO;
    settings[RULE_SETTING_DOSE_TIE] = config->dose_tie_is_underdosed ? RULE_YES : RULE_NO;
    settings[RULE_SETTING_SIZE_TIE] = config->size_tie_is_amenable ? RULE_YES : RULE_NO;
    settings[RULE_SETTING_UNKNOWN_PROGRESSION] = assumption(config->unknown_progression);
    settings[RULE_SETTING_UNKNOWN_VESSELS] = assumption(config->unknown_vessels);
}
