/* The words a rule set may use: columns of facts about a lesion or a patient, and keys of the
 * configuration. One row per word in rule_vocabulary.c; a rule file that uses another is refused.
 * A column nobody filled in is unknown. To offer a new fact: an enumerator here, a row there, and
 * the place that fills RuleFacts. */
#ifndef YTTRIA_STRATIFY_RULE_VOCABULARY_H
#define YTTRIA_STRATIFY_RULE_VOCABULARY_H

#include <stdbool.h>
#include <stddef.h>

typedef enum RuleScope { RULE_LESION, RULE_PATIENT } RuleScope;

typedef enum RuleColumnId {
    RULE_COLUMN_DAVG,
    RULE_COLUMN_D95,
    RULE_COLUMN_D90,
    RULE_COLUMN_D70,
    RULE_COLUMN_D50,
    RULE_COLUMN_VOLUME,
    RULE_COLUMN_DIAMETER,
    RULE_COLUMN_DIAMETER_3D,
    RULE_COLUMN_DIAMETER_AXIAL,
    RULE_COLUMN_VESSEL_DISTANCE,
    RULE_COLUMN_BILE_DUCT_DISTANCE,
    RULE_COLUMN_BOWEL_DISTANCE,
    RULE_COLUMN_UNDERDOSED,
    RULE_COLUMN_WELL_PLACED,
    RULE_COLUMN_SBRT_BOWEL,
    RULE_COLUMN_N_LESIONS,
    RULE_COLUMN_N_UNDERDOSED,
    RULE_COLUMN_PROGRESSION,
    RULE_COLUMN_IMAGING_DELAY,
    RULE_COLUMN_LIVER_VOLUME,
    RULE_COLUMN_NORMAL_LIVER_VOLUME,
    RULE_COLUMN_NORMAL_LIVER_MEAN,
    RULE_COLUMN_TUMOUR_BURDEN,
    RULE_COLUMN_TUMOUR_TO_NORMAL,
    RULE_COLUMN_BOWEL_COMPLETE,
    RULE_COLUMN_ABLATED_FRACTION,
    RULE_COLUMN_LIVER_REMNANT,
    RULE_COLUMN_AFTER_CHEMOTHERAPY,
    RULE_COLUMN_LUNG_DOSE,
    RULE_COLUMN_LUNG_DOSE_CUMULATIVE,
    RULE_COLUMN_LUNG_DOSE_COMPLETE,
    RULE_COLUMN_LUNG_MEAN,
    RULE_COLUMN_SPARED_LIVER_VOLUME,
    RULE_COLUMN_SBRT_BED,
    RULE_COLUMN_SBRT_LIVER,
    RULE_COLUMN_CUMULATED_LIVER,
    RULE_COLUMN_CUMULATED_THIRD,
    RULE_COLUMN_ECOG,
    RULE_COLUMN_BILIRUBIN,
    RULE_COLUMN_ALT,
    RULE_COLUMN_AST,
    RULE_COLUMN_ALBUMIN,
    RULE_COLUMN_CREATININE,
    RULE_COLUMN_PLATELETS,
    RULE_COLUMN_LIFE_EXPECTANCY,
    RULE_COLUMN_ASCITES,
    RULE_COLUMN_ENCEPHALOPATHY,
    RULE_COLUMN_LUNG_FUNCTION_COMPROMISED,
    RULE_COLUMN_CONTRAST_ALLERGY,
    RULE_COLUMN_HIGHLY_SELECTIVE,
    RULE_COLUMN_BILOBAR,
    RULE_COLUMN_COUNT
} RuleColumnId;

typedef struct RuleColumn {
    const char *name;
    RuleScope scope;
    const char *units; /* NULL for text */
    const char *words; /* the words of a text column, "no|yes"; "unknown" and "" are unknown */
    const char *label; /* as sentences call it */
} RuleColumn;

typedef enum RuleSettingId {
    RULE_SETTING_THRESHOLD,
    RULE_SETTING_MAX_UNDERDOSED,
    RULE_SETTING_MAX_DIAMETER,
    RULE_SETTING_CONTACT_TOLERANCE,
    RULE_SETTING_MAX_DELAY,
    RULE_SETTING_ALLOW_LATE,
    RULE_SETTING_DOSE_TIE,
    RULE_SETTING_SIZE_TIE,
    RULE_SETTING_UNKNOWN_PROGRESSION,
    RULE_SETTING_UNKNOWN_VESSELS,
    RULE_SETTING_COUNT
} RuleSettingId;

typedef enum RuleSettingKind {
    RULE_SETTING_NUMBER,
    RULE_SETTING_SWITCH,    /* yes or no */
    RULE_SETTING_ASSUMPTION /* what unknown counts as: unknown, or no */
} RuleSettingKind;

typedef struct RuleSetting {
    const char *key; /* as in the configuration */
    RuleSettingKind kind;
    const char *units; /* of a number */
} RuleSetting;

const RuleColumn *rule_column(RuleColumnId id);
const RuleSetting *rule_setting(RuleSettingId id);

/* RULE_COLUMN_COUNT if there is none of that name among the facts of `scope`. */
RuleColumnId rule_column_find(const char *name, RuleScope scope);

/* RULE_SETTING_COUNT if there is none. */
RuleSettingId rule_setting_find(const char *key);

/* Whether `word` is among "a|b|c". */
bool rule_words_have(const char *words, const char *word);

#endif
