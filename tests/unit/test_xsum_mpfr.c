/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random sums, means and variances against GNU MPFR, and sums of integers
 * against GNU MP, bit for bit: 30,000 cases, 10^6 with FANFOLD_TEST_LONG=1.
 *
 * The oracle adds and multiplies at precisions that are exact for any
 * doubles, so that MPFR rounds once. It also has the same rules for signed
 * zeros, infinities and NaN (IEEE 754).
 */
#include "tap.h"
#include "xsum.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <mpfr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_N 64
#define MAX_LEAVES 8

/* Exact for 2^64 doubles (2,162 bits) and for products of two such sums. */
#define SUM_BITS 2200
#define SQUARE_BITS 4500

static uint64_t state;

/* SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). */
static uint64_t draw(void)
{
    uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint64_t below(uint64_t n)
{
    return draw() % n;
}

static double of_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return isnan(x) ? UINT64_C(0x7ff8000000000000) : bits;
}

/* A random sign and fraction, and an exponent in [low, high]. */
static double with_exponent(int low, int high)
{
    const double m = 1 + (double)(draw() >> 12) * 0x1p-52;
    const int e = low + (int)below((uint64_t)(high - low + 1));
    return ldexp(draw() & 1 ? m : -m, e);
}

/* ---- the kinds of cases: each fills x[0 .. n) ---------------------------- */

static void any_finite(double *x, int n)
{
    for (int i = 0; i < n; i++)
        do
            x[i] = of_bits(draw());
        while (!isfinite(x[i]));
}

static void near_one(double *x, int n)
{
    for (int i = 0; i < n; i++)
        x[i] = with_exponent(-3, 3);
}

/* Large values that cancel, and what is left in between them. */
static void cancelling(double *x, int n)
{
    for (int i = 0; i < n; i++) {
        x[i] = with_exponent(-1000, 1000);
        if (i > 0 && draw() & 1)
            x[i] = -x[below((uint64_t)i)];
    }
}

static void subnormal(double *x, int n)
{
    for (int i = 0; i < n; i++) {
        x[i] = of_bits(draw() & UINT64_C(0x800fffffffffffff));
        if (below(4) == 0)
            x[i] = of_bits((draw() & 1) << 63 | below(4));
        if (below(8) == 0)
            x[i] = with_exponent(-1022, -1015);
    }
}

/* Halfway between two doubles, or a hair beside it. */
static void ties(double *x, int n)
{
    const double m = with_exponent(-960, 1020);
    const double half = fabs(nextafter(m, 0) - m) / 2;
    for (int i = 0; i < n; i++)
        x[i] = 0;
    x[0] = m;
    if (n > 1)
        x[1] = draw() & 1 ? half : -half;
    if (n > 2 && draw() & 1)
        x[2] = with_exponent(-1022, ilogb(half) - 1);
    if (n > 3 && draw() & 1)
        x[3] = -x[2];
    if (n > 4 && draw() & 1)
        x[4] = 2 * half;
}

/* Sums about the largest double, and about the half step above it. */
static void largest(double *x, int n)
{
    for (int i = 0; i < n; i++) {
        const uint64_t kind = below(4);
        x[i] = kind < 2 ? DBL_MAX : kind == 2 ? 0x1p970 : nextafter(0x1p970, 0);
        if (draw() & 1)
            x[i] = -x[i];
    }
}

static void specials(double *x, int n)
{
    static const double special[] = {INFINITY, -INFINITY, NAN, -0.0, DBL_MAX};
    any_finite(x, n);
    const int n_special = 1 + (int)below(2);
    for (int i = 0; i < n_special; i++)
        x[below((uint64_t)n)] = special[below(5)];
}

static void zeros(double *x, int n)
{
    const uint64_t others = below(3);
    for (int i = 0; i < n; i++)
        x[i] = others == 1 && draw() & 1 ? 0.0 : -0.0;
    if (others == 2 && n > 1) {
        x[0] = with_exponent(-1022, 1000);
        x[n - 1] = -x[0];
    }
}

/* Small noise on a large offset: the variance's digits cancel. */
static void offset(double *x, int n)
{
    const double base = with_exponent(-20, 60);
    const int noise = ilogb(base) - (int)below(60);
    for (int i = 0; i < n; i++)
        x[i] = below(4) ? base + with_exponent(noise - 4, noise) : base;
}

/* Squares about the smallest and about the largest double. */
static void edge_of_squares(double *x, int n)
{
    const int e = draw() & 1 ? -537 : 511;
    for (int i = 0; i < n; i++)
        x[i] = with_exponent(e - 3, e + (e < 0 ? 3 : 0));
}

static void small_integers(double *x, int n)
{
    const uint64_t range = 1 + below(9);
    for (int i = 0; i < n; i++)
        x[i] = (double)below(range) - (double)(range / 2);
}

/* ---- the oracle --------------------------------------------------------- */

/* a / b, rounded once: 200 bits towards zero and, if something is left, a bit
 * far below them, which decides every tie. */
