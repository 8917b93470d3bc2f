/* Efficiency of the work queue on 2 to 4,096 ranks, simulated with measured times.
 *
 *   bench_queue TIMES.tsv [patients [dispatch in ms]]   the table of bench_ranks.py --keep-times
 *   mpirun -n 2 bench_queue --dispatch                  measures the dispatch time here
 *
 * The order is the program's own (largest_first_order, by bytes read); whoever is free takes the
 * next. A rank that asks waits for the one thread that answers (one request at a time) and for the
 * way there and back. Efficiency: work / (ranks x time to the end). `bound`: no order can do
 * better, because the longest patient takes as long as it takes. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mpi/largest_first.h"
#include "mpi/work_queue.h"

enum { MAX_PATIENTS = 1 << 20, MAX_RANKS = 4096, LINE_SIZE = 1024 };

/* Of the answering thread for a request: assumed, a short message each way and a line in the log.
 */
static const double ANSWER_S = 50e-6;

/* From asking to starting, without a crowd, unless given: --dispatch says 0.6 ms for a loaded
 * machine of two cores; between machines there is a network. */
static const double DISPATCH_MS = 1.0;

typedef struct Patient {
    double seconds, bytes;
} Patient;

static void stop(const char *what, const char *name) {
    fprintf(stderr, "bench_queue: %s%s\n", what, name);
    exit(EXIT_FAILURE);
}

/* Rows center, patient, seconds, bytes. */
static size_t read_times(const char *path, Patient *patients, size_t room) {
    char line[LINE_SIZE];
    size_t count = 0;
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        stop("cannot open ", path);
    }
    while (count < room && fgets(line, sizeof line, file) != NULL) {
        Patient *patient = &patients[count];
        count += sscanf(line, "%*s %*s %lf %lf", &patient->seconds, &patient->bytes) == 2;
    }
    fclose(file);
    if (count == 0) {
        stop("no rows center, patient, seconds, bytes in ", path);
    }
    return count;
}

/* `wanted` patients drawn from the measured ones (splitmix64, a fixed seed). */
static void resample(const Patient *measured, size_t count, Patient *patients, size_t wanted) {
    uint64_t state = 90;
    for (size_t n = 0; n < wanted; n++) {
        uint64_t z = (state += 0x9e3779b97f4a7c15u);
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        patients[n] = measured[(z ^ z >> 31) % count];
    }
}

/* A heap of the times at which the ranks are free; the earliest on top. */
static void sink(double *free_s, size_t count) {
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        child += child + 1 < count && free_s[child + 1] < free_s[child];
        if (free_s[at] <= free_s[child]) {
            return;
        }
        double moved = free_s[at];
        free_s[at] = free_s[child];
        free_s[child] = moved;
    }
}

/* Time to the end of the batch. `dispatch_s`: from asking to starting, without a crowd. */
static double simulate(const Patient *patients, const size_t *order, size_t count, size_t ranks,
                       double dispatch_s) {
    static double free_s[MAX_RANKS];
    double answering_until_s = 0.0, end_s = 0.0;
    memset(free_s, 0, ranks * sizeof *free_s);
    for (size_t n = 0; n < count; n++) {
        double asked_s = free_s[0];
        double turn_s = asked_s > answering_until_s ? asked_s : answering_until_s;
        answering_until_s = turn_s + ANSWER_S;
        free_s[0] = answering_until_s + dispatch_s + patients[order[n]].seconds;
        end_s = free_s[0] > end_s ? free_s[0] : end_s;
        sink(free_s, ranks);
    }
    return end_s;
}

