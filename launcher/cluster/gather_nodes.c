/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the nodes of a cluster have accepted, handed to the root. A node takes
 * out of its gather what came since the last time; the root takes it in by the
 * commit rule. The last time the lanes go apart, through MPI, and nobody knows
 * of how many nodes they are until all of them are there: so the rest is
 * staged, and all of it counts in one step, or nothing.
 */
#include "gather.h"
#include "ledger.h"
#include "node_record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- lanes --------------------------------------------------------------- */

static void get_lanes(struct lanes *lanes, const struct partial_layout *layout,
                      const int64_t *words)
{
    partial_get_lanes(layout, words, MERGE_SUM, lanes->sum);
    partial_get_lanes(layout, words, MERGE_MAX, lanes->max);
    partial_get_lanes(layout, words, MERGE_MAX_BYTES, lanes->bytes);
}

static int room_for_lanes(struct lanes *lanes,
                          const struct partial_layout *layout,
                          struct ff_error *err)
{
    *lanes = (struct lanes){
        .n_sum = partial_n_lanes(layout, MERGE_SUM),
        .n_max = partial_n_lanes(layout, MERGE_MAX),
        .n_bytes = partial_n_lanes(layout, MERGE_MAX_BYTES)};
    lanes->sum = malloc((lanes->n_sum + 1) * sizeof lanes->sum[0]);
    lanes->max = malloc((lanes->n_max + 1) * sizeof lanes->max[0]);
    lanes->bytes = malloc((size_t)lanes->n_bytes + 1);
    if (lanes->sum != NULL && lanes->max != NULL && lanes->bytes != NULL)
        return 0;
    lanes_release(lanes);
    return ff_error_errno(err, FF_LOST, "cannot fold results over nodes");
}

int lanes_init(struct lanes *lanes, const struct partial_layout *layout,
               struct ff_error *err)
{
    int64_t *words = malloc((layout->n_words + 1) * sizeof *words);
    if (words == NULL)
        return ff_error_errno(err, FF_LOST, "cannot fold results over nodes");
    const int rc = room_for_lanes(lanes, layout, err);
    if (rc == 0) {
        partial_init(layout, words);
        get_lanes(lanes, layout, words);
    }
    free(words);
    return rc;
}

void lanes_release(struct lanes *lanes)
{
    free(lanes->sum);
    free(lanes->max);
    free(lanes->bytes);
    *lanes = (struct lanes){0};
}

/* ---- of a node ----------------------------------------------------------- */

static int cannot_send(struct gather *g)
{
    if (errno == EMSGSIZE)
        return ff_error_set(&g->error, FF_LOST, "what this node has done is "
                            "too large to be sent: fold less into one run, or "
                            "run on one machine");
    return ff_error_errno(&g->error, FF_LOST, "cannot send what this node has "
                          "done");
}

int gather_take(struct gather *g, bool fold, void **message, size_t *n,
                struct lanes *lanes)
{
    if (g->fresh.n == 0 && !fold)
        return 0;
    if (fold && room_for_lanes(lanes, &g->layout, &g->error) != 0)
        return -1;
    partial_normalise(&g->layout, g->partial);
    *message = node_record_make(&g->layout, &g->fresh, g->partial, &g->tree,
                                &g->own, fold, n);
    if (*message == NULL) {
        cannot_send(g);
        if (fold)
            lanes_release(lanes);
        return -1;
    }
    if (fold)
        get_lanes(lanes, &g->layout, g->partial);
    partial_init(&g->layout, g->partial);
    tree_clear(&g->tree);
    tree_clear(&g->own);
    cover_release(&g->fresh);
    return 1;
}

static size_t tree_bytes(const struct tree *tree)
{
    return tree->n * tree->state_words * sizeof(int64_t);
}

size_t gather_state_bytes(const struct gather *g)
{
    return tree_bytes(&g->tree) + tree_bytes(&g->own);
}

/* ---- of the root --------------------------------------------------------- */

static enum gather_verdict read_record(const struct gather *g,
                                       struct node_record *record,
                                       const void *message, size_t n)
{
    if (node_record_read(record, &g->layout, &g->grid, message, n) == 0)
        return GATHER_ACCEPTED;
    return errno == ENOMEM ? GATHER_NO_MEMORY : GATHER_DAMAGED;
}

static int join(struct tree *into, const struct tree *from)
{
    return into->state_words > 0 ? tree_join(into, from) : 0;
}

/* As accept in gather.c. */
enum gather_verdict gather_accept(struct gather *g,
                                  const struct node_record *record)
{
    if (join(&g->tree, &record->tree) != 0 || join(&g->own, &record->own) != 0
        || gather_add_cover(g, &record->cover) != GATHER_ACCEPTED)
        return GATHER_NO_MEMORY;
    partial_merge(&g->layout, g->partial, record->words);
    return GATHER_ACCEPTED;
}

static bool is_within(const struct gather *g, uint32_t source,
                      const struct cover *cover)
{
    return g->ordered == NULL || ordered_is_within(g->ordered, source, cover);
}

enum gather_verdict gather_node_record(struct gather *g, uint32_t source,
                                       const void *message, size_t n,
                                       struct cover *again)
{
    struct node_record record;
    enum gather_verdict v = read_record(g, &record, message, n);
    if (v != GATHER_ACCEPTED)
        return gather_settle_emitted(g, source, v);
    if (record.fold || record.cover.n == 0)
        v = GATHER_DAMAGED;
    else if (!gather_is_new(g, &record.cover))
        v = gather_drop(g, &record.cover, again);
    else if (!is_within(g, source, &record.cover))
        v = GATHER_DAMAGED;
    else
        v = gather_accept(g, &record);
    node_record_release(&record);
    return gather_settle_emitted(g, source, v);
}

