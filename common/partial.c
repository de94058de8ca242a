/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partials as a whole: a layout gives each result of a job its slice, and
 * every operation goes slice by slice to the operators of op.c.
 */
#include "partial.h"
#include "slice.h"

#include <assert.h>

void partial_layout_init(struct partial_layout *layout, const struct spec *spec)
{
    assert(spec->n_results <= SPEC_MAX_RESULTS);
    layout->n_results = spec->n_results;
    layout->n_words = 0;
    for (uint32_t i = 0; i < spec->n_results; i++) {
        const struct op *op = op_find(spec->result[i].op);
        assert(op);
        layout->result[i].op = op;
        layout->result[i].shape = spec_shape(&spec->result[i]);
        layout->result[i].offset = layout->n_words;
        layout->result[i].name = spec->result[i].name;
        layout->n_words += slice_words(op, &layout->result[i].shape);
    }
}

void partial_init(const struct partial_layout *layout, int64_t *words)
{
    for (uint32_t i = 0; i < layout->n_results; i++)
        slice_init(layout->result[i].op, &layout->result[i].shape,
                words + layout->result[i].offset);
}

void partial_merge(const struct partial_layout *layout, int64_t *into,
                   const int64_t *from)
{
    for (uint32_t i = 0; i < layout->n_results; i++) {
        const uint32_t at = layout->result[i].offset;
        slice_merge(layout->result[i].op, &layout->result[i].shape, into + at,
                 from + at);
    }
}

void partial_normalise(const struct partial_layout *layout, int64_t *words)
{
    for (uint32_t i = 0; i < layout->n_results; i++)
        slice_normalise(layout->result[i].op, &layout->result[i].shape,
                     words + layout->result[i].offset);
}

bool partial_valid(const struct partial_layout *layout, const int64_t *words)
{
    for (uint32_t i = 0; i < layout->n_results; i++)
        if (!slice_valid(layout->result[i].op, &layout->result[i].shape,
                      words + layout->result[i].offset))
            return false;
    return true;
}

void partial_finish(const struct partial_layout *layout, const int64_t *words,
                    uint32_t result, struct value *out)
{
    assert(result < layout->n_results);
    slice_finish(layout->result[result].op, &layout->result[result].shape,
              words + layout->result[result].offset, out);
}
