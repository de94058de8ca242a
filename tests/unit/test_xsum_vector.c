/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every version of the vector front end that this CPU has, and the loop for
 * many values, against adding one value or product a call, which
 * test_xsum_mpfr.c and test_xdot_mpfr.c compare with MPFR: the same bytes, for
 * all kinds of data, lengths and alignments, in any rounding mode and with
 * denormals flushed.
 */
#include "tap.h"
#include "xsum.h"
#include "xsum_vector.h"

#include <fenv.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <xmmintrin.h>
#endif

#define MAX_N 5000

static uint64_t state = 1;

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

/* A random sign and fraction, and a biased exponent of [low, low + n). */
static double with_exponent(uint64_t low, uint64_t n)
{
    return of_bits((draw() & UINT64_C(0x800fffffffffffff)) |
                   (low + below(n)) << 52);
}

/* ---- the kinds of data: value i ----------------------------------------- */

static double narrow(int i)
{
    (void)i;
    return (double)(draw() >> 11) * 0x1p-53;
}

static double both_signs(int i)
{
    (void)i;
    return with_exponent(1020, 6);
}

/* About as wide as the slices of the first guess. */
static double as_wide_as_slices(int i)
{
    (void)i;
    return with_exponent(1000, 35 + below(20));
}

static double wide(int i)
{
    (void)i;
    return with_exponent(923, 200);
}

static double any_finite(int i)
{
    (void)i;
    return with_exponent(0, 2047);
}

static double subnormal(int i)
{
    (void)i;
    return with_exponent(0, 1 + below(3));
}

/* Where the lower slice ends at 2^-1074. */
static double tiny(int i)
{
    (void)i;
    return with_exponent(below(2) * 30, 30 + below(40));
}

static double huge(int i)
{
    (void)i;
    return with_exponent(2046 - below(14), 1);
}

/* The largest of their exponent, which the upper slice rounds up. */
static double all_ones(int i)
{
    const uint64_t exponent = i % 64 == 0 ? 1040 : 1040 - below(4);
    return of_bits((draw() & 1) << 63 | exponent << 52 |
                   ((UINT64_C(1) << 52) - 1 - below(2)));
}

/* Values grow, so that every guess is outgrown. */
static double growing(int i)
{
    return with_exponent((uint64_t)(600 + i / 5), 1);
}

static double shrinking(int i)
{
    return with_exponent((uint64_t)(1600 - i / 5), 1);
}

/* Large ones that cancel, and gaps of hundreds of bits. */
static double cancelling(int i)
{
    static double last;
    if (i % 2 == 1)
        return -last;
    last = with_exponent(i % 4 ? 500 : 1900, 3);
    return below(50) ? last : 1;
}

static double zeros(int i)
{
    (void)i;
    return below(3) ? -0.0 : 0.0;
}

static double negative_zeros(int i)
{
    (void)i;
    return -0.0;
}

static double some_zeros(int i)
{
    return below(4) ? narrow(i) : draw() & 1 ? -0.0 : 0.0;
}

static double wide_zeros(int i)
{
    return below(4) ? with_exponent(400, 1200) : zeros(i);
}

/* Now and then one that is no number, of either sign and any payload. */
static double specials(int i)
{
    const double special[] = {(double)INFINITY, -(double)INFINITY,
                              of_bits(draw() | UINT64_C(0x7ff0000000000001)),
                              -0.0, DBL_MAX, DBL_TRUE_MIN};
    return below(900) ? both_signs(i) : special[below(6)];
}

static double only_specials(int i)
{
    (void)i;
    return with_exponent(2047, 1);
}

/* Factors of products whose errors end about 2^-1074. */
static double small_factors(int i)
{
    (void)i;
    return with_exponent(525 + below(40), 1 + below(8));
}

static double large_factors(int i)
{
    (void)i;
    return with_exponent(1520 + below(14), 1);
}

typedef double kind(int i);

static kind *const kinds[] = {
    narrow,  both_signs, as_wide_as_slices, wide,           any_finite,
    subnormal, tiny,     huge,              all_ones,       growing,
    shrinking, cancelling, zeros,           negative_zeros, some_zeros,
    wide_zeros, specials, only_specials,    small_factors,  large_factors};
#define N_KINDS ((int)(sizeof kinds / sizeof kinds[0]))

/* ---- comparing ---------------------------------------------------------- */

static const char *const names[] = {"avx512", "avx2", "portable", "none"};

static void add_singly(int64_t *sum, const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        xsum_add(sum, x + i, 1);
    xsum_normalise(sum, XSUM_N);
}

