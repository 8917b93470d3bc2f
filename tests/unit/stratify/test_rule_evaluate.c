/* The evaluator: Kleene's tables, numbers of lesions that are only partly known, and an outcome
 * for any facts whatever. Expected answers come from trying every completion of what is unknown. */
#include "stratify/rule_evaluate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/suite.h"

enum { ANSWERS = 3, MAX_LESIONS = 200 };

static void load(const char *text, RuleSet *set) {
    char path[256];
    Error error = {.message = ""};
    snprintf(path, sizeof path, "%s/rules.yaml", scratch_folder());
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
    Status status = rule_set_load(path, set, &error);
    if (status != STATUS_OK) {
        printf("%s\n", error.message);
    }
    CU_ASSERT_EQUAL_FATAL(status, STATUS_OK);
}

static RuleAnswer answer_of(const RuleSet *set, const RuleBlock *block, const char *name,
                            RuleScope scope, size_t i) {
    int node = rule_set_find(set, name, scope);
    CU_ASSERT_NOT_EQUAL_FATAL(node, RULE_NONE);
    return rule_evaluate_answer(block, node, i);
}

/* Strong three-valued logic (Kleene 1952, par. 64), rows and columns no, yes, unknown. */
static const RuleAnswer AND[3][3] = {{RULE_NO, RULE_NO, RULE_NO},
                                     {RULE_NO, RULE_YES, RULE_UNKNOWN},
                                     {RULE_NO, RULE_UNKNOWN, RULE_UNKNOWN}};
static const RuleAnswer OR[3][3] = {{RULE_NO, RULE_YES, RULE_UNKNOWN},
                                    {RULE_YES, RULE_YES, RULE_YES},
                                    {RULE_UNKNOWN, RULE_YES, RULE_UNKNOWN}};
static const RuleAnswer NOT[3] = {RULE_YES, RULE_NO, RULE_UNKNOWN};

static void test_logic(void) {
    static RuleSet set;
    static const char *const words[] = {"no", "yes", "unknown"};
    load("name: t\ntitle: t\nsource: t\nrole: annotates\npatient:\n"
         "  a: {column: ascites, is: \"yes\"}\n  b: {column: bilobar, is: \"yes\"}\n"
         "  both: {all: [a, b]}\n  either: {any: [a, b]}\n  not_a: {not: a}\n"
         "  known_no: {column: ascites, is: \"yes\", if_unknown: \"no\"}\n"
         "  gone: {column: ascites, is: missing}\n"
         "report: [both, either, not_a, known_no, gone]\n",
         &set);
    for (int a = 0; a < ANSWERS; a++) {
        for (int b = 0; b < ANSWERS; b++) {
            RuleFacts facts = {.n_lesions = 0};
            RuleBlock patient;
            facts.texts[RULE_COLUMN_ASCITES] = &words[a];
            facts.texts[RULE_COLUMN_BILOBAR] = &words[b];
            rule_evaluate_all(&set, &facts, NULL, &patient);
            CU_ASSERT_EQUAL(answer_of(&set, &patient, "both", RULE_PATIENT, 0), AND[a][b]);
            CU_ASSERT_EQUAL(answer_of(&set, &patient, "either", RULE_PATIENT, 0), OR[a][b]);
            CU_ASSERT_EQUAL(answer_of(&set, &patient, "not_a", RULE_PATIENT, 0), NOT[a]);
            CU_ASSERT_EQUAL(answer_of(&set, &patient, "known_no", RULE_PATIENT, 0),
                            a == RULE_YES ? RULE_YES : RULE_NO);
            CU_ASSERT_EQUAL(answer_of(&set, &patient, "gone", RULE_PATIENT, 0),
                            a == RULE_UNKNOWN ? RULE_YES : RULE_NO);
        }
    }
}

