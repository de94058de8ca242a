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

/* Chunks that the speed of a node is reckoned from; at least 4 an executor. */
#define MEMORY 16.0
/* Times the others' time of a chunk: a slow node. It is passed over so much
 * sooner than it would be if all chunks cost the same: those of a slow one
 * differ most. */
#define SLOWER 1.25
#define SOONER 2.0

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

/* Adds a node to the sums over all, or takes it out. */
static void count(struct grants *g, const struct grants_node *n, bool in)
{
    const uint64_t e = in ? n->n_executors : -(uint64_t)n->n_executors;
    if (n->chunk_s > 0) {
        const double rate = n->n_executors / n->chunk_s;
        g->n_known += e;
        g->rate = g->n_known == 0 ? 0 : g->rate + (in ? rate : -rate);
    } else {
        g->n_unknown += e;
    }
}

/* Chunks a second. Of a node whose speed is not known: as the others, by
 * executors. */
static double node_rate(const struct grants *g, const struct grants_node *n)
{
    if (n->chunk_s > 0)
        return n->n_executors / n->chunk_s;
    return g->n_known > 0 ? n->n_executors * (g->rate / (double)g->n_known)
                          : n->n_executors;
}

/* Chunks that no executor has begun or is about to begin; below 0: so many
 * executors have nothing to do. */
static double spare(const struct grants_node *n)
{
    return (double)n->status.left + (double)(n->granted - n->status.granted) -
           (double)n->returned - (double)n->status.n_idle;
}

/* Seconds until a node begins the last of what it has to spare. */
static double lasts_s(const struct grants *g, const struct grants_node *n)
{
    const double has = spare(n);
    if (has <= 0)
        return 0;
    return n->n_executors == 0 ? INFINITY : has / node_rate(g, n);
}

/* It may have more than any other now. */
static void note_most(struct grants *g, const struct grants_node *n)
{
    if (g->n_unknown > 0) /* what is not known depends on all others */
        g->most_s = INFINITY;
    else
        g->most_s = fmax(g->most_s, lasts_s(g, n));
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
    count(g, n, true);
    look_at(g, node);
}

/* The speed, from what was done since it was measured last. Longer ago counts
 * less. Nothing is measured before a chunk has ended. */
static void measure(struct grants_node *n, const struct wire_status *now)
{
    if (now->ran <= n->seen_ran || now->busy_ns < n->seen_busy_ns)
        return;
    const double ran = (double)(now->ran - n->seen_ran);
    const double memory = fmax(MEMORY, 4.0 * n->n_executors);
    const double keep = exp(-ran / memory);
    n->busy_s =
        n->busy_s * keep + (double)(now->busy_ns - n->seen_busy_ns) / 1e9;
    n->ran = n->ran * keep + ran;
    n->chunk_s = fmax(n->busy_s / n->ran, 1e-9);
    n->seen_ran = now->ran;
    n->seen_busy_ns = now->busy_ns;
}

void grants_status(struct grants *g, uint32_t node,
                   const struct wire_status *status)
{
    struct grants_node *n = &g->node[node];
    if (!n->here)
        return;
    count(g, n, false);
    measure(n, status);
    n->n_executors = status->n_executors;
    count(g, n, true);
    n->status = *status;
    if (n->status.granted > n->granted)
        n->status.granted = n->granted;
    n->returned = 0;
    note_most(g, n);
    if (!n->recalled)
        look_at(g, node);
}

/* Chunks a second of all nodes, in the same terms. */
static double all_rate(const struct grants *g)
{
    if (g->n_known == 0)
        return (double)g->n_unknown;
    return g->rate / (double)g->n_known * (double)(g->n_known + g->n_unknown);
}

/* Fewer chunks than executors: who gets the last ones matters. */
static bool near_end(const struct grants *g)
{
    return g->pool.n_chunks < g->n_known + g->n_unknown;
}

/* Would the others begin all that is in the pool, and end it, before this node
 * ended one chunk? Then it is passed over; but not for longer than that should
 * take, since others may be busy with chunks of another size. */
static bool pass_over(struct grants *g, struct grants_node *n, uint64_t now_ns)
{
    const double usual_s = g->n_known == 0 ? 0 : (double)g->n_known / g->rate;
    const double drain_s = (double)g->pool.n_chunks / all_rate(g);
    if (n->chunk_s == 0 || n->chunk_s < SLOWER * usual_s ||
        drain_s >= SOONER * (n->chunk_s - usual_s)) {
        n->passed_ns = 0;
        return false;
    }
    if (n->passed_ns == 0)
        n->passed_ns = now_ns;
    return (double)(now_ns - n->passed_ns) / 1e9 < (1 + SOONER) * usual_s;
}

