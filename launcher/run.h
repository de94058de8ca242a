/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run: crew, dispatch, gather and blame, held together by an event loop.
 * run.c is the loop: what wakes us and what is then looked at. supervise.c
 * starts and replaces workers; fate.c decides what the end of one means for
 * its chunks.
 */
#ifndef FANFOLD_LAUNCHER_RUN_H
#define FANFOLD_LAUNCHER_RUN_H

#include "blame.h"
#include "crew.h"
#include "delivery.h"
#include "dispatch.h"
#include "gather.h"
#include "harvest.h"
#include "input.h"
#include "job.h"
#include "outcome.h"
#include "plan.h"
#include "progress.h"
#include "stream.h"
#include "walltime.h"
#include "work_file.h"

#include <ev.h>
#include <stdbool.h>

struct member;
struct root;

#define RUN_END_KILL_NS 2000000000u /* workers that do not leave at the end, or
                                       to be replaced */
#define RUN_HOPELESS 16 /* chunks that killed their workers, and none done: the
                           run is given up */

/* What supply.c knows of an input that grows. */
struct supply {
    struct stream *stream; /* NULL: all items are known from the start */
    struct cover granted;  /* chunks of what has come */
    uint64_t max_args;     /* inputs an item */
    bool more;             /* for another turn */
    ev_io io;
};

struct keeper;
struct store_batch;

struct slot_watch {
    struct run *run;
    uint32_t rank;               /* number of the worker on this node */
    ev_io out, err;
};

struct run {
    const struct job *job;
    const struct plan *plan;
    const struct input *input;
    const struct work_file *work; /* or WORK_FILE_NONE */
    struct crew *crew;
    struct member *member;       /* of a cluster (member.h), or NULL */
    struct root *root;           /* of a cluster (root.h), or NULL */
    struct keeper *keeper;       /* keeps it (keeper.h), or NULL */
    const struct cover *granted; /* as in gather.h; NULL: all chunks */
    struct supply supply;
    struct gather gather;
    struct delivery delivery;
    struct harvest *harvest;     /* of a command, but on nodes; or NULL */
    uint64_t items_before;       /* done before, of a run that goes on */
    uint64_t chunks_before;      /* the same by a joblog, so without rows */
    uint64_t chunks_kept;        /* by the store: done or failed */
    uint64_t started_ns;
    struct dispatch dispatch;
    struct blame blame;
    struct diagnosis diagnosis;
    bool diagnosis_spawned;      /* what is to be tried has a worker */
    uint32_t n_absent, n_absent_seen; /* slots that were given up */
    struct ff_error absence;     /* why */
    bool absence_told;
    unsigned n_doubtful;         /* deaths from outside of what is tried now */
    uint32_t *to_diagnose;       /* failed chunks that wait for it */
    size_t n_to_diagnose, n_diagnosed;

    bool described;              /* the spec is known */
    bool loading;                /* the spec is known, the shared data are
                                    not there yet */
    bool opened;                 /* the spec is known, chunks can be taken */
    bool stopping;               /* no new chunks; then the run ends */
    bool hopeless;               /* nothing but failures: given up */
    struct map *map;             /* --schedule-map, or NULL */
    bool halted;                 /* --halt: so many have failed or are done */
    int stop_status;             /* enum ff_status, when stopping */
    bool asked;                  /* commands were told to end (PHASE_TERM) */
    bool killing;                /* workers were killed at the end */
    bool over;                   /* the loop has been left */
    int interrupts, terminations, requests; /* signals that were dealt with */
    unsigned n_backtraces;       /* of failures */
    unsigned n_fatal;            /* chunks that killed their workers for good */
    unsigned opening_deaths;     /* while opening, with no chunk done since */
    uint64_t opening_chunks;
    bool ran;                    /* one died that was not opening */
    unsigned unexplained_deaths; /* without a suspect, since ... */
    uint64_t unexplained_missing; /* ... so many chunks were missing */
    unsigned server_deaths;      /* without a chunk done in between */
    uint64_t server_death_chunks;
    struct ff_error error;       /* status 0: none */
    unsigned combining_deaths;   /* of workers that combined states */
    struct ff_error uncombined;  /* as in the outcome */
    struct backtrace *error_trace; /* of the worker it tells of, or NULL */

