/* Rule files that are not as docs/rules.md says are refused by line and name. */
#include "stratify/rule_set.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "stratify/strata_rules.h"
#include "tests/unit/suite.h"

/* Four lines, so that what follows begins at line 5. */
#define HEAD "name: test\ntitle: a test\nsource: nowhere\nrole: annotates\n"
#define DECIDES "name: test\ntitle: a test\nsource: nowhere\nrole: decides\n"
#define MM "limits:\n  l: {value: 30, units: mm, source: x}\n"
#define SMALL MM "lesion:\n  small: {column: volume_ml, is: missing}\n"

static Status load(const char *text, RuleSet *set, Error *error) {
    char path[256];
    snprintf(path, sizeof path, "%s/rules.yaml", scratch_folder());
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
    return rule_set_load(path, set, error);
}

static void expect_refused(const char *text, const char *where_and_why) {
    static RuleSet set;
    Error error = {.message = ""};
    CU_ASSERT_EQUAL(load(text, &set, &error), STATUS_CONFIG);
    const char *found = strstr(error.message, "rules.yaml:");
    bool is_so = found != NULL && strstr(found, where_and_why) == found + strlen("rules.yaml:");
    CU_ASSERT(is_so);
    if (!is_so) {
        printf("wanted \"%s\", found \"%s\"\n", where_and_why, error.message);
    }
}

static void test_good(void) {
    static RuleSet set;
    Error error = {.message = ""};
    Status status = load(HEAD MM "lesion:\n"
                                 "  small: {column: diameter_mm, is: below, limit: l}\n"
                                 "patient:\n"
                                 "  all_small: {every: small}\n"
                                 "report: [all_small]\n",
                         &set, &error);
    CU_ASSERT_EQUAL(status, STATUS_OK);
    CU_ASSERT_STRING_EQUAL(set.title, "a test");
    CU_ASSERT_EQUAL(set.n_nodes, 2);
    CU_ASSERT_EQUAL(set.n_reported, 1);
    int small = rule_set_find(&set, "small", RULE_LESION);
    CU_ASSERT_EQUAL(small, 0); /* operands before what uses them */
    CU_ASSERT_EQUAL(set.nodes[small].limit, 30.0);
    CU_ASSERT_EQUAL(rule_set_find(&set, "small", RULE_PATIENT), RULE_NONE);
}

static void test_files(void) {
    static RuleSet set;
    Error error;
    CU_ASSERT_EQUAL(rule_set_load("/nowhere/rules.yaml", &set, &error), STATUS_NO_INPUT);
    expect_refused("", "1: the file is empty");
    expect_refused("# only a comment\n", "1: the file is empty");
    expect_refused("- a\n- b\n", "1: not a mapping");
    expect_refused("name: [\n", "2: not valid YAML");
    expect_refused("name: test\n---\nname: other\n", "2: a second document");
    expect_refused("name: &a test\n", "1: anchors (&) are not allowed");
    expect_refused("name: x\nlesion: &l {}\npatient: *l\n", "2: anchors (&) are not allowed");
    expect_refused("name: x\npatient: *l\n", "2: aliases (*) are not allowed");
    expect_refused("a: [[[[[[[[[[[[[[1]]]]]]]]]]]]]]\n", "1: nested too deeply");
    static char large[70000];
    memset(large, '#', sizeof large - 1);
    CU_ASSERT_EQUAL(load(large, &set, &error), STATUS_CONFIG);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "larger than 65536 bytes"));
}

static void test_head(void) {
    expect_refused(HEAD "report: [a]\nreports: [a]\n", "6: a rule set: unknown key 'reports'");
    expect_refused(HEAD "role: decides\n", "5: a rule set: 'role' is there twice");
    expect_refused("title: t\n", "1: 'name' is missing");
    expect_refused("name: A b\ntitle: t\n", "1: name 'A b'");
    expect_refused("name: a\ntitle: t\nsource: s\nrole: rules\n", "4: role 'rules'");
    expect_refused(HEAD "report: []\n", "5: 'role: annotates' takes a list 'report'");
    expect_refused(HEAD "outcomes: []\n", "5: 'role: annotates' takes 'report' only");
    expect_refused(DECIDES "outcomes: {}\n", "5: 'role: decides' takes a list 'outcomes'");
    expect_refused(DECIDES, "1: 'role: decides' takes a list 'outcomes'");
}

