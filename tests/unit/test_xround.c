/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dots, norms and deviations, and results as floats: the rules for what is
 * special, ties, subnormals and overflow in closed form, any rounding mode,
 * sums as heavy as they may be. (test_xdot_mpfr.c and test_xsum_mpfr.c compare
 * random cases with MPFR.)
 */
#include "tap.h"
#include "xsum.h"

#include <fenv.h>
#include <float.h>
#include <math.h>
#include <string.h>
#ifdef __SSE2__
#include <xmmintrin.h>
#endif

static int same(double a, double b)
{
    return (isnan(a) && isnan(b)) || !memcmp(&a, &b, sizeof a);
}

static int same_float(float a, float b)
{
    return (isnan(a) && isnan(b)) || !memcmp(&a, &b, sizeof a);
}

struct sums {
    int64_t sum[XSUM_WORDS], squares[XSQR_WORDS];
    uint64_t n;
};

static struct sums sums_of(const double *x, size_t n)
{
    struct sums s = {.n = n};
    xsum_add(s.sum, x, n);
    xsqr_add(s.squares, x, n);
    return s;
}

static double sd_of(struct sums s)
{
    return xsum_sd(s.sum, s.squares, s.n);
}

static float sd_float_of(struct sums s)
{
    return xsum_sd_float(s.sum, s.squares, s.n);
}

/* Pairs that lie side by side. */
static double dot_of(const double *xy, size_t n)
{
    int64_t sum[XSQR_WORDS] = {0};
    xdot_add_pairs(sum, xy, n / 2);
    CU_ASSERT(xsum_valid(sum, XSQR_N));
    return xdot_round(sum);
}

static float dot_float_of(const double *xy, size_t n)
{
    int64_t sum[XSQR_WORDS] = {0};
    xdot_add_pairs(sum, xy, n / 2);
    return xdot_round_float(sum);
}

#define ROW(...)                                                               \
    (const double[]){__VA_ARGS__},                                             \
        sizeof((const double[]){__VA_ARGS__}) / sizeof(double)
#define SUM_FLOAT(...) xsum_round_float(sums_of(ROW(__VA_ARGS__)).sum)
#define MEAN_FLOAT(...)                                                        \
    xsum_mean_float(sums_of(ROW(__VA_ARGS__)).sum, sums_of(ROW(__VA_ARGS__)).n)
#define SD(...) sd_of(sums_of(ROW(__VA_ARGS__)))
#define SD_FLOAT(...) sd_float_of(sums_of(ROW(__VA_ARGS__)))
#define NORM2(...) xsum_norm2(sums_of(ROW(__VA_ARGS__)).squares)
#define NORM2_FLOAT(...) xsum_norm2_float(sums_of(ROW(__VA_ARGS__)).squares)
#define DOT(...) dot_of(ROW(__VA_ARGS__))
#define DOT_FLOAT(...) dot_float_of(ROW(__VA_ARGS__))

/* ---- dots ---------------------------------------------------------------- */

static void dots_of_specials(void)
{
    const double inf = INFINITY;
    CU_ASSERT(DOT(1, inf, 2, 3) == inf);
    CU_ASSERT(DOT(-1, inf, 2, 3) == -inf);
    CU_ASSERT(DOT(-inf, -inf) == inf);
    CU_ASSERT(isnan(DOT(1, inf, -1, inf)));
    CU_ASSERT(isnan(DOT(0, inf)) && isnan(DOT(inf, -0.0)));
    CU_ASSERT(isnan(DOT(NAN, 0)) && isnan(DOT(1, -NAN)));
    CU_ASSERT(isnan(DOT(inf, NAN, 1, 1)));
    CU_ASSERT(DOT(DBL_TRUE_MIN, inf, 1, -DBL_MAX) == inf);
    CU_ASSERT(isnan(DOT_FLOAT(0, inf)) && DOT_FLOAT(2, -inf) == -inf);
}

/* IEEE 754-2019, 6.3: the sign of a product is that of its factors; a sum of
 * zeros of both signs, and x - x, is +0. */
