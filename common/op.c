/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operators of results, one table row each: how a slice of a partial
 * starts, takes values, merges and becomes a result.
 *
 *   sum, sum_int, count   [sum]
 *   mean                  [sum][count]
 *   variance              [sum][sum of squares][count]
 *   min, max, min_int ... [key][seen], both merged by max
 *   argmin, argmax ...    [seen][key][item]
 *   histogram             see slice.h
 *
 * A key orders what is looked for as an integer, the best one highest:
 * complemented for minima. The key of a double orders -0.0 below +0.0 and is
 * NAN_KEY for every NaN, for minima as well: a NaN that came is the result.
 * Values that are tied for an arg result give the lowest item.
 */
#include "op.h"
#include "xsum.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

_Static_assert(sizeof(union ff_value) == 8, "a batch is an array of doubles");

#define NAN_KEY INT64_MAX
#define NO_KEY INT64_MIN

/* ---- keys --------------------------------------------------------------- */

/* Orders doubles as integers: swaps the magnitudes below zero. Its own
 * inverse. */
static int64_t swap_negative(int64_t bits)
{
    return bits < 0 ? bits ^ INT64_MAX : bits;
}

static bool is_nan_bits(uint64_t bits)
{
    return bits << 1 > UINT64_C(0xffe0000000000000);
}

static int64_t max_key(union ff_value v)
{
    return is_nan_bits(v.u64) ? NAN_KEY : swap_negative(v.i64);
}

static int64_t min_key(union ff_value v)
{
    return is_nan_bits(v.u64) ? NAN_KEY : ~swap_negative(v.i64);
}

static int64_t max_int_key(union ff_value v)
{
    return v.i64;
}

static int64_t min_int_key(union ff_value v)
{
    return ~v.i64;
}