/* The same tables for lesions, nine in a block; values against a limit of 2 mm and 2 mL. */
static void test_logic_of_lesions(void) {
    static RuleSet set;
    static const double values[] = {3.0, 1.0, NAN};
    double diameters[9], volumes[9];
    load("name: t\ntitle: t\nsource: t\nrole: annotates\nlimits:\n"
         "  l: {value: 2, units: mm, source: t}\n  m: {value: 2, units: mL, source: t}\n"
         "lesion:\n  a: {column: diameter_mm, is: below, limit: l}\n"
         "  b: {not: {column: volume_ml, is: above, limit: m}}\n"
         "  both: {all: [a, b]}\n  either: {any: [a, b]}\n"
         "patient:\n  c: {every: both}\n  d: {some: either}\nreport: [c, d]\n",
         &set);
    RuleFacts facts = {.n_lesions = 9};
    RuleBlock block;
    facts.numbers[RULE_COLUMN_DIAMETER] = diameters;
    facts.numbers[RULE_COLUMN_VOLUME] = volumes;
    for (size_t i = 0; i < 9; i++) {
        diameters[i] = values[i / 3];
        volumes[i] = values[i % 3];
    }
    rule_evaluate_lesions(&set, &facts, 0, 9, true, &block);
    for (size_t i = 0; i < 9; i++) {
        CU_ASSERT_EQUAL(answer_of(&set, &block, "both", RULE_LESION, i), AND[i / 3][i % 3]);
        CU_ASSERT_EQUAL(answer_of(&set, &block, "either", RULE_LESION, i), OR[i / 3][i % 3]);
    }
    facts.numbers[RULE_COLUMN_DIAMETER] = NULL; /* a column nobody has */
    rule_evaluate_lesions(&set, &facts, 0, 9, true, &block);
    CU_ASSERT_EQUAL(answer_of(&set, &block, "a", RULE_LESION, 0), RULE_UNKNOWN);
}

/* Exactly at the limit: as `at_limit` says, for every side and switch. */
static void test_ties(void) {
    static RuleSet set;
    static const double at = 2.0;
    load("name: t\ntitle: t\nsource: t\nrole: annotates\nlimits:\n"
         "  l: {value: 2, units: \"1\", source: t}\npatient:\n"
         "  below: {column: ecog, is: below, limit: l}\n"
         "  at_most: {column: ecog, is: below, limit: l, at_limit: \"yes\"}\n"
         "  above: {column: ecog, is: above, limit: l}\n"
         "  at_least: {column: ecog, is: above, limit: l, at_limit: \"yes\"}\n"
         "  switched: {column: ecog, is: above, limit: l, at_limit: stratification.dose_tie}\n"
         "report: [below, at_most, above, at_least, switched]\n",
         &set);
    static const RuleAnswer expected[] = {RULE_NO, RULE_YES, RULE_NO, RULE_YES};
    RuleFacts facts = {.n_lesions = 0};
    RuleBlock patient;
    facts.numbers[RULE_COLUMN_ECOG] = &at;
    for (int s = 0; s < ANSWERS; s++) {
        facts.settings[RULE_SETTING_DOSE_TIE] = s == RULE_UNKNOWN ? NAN : (double)s;
        rule_evaluate_all(&set, &facts, NULL, &patient);
        for (int r = 0; r < 4; r++) {
            CU_ASSERT_EQUAL(rule_evaluate_answer(&patient, set.reported[r], 0), expected[r]);
        }
        CU_ASSERT_EQUAL((int)rule_evaluate_answer(&patient, set.reported[4], 0), s);
    }
}

static const char COUNTING[] =
    "name: t\ntitle: t\nsource: t\nrole: annotates\nlimits:\n"
    "  l: {value: 2, units: mm, source: t}\n  m: {value: 2, units: mL, source: t}\n"
    "  one: {value: 1, units: \"1\", source: t}\n"
    "lesion:\n  x: {column: diameter_mm, is: below, limit: l}\n"
    "  y: {column: volume_ml, is: below, limit: m}\n"
    "patient:\n  every: {every: x, of: y}\n  some: {some: x, of: y}\n  none: {none: x, of: y}\n"
    "  many: {count: x, of: y, is: above, limit: one}\n"
    "  few: {count: x, of: y, is: below, limit: one, at_limit: \"yes\"}\n"
    "  every_x: {every: x}\n  many_x: {count: x, is: above, limit: one}\n"
    "report: [every, some, none, many, few, every_x, many_x]\n";
