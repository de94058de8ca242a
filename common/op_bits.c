/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operators of truth values and of bits:
 *
 *   all, any                  [was there a 0 (a 1)?], merged by max
 *   bit_and, bit_or, bit_xor  [bits]
 *
 * What nothing gives is what changes nothing: true and false; all ones and 0.
 */
#include "op.h"

#include <string.h>

static uint32_t one_word(OP_SHAPE)
{
    return 1;
}

static void init_zeros(OP_SHAPE, int64_t *slice)
{
    *slice = 0;
}

static void init_ones(OP_SHAPE, int64_t *slice)
{
    *slice = -1;
}

/* ---- all, any ------------------------------------------------------------ */

static void truth_merge(OP_SHAPE, int64_t *into, const int64_t *from)
{
    *into |= *from;
}

static bool truth_valid(OP_SHAPE, const int64_t *slice)
{
    return *slice == 0 || *slice == 1;
}

static void all_fold(OP_SHAPE, int64_t *slice, const union ff_value *value,
                     size_t n)
{
    for (size_t i = 0; i < n; i++)
        *slice |= value[i].u64 == 0;
}

static void any_fold(OP_SHAPE, int64_t *slice, const union ff_value *value,
                     size_t n)
{
    for (size_t i = 0; i < n; i++)
        *slice |= value[i].u64 != 0;
}

static void value_bool(struct value *out, bool x)
{
    value_none(out);
    out->type = VALUE_BOOL;
    strcpy(out->decimal, x ? "true" : "false");
}

static void all_finish(OP_SHAPE, const int64_t *slice, struct value *out)
{
    value_bool(out, *slice == 0);
}

static void any_finish(OP_SHAPE, const int64_t *slice, struct value *out)
{
    value_bool(out, *slice != 0);
}

/* ---- bits ---------------------------------------------------------------- */

#define DEFINE_BITS(name, operation)                                           \
    static void name##_fold(OP_SHAPE, int64_t *slice,                          \
                            const union ff_value *value, size_t n)             \
    {                                                                          \
        for (size_t i = 0; i < n; i++)                                         \
            *slice operation value[i].i64;                                     \
    }                                                                          \
    static void name##_merge(OP_SHAPE, int64_t *into, const int64_t *from)     \
    {                                                                          \
        *into operation *from;                                                 \
    }

DEFINE_BITS(and, &=)
DEFINE_BITS(or, |=)
DEFINE_BITS(xor, ^=)

static bool bits_valid(OP_SHAPE, const int64_t *slice __attribute__((unused)))
{
    return true;
}

static void bits_finish(OP_SHAPE, const int64_t *slice, struct value *out)
{
    value_u64(out, (uint64_t)*slice);
}

/* ---- the rows ------------------------------------------------------------ */

#define TRUTH_ROW(CODE, NAME, fn)                                              \
    {.code = CODE, .name = NAME, .type = "u64", .gives = "bool",               \
     .merge_kind = MERGE_MAX, .words = one_word, .init = init_zeros,           \
     .fold = fn##_fold, .merge = truth_merge, .valid = truth_valid,            \
     .finish = fn##_finish}
#define BITS_ROW(CODE, NAME, fn, init_)                                        \
    {.code = CODE, .name = NAME, .type = "u64", .merge_kind = MERGE_LIST,      \
     .words = one_word, .init = init_, .fold = fn##_fold,                      \
     .merge = fn##_merge, .valid = bits_valid, .finish = bits_finish}

static const struct op row[] = {
    TRUTH_ROW(FF_OP_ALL, "all", all),
    TRUTH_ROW(FF_OP_ANY, "any", any),
    BITS_ROW(FF_OP_BIT_AND, "bit_and", and, init_ones),
    BITS_ROW(FF_OP_BIT_OR, "bit_or", or, init_zeros),
    BITS_ROW(FF_OP_BIT_XOR, "bit_xor", xor, init_zeros),
};

const struct op_family op_bits = {row, sizeof row / sizeof row[0]};
