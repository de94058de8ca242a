/* SPDX-License-Identifier: Apache-2.0 */
/* Records in, partial out: see gather.h for the rule. */
#include "gather.h"
#include "chosen.h"
#include "ledger.h"
#include "op_operation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int gather_init(struct gather *g, const struct grid *grid,
                const struct spec *spec, uint64_t seed, struct ff_error *err)
{
    *g = (struct gather){.grid = *grid};
    partial_layout_init(&g->layout, spec, seed);
    g->partial = malloc((g->layout.n_words + 1) * sizeof g->partial[0]);
    g->state = malloc((g->layout.n_state_words + 1) * sizeof g->state[0]);
    if (g->partial == NULL || g->state == NULL) {
        ff_error_errno(err, FF_LOST, "cannot gather results");
        gather_release(g);
        return -1;
    }
    partial_init(&g->layout, g->partial);
    state_init(&g->layout, g->state);
    state_trees_init(&g->tree, &g->own, &g->layout, grid->n_chunks);
    state_tree_init(&g->arriving, &g->layout, grid->n_chunks);
    return 0;
}

void gather_release(struct gather *g)
{
    cover_release(&g->accepted);
    cover_release(&g->failed);
    tree_release(&g->tree);
    tree_release(&g->own);
    tree_release(&g->arriving);
    cover_release(&g->fresh);
    gather_unfold(g);
    free(g->partial);
    free(g->state);
    failures_release(g->failure, g->n_failures);
    *g = (struct gather){0};
}

bool gather_settled(const struct gather *g, uint32_t c)
{
    const struct range r = {c, c + 1};
    return cover_meets(&g->accepted, r) || cover_meets(&g->failed, r);
}

bool gather_complete(const struct gather *g)
{
    const uint64_t all = g->granted != NULL ? g->granted->n_chunks
                                            : g->grid.n_chunks;
    return !g->open_ended
           && g->accepted.n_chunks + g->failed.n_chunks == all;
}

uint32_t gather_frontier(const struct gather *g)
{
    for (uint32_t c = 0;;) {
        const uint32_t from = c;
        c = cover_first_missing(&g->accepted, c);
        c = cover_first_missing(&g->failed, c);
        if (c == from)
            return c;
    }
}

uint64_t gather_verified(const struct gather *g, uint64_t share, uint64_t seed)
{
    uint64_t n = 0;
    for (size_t i = 0; share > 0 && i < g->accepted.n; i++)
        for (uint32_t c = g->accepted.range[i].lo; c < g->accepted.range[i].hi;
             c++)
            n += chosen(share, seed, c, g->grid.n_chunks);
    return n;
}

static bool is_granted(const struct gather *g, const struct cover *cover)
{
    for (size_t i = 0; g->granted != NULL && i < cover->n; i++)
        if (!cover_contains(g->granted, cover->range[i]))
            return false;
    return true;
}

/* ---- failures ------------------------------------------------------------ */

