/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Products of doubles and floats against GNU MPFR, of integers against GNU MP:
 * 4,000 cases of each kind, 10^6 with FANFOLD_TEST_LONG=1. The oracle has as
 * many bits as are exact, so that it rounds once. The factors come in one
 * batch, or in parts that are merged in their order: both must give the bits of
 * the oracle (a difference that 128 bits allow has a chance of 2^-67 in a
 * case).
 */
#include "doubles.h"
#include "op.h"
#include "tap.h"

#include <fenv.h>
#include <float.h>
#include <math.h>
#include <mpfr.h>
#include <stdio.h>
#include <string.h>

enum { MAX_WORDS = 8, MAX_DECIMAL = 1000 };

static int n_cases(void)
{
    return tap_long() ? 1000000 : 4000;
}

/* ---- ours ---------------------------------------------------------------- */

/* Folds the factors in parts of random length, and merges these as a tree of
 * any form that keeps their order. */
static void fold_parts(const struct op *op, const union ff_value *v, size_t n,
                       int64_t *slice)
{
    op->init(NULL, slice);
    if (n < 2 || doubles_below(3) == 0) {
        op->fold(NULL, slice, v, n);
    } else {
        int64_t right[MAX_WORDS];
        const size_t middle = doubles_below(n + 1);
        fold_parts(op, v, middle, slice);
        fold_parts(op, v + middle, n - middle, right);
        op->merge(NULL, slice, right);
    }
    CU_ASSERT_TRUE(op->valid(NULL, slice));
}

static struct value product(uint32_t code, const union ff_value *v, size_t n)
{
    const struct op *op = op_find(code);
    int64_t slice[MAX_WORDS];
    struct value value;
    CU_ASSERT_FATAL(op->words(NULL) <= MAX_WORDS);
    fold_parts(op, v, n, slice);
    op->finish(NULL, slice, &value);
    return value;
}

static bool same_bits(double a, double b)
{
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0;
}

/* ---- of doubles ---------------------------------------------------------- */

static bool right(const double *x, int n, bool floats)
{
    union ff_value v[DOUBLES_MAX];
    mpfr_t exact;
    mpfr_init2(exact, 53 * DOUBLES_MAX);
    mpfr_set_ui(exact, 1, MPFR_RNDN);
    for (int i = 0; i < n; i++) {
        v[i].f64 = floats ? (double)(float)x[i] : x[i];
        mpfr_mul_d(exact, exact, v[i].f64, MPFR_RNDN);
    }
    const struct value value = product(floats ? FF_OP_PRODUCT_FLOAT
                                              : FF_OP_PRODUCT, v, (size_t)n);
    const double expected = floats ? (double)mpfr_get_flt(exact, MPFR_RNDN)
                                   : mpfr_get_d(exact, MPFR_RNDN);
    mpfr_clear(exact);
    if (value.type == VALUE_F64 && value.is_float == floats
        && same_bits(value.f64, expected))
        return true;
    tap_note("%a, not %a", value.f64, expected);
    return false;
}