    uint64_t now_ns, ticked_ns, opened_ns, over_ns, kill_ns, limit_ns;
    uint64_t ask_ns;             /* when commands are told, before kill_ns */
    struct spec spec;
    struct fingerprint fingerprint; /* of worker fingerprint_rank, the first */
    uint32_t fingerprint_rank;
    char fingerprint_differs[FINGERPRINT_DIFFERS]; /* from it, or "" */
    struct progress progress;
    struct worker_outcome *worker;
    uint32_t workers_died, workers_recycled;
    uint64_t slept_ns;           /* as in the outcome */
    uint64_t longest_ns;
    uint32_t longest_chunk;
    uint64_t ended_ns;           /* the longest that has ended, of nodes and of
                                    workers that are gone */
    struct walltime limit, job_end; /* --time-limit; the batch job's */

    struct ev_loop *loop;
    ev_io event, socket;
    ev_io sink[DELIVERY_MAX_SINKS]; /* until what blocks us was read */
    ev_io printer;                  /* the same of a command's */
    ev_timer tick;
    struct slot_watch *watch;
};

/* Runs the job with a prepared crew (its server started, kernel and arguments
 * in job_shm) to its end, whatever that is, and fills *outcome, which is all
 * zero (release with outcome_release): 0. -1 with *err when there is nothing to
 * report: the kernel cannot be opened, workers cannot be started. Once a
 * process. */
int run_job(const struct job *job, const struct plan *plan,
            const struct input *input, const struct work_file *work,
            struct crew *crew, struct keeper *keeper, uint64_t started_ns,
            struct outcome *outcome, struct ff_error *err);

/* ---- between run.c, intake.c, supervise.c and fate.c --------------------- */

/* The loop of a run, from the first worker to the end of the last one. -1 with
 * *err when there was none. */
int run_loop(struct run *run, uint64_t started_ns, struct ff_error *err);

/* The look at everything. */
void run_tend(struct run *run);

/* The spec is known, the grid and the schedule stand in the job: gathers,
 * dispatches, delivers; loads shared data first, if there are any. */
int run_begin(struct run *run, struct ff_error *err);

/* Workers may take chunks. */
void run_let_go(struct run *run);

/* All is done, or given up: the workers are told to leave. The loop goes on
 * until they have. */
void run_end(struct run *run);

/* Fatal: the run ends with this error. The first one counts. */
void run_fail(struct run *run, const struct ff_error *err);
void run_fail_memory(struct run *run);

/* No new chunks; what runs may end until kill_ns, then it is killed, commands
 * are told to end a little before. Of two reasons the first names the status,
 * the earlier time holds. */
void run_stop(struct run *run, int status, uint64_t kill_ns);

/* After it, of a command: those that run are told to end (PHASE_TERM). They
 * have some time before they are killed. */
void run_ask(struct run *run);

void run_kill_all(struct run *run);

/* The grid of the spec, for so many executors. FF_USAGE. */
int run_make_grid(const struct run *run, uint32_t n_executors,
                  struct grid *grid, struct ff_error *err);

/* Says what was declared and is of no use. */
void run_tell_unused(const struct run *run);

/* conclude.c: the loop has ended, and all workers: fills the outcome: 0; -1
 * with *err when there is nothing to report. */
int run_conclude(struct run *run, uint64_t started_ns,
                 struct outcome *outcome, struct ff_error *err);
void run_release(struct run *run);

/* Part of it: names for where kernels crashed, in failures and in the error.
 * All workers are gone, but the fork server is still there. */
void run_name_frames(struct run *run);

/* ending.c: is there a reason to end before the work is done? */
void ending_begin(struct run *run, uint64_t started_ns); /* the clock runs */
void ending_take_signals(struct run *run);
void ending_check_limits(struct run *run);
void ending_check_halt(struct run *run); /* --halt: has enough failed, or been
                                            done? */

/* The longest chunk that has ended so far. */
uint64_t ending_longest_ns(const struct run *run);

/* Is there as much as --halt wanted? (Not when it is about failures; nor of
 * `done`, when some have failed.) */
bool ending_has_reached(const struct run *run);

/* intake.c: takes all published records of a worker. */
void run_drain(struct run *run, uint32_t rank);

/* Is it a kernel that each thread of each worker calls once? */
static inline bool run_is_once(const struct run *run)
{
    return run->spec.kind == FF_KERNEL_ONCE;
}

/* loading.c */

/* A worker that has opened the kernel is to load the shared data; which one is
 * chosen, now or when there is one. */
void loading_begin(struct run *run);