/* Where chunk c stands among the failures, or would stand. */
static size_t failure_place(const struct gather *g, uint32_t c)
{
    size_t low = 0, high = g->n_failures;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (g->failure[middle].chunk < c)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct failure *gather_failure(struct gather *g, uint32_t c)
{
    const size_t i = failure_place(g, c);
    return i < g->n_failures && g->failure[i].chunk == c ? &g->failure[i]
                                                         : NULL;
}

static int make_room(struct gather *g)
{
    if (g->n_failures < g->failures_room)
        return 0;
    const size_t room = g->failures_room > 0 ? 2 * g->failures_room : 16;
    struct failure *more = realloc(g->failure, room * sizeof *more);
    if (more == NULL)
        return -1;
    g->failure = more;
    g->failures_room = room;
    return 0;
}

struct failure *gather_fail(struct gather *g, uint32_t c, const char *reason)
{
    const struct cover one = {&(struct range){c, c + 1}, 1, 1, 1};
    if (gather_settled(g, c) || !is_granted(g, &one))
        return NULL;
    char *copy = strdup(reason);
    if (copy == NULL || make_room(g) != 0
        || cover_add(&g->failed, (struct range){c, c + 1}) != 0) {
        free(copy);
        return NULL;
    }
    struct failure *f = &g->failure[failure_place(g, c)];
    memmove(f + 1, f, (size_t)(g->failure + g->n_failures - f) * sizeof *f);
    g->n_failures++;
    *f = (struct failure){.chunk = c, .attempts = 1, .reason = copy};
    grid_chunk(&g->grid, c, &f->begin, &f->end);
    return f;
}

/* ---- records ------------------------------------------------------------- */

/* Reads the ranges of a record: each in the grid. A chunk that is in twice was
 * counted twice, because a claim word was damaged: the record is dropped. */
static enum gather_verdict read_ranges(const struct gather *g,
                                       const unsigned char *p, uint32_t n,
                                       struct cover *mine)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < n; i++, p += sizeof(struct range)) {
        struct range r;
        memcpy(&r, p, sizeof r);
        if (r.lo >= r.hi || r.hi > g->grid.n_chunks)
            return GATHER_DAMAGED;
        if (cover_add(mine, r) != 0)
            return GATHER_NO_MEMORY;
        sum += r.hi - r.lo;
    }
    return sum == mine->n_chunks ? GATHER_ACCEPTED : GATHER_DROPPED;
}

bool gather_is_new(const struct gather *g, const struct cover *cover)
{
    for (size_t i = 0; i < cover->n; i++)
        if (cover_meets(&g->accepted, cover->range[i])
            || cover_meets(&g->failed, cover->range[i]))
            return false;
    return true;
}

/* Takes out of *cover what is in *out. */
static int cut(struct cover *cover, const struct cover *out)
{
    for (size_t i = 0; i < out->n; i++)
        if (cover_remove(cover, out->range[i]) != 0)
            return -1;
    return 0;
}

/* Those that were not granted are not ours to run again. */
static int add_rest(const struct gather *g, struct range r,
                    struct cover *again)
{
    struct cover rest = COVER_EMPTY, foreign = COVER_EMPTY;
    int rc = cover_add_missing(&rest, r, &g->accepted, &g->failed);
    if (rc == 0 && g->granted != NULL)
        rc = cover_add_missing(&foreign, r, g->granted, NULL);
    if (rc == 0)
        rc = cut(&rest, &foreign);
    for (size_t i = 0; rc == 0 && i < rest.n; i++)
        rc = cover_add(again, rest.range[i]);
    cover_release(&rest);
    cover_release(&foreign);
    return rc;
}

enum gather_verdict gather_drop(const struct gather *g,
                                const struct cover *cover,
                                struct cover *again)
{
    for (size_t i = 0; i < cover->n; i++)
        if (add_rest(g, cover->range[i], again) != 0)
            return GATHER_NO_MEMORY;
    return GATHER_DROPPED;
}

/* The states of a record are there when results are ordered, each a state, and
 * those of its chunks. */
static enum gather_verdict read_states(struct gather *g, const int64_t *words,
                                       size_t n_words,
                                       const struct cover *mine)
{
    if (g->layout.n_state_words == 0)
        return GATHER_ACCEPTED;
    tree_clear(&g->arriving);
    if (state_tree_decode(&g->arriving, words, n_words) != 0)
        return errno == ENOMEM ? GATHER_NO_MEMORY : GATHER_DAMAGED;
    return tree_covers(&g->arriving, mine) ? GATHER_ACCEPTED : GATHER_DAMAGED;
}

enum gather_verdict gather_add_cover(struct gather *g,
                                     const struct cover *cover)
{
    for (size_t i = 0; i < cover->n; i++) {
        const struct range r = cover->range[i];
        if (cover_add(&g->accepted, r) != 0
            || (g->granted != NULL && cover_add(&g->fresh, r) != 0))
            return GATHER_NO_MEMORY;
        g->items_done += grid_items(&g->grid, r.lo, r.hi);
    }
    return GATHER_ACCEPTED;
}

