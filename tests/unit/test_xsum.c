/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Superaccumulators: the rules of IEEE 754 for sums, means and variances, and
 * the limits of weights and counts. (test_traps.c has what is published,
 * test_xround.c roots, dots and floats; test_xsum_mpfr.c compares random cases
 * with MPFR.)
 */
#include "tap.h"
#include "xsum.h"

#include <fenv.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <xmmintrin.h>
#endif

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* The same bits; any NaN is a NaN. */
static int same(double a, double b)
{
    return (isnan(a) && isnan(b)) || bits_of(a) == bits_of(b);
}

static double sum_of(const double *x, size_t n)
{
    int64_t sum[XSUM_WORDS] = {0};
    xsum_add(sum, x, n);
    return xsum_round(sum);
}

static double mean_of(const double *x, size_t n)
{
    int64_t sum[XSUM_WORDS] = {0};
    xsum_add(sum, x, n);
    return xsum_mean(sum, n);
}

static double variance_of(const double *x, size_t n)
{
    int64_t sum[XSUM_WORDS] = {0}, squares[XSQR_WORDS] = {0};
    xsum_add(sum, x, n);
    xsqr_add(squares, x, n);
    return xsum_variance(sum, squares, n);
}

#define ROW(...)                                                               \
    (const double[]){__VA_ARGS__},                                             \
        sizeof((const double[]){__VA_ARGS__}) / sizeof(double)
#define SUM(...) sum_of(ROW(__VA_ARGS__))
#define MEAN(...) mean_of(ROW(__VA_ARGS__))
#define VARIANCE(...) variance_of(ROW(__VA_ARGS__))

/* ---- sums --------------------------------------------------------------- */

/* x = x: a known fault elsewhere is to round exact negative sums down. */
static void exact_sums_stay(void)
{
    static const double x[] = {1,
                               0.1,
                               DBL_MAX,
                               DBL_MIN,
                               DBL_TRUE_MIN,
                               0x1.fffffffffffffp-1,
                               DBL_MIN - DBL_TRUE_MIN,
                               3 * DBL_TRUE_MIN,
                               0x1p53 - 1,
                               1e308,
                               1e-308,
                               0x1p-1042,
                               0x1p-1043,
                               0x1p-1011,
                               4503599627370497.0,
                               INFINITY};
    for (size_t i = 0; i < sizeof x / sizeof x[0]; i++) {
        CU_ASSERT(same(SUM(x[i]), x[i]));
        CU_ASSERT(same(SUM(-x[i]), -x[i]));
        CU_ASSERT(same(MEAN(-x[i]), -x[i]));
    }
    CU_ASSERT(SUM(-0x1p52, -1, -0x1p53, 0x1p53) == -0x1p52 - 1);
    CU_ASSERT(SUM(-1e308, -1e308, 1e308) == -1e308);
}

/* IEEE 754-2019, 4.3.1 and 7.4: ties to even, and what is at least
 * 2^1023 * (2 - 2^-53) in magnitude becomes infinity. */
static void rounds_to_nearest_even(void)
{
    const double half = 0x1p-53, hair = DBL_TRUE_MIN;
    CU_ASSERT(SUM(1, half) == 1);
    CU_ASSERT(SUM(1, half, hair) == 1 + DBL_EPSILON);
    CU_ASSERT(SUM(1 + DBL_EPSILON, half) == 1 + 2 * DBL_EPSILON);
    CU_ASSERT(SUM(1 + DBL_EPSILON, half, -hair) == 1 + DBL_EPSILON);
    CU_ASSERT(SUM(-1, -half, -hair) == -1 - DBL_EPSILON);
    CU_ASSERT(SUM(2, -half / 2) == 2);
    CU_ASSERT(SUM(DBL_MAX, 0x1p970) == INFINITY);
    CU_ASSERT(SUM(-DBL_MAX, -0x1p970) == -INFINITY);
    CU_ASSERT(SUM(DBL_MAX, 0x1p970, -hair) == DBL_MAX);
    CU_ASSERT(SUM(DBL_MAX, DBL_MAX, DBL_MAX) == INFINITY);
    CU_ASSERT(SUM(DBL_MAX, DBL_MAX, -DBL_MAX) == DBL_MAX);
}

/* IEEE 754-2019, 6.3: x + x keeps the sign of a zero; +0 + -0 and x - x are
 * +0 when rounding to nearest. */
