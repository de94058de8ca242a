/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chunks that a node of a cluster gives back to the root, because others have
 * nothing to do: see dispatch.h. The launcher takes them as a thief does
 * (claim.h), and ledger.h says why that does not hurt [QUIET].
 */
#include "dispatch.h"

uint64_t dispatch_left(const struct dispatch *d)
{
    const uint32_t n = d->job->n_executors + d->job->n_pool;
    uint64_t left = d->backlog.n_chunks;
    for (uint32_t i = 0; i < n; i++) {
        const struct range r = claim_peek(&d->node->claim[i].word);
        if (r.lo < r.hi && r.hi <= d->job->grid.n_chunks)
            left += r.hi - r.lo;
    }
    return left;
}

/* What of r can go is in *out then, the rest in the backlog again: none of it
 * is anybody else's, since it was in the backlog or free in a word. (What is in
 * neither, because it was nonsense or is settled, needs nobody.) */
static int sort_out(struct dispatch *d, struct range r,
                    const struct cover *keep, struct cover *out)
{
    const struct gather *g = d->gather;
    struct cover open = COVER_EMPTY, due = COVER_EMPTY, loose = COVER_EMPTY;
    int rc = -1;
    if (cover_add_missing(&open, r, &g->accepted, &g->failed) != 0)
        goto out;
    for (size_t i = 0; i < open.n; i++)
        if (cover_add_common(&due, open.range[i], g->granted) != 0)
            goto out;
    for (size_t i = 0; i < due.n; i++)
        if (cover_add_missing(&loose, due.range[i], keep, &d->withheld) != 0)
            goto out;
    for (size_t i = 0; i < due.n; i++)
        if (cover_add_missing(&d->backlog, due.range[i], &loose,
                              &d->withheld) != 0)
            goto out;
    rc = 0;
    for (size_t i = 0; i < loose.n && rc == 0; i++)
        rc = cover_add(out, loose.range[i]);
out:
    cover_release(&open);
    cover_release(&due);
    cover_release(&loose);
    return rc;
}

static int recall_backlog(struct dispatch *d, uint64_t n,
                          const struct cover *keep, struct cover *out)
{
    struct cover all = d->backlog;
    struct range r;
    int rc = 0;
    d->backlog = COVER_EMPTY;
    while (rc == 0 && out->n_chunks < n) {
        const uint64_t want = n - out->n_chunks;
        if (!cover_take_last(&all, want < UINT32_MAX ? (uint32_t)want
                                                     : UINT32_MAX, &r))
            break;
        rc = sort_out(d, r, keep, out);
    }
    for (size_t i = 0; i < all.n; i++)
        if (cover_add(&d->backlog, all.range[i]) != 0)
            rc = -1;
    cover_release(&all);
    return rc;
}

/* The upper half of a word, or less of it when that is enough. */
static int recall_word(struct dispatch *d, claim_word *word, uint64_t n,
                       const struct cover *keep, struct cover *out)
{
    struct range r;
    if (out->n_chunks >= n || !claim_steal(word, &r)
        || r.hi > d->job->grid.n_chunks)
        return 0;
    const uint64_t want = n - out->n_chunks;
    if (r.hi - r.lo > want) {
        const struct range rest = {r.lo, r.hi - (uint32_t)want};
        if (dispatch_add(d, rest) != 0)
            return -1;
        r.lo = rest.hi;
    }
    return sort_out(d, r, keep, out);
}

int dispatch_recall(struct dispatch *d, uint64_t n, const struct cover *keep,
                    struct cover *out)
{
    const uint32_t n_words = d->job->n_executors + d->job->n_pool;
    if (d->job->schedule != SCHEDULE_DYNAMIC)
        return 0;
    if (recall_backlog(d, n, keep, out) != 0)
        return -1;
    /* A little of each rather than all of one: so in rounds. */
    for (uint64_t before = UINT64_MAX; out->n_chunks != before;) {
        before = out->n_chunks;
        for (uint32_t i = n_words; i-- > 0;)
            if (recall_word(d, &d->node->claim[i].word, n, keep, out) != 0)
                return -1;
    }
    return 0;
}
