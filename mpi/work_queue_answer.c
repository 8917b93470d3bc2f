/* Rank 0's side of the queue: hands out items, notices helpers that are gone. */
#include <mpi.h>
#include <stdlib.h>

#include "mpi/checked.h"
#include "mpi/work_queue_parts.h"

typedef enum HelperState { HELPER_WORKS, HELPER_WAITS, HELPER_LOST } HelperState;

/* Another rank, as rank 0 sees it. */
typedef struct Helper {
    HelperState state;
    uint64_t in_hand; /* NO_ITEM before the first request */
    double heard_s;   /* its last sign of life */
} Helper;

/* The answering thread's own state; helpers[0] is not used. */
typedef struct Answers {
    Dispatch *dispatch;
    Helper *helpers;
    Message *message;
    size_t message_size;
    int n_working;           /* helpers */
    double round_s, pulse_s; /* the last look around, the last REPLY_WAIT */
} Answers;

static void reply(int rank, uint64_t value) {
    MPI_CHECKED(MPI_Send(&value, 1, MPI_UINT64_T, rank, TAG_REPLY, MPI_COMM_WORLD));
}

static void answer_request(Answers *answers, int rank) {
    Helper *helper = &answers->helpers[rank];
    MPI_CHECKED(MPI_Recv(answers->message, (int)answers->message_size, MPI_BYTE, rank, TAG_REQUEST,
                         MPI_COMM_WORLD, MPI_STATUS_IGNORE));
    if (helper->state == HELPER_LOST) {
        reply(rank, REPLY_BROKEN); /* it was only slow; its patient is already counted as lost */
        return;
    }
    if (answers->message->item != NO_ITEM) {
        work_queue_report(answers->dispatch, answers->message->item, answers->message->result);
    }
    helper->in_hand = work_queue_take_next(answers->dispatch);
    if (helper->in_hand != NO_ITEM) {
        reply(rank, helper->in_hand);
    } else {
        helper->state = HELPER_WAITS;
        answers->n_working--;
    }
}

/* Takes one message if one is there. */
static bool receive(Answers *answers) {
    int there = 0;
    MPI_Status from;
    MPI_CHECKED(MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &there, &from));
    if (!there) {
        return false;
    }
    answers->helpers[from.MPI_SOURCE].heard_s = work_queue_now_s();
    if (from.MPI_TAG == TAG_REQUEST) {
        answer_request(answers, from.MPI_SOURCE);
    } else {
        char sign;
        MPI_CHECKED(MPI_Recv(&sign, 1, MPI_CHAR, from.MPI_SOURCE, TAG_AT_WORK, MPI_COMM_WORLD,
                             MPI_STATUS_IGNORE));
    }
    return true;
}

static void give_up(Answers *answers, int rank) {
    Helper *helper = &answers->helpers[rank];
    if (helper->in_hand != NO_ITEM) {
        work_queue_report(answers->dispatch, helper->in_hand, NULL);
    }
    answers->n_working -= helper->state == HELPER_WORKS;
    helper->state = HELPER_LOST;
    answers->dispatch->is_rank_lost = true;
}

/* Looks for the silent and tells the waiting that the queue goes on, a few times a second. Time in
 * which this thread did not run itself (a suspended job) is nobody's silence. */
static void watch(Answers *answers) {
    const double now = work_queue_now_s(), gap = now - answers->round_s;
    const bool pulses = now - answers->pulse_s > PULSE_S;
    if (gap < 0.1 * PULSE_S) {
        return;
    }
    for (int rank = 1; rank < answers->dispatch->n_ranks; rank++) {
        Helper *helper = &answers->helpers[rank];
        helper->heard_s += gap > PULSE_S ? gap : 0.0;
        const double silence = now - helper->heard_s;
        if (helper->state != HELPER_LOST && silence > SILENCE_S) {
            give_up(answers, rank);
        } else if (pulses && helper->state == HELPER_WAITS && silence < 3.0 * PULSE_S) {
            reply(rank, REPLY_WAIT);
        }
    }
    answers->round_s = now;
    answers->pulse_s = pulses ? now : answers->pulse_s;
}

static bool is_work_left(Answers *answers) {
    pthread_mutex_lock(&answers->dispatch->lock);
    bool is_own_work_done = answers->dispatch->is_own_work_done;
    pthread_mutex_unlock(&answers->dispatch->lock);
    return answers->n_working > 0 || !is_own_work_done;
}

/* Nobody else calls MPI on this rank meanwhile. */
static void answer_all(Answers *answers) {
    answers->round_s = answers->pulse_s = work_queue_now_s();
    answers->n_working = answers->dispatch->n_ranks - 1;
    for (int rank = 1; rank < answers->dispatch->n_ranks; rank++) {
        answers->helpers[rank] = (Helper){HELPER_WORKS, NO_ITEM, answers->round_s};
    }
    while (is_work_left(answers)) {
        if (!receive(answers)) {
            watch(answers);
            work_queue_pause();
        }
    }
    for (int rank = 1; rank < answers->dispatch->n_ranks; rank++) {
        if (answers->helpers[rank].state == HELPER_WAITS) {
            reply(rank, answers->dispatch->is_rank_lost ? REPLY_BROKEN : NO_ITEM);
        }
    }
    while (receive(answers)) { /* signs of life that are still on the way */
    }
}

void *work_queue_answer(void *argument) {
    Dispatch *dispatch = argument;
    Answers answers = {.dispatch = dispatch,
                       .message_size = sizeof(Message) + dispatch->result_size};
    answers.message = malloc(answers.message_size);
    answers.helpers = calloc((size_t)dispatch->n_ranks, sizeof *answers.helpers);
    if (answers.message == NULL || answers.helpers == NULL) {
        MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
    } else {
        answer_all(&answers);
    }
    free(answers.message);
    free(answers.helpers);
    return NULL;
}