static double rounded_quotient(const mpfr_t a, uint64_t b)
{
    mpfr_t divisor, q;
    mpfr_init2(divisor, 64);
    mpfr_init2(q, 200);
    mpfr_set_uj(divisor, b, MPFR_RNDN);
    if (mpfr_div(q, a, divisor, MPFR_RNDZ) != 0) {
        mpfr_prec_round(q, 202, MPFR_RNDZ);
        if (mpfr_sgn(q) > 0)
            mpfr_nextabove(q);
        else
            mpfr_nextbelow(q);
    }
    const double result = mpfr_get_d(q, MPFR_RNDN);
    mpfr_clears(divisor, q, (mpfr_ptr)0);
    return result;
}

struct answers {
    double sum, mean, variance;
};

static void oracle(struct answers *out, const double *x, int n)
{
    mpfr_t sum, squares, v;
    mpfr_init2(sum, SUM_BITS);
    mpfr_init2(squares, SQUARE_BITS);
    mpfr_init2(v, SQUARE_BITS);

    int inexact = mpfr_set_d(sum, x[0], MPFR_RNDN);
    mpfr_set_zero(squares, 1);
    for (int i = 0; i < n; i++) {
        if (i > 0)
            inexact |= mpfr_add_d(sum, sum, x[i], MPFR_RNDN);
        inexact |= mpfr_set_d(v, x[i], MPFR_RNDN);
        inexact |= mpfr_sqr(v, v, MPFR_RNDN);
        inexact |= mpfr_add(squares, squares, v, MPFR_RNDN);
    }
    out->sum = mpfr_get_d(sum, MPFR_RNDN);
    out->mean = rounded_quotient(sum, (uint64_t)n);

    inexact |= mpfr_mul_ui(squares, squares, (unsigned)n, MPFR_RNDN);
    inexact |= mpfr_sqr(v, sum, MPFR_RNDN);
    inexact |= mpfr_sub(v, squares, v, MPFR_RNDN);
    out->variance = rounded_quotient(v, (uint64_t)n * (uint64_t)(n - 1));
    CU_ASSERT_FALSE(inexact); /* else it is no oracle */
    mpfr_clears(sum, squares, v, (mpfr_ptr)0);
}

/* ---- the sums, in any order --------------------------------------------- */

struct leaf {
    int64_t sum[XSUM_WORDS], squares[XSQR_WORDS];
};

static void leaf_normalise(struct leaf *leaf)
{
    if (draw() & 1)
        xsum_normalise(leaf->sum, XSUM_N);
    if (draw() & 1)
        xsum_normalise(leaf->squares, XSQR_N);
}

/* Deals the values to leaves in batches, then merges random pairs. */
static void fold(struct answers *out, const double *x, int n)
{
    struct leaf leaf[MAX_LEAVES];
    int n_leaves = 1 + (int)below(MAX_LEAVES);
    memset(leaf, 0, sizeof leaf);

    for (int i = 0, batch; i < n; i += batch) {
        struct leaf *l = &leaf[below((uint64_t)n_leaves)];
        batch = 1 + (int)below((uint64_t)(n - i));
        xsum_add(l->sum, x + i, (size_t)batch);
        xsqr_add(l->squares, x + i, (size_t)batch);
        if (below(4) == 0)
            leaf_normalise(l);
    }
    while (n_leaves > 1) {
        struct leaf *from = &leaf[--n_leaves];
        struct leaf *into = &leaf[below((uint64_t)n_leaves)];
        xsum_merge(into->sum, from->sum, XSUM_N);
        xsum_merge(into->squares, from->squares, XSQR_N);
        leaf_normalise(into);
    }
    out->sum = xsum_round(leaf->sum);
    out->mean = xsum_mean(leaf->sum, (uint64_t)n);
    out->variance = xsum_variance(leaf->sum, leaf->squares, (uint64_t)n);
}

static int same(const char *what, double got, double expected)
{
    if (bits_of(got) == bits_of(expected))
        return 1;
    tap_note("%s: %a, MPFR has %a", what, got, expected);
    return 0;
}

typedef void generator(double *x, int n);

#define N_KINDS 12

static int n_cases(void)
{
    return (tap_long() ? 1000000 : 30000) / N_KINDS + 1;
}

/* Are all results of x[0 .. n) those of MPFR? */
static int right(const double *x, int n)
{
    struct answers expected, got;
    oracle(&expected, x, n);
    fold(&got, x, n);
    const int sum = same("sum", got.sum, expected.sum);
    const int mean = same("mean", got.mean, expected.mean);
    return same("variance", got.variance, expected.variance) && sum && mean;
}