static void print_table(const Patient *patients, size_t count, double dispatch_s) {
    double *costs = malloc(count * sizeof *costs), work_s = 0.0, longest_s = 0.0;
    size_t *by_size = malloc(count * sizeof *by_size), *as_listed = malloc(count * sizeof *by_size);
    if (costs == NULL || by_size == NULL || as_listed == NULL) {
        stop("not enough memory", "");
    }
    for (size_t n = 0; n < count; n++) {
        costs[n] = patients[n].bytes;
        as_listed[n] = n;
        work_s += patients[n].seconds;
        longest_s = patients[n].seconds > longest_s ? patients[n].seconds : longest_s;
    }
    if (!largest_first_order(costs, count, by_size)) {
        stop("not enough memory", "");
    }
    printf("%zu patients, %.0f s of work, the longest %.1f s, dispatch %.2f ms\n", count, work_s,
           longest_s, dispatch_s * 1e3);
    printf("ranks   efficiency   bound   efficiency in the sheet's order\n");
    for (size_t ranks = 2; ranks <= MAX_RANKS; ranks *= 2) {
        double share_s = work_s / (double)ranks;
        double bound = share_s / (share_s > longest_s ? share_s : longest_s);
        double here = share_s / simulate(patients, by_size, count, ranks, dispatch_s);
        double listed = share_s / simulate(patients, as_listed, count, ranks, dispatch_s);
        printf("%5zu   %9.2f %%   %5.1f %%   %9.2f %%\n", ranks, 100 * here, 100 * bound,
               100 * listed);
    }
    free(costs);
    free(by_size);
    free(as_listed);
}

/* Items that the other rank did, and when the first and the last of them arrived. */
typedef struct Arrivals {
    size_t count;
    struct timespec first, last;
} Arrivals;

static void note_arrival(size_t item, const void *result, void *context) {
    Arrivals *arrivals = context;
    if (item == 0 || result == NULL) {
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &arrivals->last);
    arrivals->first = arrivals->count++ == 0 ? arrivals->last : arrivals->first;
}

static void work_nothing(size_t item, void *result, void *context) {
    (void)context;
    *(char *)result = 1;
    if (item == 0) { /* rank 0's: it takes its own without a message, and is kept out of the way */
        nanosleep(&(struct timespec){.tv_sec = 5}, NULL);
    }
}

/* Empty items through the real queue. */
static int measure_dispatch(void) {
    enum { ITEMS = 2000 };
    Arrivals arrivals = {0};
    WorkQueue *queue = work_queue_start();
    if (queue == NULL || work_queue_size(queue) != 2) {
        stop("--dispatch: start me with mpirun -n 2", "");
    }
    work_queue_run(queue, ITEMS, 1, work_nothing, note_arrival, &arrivals);
    if (work_queue_rank(queue) == 0) {
        double seconds = (double)(arrivals.last.tv_sec - arrivals.first.tv_sec) +
                         1e-9 * (double)(arrivals.last.tv_nsec - arrivals.first.tv_nsec);
        printf("%zu empty items, %.3f ms each to dispatch\n", arrivals.count,
               1e3 * seconds / (double)(arrivals.count - 1));
    }
    work_queue_finish(queue);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--dispatch") == 0) {
        return measure_dispatch();
    }
    if (argc < 2 || argc > 4) {
        stop("usage: bench_queue TIMES.tsv [patients [dispatch in ms]]", "");
    }
    size_t wanted = argc > 2 ? (size_t)strtoull(argv[2], NULL, 10) : 10000;
    double dispatch_s = (argc > 3 ? strtod(argv[3], NULL) : DISPATCH_MS) * 1e-3;
    Patient *measured = calloc(MAX_PATIENTS, sizeof *measured);
    Patient *patients = calloc(MAX_PATIENTS, sizeof *patients);
    if (measured == NULL || patients == NULL || wanted == 0 || wanted > MAX_PATIENTS) {
        stop("not enough memory, or no number of patients from 1 to 1048576", "");
    }
    size_t count = read_times(argv[1], measured, MAX_PATIENTS);
    resample(measured, count, patients, wanted);
    print_table(patients, wanted, dispatch_s);
    free(measured);
    free(patients);
    return EXIT_SUCCESS;
}
