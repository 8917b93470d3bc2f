/* What the files of the work queue share; nobody else includes this.
 *
 * A helper (any rank but 0) asks for an item and sends the result of the one before along. While it
 * works, a second thread of it says so once a second; while it waits with nothing to do, rank 0
 * says once a second that the queue goes on. So either side notices when the other is gone. */
#ifndef YTTRIA_MPI_WORK_QUEUE_PARTS_H
#define YTTRIA_MPI_WORK_QUEUE_PARTS_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

#include "mpi/work_queue.h"

enum { TAG_REQUEST = 1, TAG_REPLY = 2, TAG_AT_WORK = 3 };

/* Replies that are not the number of an item. */
static const uint64_t REPLY_WAIT = UINT64_MAX - 2;   /* nothing is left, but others still work */
static const uint64_t REPLY_BROKEN = UINT64_MAX - 1; /* the end, and a rank was lost on the way */
static const uint64_t NO_ITEM = UINT64_MAX;          /* the end; in a request: no result yet */

static const long POLL_NS = 200000;   /* short against any patient */
static const double PULSE_S = 1.0;    /* between two signs of life */
static const double SILENCE_S = 20.0; /* a rank that is silent for so long is taken for dead */

struct WorkQueue {
    int rank, size;
    bool uses_mpi;
    bool is_broken; /* a rank was lost: no collective call can end any more */
};

/* A request; `item` is the one that `result` belongs to. */
typedef struct Message {
    uint64_t item;
    unsigned char result[];
} Message;

/* A run of the queue on rank 0, shared by its two threads under `lock`. */
typedef struct Dispatch {
    pthread_mutex_t lock;
    uint64_t next, n_items;
    ResultFunction *arrived;
    void *context;
    size_t result_size;
    int n_ranks;
    bool is_own_work_done;
    bool is_rank_lost;
} Dispatch;

/* The next item for whoever asks, or NO_ITEM. */
uint64_t work_queue_take_next(Dispatch *dispatch);

/* Hands a result (NULL: its rank was lost) to the owner of the run. */
void work_queue_report(Dispatch *dispatch, uint64_t item, const void *result);

/* Rank 0's second thread: answers until all work is done and every helper was told or is lost.
 * `argument` is a Dispatch. */
void *work_queue_answer(void *argument);

/* A helper's run of the queue. */
void work_queue_help(WorkQueue *queue, size_t result_size, WorkFunction *work, void *context);

static inline double work_queue_now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static inline void work_queue_pause(void) {
    nanosleep(&(struct timespec){.tv_nsec = POLL_NS}, NULL);
}

#endif