static void test_limits(void) {
    expect_refused(HEAD "limits:\n  l: {value: 30, units: mm}\n", "6: 'source' is missing");
    expect_refused(HEAD "limits:\n  l: {value: 3O, units: mm, source: x}\n",
                   "6: l is '3O', not a number");
    expect_refused(HEAD "limits:\n  l: {value: .inf, units: mm, source: x}\n", "6: l is");
    expect_refused(HEAD "limits:\n  l: {value: nan, units: mm, source: x}\n", "6: l is 'nan'");
    expect_refused(HEAD "limits:\n  l: {configuration: stratification.treshold_gy}\n",
                   "6: limit 'l': configuration key 'stratification.treshold_gy' is not known");
    expect_refused(HEAD "limits:\n  l: {configuration: stratification.dose_tie}\n",
                   "6: limit 'l': configuration key 'stratification.dose_tie' is not a number");
    expect_refused(HEAD "limits:\n  l: {is: 3}\n", "6: limit 'l' has neither");
    expect_refused(HEAD "limits:\n  l: 30\n", "6: l must be 'key: value' pairs");
    expect_refused(HEAD MM "patient:\n  a: {column: n_lesions, is: missing}\nreport: [a]\n",
                   "6: limit 'l' is not used");
    expect_refused(HEAD MM "  l: {value: 1, units: mm, source: x}\n", "7: limits: 'l' is there");
}

static void test_columns(void) {
    expect_refused(HEAD MM "lesion:\n  a: {column: diametre_mm, is: below, limit: l}\n",
                   "8: column 'diametre_mm' is not known");
    expect_refused(HEAD MM "patient:\n  a: {column: diameter_mm, is: below, limit: l}\n",
                   "8: column 'diameter_mm' is a lesion's");
    expect_refused(HEAD MM "lesion:\n  a: {column: ecog, is: below, limit: l}\n",
                   "8: column 'ecog' is the patient's");
    expect_refused(HEAD MM "lesion:\n  a: {column: davg_gy, is: below, limit: l}\n",
                   "8: limit 'l' is in mm, what it limits is in Gy");
    expect_refused(HEAD MM "lesion:\n  a: {column: diameter_mm, is: below, limit: m}\n",
                   "8: limit 'm' is not among 'limits:'");
    expect_refused(HEAD MM "lesion:\n  a: {column: diameter_mm, is: below}\n",
                   "8: 'limit' is missing");
    expect_refused(HEAD MM "lesion:\n  a: {column: diameter_mm, limit: l}\n", "8: 'is' is missing");
    expect_refused(HEAD MM "lesion:\n  a: {column: diameter_mm, is: beneath, limit: l}\n",
                   "8: 'is: beneath' does not suit a number");
    expect_refused(HEAD MM "lesion:\n  a: {column: diameter_mm, is: missing, limit: l}\n",
                   "8: 'limit' does not go with 'is: missing'");
    expect_refused(HEAD MM "patient:\n  a: {column: progression, is: \"maybe\"}\n",
                   "8: column 'progression' is never 'maybe'; its words: no|yes");
    expect_refused(HEAD MM "patient:\n  a: {column: progression, is: \"yes\", limit: l}\n",
                   "8: column 'progression' is text");
    expect_refused(HEAD MM
                   "lesion:\n  a: {column: diameter_mm, is: below, limit: l, at_limit: 3}\n",
                   "8: at_limit: '3' is neither yes nor no");
    expect_refused(HEAD MM "lesion:\n  a: {column: diameter_mm, is: below, limit: l,\n"
                           "      at_limit: stratification.threshold_gy}\n",
                   "9: at_limit: configuration key 'stratification.threshold_gy' is not a choice");
    expect_refused(HEAD MM "lesion:\n  a: {column: diameter_mm, is: below, limit: l, flag: a;b}\n",
                   "8: flag 'a;b'");
    expect_refused(HEAD MM "lesion:\n  a: {column: [x], is: below, limit: l}\n",
                   "8: column must be a single word");
}

