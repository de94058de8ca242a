/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges out and back: see dispatch.h. */
#include "dispatch.h"
#include "owned.h"

#include <stdlib.h>

#define SHARE_NS 2e7 /* a tick of the launcher, which looks for empty words */

int dispatch_init(struct dispatch *d, struct job_shm *job,
                  struct node_shm *node, struct gather *gather,
                  struct executor_shm **executor, struct ff_error *err)
{
    *d = (struct dispatch){.job = job, .node = node, .gather = gather,
                           .executor = executor};
    d->epoch = calloc(job->n_executors, sizeof d->epoch[0]);
    d->dealing = calloc(job->n_executors, sizeof d->dealing[0]);
    d->deal = calloc(job->n_executors, sizeof d->deal[0]);
    if (d->epoch == NULL || d->dealing == NULL || d->deal == NULL)
        return ff_error_errno(err, FF_LOST, "cannot dispatch");
    return 0;
}

void dispatch_release(struct dispatch *d)
{
    cover_release(&d->backlog);
    cover_release(&d->withheld);
    free(d->epoch);
    free(d->dealing);
    free(d->deal);
    *d = (struct dispatch){0};
}

int dispatch_add(struct dispatch *d, struct range r)
{
    const struct cover *granted = d->gather->granted;
    return granted == NULL ? cover_add(&d->backlog, r)
                           : cover_add_common(&d->backlog, r, granted);
}

int dispatch_all(struct dispatch *d)
{
    const uint32_t n_chunks = d->job->grid.n_chunks;
    const uint32_t schedule = d->job->schedule;
    const uint64_t n = job_n_takers(d->job);
    for (uint32_t i = 0; i < d->job->n_executors; i += d->job->team) {
        const uint64_t taker = job_taker(d->job, i);
        d->dealing[i] = schedule == SCHEDULE_CYCLIC && taker < n_chunks;
        if (schedule == SCHEDULE_STATIC)
            claim_put(&d->node->claim[i].word,
                      owned_block(n_chunks, taker, n));
    }
    if (schedule == SCHEDULE_STATIC || schedule == SCHEDULE_CYCLIC)
        return 0;
    const struct gather *g = d->gather;
    const struct range all = {0, n_chunks};
    if (cover_add_missing(&d->backlog, all, &g->accepted, &g->failed) != 0)
        return -1;
    /* Of a run that goes on: those run alone, and not here as well. */
    for (size_t i = 0; i < d->withheld.n; i++)
        if (cover_remove(&d->backlog, d->withheld.range[i]) != 0)
            return -1;
    dispatch_post(d);
    return 0;
}

bool dispatch_deals(const struct dispatch *d, uint32_t i)
{
    return d->dealing[i];
}

static bool has_some(const struct dispatch *d, uint32_t i)
{
    const struct range r = claim_peek(&d->node->claim[i].word);
    return r.lo < r.hi;
}

bool dispatch_has_for(const struct dispatch *d, uint32_t first, uint32_t end)
{
    const uint32_t n = d->job->n_executors;
    const bool any = d->job->schedule == SCHEDULE_DYNAMIC;
    if (d->backlog.n > 0)
        return true;
    for (uint32_t i = 0; i < n + d->job->n_pool; i++)
        if ((any || i >= n || (i >= first && i < end)) && has_some(d, i))
            return true;
    for (uint32_t i = first; i < end; i++)
        if (d->dealing[i])
            return true;
    return false;
}

static void wake(struct dispatch *d)
{
    atomic_fetch_add_explicit(&d->node->wake, 1, memory_order_release);
    futex_wake(&d->node->wake);
}

/* SCHEDULE_ONCE: a chunk to the word of its executor, to which nobody else
 * adds. What is in the word already, or is another's after a wild write, makes
 * room; what that loses is found by [QUIET]. Another node's chunk is not run
 * here: the rank would be wrong. */
static void post_own(struct dispatch *d)
{
    struct range r, there;
    while (cover_take(&d->backlog, 1, &r)) {
        const uint32_t i = job_executor_of(d->job, r.lo);
        if (i == NO_EXECUTOR)
            continue;
        claim_take_all(&d->node->claim[i].word, &there);
        claim_put(&d->node->claim[i].word, r);
    }
    wake(d);
}

static uint64_t epoch_of(const struct dispatch *d, uint32_t i)
{
    return d->executor[i] == NULL ? 0
           : atomic_load_explicit(&d->executor[i]->epoch,
                                  memory_order_acquire);
}

void dispatch_pace(struct dispatch *d, uint64_t elapsed_ns, uint64_t emitted,
                   uint64_t share_bytes)
{
    const double done = (double)d->gather->accepted.n_chunks;
    double share = done * SHARE_NS / (double)(elapsed_ns + 1)
                   / d->job->n_executors;
    const double most = done * (double)share_bytes / (double)(emitted + 1);
    share = share < most ? share : most;
    d->share = share < 1 ? 1 : share > UINT32_MAX ? UINT32_MAX
               : (uint32_t)share;
}

/* Does anybody have chunks, or a word? */
static bool is_busy(const struct dispatch *d)
{
    const uint32_t n = d->job->n_executors;
    for (uint32_t i = 0; i < n + d->job->n_pool; i++) {
        const struct range r = claim_peek(&d->node->claim[i].word);
        if (r.lo < r.hi || (i < n && epoch_of(d, i) % 2 != 0))
            return true;
    }
    return false;
}

/* So much waits for its turn that only what went back is handed out, as long
 * as somebody works: what the others wait for may be with him. */