static void signed_zeros(void)
{
    int64_t a[XSUM_WORDS] = {0}, b[XSUM_WORDS] = {0};
    CU_ASSERT(same(sum_of(NULL, 0), 0.0));
    CU_ASSERT(same(SUM(-0.0), -0.0));
    CU_ASSERT(same(SUM(-0.0, -0.0), -0.0));
    CU_ASSERT(same(SUM(-0.0, 0.0), 0.0));
    CU_ASSERT(same(SUM(0.0), 0.0));
    CU_ASSERT(same(SUM(1, -1), 0.0));
    CU_ASSERT(same(SUM(-1, 1, -0.0), 0.0));

    xsum_add(a, ROW(-0.0));
    xsum_merge(a, b, XSUM_N); /* with an empty one */
    xsum_normalise(a, XSUM_N);
    CU_ASSERT(same(xsum_round(a), -0.0));
    xsum_add(b, ROW(0.0));
    xsum_merge(a, b, XSUM_N);
    CU_ASSERT(same(xsum_round(a), 0.0));
}

/* A known fault elsewhere: a merge after a NaN forgets it. */
static void specials_survive_merges(void)
{
    int64_t a[XSUM_WORDS] = {0}, b[XSUM_WORDS] = {0};
    CU_ASSERT(SUM(1, INFINITY, -DBL_MAX) == INFINITY);
    CU_ASSERT(SUM(-INFINITY, 1, -INFINITY) == -INFINITY);
    CU_ASSERT(isnan(SUM(INFINITY, -INFINITY)));
    CU_ASSERT(isnan(SUM(1, NAN, INFINITY)));
    CU_ASSERT(isnan(SUM(-NAN)));

    xsum_add(a, ROW(1, INFINITY));
    xsum_add(b, ROW(-INFINITY, 2));
    xsum_merge(b, a, XSUM_N);
    CU_ASSERT(isnan(xsum_round(b)));
    CU_ASSERT(xsum_round(a) == INFINITY);
    xsum_add(a, ROW(NAN));
    memset(b, 0, sizeof b);
    xsum_add(b, ROW(3));
    xsum_merge(b, a, XSUM_N);
    xsum_merge(a, b, XSUM_N);
    xsum_normalise(a, XSUM_N);
    CU_ASSERT(isnan(xsum_round(a)) && isnan(xsum_round(b)));
}

/* ---- mean and variance -------------------------------------------------- */

static void means(void)
{
    int64_t sum[XSUM_WORDS] = {0};
    CU_ASSERT(isnan(mean_of(NULL, 0)));
    CU_ASSERT(MEAN(DBL_MAX, DBL_MAX, DBL_MAX) == DBL_MAX);
    CU_ASSERT(MEAN(1, 2) == 1.5);
    CU_ASSERT(MEAN(1, 0, 0) == 1.0 / 3);
    CU_ASSERT(same(MEAN(DBL_TRUE_MIN, 0), 0.0)); /* a tie, to even */
    CU_ASSERT(same(MEAN(-DBL_TRUE_MIN, 0), -0.0));
    CU_ASSERT(MEAN(3 * DBL_TRUE_MIN, 0) == 2 * DBL_TRUE_MIN);
    CU_ASSERT(same(MEAN(-0.0, -0.0), -0.0));
    CU_ASSERT(same(MEAN(-0.0, 0.0), 0.0));
    CU_ASSERT(MEAN(1, -INFINITY) == -INFINITY);
    CU_ASSERT(isnan(MEAN(INFINITY, -INFINITY)));

    /* 2^-1011 / (2^64 - 1) is a little above half of 2^-1074. */
    xsum_add(sum, ROW(0x1p-1011));
    CU_ASSERT(xsum_mean(sum, UINT64_MAX) == DBL_TRUE_MIN);
}

/* {x, -x} has the variance 2 x^2, in closed form. A known fault elsewhere:
 * products of two doubles (FMA) break below 2^-485 and above 2^511. */
