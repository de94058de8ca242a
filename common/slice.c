/* SPDX-License-Identifier: Apache-2.0 */
/* A slice of a partial, whatever its operator: see slice.h. */
#include "slice.h"
#include "histogram.h"

#include <string.h>

uint32_t slice_words(const struct op *op, const struct ff_shape *shape)
{
    return op->words != 0 ? op->words : histogram_words(shape);
}

void slice_init(const struct op *op, const struct ff_shape *shape, int64_t *slice)
{
    if (op->words != 0)
        op->init(slice);
    else
        histogram_init(shape, slice);
}

void slice_fold(const struct op *op, const struct ff_shape *shape, int64_t *slice,
             const union ff_value *value, size_t n)
{
    if (op->words != 0)
        op->fold(slice, value, n);
    else
        histogram_fold(shape, slice, value, n);
}

void slice_merge(const struct op *op, const struct ff_shape *shape, int64_t *into,
              const int64_t *from)
{
    if (op->words != 0)
        op->merge(into, from);
    else
        histogram_merge(shape, into, from);
}

void slice_normalise(const struct op *op, const struct ff_shape *shape,
                  int64_t *slice)
{
    (void)shape; /* the lanes of a histogram are normal as they are */
    if (op->words != 0)
        op->normalise(slice);
}

bool slice_valid(const struct op *op, const struct ff_shape *shape,
              const int64_t *slice)
{
    return op->words != 0 ? op->valid(slice) : histogram_valid(shape, slice);
}

void slice_finish(const struct op *op, const struct ff_shape *shape,
               const int64_t *slice, struct value *out)
{
    (void)shape;
    if (op->words != 0) {
        op->finish(slice, out);
        return;
    }
    memset(out, 0, sizeof *out);
    out->type = VALUE_HISTOGRAM;
    out->lanes = slice;
}