/* Is this worker at it? */
bool loading_is_by(const struct run *run, uint32_t rank);

/* That worker died: another one will have to, should it have been. */
void loading_lost(struct run *run, uint32_t rank);

/* Are they there? Chooses another loader when there is none. */
bool loading_ended(struct run *run);

void loading_release(struct run *run);

/* supply.c: an input that grows while the run goes on (run->supply) */

/* Chunks can be taken: begins. */
void supply_begin(struct run *run);

/* Takes in what has come, and grants it. Nothing when all is known. */
void supply_tend(struct run *run);

/* Is more to come, as far as we know? */
bool supply_is_open(const struct run *run);

/* No more is read: the grid is that of what was granted. */
void supply_end(struct run *run);
void supply_release(struct run *run);

/* deliver.c: outputs and arrays */

/* The kernel is open: opens them, and tells the workers of the arrays. */
int deliver_open(struct run *run, struct ff_error *err);

/* Writes what can be written now. True when all has been written that is to
 * be. */
bool deliver_write(struct run *run);

/* Does so much wait, for a reader or on a node for the root, that nothing more
 * should be taken in? */
bool deliver_must_wait(const struct run *run);

/* Tells the progress what became of commands. False: it is not to be shown now,
 * in the middle of a line of theirs. */
bool deliver_tell_progress(struct run *run);

/* How the next chunks are to be handed out. */
void deliver_pace(struct run *run);

/* After the loop: the rest, as long as somebody reads it and nobody ends it;
 * then all is closed. What failed is in the outcome. */
void deliver_finish(struct run *run, struct outcome *o);

/* On a node of a cluster, before each gather_take: the next message (wire.h,
 * RECORD) with outputs or rows of what was accepted since the last one. 1 with
 * *message, to be freed; 0: there is no more, and gather_take may follow, with
 * nothing taken in in between; -1 with *err. */
int deliver_take(struct run *run, void **message, size_t *n,
                 struct ff_error *err);

/* On a node: is there nothing to take; are there megabytes? */
bool deliver_is_drained(const struct run *run);
bool deliver_has_much(const struct run *run);

/* On the root, a RECORD of a node, which has the chunks `holds`: rows, outputs,
 * or all else without `fold` (that is gather_stage's), of such chunks. As
 * gather_record. */
enum gather_verdict deliver_record(struct run *run, uint32_t node,
                                   const struct cover *holds,
                                   const void *message, size_t n);

/* On the root: so much waits for its turn or for a reader that no chunks should
 * be granted but those before what was granted already. */
bool deliver_is_behind(const struct run *run);

/* combining.c: after the loop, has a worker combine and finish each result that
 * is an operation of the kernel's own. One that cannot be is left as it is, with
 * the reason in run->uncombined. */
void run_combine(struct run *run);

/* Did this worker die while it combined states? Then nobody does before the end,
 * where it is known which result is to blame; its chunks are not. tid: the
 * thread that died, or NO_EXECUTOR. */
bool run_died_combining(struct run *run, uint32_t rank, uint32_t tid);

/* Takes note of signals; true after the second Ctrl-C. */
bool run_is_killed(struct run *run);
/* A chunk that took so long. */
void run_note_longest(struct run *run, uint32_t chunk, uint64_t ns);

/* supervise.c */

/* Starts what slots without a worker are needed for, if anything. */
void supervise_refill(struct run *run);

/* Takes the fork server's messages; starts another one when it is gone. */
void supervise_receive(struct run *run);

/* Is there no room for all workers (descriptors, processes)? Says once with
 * how many it runs, as soon as they become no fewer, or at the end. A kernel
 * that must have them all cannot: -1. */
int supervise_tell_absent(struct run *run, bool at_end, struct ff_error *err);

/* Another tick: workers that are stopped or too slow are killed. */
void supervise_age(struct run *run);

/* What commands print as it comes could not be written to standard output,
 * errno: that ends the run. */
void supervise_unprinted(struct run *run, int error);
/* The same, if that is so of what this worker has passed on. */
void supervise_check_printed(struct run *run, uint32_t rank);

/* When a diagnosis or a solo run needs a slot and all are taken, an idle
 * worker leaves. */
void supervise_make_room(struct run *run);

/* leaving.c */

/* At the end of a worker that was leaving: says it when its FF_TEARDOWN did not
 * end. The answer stands, but what that was to do may not be done. */
void leaving_tell(struct run *run, uint32_t rank, const struct message *m);

