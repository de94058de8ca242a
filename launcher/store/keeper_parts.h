/* SPDX-License-Identifier: Apache-2.0 */
/* Between keeper.c (begin and end), keeping.c (when), keeping_state.c (what) and
 * keeper_thread.c (which writes). */
#ifndef FANFOLD_LAUNCHER_KEEPER_PARTS_H
#define FANFOLD_LAUNCHER_KEEPER_PARTS_H

#include "error.h"
#include "grid.h"
#include "job.h"
#include "machine.h"
#include "plan.h"
#include "run_identity.h"
#include "spec.h"
#include "store.h"
#include "subject.h"

#include <limits.h>
#include <pthread.h>

/* The thread, and what it is given. Loop and thread hand each other the store,
 * a batch and the error: whose they are, `busy` says. */
struct keeper_thread {
    bool started;
    pthread_t id;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool busy, quit;          /* under the mutex */
    struct store_batch batch; /* to be written */
    struct ff_error error;    /* the first one; status 0: none */
    uint64_t n_written;       /* batches */
    uint64_t cpu_ns;          /* what the last batch cost */
    int event;                /* told when a batch is written */
};

struct run;

struct keeper {
    const struct job *job;
    const struct subject *subject;
    const struct machine *machine;
    const struct plan *plan;
    char run_id[32], path[PATH_MAX];
    bool asked;               /* for: an error of it is the run's */
    bool continues;           /* a run that was begun before, ... */
    bool unbegun;             /* ... and ended before its kernel was known */
    bool was_complete;        /* nothing of it was left */
    bool gone;                /* nothing is kept any more: */
    struct ff_error why_gone; /* since this happened */
    bool is_last;             /* the last batch is being made */
    bool ended;               /* all is in the store, which is closed */
    struct store *store;      /* NULL: not made yet */
    struct store_batch batch; /* that is being made */

    /* Of this start of the run. */
    int64_t epoch, n_events;
    double started;           /* seconds since 1970 */
    uint32_t n_nodes, n_workers, threads; /* workers of all nodes, threads of one */

    uint64_t due_ns;          /* the next batch; 0: the run has not begun */
    uint64_t flood_ns;        /* since then much output delays it; 0: none does */
    uint64_t n_batches;
    uint64_t made_ns;         /* what it took the loop to make the last one */
    uint64_t chunks, failures; /* that the last one had */
    uint32_t n_strikes;       /* that are kept */
    uint64_t input_bytes, input_head_bytes, input_head; /* keeping_input.c */
    bool input_ended;
    bool described;           /* identity, spec and grid are in the store */
    bool job_put, begun;      /* the job is; and this start of it */
    char *plan_text;          /* JSON, or NULL */
    struct identity identity;
    struct spec *spec;        /* copies, of when the kernel was open */
    struct grid grid;

    struct keeper_thread thread;
};

/* keeper_thread.c: the batch becomes the thread's, which is started when it is
 * not there: the caller's is empty then. FF_LOST. */
int keeper_hand_over(struct keeper *k, struct ff_error *err);
bool keeper_is_busy(struct keeper *k);

/* Until it is written, or has failed: -1 with *err. */
int keeper_wait(struct keeper *k, struct ff_error *err);
void keeper_stop_thread(struct keeper *k);

/* keeper.c: is there a store, after all that was handed over? */
bool keeper_is_kept(struct keeper *k, struct ff_error *err);

/* keeping_state.c: what counts now, into the batch; and back. -1: the batch is
 * none. */
int keeper_put_state(struct run *run, struct ff_error *err);
int keeper_put_outputs(struct run *run, struct ff_error *err);
int keeper_restore(struct run *run, struct ff_error *err);

/* keeping_input.c: how much of an input that grows was there; is it the same? */
void keeper_put_input(struct run *run);
int keeper_check_input(struct run *run, struct ff_error *err);

/* What the run is about, and this start of it; outcome, report and why may be
 * NULL: it goes on. */
void keeper_put_epoch(struct keeper *k, const char *status, int exit,
                      const char *why, const char *report);
double keeper_now(void);

/* By which it can be gone on with: its id, or a file that is not where runs are. */
const char *keeper_name(const struct keeper *k);

#endif
