/* SPDX-License-Identifier: Apache-2.0 */
/* One plan out of those of all nodes: see plan_merge.h. No number of a node is
 * used before it was checked. */
#include "plan_merge.h"
#include "figure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what nodes said, checked -------------------------------------------- */

static uint64_t n_executors(const struct plan_part *part)
{
    return (uint64_t)part->planned->n_workers * part->planned->threads;
}

static bool is_sane(const struct plan_part *part)
{
    const struct wire_planned *p = part->planned;
    const uint64_t n = n_executors(part);
    if (n > LEDGER_MAX_EXECUTORS || p->bind_to > BIND_NONE
        || (p->n_workers > 0 && p->threads == 0))
        return false;
    for (uint64_t i = 0; i < n; i++) {
        const struct place *place = &part->place[i];
        if (place->n_cpus > p->n_cpus
            || place->cpus > p->n_cpus - place->n_cpus
            || place->rank != part->place[i - i % p->threads].rank)
            return false;
    }
    return true;
}

static int check_parts(const struct plan_part *part, uint32_t n_parts,
                       struct ff_error *err)
{
    for (uint32_t i = 0; i < n_parts; i++)
        if (!is_sane(&part[i]))
            return ff_error_set(err, FF_LOST, "node %u ('%.*s') sent a plan "
                                "that cannot be true", i, WIRE_HOST - 1,
                                part[i].hello->host);
    return 0;
}

/* ---- together ------------------------------------------------------------ */

static void count(struct plan *plan, const struct plan_part *part,
                  uint64_t *n_places)
{
    *n_places = 0;
    for (uint32_t i = 0; i < plan->n_nodes; i++) {
        const struct wire_planned *p = part[i].planned;
        plan->n_workers += p->n_workers;
        plan->n_cpus += p->n_cpus;
        if (p->n_workers > 0 && p->threads > plan->threads)
            plan->threads = p->threads;
        *n_places += n_executors(&part[i]);
    }
    plan->size = plan->n_workers;
}

/* Texts of a node may lack their zero byte. */
static void copy_text(char *to, size_t size, const char *from, size_t most)
{
    const size_t n = strnlen(from, most);
    snprintf(to, size, "%.*s", (int)n, from);
}

static void describe(struct plan_node *node, const struct plan_part *part)
{
    const struct wire_hello *h = part->hello;
    const struct wire_planned *p = part->planned;
    node->budget = h->budget;
    node->n_cores = h->n_cores;
    node->n_workers = p->n_workers;
    node->threads = p->threads;
    node->bind_to = (enum bind_to)p->bind_to;
    node->bound = p->bound != 0;
    copy_text(node->host, sizeof node->host, h->host, sizeof h->host);
    copy_text(node->budget_why, sizeof node->budget_why, h->why,
              sizeof h->why);
    copy_text(node->why, sizeof node->why, p->why, sizeof p->why);
    copy_text(node->how, sizeof node->how, p->how, sizeof p->how);
    copy_text(node->warning, sizeof node->warning, p->warning,
              sizeof p->warning);
}

/* Who is worker number `rank`? -1: a rank that is taken, or too high. */
static int number(struct plan *plan, const struct plan_part *part,
                  struct ff_error *err)
{
    for (uint32_t w = 0; w < plan->n_workers; w++)
        plan->worker[w].node = UINT32_MAX;
    for (uint32_t i = 0; i < plan->n_nodes; i++)
        for (uint32_t w = 0; w < part[i].planned->n_workers; w++) {
            const uint32_t threads = part[i].planned->threads;
            const uint32_t rank = part[i].place[w * threads].rank;
            if (rank >= plan->n_workers
                || plan->worker[rank].node != UINT32_MAX)
                return ff_error_set(err, FF_LOST, "two nodes have a worker "
                                    "%u, or no other has the ones before it",
                                    rank);
            plan->worker[rank] = (struct plan_worker){
                .node = i, .threads = threads, .place = w * threads};
        }
    return 0;
}

/* The places, in the order of ranks; `place` of a worker was a number on its
 * node so far. */
static void copy_places(struct plan *plan, const struct plan_part *part,
                        const uint32_t *first_cpu)
{
    uint32_t n = 0;
    for (uint32_t rank = 0; rank < plan->n_workers; rank++) {
        struct plan_worker *w = &plan->worker[rank];
        const struct place *from = part[w->node].place + w->place;
        for (uint32_t t = 0; t < w->threads; t++) {
            plan->place[n + t] = from[t];
            plan->place[n + t].cpus += first_cpu[w->node];
        }
        w->place = n;
        n += w->threads;
    }
}

static void copy_cpus(struct plan *plan, const struct plan_part *part,
                      uint32_t *first_cpu)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < plan->n_nodes; i++) {
        const uint32_t more = part[i].planned->n_cpus;
        first_cpu[i] = n;
        if (more > 0)
            memcpy(plan->cpu + n, part[i].cpu, more * sizeof plan->cpu[0]);
        n += more;
    }
}

/* ---- in words ------------------------------------------------------------ */

