/* SPDX-License-Identifier: Apache-2.0 */
/* Staging of a chunk's values: see stage.h. */
#include "stage.h"

#include <stdlib.h>
#include <string.h>

#define BUFFER_PLACES 512u

int stage_init(struct stage *stage, const struct partial_layout *layout,
               struct ff_error *err)
{
    const size_t n = layout->n_sources;
    const size_t words = layout->n_words;
    const size_t bytes = n * sizeof(struct ff_buffer)
                         + n * sizeof(struct stage_source)
                         + 2 * words * sizeof(int64_t)
                         + n * BUFFER_PLACES * sizeof(union ff_value);
    char *p = calloc(1, bytes + 1);
    if (p == NULL)
        return ff_error_errno(err, FF_LOST, "cannot get %zu bytes for results",
                              bytes);
    *stage = (struct stage){.layout = layout, .memory = p};
    stage->partial = (int64_t *)p;
    stage->pending = stage->partial + words;
    union ff_value *value = (union ff_value *)(stage->pending + words);
    stage->buffer = (struct ff_buffer *)(value + n * BUFFER_PLACES);
    stage->source = (struct stage_source *)(stage->buffer + n);
    for (size_t s = 0; s < n; s++)
        stage->buffer[s] = (struct ff_buffer){value + s * BUFFER_PLACES, 0,
                                              BUFFER_PLACES};
    partial_init(layout, stage->pending);
    partial_init(layout, stage->partial);
    return 0;
}

void stage_release(struct stage *stage)
{
    free(stage->memory);
    *stage = (struct stage){0};
}

/* Calls for each result that folds the values of a source. */
#define EACH_RESULT(layout, r, s)                                              \
    for (const struct partial_result *r = (layout)->result,                    \
         *end_ = r + (layout)->n_results; r < end_; r++)                       \
        if (r->source == (s))

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

/* Folds the first n places of a buffer, into slices of `words`. */
static void fold(struct stage *stage, uint32_t source, int64_t *words,
                 uint32_t n)
{
    const union ff_value *value = stage->buffer[source].value;
    const bool has_items = stage->layout->kind[source] == VALUE_KIND_ITEM;
    union ff_value alone[BUFFER_PLACES / 2];
    EACH_RESULT(stage->layout, r, source) {
        if (has_items && r->op->kind == VALUE_KIND_ONE)
            r->op->fold(&r->shape, words + r->offset, alone,
                        without_items(alone, value, n));
        else
            r->op->fold(&r->shape, words + r->offset, value, n);
    }
}

/* Folds what is committed into the partial and moves the rest to the front. */
static void fold_committed(struct stage *stage, uint32_t source)
{
    struct ff_buffer *b = &stage->buffer[source];
    const uint32_t n = stage->source[source].committed;
    if (n == 0)
        return;
    fold(stage, source, stage->partial, n);
    b->n -= n;
    memmove(b->value, b->value + n, b->n * sizeof b->value[0]);
    stage->source[source].committed = 0;
}

int stage_flush(struct stage *stage, uint32_t source, uint64_t *item)
{
    struct ff_buffer *b = &stage->buffer[source];
    const int bad = check_items(stage, source, item);

    fold_committed(stage, source);
    if (b->n + 2 > b->room) {
        fold(stage, source, stage->pending, b->n);
        stage->source[source].pending_used = true;
        b->n = 0;
    }
    return bad;
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
    EACH_RESULT(stage->layout, r, source)
        r->op->merge(&r->shape, words + r->offset, stage->pending + r->offset);
}

static void empty_pending(struct stage *stage, uint32_t source)
{
    EACH_RESULT(stage->layout, r, source)
        r->op->init(&r->shape, stage->pending + r->offset);
    stage->source[source].pending_used = false;
}

static void absorb_source(struct stage *into, struct stage *from, uint32_t s)
{
    struct ff_buffer *b = &into->buffer[s], *c = &from->buffer[s];
    const union ff_value *value = c->value + from->source[s].committed;
    uint64_t item;
    if (from->source[s].pending_used) {
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
        if (b->n == b->room)
            stage_flush(into, s, &item);
    }
}

void stage_absorb(struct stage *into, struct stage *from)
{
    for (uint32_t s = 0; s < into->layout->n_sources; s++)
        absorb_source(into, from, s);
    stage_discard(from); /* what is left is in `pending` */
}

int stage_commit(struct stage *stage, uint32_t *source, uint64_t *item)
{
    if (check(stage, source, item) != 0)
        return -1;
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
        if (stage->source[s].pending_used)
            empty_pending(stage, s);
    }
}

bool stage_used(const struct stage *stage, uint32_t *source)
{
    for (*source = 0; *source < stage->layout->n_sources; ++*source)
        if (stage->source[*source].pending_used
            || stage->buffer[*source].n > stage->source[*source].committed)
            return true;
    return false;
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
}