static bool must_wait(const struct dispatch *d)
{
    return d->paused && d->backlog.n > 0
           && d->backlog.range[0].lo >= d->posted_hi && is_busy(d);
}

void dispatch_post(struct dispatch *d)
{
    const uint32_t n = d->job->n_executors;
    struct claim_line *pool = d->node->claim + n;
    if (d->backlog.n == 0)
        return;
    if (d->job->schedule == SCHEDULE_ONCE) {
        post_own(d);
        return;
    }
    uint32_t share = (uint32_t)((d->backlog.n_chunks + n - 1) / n);
    bool posted = false;
    if (d->share != 0 && d->share < share)
        share = d->share;
    for (uint32_t i = 0; i < d->job->n_pool; i++) {
        struct range r = claim_peek(&pool[i].word);
        /* A word that a wild write filled with nonsense is emptied here. */
        if (r.hi > d->job->grid.n_chunks)
            claim_take_all(&pool[i].word, &r);
        else if (r.lo < r.hi)
            continue;
        if (must_wait(d) || !cover_take(&d->backlog, share, &r))
            break;
        d->posted_hi = r.hi > d->posted_hi ? r.hi : d->posted_hi;
        /* Nobody but us adds to a pool word: an empty one takes it. */
        if (claim_put(&pool[i].word, r))
            posted = true;
        else
            cover_add(&d->backlog, r);
    }
    if (posted)
        wake(d);
}

/* To the backlog, as far as it is granted and not settled or withheld. */
static int give_back(struct dispatch *d, struct range r)
{
    struct cover left = COVER_EMPTY, loose = COVER_EMPTY;
    int rc = 0;
    if (r.hi > d->job->grid.n_chunks || r.lo >= r.hi)
        return 0; /* nonsense: what it hides is found by [QUIET] */
    if (cover_add_missing(&left, r, &d->gather->accepted, &d->gather->failed)
        != 0)
        rc = -1;
    for (size_t i = 0; i < left.n && rc == 0; i++)
        rc = cover_add_missing(&loose, left.range[i], &d->withheld, NULL);
    for (size_t i = 0; i < loose.n && rc == 0; i++)
        rc = dispatch_add(d, loose.range[i]);
    cover_release(&left);
    cover_release(&loose);
    return rc;
}

static int settle_word(struct dispatch *d, uint32_t i)
{
    struct range r;
    return claim_take_all(&d->node->claim[i].word, &r) ? give_back(d, r) : 0;
}

static int settle_open(struct dispatch *d, uint32_t i)
{
    const struct executor_shm *e = d->executor[i];
    uint32_t n = atomic_load_explicit(&e->n_open, memory_order_acquire);
    if (n > OPEN_RANGES)
        n = OPEN_RANGES;
    for (uint32_t k = 0; k < n; k++) {
        const struct range r = claim_unpack(
            atomic_load_explicit(&e->open[k], memory_order_relaxed));
        if (give_back(d, r) != 0)
            return -1;
    }
    const uint64_t lost = atomic_load(&e->begun) - atomic_load(&e->kept);
    if (lost <= d->job->grid.n_chunks)
        d->n_returned += lost;
    return 0;
}

int dispatch_settle(struct dispatch *d, uint32_t i)
{
    d->epoch[i] = UINT64_MAX; /* no quiet pass may span this */
    d->dealing[i] = false;
    return settle_word(d, i) != 0 ? -1 : settle_open(d, i);
}

int dispatch_leave(struct dispatch *d, uint32_t i)
{
    const uint64_t next = atomic_load(&d->executor[i]->deal);
    const uint64_t n = job_n_takers(d->job);
    d->dealing[i] = d->dealing[i] && epoch_of(d, i) % 2 != 0
                    && next < d->job->grid.n_chunks
                    && next % n == job_taker(d->job, i);
    d->deal[i] = d->dealing[i] ? next : UINT64_MAX;
    d->epoch[i] = UINT64_MAX;
    if (d->job->schedule != SCHEDULE_STATIC && settle_word(d, i) != 0)
        return -1;
    return settle_open(d, i);
}

bool dispatch_quiet_begin(struct dispatch *d, bool stopping)
{
    const uint32_t n = d->job->n_executors;
    for (uint32_t i = 0; i < n; i++) {
        d->epoch[i] = epoch_of(d, i);
        if (d->epoch[i] % 2 != 0)
            return false;
        if (d->dealing[i] && d->epoch[i] == 0 && !stopping)
            return false; /* it has not begun to deal */
    }
    if (stopping)
        return true;
    if (d->backlog.n > 0)
        return false;
    for (uint32_t i = 0; i < n + d->job->n_pool; i++) {
        const struct range r = claim_peek(&d->node->claim[i].word);
        if (r.lo < r.hi)
            return false;
    }
    return true;
}

bool dispatch_quiet_end(const struct dispatch *d)
{
    for (uint32_t i = 0; i < d->job->n_executors; i++)
        if (epoch_of(d, i) != d->epoch[i])
            return false;
    return true;
}

int64_t dispatch_add_lost(struct dispatch *d)
{
    const struct cover *granted = d->gather->granted;
    const struct range all = {0, d->job->grid.n_chunks};
    const uint64_t before = d->backlog.n_chunks;
    if (granted == NULL) {
        if (give_back(d, all) != 0)
            return -1;
    } else {
        for (size_t i = 0; i < granted->n; i++)
            if (give_back(d, granted->range[i]) != 0)
                return -1;
    }
    return (int64_t)(d->backlog.n_chunks - before);
}
