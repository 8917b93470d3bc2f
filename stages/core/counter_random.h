/* Counter-based random numbers: Philox 4x32-10 (Salmon et al., SC11, 2011, "Parallel random
 * numbers: as easy as 1, 2, 3"; Random123). A number depends on (seed, history, position in the
 * history) alone, so that no result depends on which thread simulates which history. */
#ifndef YTTRIA_CORE_COUNTER_RANDOM_H
#define YTTRIA_CORE_COUNTER_RANDOM_H

#include <stdint.h>

enum { COUNTER_RANDOM_WORDS = 4 };

/* One stream of numbers. */
typedef struct CounterRandom {
    uint32_t key[2];                        /* the seed */
    uint32_t counter[COUNTER_RANDOM_WORDS]; /* block (two words), history (two words) */
    uint32_t words[COUNTER_RANDOM_WORDS];   /* of the current block */
    unsigned used;                          /* of `words` */
} CounterRandom;

/* The bijection itself: ten rounds. */
void counter_random_philox(const uint32_t counter[COUNTER_RANDOM_WORDS], const uint32_t key[2],
                           uint32_t words[COUNTER_RANDOM_WORDS]);

/* The stream of a history. */
CounterRandom counter_random_start(uint64_t seed, uint64_t history);

/* Computes the next four words of the stream. */
void counter_random_refill(CounterRandom *random);

/* Uniform in the open interval (0, 1), 32 bits: (n + 1/2) 2^-32. */
static inline double counter_random_uniform(CounterRandom *random) {
    if (random->used == COUNTER_RANDOM_WORDS) {
        counter_random_refill(random);
    }
    return ((double)random->words[random->used++] + 0.5) * 0x1p-32;
}

#endif