enum { N_COUNTING = 7 };

/* Truth of the seven criteria for known answers. */
static void count_by_hand(const bool *x, const bool *y, size_t n, bool truth[N_COUNTING]) {
    size_t n_x = 0, n_y = 0, n_both = 0;
    for (size_t i = 0; i < n; i++) {
        n_x += x[i];
        n_y += y[i];
        n_both += x[i] && y[i];
    }
    const bool found[N_COUNTING] = {n_both == n_y, n_both > 0, n_both == 0, n_both > 1,
                                    n_both <= 1,   n_x == n,   n_x > 1};
    memcpy(truth, found, sizeof found);
}

/* Bit 0: some completion of the unknown answers makes it false; bit 1: some makes it true. */
static void try_completions(const int *x, const int *y, size_t n, unsigned seen[N_COUNTING]) {
    memset(seen, 0, N_COUNTING * sizeof *seen);
    for (unsigned bits = 0; bits < 1u << 2 * n; bits++) {
        bool completed_x[4], completed_y[4], truth[N_COUNTING], is_completion = true;
        for (size_t i = 0; i < n; i++) {
            completed_x[i] = (bits >> i & 1u) != 0;
            completed_y[i] = (bits >> (n + i) & 1u) != 0;
            is_completion = is_completion && (x[i] == RULE_UNKNOWN || x[i] == completed_x[i]) &&
                            (y[i] == RULE_UNKNOWN || y[i] == completed_y[i]);
        }
        if (is_completion) {
            count_by_hand(completed_x, completed_y, n, truth);
            for (int c = 0; c < N_COUNTING; c++) {
                seen[c] |= truth[c] ? 2u : 1u;
            }
        }
    }
}

/* All answers of up to three lesions to two criteria: 1 + 9 + 81 + 729 cases. */
static void test_counts(void) {
    static RuleSet set;
    static const double values[] = {3.0, 1.0, NAN};
    load(COUNTING, &set);
    size_t n_cases = 0, n_wrong = 0;
    for (size_t n = 0, cases = 1; n <= 3; n++, cases *= 9) {
        for (size_t c = 0; c < cases; c++) {
            int x[4], y[4];
            double diameters[4], volumes[4];
            unsigned seen[N_COUNTING];
            for (size_t i = 0, rest = c; i < n; i++, rest /= 9) {
                x[i] = (int)(rest % 3);
                y[i] = (int)(rest / 3 % 3);
                diameters[i] = values[x[i]];
                volumes[i] = values[y[i]];
            }
            RuleFacts facts = {.n_lesions = n};
            RuleBlock patient;
            facts.numbers[RULE_COLUMN_DIAMETER] = diameters;
            facts.numbers[RULE_COLUMN_VOLUME] = volumes;
            rule_evaluate_all(&set, &facts, NULL, &patient);
            try_completions(x, y, n, seen);
            for (int r = 0; r < N_COUNTING; r++) {
                RuleAnswer expected = seen[r] == 3   ? RULE_UNKNOWN
                                      : seen[r] == 2 ? RULE_YES
                                                     : RULE_NO;
                n_wrong += rule_evaluate_answer(&patient, set.reported[r], 0) != expected;
            }
            n_cases++;
        }
    }
    CU_ASSERT_EQUAL(n_cases, 820);
    CU_ASSERT_EQUAL(n_wrong, 0);
}

