/* The decision as sentences (reason.h): what was decided in strata.c is told here, nothing is
 * decided. Numbers are rounded so that a reader never sees one on the wrong side of its limit. */
#include "stratify/reason.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Doses named in a list before "and N more". */
enum { MAX_NAMED = 12, NUMBER_SIZE = 32 };

static void append(Reason *reason, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void append(Reason *reason, const char *format, ...) {
    size_t used = strlen(reason->text);
    va_list arguments;
    va_start(arguments, format);
    int wanted = vsnprintf(reason->text + used, REASON_SIZE - used, format, arguments);
    va_end(arguments);
    if (wanted >= 0 && (size_t)wanted >= REASON_SIZE - used) {
        memcpy(reason->text + REASON_SIZE - 4, "...", 4);
    }
}

static void append_separator(Reason *reason) {
    if (reason->text[0] != '\0') {
        append(reason, "; ");
    }
}

static int side_of(double value, double limit) {
    return (value > limit) - (value < limit);
}

void reason_format_number(double value, double limit, char text[32]) {
    for (int decimals = 1; decimals <= 9; decimals++) {
        snprintf(text, NUMBER_SIZE, "%.*f", decimals, value);
        if (strtod(text, NULL) == 0) {
            snprintf(text, NUMBER_SIZE, "%.*f", decimals, 0.0); /* no "-0.0" */
        }
        if (side_of(strtod(text, NULL), limit) == side_of(value, limit)) {
            return;
        }
    }
}

/* "31.0 mm not < 30 mm", or the size that is fine. */
static void append_size(Reason *reason, const StrataLesion *lesion,
                        const StratificationConfig *config, const StrataVerdict *verdict) {
    double limit_mm = config->ablation_max_diameter_mm;
    double diameter_mm = strata_diameter_mm(lesion, config);
    if (isnan(diameter_mm)) {
        append(reason, "diameter not measured");
        return;
    }
    char text[NUMBER_SIZE];
    reason_format_number(diameter_mm, limit_mm, text);
    append(reason, "%s mm", text);
    if (diameter_mm == limit_mm) {
        append(reason, " exactly at the limit, counted as %s",
               verdict->is_small == STRATA_YES ? "amenable" : "not amenable");
    } else if (verdict->is_small == STRATA_NO) {
        append(reason, " not < %g mm", limit_mm);
    }
}

static void append_vessel(Reason *reason, const StrataPatient *patient,
                          const StratificationConfig *config, const StrataVerdict *verdict) {
    double limit_mm = config->vessel_min_diameter_mm;
    const char *wider = config->vessel_tie_is_large ? ">=" : ">";
    if (verdict->vessel_status == STRATA_VESSEL_UNKNOWN) {
        append(reason, "%s%s",
               patient->has_vessels ? "vessels not placed: their registration failed"
                                    : "vessels not segmented",
               verdict->is_touching == STRATA_NO ? ", contact assumed absent" : "");
        return;
    }
    if (verdict->vessel_status == STRATA_VESSEL_NONE_LARGE) {
        append(reason, "no vessel %s %g mm", wider, limit_mm);
        return;
    }
    double tolerance_mm = strata_contact_tolerance_mm(patient, config);
    char distance[NUMBER_SIZE];
    reason_format_number(verdict->vessel_distance_mm, tolerance_mm, distance);
    if (verdict->is_touching == STRATA_YES) {
        char diameter[NUMBER_SIZE];
        reason_format_number(verdict->vessel_diameter_mm, limit_mm, diameter);
        append(reason, "touching a vessel %s %g mm (%s mm wide, at %s mm, tolerance %.1f mm)",
               wider, limit_mm, diameter, distance, tolerance_mm);
    } else {
        append(reason, "nearest vessel %s %g mm at %s mm", wider, limit_mm, distance);
    }
}

/* Size, and vessels unless the size alone rules ablation out. An arrow is a proposal; where there
 * is none, only what was found is said. */
static void append_amenability(Reason *reason, const StrataPatient *patient,
                               const StrataLesion *lesion, const StratificationConfig *config,
                               const StrataVerdict *verdict, bool is_proposed) {
    append_size(reason, lesion, config, verdict);
    if (verdict->is_small != STRATA_NO) {
        append(reason, ", ");
        append_vessel(reason, patient, config, verdict);
    }
    switch (verdict->is_amenable) {
    case STRATA_YES:
        append(reason, is_proposed ? " -> ablation" : ": amenable to ablation");
        break;
    case STRATA_NO:
        append(reason, is_proposed ? " -> SBRT" : ": not amenable to ablation");
        break;
    default:
        append(reason, " -> amenability to ablation unknown");
    }
}

/* "(L2 21.4 Gy, L4 28.9 Gy)" */
static void append_underdosed(Reason *reason, const StrataPatient *patient,
                              const StratificationConfig *config, const StrataVerdict *verdicts,
                              const StrataDecision *decision) {
    append(reason, "%zu of %zu lesion%s underdosed", decision->n_underdosed, patient->n_lesions,
           patient->n_lesions == 1 ? "" : "s");
    size_t named = 0;
    for (size_t i = 0; i < patient->n_lesions && named < MAX_NAMED; i++) {
        if (verdicts[i].is_underdosed != STRATA_YES) {
            continue;
        }
        char dose[NUMBER_SIZE];
        reason_format_number(patient->lesions[i].davg_gy, config->threshold_gy, dose);
        append(reason, "%s%s %s Gy%s", named == 0 ? " (" : ", ", patient->lesions[i].name, dose,
               flags_has(&verdicts[i].flags, "dose_tie") ? " exactly at the threshold" : "");
        named++;
    }
    if (decision->n_underdosed > named) {
        append(reason, " and %zu more", decision->n_underdosed - named);
    }
    append(reason, "%s", named > 0 ? ")" : "");
}

/* Stratum 1: the lowest dose says it all. */
static void append_all_treated(Reason *reason, const StrataPatient *patient,
                               const StratificationConfig *config, const StrataVerdict *verdicts,
                               const StrataDecision *decision) {
    const char *lowest = "";
    bool is_tie = false;
    for (size_t i = patient->n_lesions; i-- > 0;) {
        if (patient->lesions[i].davg_gy == decision->min_davg_gy) {
            lowest = patient->lesions[i].name;
        }
        is_tie = is_tie || flags_has(&verdicts[i].flags, "dose_tie");
    }
    char dose[NUMBER_SIZE];
    reason_format_number(decision->min_davg_gy, config->threshold_gy, dose);
    append(reason, "%s %zu lesion%s %s %g Gy (lowest %s %s Gy%s)",
           patient->n_lesions == 1 ? "the" : "all", patient->n_lesions,
           patient->n_lesions == 1 ? "" : "s", is_tie ? ">=" : ">", config->threshold_gy, lowest,
           dose, is_tie ? ", exactly at the threshold, counted as not underdosed" : "");
}

/* What doses, sizes and vessels say, and the outcome that follows from them. */
static void append_by_dose(Reason *reason, const StrataPatient *patient,
                           const StratificationConfig *config, const StrataRules *rules,
                           const StrataVerdict *verdicts, const StrataDecision *decision) {
    if (decision->n_underdosed == 0) {
        append_all_treated(reason, patient, config, verdicts, decision);
        return;
    }
    append_underdosed(reason, patient, config, verdicts, decision);
    if ((decision->because & STRATA_BECAUSE_COUNT) != 0) {
        append(reason, ", more than %g", config->max_underdosed);
        return;
    }
    for (size_t i = 0; i < patient->n_lesions; i++) {
        if (verdicts[i].is_underdosed == STRATA_YES) {
            append(reason, "; %s ", patient->lesions[i].name);
            append_amenability(reason, patient, &patient->lesions[i], config, &verdicts[i], true);
        }
    }
    if (decision->outcome_by_dose != RULE_NONE) {
        append(reason, "; %s", rules->set.outcomes[decision->outcome_by_dose].because);
    } else if ((decision->because & STRATA_BECAUSE_AMENABILITY_UNKNOWN) != 0) {
        append(reason, "; not decidable without vessels or diameters");
    }
}

/* Outcomes of the rule set that have no sentence with numbers: their own words. */
static void append_rules(Reason *reason, const StrataRules *rules, const StrataDecision *decision) {
    for (int o = 0; o < rules->set.n_outcomes; o++) {
        bool is_holding = (decision->by_rules.holding >> o & 1u) != 0;
        if (is_holding && rules->because_holding[o] == STRATA_BECAUSE_RULE) {
            append_separator(reason);
            append(reason, "%s", rules->set.outcomes[o].because);
        }
    }
}

/* "a, b unknown: stratum 2 or 3 is possible; " of criteria that have no sentence of their own. */
static void append_open(Reason *reason, const StrataRules *rules, const StrataDecision *decision) {
    bool is_first = true;
    for (int o = 0; o < rules->set.n_outcomes; o++) {
        if ((decision->by_rules.unknown >> o & 1u) != 0 &&
            rules->because_unknown[o] == STRATA_BECAUSE_UNKNOWN) {
            const char *name = rules->set.nodes[rules->set.outcomes[o].when].name;
            append(reason, "%s%s", is_first ? "" : ", ",
                   name[0] != '\0' ? name : rules->set.outcomes[o].because);
            is_first = false;
        }
    }
    append(reason, " unknown: stratum ");
    is_first = true;
    for (int s = 0; s <= RULE_MAX_STRATUM; s++) {
        if ((decision->by_rules.possible >> s & 1u) != 0) {
            append(reason, "%s%d", is_first ? "" : " or ", s);
            is_first = false;
        }
    }
    append(reason, " is possible; ");
}

static void append_dose_missing(Reason *reason, const StrataPatient *patient,
                                const StrataVerdict *verdicts) {
    for (size_t i = 0; i < patient->n_lesions; i++) {
        if (verdicts[i].is_underdosed == STRATA_UNKNOWN) {
            append_separator(reason);
            append(reason, "%s %s", patient->lesions[i].name,
                   patient->lesions[i].is_outside_dose
                       ? "lies partly or wholly outside the dose map"
                   : patient->lesions[i].is_misplaced
                       ? "cannot be placed on the dose map: the registration failed"
                       : "has no Davg");
        }
    }
}

/* Stratum 0 because of the study's imaging: every cause, then what else is known. */
static void append_imaging(Reason *reason, const StrataPatient *patient,
                           const StratificationConfig *config, const StrataRules *rules,
                           const StrataVerdict *verdicts, const StrataDecision *decision) {
    if ((decision->because & STRATA_BECAUSE_NO_LESION) != 0) {
        append(reason, "no lesion");
    }
    if ((decision->because & STRATA_BECAUSE_DELAY_UNKNOWN) != 0) {
        append_separator(reason);
        append(reason, "time from administration to PET unknown");
    }
    if ((decision->because & STRATA_BECAUSE_LATE) != 0) {
        char delay[NUMBER_SIZE];
        reason_format_number(patient->imaging_delay_h, config->max_imaging_delay_h, delay);
        append_separator(reason);
        append(reason, "PET %s h after administration, later than %g h", delay,
               config->max_imaging_delay_h);
    }
    append_dose_missing(reason, patient, verdicts);
    append_rules(reason, rules, decision);
    if (patient->progression == STRATA_YES) {
        append(reason, "; disease progression is recorded (stratum 5 by itself, were the imaging "
                       "valid)");
    }
}

/* Rules that were let through by configuration. */
static void append_assumptions(Reason *reason, const StrataPatient *patient,
                               const StratificationConfig *config, const StrataDecision *decision) {
    if (patient->imaging_delay_h > config->max_imaging_delay_h) {
        char delay[NUMBER_SIZE];
        reason_format_number(patient->imaging_delay_h, config->max_imaging_delay_h, delay);
        append(reason, "; late PET let through (%s h after administration, limit %g h)", delay,
               config->max_imaging_delay_h);
    }
    if (flags_has(&decision->flags, "progression_unknown") &&
        config->unknown_progression == UNKNOWN_ASSUME_NO) {
        append(reason, "; progression unknown, assumed no");
    }
}

void reason_of_patient(const StrataPatient *patient, const StratificationConfig *config,
                       const StrataRules *rules, const StrataVerdict *verdicts,
                       const StrataDecision *decision, Reason *reason) {
    reason->text[0] = '\0';
    if ((decision->because & STRATA_BECAUSE_IMAGING) != 0) {
        Reason causes = {.text = ""};
        append_imaging(&causes, patient, config, rules, verdicts, decision);
        append(reason, "not evaluable: %s", causes.text);
        return;
    }
    if ((decision->because & STRATA_BECAUSE_PROGRESSION) != 0) {
        append(reason, "disease progression; ");
        if (decision->n_underdosed > 0) {
            append_underdosed(reason, patient, config, verdicts, decision);
            if ((decision->because & STRATA_BECAUSE_COUNT) != 0) {
                append(reason, ", more than %g", config->max_underdosed);
            }
        } else {
            append_all_treated(reason, patient, config, verdicts, decision);
        }
    } else {
        if ((decision->because & STRATA_BECAUSE_PROGRESSION_UNKNOWN) != 0) {
            append(reason, "not evaluable: progression unknown; without progression stratum %d: ",
                   decision->stratum_by_dose);
        } else if (decision->stratum == 0) {
            append(reason, "not evaluable: ");
        }
        if ((decision->because & STRATA_BECAUSE_UNKNOWN) != 0) {
            append_open(reason, rules, decision);
        }
        append_by_dose(reason, patient, config, rules, verdicts, decision);
    }
    append_assumptions(reason, patient, config, decision);
}

/* "21.4 Gy < 30 Gy" */
static void append_dose(Reason *reason, const StrataLesion *lesion,
                        const StratificationConfig *config, const StrataVerdict *verdict) {
    if (lesion->is_outside_dose || lesion->is_misplaced || isnan(lesion->davg_gy)) {
        append(reason, "%s",
               lesion->is_outside_dose ? "partly or wholly outside the dose map"
               : lesion->is_misplaced  ? "not placed on the dose map: the registration failed"
                                       : "no Davg");
        return;
    }
    char dose[NUMBER_SIZE];
    reason_format_number(lesion->davg_gy, config->threshold_gy, dose);
    if (lesion->davg_gy == config->threshold_gy) {
        append(reason, "%s Gy exactly at the threshold, counted as %s", dose,
               verdict->is_underdosed == STRATA_YES ? "underdosed" : "not underdosed");
    } else {
        append(reason, "%s Gy %s %g Gy", dose, verdict->is_underdosed == STRATA_YES ? "<" : ">",
               config->threshold_gy);
    }
}

void reason_of_lesion(const StrataPatient *patient, const StrataLesion *lesion,
                      const StratificationConfig *config, const StrataVerdict *verdict,
                      Reason *reason) {
    reason->text[0] = '\0';
    append_dose(reason, lesion, config, verdict);
    if (verdict->is_underdosed == STRATA_YES) {
        append(reason, "; ");
        bool is_proposed =
            verdict->treatment == STRATA_TREAT_ABLATION || verdict->treatment == STRATA_TREAT_SBRT;
        append_amenability(reason, patient, lesion, config, verdict, is_proposed);
    }
}
