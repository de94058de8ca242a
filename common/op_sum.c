/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operators that sum, all of them exact, and rounded once:
 *
 *   sum, count      [sum]
 *   mean            [sum][count]
 *   variance, sd    [sum][sum of squares][count]
 *   norm2           [sum of squares]
 *   dot             [sum of products]
 *   number          [count]
 *
 * (Sums of integers have the count among their lanes.)
 *
 * Floats come as the doubles that they are; only how a result is rounded tells
 * their rows from those of doubles.
 */
#include "op.h"
#include "xsum.h"

#include <string.h>

_Static_assert(sizeof(union ff_value) == 8, "a batch is an array of doubles");

/* Both ways to finish: of doubles and of floats. */
#define DEFINE_FINISH(name, round, ...)                                        \
    static void name##_finish(OP_SHAPE, const int64_t *slice,                  \
                              struct value *out)                               \
    {                                                                          \
        value_f64(out, round(__VA_ARGS__));                                    \
    }                                                                          \
    static void name##_float_finish(OP_SHAPE, const int64_t *slice,            \
                                    struct value *out)                         \
    {                                                                          \
        value_f32(out, (double)round##_float(__VA_ARGS__));                    \
    }

/* ---- sum of doubles, of integers ---------------------------------------- */

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

DEFINE_FINISH(sum, xsum_round, slice)

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

static void uint_fold(OP_SHAPE, int64_t *slice, const union ff_value *value,
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

/* ---- mean, variance, sd -------------------------------------------------- */

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

static void mean_normalise(OP_SHAPE, int64_t *slice)
{
    xsum_normalise(slice, XSUM_N);
}

static bool mean_valid(OP_SHAPE, const int64_t *slice)
{
    return xsum_valid(slice, XSUM_N) && count_valid(slice, slice[MEAN_COUNT]);
}

DEFINE_FINISH(mean, xsum_mean, slice, (uint64_t)slice[MEAN_COUNT])

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

DEFINE_FINISH(variance, xsum_variance, slice, slice + VARIANCE_SQUARES,
              (uint64_t)slice[VARIANCE_COUNT])
DEFINE_FINISH(sd, xsum_sd, slice, slice + VARIANCE_SQUARES,
              (uint64_t)slice[VARIANCE_COUNT])

/* ---- mean, variance, sd of integers -------------------------------------- */

enum {
    INT_SQUARES = XINT_WORDS,
    INT_VARIANCE_WORDS = INT_SQUARES + XINT_SQR_WORDS
};

static void int_mean_finish(OP_SHAPE, const int64_t *slice, struct value *out)
{
    value_f64(out, xint_mean(slice));
}

static uint32_t int_variance_words(OP_SHAPE)
{
    return INT_VARIANCE_WORDS;
}

static void int_variance_init(OP_SHAPE, int64_t *slice)
{
    memset(slice, 0, INT_VARIANCE_WORDS * sizeof *slice);
}

static void int_variance_fold(OP_SHAPE, int64_t *slice,
                              const union ff_value *value, size_t n)
{
    xint_add_i64(slice, (const int64_t *)value, n);
    xint_sqr_add_i64(slice + INT_SQUARES, (const int64_t *)value, n);
}

static void uint_variance_fold(OP_SHAPE, int64_t *slice,
                               const union ff_value *value, size_t n)
{
    xint_add_u64(slice, (const uint64_t *)value, n);
    xint_sqr_add_u64(slice + INT_SQUARES, (const uint64_t *)value, n);
}

static void int_variance_merge(OP_SHAPE, int64_t *into, const int64_t *from)
{
    xsum_merge(into, from, XINT_N);
    xsum_merge(into + INT_SQUARES, from + INT_SQUARES, XINT_SQR_N);
}

static void int_variance_normalise(OP_SHAPE, int64_t *slice)
{
    xsum_normalise(slice, XINT_N);
    xsum_normalise(slice + INT_SQUARES, XINT_SQR_N);
}

static bool int_variance_valid(OP_SHAPE, const int64_t *slice)
{
    return xsum_valid(slice, XINT_N) &&
           xsum_valid(slice + INT_SQUARES, XINT_SQR_N) &&
           slice[XSUM_OTHER] == slice[INT_SQUARES + XSUM_OTHER];
}

static void int_variance_finish(OP_SHAPE, const int64_t *slice,
                                struct value *out)
{
    value_f64(out, xint_variance(slice, slice + INT_SQUARES));
}

static void int_sd_finish(OP_SHAPE, const int64_t *slice, struct value *out)
{
    value_f64(out, xint_sd(slice, slice + INT_SQUARES));
}

/* ---- number -------------------------------------------------------------- */

static uint32_t number_words(OP_SHAPE)
{
    return 1;
}

static void number_init(OP_SHAPE, int64_t *slice)
{
    *slice = 0;
}

static void number_fold(OP_SHAPE, int64_t *slice,
                        const union ff_value *value __attribute__((unused)),
                        size_t n)
{
    lane_count(slice, n);
}

static void number_merge(OP_SHAPE, int64_t *into, const int64_t *from)
{
    lane_count(into, (uint64_t)*from);
}

static bool number_valid(OP_SHAPE, const int64_t *slice)
{
    return *slice >= 0;
}

static void number_finish(OP_SHAPE, const int64_t *slice, struct value *out)
{
    value_u64(out, (uint64_t)*slice);
}

/* ---- norm2, dot ---------------------------------------------------------- */

static uint32_t dot_words(OP_SHAPE)
{
    return XSQR_WORDS;
}

static void dot_init(OP_SHAPE, int64_t *slice)
{
    memset(slice, 0, XSQR_WORDS * sizeof *slice);
}

static void dot_fold(OP_SHAPE, int64_t *slice, const union ff_value *value,
                     size_t n)
{
    xdot_add_pairs(slice, doubles(value), n / 2);
}

static void norm2_fold(OP_SHAPE, int64_t *slice, const union ff_value *value,
                       size_t n)
{
    xsqr_add(slice, doubles(value), n);
}

static void dot_merge(OP_SHAPE, int64_t *into, const int64_t *from)
{
    xsum_merge(into, from, XSQR_N);
}

static void dot_normalise(OP_SHAPE, int64_t *slice)
{
    xsum_normalise(slice, XSQR_N);
}

static bool dot_valid(OP_SHAPE, const int64_t *slice)
{
    return xsum_valid(slice, XSQR_N);
}

DEFINE_FINISH(dot, xdot_round, slice)
DEFINE_FINISH(norm2, xsum_norm2, slice)

/* ---- the rows ------------------------------------------------------------ */

/* `form` is whose slices these are. */
#define ROW(CODE, op_name, op_type, KIND, form, folds, finishes)               \
    ROW_GIVING(NULL, CODE, op_name, op_type, KIND, form, folds, finishes)
#define ROW_GIVING(what, CODE, op_name, op_type, KIND, form, folds, finishes)  \
    {.code = FF_OP_##CODE, .name = op_name, .type = op_type, .gives = what,    \
     .kind = VALUE_KIND_##KIND, .merge_kind = MERGE_SUM,                       \
     .words = form##_words, .init = form##_init, .fold = folds##_fold,         \
     .merge = form##_merge, .normalise = form##_normalise,                     \
     .valid = form##_valid, .finish = finishes##_finish}

/* Both rows of an operator: of doubles and of floats. */
#define ROWS(CODE, name, KIND, form, folds)                                    \
    ROW(CODE, #name, "f64", KIND, form, folds, name),                          \
    ROW(CODE##_FLOAT, #name, "f32", KIND, form, folds, name##_float)

/* Both of integers, which give a double. */
#define INT_ROWS(CODE, name, form)                                             \
    ROW_GIVING("f64", CODE##_INT, #name, "i64", ONE, int_##form, int_##form,   \
               int_##name),                                                    \
    ROW_GIVING("f64", CODE##_UINT, #name, "u64", ONE, int_##form,              \
               uint_##form, int_##name)

#define NUMBER_ROW(CODE, op_type)                                              \
    {.code = FF_OP_##CODE, .name = "number", .type = op_type, .gives = "u64",  \
     .merge_kind = MERGE_SUM, .words = number_words, .init = number_init,      \
     .fold = number_fold, .merge = number_merge, .valid = number_valid,        \
     .finish = number_finish}

static const struct op row[] = {
    ROWS(SUM, sum, ONE, sum, sum),
    ROW(SUM_INT, "sum", "i64", ONE, int, int, int),
    ROW(SUM_UINT, "sum", "u64", ONE, int, uint, int),
    ROW(COUNT, "count", "u64", ONE, int, uint, int),
    NUMBER_ROW(NUMBER, "f64"),
    NUMBER_ROW(NUMBER_FLOAT, "f32"),
    NUMBER_ROW(NUMBER_INT, "i64"),
    NUMBER_ROW(NUMBER_UINT, "u64"),
    ROWS(MEAN, mean, ONE, mean, mean),
    ROW_GIVING("f64", MEAN_INT, "mean", "i64", ONE, int, int, int_mean),
    ROW_GIVING("f64", MEAN_UINT, "mean", "u64", ONE, int, uint, int_mean),
    ROWS(VARIANCE, variance, ONE, variance, variance),
    INT_ROWS(VARIANCE, variance, variance),
    ROWS(SD, sd, ONE, variance, variance),
    INT_ROWS(SD, sd, variance),
    ROWS(NORM2, norm2, ONE, dot, norm2),
    ROWS(DOT, dot, PAIR, dot, dot),
};

const struct op_family op_sums = {row, sizeof row / sizeof row[0]};
