/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random sums of products, as doubles and as floats, against GNU MPFR, bit for
 * bit: 50,000 cases, 5 * 10^6 with FANFOLD_TEST_LONG=1. The oracle multiplies
 * and adds exactly, and rounds once (see oracle.h).
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
#define N_KINDS 10

static int n_cases(void)
{
    return (tap_long() ? 5000000 : 50000) / N_KINDS;
}

static long n_cases_done;

/* ---- pairs of factors ---------------------------------------------------- */

typedef void pairs(double *x, double *y, int n);

#define PAIRS(name)                                                            \
    static void name(double *x, double *y, int n)                              \
    {                                                                          \
        doubles_##name(x, n);                                                  \
        doubles_##name(y, n);                                                  \
    }

PAIRS(any_finite)
PAIRS(near_one)
PAIRS(subnormal)
PAIRS(largest)
PAIRS(zeros)
PAIRS(edge_of_squares)
PAIRS(floats)

/* Infinities, NaN and zeros against all that there is. */
static void specials(double *x, double *y, int n)
{
    doubles_specials(x, n);
    if (doubles_draw() & 1)
        doubles_specials(y, n);
    else
        doubles_small_integers(y, n);
}

/* Half of the products are there with both signs, by other factors. */
static void cancelling(double *x, double *y, int n)
{
    doubles_cancelling(x, n);
    doubles_cancelling(y, n);
    for (int i = 1; i < n; i++)
        if (doubles_draw() & 1) {
            const int j = (int)doubles_below((uint64_t)i);
            const double a = x[j];
            x[i] = y[j];
            y[i] = -a;
        }
}

/* A product of 106 bits less what it is when rounded: what is left is lost by
 * whoever adds rounded products. Or a tie, times one and a power of two. */
static void beside_ties(double *x, double *y, int n)
{
    if (doubles_draw() & 1) {
        doubles_near_one(x, n);
        doubles_near_one(y, n);
        if (n > 1) {
            x[n - 1] = x[0] * y[0];
            y[n - 1] = -1;
        }
        return;
    }
    doubles_ties(x, n);
    for (int i = 0; i < n; i++) {
        const double scale = ldexp(1, (int)doubles_below(40));
        x[i] /= scale;
        y[i] = scale;
    }
}

/* ---- the oracle and the sums --------------------------------------------- */

static struct answer oracle(const double *x, const double *y, int n)
{
    mpfr_t sum, product;
    mpfr_init2(sum, ORACLE_SQUARE_BITS);
    mpfr_init2(product, 106);
    int inexact = 0;
    for (int i = 0; i < n; i++) {
        inexact |= mpfr_set_d(product, x[i], MPFR_RNDN);
        inexact |= mpfr_mul_d(product, product, y[i], MPFR_RNDN);
        inexact |= i == 0 ? mpfr_set(sum, product, MPFR_RNDN)
                          : mpfr_add(sum, sum, product, MPFR_RNDN);
    }
    const struct answer answer = oracle_round(sum);
    CU_ASSERT_FALSE(inexact); /* else it is no oracle */
    mpfr_clears(sum, product, (mpfr_ptr)0);
    return answer;
}

/* Adds n pairs in one of both ways. */
static void add(int64_t *sum, const double *x, const double *y, int n)
{
    double xy[2 * DOUBLES_MAX];
    if (doubles_draw() & 1) {
        xdot_add(sum, x, y, (size_t)n);
        return;
    }
    for (int i = 0; i < n; i++) {
        xy[2 * i] = x[i];
        xy[2 * i + 1] = y[i];
    }
    xdot_add_pairs(sum, xy, (size_t)n);
}

/* Deals the pairs to leaves in batches, then merges random ones. */
static struct answer fold(const double *x, const double *y, int n)
{
    int64_t leaf[MAX_LEAVES][XSQR_WORDS];
    int n_leaves = 1 + (int)doubles_below(MAX_LEAVES);
    memset(leaf, 0, (size_t)n_leaves * sizeof leaf[0]);
    for (int i = 0, batch; i < n; i += batch) {
        int64_t *sum = leaf[doubles_below((uint64_t)n_leaves)];
        batch = 1 + (int)doubles_below((uint64_t)(n - i));
        add(sum, x + i, y + i, batch);
        if (doubles_below(4) == 0)
            xsum_normalise(sum, XSQR_N);
    }
    while (n_leaves > 1) {
        int64_t *from = leaf[--n_leaves];
        xsum_merge(leaf[doubles_below((uint64_t)n_leaves)], from, XSQR_N);
    }
    CU_ASSERT(xsum_valid(leaf[0], XSQR_N));
    return (struct answer){xdot_round(leaf[0]), xdot_round_float(leaf[0])};
}

static void compare(pairs *fill, uint64_t seed)
{
    int n_wrong = 0;
    tap_note("%d cases with the seed %" PRIu64, n_cases(), seed);
    for (int i = 0; i < n_cases() && n_wrong < 10; i++) {
        double x[DOUBLES_MAX], y[DOUBLES_MAX];
        doubles_seed(seed << 32 | (uint64_t)i);
        const int n =
            1 + (int)doubles_below(doubles_below(4) ? 8 : DOUBLES_MAX);
        fill(x, y, n);
        n_cases_done++;
        if (!oracle_same("dot", fold(x, y, n), oracle(x, y, n))) {
            tap_note("in case %d of %d pairs", i, n);
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

KIND(any_finite, 101)
KIND(near_one, 102)
KIND(cancelling, 103)
KIND(subnormal, 104)
KIND(beside_ties, 105)
KIND(largest, 106)
KIND(specials, 107)
KIND(zeros, 108)
KIND(edge_of_squares, 109)
KIND(floats, 110)

int main(void)
{
    static const struct tap_test tests[] = {
        {"any finite factors", test_any_finite},
        {"factors near one", test_near_one},
        {"products that cancel", test_cancelling},
        {"subnormal factors", test_subnormal},
        {"what rounded products lose, and ties", test_beside_ties},
        {"the largest factors and overflow", test_largest},
        {"infinities, NaN and zeros among others", test_specials},
        {"zeros of both signs", test_zeros},
        {"products that underflow and overflow", test_edge_of_squares},
        {"products of floats", test_floats},
    };
    const int failed = TAP_RUN(tests);
    printf("# %ld cases, %ld results compared with MPFR\n", n_cases_done,
           oracle_count());
    mpfr_free_cache();
    return failed;
}
