/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root of a run on several nodes: it hands chunks out to nodes (grants.h),
 * takes their records in by the commit rule (gather.h), writes outputs, ends
 * the run, reports. The counterpart of run.c, which does the same for the
 * executors of one machine; a struct run is what both work on, so that
 * endings, outputs and the outcome are the same code.
 *
 * It survives its nodes: when some are lost, all others are started again and
 * go on with what the root has not accepted. The nodes between one start and
 * the next are a generation.
 */
#ifndef FANFOLD_LAUNCHER_ROOT_H
#define FANFOLD_LAUNCHER_ROOT_H

#include "backtrace.h"
#include "compile.h"
#include "grants.h"
#include "run.h"
#include "start.h"

struct root_node {
    bool said_hello, planned, opened, done;
    bool said_bye;
    uint32_t bye;            /* enum wire_bye */
    bool staged;             /* its last record is here */
    bool lost;
    char why_lost[256];
    char host[WIRE_HOST];
    uint64_t heard_ns;       /* last */
    struct wire_hello hello;
    struct wire_planned plan;
    struct place *place;     /* of its executors, and the CPUs */
    uint32_t *cpu;
    uint32_t n_workers, threads; /* as PLACE told it */
    uint32_t *rank;          /* of these, over all nodes */
    uint64_t spec_hash;      /* OPENED */
    struct fingerprint fingerprint;
    struct wire_done end;
};

/* What is sent in pieces: the object (of Python, the source), the input, its
 * index. */
struct root_file {
    uint32_t which;          /* enum wire_which */
    int fd;
    uint64_t bytes, offset;
};

struct root {
    struct run *run;
    struct nodes hosts;      /* to start on; empty: somebody else's mpirun */
    struct parallel parallel;
    struct start start;      /* begun by the caller */
    struct plan *plan;       /* of all workers, once all are planned */
    const struct compiled *kernel; /* of a command: without an object */
    int parent;              /* pid, when it is somebody else's mpirun */
    struct grants grants;
    bool granting;           /* these are there */
    uint32_t n_nodes;        /* of this generation; 0: not known */
    uint32_t n_began;        /* of the first one */
    struct root_node *node;
    uint32_t size, n_executors; /* workers of all nodes, their threads */
    uint32_t threads;        /* of one worker, at most */
    char warning[200];       /* "", or one line: more workers than room */

    struct root_file file[4];
    uint32_t n_files, file_now; /* to send, being sent */
    bool placed, open, quit; /* PLACE, START, QUIT were sent */
    bool folding, folded;    /* FOLD was sent: records are staged; it is all
                                in */
    struct lanes lanes;
    bool has_lanes;

    struct wire_message text; /* waits until it can be printed; or no body */
    size_t text_done;
    bool deaf;               /* nothing is read until others have read */
    bool link_ended;
    uint64_t hopeless_ns;    /* since then it looks so; 0: it does not */
    uint64_t begun_ns, open_ns, fold_ns; /* of this generation: its start;
                                START; FOLD */
    uint64_t beat_ns, kill_told_ns, terminated_ns;
    uint64_t ending_ns, ended_ns; /* it ends by itself, or has, since then; 0:
                                it does not */
    bool ended;              /* mpirun, our node: with this status */
    int end_status;
    struct lost_node *gone;  /* for the outcome */
    uint32_t n_gone;
    uint64_t items_before;   /* accepted by generations before this one */
    unsigned restarts;       /* without a chunk accepted in between */
    uint64_t restart_chunks; /* accepted at the last restart */
    struct worker_outcome work_before; /* of generations before this one */
    uint64_t executors_before_ns;
    uint64_t retried_before;
    uint32_t died_before, recycled_before; /* workers, of generations before */

    ev_io in, out, errors, ended_io;
};

/* As run_job, on the nodes, which start->... has begun to start. The crew
 * (server started, kernel and arguments in job_shm, a plan of one worker) runs
 * nothing but the kernel's own operations at the end. *plan is that of all
 * workers of all nodes from then on; release it in any case. */
int root_run(const struct job *job, struct plan *plan,
             const struct input *input, const struct work_file *work,
             struct crew *crew, const struct compiled *kernel,
             struct root *root, struct keeper *keeper, uint64_t started_ns,
             struct outcome *outcome, struct ff_error *err);

/* After the report: waits until the nodes have ended, ends those that do not.
 * Then all is released. */
void root_end(struct root *root);

/* ---- between root.c and root_*.c ----------------------------------------- */

/* To one node, or WIRE_ALL. An end of the stream is found when we read. */
void root_send(struct root *root, uint32_t kind, uint32_t node,
               const void *body, size_t n);

/* All nodes may leave. */
void root_quit(struct root *root);

/* All chunks are accepted or failed without a fold: nothing is wanted of nodes
 * any more. */
void root_is_complete(struct root *root);

/* Node k as people know it, for texts: its host, and which one there. */
const char *root_node_name(const struct root *root, uint32_t k,
                           char out[WIRE_HOST + 32]);

/* Node k sent `what`, which cannot be: -1 with *err. */
int root_damaged(const struct root *root, uint32_t k, const char *what,
                 struct ff_error *err);

/* All is planned: what people may want to know of it. */
void root_tell_plan(const struct root *root);

/* Watches the stream, and what was started, in the loop. */
void root_watch(struct root *root);

/* root_nodes.c: the generation until chunks can be granted. */

int root_begin(struct root *root, struct ff_error *err);
void root_forget_nodes(struct root *root);
void root_forget_files(struct root *root);
int root_hello(struct root *root, const struct wire_message *m,
               struct ff_error *err);
int root_planned(struct root *root, const struct wire_message *m,
                 struct ff_error *err);
int root_opened(struct root *root, const struct wire_message *m,
                struct ff_error *err);

/* Have all planned, and those with workers opened the kernel? Then the run
 * begins. */
int root_open_all(struct root *root, struct ff_error *err);

/* Sends more of the files, when the stream takes it. */
int root_upload(struct root *root, struct ff_error *err);

/* root_take.c: takes in what nodes say. */
void root_take(struct root *root);

/* root_map.c: --schedule-map, else nothing. Chunks may be granted; a record
 * was accepted; a node said how it goes. -1 without memory. */
int root_map_open(struct root *root, struct ff_error *err);
int root_map_record(struct root *root, const struct wire_message *m);
void root_map_status(struct root *root, uint32_t k);

/* root_end.c */

/* Every chunk that was tried killed its workers: the rest would as well. */
void root_check_hope(struct root *root);

/* What the run counts of its own workers, of those of all nodes; and what is
 * told of nodes. */
void root_add_up(struct root *root);
void root_fill(struct root *root, struct outcome *o);

/* This generation is over: what its workers did, as far as it is known. */
void root_keep_work(struct root *root);

/* root_lost.c: looks for nodes that are lost; goes on without them, or ends
 * the run. */
void root_check_nodes(struct root *root);

#endif
