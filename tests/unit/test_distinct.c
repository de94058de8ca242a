/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many different values: within four standard errors, whatever they are and
 * however often they come; the bytes depend on the set of values alone.
 */
#include "op.h"
#include "tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PRECISION 14
#define REGISTERS (1 << PRECISION)
#define SIGMA (1.04 / 128)

static int64_t slice[REGISTERS / 8], other[REGISTERS / 8];
static const struct ff_shape standard;

/* Value i of the set `seed`: all different. (A bijection, but not the one that
 * is under test: murmur3's finaliser, of Appleby.) */
static uint64_t scattered(uint64_t seed, uint64_t i)
{
    uint64_t h = i + (seed << 40);
    h = (h ^ h >> 33) * UINT64_C(0xff51afd7ed558ccd);
    h = (h ^ h >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return h ^ h >> 33;
}

static union ff_value sequence(uint64_t seed, uint64_t i)
{
    return (union ff_value){.u64 = (seed << 40) + i};
}

static union ff_value random_bits(uint64_t seed, uint64_t i)
{
    return (union ff_value){.u64 = scattered(seed, i)};
}

static union ff_value whole(uint64_t seed, uint64_t i)
{
    return (union ff_value){.f64 = (double)(seed << 40) + (double)i};
}

static union ff_value strides(uint64_t seed, uint64_t i)
{
    return (union ff_value){.u64 = i << 32 | seed << 8};
}

static union ff_value tenths(uint64_t seed, uint64_t i)
{
    return (union ff_value){.f64 = (double)(i + (seed << 30)) / 10};
}

static const struct set {
    enum ff_op op;
    union ff_value (*value)(uint64_t seed, uint64_t i);
} set[] = {{FF_OP_DISTINCT_UINT, random_bits}, {FF_OP_DISTINCT_INT, sequence},
           {FF_OP_DISTINCT, whole}, {FF_OP_DISTINCT_UINT, strides},
           {FF_OP_DISTINCT, tenths}};
#define N_SETS (sizeof set / sizeof set[0])

/* Values [from, to) of a set. */
static void fold_range(const struct set *s, const struct ff_shape *shape,
                       int64_t *words, uint64_t seed, uint64_t from,
                       uint64_t to)
{
    const struct op *op = op_find(s->op);
    union ff_value v[512];
    CU_ASSERT_PTR_NOT_NULL_FATAL(op);
    while (from < to) {
        size_t n = 0;
        while (n < 512 && from < to)
            v[n++] = s->value(seed, from++);
        op->fold(shape, words, v, n);
    }
}

static double finish(const struct ff_shape *shape, const int64_t *words)
{
    const struct op *op = op_find(FF_OP_DISTINCT);
    struct value out;
    CU_ASSERT(op->valid(shape, words));
    op->finish(shape, words, &out);
    CU_ASSERT_EQUAL(out.type, VALUE_INT);
    return strtod(out.decimal, NULL);
}

static double estimate(const struct set *s, uint64_t seed, uint64_t n)
{
    op_find(s->op)->init(&standard, slice);
    fold_range(s, &standard, slice, seed, 0, n);
    return finish(&standard, slice);
}

static bool within(double x, double n, double sigmas)
{
    return fabs(x - n) <= fmax(0.5, sigmas * SIGMA * n);
}

static void errors(void)
{
    const bool is_long = getenv("FANFOLD_TEST_LONG") != NULL;
    const uint64_t most = is_long ? 10000000 : 1000000;
    for (size_t k = 0; k < N_SETS; k++)
        for (uint64_t n = 10; n <= most; n *= 10)
            for (uint64_t seed = 1; seed <= (n < most ? 4 : 1); seed++)
                CU_ASSERT(within(estimate(&set[k], seed, n), (double)n, 4));
}

/* The standard error is the stated one: the root of the mean square of 200
 * errors is within 20 % of it, four times what chance does. */
static void standard_error(void)
{
    double squares = 0;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        const uint64_t n = 150000;
        const double x = estimate(&set[seed % N_SETS], seed, n);
        squares += (x / (double)n - 1) * (x / (double)n - 1) / 200;
    }
    tap_note("root mean square error %.3f %%", 100 * sqrt(squares));
    CU_ASSERT(sqrt(squares) < 1.2 * SIGMA);
    CU_ASSERT(sqrt(squares) > 0.8 * SIGMA);
}

static void duplicates(void)
{
    const struct op *op = op_find(FF_OP_DISTINCT_UINT);
    estimate(&set[0], 9, 20000);
    op->init(&standard, other);
    for (int i = 0; i < 10; i++)
        fold_range(&set[0], &standard, other, 9, (uint64_t)i * 1000,
                   20000 - (uint64_t)i);
    fold_range(&set[0], &standard, other, 9, 19000, 20000);
    CU_ASSERT_EQUAL(memcmp(slice, other, sizeof slice), 0);
}

