/* SPDX-License-Identifier: Apache-2.0 */
/* Staging of a chunk's values: see stage.h. */
#include "stage.h"
#include "fpenv.h"
#include "ledger.h"

#include <stdlib.h>
#include <string.h>

#define BUFFER_PLACES 512u
#define LONG_ARRAY 128u  /* from that on an array is folded where it is */
#define MAX_NODES 1024u /* of a tree */

_Static_assert(sizeof(struct record_head) + OPEN_RANGES * sizeof(struct range)
               + (SPEC_MAX_WORDS + 2) * sizeof(int64_t) <= RING_MAX_MESSAGE,
               "a record with one node must fit into a message");

/* How many nodes fit into a record. */
static size_t nodes_that_fit(const struct partial_layout *layout)
{
    const size_t left = RING_MAX_MESSAGE - sizeof(struct record_head)
                        - OPEN_RANGES * sizeof(struct range)
                        - (layout->n_words + 1) * sizeof(int64_t);
    const size_t n = left / ((layout->n_state_words + 1) * sizeof(int64_t));
    return n < MAX_NODES ? n : MAX_NODES;
}

/* As state_merge; what the kernel's own combine does to the floating-point mode
 * does not reach what is merged behind it. */
static void merge_states(const void *context, int64_t *into,
                         const int64_t *from)
{
    const struct partial_layout *layout = context;
    for (uint32_t i = 0; i < layout->n_results; i++) {
        const struct partial_result *r = &layout->result[i];
        if (!r->op->ordered)
            continue;
        r->op->merge(&r->shape, into + r->offset, from + r->offset);
        fpenv_restore();
    }
}

void stage_tree_init(struct tree *tree, const struct partial_layout *layout,
                     uint32_t n_chunks)
{
    state_tree_init(tree, layout, n_chunks);
    tree->merge = merge_states;
}

static int init_tree(struct stage *stage, const struct partial_layout *layout,
                     uint32_t n_chunks)
{
    state_init(layout, stage->state);
    stage_tree_init(&stage->tree, layout, n_chunks);
    stage->max_nodes = nodes_that_fit(layout);
    return layout->n_state_words == 0
               ? 0 : tree_reserve(&stage->tree, stage->max_nodes);
}

static void init_sources(struct stage *stage, union ff_value *value)
{
    const struct partial_layout *layout = stage->layout;
    for (size_t s = 0; s < layout->n_sources; s++)
        stage->buffer[s] = (struct ff_buffer){value + s * BUFFER_PLACES, 0,
                                              BUFFER_PLACES};
    for (uint32_t i = layout->n_results; i-- > 0;)
        stage->source[layout->result[i].source].first = &layout->result[i];
}

int stage_init(struct stage *stage, const struct partial_layout *layout,
               uint32_t n_chunks, struct ff_error *err)
{
    const size_t n = layout->n_sources;
    const size_t words = layout->n_words;
    const size_t bytes = n * sizeof(struct ff_buffer)
                         + n * sizeof(struct stage_source)
                         + (2 * words + layout->n_state_words)
                               * sizeof(int64_t)
                         + n * BUFFER_PLACES * sizeof(union ff_value);
    char *p = calloc(1, bytes + 1);
    if (p == NULL)
        return ff_error_errno(err, FF_LOST, "cannot get %zu bytes for results",
                              bytes);
    *stage = (struct stage){.layout = layout, .memory = p};
    stage->partial = (int64_t *)p;
    stage->pending = stage->partial + words;
    stage->state = stage->pending + words;
    union ff_value *value = (union ff_value *)(stage->state
                                               + layout->n_state_words);
    stage->buffer = (struct ff_buffer *)(value + n * BUFFER_PLACES);
    stage->source = (struct stage_source *)(stage->buffer + n);
    init_sources(stage, value);
    partial_init(layout, stage->pending);
    partial_init(layout, stage->partial);
    if (init_tree(stage, layout, n_chunks) == 0)
        return 0;
    ff_error_errno(err, FF_LOST, "cannot get memory for ordered results");
    stage_release(stage);
    return -1;
}

void stage_release(struct stage *stage)
{
    free(stage->memory);
    tree_release(&stage->tree);
    *stage = (struct stage){0};
}

/* Calls for each result that folds a source, ordered or not. */
#define EACH_RESULT(layout, r, s, is_ordered)                                  \
    for (const struct partial_result *r = (layout)->result,                    \
         *end_ = r + (layout)->n_results; r < end_; r++)                       \
        if (r->source == (s) && r->op->ordered == (is_ordered))

/* Are the items of the values from place `from` on in the chunk? */
static int check_items(const struct stage *stage, uint32_t source,
                       uint64_t *item)
{
    const struct ff_buffer *b = &stage->buffer[source];
    if (stage->layout->kind[source] != VALUE_KIND_ITEM)
        return 0;
    for (uint32_t i = stage->source[source].committed; i < b->n; i += 2) {
        *item = b->value[i + 1].u64;
        if (*item < stage->begin || *item >= stage->end)
            return -1;
    }
    return 0;
}

