/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random sums, means, variances, deviations and norms, as doubles and as
 * floats, against GNU MPFR, and sums of integers against GNU MP, bit for bit:
 * 70,000 cases, 10^7 with FANFOLD_TEST_LONG=1.
 *
 * The oracle adds and multiplies at precisions that are exact for any
 * doubles, so that MPFR rounds once. It also has the same rules for signed
 * zeros, infinities and NaN (IEEE 754).
 */
#include "doubles.h"
#include "oracle.h"
#include "tap.h"
#include "xsum.h"

#include <inttypes.h>
#include <math.h>
#include <mpfr.h>
#include <stdio.h>
#include <string.h>

#define MAX_LEAVES 8
#define N_KINDS 15 /* of doubles */

static int n_cases(void)
{
    return (tap_long() ? 5000000 : 70000) / N_KINDS + 1;
}

static long n_cases_done;

struct answers {
    struct answer sum, mean, variance, sd, norm2;
};

/* Adds up exactly. Returns 0, or not if it is no oracle. */
static int add_up(mpfr_t sum, mpfr_t squares, const double *x, int n)
{
    mpfr_t square;
    mpfr_init2(square, 106);
    int inexact = mpfr_set_d(sum, x[0], MPFR_RNDN);
    mpfr_set_zero(squares, 1);
    for (int i = 0; i < n; i++) {
        if (i > 0)
            inexact |= mpfr_add_d(sum, sum, x[i], MPFR_RNDN);
        inexact |= mpfr_set_d(square, x[i], MPFR_RNDN);
        inexact |= mpfr_sqr(square, square, MPFR_RNDN);
        inexact |= mpfr_add(squares, squares, square, MPFR_RNDN);
    }
    mpfr_clear(square);
    return inexact;
}

/* Of x[0 .. n), 2^k times, and zeros up to the count. */
static void oracle(struct answers *out, const double *x, int n, int k,
                   uint64_t count)
{
    mpfr_t sum, squares, v, w, divisor;
    mpfr_init2(sum, ORACLE_SUM_BITS);
    mpfr_inits2(ORACLE_SQUARE_BITS, squares, v, w, (mpfr_ptr)0);
    mpfr_init2(divisor, 128);

    int inexact = add_up(sum, squares, x, n);
    mpfr_mul_2si(sum, sum, k, MPFR_RNDN);
    mpfr_mul_2si(squares, squares, k, MPFR_RNDN);
    out->sum = oracle_round(sum);
    mpfr_set_ui(divisor, 1, MPFR_RNDN);
    out->norm2 = oracle_root(squares, divisor);
    mpfr_set_uj(divisor, count, MPFR_RNDN);
    out->mean = oracle_quotient(sum, divisor);

    inexact |= mpfr_mul(v, squares, divisor, MPFR_RNDN);
    inexact |= mpfr_sqr(w, sum, MPFR_RNDN);
    inexact |= mpfr_sub(v, v, w, MPFR_RNDN);
    inexact |= mpfr_mul_ui(divisor, divisor, count - 1, MPFR_RNDN);
    out->variance = oracle_quotient(v, divisor);
    out->sd = oracle_root(v, divisor);
    CU_ASSERT_FALSE(inexact);
    mpfr_clears(sum, squares, v, w, divisor, (mpfr_ptr)0);
}

/* ---- the sums, in any order --------------------------------------------- */

struct leaf {
    int64_t sum[XSUM_WORDS], squares[XSQR_WORDS];
};

static void leaf_normalise(struct leaf *leaf)
{
    if (doubles_draw() & 1)
        xsum_normalise(leaf->sum, XSUM_N);
    if (doubles_draw() & 1)
        xsum_normalise(leaf->squares, XSQR_N);
}

/* Deals the values to leaves in batches, then merges random pairs into the
 * first one. */
static void fold(struct leaf *leaf, int n_leaves, const double *x, int n)
{
    memset(leaf, 0, (size_t)n_leaves * sizeof *leaf);
    for (int i = 0, batch; i < n; i += batch) {
        struct leaf *l = &leaf[doubles_below((uint64_t)n_leaves)];
        batch = 1 + (int)doubles_below((uint64_t)(n - i));
        xsum_add(l->sum, x + i, (size_t)batch);
        xsqr_add(l->squares, x + i, (size_t)batch);
        if (doubles_below(4) == 0)
            leaf_normalise(l);
    }
    while (n_leaves > 1) {
        struct leaf *from = &leaf[--n_leaves];
        struct leaf *into = &leaf[doubles_below((uint64_t)n_leaves)];
        xsum_merge(into->sum, from->sum, XSUM_N);
        xsum_merge(into->squares, from->squares, XSQR_N);
        leaf_normalise(into);
    }
}

static void finish(struct answers *out, const struct leaf *leaf, uint64_t n)
{
    const int64_t *sum = leaf->sum, *squares = leaf->squares;
    *out = (struct answers){
        .sum = {xsum_round(sum), xsum_round_float(sum)},
        .mean = {xsum_mean(sum, n), xsum_mean_float(sum, n)},
        .variance = {xsum_variance(sum, squares, n),
                     xsum_variance_float(sum, squares, n)},
        .sd = {xsum_sd(sum, squares, n), xsum_sd_float(sum, squares, n)},
        .norm2 = {xsum_norm2(squares), xsum_norm2_float(squares)},
    };
}

