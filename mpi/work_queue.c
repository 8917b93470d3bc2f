/* Requests carry the last result; replies carry the next item. See work_queue.h. */
#include "mpi/work_queue.h"

#include <limits.h>
#include <mpi.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mpi/checked.h"

enum { TAG_REQUEST = 1, TAG_REPLY = 2, MAX_RESULT_SIZE = 1 << 16 };
static const uint64_t NO_ITEM = UINT64_MAX;
static const long POLL_NS = 200000; /* of the answering thread: short against any patient */

struct WorkQueue {
    int rank, size;
    bool uses_mpi;
};

/* A run of the queue on rank 0, shared by its two threads under `lock`. */
typedef struct Dispatch {
    pthread_mutex_t lock;
    uint64_t next, n_items;
    ResultFunction *arrived;
    void *context;
    size_t result_size;
    int n_others;
} Dispatch;

/* A request carries the result of the item before, NO_ITEM the first time. */
typedef struct Message {
    uint64_t item;
    unsigned char result[];
} Message;

/* Open MPI's mpirun, any PMIx launcher (srun --mpi=pmix) and PMI launchers say so in these. */
static bool launched_by_mpi(void) {
    static const char *const signs[] = {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK"};
    for (size_t n = 0; n < sizeof signs / sizeof *signs; n++) {
        if (getenv(signs[n]) != NULL) {
            return true;
        }
    }
    return false;
}

WorkQueue *work_queue_start(void) {
    WorkQueue *queue = calloc(1, sizeof *queue);
    if (queue == NULL) {
        return NULL;
    }
    queue->size = 1;
    queue->uses_mpi = launched_by_mpi();
    if (!queue->uses_mpi) {
        return queue;
    }
    int provided;
    MPI_CHECKED(MPI_Init_thread(NULL, NULL, MPI_THREAD_MULTIPLE, &provided));
    if (provided < MPI_THREAD_SERIALIZED) {
        fprintf(stderr, "yttria: this MPI library cannot be called from a second thread\n");
        MPI_Finalize();
        free(queue);
        return NULL;
    }
    MPI_CHECKED(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN));
    MPI_CHECKED(MPI_Comm_rank(MPI_COMM_WORLD, &queue->rank));
    MPI_CHECKED(MPI_Comm_size(MPI_COMM_WORLD, &queue->size));
    return queue;
}

int work_queue_rank(const WorkQueue *queue) {
    return queue->rank;
}

int work_queue_size(const WorkQueue *queue) {
    return queue->size;
}

static uint64_t take_next(Dispatch *dispatch) {
    pthread_mutex_lock(&dispatch->lock);
    uint64_t item = dispatch->next < dispatch->n_items ? dispatch->next++ : NO_ITEM;
    pthread_mutex_unlock(&dispatch->lock);
    return item;
}

static void report(Dispatch *dispatch, uint64_t item, const void *result) {
    pthread_mutex_lock(&dispatch->lock);
    dispatch->arrived((size_t)item, result, dispatch->context);
    pthread_mutex_unlock(&dispatch->lock);
}

/* Waits for a message without keeping a core busy. */
static void wait_for_request(void) {
    int there = 0;
    for (;;) {
        MPI_CHECKED(
            MPI_Iprobe(MPI_ANY_SOURCE, TAG_REQUEST, MPI_COMM_WORLD, &there, MPI_STATUS_IGNORE));
        if (there) {
            return;
        }
        nanosleep(&(struct timespec){.tv_nsec = POLL_NS}, NULL);
    }
}

