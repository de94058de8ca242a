/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operators that sum, all of them exact:
 *
 *   sum, count      [sum]
 *   mean            [sum][count]
 *   variance        [sum][sum of squares][count]
 */
#include "op.h"
#include "xsum.h"

#include <string.h>

_Static_assert(sizeof(union ff_value) == 8, "a batch is an array of doubles");

/* ---- sum, sum_int, count ------------------------------------------------ */

static uint32_t sum_words(OP_SHAPE)
{
    return XSUM_WORDS;
}

static void sum_init(OP_SHAPE, int64_t *slice)
{
    memset(slice, 0, XSUM_WORDS * sizeof *slice);
}

/* A batch as the array that it is; a batch of nothing may be NULL. */
static const double *doubles(const union ff_value *value)
{
    return (const double *)value;
}

static void sum_fold(OP_SHAPE, int64_t *slice, const union ff_value *value,
                     size_t n)
{
    xsum_add(slice, doubles(value), n);
}

static void sum_merge(OP_SHAPE, int64_t *into, const int64_t *from)
{
    xsum_merge(into, from, XSUM_N);
}

static void sum_normalise(OP_SHAPE, int64_t *slice)
{
    xsum_normalise(slice, XSUM_N);
}

static bool sum_valid(OP_SHAPE, const int64_t *slice)
{
    return xsum_valid(slice, XSUM_N);
}

static void sum_finish(OP_SHAPE, const int64_t *slice, struct value *out)
{
    value_f64(out, xsum_round(slice));
}

static uint32_t int_words(OP_SHAPE)
{
    return XINT_WORDS;
}

static void int_init(OP_SHAPE, int64_t *slice)
{
    memset(slice, 0, XINT_WORDS * sizeof *slice);
}

static void int_fold(OP_SHAPE, int64_t *slice, const union ff_value *value,
                     size_t n)
{
    xint_add_i64(slice, (const int64_t *)value, n);
}

static void count_fold(OP_SHAPE, int64_t *slice, const union ff_value *value,
                     size_t n)
{
    xint_add_u64(slice, (const uint64_t *)value, n);
}

static void int_merge(OP_SHAPE, int64_t *into, const int64_t *from)
{
    xsum_merge(into, from, XINT_N);
}

static void int_normalise(OP_SHAPE, int64_t *slice)
{
    xsum_normalise(slice, XINT_N);
}

static bool int_valid(OP_SHAPE, const int64_t *slice)
{
    return xsum_valid(slice, XINT_N);
}

static void int_finish(OP_SHAPE, const int64_t *slice, struct value *out)
{
    value_none(out);
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

/* Is this how many values the sum was made of? */
static bool count_valid(const int64_t *sum, int64_t count)
{
    uint64_t n = 0;
    for (int i = XSUM_WEIGHT + 1; i < XSUM_DIGITS; i++)
        n += (uint64_t)sum[i];
    return count >= 0 && n == (uint64_t)count;
}

static uint32_t mean_words(OP_SHAPE)
{
    return MEAN_WORDS;
}

static void mean_init(OP_SHAPE, int64_t *slice)
{
    memset(slice, 0, MEAN_WORDS * sizeof *slice);
}

static void mean_fold(OP_SHAPE, int64_t *slice, const union ff_value *value,
                     size_t n)
{
    xsum_add(slice, doubles(value), n);
    lane_count(&slice[MEAN_COUNT], n);
}

static void mean_merge(OP_SHAPE, int64_t *into, const int64_t *from)
{
    xsum_merge(into, from, XSUM_N);
    lane_count(&into[MEAN_COUNT], (uint64_t)from[MEAN_COUNT]);
}

static bool mean_valid(OP_SHAPE, const int64_t *slice)
{
    return xsum_valid(slice, XSUM_N) && count_valid(slice, slice[MEAN_COUNT]);
}

static void mean_finish(OP_SHAPE, const int64_t *slice, struct value *out)
{
    value_f64(out, xsum_mean(slice, (uint64_t)slice[MEAN_COUNT]));
}

static uint32_t variance_words(OP_SHAPE)
{
    return VARIANCE_WORDS;
}

static void variance_init(OP_SHAPE, int64_t *slice)
{
    memset(slice, 0, VARIANCE_WORDS * sizeof *slice);
}

static void variance_fold(OP_SHAPE, int64_t *slice, const union ff_value *value,
                     size_t n)
{
    xsum_add(slice, doubles(value), n);
    xsqr_add(slice + VARIANCE_SQUARES, doubles(value), n);
    lane_count(&slice[VARIANCE_COUNT], n);
}

static void variance_merge(OP_SHAPE, int64_t *into, const int64_t *from)
{
    xsum_merge(into, from, XSUM_N);
    xsum_merge(into + VARIANCE_SQUARES, from + VARIANCE_SQUARES, XSQR_N);
    lane_count(&into[VARIANCE_COUNT], (uint64_t)from[VARIANCE_COUNT]);
}

static void variance_normalise(OP_SHAPE, int64_t *slice)
{
    xsum_normalise(slice, XSUM_N);
    xsum_normalise(slice + VARIANCE_SQUARES, XSQR_N);
}

static bool variance_valid(OP_SHAPE, const int64_t *slice)
{
    const int64_t count = slice[VARIANCE_COUNT];
    return xsum_valid(slice, XSUM_N) && count_valid(slice, count) &&
           xsum_valid(slice + VARIANCE_SQUARES, XSQR_N) &&
           count_valid(slice + VARIANCE_SQUARES, count);
}

static void variance_finish(OP_SHAPE, const int64_t *slice, struct value *out)
{
    value_f64(out, xsum_variance(slice, slice + VARIANCE_SQUARES,
                                (uint64_t)slice[VARIANCE_COUNT]));
}

/* ---- the rows ------------------------------------------------------------ */

static const struct op row[] = {
    {.code = FF_OP_SUM, .name = "sum", .type = "f64", .merge_kind = MERGE_SUM,
     .words = sum_words, .init = sum_init, .fold = sum_fold,
     .merge = sum_merge, .normalise = sum_normalise, .valid = sum_valid,
     .finish = sum_finish},
    {.code = FF_OP_SUM_INT, .name = "sum", .type = "i64",
     .merge_kind = MERGE_SUM, .words = int_words, .init = int_init,
     .fold = int_fold, .merge = int_merge, .normalise = int_normalise,
     .valid = int_valid, .finish = int_finish},
    {.code = FF_OP_COUNT, .name = "count", .type = "u64",
     .merge_kind = MERGE_SUM, .words = int_words, .init = int_init,
     .fold = count_fold, .merge = int_merge, .normalise = int_normalise,
     .valid = int_valid, .finish = int_finish},
    {.code = FF_OP_MEAN, .name = "mean", .type = "f64",
     .merge_kind = MERGE_SUM, .words = mean_words, .init = mean_init,
     .fold = mean_fold, .merge = mean_merge, .normalise = sum_normalise,
     .valid = mean_valid, .finish = mean_finish},
    {.code = FF_OP_VARIANCE, .name = "variance", .type = "f64",
     .merge_kind = MERGE_SUM, .words = variance_words, .init = variance_init,
     .fold = variance_fold, .merge = variance_merge,
     .normalise = variance_normalise, .valid = variance_valid,
     .finish = variance_finish},
};

const struct op_family op_sums = {row, sizeof row / sizeof row[0]};