static void variances(void)
{
    int64_t sum[XSUM_WORDS] = {0}, squares[XSQR_WORDS] = {0};
    CU_ASSERT(isnan(variance_of(NULL, 0)));
    CU_ASSERT(isnan(VARIANCE(1)));
    CU_ASSERT(same(VARIANCE(7, 7, 7), 0.0));
    CU_ASSERT(VARIANCE(1, 2, 3, 4) == 5.0 / 3);
    CU_ASSERT(VARIANCE(0x1p-537, -0x1p-537) == 0x1p-1073);
    CU_ASSERT(same(VARIANCE(0x1p-538, -0x1p-538), 0.0)); /* a tie */
    CU_ASSERT(VARIANCE(0x1.8p-538, -0x1.8p-538) == 0x1p-1074);
    CU_ASSERT(VARIANCE(0x1p511, -0x1p511) == 0x1p1023);
    CU_ASSERT(VARIANCE(0x1p512, -0x1p512) == INFINITY);
    CU_ASSERT(VARIANCE(DBL_MAX, DBL_MAX, DBL_MAX) == 0);
    CU_ASSERT(isnan(VARIANCE(1, 2, INFINITY)));
    CU_ASSERT(isnan(VARIANCE(1, 2, NAN)));

    xsum_add(sum, ROW(3, 4)); /* not the sums of the same values */
    xsqr_add(squares, ROW(1, 1));
    CU_ASSERT(isnan(xsum_variance(sum, squares, 2)));
    memset(sum, 0, sizeof sum);
    CU_ASSERT(xsum_variance(sum, squares, 2) == 2);
    squares[XSQR_WORDS - 1] = -1; /* not from squares */
    CU_ASSERT(isnan(xsum_variance(sum, squares, 2)));
}

/* ---- modes -------------------------------------------------------------- */

static void check_in_this_mode(void)
{
    CU_ASSERT(same(SUM(1, 0x1p-53, 0x1p-100), 0x1.0000000000001p0));
    CU_ASSERT(same(SUM(-1, -0x1p-53), -1));
    CU_ASSERT(same(SUM(0x1p-1074, 0x1p-1074), 0x1p-1073));
    CU_ASSERT(same(MEAN(1, 0, 0), 0x1.5555555555555p-2));
    CU_ASSERT(same(MEAN(-0x1p-1040, 0), -0x1p-1041));
    CU_ASSERT(same(VARIANCE(0x1p-537, -0x1p-537), 0x1p-1073));
    CU_ASSERT(same(SUM(DBL_MAX, DBL_MAX), (double)INFINITY));
}

/* Neither the rounding mode nor flushed denormals change a bit. */
static void any_mode(void)
{
    static const int mode[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    const int before = fegetround();
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(fesetround(mode[i]), 0);
        check_in_this_mode();
    }
    fesetround(before);
#ifdef __SSE2__
    const unsigned mxcsr = _mm_getcsr();
    _mm_setcsr(mxcsr | 0x8040); /* flush to zero, denormals are zero */
    check_in_this_mode();
    _mm_setcsr(mxcsr);
#endif
}

/* ---- integers ----------------------------------------------------------- */

static void integers_pass_64_bits(void)
{
    char out[64];
    int64_t sum[XINT_WORDS] = {0}, i64 = 0;
    uint64_t u64 = 0, most[10];
    const int64_t least[] = {INT64_MIN, INT64_MIN, -1};

    xint_decimal(sum, out);
    CU_ASSERT_STRING_EQUAL(out, "0");
    for (int i = 0; i < 10; i++)
        most[i] = UINT64_MAX; /* 18446744073709551615 */
    xint_add_u64(sum, most, 1);
    CU_ASSERT(xint_to_u64(sum, &u64) && u64 == UINT64_MAX);
    CU_ASSERT(!xint_to_i64(sum, &i64));
    xint_add_u64(sum, most, 9);
    xint_decimal(sum, out);
    CU_ASSERT_STRING_EQUAL(out, "184467440737095516150");
    CU_ASSERT(!xint_to_u64(sum, &u64));

    memset(sum, 0, sizeof sum);
    xint_add_i64(sum, least, 1);
    CU_ASSERT(xint_to_i64(sum, &i64) && i64 == INT64_MIN);
    CU_ASSERT(!xint_to_u64(sum, &u64));
    xint_add_i64(sum, least + 1, 2);
    xint_decimal(sum, out);
    CU_ASSERT_STRING_EQUAL(out, "-18446744073709551617");
    CU_ASSERT(!xint_to_i64(sum, &i64));
    xint_add_u64(sum, most, 1);
    xint_decimal(sum, out);
    CU_ASSERT_STRING_EQUAL(out, "-2");
}