/* How many chunks a node should have to spare, at least. */
static double needed(const struct grants *g, const struct grants_node *n)
{
    if (n->chunk_s == 0)
        return 1;
    return fmax(1, ceil(g->lead_s * node_rate(g, n)));
}

/* How many chunks of the pool can be given in one piece. */
static uint32_t available(const struct grants *g)
{
    if (g->pool.n == 0)
        return 0;
    const struct range r = g->pool.range[0];
    const uint32_t hi = g->behind && r.hi > g->high ? g->high : r.hi;
    return r.lo < hi ? hi - r.lo : 0;
}

/* How many chunks it is given now; 0: it has enough. */
static uint32_t grant_size(const struct grants *g, const struct grants_node *n)
{
    const double has = spare(n), need = needed(g, n);
    if (has >= need || n->n_executors == 0)
        return 0;
    const double share =
        (double)g->pool.n_chunks * node_rate(g, n) / all_rate(g);
    const double fill = (near_end(g) ? need : 2 * need) - has;
    /* An executor with nothing to do gets a chunk, whoever else needs some;
     * beyond these only what is fair. */
    const double least = fmax(fmax(-has, 1), (double)n->inherits);
    const double more = g->in_order ? fill : fmax(share / 2, fill);
    const double size = fmax(least, fmin(more, ceil(share)));
    return (uint32_t)fmin(ceil(size), (double)g->pool.n_chunks);
}

static int give(struct grants *g, uint32_t node, uint32_t size,
                struct grant *grant)
{
    struct grants_node *n = &g->node[node];
    struct range r = g->pool.range[0];
    r.hi = r.lo + (size < available(g) ? size : available(g));
    if (cover_add(&n->with, r) != 0) {
        look_at(g, node);
        return -1;
    }
    (void)cover_take(&g->pool, r.hi - r.lo, &r);
    if (r.hi > g->high)
        g->high = r.hi;
    n->granted += r.hi - r.lo;
    n->passed_ns = 0;
    note_most(g, n);
    if (r.hi - r.lo < size)
        look_at(g, node); /* the pool is in pieces: the next one */
    *grant = (struct grant){.what = GRANT_CHUNKS, .node = node, .range = r};
    return 0;
}

/* Seconds until it could begin one chunk more than it has. */
static double waits_s(const struct grants *g, const struct grants_node *n)
{
    const double has = spare(n);
    return has < 0 ? 0 : (has + 1) / node_rate(g, n);
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
    double best_s = 2 * waits_s(g, to) + g->lead_s / 8;
    if (g->most_s <= best_s)
        return NULL;
    g->most_s = 0;
    for (uint32_t i = 0; i < g->n_nodes; i++) {
        struct grants_node *n = &g->node[i];
        if (!n->here || n->recalled || spare(n) < 1 ||
            (g->fixed && n->n_executors > 0))
            continue;
        const double s = lasts_s(g, n);
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
    const double rate = node_rate(g, n), to_rate = node_rate(g, to);
    const double more = spare(n) - waits_s(g, to) * rate;
    const double part = rate == 0 ? 1 : fmin(0.5, to_rate / (rate + to_rate));
    const double size = fmax(1, floor(more * part));
    n->recalled = true;
    n->asked = (uint32_t)fmin(size, (double)UINT32_MAX);
    n->heir = (uint32_t)(to - g->node);
    g->n_recalled++;
    *grant = (struct grant){
        .what = GRANT_RECALL, .node = (uint32_t)(n - g->node), .n = n->asked};
}

int grants_next(struct grants *g, uint64_t now_ns, struct grant *grant)
{
    *grant = (struct grant){.what = GRANT_NOTHING};
    while (!g->stopped && g->n_queued > 0) {
        const uint32_t node = g->queue[g->first];
        struct grants_node *n = &g->node[node];
        g->first = (g->first + 1) % g->n_nodes;
        g->n_queued--;
        n->queued = false;
        set_hungry(g, n, false);
        if (!n->here || n->recalled || n->n_executors == 0)
            continue;
        if (available(g) == 0) {
            set_hungry(g, n, spare(n) < needed(g, n));
            if (n->hungry)
                recall(g, n, grant);
        } else if (n->inherits == 0 && pass_over(g, n, now_ns)) {
            set_hungry(g, n, true);
        } else {
            const uint32_t size = grant_size(g, n);
            n->inherits = 0;
            if (size > 0 && give(g, node, size, grant) != 0)
                return -1;
        }
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
    count(g, n, false);
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
