/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which node gets which chunks next: see grants.h.
 *
 * Guided, after Polychronopoulos and Kuck (1987): a grant is half of the
 * node's share of the pool, by speed, and never so small that the node could
 * run dry before the next answer. What is wrong with a large one (chunks that
 * cost more, a node that got slow) is put right by a recall.
 *
 * A node is looked at when something about it changed: it stands in a queue,
 * once. One that needed chunks when the pool was empty is hungry, and is
 * looked at again when chunks come back. For each hungry node one other is
 * recalled at a time, so the number of messages is bounded by that of STATUS.
 *
 * What a node has to spare is reckoned from its last STATUS: left there, plus
 * what was granted since, less what it returned since, less executors with
 * nothing to do, which will take theirs at once. Messages of a node keep their
 * order, so a STATUS knows of each RETURN that came before it.
 */
#include "grants.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void look_at(struct grants *g, uint32_t node)
{
    struct grants_node *n = &g->node[node];
    if (n->queued || !n->here)
        return;
    n->queued = true;
    g->queue[(g->first + g->n_queued++) % g->n_nodes] = node;
}

static void set_hungry(struct grants *g, struct grants_node *n, bool hungry)
{
    if (n->hungry != hungry)
        g->n_hungry += hungry ? 1 : UINT32_MAX;
    n->hungry = hungry;
}

/* The pool has something (again). */
static void feed_hungry(struct grants *g)
{
    for (uint32_t i = 0; i < g->n_nodes && g->n_hungry > 0; i++)
        if (g->node[i].hungry) {
            set_hungry(g, &g->node[i], false);
            look_at(g, i);
        }
}

int grants_init(struct grants *g, uint32_t n_nodes, uint32_t n_chunks,
                const struct cover *settled)
{
    *g = (struct grants){.n_nodes = n_nodes, .lead_s = GRANTS_LEAD_NS / 1e9};
    g->node = calloc(n_nodes > 0 ? n_nodes : 1, sizeof *g->node);
    g->queue = calloc(n_nodes > 0 ? n_nodes : 1, sizeof *g->queue);
    if (g->node == NULL || g->queue == NULL ||
        cover_add_missing(&g->pool, (struct range){0, n_chunks}, settled,
                          NULL) != 0) {
        grants_release(g);
        errno = ENOMEM;
        return -1;
    }
    if (settled != NULL && settled->n > 0)
        g->high = settled->range[settled->n - 1].hi;
    return 0;
}

void grants_release(struct grants *g)
{
    for (uint32_t i = 0; g->node != NULL && i < g->n_nodes; i++)
        cover_release(&g->node[i].with);
    free(g->node);
    free(g->queue);
    cover_release(&g->pool);
    *g = (struct grants){0};
}

/* It may have more than any other now. */
static void note_most(struct grants *g, const struct grants_node *n)
{
    if (g->n_unknown > 0) /* what is not known depends on all others */
        g->most_s = INFINITY;
    else
        g->most_s = fmax(g->most_s, grants_lasts_s(g, n));
}

void grants_node_here(struct grants *g, uint32_t node, uint32_t n_executors)
{
    struct grants_node *n = &g->node[node];
    assert(!n->here && n->with.n == 0);
    n->here = true;
    n->n_executors = n_executors;
    n->granted = n->returned = 0;
    n->status =
        (struct wire_status){.n_executors = n_executors, .n_idle = n_executors};
    n->busy_s = n->ran = n->chunk_s = 0;
    n->seen_ran = n->seen_busy_ns = 0;
    n->passed_ns = 0;
    n->inherits = 0;
    grants_count(g, n, true);
    look_at(g, node);
}

void grants_status(struct grants *g, uint32_t node,
                   const struct wire_status *status)
{
    struct grants_node *n = &g->node[node];
    if (!n->here || (status->granted == 0 && n->granted > 0))
        return;
    grants_count(g, n, false);
    grants_measure(n, status);
    n->n_executors = status->n_executors;
    grants_count(g, n, true);
    n->status = *status;
    if (n->status.granted > n->granted)
        n->status.granted = n->granted;
    n->returned = 0;
    note_most(g, n);
    if (!n->recalled)
        look_at(g, node);
    /* It has more work than it seemed to have. */
    if (g->n_hungry > g->n_recalled && grants_lasts_s(g, n) > g->lead_s / 8)
        feed_hungry(g);
}

