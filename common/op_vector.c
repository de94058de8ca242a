/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vectors of shape->n elements, folded element by element, a whole vector at a
 * time:
 *
 *   sum of doubles        [seen][n doubles]    in the order of chunks: each
 *                                              addition rounds
 *   sum, exact            [n sums of xsum.h]
 *   min, max              [seen][n keys]       of key.h
 *   sum of integers       [n of two words]     128 bits, high and low, modulo
 *                                              2^128: 2^64 values fit
 *
 * The first vector that comes is taken as it is, so that -0.0 stays -0.0. What
 * is in a slice whose `seen` is 0 does not count, and is zero or NO_KEY.
 */
#include "key.h"
#include "op.h"
#include "xsum.h"

#include <string.h>

#define MAX_ELEMENTS 65536u

enum { SEEN, ELEMENTS };

/* Words of a slice, read as doubles; and so many at once. */
typedef double element __attribute__((may_alias));
typedef double elements
    __attribute__((may_alias, vector_size(32), aligned(8)));
#define AT_ONCE (sizeof(elements) / sizeof(double))

static const char *wrong(const struct ff_shape *shape)
{
    if (shape->n == 0)
        return "has no elements";
    if (shape->n > MAX_ELEMENTS)
        return "has more than 65,536 elements, or fewer than none";
    return NULL;
}

static uint32_t words(const struct ff_shape *shape)
{
    return ELEMENTS + (uint32_t)shape->n;
}

static void list(const struct ff_shape *shape, const int64_t *slice,
                 struct value *out)
{
    value_none(out);
    out->type = VALUE_LIST;
    out->n = shape->n;
    out->slice = slice;
}

/* ---- sum of doubles ------------------------------------------------------ */

static void init(const struct ff_shape *shape, int64_t *slice)
{
    memset(slice, 0, words(shape) * sizeof *slice);
}

static inline __attribute__((always_inline))
void add_elements(int64_t *sum, const int64_t *x, size_t n)
{
    size_t i = 0;
    for (; i + AT_ONCE <= n; i += AT_ONCE)
        *(elements *)(sum + i) += *(const elements *)(x + i);
    for (; i < n; i++)
        *(element *)(sum + i) += *(const element *)(x + i);
}

#ifdef __x86_64__
__attribute__((target("avx2")))
static void add_avx2(int64_t *sum, const int64_t *x, size_t n)
{
    add_elements(sum, x, n);
}
#endif

/* Each addition is the same, however many are made at once. */
static void add(int64_t *slice, const void *x, size_t n)
{
    int64_t *sum = slice + ELEMENTS;
    if (slice[SEEN] == 0) {
        memcpy(sum, x, n * sizeof *sum);
        slice[SEEN] = 1;
        return;
    }
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2")) {
        add_avx2(sum, x, n);
        return;
    }
#endif
    add_elements(sum, x, n);
}

static void fold(OP_SHAPE, int64_t *slice, const union ff_value *value,
                 size_t n)
{
    add(slice, value, n);
}

static void merge(const struct ff_shape *shape, int64_t *into,
                  const int64_t *from)
{
    if (from[SEEN] != 0)
        add(into, from + ELEMENTS, shape->n);
}

/* Any bits are a double. */
static bool valid(const struct ff_shape *shape, const int64_t *slice)
{
    for (uint64_t i = 0; slice[SEEN] == 0 && i < shape->n; i++)
        if (slice[ELEMENTS + i] != 0)
            return false;
    return slice[SEEN] == 0 || slice[SEEN] == 1;
}

static void entry(OP_SHAPE, const int64_t *slice, uint64_t i,
                  struct value *out)
{
    value_f64(out, double_of(slice[ELEMENTS + i]));
}

/* ---- exact --------------------------------------------------------------- */

static uint32_t exact_words(const struct ff_shape *shape)
{
    return XSUM_WORDS * (uint32_t)shape->n;
}