static double double_of(int64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static double double_of_max_key(int64_t key)
{
    if (key == NAN_KEY)
        return double_of(INT64_C(0x7ff8000000000000));
    return double_of(swap_negative(key));
}

static double double_of_min_key(int64_t key)
{
    return double_of_max_key(key == NAN_KEY ? key : ~key);
}

/* Is it the key of a double? +inf has the highest but NaN's, and -inf the
 * lowest; they are complements of each other. */
static bool key_valid(int64_t key)
{
    const int64_t infinity = INT64_C(0x7ff0000000000000);
    return key == NAN_KEY || (key >= ~infinity && key <= infinity);
}

/* ---- finished values ---------------------------------------------------- */

static void give_none(struct value *out)
{
    memset(out, 0, sizeof *out);
    out->type = VALUE_NONE;
}

static void give_f64(struct value *out, double x)
{
    give_none(out);
    out->type = VALUE_F64;
    out->f64 = x;
}

static void give_i64(struct value *out, int64_t x)
{
    give_none(out);
    out->type = VALUE_INT;
    snprintf(out->decimal, sizeof out->decimal, "%" PRId64, x);
}

/* ---- sum, sum_int, count ------------------------------------------------ */

static void sum_init(int64_t *slice)
{
    memset(slice, 0, XSUM_WORDS * sizeof *slice);
}

/* A batch as the array that it is; a batch of nothing may be NULL. */
static const double *doubles(const union ff_value *value)
{
    return (const double *)value;
}

static void sum_fold(int64_t *slice, const union ff_value *value, size_t n)
{
    xsum_add(slice, doubles(value), n);
}

static void sum_merge(int64_t *into, const int64_t *from)
{
    xsum_merge(into, from, XSUM_N);
}

static void sum_normalise(int64_t *slice)
{
    xsum_normalise(slice, XSUM_N);
}

static bool sum_valid(const int64_t *slice)
{
    return xsum_valid(slice, XSUM_N);
}

static void sum_finish(const int64_t *slice, struct value *out)
{
    give_f64(out, xsum_round(slice));
}

static void int_init(int64_t *slice)
{
    memset(slice, 0, XINT_WORDS * sizeof *slice);
}

static void int_fold(int64_t *slice, const union ff_value *value, size_t n)
{
    xint_add_i64(slice, (const int64_t *)value, n);
}

static void count_fold(int64_t *slice, const union ff_value *value, size_t n)
{
    xint_add_u64(slice, (const uint64_t *)value, n);
}

static void int_merge(int64_t *into, const int64_t *from)
{
    xsum_merge(into, from, XINT_N);
}

static void int_normalise(int64_t *slice)
{
    xsum_normalise(slice, XINT_N);
}

static bool int_valid(const int64_t *slice)
{
    return xsum_valid(slice, XINT_N);
}

static void int_finish(const int64_t *slice, struct value *out)
{
    give_none(out);
    out->type = VALUE_INT;
    xint_decimal(slice, out->decimal);
}

/* ---- mean, variance ----------------------------------------------------- */

enum {
    MEAN_COUNT = XSUM_WORDS,
    MEAN_WORDS,
    VARIANCE_SQUARES = XSUM_WORDS,
    VARIANCE_COUNT = VARIANCE_SQUARES + XSQR_WORDS,
    VARIANCE_WORDS
};

/* Modulo 2^64, as the lanes of a sum: counts from outside may be anything. */
static void add_count(int64_t *count, uint64_t n)
{
    *count = (int64_t)((uint64_t)*count + n);
}

/* Is this how many values the sum was made of? */
static bool count_valid(const int64_t *sum, int64_t count)
{
    uint64_t n = 0;
    for (int i = XSUM_WEIGHT + 1; i < XSUM_DIGITS; i++)
        n += (uint64_t)sum[i];
    return count >= 0 && n == (uint64_t)count;
}

static void mean_init(int64_t *slice)
{
    memset(slice, 0, MEAN_WORDS * sizeof *slice);
}

static void mean_fold(int64_t *slice, const union ff_value *value, size_t n)
{
    xsum_add(slice, doubles(value), n);
    add_count(&slice[MEAN_COUNT], n);
}

static void mean_merge(int64_t *into, const int64_t *from)
{
    xsum_merge(into, from, XSUM_N);
    add_count(&into[MEAN_COUNT], (uint64_t)from[MEAN_COUNT]);
}

static bool mean_valid(const int64_t *slice)
{
    return xsum_valid(slice, XSUM_N) && count_valid(slice, slice[MEAN_COUNT]);
}

static void mean_finish(const int64_t *slice, struct value *out)
{
    give_f64(out, xsum_mean(slice, (uint64_t)slice[MEAN_COUNT]));
}

static void variance_init(int64_t *slice)
{
    memset(slice, 0, VARIANCE_WORDS * sizeof *slice);
}

static void variance_fold(int64_t *slice, const union ff_value *value, size_t n)
{
    xsum_add(slice, doubles(value), n);
    xsqr_add(slice + VARIANCE_SQUARES, doubles(value), n);
    add_count(&slice[VARIANCE_COUNT], n);
}

static void variance_merge(int64_t *into, const int64_t *from)
{
    xsum_merge(into, from, XSUM_N);
    xsum_merge(into + VARIANCE_SQUARES, from + VARIANCE_SQUARES, XSQR_N);
    add_count(&into[VARIANCE_COUNT], (uint64_t)from[VARIANCE_COUNT]);
}

static void variance_normalise(int64_t *slice)
{
    xsum_normalise(slice, XSUM_N);
    xsum_normalise(slice + VARIANCE_SQUARES, XSQR_N);
}

static bool variance_valid(const int64_t *slice)
{
    const int64_t count = slice[VARIANCE_COUNT];
    return xsum_valid(slice, XSUM_N) && count_valid(slice, count) &&
           xsum_valid(slice + VARIANCE_SQUARES, XSQR_N) &&
           count_valid(slice + VARIANCE_SQUARES, count);
}

static void variance_finish(const int64_t *slice, struct value *out)
{
    give_f64(out, xsum_variance(slice, slice + VARIANCE_SQUARES,
                                (uint64_t)slice[VARIANCE_COUNT]));
}

/* ---- min, max ----------------------------------------------------------- */

enum { BEST_KEY, BEST_SEEN, BEST_WORDS };

static void best_init(int64_t *slice)
{
    slice[BEST_KEY] = NO_KEY;
    slice[BEST_SEEN] = 0;
}

static inline void raise_to(int64_t *lane, int64_t x)
{
    if (*lane < x)
        *lane = x;
}

static void best_merge(int64_t *into, const int64_t *from)
{
    raise_to(&into[BEST_KEY], from[BEST_KEY]);
    raise_to(&into[BEST_SEEN], from[BEST_SEEN]);
}

static void already_normal(int64_t *slice)
{
    (void)slice;
}

static bool best_int_valid(const int64_t *slice)
{
    return slice[BEST_SEEN] == 1 ||
           (slice[BEST_SEEN] == 0 && slice[BEST_KEY] == NO_KEY);
}

static bool best_valid(const int64_t *slice)
{
    return best_int_valid(slice) &&
           (slice[BEST_SEEN] == 0 || key_valid(slice[BEST_KEY]));
}

/* ---- argmin, argmax ----------------------------------------------------- */

enum { ARG_SEEN, ARG_KEY, ARG_ITEM, ARG_WORDS };

static void arg_init(int64_t *slice)
{
    slice[ARG_SEEN] = 0;
    slice[ARG_KEY] = NO_KEY;
    slice[ARG_ITEM] = 0;
}

static inline void arg_take(int64_t *slice, int64_t key, uint64_t item)
{
    const bool better =
        !slice[ARG_SEEN] || key > slice[ARG_KEY] ||
        (key == slice[ARG_KEY] && item < (uint64_t)slice[ARG_ITEM]);
    if (!better)
        return;
    slice[ARG_SEEN] = 1;
    slice[ARG_KEY] = key;
    slice[ARG_ITEM] = (int64_t)item;
}

static void arg_merge(int64_t *into, const int64_t *from)
{
    if (from[ARG_SEEN])
        arg_take(into, from[ARG_KEY], (uint64_t)from[ARG_ITEM]);
}

static bool arg_int_valid(const int64_t *slice)
{
    return slice[ARG_SEEN] == 1 ||
           (slice[ARG_SEEN] == 0 && slice[ARG_KEY] == NO_KEY &&
            slice[ARG_ITEM] == 0);
}

static bool arg_valid(const int64_t *slice)
{
    return arg_int_valid(slice) &&
           (slice[ARG_SEEN] == 0 || key_valid(slice[ARG_KEY]));
}

static void give_item(struct value *out, const int64_t *slice)
{
    out->has_item = true;
    out->item = (uint64_t)slice[ARG_ITEM];
}

/* ---- what differs between min and max, doubles and integers ------------- */

#define DEFINE_BEST(name, key_of, give, value_of)                              \
    static void name##_fold(int64_t *slice, const union ff_value *value,       \
                            size_t n)                                          \
    {                                                                          \
        for (size_t i = 0; i < n; i++)                                         \
            raise_to(&slice[BEST_KEY], key_of(value[i]));                      \
        raise_to(&slice[BEST_SEEN], n > 0);                                    \
    }                                                                          \
    static void name##_finish(const int64_t *slice, struct value *out)         \
    {                                                                          \
        if (slice[BEST_SEEN])                                                  \
            give(out, value_of(slice[BEST_KEY]));                              \
        else                                                                   \
            give_none(out);                                                    \
    }