static uint32_t n_hosts(const struct plan *plan)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < plan->n_nodes; i++) {
        uint32_t k = 0;
        while (strcmp(plan->nodes[k].host, plan->nodes[i].host) != 0)
            k++;
        n += k == i;
    }
    return n;
}

static const char *plural(uint32_t n)
{
    return n == 1 ? "" : "s";
}

bool plan_is_limited(const struct plan *plan)
{
    for (uint32_t i = 0; i < plan->n_nodes; i++) {
        uint32_t budget = 0;
        for (uint32_t k = 0; k < plan->n_nodes; k++)
            if (strcmp(plan->nodes[k].host, plan->nodes[i].host) == 0)
                budget += plan->nodes[k].budget;
        if (budget < plan->nodes[i].n_cores)
            return true;
    }
    return false;
}

/* "6 workers x 2 threads on 3 nodes, each with all 4 cores". */
static void say_why(struct plan *plan, bool same_threads)
{
    char workers[FIGURE_TEXT], nodes[FIGURE_TEXT], threads[64] = "";
    char where[100];
    const uint32_t hosts = n_hosts(plan);
    bool alike = hosts == plan->n_nodes;
    for (uint32_t i = 1; i < plan->n_nodes; i++)
        alike = alike && strcmp(plan->nodes[i].budget_why,
                                plan->nodes[0].budget_why) == 0;
    if (plan->threads > 1)
        snprintf(threads, sizeof threads, " x %s%u threads",
                 same_threads ? "" : "up to ", plan->threads);
    figure_count(nodes, plan->n_nodes);
    if (hosts == plan->n_nodes)
        snprintf(where, sizeof where, "on %s node%s", nodes, plural(hosts));
    else
        snprintf(where, sizeof where, "in %s ranks of MPI on %u host%s",
                 nodes, hosts, plural(hosts));
    snprintf(plan->why, sizeof plan->why, "%s worker%s%s %s%s%.190s",
             figure_count(workers, plan->n_workers), plural(plan->n_workers),
             threads, where, alike ? ", each with " : "",
             alike ? plan->nodes[0].budget_why : "");
}

static void say_how(struct plan *plan)
{
    const struct plan_node *first = NULL;
    bool alike = true;
    for (uint32_t i = 0; i < plan->n_nodes; i++) {
        const struct plan_node *node = &plan->nodes[i];
        if (node->n_workers == 0)
            continue;
        if (first == NULL)
            first = node;
        alike = alike && strcmp(node->how, first->how) == 0;
        plan->bound = plan->bound || node->bound;
        plan->bind_to = first->bind_to;
    }
    snprintf(plan->how, sizeof plan->how, "%s",
             alike && first != NULL ? first->how
                                    : "nodes differ in how threads are bound");
}

/* The first of all warnings. */
static void say_warning(struct plan *plan)
{
    uint32_t n = 0;
    const struct plan_node *first = NULL;
    for (uint32_t i = 0; i < plan->n_nodes; i++)
        if (plan->nodes[i].warning[0] != '\0' && n++ == 0)
            first = &plan->nodes[i];
    if (first == NULL)
        return;
    char more[64] = "";
    if (n > 1)
        snprintf(more, sizeof more, ", and %u more node%s", n - 1,
                 plural(n - 1));
    snprintf(plan->warning, sizeof plan->warning, "%.60s%s: %.250s",
             first->host, more, first->warning);
}

static bool same_threads(const struct plan *plan)
{
    for (uint32_t w = 0; w < plan->n_workers; w++)
        if (plan->worker[w].threads != plan->threads)
            return false;
    return true;
}

int plan_merge(struct plan *plan, const struct plan_part *part,
               uint32_t n_parts, struct ff_error *err)
{
    struct plan new = {.n_nodes = n_parts, .bind_to = BIND_NONE};
    uint64_t n_places;
    int rc = -1;
    if (check_parts(part, n_parts, err) != 0)
        return -1;
    count(&new, part, &n_places);
    uint32_t *first_cpu = calloc((size_t)n_parts + 1, sizeof first_cpu[0]);
    new.nodes = calloc((size_t)n_parts + 1, sizeof new.nodes[0]);
    new.worker = calloc((size_t)new.n_workers + 1, sizeof new.worker[0]);
    new.place = calloc(n_places + 1, sizeof new.place[0]);
    new.cpu = calloc((size_t)new.n_cpus + 1, sizeof new.cpu[0]);
    if (first_cpu == NULL || new.nodes == NULL || new.worker == NULL
        || new.place == NULL || new.cpu == NULL) {
        ff_error_errno(err, FF_LOST, "cannot plan for the nodes");
        goto out;
    }
    if (number(&new, part, err) != 0)
        goto out;
    for (uint32_t i = 0; i < n_parts; i++)
        describe(&new.nodes[i], &part[i]);
    copy_cpus(&new, part, first_cpu);
    copy_places(&new, part, first_cpu);
    say_why(&new, same_threads(&new));
    say_how(&new);
    say_warning(&new);
    plan_release(plan);
    *plan = new;
    rc = 0;
out:
    free(first_cpu);
    if (rc != 0)
        plan_release(&new);
    return rc;
}
