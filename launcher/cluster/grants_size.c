/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast nodes are, and how much of the pool one of them should get: the
 * reckoning of grants.c, which see.
 */
#include "grants.h"

#include <math.h>

#define MEMORY 16.0  /* chunks that the speed of a node is reckoned from */
#define QUICK 32     /* what lasts for such a part of the lead */
#define TRUST 4.0    /* that many are as quick as each one that it ran */
#define SLOWER 1.25  /* times the others' time of a chunk: a slow node */
#define PATIENCE 1.5 /* times what the others should take for it */
#define SOONER 3.0   /* so much before it is due: chunks of a slow one differ */

void grants_count(struct grants *g, const struct grants_node *n, bool in)
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

double grants_rate(const struct grants *g, const struct grants_node *n)
{
    if (n->chunk_s > 0)
        return n->n_executors / n->chunk_s;
    return g->n_known > 0 ? n->n_executors * (g->rate / (double)g->n_known)
                          : n->n_executors;
}

double grants_spare(const struct grants_node *n)
{
    return (double)n->status.left + (double)(n->granted - n->status.granted) -
           (double)n->returned - (double)n->status.n_idle;
}

double grants_lasts_s(const struct grants *g, const struct grants_node *n)
{
    const double has = grants_spare(n);
    if (has <= 0)
        return 0;
    return n->n_executors == 0 ? INFINITY : has / grants_rate(g, n);
}

double grants_waits_s(const struct grants *g, const struct grants_node *n)
{
    const double has = grants_spare(n);
    return has < 0 ? 0 : (has + 1) / grants_rate(g, n);
}

/* The speed, from what was done since it was measured last. Longer ago counts
 * less. Nothing is measured before a chunk has ended. */
void grants_measure(struct grants_node *n, const struct wire_status *now)
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

/* What the pool and the others have that is not begun; `most` is enough. */
static double left_to_others(const struct grants *g,
                             const struct grants_node *but, double most)
{
    double left = (double)g->pool.n_chunks;
    for (uint32_t i = 0; i < g->n_nodes && left < most; i++) {
        const struct grants_node *n = &g->node[i];
        if (n->here && n != but)
            left += fmax(0, grants_spare(n));
    }
    return left;
}

/* Would the others begin all that is left, and end it, before this node ended
 * one chunk? Then it is passed over; but not for longer than that should take,
 * since others may be busy with chunks of another size. */
bool grants_pass_over(struct grants *g, struct grants_node *n, uint64_t now_ns)
{
    const double usual_s = g->n_known == 0 ? 0 : (double)g->n_known / g->rate;
    const double due_s = SOONER * (n->chunk_s - usual_s);
    const double most = due_s * all_rate(g);
    const bool slow = n->chunk_s > 0 && n->chunk_s >= SLOWER * usual_s;
    const double left = slow ? left_to_others(g, n, most) : 0;
    if (!slow || left >= most) {
        n->passed_ns = 0;
        return false;
    }
    if (n->passed_ns == 0) {
        const double s = PATIENCE * left / all_rate(g) + g->lead_s / 8;
        n->passed_ns = now_ns + (uint64_t)(s * 1e9);
    }
    if (now_ns >= n->passed_ns)
        return false;
    if (g->alarm_ns == 0 || n->passed_ns < g->alarm_ns)
        g->alarm_ns = n->passed_ns;
    return true;
}

double grants_needed(const struct grants *g, const struct grants_node *n)
{
    if (n->chunk_s == 0)
        return 1;
    return fmax(1, ceil(g->lead_s * grants_rate(g, n)));
}

uint32_t grants_available(const struct grants *g)
{
    if (g->pool.n == 0)
        return 0;
    const struct range r = g->pool.range[0];
    const uint32_t hi = g->behind && r.hi > g->high ? g->high : r.hi;
    return r.lo < hi ? hi - r.lo : 0;
}

uint32_t grants_size(const struct grants *g, const struct grants_node *n)
{
    const double has = grants_spare(n), need = grants_needed(g, n);
    double size = (double)n->inherits;
    if (has < need && n->n_executors > 0) {
        const double share =
            (double)g->pool.n_chunks * grants_rate(g, n) / all_rate(g);
        const double fill = (near_end(g) ? need : 2 * need) - has;
        const double more = g->in_order ? fill : fmax(share / 2, fill);
        /* An executor with nothing to do gets a chunk, whoever else needs
         * some, and what is done while a message is on its way is not worth
         * another one; beyond these only what is fair. */
        const double quick =
            fmin(floor(need / QUICK), TRUST * (double)n->seen_ran);
        size = fmax(size, fmax(fmax(-has, quick), 1));
        size = fmax(size, fmin(more, ceil(share)));
    }
    return (uint32_t)fmin(ceil(size), (double)g->pool.n_chunks);
}