#define DEFINE_ARG(name, key_of, give, value_of)                               \
    static void name##_fold(int64_t *slice, const union ff_value *value,       \
                            size_t n)                                          \
    {                                                                          \
        for (size_t i = 0; i + 1 < n; i += 2)                                  \
            arg_take(slice, key_of(value[i]), value[i + 1].u64);               \
    }                                                                          \
    static void name##_finish(const int64_t *slice, struct value *out)         \
    {                                                                          \
        if (!slice[ARG_SEEN]) {                                                \
            give_none(out);                                                    \
            return;                                                            \
        }                                                                      \
        give(out, value_of(slice[ARG_KEY]));                                   \
        give_item(out, slice);                                                 \
    }

#define SAME(key) (key)
#define COMPLEMENT(key) (~(key))

DEFINE_BEST(min, min_key, give_f64, double_of_min_key)
DEFINE_BEST(max, max_key, give_f64, double_of_max_key)
DEFINE_BEST(min_int, min_int_key, give_i64, COMPLEMENT)
DEFINE_BEST(max_int, max_int_key, give_i64, SAME)
DEFINE_ARG(argmin, min_key, give_f64, double_of_min_key)
DEFINE_ARG(argmax, max_key, give_f64, double_of_max_key)
DEFINE_ARG(argmin_int, min_int_key, give_i64, COMPLEMENT)
DEFINE_ARG(argmax_int, max_int_key, give_i64, SAME)