/* Without memory in the middle the cover would be larger than the partial:
 * GATHER_NO_MEMORY ends the run. */
static enum gather_verdict accept(struct gather *g, const struct cover *mine,
                                  const int64_t *words)
{
    if (state_trees_join(&g->tree, &g->own, &g->arriving) != 0
        || gather_add_cover(g, mine) != GATHER_ACCEPTED)
        return GATHER_NO_MEMORY;
    partial_merge(&g->layout, g->partial, words);
    return GATHER_ACCEPTED;
}

enum gather_verdict gather_settle_emitted(struct gather *g, uint32_t source,
                                          enum gather_verdict v)
{
    if (g->ordered == NULL)
        return v;
    if (v != GATHER_ACCEPTED)
        ordered_drop(g->ordered, source);
    else if (ordered_commit(g->ordered, source, &g->error) != 0)
        return GATHER_UNWRITTEN;
    return v;
}

static enum gather_verdict on_partial(struct gather *g, uint32_t source,
                                      const unsigned char *p, size_t n,
                                      uint32_t n_ranges, struct cover *again)
{
    const size_t bytes = n_ranges * sizeof(struct range);
    const size_t n_partial = g->layout.n_words;
    /* The message is malloc'd, a record's head and ranges are multiples of
     * eight bytes: the words are aligned. */
    const int64_t *words = (const int64_t *)(const void *)(p + bytes);
    const size_t n_words = n < bytes ? 0 : (n - bytes) / sizeof *words;
    struct cover mine = COVER_EMPTY;
    if (n_ranges == 0 || n_ranges > OPEN_RANGES
        || n != bytes + n_words * sizeof *words || n_words < n_partial
        || (g->layout.n_state_words == 0 && n_words != n_partial)
        || !partial_valid(&g->layout, words))
        return GATHER_DAMAGED;
    enum gather_verdict v = read_ranges(g, p, n_ranges, &mine);
    if (v == GATHER_ACCEPTED)
        v = read_states(g, words + n_partial, n_words - n_partial, &mine);
    if (v == GATHER_ACCEPTED
        && (!gather_is_new(g, &mine) || !is_granted(g, &mine)))
        v = GATHER_DROPPED;
    if (v == GATHER_ACCEPTED && g->ordered != NULL
        && !ordered_is_within(g->ordered, source, &mine))
        v = GATHER_DAMAGED;
    if (v == GATHER_DROPPED)
        v = gather_drop(g, &mine, again);
    if (v == GATHER_ACCEPTED)
        v = accept(g, &mine, words);
    cover_release(&mine);
    return gather_settle_emitted(g, source, v);
}

#define FAILED_BYTES (sizeof(struct range) + sizeof(uint64_t)) /* and a text */

/* Can a RECORD_FAILED be so large, without its head? */
static bool is_failed_size(size_t n)
{
    return n > FAILED_BYTES && n <= FAILED_BYTES + FAIL_TEXT;
}

bool gather_says_failed(const struct gather *g, const void *message, size_t n,
                        uint32_t *c)
{
    struct record_head head;
    struct range r;
    if (n < sizeof head || !is_failed_size(n - sizeof head))
        return false;
    memcpy(&head, message, sizeof head);
    memcpy(&r, (const unsigned char *)message + sizeof head, sizeof r);
    *c = r.lo;
    return head.kind == RECORD_FAILED && head.n_ranges == 1
           && r.lo < g->grid.n_chunks && r.hi == r.lo + 1
           && (g->granted == NULL || cover_contains(g->granted, r))
           && !gather_settled(g, r.lo);
}

