/* SPDX-License-Identifier: Apache-2.0 */
/* Who runs on which node: see cluster_plan.h. Nodes that are alike and have as
 * many workers share one plan. */
#include "cluster_plan.h"
#include "figure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A team takes all cores. */
static uint32_t room_of(const struct job *job, const struct node_has *has,
                        bool team)
{
    const uint32_t n = job->ppn > 0   ? job->ppn
                       : team         ? 1
                       : has->slots > 0 ? has->slots
                                      : has->budget / job->threads;
    return n > 0 ? n : 1;
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
    if (n <= limit && n <= UINT32_MAX / job->threads)
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

static int share_out(struct cluster_plan *c, const struct job *job, bool team,
                     struct ff_error *err)
{
    uint32_t *room = calloc(c->n_nodes, sizeof room[0]);
    uint64_t all = 0, beyond = 0;
    int rc = -1;
    if (room == NULL)
        return ff_error_errno(err, FF_LOST, "cannot plan for the nodes");
    for (size_t i = 0; i < c->n_nodes; i++)
        all += room[i] = room_of(job, c->node[i].has, team);
    const uint64_t n = job->workers > 0 ? job->workers : all;
    if (check_ppn(job, all, c->n_nodes, err) == 0
        && check_size(job, n, c->n_nodes, err) == 0) {
        beyond = job->map_by == MAP_NODE ? deal(c, n, room) : fill(c, n, room);
        deal(c, beyond, NULL);
        c->n_workers = (uint32_t)n;
        rc = 0;
    }
    if (beyond > 0 && !team && c->n_nodes > 1 && !job->oversubscribe)
        snprintf(c->warning, sizeof c->warning, "%llu workers are more than "
                 "the %llu that the nodes have room for: slower, same results",
                 (unsigned long long)n, (unsigned long long)all);
    free(room);
    return rc;
}

/* Threads of each worker. */
static int thread(struct cluster_plan *c, const struct job *job, bool team,
                  struct ff_error *err)
{
    for (size_t i = 0; i < c->n_nodes; i++) {
        struct node_plan *node = &c->node[i];
        const uint32_t n = node->n_workers > 0 ? node->n_workers : 1;
        struct job on_node = *job;
        node->threads = job->threads;
        if (team)
            node->threads = node->has->budget > n ? node->has->budget / n : 1;
        on_node.threads = node->threads;
        if (plan_check_size(&on_node, node->n_workers, err) != 0)
            return -1;
        c->n_executors += node->n_workers * node->threads;
    }
    return 0;
}

static int compare_hosts(const void *a, const void *b)
{
    const struct node_plan *const *x = a, *const *y = b;
    return strcmp((*x)->has->host, (*y)->has->host);
}

static void warn(struct cluster_plan *c, const struct node_has *has,
                 uint64_t n_threads, size_t n_nodes)
{
    snprintf(c->warning, sizeof c->warning, "%.80s: %llu thread%s of %zu ranks "
             "share %u core%s: slower than one a core, same results",
             has->host, (unsigned long long)n_threads,
             n_threads == 1 ? "" : "s", n_nodes, has->n_cores,
             has->n_cores == 1 ? "" : "s");
}

/* Has it more than it may use? Then its own plan says so. */
static bool is_full(const struct node_plan *node)
{
    return node->n_workers * node->threads > node->has->budget;
}

/* Nodes that are ranks on one host, each of which has cores enough by itself:
 * one warning, of the first such host. */
static int check_hosts(struct cluster_plan *c, const struct job *job,
                       struct ff_error *err)
{
    struct node_plan **node = calloc(c->n_nodes, sizeof node[0]);
    if (node == NULL)
        return ff_error_errno(err, FF_LOST, "cannot plan for the nodes");
    for (size_t i = 0; i < c->n_nodes; i++)
        node[i] = &c->node[i];
    qsort(node, c->n_nodes, sizeof node[0], compare_hosts);
    for (size_t i = 0, end; i < c->n_nodes; i = end) {
        uint64_t n = 0;
        bool full = false;
        for (end = i; end < c->n_nodes
                      && compare_hosts(&node[i], &node[end]) == 0; end++) {
            n += (uint64_t)node[end]->n_workers * node[end]->threads;
            full = full || is_full(node[end]);
        }
        if (end - i > 1 && !full && n > node[i]->has->n_cores
            && !job->oversubscribe
            && !job->hwthreads && c->warning[0] == '\0')
            warn(c, node[i]->has, n, end - i);
    }
    free(node);
    return 0;
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

/* ---- how workers are placed on their node -------------------------------- */

/* A plan that was made for such a node, or NO_PLAN. */
static size_t find_plan(const struct cluster_plan *c,
                        const struct node_plan *node)
{
    for (size_t i = 0; i < c->n_plans; i++)
        if (c->like[i]->machine == node->has->machine
            && c->plan[i].n_workers == node->n_workers)
            return i;
    return NO_PLAN;
}

static int place_node(struct cluster_plan *c, struct node_plan *node,
                      const struct job *job, struct ff_error *err)
{
    const struct node_share share = {
        .size = c->n_workers, .n_workers = node->n_workers,
        .threads = node->threads, .rank = node->rank};
    node->plan = find_plan(c, node);
    if (node->plan != NO_PLAN)
        return 0;
    struct plan *plan = realloc(c->plan, (c->n_plans + 1) * sizeof plan[0]);
    if (plan != NULL)
        c->plan = plan;
    const struct node_has **like =
        realloc(c->like, (c->n_plans + 1) * sizeof like[0]);
    if (like != NULL)
        c->like = like;
    if (plan == NULL || like == NULL)
        return ff_error_errno(err, FF_LOST, "cannot plan for the nodes");
    if (plan_make_node(&plan[c->n_plans], job, node->has->machine, &share,
                       err) != 0)
        return -1;
    like[c->n_plans] = node->has;
    node->plan = c->n_plans++;
    return 0;
}

static int place(struct cluster_plan *c, const struct job *job,
                 struct ff_error *err)
{
    for (size_t i = 0; i < c->n_nodes; i++) {
        struct node_plan *node = &c->node[i];
        node->plan = NO_PLAN;
        if (node->has->machine != NULL && node->n_workers > 0
            && place_node(c, node, job, err) != 0)
            return -1;
    }
    return 0;
}

int cluster_plan_make(struct cluster_plan *cluster, const struct job *job,
                      const struct node_has *has, size_t n_nodes, bool team,
                      struct ff_error *err)
{
    struct cluster_plan c = {
        .n_nodes = n_nodes, .node = calloc(n_nodes, sizeof c.node[0])};
    if (c.node == NULL)
        return ff_error_errno(err, FF_LOST, "cannot plan for the nodes");
    for (size_t i = 0; i < n_nodes; i++)
        c.node[i].has = &has[i];
    if (share_out(&c, job, team, err) != 0 || thread(&c, job, team, err) != 0
        || check_hosts(&c, job, err) != 0 || number(&c, job, err) != 0
        || place(&c, job, err) != 0) {
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
    free(cluster->like);
    free(cluster->node);
    free(cluster->rank);
    *cluster = (struct cluster_plan){0};
}

struct node_has *nodes_alike(const struct nodes *nodes,
                             const struct machine *machine,
                             struct ff_error *err)
{
    struct node_has *has = calloc(nodes->n + 1, sizeof has[0]);
    if (has == NULL)
        ff_error_errno(err, FF_LOST, "cannot list the nodes");
    for (size_t i = 0; has != NULL && i < nodes->n; i++)
        has[i] = (struct node_has){
            .host = nodes->node[i].host, .slots = nodes->node[i].slots,
            .budget = machine->budget, .n_cores = machine->n_cores_machine,
            .why = machine->why, .machine = machine};
    return has;
}