/* The second thread of rank 0: answers until every other rank was told that nothing is left. */
static void *answer_requests(void *argument) {
    Dispatch *dispatch = argument;
    size_t size = sizeof(Message) + dispatch->result_size;
    Message *message = malloc(size);
    if (message == NULL) {
        MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
        return NULL;
    }
    for (int waiting = dispatch->n_others; waiting > 0;) {
        MPI_Status from;
        wait_for_request();
        MPI_CHECKED(MPI_Recv(message, (int)size, MPI_BYTE, MPI_ANY_SOURCE, TAG_REQUEST,
                             MPI_COMM_WORLD, &from));
        if (message->item != NO_ITEM) {
            report(dispatch, message->item, message->result);
        }
        uint64_t next = take_next(dispatch);
        MPI_CHECKED(MPI_Send(&next, 1, MPI_UINT64_T, from.MPI_SOURCE, TAG_REPLY, MPI_COMM_WORLD));
        waiting -= next == NO_ITEM;
    }
    free(message);
    return NULL;
}

static bool run_on_first_rank(WorkQueue *queue, Dispatch *dispatch, WorkFunction *work) {
    void *result = malloc(dispatch->result_size);
    pthread_t answering;
    bool others = queue->size > 1;
    if (result == NULL ||
        (others && pthread_create(&answering, NULL, answer_requests, dispatch) != 0)) {
        free(result);
        if (others) {
            MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
        }
        return false;
    }
    for (uint64_t item; (item = take_next(dispatch)) != NO_ITEM;) {
        memset(result, 0, dispatch->result_size);
        work((size_t)item, result, dispatch->context);
        report(dispatch, item, result);
    }
    if (others) {
        pthread_join(answering, NULL);
    }
    free(result);
    return true;
}

static void run_on_other_rank(size_t result_size, WorkFunction *work, void *context) {
    size_t size = sizeof(Message) + result_size;
    Message *message = calloc(1, size);
    if (message == NULL) {
        MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
        return;
    }
    message->item = NO_ITEM;
    do {
        MPI_CHECKED(MPI_Send(message, (int)size, MPI_BYTE, 0, TAG_REQUEST, MPI_COMM_WORLD));
        MPI_CHECKED(MPI_Recv(&message->item, 1, MPI_UINT64_T, 0, TAG_REPLY, MPI_COMM_WORLD,
                             MPI_STATUS_IGNORE));
        if (message->item != NO_ITEM) {
            memset(message->result, 0, result_size);
            work((size_t)message->item, message->result, context);
        }
    } while (message->item != NO_ITEM);
    free(message);
}

bool work_queue_run(WorkQueue *queue, size_t n_items, size_t result_size, WorkFunction *work,
                    ResultFunction *arrived, void *context) {
    if (result_size > MAX_RESULT_SIZE) {
        return false;
    }
    if (queue->rank != 0) {
        run_on_other_rank(result_size, work, context);
        return true;
    }
    Dispatch dispatch = {.n_items = n_items,
                         .arrived = arrived,
                         .context = context,
                         .result_size = result_size,
                         .n_others = queue->size - 1};
    pthread_mutex_init(&dispatch.lock, NULL);
    bool fine = run_on_first_rank(queue, &dispatch, work);
    pthread_mutex_destroy(&dispatch.lock);
    return fine;
}

int work_queue_first_failed(WorkQueue *queue, bool failed) {
    int first = failed ? queue->rank : queue->size;
    if (queue->uses_mpi) {
        int own = first;
        MPI_CHECKED(MPI_Allreduce(&own, &first, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD));
    }
    return first < queue->size ? first : -1;
}

void work_queue_broadcast(WorkQueue *queue, void *bytes, size_t size) {
    unsigned char *at = bytes;
    while (queue->uses_mpi && size > 0) {
        int part = size < INT_MAX ? (int)size : INT_MAX;
        MPI_CHECKED(MPI_Bcast(at, part, MPI_BYTE, 0, MPI_COMM_WORLD));
        at += part;
        size -= (size_t)part;
    }
}

void work_queue_finish(WorkQueue *queue) {
    if (queue != NULL && queue->uses_mpi) {
        MPI_CHECKED(MPI_Barrier(MPI_COMM_WORLD));
        MPI_CHECKED(MPI_Finalize());
    }
    free(queue);
}
