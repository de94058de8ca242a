/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The crew: the fork server of this node, its workers, and their shared
 * memory. Knows processes, not chunks; what a death means for the work is
 * decided in fate.c.
 */
#ifndef FANFOLD_LAUNCHER_CREW_H
#define FANFOLD_LAUNCHER_CREW_H

#include "error.h"
#include "ledger.h"
#include "output.h"
#include "plan.h"

#include <stdbool.h>
#include <sys/types.h>

/* Why we sent a SIGKILL. */
enum killed { KILLED_NOT, KILLED_TIMEOUT, KILLED_STOPPED, KILLED_DAMAGED,
              KILLED_END };

/* One planned worker and the process that is it now. */
struct slot {
    bool live;               /* spawned and not yet reported dead */
    bool bindings_told;      /* of any process of this rank */
    bool absent;             /* given up: a limit leaves no room for it */
    bool left;               /* not live: the last one left (--recycle) */
    uint32_t generation;     /* goes up with every process */
    struct shm shm;          /* struct worker_shm */
    struct ring_reader *reader; /* one a thread */
    struct output *out, *err;

    uint64_t spawned_ns;
    uint32_t solo_chunk;     /* runs this one alone first, or NO_CHUNK */
    bool solo_again;         /* it failed, and is to be tried again */
    bool diagnosing;
    enum killed killed;
    uint32_t killed_tid;     /* KILLED_TIMEOUT, or asked: whose chunk, ... */
    uint64_t killed_begun;   /* ... the how manyth of that thread */
    bool asked;              /* where its threads are, and will be killed */
    bool was_asked;          /* at any time */
    uint64_t asked_ns;
    uint32_t asked_state;    /* enum worker_state */
    bool stopped;            /* by a signal */
    uint64_t stopped_ns;     /* for so long, as far as we were awake */
    uint64_t *begun;         /* one a thread: as seen last, ... */
    uint64_t *age_ns;        /* ... and for how long */
    uint32_t aged_state;     /* enum worker_state, as seen last */
};

struct crew {
    int socket;              /* to the server; -1: none */
    pid_t server;
    pid_t *strangers;        /* children that we had before; ended by 0 */
    int event;               /* eventfd: somebody wants attention */
    struct shm job, node;
    uint32_t n_workers, threads;
    struct slot *slot;
    struct executor_shm **executor; /* n_workers * threads; NULL: not live */
    bool tag_output, timestamp_output;
    FILE *kernel_stdout;     /* where to what kernels print goes */
};

/* Starts the fork server. */
int crew_start_server(struct crew *crew, struct ff_error *err);

/* Runs a command below the server and waits for it: a command_runner. */
int crew_command(void *crew, char *const argv[], int output,
                 const char *scratch, struct ff_error *err);

/* Makes the shared memory for the plan: job (places filled in) and node. */
int crew_prepare(struct crew *crew, const struct plan *plan,
                 struct ff_error *err);

/* What kernels print goes there from now on. */
void crew_print_to(struct crew *crew, FILE *to);

/* What a new worker is for. */
struct duty {
    uint32_t solo_chunk;                   /* or NO_CHUNK */
    uint64_t diagnose_begin, diagnose_end; /* equal: no diagnosis */
    bool deals, combines;                  /* see struct message */
    const uint64_t *deal; /* one a thread: where its dealing begins (ledger.h),
                             or NULL */
};
#define DUTY_PLAIN ((struct duty){NO_CHUNK, 0, 0, false, false, NULL})

/* Starts a worker in a slot that is not live: 0; 1 when the server is busy or
 * gone, try again later; 2 when there are no descriptors for it (with *err);
 * -1. */
int crew_spawn(struct crew *crew, uint32_t rank, struct duty duty,
               struct ff_error *err);

/* SIGKILL; its end is reported as any other. */
void crew_kill(struct crew *crew, uint32_t rank, enum killed why);

/* Asks the worker where its threads are (struct stacks): true when it was sent
 * the signal. */
bool crew_ask_stacks(struct crew *crew, uint32_t rank, uint32_t tid);

/* The next message about a process of the present generation: 1; 0 none now;
 * -1 the server is gone. */
int crew_receive(struct crew *crew, struct message *message);

/* A dead worker's memory and pipes, when all has been taken from them. */
void crew_retire(struct crew *crew, uint32_t rank);

/* A server that somebody stopped goes on. */
void crew_wake_server(const struct crew *crew);

/* The server is gone: ends and reaps all that was below it (we are a subreaper
 * too). The slots stay as they are, to be settled and retired. */
void crew_lost_server(struct crew *crew);

/* Closes the socket: the server ends everything that is left, and itself. */
void crew_hang_up(struct crew *crew);

/* The same, and waits until it has. */
void crew_end(struct crew *crew);
void crew_release(struct crew *crew);

static inline struct worker_shm *crew_worker(const struct crew *crew,
                                             uint32_t rank)
{
    return crew->slot[rank].shm.at;
}

static inline struct job_shm *crew_job(const struct crew *crew)
{
    return crew->job.at;
}

/* The rank of worker number `worker` of this node. */
static inline uint32_t crew_rank(const struct crew *crew, uint32_t worker)
{
    return crew_job(crew)->place[worker * crew->threads].rank;
}

static inline struct node_shm *crew_node(const struct crew *crew)
{
    return crew->node.at;
}

#endif