static int give(struct grants *g, uint32_t node, uint32_t size,
                struct grant *grant)
{
    struct grants_node *n = &g->node[node];
    struct range r = g->pool.range[0];
    r.hi = r.lo + (size < grants_available(g) ? size : grants_available(g));
    if (cover_add(&n->with, r) != 0) {
        look_at(g, node);
        return -1;
    }
    (void)cover_take(&g->pool, r.hi - r.lo, &r);
    if (r.hi > g->high)
        g->high = r.hi;
    n->granted += r.hi - r.lo;
    n->inherits -= r.hi - r.lo < n->inherits ? r.hi - r.lo : n->inherits;
    n->passed_ns = 0;
    note_most(g, n);
    if (r.hi - r.lo < size)
        look_at(g, node); /* the pool is in pieces: the next one */
    *grant = (struct grant){.what = GRANT_CHUNKS, .node = node, .range = r};
    return 0;
}

/* Is it better for chunks that this node would begin in s seconds to be run by
 * another one, now? */
static bool is_sooner(const struct grants_node *n, double s,
                      const struct grants_node *to)
{
    return n->chunk_s == 0 || to->chunk_s <= s + n->chunk_s;
}

/* The node that has work for longest, if it is worth a message to bring some
 * of it to node `to`: else NULL. */
static struct grants_node *richest(struct grants *g,
                                   const struct grants_node *to)
{
    struct grants_node *best = NULL;
    double best_s = 2 * grants_waits_s(g, to) + g->lead_s / 8;
    if (g->most_s <= best_s)
        return NULL;
    g->most_s = 0;
    for (uint32_t i = 0; i < g->n_nodes; i++) {
        struct grants_node *n = &g->node[i];
        if (!n->here || n->recalled || grants_spare(n) < 1 ||
            (g->fixed && n->n_executors > 0))
            continue;
        const double s = grants_lasts_s(g, n);
        g->most_s = fmax(g->most_s, s);
        if (n != to && s > best_s && is_sooner(n, s, to)) {
            best = n;
            best_s = s;
        }
    }
    return best;
}

/* Asks one of the others for some: so much that it and a slower one would end
 * together; of a faster one half, since chunks that took it little time may be
 * cheaper ones. */
static void recall(struct grants *g, struct grants_node *to,
                   struct grant *grant)
{
    if (g->n_recalled >= g->n_hungry)
        return;
    struct grants_node *n = richest(g, to);
    if (n == NULL)
        return;
    const double rate = grants_rate(g, n), to_rate = grants_rate(g, to);
    const double more = grants_spare(n) - grants_waits_s(g, to) * rate;
    const double part = rate == 0 ? 1 : fmin(0.5, to_rate / (rate + to_rate));
    const double size = fmax(1, floor(more * part));
    n->recalled = true;
    n->asked = (uint32_t)fmin(size, (double)UINT32_MAX);
    n->heir = (uint32_t)(to - g->node);
    g->n_recalled++;
    *grant = (struct grant){
        .what = GRANT_RECALL, .node = (uint32_t)(n - g->node), .n = n->asked};
}

/* What to do about one node; -1 without memory. */
static int look(struct grants *g, uint32_t node, uint64_t now_ns,
                struct grant *grant)
{
    struct grants_node *n = &g->node[node];
    if (!n->here || n->recalled || n->n_executors == 0)
        return 0;
    if (grants_available(g) == 0) {
        n->inherits = 0;
        set_hungry(g, n, grants_spare(n) < grants_needed(g, n));
        if (n->hungry)
            recall(g, n, grant);
        return 0;
    }
    if (n->inherits == 0 && grants_pass_over(g, n, now_ns)) {
        set_hungry(g, n, true);
        return 0;
    }
    const uint32_t size = grants_size(g, n);
    return size == 0 ? 0 : give(g, node, size, grant);
}

int grants_next(struct grants *g, uint64_t now_ns, struct grant *grant)
{
    *grant = (struct grant){.what = GRANT_NOTHING};
    if (g->alarm_ns != 0 && now_ns >= g->alarm_ns) {
        g->alarm_ns = 0;
        feed_hungry(g);
    }
    while (!g->stopped && g->n_queued > 0) {
        const uint32_t node = g->queue[g->first];
        g->first = (g->first + 1) % g->n_nodes;
        g->n_queued--;
        g->node[node].queued = false;
        set_hungry(g, &g->node[node], false);
        if (look(g, node, now_ns, grant) != 0)
            return -1;
        if (grant->what != GRANT_NOTHING)
            return 0;
    }
    return 0;
}