static enum gather_verdict on_output(struct gather *g, uint32_t source,
                                     const unsigned char *p, size_t n,
                                     uint32_t n_segments)
{
    if (g->ordered == NULL)
        return GATHER_DAMAGED;
    const int rc = ordered_take(g->ordered, source, p, n, n_segments,
                                &g->error);
    return rc < 0 ? GATHER_UNWRITTEN : rc > 0 ? GATHER_DAMAGED
                                              : GATHER_ACCEPTED;
}

void gather_finish(struct gather *g)
{
    partial_normalise(&g->layout, g->partial);
    const int64_t *root = tree_root(&g->tree);
    if (root != NULL)
        memcpy(g->state, root, g->layout.n_merged_words * sizeof *root);
}

bool gather_set_operation(struct gather *g, uint32_t result,
                          const int64_t *slice)
{
    const struct partial_result *r = &g->layout.result[result];
    if (slice[0] == OPERATION_STATE || !r->op->valid(&r->shape, slice))
        return false;
    memcpy(g->state + r->offset, slice, r->words * sizeof *slice);
    return true;
}

static enum gather_verdict on_failed(struct gather *g, uint32_t source,
                                     const unsigned char *p, size_t n,
                                     uint32_t n_ranges)
{
    struct range r;
    uint64_t item;
    char text[FAIL_TEXT];
    if (n_ranges != 1 || !is_failed_size(n))
        return GATHER_DAMAGED;
    memcpy(&r, p, sizeof r);
    memcpy(&item, p + sizeof r, sizeof item);
    memcpy(text, p + FAILED_BYTES, n - FAILED_BYTES);
    text[n - FAILED_BYTES - 1] = '\0';
    if (r.lo >= g->grid.n_chunks || r.hi != r.lo + 1)
        return GATHER_DAMAGED;
    if (g->ordered != NULL)
        ordered_drop_chunk(g->ordered, source, r.lo);
    struct failure *f = gather_fail(g, r.lo, text);
    if (f != NULL && item >= f->begin && item < f->end) {
        f->has_item = true;
        f->item = item;
        f->item_end = item + 1;
    }
    return GATHER_ACCEPTED;
}

static enum gather_verdict on_cancelled(struct gather *g, uint32_t source,
                                        const unsigned char *p, size_t n,
                                        uint32_t n_ranges)
{
    struct range r;
    if (n_ranges != 1 || n != sizeof r)
        return GATHER_DAMAGED;
    memcpy(&r, p, sizeof r);
    if (r.lo >= g->grid.n_chunks || r.hi != r.lo + 1)
        return GATHER_DAMAGED;
    gather_forget_chunk(g, source, r.lo);
    return GATHER_ACCEPTED;
}

void gather_forget(struct gather *g, uint32_t source)
{
    if (g->ordered != NULL)
        ordered_drop(g->ordered, source);
}

void gather_forget_chunk(struct gather *g, uint32_t source, uint32_t c)
{
    if (g->ordered != NULL)
        ordered_drop_chunk(g->ordered, source, c);
}

enum gather_verdict gather_record(struct gather *g, uint32_t source,
                                  const void *message, size_t n,
                                  struct cover *again)
{
    struct record_head head;
    const unsigned char *p = message;
    const size_t all = n;
    if (n < sizeof head)
        return GATHER_DAMAGED;
    memcpy(&head, p, sizeof head);
    p += sizeof head;
    n -= sizeof head;
    if (head.kind == RECORD_PARTIAL)
        return on_partial(g, source, p, n, head.n_ranges, again);
    if (head.kind == RECORD_FAILED || head.kind == RECORD_DIFFERS)
        return on_failed(g, source, p, n, head.n_ranges);
    if (head.kind == RECORD_CANCELLED)
        return on_cancelled(g, source, p, n, head.n_ranges);
    if (head.kind == RECORD_NODE)
        return gather_node_record(g, source, message, all, again);
    if (head.kind == RECORD_OUTPUT)
        return on_output(g, source, p, n, head.n_ranges);
    return GATHER_DAMAGED;
}
