/* Philox 4x32-10: multiply, exchange halves, add the round key (Salmon 2011, section 4). */
#include "core/counter_random.h"

enum { ROUNDS = 10 };

void counter_random_philox(const uint32_t counter[COUNTER_RANDOM_WORDS], const uint32_t key[2],
                           uint32_t words[COUNTER_RANDOM_WORDS]) {
    uint32_t a = counter[0], b = counter[1], c = counter[2], d = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t first = UINT64_C(0xD2511F53) * a, second = UINT64_C(0xCD9E8D57) * c;
        a = (uint32_t)(second >> 32) ^ b ^ k0;
        b = (uint32_t)second;
        c = (uint32_t)(first >> 32) ^ d ^ k1;
        d = (uint32_t)first;
        k0 += UINT32_C(0x9E3779B9);
        k1 += UINT32_C(0xBB67AE85);
    }
    words[0] = a;
    words[1] = b;
    words[2] = c;
    words[3] = d;
}

CounterRandom counter_random_start(uint64_t seed, uint64_t history) {
    return (CounterRandom){
        .key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
        .counter = {0, 0, (uint32_t)history, (uint32_t)(history >> 32)},
        .used = COUNTER_RANDOM_WORDS,
    };
}

void counter_random_refill(CounterRandom *random) {
    counter_random_philox(random->counter, random->key, random->words);
    random->used = 0;
    if (++random->counter[0] == 0) {
        random->counter[1]++;
    }
}