static void dots_of_zeros(void)
{
    CU_ASSERT(same(dot_of(NULL, 0), 0.0));
    CU_ASSERT(same(DOT(0, 1), 0.0));
    CU_ASSERT(same(DOT(0, -1), -0.0));
    CU_ASSERT(same(DOT(-0.0, -0.0), 0.0));
    CU_ASSERT(same(DOT(-0.0, 0, 5, -0.0), -0.0));
    CU_ASSERT(same(DOT(-0.0, 0, 5, 0.0), 0.0));
    CU_ASSERT(same(DOT(3, 5, -5, 3), 0.0));
    CU_ASSERT(same(DOT(3, 5, -5, 3, 0, -1), 0.0));
    /* Small, not zero. */
    CU_ASSERT(same(DOT(0x1p-600, -0x1p-600), -0.0));
    CU_ASSERT(same(DOT(0x1p-600, -0x1p-600, 1, 0), -0.0));
    CU_ASSERT(same(DOT(0x1p-600, -0x1p-600, 0x1p-500, 0x1p-700), 0.0));
    CU_ASSERT(same_float(DOT_FLOAT(0, -1), -0.0f));
}

static void dots_at_the_limits(void)
{
    CU_ASSERT(DOT(DBL_MAX, DBL_MAX) == INFINITY);
    CU_ASSERT(DOT(DBL_MAX, DBL_MAX, -DBL_MAX, DBL_MAX, 2, 3) == 6);
    CU_ASSERT(DOT(DBL_MAX, 1, 0x1p485, 0x1p485) == INFINITY); /* a tie */
    CU_ASSERT(DOT(DBL_MAX, 1, 0x1p485, 0x1p485, -0x1p-1074, 0x1p-1074) ==
              DBL_MAX);
    CU_ASSERT(DOT(0x1p-537, 0x1p-537) == DBL_TRUE_MIN);
    CU_ASSERT(same(DOT(0x1p-538, 0x1p-537), 0.0)); /* a tie */
    CU_ASSERT(DOT(0x1p-538, 0x1p-537, 0x1p-1074, 0x1p-1074) == DBL_TRUE_MIN);
    CU_ASSERT(DOT(0x1p-1074, 0x1p1000) == 0x1p-74);
}

/* 2^40 products of the largest doubles, by doubling. */
static void heavy_dots(void)
{
    int64_t sum[XSQR_WORDS] = {0}, minus[XSQR_WORDS] = {0};
    xdot_add_pairs(sum, (const double[]){DBL_MAX, DBL_MAX}, 1);
    xdot_add_pairs(minus, (const double[]){-DBL_MAX, DBL_MAX}, 1);
    for (int i = 0; i < 40; i++) {
        xsum_merge(sum, sum, XSQR_N);
        xsum_merge(minus, minus, XSQR_N);
        CU_ASSERT(xsum_valid(sum, XSQR_N) && xsum_valid(minus, XSQR_N));
    }
    xdot_add_pairs(sum, (const double[]){1.5, -3}, 1);
    xsum_merge(sum, minus, XSQR_N);
    CU_ASSERT(xdot_round(sum) == -4.5);

    sum[XSUM_WEIGHT] = XSUM_MAX_WEIGHT;
    xdot_add_pairs(sum, (const double[]){1, 1, 1, 1}, 2);
    CU_ASSERT_EQUAL(sum[XSUM_WEIGHT], 3);
    CU_ASSERT(xdot_round(sum) == -2.5);
}

/* ---- roots --------------------------------------------------------------- */

static void norms(void)
{
    int64_t squares[XSQR_WORDS] = {0};
    CU_ASSERT(same(xsum_norm2(squares), 0.0));
    CU_ASSERT(same(NORM2(-0.0), 0.0));
    CU_ASSERT(NORM2(3, -4) == 5);
    CU_ASSERT(NORM2(-7) == 7);
    CU_ASSERT(NORM2(0x1p1000 * 3, 0x1p1000 * 4) == 0x1p1000 * 5);
    CU_ASSERT(NORM2(DBL_MAX) == DBL_MAX);
    CU_ASSERT(NORM2(DBL_MAX, DBL_MAX) == INFINITY);
    CU_ASSERT(NORM2(DBL_TRUE_MIN) == DBL_TRUE_MIN);
    CU_ASSERT(NORM2(3 * DBL_TRUE_MIN, 4 * DBL_TRUE_MIN) == 5 * DBL_TRUE_MIN);
    CU_ASSERT(NORM2(DBL_TRUE_MIN, DBL_TRUE_MIN) == DBL_TRUE_MIN);
    CU_ASSERT(NORM2(1, 1) == 0x1.6a09e667f3bcdp0); /* sqrt(2) */
    CU_ASSERT(NORM2(1, INFINITY) == INFINITY);
    CU_ASSERT(isnan(NORM2(NAN, INFINITY)));

    squares[XSQR_WORDS - 1] = -1; /* not from squares */
    squares[XSUM_WEIGHT] = 1;
    CU_ASSERT(isnan(xsum_norm2(squares)) && isnan(xsum_norm2_float(squares)));
}

