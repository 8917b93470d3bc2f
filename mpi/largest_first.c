/* Sorting by cost, stable. */
#include "mpi/largest_first.h"

#include <stdlib.h>

typedef struct CostedItem {
    double cost;
    size_t index;
} CostedItem;

static int compare_costs(const void *a, const void *b) {
    const CostedItem *first = a, *second = b;
    int order = (second->cost > first->cost) - (second->cost < first->cost);
    return order != 0 ? order : (first->index > second->index) - (first->index < second->index);
}

bool largest_first_order(const double *costs, size_t count, size_t *order) {
    CostedItem *items = malloc((count > 0 ? count : 1) * sizeof *items);
    if (items == NULL) {
        return false;
    }
    for (size_t n = 0; n < count; n++) {
        items[n] = (CostedItem){costs[n], n};
    }
    qsort(items, count, sizeof *items, compare_costs);
    for (size_t n = 0; n < count; n++) {
        order[n] = items[n].index;
    }
    free(items);
    return true;
}