static void merged(void)
{
    const struct op *op = op_find(FF_OP_DISTINCT_UINT);
    static int64_t part[REGISTERS / 8];
    estimate(&set[0], 3, 30000);
    op->init(&standard, other);
    for (uint64_t i = 0; i < 30; i++) {
        const uint64_t from = i * 7 % 30 * 1000;
        op->init(&standard, part);
        fold_range(&set[0], &standard, part, 3, from, from + 1000 + i);
        op->merge(&standard, other, part);
    }
    fold_range(&set[0], &standard, slice, 3, 30000, 30000 + 2);
    fold_range(&set[0], &standard, other, 3, 30000, 30000 + 2);
    /* (Parts go up to 29 beyond theirs; 17 * 7 % 30 is 29.) */
    fold_range(&set[0], &standard, slice, 3, 30000, 30017);
    CU_ASSERT_EQUAL(memcmp(slice, other, sizeof slice), 0);
}

/* SplitMix64 with the seed 1234567 first gives 6457827717110365317
 * (rosettacode.org, Pseudo-random numbers/Splitmix64): the register of its
 * first 14 bits has the place of the first one behind them. */
static void hash(void)
{
    const uint64_t h = UINT64_C(6457827717110365317);
    const union ff_value v = {.u64 = 1234567};
    const struct op *op = op_find(FF_OP_DISTINCT_UINT);
    const uint8_t *reg = (const uint8_t *)slice;
    op->init(&standard, slice);
    op->fold(&standard, slice, &v, 1);
    for (size_t i = 0; i < REGISTERS; i++) {
        int place = 1;
        while (h << (PRECISION + place - 1) >> 63 == 0)
            place++;
        CU_ASSERT_EQUAL(reg[i], i == h >> 50 ? place : 0);
    }
}

static void same_values(void)
{
    const struct op *op = op_find(FF_OP_DISTINCT);
    const union ff_value v[] = {{.f64 = 0}, {.f64 = -0.0}, {.f64 = NAN},
                                {.u64 = UINT64_C(0xfff8000000000001)},
                                {.u64 = UINT64_C(0x7ff0000000000001)},
                                {.f64 = INFINITY}, {.f64 = -INFINITY}};
    op->init(&standard, slice);
    CU_ASSERT_EQUAL(finish(&standard, slice), 0);
    op->fold(&standard, slice, v, 7);
    CU_ASSERT_EQUAL(finish(&standard, slice), 4);
}

/* The words for an error: 1.04 / sqrt(registers) is at most that. */
static void precisions(void)
{
    static const double asked[] = {0.26, 0.2, 0.1, 0.03, 0.01, 0.0082, 0.005,
                                   0.002, 0.0015};
    static const double bad[] = {-1, 0.001, 0.27, NAN, INFINITY};
    const struct op *op = op_find(FF_OP_DISTINCT);
    CU_ASSERT_EQUAL(8 * op->words(&standard), REGISTERS);
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        const struct ff_shape shape = {.lo = asked[i]};
        const double sigma = 1.04 / sqrt(8 * op->words(&shape));
        CU_ASSERT_PTR_NULL(op_wrong(op, &shape));
        CU_ASSERT(sigma <= asked[i] && sigma > 0.49 * asked[i]);
        int64_t *words = calloc(op->words(&shape), sizeof *words);
        CU_ASSERT_PTR_NOT_NULL_FATAL(words);
        fold_range(&set[0], &shape, words, 1, 0, 100000);
        CU_ASSERT(fabs(finish(&shape, words) / 100000 - 1) < 4 * sigma);
        free(words);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct ff_shape shape = {.lo = bad[i]};
        CU_ASSERT_PTR_NOT_NULL(op_wrong(op, &shape));
    }
}

static void made_up(void)
{
    const struct op *op = op_find(FF_OP_DISTINCT);
    memset(slice, 64 - PRECISION + 1, sizeof slice);
    CU_ASSERT(finish(&standard, slice) >= 0x1p62);
    ((uint8_t *)slice)[7]++;
    CU_ASSERT_FALSE(op->valid(&standard, slice));
    memset(slice, 255, sizeof slice);
    CU_ASSERT_FALSE(op->valid(&standard, slice));
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"within four standard errors", errors},
        {"the standard error is the stated one", standard_error},
        {"values that come again change nothing", duplicates},
        {"any order and grouping gives the same bytes", merged},
        {"the hash is SplitMix64's", hash},
        {"zeros are the same value, and so are NaN", same_values},
        {"registers for an error", precisions},
        {"made-up slices are refused, full ones are not", made_up},
    };
    return TAP_RUN(tests);
}