/* How many versions have other bytes. In two batches, to a sum that is not
 * empty; `at` odd or even, so that no vector is aligned. */
static int n_wrong(const double *x, size_t n, const int64_t *expected)
{
    int wrong = 0;
    for (int i = 0; i < 4; i++) {
        const struct xsum_vector *v = xsum_vector_find(names[i]);
        if (v == NULL && i < 3)
            continue;
        int64_t sum[XSUM_WORDS] = {0};
        const size_t first = n > 0 ? below(n) / 8 : 0;
        xsum_add_by(v, sum, x, first);
        xsum_add_by(v, sum, x + first, n - first);
        const int valid = xsum_valid(sum, XSUM_N);
        xsum_normalise(sum, XSUM_N);
        if (valid && memcmp(sum, expected, sizeof sum) == 0)
            continue;
        tap_note("%s: other bytes for n = %zu", names[i], n);
        wrong++;
    }
    return wrong;
}

/* The same of products: the first of two arrays, the others of pairs. */
static int n_wrong_products(const double *x, const double *y, size_t n)
{
    static double pairs[2 * MAX_N + 1];
    double *const xy = pairs + below(2);
    const size_t first = n > 0 ? below(n) : 0;
    int64_t expected[XSQR_WORDS] = {0};
    int wrong = 0;
    for (size_t i = 0; i < n; i++) {
        xdot_add_by(NULL, expected, x + i, y + i, 1, 1);
        xy[2 * i] = x[i];
        xy[2 * i + 1] = y[i];
    }
    xsum_normalise(expected, XSQR_N);
    for (int i = 0; i < 4; i++) {
        const struct xsum_vector *v = xsum_vector_find(names[i]);
        int64_t sum[XSQR_WORDS] = {0};
        xdot_add_by(v, sum, x, y, 1, first);
        xdot_add_by(v, sum, xy + 2 * first, xy + 2 * first + 1, 2, n - first);
        const int valid = xsum_valid(sum, XSQR_N);
        xsum_normalise(sum, XSQR_N);
        if (valid && memcmp(sum, expected, sizeof sum) == 0)
            continue;
        tap_note("%s: other bytes for %zu products", names[i], n);
        wrong++;
    }
    return wrong;
}

/* Factors of the same kind, of another, and squares. */
static int n_wrong_factors(kind *of, const double *x, size_t n)
{
    static double y[MAX_N];
    const uint64_t how = below(3);
    kind *const other = how == 0 ? of : kinds[below(N_KINDS)];
    for (size_t i = 0; i < n; i++)
        y[i] = other((int)i);
    return n_wrong_products(x, how < 2 ? y : x, n);
}

static int n_wrong_of_kind(kind *of, size_t most)
{
    static double x[MAX_N + 8];
    int64_t expected[XSUM_WORDS] = {0};
    const size_t n = below(4) ? below(most + 1) : below(100);
    const size_t at = below(8);
    for (size_t i = 0; i < n; i++)
        x[at + i] = of((int)i);
    add_singly(expected, x + at, n);
    return n_wrong(x + at, n, expected) +
           n_wrong_factors(of, x + at, n < 1300 ? n : 1300);
}

static void compare(int n_rounds, size_t most)
{
    int wrong = 0;
    for (int round = 0; round < n_rounds && wrong < 10; round++)
        for (int k = 0; k < N_KINDS; k++) {
            const int w = n_wrong_of_kind(kinds[k], most);
            if (w > 0)
                tap_note("of kind %d, round %d", k, round);
            wrong += w;
        }
    CU_ASSERT_EQUAL(wrong, 0);
}

static int rounds(int n)
{
    return tap_long() ? 100 * n : n;
}

static void same_bytes(void)
{
    compare(rounds(150), MAX_N);
}

static void same_bytes_of_few(void)
{
    compare(rounds(1000), 40);
}