/* [LEAVE] Has it left to be replaced? It says so, and nothing is in its hands:
 * else it is one that died. */
bool leaving_is_replaced(struct run *run, uint32_t rank);

/* It has: its slot is to be filled again. */
void leaving_take(struct run *run, uint32_t rank, const struct message *m);

/* overtime.c */

/* What executor tid of the worker does, its chunk number `begun`, has taken too
 * long: the worker is asked for its stacks, and killed. */
void overtime_begin(struct run *run, uint32_t rank, uint32_t tid,
                    uint64_t begun);

/* In each look: those that have told, or have had time to, are killed. */
void overtime_look(struct run *run);

/* fingerprints.c: the run's is that of this worker; what differs from it. */
void fingerprints_take(struct run *run, uint32_t rank);
void fingerprints_compare(struct run *run, uint32_t rank);

/* opening.c: a worker died before it ran anything. Others take its place, but
 * not for ever. */
void opening_died(struct run *run, uint32_t rank, int status);

/* fate.c */

/* A worker has ended and was reaped: its chunks, its blame, its memory.
 * blameless: it went with the fork server. */
void fate_of_worker(struct run *run, uint32_t rank, const struct message *m,
                    bool blameless);

/* The chunk in an executor's hands, not settled; or NO_CHUNK. */
uint32_t fate_chunk_in_hand(struct run *run, uint32_t rank, uint32_t tid);

/* A chunk failed for good: queues its diagnosis. */
void fate_diagnose(struct run *run, uint32_t chunk);

/* Begins the next queued diagnosis, when none is running. */
void fate_next_diagnosis(struct run *run);

/* Solo chunks that were run and still are not settled go back. */
void fate_check_solo(struct run *run);

/* member_*.c: of a node of a cluster (run->member) */

/* The first worker has opened the kernel: tells the root. The run goes on when
 * START comes. */
int member_opened(struct run *run, struct ff_error *err);

/* The loop begins: watches the carrier in it. */
void member_listen(struct member *m);

/* In each look: takes messages in at its beginning; sends status and records
 * out at its end. */
void member_receive(struct run *run);
void member_tell(struct run *run);

/* Watches the carrier in the loop of the run. */
void member_listen(struct member *m);

/* It was stopped, and nothing runs any more. */
void member_quiet(struct run *run);

/* More is known of why a chunk failed. */
void member_failed(struct run *run, uint32_t chunk);

/* Has what kernels print somewhere to go now? */
bool member_can_print(const struct run *run);

/* keeping.c: a run with a keeper (keeper.h); without one nothing */

/* The kernel is known and the gather is there (run_begin): compares what the run
 * is about with what is kept (FF_CHANGED), and what is kept counts from now on.
 * Without an earlier run nothing but the identity. Before deliver_open. */
int keeping_begin(struct run *run, struct ff_error *err);

/* In each look, behind all else. */
void keeping_tend(struct run *run);

/* So much waits to be written that no more should be taken in. */
bool keeping_must_wait(const struct run *run);

/* One line of what happened, for `fanfold show --events`: kind is one word
 * ("death", "failed", "retry", "node", "signal" ...). */
void keeping_event(struct run *run, const char *kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Something came up that a resume must know, such as a strike: the next batch is
 * due. */
void keeping_hurry(struct run *run);

/* The batch that is being made; NULL: nothing is kept. For rows that are there
 * once: what is of a moment (delivery_save ...) is asked for in keeping_tend. */
struct store_batch *keeping_batch(struct run *run);

/* The loop has ended and nothing comes any more: the last batch. First what
 * counts, before the outcome is made of it; then outputs, when all that could be
 * written is. */
void keeping_last(struct run *run);
void keeping_last_outputs(struct run *run);
bool keeping_is_last(const struct run *run); /* is there such a batch? */
/* Is there, or may there be, anything of this start in the store? */
bool keeping_has_told(const struct run *run);

/* Did the store that was asked for fail, and can the run be gone on with from
 * what it was told before? */
bool keeping_is_left(const struct run *run);

/* root.c: the root of a cluster (run->root). The run is to stop, commands to
 * end, or workers to be killed: tells the nodes. */
void root_stop(struct run *run);
void root_ask(struct run *run);
void root_kill(struct run *run);

/* How long chunks may go on after a SIGTERM: somebody else's mpirun waits for
 * a second only before it kills us. */
uint64_t root_grace_ns(const struct run *run);

#endif