/* 2^64 = 18446744073709551616, 10^19 ends a group of decimals. */
static void decimals_keep_their_zeros(void)
{
    char out[64];
    int64_t sum[XINT_WORDS] = {0};
    const uint64_t ten_to_19 = UINT64_C(10000000000000000000);
    xint_add_u64(sum, &ten_to_19, 1);
    xint_decimal(sum, out);
    CU_ASSERT_STRING_EQUAL(out, "10000000000000000000");
    xint_add_u64(sum, (const uint64_t[]){7}, 1);
    xint_decimal(sum, out);
    CU_ASSERT_STRING_EQUAL(out, "10000000000000000007");

    /* The longest that lanes can say at all: 2^63 * 2^128 and some. */
    memset(sum, 0x7f, sizeof sum);
    sum[XSUM_WEIGHT] = XSUM_MAX_WEIGHT;
    sum[XINT_WORDS - 1] = INT64_MIN;
    xint_decimal(sum, out);
    CU_ASSERT_EQUAL(strlen(out), 59);
}

/* ---- weights ------------------------------------------------------------ */

static int lanes_equal(const int64_t *a, const int64_t *b, int n_digits)
{
    return !memcmp(a, b, (size_t)(XSUM_DIGITS + n_digits) * sizeof *a);
}

/* A sum as heavy as it may be: adding normalises it first. */
static void heavy_sums_are_added_to(void)
{
    double x[20];
    int64_t sum[XSUM_WORDS] = {0}, expected[XSUM_WORDS] = {0};
    for (int i = 0; i < 20; i++)
        x[i] = 0.1 * (i - 3);
    xsum_add(expected, x, 20);
    xsum_add(expected, x, 20);
    xsum_add(sum, x, 20);
    sum[XSUM_WEIGHT] = XSUM_MAX_WEIGHT - 20;
    xsum_add(sum, x, 19);
    CU_ASSERT(sum[XSUM_WEIGHT] <= XSUM_MAX_WEIGHT);
    sum[XSUM_WEIGHT] = XSUM_MAX_WEIGHT;
    xsum_add(sum, x + 19, 1);
    CU_ASSERT_EQUAL(sum[XSUM_WEIGHT], 2);
    xsum_normalise(sum, XSUM_N);
    xsum_normalise(expected, XSUM_N);
    CU_ASSERT(lanes_equal(sum, expected, XSUM_N));
}

/* 2^40 times the largest double in every digit, by doubling: 2^30 additions
 * without a carry are what weights are for. */
static void heavy_sums_are_merged(void)
{
    int64_t sum[XSUM_WORDS] = {0}, minus[XSUM_WORDS] = {0};
    xsum_add(sum, ROW(DBL_MAX));
    xsum_add(minus, ROW(-DBL_MAX));
    for (int i = 0; i < 40; i++) {
        xsum_merge(sum, sum, XSUM_N);
        xsum_merge(minus, minus, XSUM_N);
        CU_ASSERT(xsum_valid(sum, XSUM_N) && xsum_valid(minus, XSUM_N));
    }
    CU_ASSERT_EQUAL(sum[XSUM_OTHER], INT64_C(1) << 40);
    CU_ASSERT(xsum_mean(sum, UINT64_C(1) << 40) == DBL_MAX);
    CU_ASSERT(xsum_mean(minus, UINT64_C(1) << 40) == -DBL_MAX);
    xsum_add(sum, ROW(1.5));
    xsum_merge(sum, minus, XSUM_N);
    CU_ASSERT(xsum_round(sum) == 1.5);
    CU_ASSERT(xsum_valid(sum, XSUM_N));
}

/* Both as heavy as can be: the argument is not changed. */
static void heaviest_meet(void)
{
    int64_t a[XSUM_WORDS] = {0}, b[XSUM_WORDS] = {0}, copy[XSUM_WORDS];
    xsum_add(a, ROW(1e300, -1e-300));
    xsum_add(b, ROW(-1e300, 3e-300));
    a[XSUM_WEIGHT] = b[XSUM_WEIGHT] = XSUM_MAX_WEIGHT;
    memcpy(copy, b, sizeof b);
    xsum_merge(a, b, XSUM_N);
    CU_ASSERT(lanes_equal(b, copy, XSUM_N));
    CU_ASSERT(xsum_valid(a, XSUM_N));
    CU_ASSERT_EQUAL(a[XSUM_WEIGHT], 2);
    CU_ASSERT(xsum_round(a) == SUM(3e-300, -1e-300));
}