static void compare(generator *generate, uint64_t seed)
{
    int n_wrong = 0;
    for (int i = 0; i < n_cases() && n_wrong < 10; i++) {
        double x[MAX_N];
        state = seed << 32 | (uint64_t)i;
        const int n = 1 + (int)below(below(4) ? 8 : MAX_N);
        generate(x, n);
        if (!right(x, n)) {
            tap_note("in case %d of %d values", i, n);
            n_wrong++;
        }
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
}

#define KIND(name, seed)                                                       \
    static void test_##name(void)                                              \
    {                                                                          \
        compare(name, seed);                                                   \
    }

KIND(any_finite, 1)
KIND(near_one, 2)
KIND(cancelling, 3)
KIND(subnormal, 4)
KIND(ties, 5)
KIND(largest, 6)
KIND(specials, 7)
KIND(zeros, 8)
KIND(offset, 9)
KIND(edge_of_squares, 10)
KIND(small_integers, 11)

/*
 * The variance of u, -u, v, -v, 0 is (u^2 + v^2) / 2. With u of 27 bits and
 * u^2 of 54 and odd that is a tie and v^2 / 2, which is as small as 2^-2149.
 */
static void test_beside_a_tie(void)
{
    int n_wrong = 0;
    state = 12;
    for (int i = 0; i < n_cases(); i++) {
        const double u = (double)(94906267 + 2 * below(19655730));
        const double v = ldexp(1, draw() & 1 ? -1074 : -(int)below(1075));
        const double x[] = {u, -u, v, -v, 0};
        n_wrong += !right(x, 5);
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
}

/* Means with counts that no test could add up to: sums made by doubling, so
 * that n values are there 2^k times. */
static void test_large_counts(void)
{
    int n_wrong = 0;
    state = 13;
    for (int i = 0; i < n_cases(); i++) {
        int64_t sum[XSUM_WORDS] = {0};
        double x[MAX_N];
        const int n = 1 + (int)below(MAX_N), k = (int)below(57);
        if (draw() & 1)
            any_finite(x, n);
        else
            near_one(x, n);
        xsum_add(sum, x, (size_t)n);
        for (int j = 0; j < k; j++)
            xsum_merge(sum, sum, XSUM_N);

        const uint64_t count = ((uint64_t)n << k) + below(1000);
        mpfr_t exact;
        mpfr_init2(exact, SUM_BITS);
        mpfr_set_d(exact, x[0], MPFR_RNDN);
        for (int j = 1; j < n; j++)
            mpfr_add_d(exact, exact, x[j], MPFR_RNDN);
        mpfr_mul_2ui(exact, exact, (unsigned)k, MPFR_RNDN);
        n_wrong += !same("sum", xsum_round(sum), mpfr_get_d(exact, MPFR_RNDN));
        n_wrong += !same("mean", xsum_mean(sum, count),
                         rounded_quotient(exact, count));
        mpfr_clear(exact);
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
}

/* Adds one random integer to both; wide ones, so that the sums pass 64 bits. */
static void add_integer(int64_t *sum, mpz_t exact)
{
    mpz_t term;
    const uint64_t x = draw() >> (draw() & 3 ? 0 : below(64));
    const int is_signed = draw() & 1;
    mpz_init(term);
    if (is_signed) {
        const int64_t y = (int64_t)x;
        xint_add_i64(sum, &y, 1);
        mpz_set_si(term, y);
    } else {
        xint_add_u64(sum, &x, 1);
        mpz_set_ui(term, x);
    }
    mpz_add(exact, exact, term);
    mpz_clear(term);
}

static void test_integers(void)
{
    int n_wrong = 0;
    state = 14;
    for (int i = 0; i < n_cases(); i++) {
        char got[64], expected[128];
        int64_t sum[XINT_WORDS] = {0}, as_i64;
        uint64_t as_u64;
        mpz_t exact;
        mpz_init(exact);
        const int n = (int)below(12);
        for (int j = 0; j < n; j++)
            add_integer(sum, exact);
        for (int doublings = (int)below(50); doublings > 0; doublings--) {
            xsum_merge(sum, sum, XINT_N);
            mpz_mul_2exp(exact, exact, 1);
        }
        xint_decimal(sum, got);
        mpz_get_str(expected, 10, exact);
        n_wrong += strcmp(got, expected) != 0;
        n_wrong += xint_to_i64(sum, &as_i64) != mpz_fits_slong_p(exact);
        n_wrong += xint_to_u64(sum, &as_u64) != mpz_fits_ulong_p(exact);
        if (mpz_fits_slong_p(exact))
            n_wrong += as_i64 != mpz_get_si(exact);
        if (mpz_fits_ulong_p(exact))
            n_wrong += as_u64 != mpz_get_ui(exact);
        mpz_clear(exact);
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"any finite doubles", test_any_finite},
        {"doubles near one", test_near_one},
        {"wide exponents that cancel", test_cancelling},
        {"subnormals", test_subnormal},
        {"ties, and a hair beside them", test_ties},
        {"the largest doubles and overflow", test_largest},
        {"infinities and NaN among others", test_specials},
        {"zeros of both signs", test_zeros},
        {"noise on a large offset", test_offset},
        {"squares that underflow and overflow", test_edge_of_squares},
        {"small integers, equal values", test_small_integers},
        {"variances a hair beside a tie", test_beside_a_tie},
        {"means with counts up to 2^62", test_large_counts},
        {"sums of integers", test_integers},
    };
    const int failed = TAP_RUN(tests);
    mpfr_free_cache();
    return failed;
}
