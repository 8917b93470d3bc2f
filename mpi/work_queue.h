/* A dynamic queue of work over MPI ranks: whoever is free takes the next item. Knows nothing of
 * what the items are.
 *
 * Rank 0 hands out items and works itself: a second thread of it answers the other ranks, so that
 * no core is lost to a coordinator, and only that thread calls MPI while the queue runs. Items are
 * taken in the order given (largest first keeps the end short). Results are byte records, gathered
 * on rank 0.
 *
 * A rank that is killed. Launchers end the whole job then, unless told not to (mpirun
 * --enable-recovery). If it goes on, so does the queue: rank 0 notices after 20 s of silence, the
 * item that the dead rank had in hand is reported as lost, and the others take the rest. Without
 * rank 0 the others finish what they have in hand and leave. */
#ifndef YTTRIA_MPI_WORK_QUEUE_H
#define YTTRIA_MPI_WORK_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct WorkQueue WorkQueue;

/* Starts MPI if the process was launched by mpirun or srun, otherwise one rank is pretended and
 * MPI is not touched. Once per process. Returns NULL (and writes why to standard error) if MPI
 * cannot run with a helper thread. */
WorkQueue *work_queue_start(void);

int work_queue_rank(const WorkQueue *queue);
int work_queue_size(const WorkQueue *queue);

/* Works on one item: fills `result` (of `result_size` bytes) for item `item`. */
typedef void WorkFunction(size_t item, void *result, void *context);

/* Called on rank 0 only, one at a time, when a result has arrived. `result` is NULL if the rank
 * that worked on the item was lost. */
typedef void ResultFunction(size_t item, const void *result, void *context);

/* Collective: runs `work` for items 0 … n_items − 1 over the ranks. `result_size` at most 64 KiB.
 * Returns false on rank 0 if memory ran out or MPI failed; results that arrived were reported.
 * After a rank was lost the collective calls below concern the calling rank alone. */
bool work_queue_run(WorkQueue *queue, size_t n_items, size_t result_size, WorkFunction *work,
                    ResultFunction *arrived, void *context);

/* Collective: the lowest rank that says `failed`, or -1 if none does. Before a queue is run, so
 * that no rank waits for one that gave up. */
int work_queue_first_failed(WorkQueue *queue, bool failed);

/* Collective: makes rank 0's bytes everybody's. */
void work_queue_broadcast(WorkQueue *queue, void *bytes, size_t size);

/* Collective: waits for all ranks, ends MPI, frees. NULL is fine. */
void work_queue_finish(WorkQueue *queue);

#endif
