/* SPDX-License-Identifier: Apache-2.0 */
/* Who runs on which node: see cluster_plan.h. Nodes are alike, so those with
 * as many workers share one plan. */
#include "cluster_plan.h"
#include "figure.h"

#include <stdio.h>
#include <stdlib.h>

static uint32_t room_of(const struct job *job, const struct machine *machine,
                        const struct node *node)
{
    return job->ppn > 0 ? job->ppn
           : node->slots > 0 ? node->slots : plan_workers(job, machine);
}

/* Gives workers to nodes in turn, while they have room: `left` of them; room
 * NULL: all have. Returns how many could not be given. */
static uint64_t deal(struct cluster_plan *c, uint64_t left,
                     const uint32_t *room)
{
    bool given = true;
    while (left > 0 && given) {
        given = false;
        for (size_t i = 0; i < c->n_nodes && left > 0; i++)
            if (room == NULL || c->node[i].n_workers < room[i]) {
                c->node[i].n_workers++;
                left--;
                given = true;
            }
    }
    return left;
}

static uint64_t fill(struct cluster_plan *c, uint64_t left,
                     const uint32_t *room)
{
    for (size_t i = 0; i < c->n_nodes; i++) {
        const uint32_t n = left < room[i] ? (uint32_t)left : room[i];
        c->node[i].n_workers = n;
        left -= n;
    }
    return left;
}

static int check_size(const struct job *job, uint64_t n, size_t n_nodes,
                      struct ff_error *err)
{
    char workers[FIGURE_TEXT], most[FIGURE_TEXT];
    const uint64_t limit = (uint64_t)n_nodes * LEDGER_MAX_EXECUTORS;
    if (n <= limit && n <= UINT32_MAX)
        return 0;
    figure_count(workers, n);
    figure_count(most, limit);
    return ff_error_set(err, FF_USAGE, "%s: %s workers are more than the %s "
                        "that %zu node%s can have",
                        job->workers > 0 ? "option '-n'" : "nodes", workers,
                        most, n_nodes, n_nodes == 1 ? "" : "s");
}

/* So many a node, and so many in all: both can be right. */
static int check_ppn(const struct job *job, uint64_t all, size_t n_nodes,
                     struct ff_error *err)
{
    if (job->ppn == 0 || job->workers <= all)
        return 0;
    return ff_error_set(err, FF_USAGE, "-n %u and --ppn %u contradict each "
                        "other: %zu node%s of %u are %llu workers",
                        job->workers, job->ppn, n_nodes,
                        n_nodes == 1 ? "" : "s", job->ppn,
                        (unsigned long long)all);
}

static int share_out(struct cluster_plan *c, const struct job *job,
                     const struct machine *machine, const struct nodes *nodes,
                     struct ff_error *err)
{
    uint32_t *room = calloc(nodes->n, sizeof room[0]);
    uint64_t all = 0, beyond = 0;
    int rc = -1;
    if (room == NULL)
        return ff_error_errno(err, FF_LOST, "cannot plan for the nodes");
    for (size_t i = 0; i < nodes->n; i++)
        all += room[i] = room_of(job, machine, &nodes->node[i]);
    const uint64_t n = job->workers > 0 ? job->workers : all;
    if (check_ppn(job, all, nodes->n, err) == 0
        && check_size(job, n, nodes->n, err) == 0) {
        beyond = job->map_by == MAP_NODE ? deal(c, n, room) : fill(c, n, room);
        deal(c, beyond, NULL);
        c->n_workers = (uint32_t)n;
        rc = 0;
    }
    if (beyond > 0 && nodes->n > 1 && !job->oversubscribe)
        snprintf(c->warning, sizeof c->warning, "%llu workers are more than "
                 "the %llu that the nodes have room for: slower, same results",
                 (unsigned long long)n, (unsigned long long)all);
    free(room);
    return rc;
}

/* One node after the other, or one of each in turn. */
static int number(struct cluster_plan *c, const struct job *job,
                  struct ff_error *err)
{
    uint32_t next = 0;
    c->rank = calloc((size_t)c->n_workers + 1, sizeof c->rank[0]);
    if (c->rank == NULL)
        return ff_error_errno(err, FF_LOST, "cannot plan for the nodes");
    for (size_t i = 0; i < c->n_nodes; i++) {
        c->node[i].rank = c->rank + next;
        for (uint32_t w = 0; w < c->node[i].n_workers; w++)
            c->rank[next + w] = next + w;
        next += c->node[i].n_workers;
    }
    next = 0;
    for (uint32_t w = 0; job->map_by == MAP_NODE && next < c->n_workers; w++)
        for (size_t i = 0; i < c->n_nodes; i++)
            if (w < c->node[i].n_workers)
                c->node[i].rank[w] = next++;
    return 0;
}

static int place(struct cluster_plan *c, const struct job *job,
                 const struct machine *machine, struct ff_error *err)
{
    uint32_t most = 0;
    for (size_t i = 0; i < c->n_nodes; i++)
        most = c->node[i].n_workers > most ? c->node[i].n_workers : most;
    struct job on_node = *job;
    on_node.workers = most;
    if (most > LEDGER_MAX_EXECUTORS) /* with the words of plan_make */
        return plan_make(&(struct plan){0}, &on_node, machine, err);
    c->n_plans = (size_t)most + 1;
    c->plan = calloc(c->n_plans, sizeof c->plan[0]);
    if (c->plan == NULL)
        return ff_error_errno(err, FF_LOST, "cannot plan for the nodes");
    for (size_t i = 0; i < c->n_nodes; i++) {
        struct plan *plan = &c->plan[c->node[i].n_workers];
        const uint32_t n = c->node[i].n_workers;
        if (n == 0)
            continue;
        /* The plan says whether somebody asked for so many. */
        on_node.workers = job->workers == 0 && n == plan_workers(job, machine)
                          ? 0 : n;
        if (plan->n_workers == 0
            && plan_make(plan, &on_node, machine, err) != 0)
            return -1;
        c->node[i].plan = plan;
    }
    return 0;
}

int cluster_plan_make(struct cluster_plan *cluster, const struct job *job,
                      const struct machine *machine, const struct nodes *nodes,
                      struct ff_error *err)
{
    struct cluster_plan c = {
        .n_nodes = nodes->n, .node = calloc(nodes->n, sizeof c.node[0])};
    if (c.node == NULL)
        return ff_error_errno(err, FF_LOST, "cannot plan for the nodes");
    for (size_t i = 0; i < nodes->n; i++)
        c.node[i].host = nodes->node[i].host;
    if (share_out(&c, job, machine, nodes, err) != 0
        || number(&c, job, err) != 0 || place(&c, job, machine, err) != 0) {
        cluster_plan_release(&c);
        return -1;
    }
    *cluster = c;
    return 0;
}

void cluster_plan_release(struct cluster_plan *cluster)
{
    for (size_t i = 0; i < cluster->n_plans; i++)
        plan_release(&cluster->plan[i]);
    free(cluster->plan);
    free(cluster->node);
    free(cluster->rank);
    *cluster = (struct cluster_plan){0};
}
