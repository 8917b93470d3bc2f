/* Start, end and the collective calls of the work queue; the first rank's own work. Rank 0 answers
 * in work_queue_answer.c, the others ask in work_queue_help.c. See work_queue.h. */
#include "mpi/work_queue.h"

#include <limits.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mpi/checked.h"
#include "mpi/work_queue_parts.h"

enum { MAX_RESULT_SIZE = 1 << 16 };

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

uint64_t work_queue_take_next(Dispatch *dispatch) {
    pthread_mutex_lock(&dispatch->lock);
    uint64_t item = dispatch->next < dispatch->n_items ? dispatch->next++ : NO_ITEM;
    pthread_mutex_unlock(&dispatch->lock);
    return item;
}

void work_queue_report(Dispatch *dispatch, uint64_t item, const void *result) {
    pthread_mutex_lock(&dispatch->lock);
    dispatch->arrived((size_t)item, result, dispatch->context);
    pthread_mutex_unlock(&dispatch->lock);
}

static bool run_on_first_rank(WorkQueue *queue, Dispatch *dispatch, WorkFunction *work) {
    void *result = malloc(dispatch->result_size);
    pthread_t answering;
    bool others = queue->size > 1;
    if (result == NULL ||
        (others && pthread_create(&answering, NULL, work_queue_answer, dispatch) != 0)) {
        free(result);
        if (others) {
            MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
        }
        return false;
    }
    for (uint64_t item; (item = work_queue_take_next(dispatch)) != NO_ITEM;) {
        memset(result, 0, dispatch->result_size);
        work((size_t)item, result, dispatch->context);
        work_queue_report(dispatch, item, result);
    }
    pthread_mutex_lock(&dispatch->lock);
    dispatch->is_own_work_done = true;
    pthread_mutex_unlock(&dispatch->lock);
    if (others) {
        pthread_join(answering, NULL);
    }
    queue->is_broken = dispatch->is_rank_lost;
    free(result);
    return true;
}

bool work_queue_run(WorkQueue *queue, size_t n_items, size_t result_size, WorkFunction *work,
                    ResultFunction *arrived, void *context) {
    if (result_size > MAX_RESULT_SIZE) {
        return false;
    }
    if (queue->rank != 0) {
        work_queue_help(queue, result_size, work, context);
        return true;
    }
    Dispatch dispatch = {.n_items = n_items,
                         .arrived = arrived,
                         .context = context,
                         .result_size = result_size,
                         .n_ranks = queue->size};
    pthread_mutex_init(&dispatch.lock, NULL);
    bool fine = run_on_first_rank(queue, &dispatch, work);
    pthread_mutex_destroy(&dispatch.lock);
    return fine;
}

int work_queue_first_failed(WorkQueue *queue, bool failed) {
    int first = failed ? queue->rank : queue->size;
    if (queue->uses_mpi && !queue->is_broken) {
        int own = first;
        MPI_CHECKED(MPI_Allreduce(&own, &first, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD));
    }
    return first < queue->size ? first : -1;
}

void work_queue_broadcast(WorkQueue *queue, void *bytes, size_t size) {
    unsigned char *at = bytes;
    while (queue->uses_mpi && !queue->is_broken && size > 0) {
        int part = size < INT_MAX ? (int)size : INT_MAX;
        MPI_CHECKED(MPI_Bcast(at, part, MPI_BYTE, 0, MPI_COMM_WORLD));
        at += part;
        size -= (size_t)part;
    }
}

void work_queue_finish(WorkQueue *queue) {
    if (queue != NULL && queue->uses_mpi && !queue->is_broken) {
        MPI_CHECKED(MPI_Barrier(MPI_COMM_WORLD));
        MPI_CHECKED(MPI_Finalize());
    }
    free(queue);
}
