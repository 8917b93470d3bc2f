/* The order in which a queue hands out work: largest first (Graham's LPT rule: the longest item
 * cannot be left for the end, so that no schedule ends a third earlier). */
#ifndef YTTRIA_MPI_LARGEST_FIRST_H
#define YTTRIA_MPI_LARGEST_FIRST_H

#include <stdbool.h>
#include <stddef.h>

/* order[n] is the n-th item to hand out; equal costs keep their order. `costs` are any measure of
 * duration, `order` has room for `count`. Returns false if memory ran out. Graham RL, SIAM J Appl
 * Math 1969;17:416. */
bool largest_first_order(const double *costs, size_t count, size_t *order);

#endif