static void test_criteria(void) {
    expect_refused(HEAD SMALL "  small: {column: davg_gy, is: missing}\n",
                   "9: criterion 'small' is there twice");
    expect_refused(HEAD SMALL "patient:\n  small: {some: small}\n",
                   "10: criterion 'small' is there twice");
    expect_refused(HEAD SMALL "patient:\n  a: {some: smal}\n",
                   "10: criterion 'smal' is not defined");
    expect_refused(HEAD SMALL "patient:\n  a: {not: small}\n",
                   "10: criterion 'small' is a lesion's, here one of the patient is needed");
    expect_refused(HEAD "patient:\n  a: {column: ecog, is: missing}\n  b: {some: a}\n",
                   "7: criterion 'a' is the patient's, here one of a lesion is needed");
    expect_refused(HEAD SMALL "  a: {some: small}\n", "9: 'some' is about all lesions");
    expect_refused(HEAD SMALL "  a: {not: small, all: [small]}\n", "9: not: unknown key 'all'");
    expect_refused(HEAD SMALL "  a: {flag: x}\n", "9: a criterion has one of the keys");
    expect_refused(HEAD SMALL "  a: small\n", "9: a criterion must be 'key: value' pairs");
    expect_refused(HEAD SMALL "  a: {all: []}\n", "9: 'all' and 'any' take a list");
    expect_refused(HEAD SMALL "  a: {any: small}\n", "9: 'all' and 'any' take a list");
    expect_refused(HEAD SMALL "  a: {configuration: \"yes\"}\n", "9: 'configuration' names a key");
    expect_refused(HEAD SMALL "  a: {configuration: stratification.diameters}\n",
                   "9: configuration: 'stratification.diameters' is neither");
    expect_refused(HEAD SMALL "  A: {not: small}\n", "9: criterion 'A': a name is lower-case");
    expect_refused(HEAD MM "lesion: [a]\n", "7: criteria must be 'name: {...}' pairs");
    expect_refused(HEAD "lesion:\n  a: {column: davg_gy, is: missing}\n"
                        "patient:\n  b: {column: ecog, is: missing}\nreport: [b]\n",
                   "6: criterion 'a' is not used");
    expect_refused(HEAD "patient:\n  b: {column: ecog, is: missing}\nreport: [b, b]\n",
                   "7: 'b' is reported twice");
}

static void test_circles(void) {
    expect_refused(HEAD "lesion:\n  a: {not: a}\n", "6: criterion 'a' depends on itself: a -> a");
    expect_refused(HEAD "lesion:\n  z: {not: a}\n  a: {all: [b]}\n  b: {any: [{not: c}]}\n"
                        "  c: {not: a}\n",
                   "7: criterion 'a' depends on itself: a -> b -> c -> a");
}

#define ECOG "patient:\n  a: {column: ecog, is: missing}\noutcomes:\n"

static void test_outcomes(void) {
    expect_refused(DECIDES ECOG "  - {when: a, stratum: 1, because: x}\n",
                   "8: the last outcome has a 'when'");
    expect_refused(DECIDES ECOG "  - {stratum: 1, because: x}\n"
                                "  - {when: a, stratum: 2, because: x}\n",
                   "9: outcome 2 is never reached: the one before it has no 'when'");
    expect_refused(DECIDES ECOG "  - {when: a, stratum: 1, because: x}\n"
                                "  - {when: a, stratum: 2, because: x}\n"
                                "  - {stratum: 2, because: x}\n",
                   "9: outcome 2 is never reached: outcome 1 has the same 'when'");
    expect_refused(DECIDES ECOG "  - {when: a, stratum: 6, because: x}\n", "8: stratum 6 is not");
    expect_refused(DECIDES ECOG "  - {when: a, stratum: 1.5, because: x}\n", "8: stratum 1.5");
    expect_refused(DECIDES ECOG "  - {when: a, because: x}\n", "8: an outcome without 'stratum'");
    expect_refused(DECIDES ECOG "  - {when: a, stratum: 1}\n", "8: 'because' is missing");
    expect_refused(DECIDES ECOG "  - {when: b, stratum: 1, because: x}\n",
                   "8: criterion 'b' is not defined");
    expect_refused(DECIDES ECOG "  - {if: a, stratum: 1, because: x}\n",
                   "8: an outcome: unknown key 'if'");
}

/* One more than each maximum. */
static void test_too_many(void) {
    static char text[60000];
    static const struct {
        const char *head, *line, *words;
        int n;
    } cases[] = {
        {HEAD "limits:\n", "  l%d: {value: 1, units: mm, source: x}\n", "38: more than 32 limits",
         RULE_MAX_LIMITS},
        {HEAD "lesion:\n", "  c%d: {column: davg_gy, is: missing}\n", "166: more than 160 criteria",
         RULE_MAX_NODES},
        {DECIDES "outcomes:\n",
         "  - {when: {column: ecog, is: missing}, stratum: %d, because: x}\n",
         "22: more than 16 outcomes", RULE_MAX_OUTCOMES},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        char *end = stpcpy(text, cases[c].head);
        for (int i = 0; i <= cases[c].n; i++) {
            end += sprintf(end, cases[c].line, c == 2 ? 1 : i);
        }
        expect_refused(text, cases[c].words);
    }
}