static void compare(doubles_kind *fill, uint64_t seed)
{
    int n_wrong = 0;
    for (int i = 0; i < n_cases() && n_wrong < 10; i++) {
        double x[DOUBLES_MAX];
        doubles_seed(seed << 32 | (uint64_t)i);
        const int n =
            1 + (int)doubles_below(doubles_below(4) ? 4 : DOUBLES_MAX);
        fill(x, n);
        n_wrong += !right(x, n, false);
        n_wrong += !right(x, n, true);
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
}

/* Odd factors of 27 bits (of floats: 12.5): their product is a tie, or half a
 * unit of a subnormal is. */
static void fill_ties(double *x, int n)
{
    const int bits = doubles_draw() & 1 ? 27 : 13;
    for (int i = 0; i < n; i++)
        x[i] = i < 2 ? doubles_short(bits, (int)doubles_below(4) ? 0 : -537)
                     : ldexp(1, (int)doubles_below(9) - 4);
}

/* The product is about 1, what comes on the way far outside of doubles. */
static void fill_there_and_back(double *x, int n)
{
    const int e = 300 + (int)doubles_below(700);
    for (int i = 0; i < n; i++)
        x[i] = i < n / 2 ? doubles_with_exponent(e - 3, e)
                         : doubles_with_exponent(-e, 3 - e);
}

static void test_any_finite(void)
{
    compare(doubles_any_finite, 1);
}

static void test_near_one(void)
{
    compare(doubles_near_one, 2);
}

static void test_subnormal(void)
{
    compare(doubles_subnormal, 3);
}

static void test_small_integers(void)
{
    compare(doubles_small_integers, 4);
}

static void test_specials(void)
{
    compare(doubles_specials, 5);
    compare(doubles_zeros, 6);
}

static void test_ties(void)
{
    compare(fill_ties, 7);
}

static void test_there_and_back(void)
{
    compare(fill_there_and_back, 8);
    compare(doubles_largest, 9);
}

static void test_floats(void)
{
    compare(doubles_floats, 10);
}

static void test_any_rounding_mode(void)
{
    static const int mode[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    /* 1/3 in doubles, 3, a subnormal: (1 - 2^-54) of the last is nearest to
     * it. */
    static const union ff_value v[] = {
        {.f64 = 0x1.5555555555555p-2}, {.f64 = 3}, {.f64 = 0x1p-1060}};
    for (int i = 0; i < 3; i++) {
        fesetround(mode[i]);
        const double got = product(FF_OP_PRODUCT, v, 3).f64;
        fesetround(FE_TONEAREST);
        CU_ASSERT(same_bits(got, 0x1p-1060));
    }
}

/* IEEE 754 of two factors is what the CPU gives. */
static void test_pairs_of_specials(void)
{
    static const double x[] = {0.0, -0.0, INFINITY, -INFINITY, NAN, 1, -1, 2,
                               DBL_MAX, -DBL_MAX, DBL_TRUE_MIN,
                               -DBL_TRUE_MIN, DBL_MIN};
    const size_t n = sizeof x / sizeof x[0];
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++) {
            const union ff_value v[] = {{.f64 = x[i]}, {.f64 = x[k]}};
            CU_ASSERT(same_bits(product(FF_OP_PRODUCT, v, 2).f64,
                                x[i] * x[k]));
        }
    CU_ASSERT(same_bits(product(FF_OP_PRODUCT, NULL, 0).f64, 1));
    CU_ASSERT(same_bits(product(FF_OP_PRODUCT_FLOAT, NULL, 0).f64, 1));
}

/* 2^1023 each: 10^6 of them and as many of 2^-1023 make 1. */
static void test_many(void)
{
    const struct op *op = op_find(FF_OP_PRODUCT);
    int64_t slice[MAX_WORDS];
    struct value value;
    op->init(NULL, slice);
    for (int i = 0; i < 2000000; i++)
        op->fold(NULL, slice, &(union ff_value){.f64 = i < 1000000 ? 0x1p1023
                                                : 0x1p-1023}, 1);
    op->finish(NULL, slice, &value);
    CU_ASSERT(same_bits(value.f64, 1));
}

static void test_invalid(void)
{
    const struct op *op = op_find(FF_OP_PRODUCT);
    static const int64_t bad[][4] = {
        {-1, 0, INT64_MIN, 0}, {32, 0, INT64_MIN, 0}, {0, 0, 0, 0},
        {0, 0, INT64_MAX, -1}, {0, INT64_MAX, INT64_MIN, 0},
        {0, INT64_MIN, INT64_MIN, 0}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CU_ASSERT_FALSE(op->valid(NULL, bad[i]));
    /* The largest that is let in, squared and squared again. */
    int64_t most[] = {0, INT64_C(1) << 60, -1, -1}, copy[4];
    struct value value;
    for (int i = 0; i < 5; i++) {
        CU_ASSERT_TRUE(op->valid(NULL, most));
        memcpy(copy, most, sizeof copy);
        op->merge(NULL, most, copy);
    }
    op->finish(NULL, most, &value);
    CU_ASSERT(same_bits(value.f64, INFINITY));
}

/* ---- of integers --------------------------------------------------------- */

/* Of all sizes, so that some products are just below and above the limit. */
static uint64_t draw_integer(bool is_signed)
{
    const uint64_t x = doubles_draw() >> doubles_below(64);
    return is_signed && doubles_draw() & 1 ? 0 - x : x;
}

static bool integers_right(bool is_signed)
{
    union ff_value v[20];
    char expected[MAX_DECIMAL];
    mpz_t exact, factor;
    const size_t n = doubles_below(7);
    bool has_zero = false;
    mpz_init_set_ui(exact, 1);
    mpz_init(factor);
    for (size_t i = 0; i < n; i++) {
        v[i].u64 = draw_integer(is_signed);
        if (is_signed)
            mpz_set_si(factor, v[i].i64);
        else
            mpz_set_ui(factor, v[i].u64);
        mpz_mul(exact, exact, factor);
        has_zero = has_zero || v[i].u64 == 0;
    }
    const bool fits = mpz_sizeinbase(exact, 2) <= (is_signed ? 127 : 128);
    mpz_get_str(expected, 10, exact);
    mpz_clear(exact);
    mpz_clear(factor);
    const struct value value = product(is_signed ? FF_OP_PRODUCT_INT
                                                 : FF_OP_PRODUCT_UINT, v, n);
    if (!fits)
        return value.type == VALUE_NONE && value.note != NULL && !has_zero;
    return value.type == VALUE_INT && strcmp(value.decimal, expected) == 0;
}

static void test_integers(void)
{
    int n_wrong = 0;
    doubles_seed(UINT64_C(20) << 32);
    for (int i = 0; i < n_cases(); i++) {
        n_wrong += !integers_right(false);
        n_wrong += !integers_right(true);
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
}

static void test_zero_beats_overflow(void)
{
    static const union ff_value v[] = {
        {.i64 = INT64_MIN}, {.i64 = INT64_MIN}, {.i64 = INT64_MAX},
        {.i64 = 0}, {.i64 = INT64_MIN}, {.i64 = -1}};
    CU_ASSERT_STRING_EQUAL(product(FF_OP_PRODUCT_INT, v, 6).decimal, "0");
    CU_ASSERT_EQUAL(product(FF_OP_PRODUCT_INT, v, 3).type, VALUE_NONE);
    CU_ASSERT_STRING_EQUAL(product(FF_OP_PRODUCT_INT, v, 2).decimal,
                           "85070591730234615865843651857942052864");
}

/* 2^127 - 1 is prime, so nothing but 1 and itself; but 2^126 2 is 2^127. */
static void test_limits(void)
{
    static const union ff_value v[] = {{.u64 = UINT64_C(1) << 63},
                                       {.u64 = UINT64_C(1) << 63}, {.u64 = 2}};
    const union ff_value w[] = {{.u64 = UINT64_MAX}, {.u64 = UINT64_MAX}};
    CU_ASSERT_STRING_EQUAL(product(FF_OP_PRODUCT_UINT, v, 3).decimal,
                           "170141183460469231731687303715884105728");
    CU_ASSERT_EQUAL(product(FF_OP_PRODUCT_INT, v, 3).type, VALUE_NONE);
    CU_ASSERT_STRING_EQUAL(product(FF_OP_PRODUCT_UINT, w, 2).decimal,
                           "340282366920938463426481119284349108225");
}

/* The bytes, too, do not depend on the order. */
static void test_any_order(void)
{
    const struct op *op = op_find(FF_OP_PRODUCT_INT);
    int n_wrong = 0;
    for (int i = 0; i < n_cases(); i++) {
        int64_t a[MAX_WORDS], b[MAX_WORDS], c[MAX_WORDS];
        op->init(NULL, a);
        op->init(NULL, b);
        for (int k = 0; k < 3; k++) {
            const union ff_value x = {.u64 = draw_integer(true)};
            op->fold(NULL, a, &x, 1);
            op->init(NULL, c);
            op->fold(NULL, c, &x, 1);
            op->merge(NULL, c, b);
            memcpy(b, c, sizeof b);
        }
        n_wrong += memcmp(a, b, op->words(NULL) * sizeof *a) != 0;
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"any finite factors", test_any_finite},
        {"factors near one", test_near_one},
        {"subnormals", test_subnormal},
        {"small integers", test_small_integers},
        {"infinities, NaN, zeros among others", test_specials},
        {"pairs of special values", test_pairs_of_specials},
        {"ties", test_ties},
        {"nothing over- or underflows on the way", test_there_and_back},
        {"floats", test_floats},
        {"any rounding mode", test_any_rounding_mode},
        {"two million factors", test_many},
        {"slices from outside", test_invalid},
        {"integers", test_integers},
        {"zero times too much is zero", test_zero_beats_overflow},
        {"the limits of 128 bits", test_limits},
        {"integers in any order", test_any_order},
    };
    const int failed = TAP_RUN(tests);
    mpfr_free_cache();
    return failed;
}
