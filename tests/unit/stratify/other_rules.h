/* A deciding rule set unlike the protocol: doses also meet a fixed limit, the contact tolerance
 * also limits a diameter and the maximum count the number of lesions. */
#ifndef YTTRIA_TESTS_OTHER_RULES_H
#define YTTRIA_TESTS_OTHER_RULES_H

#include <stdio.h>

#include "tests/unit/stratify/random_patient.h"

static const char OTHER_RULES[] =
    "name: other\n"
    "title: Not the protocol\n"
    "source: made up for a test\n"
    "role: decides\n"
    "limits:\n"
    "  threshold_gy: {configuration: stratification.threshold_gy}\n"
    "  low_gy: {value: 15, units: Gy, source: made up}\n"
    "  max_underdosed: {configuration: stratification.max_underdosed}\n"
    "  max_diameter_mm: {configuration: stratification.ablation_max_diameter_mm}\n"
    "  contact_tolerance_mm: {configuration: stratification.contact_tolerance_mm}\n"
    "  near_mm: {value: 1, units: mm, source: made up}\n"
    "lesion:\n"
    "  underdosed: {column: davg_gy, is: below, limit: threshold_gy, at_limit: "
    "stratification.dose_tie}\n"
    "  very_low: {column: davg_gy, is: below, limit: low_gy}\n"
    "  small: {column: diameter_mm, is: below, limit: max_diameter_mm}\n"
    "  thick: {column: diameter_axial_mm, is: above, limit: contact_tolerance_mm, at_limit: "
    "\"yes\"}\n"
    "  touching: {column: vessel_distance_mm, is: below, limit: contact_tolerance_mm, at_limit: "
    "\"yes\"}\n"
    "  near: {column: vessel_distance_mm, is: below, limit: near_mm}\n"
    "  amenable: {all: [small, {not: touching}, {any: [thick, near]}]}\n"
    "patient:\n"
    "  few: {column: n_lesions, is: below, limit: max_underdosed, at_limit: \"yes\"}\n"
    "  many_low: {count: very_low, is: above, limit: max_underdosed, at_limit: \"yes\"}\n"
    "  amenable_low: {some: amenable, of: very_low}\n"
    "  all_fine: {none: underdosed}\n"
    "  some_near: {some: near, of: underdosed}\n"
    "outcomes:\n"
    "  - {when: many_low, stratum: 5, because: made up}\n"
    "  - {when: amenable_low, stratum: 2, because: made up}\n"
    "  - {when: all_fine, stratum: 1, because: made up}\n"
    "  - {when: few, stratum: 3, because: made up}\n"
    "  - {when: some_near, stratum: 4, because: made up}\n"
    "  - {stratum: 0, because: made up}\n";

static inline void load_other_rules(StrataRules *rules) {
    char path[256];
    snprintf(path, sizeof path, "%s/other.yaml", scratch_folder());
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(OTHER_RULES, file);
    CU_ASSERT_EQUAL_FATAL(fclose(file), 0);
    load_rules(path, rules);
}

#endif