/* Inner criteria count as well. */
static void test_too_many_inside(void) {
    static char text[30000];
    char *end = stpcpy(text, HEAD "lesion:\n");
    for (int i = 0; i < 40; i++) {
        end += sprintf(end, "  c%d: {not: {not: {not: {column: davg_gy, is: missing}}}}\n", i);
    }
    strcpy(end, "  d: {column: davg_gy, is: missing}\n");
    expect_refused(text, "46: more than 160 criteria in all");
}

static void test_deciding_set(void) {
    static StrataRules rules;
    static RuleSet set;
    char path[256];
    Error error = {.message = ""};
    CU_ASSERT_EQUAL(strata_rules_load("configs/rules/protocol.yaml", &rules, &error), STATUS_OK);
    snprintf(path, sizeof path, "%s/rules.yaml", scratch_folder());
    CU_ASSERT_EQUAL(
        load(HEAD "patient:\n  a: {column: ecog, is: missing}\nreport: [a]\n", &set, &error),
        STATUS_OK);
    CU_ASSERT_EQUAL(strata_rules_load(path, &rules, &error), STATUS_CONFIG);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "needs a set that decides"));
    CU_ASSERT_EQUAL(load(DECIDES "lesion:\n  underdosed: {column: d95_gy, is: missing}\n"
                                 "  small: {column: diameter_mm, is: missing}\n"
                                 "  touching: {not: small}\n"
                                 "  amenable: {all: [small, touching]}\n"
                                 "patient:\n  a: {every: amenable, of: underdosed}\n"
                                 "outcomes:\n  - {when: a, stratum: 1, because: x}\n"
                                 "  - {stratum: 2, because: x}\n",
                         &set, &error),
                    STATUS_OK);
    CU_ASSERT_EQUAL(strata_rules_load(path, &rules, &error), STATUS_CONFIG);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "'underdosed' asks for column 'd95_gy'"));
    CU_ASSERT_EQUAL(load(DECIDES "outcomes: [{stratum: 2, because: x}]\n", &set, &error),
                    STATUS_OK);
    CU_ASSERT_EQUAL(strata_rules_load(path, &rules, &error), STATUS_CONFIG);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "needs a lesion's criterion 'underdosed'"));
}

/* Damaged files are refused, or happen to be rule sets: nothing else. */
static void test_damaged(void) {
    static char good[20000], damaged[20000];
    static RuleSet set;
    FILE *file = fopen("configs/rules/protocol.yaml", "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    size_t size = fread(good, 1, sizeof good - 1, file);
    fclose(file);
    uint64_t state = 1;
    size_t n_refused = 0;
    for (int round = 0; round < 2000; round++) {
        memcpy(damaged, good, size + 1);
        for (int hit = 0; hit < 3; hit++) {
            static const char bytes[] = "{}[]:,|-&*!#\n\t \"'az0\x7f\xc3";
            state = state * 6364136223846793005u + 1442695040888963407u; /* Knuth, MMIX */
            damaged[(state >> 33) % size] = bytes[(state >> 20) % (sizeof bytes - 1)];
        }
        Error error = {.message = ""};
        Status status = load(damaged, &set, &error);
        CU_ASSERT_FATAL(status == STATUS_OK || status == STATUS_CONFIG);
        CU_ASSERT_FATAL(status == STATUS_OK || strstr(error.message, "rules.yaml:") != NULL);
        n_refused += status != STATUS_OK;
    }
    CU_ASSERT(n_refused > 1000);
}

int main(void) {
    static const UnitTest tests[] = {
        {"a good file is compiled, operands first", test_good},
        {"files that are no rule sets are refused", test_files},
        {"the head is checked", test_head},
        {"limits are checked", test_limits},
        {"columns, limits and words must suit each other", test_columns},
        {"criteria must be defined, used and in their scope", test_criteria},
        {"criteria that depend on themselves are refused", test_circles},
        {"every outcome can be reached and there always is one", test_outcomes},
        {"too many is said to be too many", test_too_many},
        {"criteria inside others count", test_too_many_inside},
        {"damaged files are refused by line", test_damaged},
        {"what decides must answer what is reported", test_deciding_set},
    };
    return suite_run("rule set", tests, sizeof tests / sizeof *tests);
}