/* The values alone, of n places of values with items. */
static size_t without_items(union ff_value out[BUFFER_PLACES / 2],
                            const union ff_value *value, size_t n)
{
    for (size_t i = 0; i < n; i += 2)
        out[i / 2] = value[i];
    return n / 2;
}

/* Folds n places into slices of `words`; of values with items no more than are
 * in a buffer. */
static void fold(struct stage *stage, uint32_t source, bool ordered,
                 int64_t *words, const union ff_value *value, size_t n)
{
    const bool has_items = stage->layout->kind[source] == VALUE_KIND_ITEM;
    union ff_value alone[BUFFER_PLACES / 2];
    EACH_RESULT(stage->layout, r, source, ordered) {
        if (has_items && r->op->kind == VALUE_KIND_ONE)
            r->op->fold(&r->shape, words + r->offset, alone,
                        without_items(alone, value, n));
        else
            r->op->fold(&r->shape, words + r->offset, value, n);
    }
}

/* Folds what is in a buffer of the running chunk into its state. */
static void fold_ordered(struct stage *stage, uint32_t source)
{
    struct stage_source *s = &stage->source[source];
    const uint32_t from = s->committed + s->ordered;
    const uint32_t n = stage->buffer[source].n;
    if (from == n)
        return;
    fold(stage, source, true, stage->state,
         stage->buffer[source].value + from, n - from);
    s->ordered = n - s->committed;
    stage->state_used = true;
}

/* Folds what is committed into the partial and moves the rest to the front. */
static void fold_committed(struct stage *stage, uint32_t source)
{
    struct ff_buffer *b = &stage->buffer[source];
    const uint32_t n = stage->source[source].committed;
    if (n == 0)
        return;
    fold(stage, source, false, stage->partial, b->value, n);
    b->n -= n;
    memmove(b->value, b->value + n, b->n * sizeof b->value[0]);
    stage->source[source].committed = 0;
}

/* Folds all that is in a buffer. What is committed was folded before. */
static void empty_buffer(struct stage *stage, uint32_t source)
{
    struct ff_buffer *b = &stage->buffer[source];
    if (stage->layout->n_state_words > 0)
        fold_ordered(stage, source);
    fold(stage, source, false, stage->pending, b->value, b->n);
    stage->source[source].pending_used = true;
    stage->source[source].ordered = 0;
    b->n = 0;
}

int stage_flush(struct stage *stage, uint32_t source, uint64_t *item)
{
    const int bad = check_items(stage, source, item);
    const bool empties = stage_empties(stage, source);
    fold_committed(stage, source);
    if (empties)
        empty_buffer(stage, source);
    return bad;
}

/* As the kernel's inlined calls do. */
static void append(struct stage *stage, uint32_t source,
                   const union ff_value *value, size_t n)
{
    struct ff_buffer *b = &stage->buffer[source];
    uint64_t item;
    while (n > 0) {
        const size_t room = b->room - b->n, part = n < room ? n : room;
        memcpy(b->value + b->n, value, part * sizeof *value);
        b->n += (uint32_t)part;
        value += part;
        n -= part;
        if (b->n == b->room)
            stage_flush(stage, source, &item);
    }
}

void stage_fold_array(struct stage *stage, uint32_t source,
                      const union ff_value *value, size_t n)
{
    if (n < LONG_ARRAY) {
        append(stage, source, value, n);
        return;
    }
    fold_committed(stage, source);
    empty_buffer(stage, source);
    fold(stage, source, false, stage->pending, value, n);
    if (stage->layout->n_state_words > 0) {
        fold(stage, source, true, stage->state, value, n);
        stage->state_used = true;
    }
}

void stage_fold_vector(struct stage *stage, uint32_t source,
                       const union ff_value *x)
{
    const struct partial_layout *layout = stage->layout;
    EACH_RESULT(layout, r, source, false)
        r->op->fold(&r->shape, stage->pending + r->offset, x, r->shape.n);
    EACH_RESULT(layout, r, source, true) {
        r->op->fold(&r->shape, stage->state + r->offset, x, r->shape.n);
        stage->state_used = true;
    }
    stage->source[source].pending_used = true;
}

int64_t *stage_state(struct stage *stage, uint32_t source)
{
    const struct partial_result *r = stage->source[source].first;
    stage->source[source].pending_used = true;
    if (!r->op->ordered)
        return stage->pending + r->offset;
    stage->state_used = true;
    return stage->state + r->offset;
}

