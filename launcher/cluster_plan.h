/* SPDX-License-Identifier: Apache-2.0 */
/* Who runs on which node: a pure function of the job, the nodes and what one
 * of them is like. One machine is a cluster of one. */
#ifndef FANFOLD_LAUNCHER_CLUSTER_PLAN_H
#define FANFOLD_LAUNCHER_CLUSTER_PLAN_H

#include "nodes.h"
#include "plan.h"

struct node_plan {
    const char *host;        /* the node list's */
    uint32_t n_workers;
    uint32_t *rank;          /* of its workers, ascending */
    const struct plan *plan; /* how they are placed there; NULL: none are */
};

struct cluster_plan {
    size_t n_nodes;
    struct node_plan *node;
    uint32_t n_workers;
    uint32_t *rank;          /* all of node[].rank */
    struct plan *plan;       /* by number of workers: plan[k] for k of them;
                                n_workers 0: no node has as many */
    size_t n_plans;
    char warning[200];       /* "" or one line: more workers than slots */
};

/* Workers: -n, else the sum of what each node takes: --ppn, its slots, or one
 * for each --threads cores of its budget. MAP_NODE deals ranks to the nodes in
 * turn, any other order fills one node after the other; what is beyond the
 * room of all is dealt in turn. -1 with *err: more than a node can have. */
int cluster_plan_make(struct cluster_plan *cluster, const struct job *job,
                      const struct machine *machine, const struct nodes *nodes,
                      struct ff_error *err);
void cluster_plan_release(struct cluster_plan *cluster);

#endif
