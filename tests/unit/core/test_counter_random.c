/* Philox 4x32-10 against the published known answers, and what makes a stream one. */
#include "core/counter_random.h"

#include <math.h>
#include <string.h>

#include "tests/unit/suite.h"

/* kat_vectors of Random123 (D. E. Shaw Research), lines "philox4x32 10". */
static void test_known_answers(void) {
    static const struct {
        uint32_t counter[4], key[2], words[4];
    } known[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t n = 0; n < sizeof known / sizeof *known; n++) {
        uint32_t words[4];
        counter_random_philox(known[n].counter, known[n].key, words);
        CU_ASSERT_EQUAL(memcmp(words, known[n].words, sizeof words), 0);
    }
}

static void test_streams(void) {
    CounterRandom first = counter_random_start(1, 5), again = counter_random_start(1, 5);
    CounterRandom other = counter_random_start(1, 6), seeded = counter_random_start(2, 5);
    CounterRandom far = counter_random_start(1, 5 + (UINT64_C(1) << 32));
    int equal_other = 0, equal_seeded = 0, equal_far = 0;
    for (int n = 0; n < 1000; n++) {
        double value = counter_random_uniform(&first);
        CU_ASSERT_EQUAL(value, counter_random_uniform(&again));
        equal_other += value == counter_random_uniform(&other);
        equal_seeded += value == counter_random_uniform(&seeded);
        equal_far += value == counter_random_uniform(&far);
    }
    CU_ASSERT_EQUAL(equal_other + equal_seeded + equal_far, 0);
}

/* A refill must carry into the second counter word, or a long history would repeat itself. */
static void test_carry(void) {
    CounterRandom random = counter_random_start(1, 1);
    random.counter[0] = 0xffffffff;
    counter_random_refill(&random);
    CU_ASSERT_EQUAL(random.counter[0], 0);
    CU_ASSERT_EQUAL(random.counter[1], 1);
}

/* Mean 1/2 and variance 1/12 of n uniforms lie within four standard errors: n = 1e6. */
static void test_moments(void) {
    enum { COUNT = 1000000 };
    CounterRandom random = counter_random_start(3, 0);
    double sum = 0.0, squares = 0.0;
    for (int n = 0; n < COUNT; n++) {
        double u = counter_random_uniform(&random);
        CU_ASSERT_FATAL(u > 0.0 && u < 1.0);
        sum += u;
        squares += (u - 0.5) * (u - 0.5);
    }
    ASSERT_NEAR(sum / COUNT, 0.5, 4.0 * sqrt(1.0 / 12.0 / COUNT));
    ASSERT_NEAR(squares / COUNT, 1.0 / 12.0, 4.0 * sqrt(1.0 / 180.0 / COUNT));
}

int main(void) {
    static const UnitTest tests[] = {
        {"Philox gives the published answers", test_known_answers},
        {"streams repeat and differ by seed and history", test_streams},
        {"the counter carries", test_carry},
        {"uniforms are uniform", test_moments},
    };
    return suite_run("counter_random", tests, sizeof tests / sizeof *tests);
}
