/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partials as a whole: a layout gives each result of a job its slice, and
 * every operation goes slice by slice to the operators.
 */
#include "partial.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static bool is_own(const struct partial_result *r)
{
    return r->op->code == FF_OP_OPERATION;
}

/* The slices of some of the results, one behind the other; where they end. */
static uint32_t place(struct partial_layout *layout, bool ordered, bool own,
                      uint32_t offset)
{
    for (uint32_t i = 0; i < layout->n_results; i++) {
        struct partial_result *r = &layout->result[i];
        if (r->op->ordered != ordered || is_own(r) != own)
            continue;
        r->offset = offset;
        offset += r->words;
    }
    return offset;
}

void partial_layout_init(struct partial_layout *layout,
                         const struct spec *spec, uint64_t seed)
{
    assert(spec->n_results <= SPEC_MAX_RESULTS);
    layout->n_results = spec->n_results;
    layout->n_sources = spec->n_sources;
    layout->has_operation = false;
    for (uint32_t s = 0; s < spec->n_sources; s++) {
        layout->kind[s] = spec->source[s].kind;
        layout->source_name[s] = spec->source[s].name;
    }
    for (uint32_t i = 0; i < spec->n_results; i++) {
        struct partial_result *r = &layout->result[i];
        r->op = op_find(spec->result[i].op);
        assert(r->op != NULL);
        r->shape = spec_shape(spec, i);
        r->shape.seed = seed;
        r->name = spec->result[i].name;
        r->source = spec->result[i].source;
        r->words = r->op->words(&r->shape);
        layout->has_operation |= is_own(r);
    }
    layout->n_words = place(layout, false, false, 0);
    layout->n_merged_words = place(layout, true, false, 0);
    layout->n_state_words = place(layout, true, true, layout->n_merged_words);
}

/* Calls `call(r, ...)` for each result that is ordered, or for each that is
 * not. */
#define EACH(layout, r, is_ordered)                                            \
    for (const struct partial_result *r = (layout)->result,                    \
         *end_ = r + (layout)->n_results; r < end_; r++)                       \
        if (r->op->ordered == (is_ordered))

static void init(const struct partial_layout *layout, int64_t *words,
                 bool ordered)
{
    EACH(layout, r, ordered)
        r->op->init(&r->shape, words + r->offset);
}

static void merge(const struct partial_layout *layout, int64_t *into,
                  const int64_t *from, bool ordered)
{
    EACH(layout, r, ordered)
        r->op->merge(&r->shape, into + r->offset, from + r->offset);
}

static void normalise(const struct partial_layout *layout, int64_t *words,
                      bool ordered)
{
    EACH(layout, r, ordered)
        op_normalise(r->op, &r->shape, words + r->offset);
}

static bool valid(const struct partial_layout *layout, const int64_t *words,
                  bool ordered)
{
    EACH(layout, r, ordered)
        if (!r->op->valid(&r->shape, words + r->offset))
            return false;
    return true;
}

void partial_init(const struct partial_layout *layout, int64_t *words)
{
    init(layout, words, false);
}

void partial_merge(const struct partial_layout *layout, int64_t *into,
                   const int64_t *from)
{
    merge(layout, into, from, false);
}

void partial_normalise(const struct partial_layout *layout, int64_t *words)
{
    normalise(layout, words, false);
}

bool partial_valid(const struct partial_layout *layout, const int64_t *words)
{
    return valid(layout, words, false);
}

/* ---- lanes over nodes ----------------------------------------------------- */

/* Bytes of a lane. */
static size_t lane_bytes(enum merge_kind kind)
{
    return kind == MERGE_MAX_BYTES ? 1 : sizeof(int64_t);
}

uint32_t partial_n_lanes(const struct partial_layout *layout,
                         enum merge_kind kind)
{
    size_t bytes = 0;
    EACH(layout, r, false)
        if (r->op->merge_kind == kind)
            bytes += r->words * sizeof(int64_t);
    return (uint32_t)(bytes / lane_bytes(kind));
}

void partial_get_lanes(const struct partial_layout *layout,
                       const int64_t *words, enum merge_kind kind, void *lanes)
{
    unsigned char *to = lanes;
    EACH(layout, r, false)
        if (r->op->merge_kind == kind) {
            memcpy(to, words + r->offset, r->words * sizeof *words);
            to += r->words * sizeof *words;
        }
}

