/* SPDX-License-Identifier: Apache-2.0 */
/* Who runs on which node: a pure function of the job and of what each node is
 * like. One machine is a cluster of one. */
#ifndef FANFOLD_LAUNCHER_CLUSTER_PLAN_H
#define FANFOLD_LAUNCHER_CLUSTER_PLAN_H

#include "nodes.h"
#include "plan.h"

#include <stdbool.h>

/* What a node is like, as far as others need to know it. */
struct node_has {
    const char *host;
    uint32_t slots;          /* most workers on it; 0: as many as its cores
                                have room */
    uint32_t budget;         /* cores that we may use there, at least 1 */
    uint32_t n_cores;        /* of the whole machine */
    const char *why;         /* the budget, in the machine's words */
    const struct machine *machine; /* to place threads on; NULL: it places
                                      them itself, and node_plan.plan is NULL */
};

struct node_plan {
    const struct node_has *has;
    uint32_t n_workers;      /* may be 0 */
    uint32_t threads;        /* of a worker */
    uint32_t *rank;          /* of its workers, ascending */
    size_t plan;             /* how they are placed there: a number in
                                cluster_plan.plan, or NO_PLAN */
};
#define NO_PLAN SIZE_MAX

/* Nodes that are alike and have as many workers share a plan. */
struct cluster_plan {
    size_t n_nodes;
    struct node_plan *node;
    uint32_t n_workers;
    uint32_t n_executors;    /* threads of all of them */
    uint32_t *rank;          /* all of node[].rank */
    struct plan *plan;
    const struct node_has **like; /* whom each plan is for */
    size_t n_plans;
    char warning[200];       /* "" or one line: more workers than room */
};

/* Numbers of workers: --ppn a node, or its slots, or as many as its cores have
 * room for; -n in all. With --map-by node ranks and workers go to nodes in
 * turn, any other order fills one node after the other; what is beyond the
 * room of all is dealt in turn. Nodes may have none.
 *
 * team: of a kernel whose threads work together, when nobody said how many
 * (job->threads_by_kind): one worker a node, with all its cores; several share
 * them.
 *
 * has[n_nodes] stays the caller's, and must outlast the plan. -1 with *err:
 * more than a node can have. */
int cluster_plan_make(struct cluster_plan *cluster, const struct job *job,
                      const struct node_has *has, size_t n_nodes, bool team,
                      struct ff_error *err);
void cluster_plan_release(struct cluster_plan *cluster);

/* For nodes that are not asked: each has what this machine has. One a node, to
 * be freed; NULL with *err. */
struct node_has *nodes_alike(const struct nodes *nodes,
                             const struct machine *machine,
                             struct ff_error *err);

/* The plan of a node, or NULL. */
static inline const struct plan *
cluster_plan_of(const struct cluster_plan *cluster, size_t node)
{
    return cluster->node[node].plan == NO_PLAN
           ? NULL : &cluster->plan[cluster->node[node].plan];
}

#endif