void grants_set_behind(struct grants *g, bool behind)
{
    if (g->behind && !behind)
        feed_hungry(g);
    g->behind = behind;
}

int grants_assign(struct grants *g, uint32_t node, struct range r)
{
    struct grants_node *n = &g->node[node];
    if (r.lo >= r.hi)
        return 0;
    if (!cover_contains(&g->pool, r)) {
        errno = EINVAL;
        return -1;
    }
    if (cover_add(&n->with, r) != 0)
        return -1;
    if (cover_remove(&g->pool, r) != 0) {
        (void)cover_remove(&n->with, r);
        return -1;
    }
    n->granted += r.hi - r.lo;
    if (r.hi > g->high)
        g->high = r.hi;
    note_most(g, n);
    g->fixed = true;
    return 0;
}

/* Moves what the node has of r to the pool; how many chunks that were, or -1.
 * Part of it may have moved then, and nothing is lost. */
static int64_t take_back(struct grants *g, struct grants_node *n,
                         struct range r)
{
    struct cover others = COVER_EMPTY;
    int64_t n_back = 0;
    int status = cover_add_missing(&others, r, &n->with, NULL);
    struct cover mine = COVER_EMPTY;
    if (status == 0)
        status = cover_add_missing(&mine, r, &others, NULL);
    for (size_t i = 0; status == 0 && i < mine.n; i++) {
        const struct range back = mine.range[i];
        status = cover_add(&g->pool, back);
        if (status == 0 && cover_remove(&n->with, back) != 0) {
            (void)cover_remove(&g->pool, back);
            status = -1;
        }
        if (status == 0)
            n_back += back.hi - back.lo;
    }
    cover_release(&mine);
    cover_release(&others);
    return status == 0 ? n_back : -1;
}

int grants_returned(struct grants *g, uint32_t node, const struct range *range,
                    size_t n_ranges)
{
    struct grants_node *n = &g->node[node];
    if (!n->here)
        return 0;
    uint64_t n_back = 0;
    for (size_t i = 0; i < n_ranges; i++) {
        const int64_t back = take_back(g, n, range[i]);
        if (back < 0)
            return -1;
        n_back += (uint64_t)back;
    }
    n->returned += n_back;
    if (n->recalled) {
        n->recalled = false;
        g->n_recalled--;
        /* It had less than it was asked for: it has nothing now. */
        const double rest = (double)n->status.left +
                            (double)(n->granted - n->status.granted) -
                            (double)n->returned;
        if (n_back < n->asked && rest > 0)
            n->returned += (uint64_t)rest;
        note_most(g, n);
        g->node[n->heir].inherits = n_back;
        look_at(g, n->heir);
    }
    feed_hungry(g);
    look_at(g, node);
    return 0;
}

int grants_settled(struct grants *g, uint32_t node, struct range r)
{
    struct grants_node *n = &g->node[node];
    return cover_remove(&n->with, r) != 0 || cover_remove(&g->pool, r) != 0 ? -1
                                                                            : 0;
}

int grants_lost(struct grants *g, uint32_t node)
{
    struct grants_node *n = &g->node[node];
    if (!n->here)
        return 0;
    for (size_t i = 0; i < n->with.n; i++)
        if (cover_add(&g->pool, n->with.range[i]) != 0)
            return -1; /* with the node and in the pool: to be repeated */
    cover_release(&n->with);
    grants_count(g, n, false);
    set_hungry(g, n, false);
    if (n->recalled)
        g->n_recalled--;
    n->here = n->recalled = false;
    for (uint32_t i = 0; i < g->n_nodes; i++)
        look_at(g, i);
    return 0;
}

bool grants_done(const struct grants *g)
{
    if (g->pool.n_chunks > 0 && !g->stopped)
        return false;
    for (uint32_t i = 0; i < g->n_nodes; i++) {
        const struct grants_node *n = &g->node[i];
        if (!n->here || n->granted == 0)
            continue;
        if (n->recalled || n->status.settled == 0 ||
            n->status.granted != n->granted)
            return false;
    }
    return true;
}
