/* SPDX-License-Identifier: Apache-2.0 */
/* A slice of a partial: what op.h has for each operator, here for one result
 * of it. Most operators are the same for every result; of a histogram the
 * shape says where the edges are, and so how long the slice is. */
#ifndef FANFOLD_COMMON_SLICE_H
#define FANFOLD_COMMON_SLICE_H

#include "op.h"

uint32_t slice_words(const struct op *op, const struct ff_shape *shape);
void slice_init(const struct op *op, const struct ff_shape *shape,
             int64_t *slice);
void slice_fold(const struct op *op, const struct ff_shape *shape, int64_t *slice,
             const union ff_value *value, size_t n);
void slice_merge(const struct op *op, const struct ff_shape *shape, int64_t *into,
              const int64_t *from);
void slice_normalise(const struct op *op, const struct ff_shape *shape,
                  int64_t *slice);
bool slice_valid(const struct op *op, const struct ff_shape *shape,
              const int64_t *slice);
void slice_finish(const struct op *op, const struct ff_shape *shape,
               const int64_t *slice, struct value *out);

#endif