static void exact_init(const struct ff_shape *shape, int64_t *slice)
{
    memset(slice, 0, exact_words(shape) * sizeof *slice);
}

static void exact_fold(OP_SHAPE, int64_t *slice, const union ff_value *value,
                       size_t n)
{
    for (size_t i = 0; i < n; i++)
        xsum_add(slice + i * XSUM_WORDS, &value[i].f64, 1);
}

static void exact_merge(const struct ff_shape *shape, int64_t *into,
                        const int64_t *from)
{
    for (size_t i = 0; i < exact_words(shape); i += XSUM_WORDS)
        xsum_merge(into + i, from + i, XSUM_N);
}

static void exact_normalise(const struct ff_shape *shape, int64_t *slice)
{
    for (size_t i = 0; i < exact_words(shape); i += XSUM_WORDS)
        xsum_normalise(slice + i, XSUM_N);
}

static bool exact_valid(const struct ff_shape *shape, const int64_t *slice)
{
    for (size_t i = 0; i < exact_words(shape); i += XSUM_WORDS)
        if (!xsum_valid(slice + i, XSUM_N))
            return false;
    return true;
}

static void exact_entry(OP_SHAPE, const int64_t *slice, uint64_t i,
                        struct value *out)
{
    value_f64(out, xsum_round(slice + i * XSUM_WORDS));
}

/* ---- min, max ------------------------------------------------------------ */

static void best_init(const struct ff_shape *shape, int64_t *slice)
{
    slice[SEEN] = 0;
    for (uint64_t i = 0; i < shape->n; i++)
        slice[ELEMENTS + i] = NO_KEY;
}

static inline void raise_to(int64_t *lane, int64_t x)
{
    *lane = *lane < x ? x : *lane;
}

static void best_merge(const struct ff_shape *shape, int64_t *into,
                       const int64_t *from)
{
    for (uint64_t i = 0; i < ELEMENTS + shape->n; i++)
        raise_to(&into[i], from[i]);
}

static bool best_int_valid(const struct ff_shape *shape, const int64_t *slice)
{
    for (uint64_t i = 0; slice[SEEN] == 0 && i < shape->n; i++)
        if (slice[ELEMENTS + i] != NO_KEY)
            return false;
    return slice[SEEN] == 0 || slice[SEEN] == 1;
}

static bool best_valid(const struct ff_shape *shape, const int64_t *slice)
{
    for (uint64_t i = 0; slice[SEEN] == 1 && i < shape->n; i++)
        if (!key_valid(slice[ELEMENTS + i]))
            return false;
    return best_int_valid(shape, slice);
}

static void best_finish(const struct ff_shape *shape, const int64_t *slice,
                        struct value *out)
{
    if (slice[SEEN] == 0)
        value_none(out);
    else
        list(shape, slice, out);
}

#define DEFINE_BEST(name, key_of, value_of_key)                                \
    static void name##_fold(OP_SHAPE, int64_t *slice,                          \
                            const union ff_value *value, size_t n)             \
    {                                                                          \
        slice[SEEN] = 1;                                                       \
        for (size_t i = 0; i < n; i++)                                         \
            raise_to(&slice[ELEMENTS + i], key_of(value[i]));                  \
    }                                                                          \
    static void name##_entry(OP_SHAPE, const int64_t *slice, uint64_t i,       \
                             struct value *out)                                \
    {                                                                          \
        value_of_key(out, slice[ELEMENTS + i]);                                \
    }

static void value_of_min_key(struct value *out, int64_t key)
{
    value_f64(out, double_of_min_key(key));
}

static void value_of_max_key(struct value *out, int64_t key)
{
    value_f64(out, double_of_max_key(key));
}

static void value_of_min_int_key(struct value *out, int64_t key)
{
    value_i64(out, ~key);
}

DEFINE_BEST(min, min_key, value_of_min_key)
DEFINE_BEST(max, max_key, value_of_max_key)
DEFINE_BEST(min_int, min_int_key, value_of_min_int_key)
DEFINE_BEST(max_int, max_int_key, value_i64)