/* A batch longer than any block inside. */
static void long_batches(void)
{
    const size_t n = 300000;
    double *x = malloc(n * sizeof *x);
    CU_ASSERT_PTR_NOT_NULL_FATAL(x);
    for (size_t i = 0; i < n; i++)
        x[i] = i % 3 ? 0.5 : -0.0;
    CU_ASSERT(sum_of(x, n) == 100000);

    int64_t sum[XSUM_WORDS] = {0};
    xsum_add(sum, x, n);
    CU_ASSERT_EQUAL(sum[XSUM_NZERO], 100000);
    CU_ASSERT_EQUAL(sum[XSUM_OTHER], 200000);
    CU_ASSERT_EQUAL(sum[XSUM_WEIGHT], 300000);
    free(x);
}

/* Equal sums have equal bytes once normalised, however they came about; an
 * empty one stays empty. */
static void normal_form(void)
{
    int64_t a[XSUM_WORDS] = {0}, b[XSUM_WORDS] = {0};
    xsum_normalise(a, XSUM_N);
    CU_ASSERT(lanes_equal(a, b, XSUM_N));

    xsum_add(a, ROW(-1, -2, -DBL_TRUE_MIN));
    xsum_normalise(a, XSUM_N);
    xsum_add(b, ROW(-DBL_TRUE_MIN));
    xsum_normalise(b, XSUM_N);
    CU_ASSERT(!lanes_equal(a, b, XSUM_N));
    xsum_add(b, ROW(-2, -1));
    xsum_normalise(b, XSUM_N);
    CU_ASSERT(lanes_equal(a, b, XSUM_N));
    CU_ASSERT_EQUAL(a[XSUM_WEIGHT], 1);
    for (int i = XSUM_DIGITS; i < XSUM_WORDS - 1; i++)
        CU_ASSERT(a[i] >= 0 && a[i] >> 32 == 0);
    CU_ASSERT_EQUAL(a[XSUM_WORDS - 1], -1);
}

static void made_up_sums_are_refused(void)
{
    int64_t sum[XSUM_WORDS] = {0};
    CU_ASSERT(xsum_valid(sum, XSUM_N));
    sum[XSUM_WORDS - 1] = 1;
    CU_ASSERT(!xsum_valid(sum, XSUM_N)); /* a digit without weight */
    sum[XSUM_WEIGHT] = 1;
    CU_ASSERT(xsum_valid(sum, XSUM_N));
    sum[XSUM_WEIGHT] = -1;
    CU_ASSERT(!xsum_valid(sum, XSUM_N));
    sum[XSUM_WEIGHT] = XSUM_MAX_WEIGHT;
    CU_ASSERT(xsum_valid(sum, XSUM_N));
    sum[XSUM_WEIGHT]++;
    CU_ASSERT(!xsum_valid(sum, XSUM_N));

    sum[XSUM_WEIGHT] = 3;
    for (int i = XSUM_PINF; i < XSUM_DIGITS; i++) {
        sum[i] = -1;
        CU_ASSERT(!xsum_valid(sum, XSUM_N));
        sum[i] = INT64_MAX;
        CU_ASSERT(xsum_valid(sum, XSUM_N));
    }
    for (int i = XSUM_DIGITS; i < XSUM_WORDS; i++) {
        const int64_t bound = INT64_C(3) << 32;
        const int64_t bad[] = {bound + 1, -bound - 1, INT64_MIN, INT64_MAX};
        for (int j = 0; j < 4; j++) {
            sum[i] = bad[j];
            CU_ASSERT(!xsum_valid(sum, XSUM_N));
        }
        sum[i] = i % 2 ? bound : -bound;
        CU_ASSERT(xsum_valid(sum, XSUM_N));
    }
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"what is exact stays as it is", exact_sums_stay},
        {"rounds once, to nearest even", rounds_to_nearest_even},
        {"signed zeros", signed_zeros},
        {"NaN and infinities survive merges", specials_survive_merges},
        {"means", means},
        {"variances", variances},
        {"the same bits in any rounding mode", any_mode},
        {"integer sums pass 64 bits", integers_pass_64_bits},
        {"decimals keep their zeros", decimals_keep_their_zeros},
        {"heavy sums are added to", heavy_sums_are_added_to},
        {"heavy sums are merged", heavy_sums_are_merged},
        {"the heaviest sums meet", heaviest_meet},
        {"long batches", long_batches},
        {"the normal form", normal_form},
        {"made-up sums are refused", made_up_sums_are_refused},
    };
    return TAP_RUN(tests);
}
