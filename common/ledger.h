/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger: the layout of the memory that launcher and workers share.
 *
 *   struct job_shm     one a node. What the job is and in which phase. Sealed
 *                      so that only the launcher's mapping can write it: a
 *                      wild write of a kernel is a fault of that kernel.
 *   struct node_shm    one a node. The claim words. All workers of the node
 *                      map it, so a wild write can ruin it: nothing in it
 *                      decides what is run as what, or what counts.
 *   struct worker_shm  one a worker. Epochs, the record under construction and
 *                      the rings of its executors. Only this worker and the
 *                      launcher map it: a wild write hits nobody else.
 *
 * All are memfds without a name, sealed against resizing, not inherited over
 * a fork of the kernel (MADV_DONTFORK). No lock lives here (R4): every shared
 * field is a single word with one writer, except claim words (claim.h).
 *
 * How an executor works, in the order of its stores. The names in brackets
 * are the steps of tests/model/engine.pml and stand beside the code in
 * worker/executor.c and launcher/dispatch.c.
 *
 *   [ODD]      epoch becomes odd: I may hold chunks
 *   [TAKE] [EMPTY] [STEAL]   chunks out of a word (claim.h); of what came from
 *              a pool or another's word I keep a batch, and [PUT] the rest
 *              into my own
 *   [OPEN]     what I took stands in open[] before it is run
 *   [RUN]      the kernel, chunk by chunk
 *   [WRITE]    the record: all of open[] and the partial over it
 *   [CLOSE]    open[] is empty. Or has the running chunk alone, when that lasts
 *              and the record was of those before it: to the launcher this
 *              executor has published, and then taken one chunk and opened it
 *   [EVEN]     epoch becomes even: I hold nothing that is not published
 *
 * A dead executor (its worker was reaped) is [SETTLE]d by the launcher: first
 * its ring is drained, then its word is emptied, then what stands in open[]
 * and was not accepted is handed out again. Between [WRITE] and [CLOSE] a
 * range stands in both: accepted wins. Between two words (after [EMPTY] or
 * [STEAL], before [PUT]; after [TAKE], before [OPEN]) chunks can be lost with
 * the executor; they are found at the end.
 *
 * [QUIET] The end: a first pass finds all epochs even, then all words empty;
 * then all rings are drained; a second pass finds the same epochs. The order
 * matters (no word may be read before its owner's epoch), and in between
 * nothing else is done: no worker is settled or started, nothing posted. Why
 * nothing can then be in flight: chunks move only in the hands of an executor
 * whose epoch was odd before it touched the word. All epochs were even and unchanged
 * between the end of the first pass and the start of the second, so in between
 * nobody held or moved a chunk; the words were empty in that time; and a
 * record is released before its epoch becomes even, so draining saw them all.
 * What is granted, not accepted and not failed is then lost: it is handed out
 * again. Were the argument wrong, the commit rule (gather.h) would still
 * refuse a second count: only time would be lost.
 *
 * [LEAVE] With --recycle a worker leaves when its executors have begun so many
 * chunks. It does so between two chunks: the rest of the batch is trimmed from
 * open[], then [PUT] into its own word, as when somebody is hungry; all that
 * was run is published, [WRITE] and [CLOSE]; then [EVEN]. Chunks are then in
 * words only, and may stay there for as long as it takes: [QUIET] finds words
 * that are not empty. Of a worker that has left the launcher drains the rings
 * as of a dead one. What stands in its words is, with STATIC, for its
 * replacement, and stays; else it goes to the backlog, as [SETTLE] has it. What
 * an executor has yet to [DEAL] stands in no word, so that one does not become
 * even: it says which chunk is the next one, and stays odd until it is reaped.
 * Then the launcher counts it as one that is to deal and has not begun, as at
 * the start of the run, and has its replacement deal from there. A worker that
 * dies in between is one that died.
 *
 * [RECALL] On a node of a cluster chunks come from the root and may go back to
 * it. The launcher takes them out of its backlog, or out of a word by the swap
 * of [STEAL]; sends them off; and in the same step they are granted no more. So
 * [QUIET] holds as it stands. A recall is a step of the launcher, and so never
 * between the two passes. What it takes was free: in no open[] and in nobody's
 * hands. And from then on nobody here misses it, since what is lost is looked
 * for in what is granted. Should one of these chunks be run here all the same
 * (a wild write had put it into two words), its record is beyond what is
 * granted, and dropped: the chunk counts where it went.
 */
#ifndef FANFOLD_COMMON_LEDGER_H
#define FANFOLD_COMMON_LEDGER_H

#include "claim.h"
#include "error.h"
#include "fingerprint.h"
#include "grid.h"
#include "ring.h"
#include "spec.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <string.h>

#define NO_CHUNK UINT32_MAX
#define NO_RANK UINT32_MAX
#define NO_EXECUTOR UINT32_MAX
#define OPEN_RANGES 256
#define INPUT_BLOCK 4096 /* bytes of the input for each count of the index */
#define LEDGER_TEXT 65536 /* bytes of kernel path and arguments */
#define LEDGER_MAX_EXECUTORS 4096
#define LEDGER_MAX_CPUS 4096 /* whose numbers a binding is reported with */

enum phase {
    PHASE_OPEN, /* workers open the kernel and tell what it declares */
    PHASE_LOAD, /* one of them loads the shared data */
    PHASE_RUN,  /* the grid is fixed; chunks may be taken */
    PHASE_STOP, /* finish the chunk in hand, publish, start no other */
    PHASE_TERM, /* after PHASE_STOP, when it is a command: end what you run,
                   SIGTERM, and SIGKILL after work_head.kill_after_ns; it then
                   was not done: RECORD_CANCELLED */
    PHASE_QUIT, /* leave */
    PHASE_COMBINE /* all have left; one more combines what is the kernel's own
                     operation (worker/combine.h) */
};

struct claim_line {
    _Alignas(64) claim_word word;
};

/* Where an executor is, for binding and for the order of its victims. */
struct place {
    uint32_t cpus, n_cpus; /* to bind to: job_cpus()[cpus ..], ascending;
                              n_cpus 0: not bound */
    uint32_t share;        /* cores for what its kernel starts, >= 1 */
    uint32_t core;         /* logical numbers on this machine */
    uint32_t l2, l3, numa, package;
    uint32_t rank;         /* of its worker, among those of all nodes */
};

/* A file of the launcher that workers map, such as the input: they open
 * /proc/LAUNCHER/fd/FD themselves, map what they need and close it, so that no
 * kernel finds a descriptor of it. fd -1: there is none. */
struct node_file {
    int32_t fd;
    uint32_t reserved;
    uint64_t bytes;
};

/* Which executor runs which chunk first. But for DYNAMIC an executor looks for
 * chunks only in its own word and in pool words. With CYCLIC there is one more
 * way for a chunk into the hands of an executor, [DEAL]: from a counter in its
 * own memory. No word and no open[] has such a chunk before, so what [QUIET]
 * relies on is said of them by epochs as well: an executor that deals is odd
 * before it deals the first and until it has dealt and published the last; and
 * before it has begun, with epoch 0, it counts as not quiet. What it had not
 * dealt when it died is lost, and found by [QUIET]; its replacement does not
 * deal. */
enum schedule {
    SCHEDULE_DYNAMIC, /* whoever is free; the default */
    SCHEDULE_STATIC,  /* a block each, nobody steals */
    SCHEDULE_CYCLIC,  /* dealt in turn, nobody steals */
    SCHEDULE_ONCE     /* chunk i by executor i, also after a death */
};

/* Written by the launcher only. */
struct job_shm {
    /* Before the first worker starts. */
    uint32_t n_workers, threads; /* executors = n_workers * threads */
    uint32_t n_executors, n_pool;
    uint32_t size;            /* workers of all nodes: n_workers on one */
    uint32_t node;            /* which of them this is */
    uint32_t n_cpus;          /* of job_cpus() */
    uint32_t report_bindings; /* read each mask back into executor_shm */
    uint32_t openmp_spent;    /* OMP_NUM_THREADS has become `threads` */
    uint64_t seed;
    uint64_t verify;    /* share of the chunks that are run twice, in 2^-64
                           (chosen.h) */
    uint32_t recycle;   /* a worker leaves after so many chunks; 0: it stays */
    uint64_t range_first, range_last;
    uint32_t has_range; /* --range was given; else FF_ITEMS counts */
    int32_t launcher;   /* its pid */
    uint32_t line_ends_with;    /* of the input: newline or zero */
    uint32_t keep_order;        /* what kernels print is an output more */
    struct node_file input;     /* items are its lines */
    struct node_file input_index; /* launcher/input.h */
    struct node_file work;      /* common/work.h; fd -1: a C kernel alone */
    uint32_t n_args, n_env, n_folds; /* in text */
    uint32_t n_text;    /* bytes used in text */
    char text[LEDGER_TEXT]; /* those of enum job_text, then n_args NAME=VALUE
                               for the kernel, n_env for the environment and
                               n_folds of --fold, each ended by a zero byte */
    /* Before PHASE_RUN. */
    uint32_t schedule;          /* enum schedule */
    uint32_t team;              /* so many executors are a team, of which only
                                   the first takes chunks; mostly 1 */
    uint32_t quiet;             /* no ff_log */
    struct node_file shared;    /* all shared data; set before the loader is */
    uint32_t in_order;          /* there are outputs: the lowest chunks are
                                   wanted first */
    _Atomic uint32_t loader;    /* PHASE_LOAD: the rank that loads, or
                                   NO_RANK */
    struct node_file array[SPEC_MAX_ARRAYS];
    struct grid grid;
    uint64_t spec_hash;
    /* Before PHASE_COMBINE. */
    uint32_t combine_result;
    struct node_file combine;   /* a tree of its states, as words; the answer
                                   is written over the first of them */
    /* At any time: bytes that there are now of an input that grows, and of its
     * index; then how many lines or blocks are complete in them (released after
     * the two, and before chunks of these are granted). 0: it does not grow, or
     * there is nothing yet. */
    _Atomic uint64_t input_grown, index_grown, inputs_grown;
    /* At any time: states of the kernel's own operations are not combined before
     * PHASE_COMBINE, because a worker died of it. */
    _Atomic uint32_t apart;
    /* At any time: odd while the launcher takes records in and decides, by them,
     * whether to go on. */
    _Atomic uint32_t looks;
    /* At any time; a futex. */
    _Alignas(64) _Atomic uint32_t phase;
    /* Of the n_executors, and behind them n_cpus numbers of CPUs; before the
     * first worker starts. */
    _Alignas(64) struct place place[];
};

static inline const uint32_t *job_cpus(const struct job_shm *job)
{
    return (const uint32_t *)(job->place + job->n_executors);
}

/* The first texts of a job. Those of Python are empty unless the kernel is a
 * function of it. */
enum job_text {
    JOB_KERNEL,         /* as the user named it; of a command: nothing */
    JOB_OBJECT,         /* path of its object; of Python: of its source */
    JOB_WDIR,           /* the directory to run in, or nothing */
    JOB_PYTHON,         /* path of the interpreter's program, ... */
    JOB_PYTHON_LIBRARY, /* ... of its shared library, ... */
    JOB_PYTHON_PATH,    /* ... --python-path, ... */
    JOB_PYTHON_PLUGIN,  /* ... of our plug-in, ... */
    JOB_PYTHON_FILE,    /* ... and where the user has the source */
    JOB_ARGS            /* the first of the arguments */
};

/* Text number i. */
static inline const char *job_text(const struct job_shm *job, uint32_t i)
{
    const char *text = job->text;
    while (i-- > 0)
        text += strlen(text) + 1;
    return text;
}

/* The first of its n_folds texts of --fold. */
static inline const char *job_fold_texts(const struct job_shm *job)
{
    return job_text(job, JOB_ARGS + job->n_args + job->n_env);
}

/* Before a command starts (worker/gate.h): times of CLOCK_MONOTONIC, moved by
 * compare-and-swap. A time that nobody can have written in earnest (too far in
 * the future) counts as 0, so neither a wild write nor a death can hold anybody
 * up for longer than one that is meant. */
struct gate_shm {
    _Alignas(64) _Atomic uint64_t next_ns; /* --delay: no start before it */
    _Atomic uint64_t busy_ns; /* a command of this node ran at this time */
    _Atomic uint64_t told_ns; /* somebody said what is waited for */
};

/* Written by all. */
struct node_shm {
    struct gate_shm gate;
    _Alignas(64) _Atomic uint32_t hungry; /* 1: an executor found nothing, so
                                             give chunks back */
    _Alignas(64) _Atomic uint32_t wake;   /* futex; goes up to wake the idle */
    struct claim_line claim[]; /* n_executors words of executors, then n_pool
                                  pool words */
};

enum bound { BOUND_UNKNOWN, BOUND_KNOWN, BOUND_UNREADABLE };

/* Written by one executor, read by the launcher. */
struct executor_shm {
    _Alignas(64) _Atomic uint64_t epoch;
    _Atomic uint64_t begun;   /* chunks begun so far */
    _Atomic uint64_t kept;    /* of these, before the last record */
    _Atomic uint32_t current; /* the chunk in the kernel's hands, NO_CHUNK */
    _Atomic uint32_t combines; /* 1: in a combine function, of several chunks */
    _Atomic uint32_t n_open;
    _Atomic uint64_t busy_ns; /* inside the kernel */
    _Atomic uint64_t longest_ns;    /* of the chunks that were a batch alone, */
    _Atomic uint32_t longest_chunk; /* the longest */
    _Atomic uint64_t publish_ns;
    _Atomic uint64_t done;    /* chunks that ended well */
    _Atomic uint64_t steals;
    _Atomic uint64_t deal;    /* [LEAVE]: the next chunk to be dealt. The
                                 launcher stores where a replacement begins */
    _Alignas(64) _Atomic uint64_t open[OPEN_RANGES]; /* claim_pack(range) */
    struct ring ring;
    /* With job_shm.report_bindings. */
    _Atomic uint32_t bound; /* enum bound; released after mask */
    _Atomic uint64_t mask[LEDGER_MAX_CPUS / 64]; /* where it may run */
};

#define CRASH_FRAMES 32
#define CRASH_OBJECTS 8
#define CRASH_PATH 512

/* Where a thread was when it crashed, innermost first. */
struct crash_trace {
    _Atomic uint32_t n_frames; /* goes up as they are found */
    uint32_t n_objects;
    struct {
        uint64_t address; /* as in the object's file; of no object: as it is */
        uint32_t object;  /* or CRASH_OBJECTS: of none */
        uint32_t reserved;
    } frame[CRASH_FRAMES];
    char object[CRASH_OBJECTS][CRASH_PATH]; /* files; "": our own program */
};

#define STACKS_THREADS 16
#define STACKS_LISTED 64

/* Where one thread is. Written by its handler. */
struct thread_stack {
    _Atomic int32_t tid;    /* of the system; 0: nobody has this slot */
    uint32_t executor;      /* tid, or NO_EXECUTOR: the kernel has started it */
    _Atomic uint32_t done;  /* released after the rest */
    struct crash_trace trace;
};

/* Where all threads are, of a worker that is about to be killed: see
 * worker/stacks.h. */
struct stacks {
    _Atomic uint32_t wanted; /* by the launcher: 1 + the executor whose chunk
                                took too long; 0: it has not asked */
    _Atomic uint32_t asked;  /* threads there are; after each was sent the
                                signal */
    _Atomic uint32_t answered, n_taken;
    _Atomic uint32_t n_idle; /* of these, executors without a chunk: their
                                stacks say nothing */
    _Atomic uint32_t freed;  /* by the launcher: it lives, after all */
    uint32_t n_listed;
    int32_t listed[STACKS_LISTED]; /* their tids, in order of creation */
    struct thread_stack thread[STACKS_THREADS]; /* the first: of `wanted` */
};

#define CRASH_LEFT UINT32_MAX   /* a thread ended itself (pthread_exit) */
#define CRASH_LEFT_STATUS 97    /* exit status of its process */

enum worker_state {
    WORKER_STARTING,
    WORKER_REFUSED,  /* error is set; the worker leaves by itself */
    WORKER_OPENED,   /* spec is set */
    WORKER_LOADED,   /* PHASE_LOAD: the shared data are there */
    WORKER_SETUP,    /* in FF_SETUP */
    WORKER_RUNNING,
    WORKER_SURVIVED, /* diagnosis: the items ran to their end; PHASE_COMBINE:
                        the answer is there */
    WORKER_TEARDOWN, /* in FF_TEARDOWN, or behind it */
    WORKER_LEAVING   /* the same, to be replaced (--recycle): nothing is in its
                        hands */
};

/* PHASE_COMBINE: `current` of executor 0. */
enum combining { COMBINING_COMBINE, COMBINING_FINISH };

struct worker_shm {
    _Atomic uint32_t state; /* enum worker_state; released after the rest */
    uint32_t n_executors;   /* the launcher */
    /* The handler of a fatal signal. */
    _Atomic uint32_t crash_signal;   /* 0: none; CRASH_LEFT */
    _Atomic uint32_t crash_executor; /* tid, or NO_EXECUTOR */
    _Atomic uint32_t crash_outside;  /* 1: sent by another process */
    _Atomic uint64_t crash_address;
    struct crash_trace crash_trace;
    struct stacks stacks;
    _Atomic uint64_t wait_ns; /* its threads were ready to run and did not, for
                                 want of a CPU; at its end, 0: not known */
    struct ff_error error;
    struct spec spec;
    struct fingerprint fingerprint; /* with spec */
    struct executor_shm executor[];
};

/* A mapped shared memory. */
struct shm {
    void *at;
    size_t bytes;
    int fd; /* the launcher's, close-on-exec; -1 once closed */
};

size_t job_shm_bytes(uint32_t n_executors, uint32_t n_cpus);
size_t node_shm_bytes(uint32_t n_executors, uint32_t n_pool);
size_t worker_shm_bytes(uint32_t n_executors);

enum shm_access { SHM_SHARED, SHM_READ_ONLY };

/* Launcher: a new zeroed memfd, mapped for reading and writing, sealed against
 * resizing; SHM_READ_ONLY: and against any other writable mapping. FF_LOST on
 * failure. */
int shm_create(struct shm *shm, size_t bytes, enum shm_access others,
               struct ff_error *err);

/* Worker: maps fd (whose size it asks), MADV_DONTFORK, and closes it. */
int shm_open_fd(struct shm *shm, int fd, enum shm_access access,
                struct ff_error *err);

void shm_release(struct shm *shm);

/* Waits until *word is no longer `seen`, or timeout_ns have passed, or for no
 * reason. Wakes all who wait on the word. Over processes. */
void futex_wait(const _Atomic uint32_t *word, uint32_t seen,
                uint64_t timeout_ns);
void futex_wake(_Atomic uint32_t *word);

/* Adds one to an eventfd. Nothing happens when fd is -1 or has become something
 * else: a kernel may have closed ours and opened a file under its number. */
void event_notify(int fd);

/* ---- records ------------------------------------------------------------- */

enum record_kind {
    RECORD_PARTIAL = 1, /* ranges, then the partial's words */
    RECORD_FAILED,      /* ff_fail: one range of one chunk, then item, text */
    RECORD_DIFFERS,     /* the same of a chunk that is not to be tried again:
                           run twice, it gave different results (--verify) */
    RECORD_OUTPUT,      /* emitted bytes of chunks; count with the next PARTIAL
                           of this executor, which covers them; FAILED,
                           DIFFERS or CANCELLED of their chunk takes them back */
    RECORD_COMBINED,    /* --serial, the last: no ranges, then the state of all
                           chunks, in which the kernel's own operations are
                           finished; the rest of it means nothing */
    RECORD_CANCELLED,   /* one range of one chunk, which was begun, and ended
                           since the run ends: as if it had not been begun */
    /* From the launcher of a node to the root of a cluster. */
    RECORD_NODE,        /* struct record_node: what the node has accepted */
    RECORD_ROWS         /* struct record_rows: rows of an array */
};

/* Bytes that the chunks [lo, hi) emitted into an output. Those of a chunk that
 * is still running are a segment of their own. */
struct output_segment {
    uint32_t lo, hi;
    uint32_t output, reserved;
    uint64_t bytes; /* not 0 */
};

struct record_head {
    uint32_t kind;
    uint32_t n_ranges;
    /* struct range ranges[n_ranges]; then
     * PARTIAL: int64_t words[layout->n_words]; then, when results are
     * ordered, the states of these chunks, as tree_encode writes them
     * FAILED:  uint64_t item; char text[], up to FAIL_TEXT bytes, of which the
     * last is zero
     * OUTPUT, in place of the ranges: struct output_segment
     * segments[n_ranges], then the bytes of each */
};

/* Behind the head of a RECORD_NODE: n_ranges ranges, then int64_t words of the
 * partial, of the tree of states, of the tree of the kernel's own operations
 * (both as tree_encode writes them; without states they have no words). */
struct record_node {
    struct record_head head;
    uint64_t n_words, n_tree_words, n_own_words;
    uint32_t fold;      /* 1: the last; lanes are 0 here, and come by MPI */
    uint32_t reserved;
};

/* Rows of an array: n_ranges of struct row_range, then their bytes. */
struct record_rows {
    struct record_head head;
    uint32_t array, reserved;
};

/* Rows [first, first + n). */
struct row_range {
    uint64_t first, n;
};

/* Room for the text of a failure, with the zero: a traceback has several lines.
 * Only the bytes that it has travel and are kept. */
#define FAIL_TEXT 2048

/* ---- messages over the socket between launcher and fork server ----------- */

enum message_kind {
    MESSAGE_SPAWN = 1, /* launcher: start a worker; with five descriptors:
                          job_shm, node_shm, its worker_shm, its stdout, its
                          stderr */
    MESSAGE_KILL,      /* launcher: SIGKILL to `rank` if it still lives */
    MESSAGE_STACKS,    /* launcher: SIGQUIT to `rank`, which is to note where
                          its threads are (struct stacks) */
    MESSAGE_COMMAND,   /* launcher: run text[] (argv, each ended by a zero
                          byte) with one descriptor as stdout and stderr, and
                          remove `scratch` when the launcher goes away */
    MESSAGE_UNSPAWNED, /* server: it could not be started; status: errno */
    MESSAGE_EXITED,    /* server: it was reaped; status as from wait */
    MESSAGE_STOPPED,   /* server: stopped by a signal */
    MESSAGE_CONTINUED
};

struct message {
    uint32_t kind;
    uint32_t rank; /* of the worker */
    uint32_t generation;
    int32_t pid;
    int32_t status;
    uint32_t solo_chunk; /* SPAWN: run this alone first, or NO_CHUNK */
    uint32_t deals;      /* SPAWN, SCHEDULE_CYCLIC: its executors deal
                            themselves their chunks */
    uint32_t combines;   /* SPAWN: combine, in PHASE_COMBINE, and leave */
    uint64_t diagnose_begin, diagnose_end; /* SPAWN: run just these items,
                                              count nothing, leave */
    uint64_t cpu_ns;     /* EXITED: user and system time */
    uint64_t max_rss_kb; /* EXITED */
};

/* --serial: "FD:START_NS" in the environment of the launcher when it is back
 * from the worker program, with the records in FD. */
#define SERIAL_VARIABLE "FANFOLD_SERIAL"

/* Descriptors of the fork server at its start. */
enum { SERVER_SOCKET = 3, SERVER_EVENT };

#endif