/* The one lesion that differs is found wherever it is: blocks have seams at 64 and 128. */
static void test_blocks(void) {
    static RuleSet set;
    static const size_t numbers[] = {1, 63, 64, 65, 127, 128, 129, 200};
    double diameters[MAX_LESIONS], volumes[MAX_LESIONS];
    load(COUNTING, &set);
    RuleFacts facts = {.n_lesions = 0};
    facts.numbers[RULE_COLUMN_DIAMETER] = diameters;
    facts.numbers[RULE_COLUMN_VOLUME] = volumes;
    for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) {
        facts.n_lesions = numbers[k];
        for (size_t odd = 0; odd < numbers[k]; odd++) {
            RuleBlock patient;
            RuleTally tally;
            for (size_t i = 0; i < numbers[k]; i++) {
                diameters[i] = i == odd ? 3.0 : 1.0;
                volumes[i] = 1.0;
            }
            rule_evaluate_all(&set, &facts, &tally, &patient);
            CU_ASSERT_EQUAL(answer_of(&set, &patient, "every", RULE_PATIENT, 0), RULE_NO);
            CU_ASSERT_EQUAL(tally.sure[rule_set_find(&set, "many", RULE_PATIENT)], numbers[k] - 1);
            diameters[odd] = NAN;
            rule_evaluate_all(&set, &facts, &tally, &patient);
            CU_ASSERT_EQUAL(answer_of(&set, &patient, "every", RULE_PATIENT, 0), RULE_UNKNOWN);
            CU_ASSERT_EQUAL(tally.possible[rule_set_find(&set, "many", RULE_PATIENT)], numbers[k]);
        }
    }
}

