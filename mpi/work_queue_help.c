/* A helper's side of the queue: works on what rank 0 hands out. Two threads call MPI, one at a time
 * (`lock`): the one that asks, and the one that says every second that this rank is alive, so that
 * hours of work are not taken for death. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mpi/checked.h"
#include "mpi/work_queue_parts.h"

typedef struct Helper {
    pthread_mutex_t lock; /* MPI, is_over */
    bool is_over;
    pthread_t pulse;
    Message *message;
    size_t message_size;
} Helper;

/* Says once a second that this rank is alive. Never blocks: a sign that did not go out (rank 0 is
 * gone) is not followed by another. */
static void *send_pulse(void *argument) {
    Helper *helper = argument;
    const char sign = 0;
    MPI_Request sent = MPI_REQUEST_NULL;
    double last_s = work_queue_now_s();
    for (bool is_over = false; !is_over;) {
        int is_out = 0;
        pthread_mutex_lock(&helper->lock);
        is_over = helper->is_over;
        MPI_CHECKED(MPI_Test(&sent, &is_out, MPI_STATUS_IGNORE));
        if (!is_over && is_out && work_queue_now_s() - last_s > PULSE_S) {
            MPI_CHECKED(MPI_Isend(&sign, 1, MPI_CHAR, 0, TAG_AT_WORK, MPI_COMM_WORLD, &sent));
            last_s = work_queue_now_s();
        }
        pthread_mutex_unlock(&helper->lock);
        nanosleep(&(struct timespec){.tv_nsec = 20 * POLL_NS}, NULL);
    }
    if (sent != MPI_REQUEST_NULL) {
        MPI_CHECKED(MPI_Request_free(&sent));
    }
    return NULL;
}

/* Rank 0 is gone, and with it the queue. What this rank has finished stands under its name; there
 * is nobody left to end MPI with. */
static void leave(void) {
    fprintf(stderr, "yttria: rank 0 does not answer any more: it was killed? Run the batch again; "
                    "what is finished is kept\n");
    _exit(EXIT_FAILURE);
}

/* True when the operation has ended; leaves the program after a silence of rank 0. */
static bool is_ended(Helper *helper, MPI_Request *request, double deadline_s) {
    int is_done = 0;
    pthread_mutex_lock(&helper->lock);
    MPI_CHECKED(MPI_Test(request, &is_done, MPI_STATUS_IGNORE));
    pthread_mutex_unlock(&helper->lock);
    if (!is_done && work_queue_now_s() > deadline_s) {
        leave();
    }
    return is_done != 0;
}

/* Waits without keeping a core busy, here as below. */
static void send_request(Helper *helper) {
    MPI_Request request;
    pthread_mutex_lock(&helper->lock);
    MPI_CHECKED(MPI_Isend(helper->message, (int)helper->message_size, MPI_BYTE, 0, TAG_REQUEST,
                          MPI_COMM_WORLD, &request));
    pthread_mutex_unlock(&helper->lock);
    const double deadline_s = work_queue_now_s() + SILENCE_S;
    while (!is_ended(helper, &request, deadline_s)) {
        work_queue_pause();
    }
}

static uint64_t receive_reply(Helper *helper) {
    uint64_t reply = REPLY_WAIT;
    while (reply == REPLY_WAIT) {
        MPI_Request request;
        pthread_mutex_lock(&helper->lock);
        MPI_CHECKED(MPI_Irecv(&reply, 1, MPI_UINT64_T, 0, TAG_REPLY, MPI_COMM_WORLD, &request));
        pthread_mutex_unlock(&helper->lock);
        const double deadline_s = work_queue_now_s() + SILENCE_S;
        while (!is_ended(helper, &request, deadline_s)) {
            work_queue_pause();
        }
    }
    return reply;
}

/* Asks and works until there is nothing left; false if a rank was lost on the way. */
static bool work_through(Helper *helper, size_t result_size, WorkFunction *work, void *context) {
    helper->message->item = NO_ITEM;
    for (;;) {
        send_request(helper);
        const uint64_t reply = receive_reply(helper);
        if (reply == NO_ITEM || reply == REPLY_BROKEN) {
            return reply == NO_ITEM;
        }
        helper->message->item = reply;
        memset(helper->message->result, 0, result_size);
        work((size_t)reply, helper->message->result, context);
    }
}

void work_queue_help(WorkQueue *queue, size_t result_size, WorkFunction *work, void *context) {
    Helper helper = {.message_size = sizeof(Message) + result_size};
    helper.message = calloc(1, helper.message_size);
    pthread_mutex_init(&helper.lock, NULL);
    if (helper.message == NULL || pthread_create(&helper.pulse, NULL, send_pulse, &helper) != 0) {
        MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
        free(helper.message);
        return;
    }
    queue->is_broken = !work_through(&helper, result_size, work, context);
    pthread_mutex_lock(&helper.lock);
    helper.is_over = true;
    pthread_mutex_unlock(&helper.lock);
    pthread_join(helper.pulse, NULL);
    pthread_mutex_destroy(&helper.lock);
    free(helper.message);
}
