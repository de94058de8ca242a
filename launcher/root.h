/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root of a run on several nodes: it hands chunks out to nodes (grants.h),
 * takes their records in by the commit rule (gather.h), writes outputs, ends
 * the run, reports. The counterpart of run.c, which does the same for the
 * executors of one machine; a struct run is what both work on, so that
 * endings, outputs and the outcome are the same code.
 *
 * It survives its nodes: when some are lost, all others are started again and
 * go on with what the root has not accepted.
 */
#ifndef FANFOLD_LAUNCHER_ROOT_H
#define FANFOLD_LAUNCHER_ROOT_H

#include "grants.h"
#include "run.h"
#include "start.h"

struct root_node {
    bool said_hello, planned, opened, done;
    bool lost;               /* and not started again */
    char host[WIRE_HOST];
    uint64_t heard_ns;       /* last */
    struct wire_hello hello;
    struct wire_planned plan;
    struct place *place;     /* of its executors, and the CPUs */
    uint32_t *cpu;
    uint32_t *rank;          /* of its workers, over all nodes */
    struct wire_done end;
};

struct root {
    struct run *run;
    struct nodes hosts;      /* to start on; empty: somebody else's mpirun */
    struct parallel parallel;
    struct start start;
    struct grants grants;
    uint32_t n_nodes;        /* that were started */
    struct root_node *node;
    unsigned restarts;       /* without a chunk accepted in between */
    bool folding;            /* FOLD was sent: records are staged */
};

/* As run_job, on the nodes. The crew (server started, kernel and arguments in
 * job_shm, a plan of one worker) runs nothing but the kernel's own operations
 * at the end. *plan is replaced by that of all workers of all nodes. */
int root_run(const struct job *job, struct plan *plan,
             const struct input *input, struct crew *crew,
             const char *object, struct root *root, uint64_t started_ns,
             struct outcome *outcome, struct ff_error *err);
void root_release(struct root *root);

#endif