/* ---- sum of integers ----------------------------------------------------- */

static uint32_t int_words(const struct ff_shape *shape)
{
    return 2 * (uint32_t)shape->n;
}

static void int_init(const struct ff_shape *shape, int64_t *slice)
{
    memset(slice, 0, int_words(shape) * sizeof *slice);
}

/* Adds to the element at `at`: high word, low word. */
static inline void int_add(int64_t *at, int64_t high, uint64_t low)
{
    const uint64_t sum = (uint64_t)at[1] + low;
    at[0] = (int64_t)((uint64_t)at[0] + (uint64_t)high + (sum < low));
    at[1] = (int64_t)sum;
}

static void int_fold(OP_SHAPE, int64_t *slice, const union ff_value *value,
                     size_t n)
{
    for (size_t i = 0; i < n; i++)
        int_add(slice + 2 * i, value[i].i64 < 0 ? -1 : 0, value[i].u64);
}

static void int_merge(const struct ff_shape *shape, int64_t *into,
                      const int64_t *from)
{
    for (uint64_t i = 0; i < int_words(shape); i += 2)
        int_add(into + i, from[i], (uint64_t)from[i + 1]);
}

static bool int_valid(OP_SHAPE, const int64_t *slice __attribute__((unused)))
{
    return true;
}

static void int_entry(OP_SHAPE, const int64_t *slice, uint64_t i,
                      struct value *out)
{
    const bool negative = slice[2 * i] < 0;
    uint64_t high = (uint64_t)slice[2 * i], low = (uint64_t)slice[2 * i + 1];
    if (negative) {
        high = ~high + (low == 0);
        low = 0 - low;
    }
    value_wide(out, negative, high, low);
}

#define ROW(code_, name_, type_)                                               \
    .code = code_, .name = name_, .type = type_, .kind = VALUE_KIND_DIRECT,    \
    .wrong = wrong
#define BEST_ROW(fold_, valid_, entry_)                                        \
    .merge_kind = MERGE_MAX, .words = words, .init = best_init, .fold = fold_, \
    .merge = best_merge, .valid = valid_, .finish = best_finish,               \
    .entry = entry_

static const struct op row[] = {
    {ROW(FF_OP_VECTOR_SUM, "vector_sum", "f64"), .merge_kind = MERGE_LIST,
     .ordered = true, .words = words, .init = init, .fold = fold,
     .merge = merge, .valid = valid, .finish = list, .entry = entry},
    {ROW(FF_OP_VECTOR_SUM_EXACT, "vector_sum_exact", "f64"),
     .merge_kind = MERGE_SUM, .words = exact_words, .init = exact_init,
     .fold = exact_fold, .merge = exact_merge, .normalise = exact_normalise,
     .valid = exact_valid, .finish = list, .entry = exact_entry},
    {ROW(FF_OP_VECTOR_MIN, "vector_min", "f64"),
     BEST_ROW(min_fold, best_valid, min_entry)},
    {ROW(FF_OP_VECTOR_MAX, "vector_max", "f64"),
     BEST_ROW(max_fold, best_valid, max_entry)},
    {ROW(FF_OP_VECTOR_SUM_INT, "vector_sum", "i64"), .merge_kind = MERGE_LIST,
     .words = int_words, .init = int_init, .fold = int_fold,
     .merge = int_merge, .valid = int_valid, .finish = list,
     .entry = int_entry},
    {ROW(FF_OP_VECTOR_MIN_INT, "vector_min", "i64"),
     BEST_ROW(min_int_fold, best_int_valid, min_int_entry)},
    {ROW(FF_OP_VECTOR_MAX_INT, "vector_max", "i64"),
     BEST_ROW(max_int_fold, best_int_valid, max_int_entry)},
};

const struct op_family op_vectors = {row, sizeof row / sizeof row[0]};
