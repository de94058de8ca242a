/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partials as a whole: a layout gives each result of a job its slice, and
 * every operation goes slice by slice to the operators.
 */
#include "partial.h"

#include <assert.h>
#include <string.h>

void partial_layout_init(struct partial_layout *layout,
                         const struct spec *spec, uint64_t seed)
{
    assert(spec->n_results <= SPEC_MAX_RESULTS);
    layout->n_results = spec->n_results;
    layout->n_sources = spec->n_sources;
    layout->n_words = layout->n_state_words = 0;
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
        uint32_t *n = r->op->ordered ? &layout->n_state_words
                                     : &layout->n_words;
        r->offset = *n;
        *n += r->words;
        layout->has_operation |= r->op->code == FF_OP_OPERATION;
    }
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

static bool can_merge(const struct partial_layout *layout)
{
    EACH(layout, r, true)
        if (r->op->code == FF_OP_OPERATION && r->shape.operation == NULL)
            return false;
    return true;
}

void state_tree_init(struct tree *tree, const struct partial_layout *layout,
                     uint32_t n_chunks)
{
    tree_init(tree, n_chunks, layout->n_state_words,
              can_merge(layout) ? merge_nodes : NULL, layout);
}

int state_tree_decode(struct tree *tree, const int64_t *words, size_t n_words)
{
    return tree_decode(tree, words, n_words, node_valid);
}

void state_tree_root(struct tree *tree, const struct partial_layout *layout,
                     int64_t *state)
{
    tree->merge = merge_nodes;
    const int64_t *root = tree_root(tree);
    EACH(layout, r, true)
        if (root != NULL && r->op->code != FF_OP_OPERATION)
            memcpy(state + r->offset, root + r->offset,
                   r->words * sizeof *state);
}

void partial_finish(const struct partial_layout *layout, const int64_t *words,
                    const int64_t *state, uint32_t result, struct value *out)
{
    assert(result < layout->n_results);
    const struct partial_result *r = &layout->result[result];
    r->op->finish(&r->shape, (r->op->ordered ? state : words) + r->offset,
                  out);
}