static uint64_t next(uint64_t *state) {
    *state += 0x9e3779b97f4a7c15u; /* SplitMix64 (Steele et al. 2014) */
    uint64_t z = (*state ^ *state >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static double odd_number(uint64_t *state) {
    static const double numbers[] = {NAN,  INFINITY, -INFINITY, 0.0,  -1.0, 1.0,  4.0,
                                     29.0, 30.0,     31.0,      36.0, 37.0, 1e300};
    return numbers[next(state) % (sizeof numbers / sizeof *numbers)];
}

/* Any facts, columns that are not there and settings that are nonsense included. */
static void test_total(void) {
    static RuleSet set;
    static const char *const words[] = {"no", "yes", "unknown", "", "maybe", NULL};
    Error error;
    uint64_t state = 4;
    size_t n_of_stratum[RULE_MAX_STRATUM + 1] = {0};
    CU_ASSERT_EQUAL_FATAL(rule_set_load("configs/rules/protocol.yaml", &set, &error), STATUS_OK);
    for (int round = 0; round < 100000; round++) {
        double values[RULE_COLUMN_COUNT][8];
        const char *texts[RULE_COLUMN_COUNT][8];
        RuleFacts facts = {.n_lesions = next(&state) % 9};
        RuleBlock patient;
        for (int c = 0; c < RULE_COLUMN_COUNT; c++) {
            for (size_t i = 0; i < 8; i++) {
                values[c][i] = odd_number(&state);
                texts[c][i] = words[next(&state) % 6];
            }
            facts.numbers[c] = next(&state) % 16 == 0 ? NULL : values[c];
            facts.texts[c] = next(&state) % 16 == 0 ? NULL : texts[c];
        }
        for (int s = 0; s < RULE_SETTING_COUNT; s++) {
            bool is_switch = rule_setting((RuleSettingId)s)->kind != RULE_SETTING_NUMBER;
            facts.settings[s] = is_switch ? (double)(next(&state) % 4) : odd_number(&state);
        }
        rule_evaluate_all(&set, &facts, NULL, &patient);
        RuleDecision decision = rule_evaluate_decide(&set, &patient);
        CU_ASSERT_FATAL(decision.stratum >= 0 && decision.stratum <= RULE_MAX_STRATUM);
        CU_ASSERT_FATAL(decision.possible != 0);
        CU_ASSERT_FATAL(decision.is_open == (__builtin_popcount(decision.possible) > 1));
        CU_ASSERT_FATAL(decision.is_open || decision.possible == 1u << decision.stratum);
        for (int n = 0; n < set.n_nodes; n++) {
            CU_ASSERT_FATAL(set.nodes[n].scope == RULE_LESION ||
                            (patient.yes[n] & patient.no[n]) == 0);
        }
        n_of_stratum[decision.stratum]++;
    }
    for (int s = 0; s <= RULE_MAX_STRATUM; s++) {
        CU_ASSERT(n_of_stratum[s] > 50); /* the facts are not all nonsense */
    }
}

/* Learning a fact never leads outside what was possible, and never changes what was decided. */
static void test_sound(void) {
    static RuleSet set;
    static const char *const words[] = {"no", "yes", "unknown"};
    static const double delay_h = 20.0;
    Error error;
    uint64_t state = 9;
    size_t n_open = 0, n_decided = 0;
    CU_ASSERT_EQUAL_FATAL(rule_set_load("configs/rules/protocol.yaml", &set, &error), STATUS_OK);
    for (int round = 0; round < 20000; round++) {
        double davg[6], diameter[6], distance[6], n_lesions = 1.0 + (double)(next(&state) % 6);
        const char *progression = words[next(&state) % 3];
        RuleFacts facts = {.n_lesions = (size_t)n_lesions};
        RuleBlock patient;
        facts.settings[RULE_SETTING_THRESHOLD] = facts.settings[RULE_SETTING_MAX_DIAMETER] = 30.0;
        facts.settings[RULE_SETTING_MAX_UNDERDOSED] = 4.0;
        facts.settings[RULE_SETTING_CONTACT_TOLERANCE] = 2.0;
        facts.settings[RULE_SETTING_MAX_DELAY] = 36.0;
        facts.settings[RULE_SETTING_UNKNOWN_PROGRESSION] = RULE_UNKNOWN;
        facts.settings[RULE_SETTING_UNKNOWN_VESSELS] = RULE_UNKNOWN;
        facts.numbers[RULE_COLUMN_DAVG] = davg;
        facts.numbers[RULE_COLUMN_DIAMETER] = diameter;
        facts.numbers[RULE_COLUMN_VESSEL_DISTANCE] = distance;
        facts.numbers[RULE_COLUMN_N_LESIONS] = &n_lesions;
        facts.numbers[RULE_COLUMN_IMAGING_DELAY] = &delay_h;
        facts.texts[RULE_COLUMN_PROGRESSION] = &progression;
        for (size_t i = 0; i < 6; i++) {
            davg[i] = next(&state) % 8 == 0 ? 50.0 : 20.0;
            diameter[i] = next(&state) % 4 == 0 ? NAN : next(&state) % 4 == 0 ? 40.0 : 20.0;
            distance[i] = next(&state) % 4 == 0 ? NAN : next(&state) % 4 == 0 ? 0.0 : 9.0;
        }
        rule_evaluate_all(&set, &facts, NULL, &patient);
        RuleDecision before = rule_evaluate_decide(&set, &patient);
        n_open += before.is_open;
        n_decided += !before.is_open;
        for (size_t i = 0; i < 6; i++) {
            diameter[i] = !isnan(diameter[i]) ? diameter[i] : next(&state) % 2 == 0 ? 40.0 : 20.0;
            distance[i] = !isnan(distance[i]) ? distance[i] : next(&state) % 2 == 0 ? 0.0 : 9.0;
        }
        progression = progression[0] == 'u' ? words[next(&state) % 2] : progression;
        rule_evaluate_all(&set, &facts, NULL, &patient);
        RuleDecision after = rule_evaluate_decide(&set, &patient);
        CU_ASSERT(!after.is_open);
        CU_ASSERT_FATAL((before.possible >> after.stratum & 1u) != 0);
        CU_ASSERT_FATAL(before.is_open || before.stratum == after.stratum);
    }
    CU_ASSERT(n_open > 1000 && n_decided > 1000);
}

int main(void) {
    static const UnitTest tests[] = {
        {"not, all and any follow Kleene's tables", test_logic},
        {"so they do for lesions, side by side", test_logic_of_lesions},
        {"a tie is what the rule says, unknown if that is unknown", test_ties},
        {"counts of partly known lesions are what every completion agrees on", test_counts},
        {"lesions are found on both sides of a block's seam", test_blocks},
        {"any facts have an outcome", test_total},
        {"learning a fact never contradicts what was decided", test_sound},
    };
    return suite_run("rule evaluation", tests, sizeof tests / sizeof *tests);
}