/* Are all results of x[0 .. n), 2^k times, and of some zeros those of MPFR? */
static int right(const double *x, int n, int k, uint64_t n_zeros)
{
    const uint64_t count = ((uint64_t)n << k) + n_zeros;
    struct leaf leaf[MAX_LEAVES];
    struct answers expected, got;
    oracle(&expected, x, n, k, count);
    fold(leaf, 1 + (int)doubles_below(MAX_LEAVES), x, n);
    for (int i = 0; i < k; i++) {
        xsum_merge(leaf->sum, leaf->sum, XSUM_N);
        xsum_merge(leaf->squares, leaf->squares, XSQR_N);
    }
    finish(&got, leaf, count);
    n_cases_done++;
    return oracle_same("sum", got.sum, expected.sum) &
           oracle_same("mean", got.mean, expected.mean) &
           oracle_same("variance", got.variance, expected.variance) &
           oracle_same("sd", got.sd, expected.sd) &
           oracle_same("norm2", got.norm2, expected.norm2);
}

static int draw_n(doubles_kind *fill)
{
    if (fill == doubles_triangles)
        return doubles_draw() & 1 ? 2 + (int)doubles_below(2) : 9;
    return 1 + (int)doubles_below(doubles_below(4) ? 8 : DOUBLES_MAX);
}

static void compare(doubles_kind *fill, uint64_t seed)
{
    int n_wrong = 0;
    tap_note("%d cases with the seed %" PRIu64, n_cases(), seed);
    for (int i = 0; i < n_cases() && n_wrong < 10; i++) {
        double x[DOUBLES_MAX];
        doubles_seed(seed << 32 | (uint64_t)i);
        const int n = draw_n(fill);
        fill(x, n);
        if (!right(x, n, 0, 0)) {
            tap_note("in case %d of %d values", i, n);
            n_wrong++;
        }
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
}

#define KIND(name, seed)                                                       \
    static void test_##name(void)                                              \
    {                                                                          \
        compare(doubles_##name, seed);                                         \
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
KIND(floats, 15)
KIND(triangles, 16)

/*
 * The variance of u, -u, v, -v, 0 is (u^2 + v^2) / 2. With u of 27 bits and
 * u^2 of 54 and odd that is a tie and v^2 / 2, which is as small as 2^-2149.
 */
static void test_beside_a_tie(void)
{
    int n_wrong = 0;
    doubles_seed(UINT64_C(12) << 32);
    for (int i = 0; i < n_cases(); i++) {
        const double u = (double)(94906267 + 2 * doubles_below(19655730));
        const double v =
            ldexp(1, doubles_draw() & 1 ? -1074 : -(int)doubles_below(1075));
        const double x[] = {u, -u, v, -v, 0};
        n_wrong += !right(x, 5, 0, 0);
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
}

/* Arrays long enough for vector registers and arrays of digits, in pieces of
 * any kind. */
static void test_long_arrays(void)
{
    static doubles_kind *const kinds[] = {
        doubles_any_finite, doubles_near_one, doubles_cancelling,
        doubles_subnormal,  doubles_offset,   doubles_floats,
        doubles_zeros,      doubles_largest,  doubles_small_integers};
    const int n_kinds = (int)(sizeof kinds / sizeof kinds[0]);
    int n_wrong = 0;
    doubles_seed(UINT64_C(17) << 32);
    for (int i = 0; i < n_cases() / 50; i++) {
        double x[20 * DOUBLES_MAX];
        const int n = DOUBLES_MAX * (1 + (int)doubles_below(20));
        const uint64_t few = 1 + doubles_below((uint64_t)n_kinds);
        for (int j = 0; j < n; j += DOUBLES_MAX)
            kinds[doubles_below(few)](x + j, DOUBLES_MAX);
        n_wrong += !right(x, n, 0, 0);
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
}

/* Counts that no test could add up to. */
static void test_large_counts(void)
{
    int n_wrong = 0;
    doubles_seed(UINT64_C(13) << 32);
    for (int i = 0; i < n_cases(); i++) {
        double x[DOUBLES_MAX];
        const int n = 1 + (int)doubles_below(DOUBLES_MAX);
        if (doubles_draw() & 1)
            doubles_any_finite(x, n);
        else
            doubles_near_one(x, n);
        n_wrong += !right(x, n, (int)doubles_below(57), doubles_below(1000));
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
}

/* Adds one random integer to both; wide ones, so that the sums pass 64 bits. */
static void add_integer(int64_t *sum, mpz_t exact)
{
    mpz_t term;
    const uint64_t x =
        doubles_draw() >> (doubles_draw() & 3 ? 0 : doubles_below(64));
    const int is_signed = doubles_draw() & 1;
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
    doubles_seed(UINT64_C(14) << 32);
    for (int i = 0; i < n_cases(); i++) {
        char got[64], expected[128];
        int64_t sum[XINT_WORDS] = {0}, as_i64;
        uint64_t as_u64;
        mpz_t exact;
        mpz_init(exact);
        const int n = (int)doubles_below(12);
        for (int j = 0; j < n; j++)
            add_integer(sum, exact);
        for (int k = (int)doubles_below(50); k > 0; k--) {
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
        {"floats, also subnormal ones", test_floats},
        {"norms and deviations that are ties", test_triangles},
        {"variances a hair beside a tie", test_beside_a_tie},
        {"long arrays of several kinds", test_long_arrays},
        {"counts up to 2^62", test_large_counts},
        {"sums of integers", test_integers},
    };
    const int failed = TAP_RUN(tests);
    printf("# %ld cases, %ld results compared with MPFR\n", n_cases_done,
           oracle_count());
    mpfr_free_cache();
    return failed;
}
