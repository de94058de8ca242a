/* SPDX-License-Identifier: Apache-2.0 */
/* Where an executor finds chunks: see find.h. The words in brackets are the
 * steps of common/ledger.h and of the model. */
#include "find.h"
#include "failpoint.h"
#include "owned.h"

#include <inttypes.h>
#include <stdlib.h>

static claim_word *own_word(struct find *f)
{
    return &f->node->claim[f->index].word;
}

/* Only a wild write makes claim_put refuse: then our word is nonsense, and
 * what it lost is found at the end. */
void find_put(struct find *f, struct range r) /* [PUT] */
{
    if (!claim_put(own_word(f), r))
        atomic_store_explicit(own_word(f), claim_pack(r),
                              memory_order_release);
}

/* ---- taking -------------------------------------------------------------- */

/* Chunks that the grid does not have come from a wild write: dropped. */
static bool sane(const struct find *f, struct range r)
{
    return r.hi <= f->job->grid.n_chunks;
}

static bool take_own(struct find *f, uint32_t batch, struct range *r)
{
    if (!claim_take(own_word(f), batch, r)) /* [TAKE] */
        return false;
    if (sane(f, *r))
        return true;
    claim_take_all(own_word(f), r);
    return false;
}

bool find_can_deal(const struct find *f)
{
    return f->deal < f->job->grid.n_chunks;
}

/* [DEAL] The next of the chunks that are ours from the start. No word ever has
 * them, so nobody else takes them while we live. */
static bool deal(struct find *f, struct range *r)
{
    if (!find_can_deal(f))
        return false;
    *r = (struct range){(uint32_t)f->deal, (uint32_t)f->deal + 1};
    f->deal += job_n_takers(f->job);
    return true;
}

/* Of what came from elsewhere we keep a batch, and put the rest into our own
 * word, where others can have half of it. (Were all put there and the batch
 * taken from it, two idle thieves could steal one chunk from each other for
 * ever.) */
static bool keep_batch(struct find *f, uint32_t batch, struct range *r)
{
    if (!sane(f, *r))
        return false;
    FAILPOINT("between-words");
    if (r->hi - r->lo > batch) {
        find_put(f, (struct range){r->lo + batch, r->hi});
        r->hi = r->lo + batch;
    }
    return true;
}

static bool take_any(struct find *f, uint32_t batch, struct range *r)
{
    struct claim_line *pool = f->node->claim + f->job->n_executors;
    const uint32_t n = f->job->n_pool;
    for (uint32_t i = 0; i < n; i++)
        if (claim_take_all(&pool[(f->index + i) % n].word, r)) /* [EMPTY] */
            return keep_batch(f, batch, r);
    return false;
}

/* The lowest chunks first, since what is emitted comes in their order: with
 * any other choice a share could lie in its word to the end of the run. */
static bool take_lowest(struct find *f, uint32_t batch, struct range *r)
{
    struct claim_line *pool = f->node->claim + f->job->n_executors;
    for (;;) {
        struct claim_line *lowest = NULL;
        uint32_t lo = UINT32_MAX;
        for (uint32_t i = 0; i < f->job->n_pool; i++) {
            const struct range there = claim_peek(&pool[i].word);
            if (there.lo >= there.hi || there.lo >= lo)
                continue;
            lowest = &pool[i];
            lo = there.lo;
        }
        if (lowest == NULL)
            return false;
        if (claim_take_all(&lowest->word, r)) /* [EMPTY] */
            return keep_batch(f, batch, r);
    }
}

static bool steal(struct find *f, uint32_t batch, struct range *r)
{
    for (uint32_t i = 0; i < f->n_victims; i++)
        if (claim_steal(&f->node->claim[f->victim[i]].word, r)) { /* [STEAL] */
            f->steals++;
            FAILPOINT("stolen");
            return keep_batch(f, batch, r);
        }
    return false;
}

static bool take_pool(struct find *f, uint32_t batch, struct range *r)
{
    return f->job->in_order ? take_lowest(f, batch, r)
                            : take_any(f, batch, r);
}

bool find_take(struct find *f, uint32_t batch, struct range *r)
{
    return take_own(f, batch, r) || deal(f, r) || take_pool(f, batch, r)
           || steal(f, batch, r);
}

/* ---- looking ------------------------------------------------------------- */

static bool has_some(struct find *f, uint32_t i)
{
    const struct range r = claim_peek(&f->node->claim[i].word);
    return r.lo < r.hi;
}

bool find_has_own(struct find *f)
{
    return has_some(f, f->index);
}

bool find_anything(struct find *f)
{
    const uint32_t n = f->job->n_executors + f->job->n_pool;
    if (f->pinned && (find_can_deal(f) || find_has_own(f)))
        return true;
    for (uint32_t i = f->pinned ? f->job->n_executors : 0; i < n; i++)
        if (has_some(f, i))
            return true;
    return false;
}

/* ---- life ---------------------------------------------------------------- */

/* How far away: smaller is nearer. */
static unsigned distance(const struct place *a, const struct place *b)
{
    return (a->l2 != b->l2) + (a->l3 != b->l3) + (a->numa != b->numa)
           + (a->package != b->package);
}

/* The victims, nearest first; among equals the next ones after us first, so
 * that thieves spread. */
static void order_victims(struct find *f)
{
    const struct place *place = f->job->place;
    const uint32_t n = f->job->n_executors;
    for (unsigned d = 0; d <= 4; d++)
        for (uint32_t i = 1; i < n; i++) {
            const uint32_t v = (f->index + i) % n;
            if (distance(&place[f->index], &place[v]) == d)
                f->victim[f->n_victims++] = v;
        }
}

int find_init(struct find *f, const struct job_shm *job,
              struct node_shm *node, uint32_t index, struct ff_error *err)
{
    *f = (struct find){.job = job, .node = node, .index = index,
                       .pinned = job->schedule != SCHEDULE_DYNAMIC,
                       .deal = UINT64_MAX};
    if (f->pinned)
        return 0;
    f->victim = calloc(job->n_executors, sizeof f->victim[0]);
    if (f->victim == NULL)
        return ff_error_errno(err, FF_LOST, "cannot start executor %" PRIu32,
                              index);
    order_victims(f);
    return 0;
}

void find_release(struct find *f)
{
    free(f->victim);
    f->victim = NULL;
}

void find_deal(struct find *f, uint64_t next)
{
    if (f->job->schedule == SCHEDULE_CYCLIC)
        f->deal = next != 0 ? next : job_taker(f->job, f->index);
}