/* ---- the table ---------------------------------------------------------- */

static const struct op table[] = {
    {FF_OP_SUM, "sum", "f64", MERGE_SUM, XSUM_WORDS, 1, sum_init, sum_fold,
     sum_merge, sum_normalise, sum_valid, sum_finish},
    {FF_OP_SUM_INT, "sum", "i64", MERGE_SUM, XINT_WORDS, 1, int_init,
     int_fold, int_merge, int_normalise, int_valid, int_finish},
    {FF_OP_COUNT, "count", "u64", MERGE_SUM, XINT_WORDS, 1, int_init,
     count_fold, int_merge, int_normalise, int_valid, int_finish},
    {FF_OP_MIN, "min", "f64", MERGE_MAX, BEST_WORDS, 1, best_init, min_fold,
     best_merge, already_normal, best_valid, min_finish},
    {FF_OP_MAX, "max", "f64", MERGE_MAX, BEST_WORDS, 1, best_init, max_fold,
     best_merge, already_normal, best_valid, max_finish},
    {FF_OP_MIN_INT, "min", "i64", MERGE_MAX, BEST_WORDS, 1, best_init,
     min_int_fold, best_merge, already_normal, best_int_valid, min_int_finish},
    {FF_OP_MAX_INT, "max", "i64", MERGE_MAX, BEST_WORDS, 1, best_init,
     max_int_fold, best_merge, already_normal, best_int_valid, max_int_finish},
    {FF_OP_MEAN, "mean", "f64", MERGE_SUM, MEAN_WORDS, 1, mean_init, mean_fold,
     mean_merge, sum_normalise, mean_valid, mean_finish},
    {FF_OP_VARIANCE, "variance", "f64", MERGE_SUM, VARIANCE_WORDS, 1,
     variance_init, variance_fold, variance_merge, variance_normalise,
     variance_valid, variance_finish},
    {FF_OP_ARGMIN, "argmin", "f64", MERGE_PAIR, ARG_WORDS, 2, arg_init,
     argmin_fold, arg_merge, already_normal, arg_valid, argmin_finish},
    {FF_OP_ARGMAX, "argmax", "f64", MERGE_PAIR, ARG_WORDS, 2, arg_init,
     argmax_fold, arg_merge, already_normal, arg_valid, argmax_finish},
    {FF_OP_ARGMIN_INT, "argmin", "i64", MERGE_PAIR, ARG_WORDS, 2, arg_init,
     argmin_int_fold, arg_merge, already_normal, arg_int_valid,
     argmin_int_finish},
    {FF_OP_ARGMAX_INT, "argmax", "i64", MERGE_PAIR, ARG_WORDS, 2, arg_init,
     argmax_int_fold, arg_merge, already_normal, arg_int_valid,
     argmax_int_finish},
    {.code = FF_OP_HISTOGRAM, .name = "histogram", .type = "u64",
     .merge_kind = MERGE_SUM, .places = 1},
};

const struct op *op_find(uint32_t code)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if ((uint32_t)table[i].code == code)
            return &table[i];
    return NULL;
}