/* ---- the last of all nodes ----------------------------------------------- */

static int begin_staging(struct gather *g)
{
    struct gather_staged *s = &g->staged;
    if (s->partial != NULL)
        return 0;
    s->partial = malloc((g->layout.n_words + 1) * sizeof s->partial[0]);
    if (s->partial == NULL)
        return -1;
    partial_init(&g->layout, s->partial);
    state_trees_init(&s->tree, &s->own, &g->layout, g->grid.n_chunks);
    return 0;
}

static bool is_new(const struct gather *g, uint32_t source,
                   const struct node_record *record)
{
    const struct gather_staged *s = &g->staged;
    if (!gather_is_new(g, &record->cover)
        || cover_meets(&s->sources, (struct range){source, source + 1}))
        return false;
    for (size_t i = 0; i < record->cover.n; i++)
        if (cover_meets(&s->cover, record->cover.range[i]))
            return false;
    return true;
}

/* Its lists; the lanes stay those of no chunk. */
static int merge_lists(struct gather *g, const struct node_record *record)
{
    int64_t *words = malloc((g->layout.n_words + 1) * sizeof *words);
    if (words == NULL)
        return -1;
    partial_init(&g->layout, words);
    partial_set_lanes(&g->layout, words, MERGE_LIST, record->words);
    partial_merge(&g->layout, g->staged.partial, words);
    free(words);
    return 0;
}

static enum gather_verdict stage(struct gather *g, uint32_t source,
                                 const struct node_record *record)
{
    struct gather_staged *s = &g->staged;
    if (!record->fold || source == UINT32_MAX)
        return GATHER_DAMAGED;
    if (!is_new(g, source, record))
        return GATHER_DROPPED;
    if (!is_within(g, source, &record->cover))
        return GATHER_DAMAGED;
    if (begin_staging(g) != 0 || merge_lists(g, record) != 0
        || join(&s->tree, &record->tree) != 0
        || join(&s->own, &record->own) != 0
        || cover_add(&s->sources, (struct range){source, source + 1}) != 0)
        return GATHER_NO_MEMORY;
    for (size_t i = 0; i < record->cover.n; i++)
        if (cover_add(&s->cover, record->cover.range[i]) != 0)
            return GATHER_NO_MEMORY;
    return GATHER_ACCEPTED;
}

enum gather_verdict gather_stage(struct gather *g, uint32_t source,
                                 const void *message, size_t n)
{
    struct node_record record;
    enum gather_verdict v = read_record(g, &record, message, n);
    if (v != GATHER_ACCEPTED)
        return v;
    v = stage(g, source, &record);
    node_record_release(&record);
    return v;
}

static void forget_staged(struct gather *g)
{
    struct gather_staged *s = &g->staged;
    cover_release(&s->sources);
    cover_release(&s->cover);
    if (s->partial != NULL) {
        tree_release(&s->tree);
        tree_release(&s->own);
    }
    free(s->partial);
    s->partial = NULL;
}

void gather_unfold(struct gather *g)
{
    const struct cover *sources = &g->staged.sources;
    for (size_t i = 0; i < sources->n; i++)
        for (uint32_t k = sources->range[i].lo; k < sources->range[i].hi; k++)
            gather_forget(g, k);
    forget_staged(g);
}

/* Into the staged partial, whose lanes are those of no chunk. */
static bool set_lanes(struct gather *g, const struct lanes *lanes)
{
    const struct partial_layout *layout = &g->layout;
    int64_t *words = g->staged.partial;
    if (lanes->n_sum != partial_n_lanes(layout, MERGE_SUM)
        || lanes->n_max != partial_n_lanes(layout, MERGE_MAX)
        || lanes->n_bytes != partial_n_lanes(layout, MERGE_MAX_BYTES))
        return false;
    partial_set_lanes(layout, words, MERGE_SUM, lanes->sum);
    partial_set_lanes(layout, words, MERGE_MAX, lanes->max);
    partial_set_lanes(layout, words, MERGE_MAX_BYTES, lanes->bytes);
    return partial_valid(layout, words);
}

static enum gather_verdict commit_staged(struct gather *g)
{
    const struct gather_staged *s = &g->staged;
    enum gather_verdict v = GATHER_ACCEPTED;
    if (join(&g->tree, &s->tree) != 0 || join(&g->own, &s->own) != 0
        || gather_add_cover(g, &s->cover) != GATHER_ACCEPTED)
        return GATHER_NO_MEMORY;
    partial_merge(&g->layout, g->partial, s->partial);
    for (size_t i = 0; i < s->sources.n; i++)
        for (uint32_t k = s->sources.range[i].lo;
             v == GATHER_ACCEPTED && k < s->sources.range[i].hi; k++)
            v = gather_settle_emitted(g, k, v);
    return v;
}

enum gather_verdict gather_fold(struct gather *g, const struct lanes *lanes)
{
    if (begin_staging(g) != 0)
        return GATHER_NO_MEMORY;
    if (!set_lanes(g, lanes)) {
        partial_blank_lanes(&g->layout, g->staged.partial);
        return GATHER_DAMAGED;
    }
    const enum gather_verdict v = commit_staged(g);
    forget_staged(g);
    return v;
}