void partial_set_lanes(const struct partial_layout *layout, int64_t *words,
                       enum merge_kind kind, const void *lanes)
{
    const unsigned char *from = lanes;
    EACH(layout, r, false)
        if (r->op->merge_kind == kind) {
            memcpy(words + r->offset, from, r->words * sizeof *words);
            from += r->words * sizeof *words;
        }
}

void partial_blank_lanes(const struct partial_layout *layout, int64_t *words)
{
    EACH(layout, r, false)
        if (r->op->merge_kind != MERGE_LIST)
            r->op->init(&r->shape, words + r->offset);
}

/* ---- states --------------------------------------------------------------- */

void state_init(const struct partial_layout *layout, int64_t *state)
{
    init(layout, state, true);
}

void state_merge(const struct partial_layout *layout, int64_t *into,
                 const int64_t *from)
{
    merge(layout, into, from, true);
}

void state_normalise(const struct partial_layout *layout, int64_t *state)
{
    normalise(layout, state, true);
}

bool state_valid(const struct partial_layout *layout, const int64_t *state)
{
    return valid(layout, state, true);
}

static void merge_nodes(const void *layout, int64_t *into,
                        const int64_t *from)
{
    state_merge(layout, into, from);
}

static bool node_valid(const void *layout, const int64_t *state)
{
    return state_valid(layout, state);
}

static void merge_others(const void *layout, int64_t *into,
                         const int64_t *from)
{
    EACH((const struct partial_layout *)layout, r, true)
        if (!is_own(r))
            r->op->merge(&r->shape, into + r->offset, from + r->offset);
}

void state_tree_init(struct tree *tree, const struct partial_layout *layout,
                     uint32_t n_chunks)
{
    tree_init(tree, n_chunks, layout->n_state_words, merge_nodes, layout);
}

void state_trees_init(struct tree *merged, struct tree *own,
                      const struct partial_layout *layout, uint32_t n_chunks)
{
    const uint32_t n = layout->n_merged_words;
    tree_init(merged, n_chunks, n, merge_others, layout);
    tree_init(own, n_chunks, layout->n_state_words - n, NULL, layout);
}

int state_trees_join(struct tree *merged, struct tree *own,
                     const struct tree *from)
{
    struct tree behind = *from;
    if (merged->state_words > 0 && tree_join(merged, from) != 0)
        return -1;
    if (own->state_words == 0)
        return 0;
    behind.state += merged->state_words;
    return tree_join(own, &behind);
}

int state_tree_decode(struct tree *tree, const int64_t *words, size_t n_words)
{
    return tree_decode(tree, words, n_words, node_valid);
}

/* Of the results of one of the two trees. */
static bool part_valid(const struct partial_layout *layout, bool own,
                       const int64_t *state)
{
    const uint32_t before = own ? layout->n_merged_words : 0;
    EACH(layout, r, true)
        if (is_own(r) == own
            && !r->op->valid(&r->shape, state + (r->offset - before)))
            return false;
    return true;
}

static bool merged_valid(const void *layout, const int64_t *state)
{
    return part_valid(layout, false, state);
}

static bool own_valid(const void *layout, const int64_t *state)
{
    return part_valid(layout, true, state);
}

/* A tree without states has no words. */
static int decode_part(struct tree *tree, const int64_t *words, size_t n_words,
                       bool (*part)(const void *layout, const int64_t *state))
{
    if (tree->state_words > 0)
        return tree_decode(tree, words, n_words, part);
    errno = EINVAL;
    return n_words == 0 ? 0 : -1;
}

int state_trees_decode(struct tree *merged, const int64_t *merged_words,
                       size_t n_merged, struct tree *own,
                       const int64_t *own_words, size_t n_own)
{
    if (decode_part(merged, merged_words, n_merged, merged_valid) != 0
        || decode_part(own, own_words, n_own, own_valid) != 0)
        return -1;
    return 0;
}

void partial_finish(const struct partial_layout *layout, const int64_t *words,
                    const int64_t *state, uint32_t result, struct value *out)
{
    assert(result < layout->n_results);
    const struct partial_result *r = &layout->result[result];
    r->op->finish(&r->shape, (r->op->ordered ? state : words) + r->offset,
                  out);
}