/* A right triangle (Euclid, X.29, lemma) with a hypotenuse of 54 bits that is
 * odd, so a tie. */
static void norms_that_are_ties(void)
{
    const uint64_t p = 80530637, q = 67108864;
    const double a = (double)(p * p - q * q), b = (double)(2 * p * q);
    const uint64_t h = p * p + q * q;
    CU_ASSERT_FATAL(h >> 53 == 1 && h % 2 == 1);
    const double even = (double)(h % 4 == 1 ? h - 1 : h + 1);
    const double above = (double)(h + 1), hair = 0x1p-1074;
    CU_ASSERT(NORM2(a, b) == even);
    CU_ASSERT(NORM2(a, b, hair) == above);
    /* {2a, -2a, 2b, -2b, 0, 0, 0, 0, 0} has the variance a^2 + b^2. */
    CU_ASSERT(SD(2 * a, -2 * a, 2 * b, -2 * b, 0, 0, 0, 0, 0) == even);
    CU_ASSERT(SD(2 * a, -2 * a, 2 * b, -2 * b, hair, 0, 0, 0, 0) == above);
}

static void deviations(void)
{
    CU_ASSERT(isnan(sd_of(sums_of(NULL, 0))));
    CU_ASSERT(isnan(SD(1)));
    CU_ASSERT(isnan(SD(1, 2, INFINITY)) && isnan(SD(1, 2, NAN)));
    CU_ASSERT(same(SD(7, 7, 7), 0.0));
    CU_ASSERT(SD(2, 4, 4, 4, 5, 5, 7, 9, 0, 0) == sqrt(72.0 / 9));
    CU_ASSERT(SD(-DBL_MAX, DBL_MAX, 0) == DBL_MAX); /* its square overflows */
    CU_ASSERT(SD(-DBL_MAX, DBL_MAX) == INFINITY);
    CU_ASSERT(SD(-DBL_TRUE_MIN, DBL_TRUE_MIN, 0) == DBL_TRUE_MIN);
    CU_ASSERT(SD(-0x1p-600, 0x1p-600, 0) == 0x1p-600); /* underflows */
    CU_ASSERT(SD(1e300, 1e300) == 0);

    const double x[] = {3, 4}; /* not the sums of the same values */
    struct sums s = sums_of(x, 2);
    memset(s.squares, 0, sizeof s.squares);
    CU_ASSERT(isnan(sd_of(s)) && isnan(sd_float_of(s)));
}

/* ---- floats -------------------------------------------------------------- */

/* By way of a double these would be ties of floats, rounded a second time. */
static void floats_are_rounded_once(void)
{
    CU_ASSERT(SUM_FLOAT(1, 0x1p-24) == 1);
    CU_ASSERT(SUM_FLOAT(1, 0x1p-24, 0x1p-60) == 1 + FLT_EPSILON);
    CU_ASSERT(SUM_FLOAT(1 + (double)FLT_EPSILON, 0x1p-24, -0x1p-60) ==
              1 + FLT_EPSILON);
    CU_ASSERT(SUM_FLOAT(-1, -0x1p-24, -DBL_TRUE_MIN) == -1 - FLT_EPSILON);
    CU_ASSERT(MEAN_FLOAT(2, 0x1p-23, 0x1p-59, 0) == 0.5f + 0x1p-24f);
    CU_ASSERT(DOT_FLOAT(1, 1, 0x1p-12, 0x1p-12) == 1);
    CU_ASSERT(DOT_FLOAT(1, 1, 0x1p-12, 0x1p-12, 0x1p-70, 0x1p-70) ==
              1 + FLT_EPSILON);
    /* sqrt((2^24 + 1)^2 + 2^-20): its double is 2^24 + 1, a tie */
    CU_ASSERT(NORM2_FLOAT(0x1p24 + 1) == 0x1p24f);
    CU_ASSERT(NORM2_FLOAT(0x1p24 + 1, 0x1p-10) == 0x1p24f + 2);
    CU_ASSERT(SD_FLOAT(0x1p24 + 1, -0x1p24 - 1, 0) == 0x1p24f);
    CU_ASSERT(NORM2_FLOAT(3, 4) == 5);
}

