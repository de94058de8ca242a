/* SPDX-License-Identifier: Apache-2.0 */
/* Staging of a chunk's values: see stage.h. */
#include "stage.h"
#include "slice.h"

#include <stdlib.h>
#include <string.h>

#define BUFFER_PLACES 512u

int stage_init(struct stage *stage, const struct partial_layout *layout,
               struct ff_error *err)
{
    const size_t n = layout->n_results;
    const size_t words = layout->n_words;
    const size_t bytes = n * sizeof(struct ff_buffer)
                         + n * sizeof(struct stage_result)
                         + 2 * words * sizeof(int64_t)
                         + n * BUFFER_PLACES * sizeof(union ff_value);
    char *p = calloc(1, bytes + 1);
    if (p == NULL)
        return ff_error_errno(err, FF_LOST, "cannot get %zu bytes for results",
                              bytes);
    *stage = (struct stage){.layout = layout, .memory = p};
    stage->partial = (int64_t *)p;
    int64_t *pending = stage->partial + words;
    union ff_value *value = (union ff_value *)(pending + words);
    stage->buffer = (struct ff_buffer *)(value + n * BUFFER_PLACES);
    stage->result = (struct stage_result *)(stage->buffer + n);
    for (size_t r = 0; r < n; r++) {
        const struct op *op = layout->result[r].op;
        const uint32_t offset = layout->result[r].offset;
        stage->buffer[r] = (struct ff_buffer){value + r * BUFFER_PLACES, 0,
                                              BUFFER_PLACES};
        stage->result[r] = (struct stage_result){
            .op = op, .shape = &layout->result[r].shape,
            .pending = pending + offset, .slice = stage->partial + offset};
        slice_init(op, stage->result[r].shape, stage->result[r].pending);
    }
    partial_init(layout, stage->partial);
    return 0;
}

void stage_release(struct stage *stage)
{
    free(stage->memory);
    *stage = (struct stage){0};
}

/* Are the items of the arg values from place `from` on in the chunk? */
static int check_items(const struct stage *stage, uint32_t result,
                       uint64_t *item)
{
    const struct ff_buffer *b = &stage->buffer[result];
    if (stage->result[result].op->places != 2)
        return 0;
    for (uint32_t i = stage->result[result].committed; i < b->n; i += 2) {
        *item = b->value[i + 1].u64;
        if (*item < stage->begin || *item >= stage->end)
            return -1;
    }
    return 0;
}

/* Folds what is committed into the partial and moves the rest to the front. */
static void fold_committed(struct stage_result *r, struct ff_buffer *b)
{
    if (r->committed == 0)
        return;
    slice_fold(r->op, r->shape, r->slice, b->value, r->committed);
    b->n -= r->committed;
    memmove(b->value, b->value + r->committed, b->n * sizeof b->value[0]);
    r->committed = 0;
}

int stage_flush(struct stage *stage, uint32_t result, uint64_t *item)
{
    struct stage_result *r = &stage->result[result];
    struct ff_buffer *b = &stage->buffer[result];
    const int bad = check_items(stage, result, item);

    fold_committed(r, b);
    if (b->n + 2 > b->room) {
        slice_fold(r->op, r->shape, r->pending, b->value, b->n);
        r->pending_used = true;
        b->n = 0;
    }
    return bad;
}

static inline int check(const struct stage *stage, uint32_t *result,
                        uint64_t *item)
{
    for (uint32_t i = 0; i < stage->layout->n_results; i++)
        if (check_items(stage, i, item) != 0) {
            *result = i;
            return -1;
        }
    return 0;
}

int stage_check(const struct stage *stage, uint32_t *result, uint64_t *item)
{
    return check(stage, result, item);
}

static void absorb_result(struct stage *into, struct stage *from, uint32_t i)
{
    struct stage_result *r = &into->result[i], *s = &from->result[i];
    struct ff_buffer *b = &into->buffer[i], *c = &from->buffer[i];
    const union ff_value *value = c->value + s->committed;
    uint64_t item;
    if (s->pending_used) {
        slice_merge(r->op, r->shape, r->pending, s->pending);
        r->pending_used = true;
    }
    while (c->n > s->committed) {
        const uint32_t left = c->n - s->committed, room = b->room - b->n;
        const uint32_t part = left < room ? left : room;
        memcpy(b->value + b->n, value, part * sizeof *value);
        value += part;
        b->n += part;
        c->n -= part;
        if (b->n == b->room)
            stage_flush(into, i, &item);
    }
}

void stage_absorb(struct stage *into, struct stage *from)
{
    for (uint32_t i = 0; i < into->layout->n_results; i++)
        absorb_result(into, from, i);
    stage_discard(from); /* what is left is in `pending` */
}

int stage_commit(struct stage *stage, uint32_t *result, uint64_t *item)
{
    const uint32_t n = stage->layout->n_results;
    if (check(stage, result, item) != 0)
        return -1;
    for (uint32_t i = 0; i < n; i++) {
        struct stage_result *r = &stage->result[i];
        if (r->pending_used) {
            slice_merge(r->op, r->shape, r->slice, r->pending);
            slice_init(r->op, r->shape, r->pending);
            r->pending_used = false;
        }
        r->committed = stage->buffer[i].n;
    }
    return 0;
}

void stage_discard(struct stage *stage)
{
    for (uint32_t i = 0; i < stage->layout->n_results; i++) {
        struct stage_result *r = &stage->result[i];
        stage->buffer[i].n = r->committed;
        if (r->pending_used)
            slice_init(r->op, r->shape, r->pending);
        r->pending_used = false;
    }
}

bool stage_used(const struct stage *stage, uint32_t *result)
{
    for (*result = 0; *result < stage->layout->n_results; ++*result) {
        const struct stage_result *r = &stage->result[*result];
        if (r->pending_used || stage->buffer[*result].n > r->committed)
            return true;
    }
    return false;
}

void stage_drain(struct stage *stage)
{
    for (uint32_t i = 0; i < stage->layout->n_results; i++)
        fold_committed(&stage->result[i], &stage->buffer[i]);
    partial_normalise(stage->layout, stage->partial);
}

void stage_reset(struct stage *stage)
{
    partial_init(stage->layout, stage->partial);
}
