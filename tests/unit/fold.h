/* SPDX-License-Identifier: Apache-2.0 */
/* Values for operators, written short, and questions about what they gave; a
 * source of random numbers. */
#ifndef FANFOLD_TESTS_FOLD_H
#define FANFOLD_TESTS_FOLD_H

#include "op.h"
#include "tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Places and how many: VALUES(F(1), U(7)). */
#define VALUES(...)                                                            \
    (const union ff_value[]){__VA_ARGS__},                                     \
        sizeof((const union ff_value[]){__VA_ARGS__}) / sizeof(union ff_value)
#define F(x)                                                                   \
    {                                                                          \
        .f64 = (x)                                                             \
    }
#define I(x)                                                                   \
    {                                                                          \
        .i64 = (x)                                                             \
    }
#define U(x)                                                                   \
    {                                                                          \
        .u64 = (x)                                                             \
    }

/* SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). */
static inline uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* The slice of n places, normalised, on the heap. */
static inline int64_t *slice_of(uint32_t code, const struct ff_shape *shape,
                                const union ff_value *v, size_t n)
{
    const struct op *op = op_find(code);
    CU_ASSERT_PTR_NOT_NULL_FATAL(op);
    CU_ASSERT_PTR_NULL_FATAL(op_wrong(op, shape));
    int64_t *slice = malloc(op->words(shape) * sizeof *slice);
    CU_ASSERT_PTR_NOT_NULL_FATAL(slice);
    op->init(shape, slice);
    op->fold(shape, slice, v, n);
    CU_ASSERT(op->valid(shape, slice));
    op_normalise(op, shape, slice);
    CU_ASSERT(op->valid(shape, slice));
    return slice;
}

/* The result of n places; not of a list. */
static inline struct value result_of(uint32_t code, const union ff_value *v,
                                     size_t n)
{
    static const struct ff_shape none;
    int64_t *slice = slice_of(code, &none, v, n);
    struct value out;
    op_find(code)->finish(&none, slice, &out);
    free(slice);
    return out;
}

/* Is it this double, to the bit? Any NaN is a NaN. */
static inline int is_f64(struct value v, double x)
{
    if (v.type != VALUE_F64)
        return 0;
    return isnan(x) ? isnan(v.f64) : !memcmp(&v.f64, &x, sizeof x);
}

static inline int is_int(struct value v, const char *decimal)
{
    return v.type == VALUE_INT && strcmp(v.decimal, decimal) == 0;
}

static inline int at_item(struct value v, uint64_t item)
{
    return v.has_item && v.item == item;
}

#endif