/* What the front end does to the mode, it undoes; what it raises, it clears. */
static void any_mode(void)
{
    static const int mode[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO,
                               FE_TONEAREST};
    for (int i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(fesetround(mode[i]), 0);
        feclearexcept(FE_ALL_EXCEPT);
        compare(rounds(20), MAX_N);
        CU_ASSERT_EQUAL(fetestexcept(FE_ALL_EXCEPT), 0);
        CU_ASSERT_EQUAL(fegetround(), mode[i]);
    }
    fesetround(FE_TONEAREST);
#ifdef __SSE2__
    const unsigned before = _mm_getcsr();
    _mm_setcsr(before | 0x8040); /* flush to zero, denormals are zero */
    compare(rounds(20), MAX_N);
    CU_ASSERT_EQUAL(_mm_getcsr(), before | 0x8040);
    _mm_setcsr(before & ~0x1f80u); /* every exception traps */
    int64_t sum[XSUM_WORDS] = {0};
    static double x[100];
    for (int i = 0; i < 100; i++)
        x[i] = i % 2 ? DBL_MAX : DBL_TRUE_MIN;
    xsum_add(sum, x, 100);
    int64_t squares[XSQR_WORDS] = {0};
    xsqr_add(squares, x, 100); /* which overflow and underflow */
    _mm_setcsr(before);
#endif
}

/* Sums as heavy as may be, to which wide pieces are added. */
static void heavy(void)
{
    static double x[MAX_N];
    for (int i = 0; i < MAX_N; i++)
        x[i] = any_finite(i);
    for (int i = 0; i < 4; i++) {
        const struct xsum_vector *v = xsum_vector_find(names[i]);
        int64_t sum[XSUM_WORDS] = {0}, expected[XSUM_WORDS] = {0};
        add_singly(expected, x, MAX_N);
        sum[XSUM_WEIGHT] = XSUM_MAX_WEIGHT - 1000;
        xsum_add_by(v, sum, x, 900);
        CU_ASSERT(xsum_valid(sum, XSUM_N));
        sum[XSUM_WEIGHT] = XSUM_MAX_WEIGHT;
        xsum_add_by(v, sum, x + 900, MAX_N - 900);
        CU_ASSERT(xsum_valid(sum, XSUM_N));
        xsum_normalise(sum, XSUM_N);
        CU_ASSERT_EQUAL(memcmp(sum, expected, sizeof sum), 0);
    }
}

static void heavy_products(void)
{
    static double x[4096];
    for (int i = 0; i < 4096; i++)
        x[i] = i % 2048 < 512 ? any_finite(i)
                              : i % 2048 < 1024 ? wide(i) : both_signs(i);
    for (int i = 0; i < 4; i++) {
        const struct xsum_vector *v = xsum_vector_find(names[i]);
        int64_t sum[XSQR_WORDS] = {0}, expected[XSQR_WORDS] = {0};
        for (int j = 0; j < 4096; j++)
            xdot_add_by(NULL, expected, x + j, x + j, 1, 1);
        for (int j = 0; j < 4096; j += 512) {
            sum[XSUM_WEIGHT] = XSUM_MAX_WEIGHT - (j / 512 + 4) % 6 * 256;
            xdot_add_by(v, sum, x + j, x + j, 1, 512);
            CU_ASSERT(xsum_valid(sum, XSQR_N));
        }
        xsum_normalise(sum, XSQR_N);
        xsum_normalise(expected, XSQR_N);
        CU_ASSERT_EQUAL(memcmp(sum, expected, sizeof sum), 0);
    }
}

/* Lanes of any number and alignment; a sum may be merged with itself. */
static void lanes(void)
{
    static int64_t a[200], b[200], expected[200];
    for (int round = 0; round < rounds(2000); round++) {
        for (int i = 0; i < 200; i++) {
            a[i] = expected[i] = (int64_t)draw();
            b[i] = (int64_t)draw();
        }
        const int n = (int)below(180), at = (int)below(9);
        const int64_t *const from = round % 5 ? b + below(9) : a + at;
        for (int i = 0; i < n; i++)
            expected[at + i] =
                (int64_t)((uint64_t)a[at + i] + (uint64_t)from[i]);
        const struct xsum_vector *v = xsum_vector_find(names[round % 3]);
        if (v == NULL)
            continue;
        v->add_lanes(a + at, from, n);
        CU_ASSERT_EQUAL(memcmp(a, expected, sizeof a), 0);
    }
}

static void versions(void)
{
    CU_ASSERT_PTR_NULL(xsum_vector_find("sse9"));
    CU_ASSERT_PTR_EQUAL(xsum_vector(), xsum_vector());
    for (int i = 0; i < 3; i++)
        tap_note("%s: %s", names[i],
                 xsum_vector_find(names[i]) ? "tested" : "not on this CPU");
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"versions", versions},
        {"all have the same bytes", same_bytes},
        {"of few values too", same_bytes_of_few},
        {"in any mode", any_mode},
        {"added to heavy sums", heavy},
        {"of products too", heavy_products},
        {"lanes of any number", lanes},
    };
    return TAP_RUN(tests);
}