static inline int check(const struct stage *stage, uint32_t *source,
                        uint64_t *item)
{
    for (uint32_t s = 0; s < stage->layout->n_sources; s++)
        if (check_items(stage, s, item) != 0) {
            *source = s;
            return -1;
        }
    return 0;
}

int stage_check(const struct stage *stage, uint32_t *source, uint64_t *item)
{
    return check(stage, source, item);
}

static void merge_pending(const struct stage *stage, uint32_t source,
                          int64_t *words)
{
    EACH_RESULT(stage->layout, r, source, false)
        r->op->merge(&r->shape, words + r->offset, stage->pending + r->offset);
}

static void empty_pending(struct stage *stage, uint32_t source)
{
    EACH_RESULT(stage->layout, r, source, false)
        r->op->init(&r->shape, stage->pending + r->offset);
    stage->source[source].pending_used = false;
}

static void empty_state(struct stage *stage)
{
    if (stage->state_used)
        state_init(stage->layout, stage->state);
    stage->state_used = false;
}

static void absorb_state(struct stage *into, struct stage *from)
{
    for (uint32_t s = 0; s < into->layout->n_sources; s++) {
        fold_ordered(into, s);
        fold_ordered(from, s);
    }
    if (!from->state_used)
        return;
    merge_states(into->layout, into->state, from->state);
    into->state_used = true;
}

/* (What `into` has in its buffer came before what `from` has in `pending`.) */
static void absorb_source(struct stage *into, struct stage *from, uint32_t s)
{
    struct ff_buffer *b = &into->buffer[s], *c = &from->buffer[s];
    const union ff_value *value = c->value + from->source[s].committed;
    uint64_t item;
    if (from->source[s].pending_used) {
        fold_committed(into, s);
        if (b->n > 0)
            empty_buffer(into, s);
        merge_pending(from, s, into->pending);
        into->source[s].pending_used = true;
    }
    while (c->n > from->source[s].committed) {
        const uint32_t left = c->n - from->source[s].committed;
        const uint32_t room = b->room - b->n;
        const uint32_t part = left < room ? left : room;
        memcpy(b->value + b->n, value, part * sizeof *value);
        value += part;
        b->n += part;
        c->n -= part;
        into->source[s].ordered = b->n - into->source[s].committed;
        if (b->n == b->room)
            stage_flush(into, s, &item);
    }
}

void stage_absorb(struct stage *into, struct stage *from)
{
    if (into->layout->n_state_words > 0)
        absorb_state(into, from);
    for (uint32_t s = 0; s < into->layout->n_sources; s++)
        absorb_source(into, from, s);
    stage_discard(from); /* what is left is in `pending` */
}

/* The state of the chunk becomes a leaf. When that is in the tree, the chunk
 * stands in the record twice, and the launcher drops it. */
__attribute__((noinline)) static void commit_state(struct stage *stage)
{
    for (uint32_t s = 0; s < stage->layout->n_sources; s++) {
        fold_ordered(stage, s);
        stage->source[s].ordered = 0;
    }
    state_normalise(stage->layout, stage->state);
    if (stage->chunk != NO_CHUNK)
        (void)tree_add(&stage->tree, (struct tree_node){stage->chunk, 0},
                       stage->state);
    empty_state(stage);
}

int stage_commit(struct stage *stage, uint32_t *source, uint64_t *item)
{
    if (check(stage, source, item) != 0)
        return -1;
    if (__builtin_expect(stage->layout->n_state_words > 0, 0))
        commit_state(stage);
    for (uint32_t s = 0; s < stage->layout->n_sources; s++) {
        if (stage->source[s].pending_used) {
            merge_pending(stage, s, stage->partial);
            empty_pending(stage, s);
        }
        stage->source[s].committed = stage->buffer[s].n;
    }
    return 0;
}

void stage_discard(struct stage *stage)
{
    for (uint32_t s = 0; s < stage->layout->n_sources; s++) {
        stage->buffer[s].n = stage->source[s].committed;
        stage->source[s].ordered = 0;
        if (stage->source[s].pending_used)
            empty_pending(stage, s);
    }
    empty_state(stage);
}

bool stage_used(const struct stage *stage, uint32_t *source)
{
    for (*source = 0; *source < stage->layout->n_sources; ++*source)
        if (stage->source[*source].pending_used
            || stage->buffer[*source].n > stage->source[*source].committed)
            return true;
    return false;
}

void stage_take(struct stage *into, const struct stage *from)
{
    partial_merge(into->layout, into->partial, from->partial);
    (void)tree_join(&into->tree, &from->tree);
}

void stage_drain(struct stage *stage)
{
    for (uint32_t s = 0; s < stage->layout->n_sources; s++)
        fold_committed(stage, s);
    partial_normalise(stage->layout, stage->partial);
}

void stage_reset(struct stage *stage)
{
    partial_init(stage->layout, stage->partial);
    tree_clear(&stage->tree);
}