static void floats_at_the_limits(void)
{
    const double most = (double)FLT_MAX, least = (double)FLT_TRUE_MIN;
    CU_ASSERT(SUM_FLOAT(most) == FLT_MAX);
    CU_ASSERT(SUM_FLOAT(most, 0x1p103) == INFINITY); /* a tie */
    CU_ASSERT(SUM_FLOAT(most, 0x1p103, -DBL_TRUE_MIN) == FLT_MAX);
    CU_ASSERT(SUM_FLOAT(-most, -most) == -INFINITY);
    CU_ASSERT(SUM_FLOAT(most, most, -most) == FLT_MAX);
    CU_ASSERT(SUM_FLOAT(1e300, 1) == INFINITY);
    CU_ASSERT(MEAN_FLOAT(most, most, most) == FLT_MAX);
    CU_ASSERT(SUM_FLOAT(least) == FLT_TRUE_MIN);
    CU_ASSERT(same_float(MEAN_FLOAT(least, 0), 0.0f)); /* a tie */
    CU_ASSERT(MEAN_FLOAT(3 * least, 0) == 2 * FLT_TRUE_MIN);
    CU_ASSERT(same_float(SUM_FLOAT(-DBL_TRUE_MIN), -0.0f));
    CU_ASSERT(same_float(SUM_FLOAT(-0.0), -0.0f));
    CU_ASSERT(same_float(SUM_FLOAT(1, -1), 0.0f));
    CU_ASSERT(SUM_FLOAT((double)FLT_MIN, -least) == FLT_MIN - FLT_TRUE_MIN);
    CU_ASSERT(NORM2_FLOAT(least) == FLT_TRUE_MIN);
    CU_ASSERT(NORM2_FLOAT(most, most) == INFINITY);
    CU_ASSERT(SD_FLOAT(most, -most, 0) == FLT_MAX);
    CU_ASSERT(isnan(SUM_FLOAT(NAN)) && isnan(MEAN_FLOAT(INFINITY, -INFINITY)));
    CU_ASSERT(isnan(xsum_mean_float((const int64_t[XSUM_WORDS]){0}, 0)));
    CU_ASSERT(isnan(SD_FLOAT(1)));

    const struct sums s = sums_of(ROW(1, 2, 3, 4)); /* 5 / 3 */
    CU_ASSERT(xsum_variance_float(s.sum, s.squares, 4) == 0x1.aaaaaap0f);
}

/* ---- modes --------------------------------------------------------------- */

static void check_in_this_mode(void)
{
    CU_ASSERT(same(NORM2(1, 1), 0x1.6a09e667f3bcdp0));
    CU_ASSERT(same(SD(1, 2, 3, 4, 5, 6, 7, 8), 0x1.3988e1409212ep1));
    CU_ASSERT(same(DOT(1, 1, 0x1p-27, 0x1p-26), 1));
    CU_ASSERT(same(DOT(0x1p-537, 0x1p-537), 0x1p-1074));
    CU_ASSERT(same(NORM2(0x1p-1074), 0x1p-1074));
    CU_ASSERT(same_float(SUM_FLOAT(1, 0x1p-24), 1));
    CU_ASSERT(same_float(SUM_FLOAT(0x1p-149), 0x1p-149f));
    CU_ASSERT(same_float(NORM2_FLOAT(1, 1), 0x1.6a09e6p0f));
}

/* Neither the rounding mode nor flushed denormals change a bit. The root of 2
 * is known; that of 6 is 2.449489742783178098..., the deviation of 1 .. 8. */
static void any_mode(void)
{
    static const int mode[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO,
                               FE_TONEAREST};
    for (int i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(fesetround(mode[i]), 0);
        check_in_this_mode();
    }
#ifdef __SSE2__
    const unsigned mxcsr = _mm_getcsr();
    _mm_setcsr(mxcsr | 0x8040); /* flush to zero, denormals are zero */
    check_in_this_mode();
    _mm_setcsr(mxcsr);
#endif
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"dots of NaN and infinities", dots_of_specials},
        {"dots of zeros, and too small ones", dots_of_zeros},
        {"dots at the limits", dots_at_the_limits},
        {"heavy dots", heavy_dots},
        {"norms", norms},
        {"norms and deviations that are ties", norms_that_are_ties},
        {"deviations", deviations},
        {"floats are rounded once", floats_are_rounded_once},
        {"floats at the limits", floats_at_the_limits},
        {"the same bits in any mode", any_mode},
    };
    return TAP_RUN(tests);
}
