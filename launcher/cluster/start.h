/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts the nodes of a cluster (fanfold-mpi) and watches them: as the body of
 * the rank that we are (somebody else's mpirun), or through an mpirun or srun
 * of our own, whose standard streams lead to node 0.
 *
 * What MPI and its starter print is noise to most people: it is kept, and shown
 * when the start or the run failed (with --verbose, as it comes).
 *
 * fanfold-mpi is told where its stream to the root is, on node 0:
 *   --stdio       standard input and output (we started mpirun)
 *   --stream=FD   this descriptor is both ends (the rank's child)
 *   nothing       a rank that is not 0: there is none
 */
#ifndef FANFOLD_LAUNCHER_START_H
#define FANFOLD_LAUNCHER_START_H

#include "error.h"
#include "job.h"
#include "link.h"
#include "nodes.h"
#include "parallel.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct start {
    pid_t pid;           /* of mpirun, srun, or our own node; 0: none */
    int pidfd;           /* readable when it has ended; -1 */
    struct link *link;   /* to the bridge; ours to destroy */
    int errors;          /* what they print, to be read; -1 */
    bool ours;           /* we started mpirun: so it can be started again */
    int end_by;          /* the signal that ends it */
    pid_t was;           /* pid, also when it has ended */
    pid_t parent;        /* ours, when it began: somebody else's mpirun */
    char *said;          /* the last of what they printed; or NULL */
    size_t n_said;
    char mark[48];       /* in the environment of all of its processes */
    char program[256];   /* what was started, for messages */
    char hosts[200];     /* where; "a, b, ..." */
};
#define START_NONE ((struct start){.pidfd = -1, .errors = -1, \
                                  .end_by = SIGTERM})

/* Does the job, or a Slurm allocation around us, ask for nodes? Fills the list
 * (empty: one machine, run here). One entry that is start_is_here: also here,
 * with no more workers than it says. FF_USAGE. */
int start_find_nodes(struct nodes *nodes, const struct job *job,
                     const struct parallel *parallel, struct ff_error *err);

/* Is the list this one machine? Then nothing is to be started. */
bool start_is_here(const struct nodes *nodes);

/* As rank 0 of somebody else's: executes our own node below us. */
int start_own_node(struct start *start, const struct job *job,
                   const struct parallel *parallel, struct ff_error *err);

/* As rank 0 that needs no others (an error, --help): they are let go, so that
 * they end with status 0. Waits for it, some seconds at most. */
void start_let_go(const struct job *job, const struct parallel *parallel);

/* One node on each of these hosts. FF_LOST: mpirun is missing, ... */
int start_nodes(struct start *start, const struct nodes *nodes,
                const struct job *job, struct ff_error *err);

/* Reads what they print (errors is readable). */
void start_read_errors(struct start *start, bool show);

/* Has it ended? Then *status is as from wait; it is told once, and pid is 0
 * from then on. */
bool start_has_ended(struct start *start, int *status);

/* Why it failed, in one message that names hosts and the way out; from the
 * status (-1: it was too slow, and is still running) and from what was printed.
 * Sets *err (FF_LOST). */
void start_explain(const struct start *start, int status,
                   struct ff_error *err);

/* Ends all that is left of it, on this host: TERM, then KILL after grace_ns.
 * (Nodes on others end themselves when they lose their parent or the root.)
 * Removes what MPI left behind here; destroys the link. Can be repeated; then
 * *start is START_NONE, but for what was said (start_release). */
void start_end(struct start *start, uint64_t grace_ns);
void start_release(struct start *start);

/* In a rank whose parent (mpirun, or its daemon on this host) was killed,
 * before it ends without MPI_Finalize: removes what that one would have
 * removed, the files and the shared memory of this job on this host. */
void start_clean_rank(void);

/* The same here for an mpirun of ours that is dead. */
void start_clean_mpirun(pid_t pid);

/* In a rank that cannot reach the root any more: its parent, a daemon of a
 * start of ours, would keep trying for minutes. Ends it. */
void start_end_daemon(pid_t parent);

/* Executes fanfold-mpi in place of this process: a rank that is not 0. Comes
 * back only with *err. */
int start_become_node(const struct parallel *parallel, struct ff_error *err);

#endif
