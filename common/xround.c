/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From superaccumulators to results: the second half of xsum.h.
 *
 * A sum becomes a sign and a magnitude of 64-bit limbs, which is multiplied
 * and divided exactly (schoolbook, 128-bit intermediates; a remainder leaves
 * a sticky bit) and rounded once, in round_magnitude, the only place that
 * rounds. A double is put together from integers, so the result is the same
 * under any rounding mode and whether or not denormals are flushed.
 */
#include "xsum.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

typedef unsigned __int128 uint128;

/* The top digit is 64 bits wide, so n digits need n/2 + 1 limbs. The longest
 * here is the square of a sum: twice as long as the sum. */
#define SUM_LIMBS (XSUM_N / 2 + 1)
#define SQR_LIMBS (XSQR_N / 2 + 1)
#define INT_LIMBS (XINT_N / 2 + 1)
#define MAX_LIMBS (2 * SUM_LIMBS)

_Static_assert(SQR_LIMBS + 1 <= MAX_LIMBS, "squares times a count fit");
_Static_assert(SUM_LIMBS + 1 <= MAX_LIMBS, "a sum and a limb below it fit");

/* (-1)^negative * (limbs + something in [0,1)) * 2^exponent; the something is
 * not 0 if sticky. */
struct magnitude {
    uint64_t limb[MAX_LIMBS]; /* lowest first; those from n up are 0 */
    int n;
    int exponent;
    int negative;
    int sticky;
};

#define BITS_INFINITY UINT64_C(0x7ff0000000000000)
#define BITS_NAN UINT64_C(0x7ff8000000000000)
#define BITS_SIGN UINT64_C(0x8000000000000000)

static double double_of(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Minus the limbs, in two's complement. */
static void negate(struct magnitude *m)
{
    uint64_t carry = 1;
    for (int i = 0; i < m->n; i++) {
        m->limb[i] = ~m->limb[i] + carry;
        carry = carry && m->limb[i] == 0;
    }
}

/* The digits of a sum as sign and magnitude. */
static void magnitude_init(struct magnitude *m, const int64_t *sum,
                           int n_digits, int exponent)
{
    int64_t copy[XSQR_WORDS];
    memcpy(copy, sum, (size_t)(XSUM_DIGITS + n_digits) * sizeof *copy);
    xsum_normalise(copy, n_digits);

    const int64_t *digit = copy + XSUM_DIGITS;
    const int64_t top = digit[n_digits - 1];
    memset(m, 0, sizeof *m);
    m->n = n_digits / 2 + 1;
    m->exponent = exponent;
    for (int i = 0; i < n_digits; i++)
        m->limb[i / 2] |= (uint64_t)digit[i] << (i % 2 ? 32 : 0);
    if (n_digits % 2 == 0) /* else the top digit has a limb to itself */
        m->limb[m->n - 1] = (uint64_t)(top >> 32);
    m->negative = top < 0;
    if (m->negative)
        negate(m);
}

/* a - b; sets a->negative. Both non-negative before, with one exponent. */
static void subtract(struct magnitude *a, const struct magnitude *b)
{
    uint64_t borrow = 0;
    assert(a->exponent == b->exponent);
    a->n = MAX_LIMBS;
    for (int i = 0; i < MAX_LIMBS; i++) {
        const uint128 d = (uint128)a->limb[i] - b->limb[i] - borrow;
        a->limb[i] = (uint64_t)d;
        borrow = (uint64_t)(d >> 64) & 1;
    }
    a->negative = borrow != 0;
    if (a->negative)
        negate(a);
}

static void multiply(struct magnitude *m, uint64_t factor)
{
    uint64_t carry = 0;
    assert(m->n < MAX_LIMBS);
    m->n++;
    for (int i = 0; i < m->n; i++) {
        const uint128 p = (uint128)m->limb[i] * factor + carry;
        m->limb[i] = (uint64_t)p;
        carry = (uint64_t)(p >> 64);
    }
}

static void square(struct magnitude *out, const struct magnitude *m)
{
    assert(2 * m->n <= MAX_LIMBS);
    memset(out, 0, sizeof *out);
    out->n = 2 * m->n;
    out->exponent = 2 * m->exponent;
    for (int i = 0; i < m->n; i++) {
        uint64_t carry = 0;
        for (int j = 0; j < m->n; j++) {
            const uint128 p =
                (uint128)m->limb[i] * m->limb[j] + out->limb[i + j] + carry;
            out->limb[i + j] = (uint64_t)p;
            carry = (uint64_t)(p >> 64);
        }
        out->limb[i + m->n] = carry;
    }
}

/* Divides, rounding down; what is lost goes into sticky. Returns the
 * remainder. Floors nest: dividing by a, then by b is dividing by a * b. */
static uint64_t divide(struct magnitude *m, uint64_t divisor)
{
    uint64_t rest = 0;
    for (int i = m->n - 1; i >= 0; i--) {
        const uint128 part = (uint128)rest << 64 | m->limb[i];
        m->limb[i] = (uint64_t)(part / divisor);
        rest = (uint64_t)(part % divisor);
    }
    m->sticky |= rest != 0;
    return rest;
}

/* 64 more bits below the point, for a quotient to be exact enough. */
static void extend_below(struct magnitude *m)
{
    assert(m->n < MAX_LIMBS);
    memmove(m->limb + 1, m->limb, (size_t)m->n * sizeof *m->limb);
    m->limb[0] = 0;
    m->n++;
    m->exponent -= 64;
}

/* The number of bits up to the highest that is set; 0 for zero. */
static int bit_length(const struct magnitude *m)
{
    for (int i = m->n - 1; i >= 0; i--)
        if (m->limb[i])
            return 64 * (i + 1) - __builtin_clzll(m->limb[i]);
    return 0;
}

static int test_bit(const struct magnitude *m, int at)
{
    return m->limb[at / 64] >> (at % 64) & 1;
}

static int any_below(const struct magnitude *m, int at)
{
    for (int i = 0; i < at / 64; i++)
        if (m->limb[i])
            return 1;
    return (m->limb[at / 64] & ((UINT64_C(1) << (at % 64)) - 1)) != 0;
}

/* The 53 bits from bit `at` up; there are none above them. */
static uint64_t bits_from(const struct magnitude *m, int at)
{
    const int i = at / 64, shift = at % 64;
    const uint64_t above = i + 1 < MAX_LIMBS ? m->limb[i + 1] : 0;
    return m->limb[i] >> shift | above << 1 << (63 - shift);
}

/*
 * To nearest, ties to even. The lowest bit of a double stands for 2^lowest:
 * 52 below its highest, but not below 2^-1074. With q the integer above it,
 * (lowest + 1074) * 2^52 + q are the double's bits, for normals (whose q
 * brings its 2^52 into the exponent), subnormals (lowest = -1074) and a
 * q + 1 that has become 2^53 (at the top: infinity). A sticky bit needs a bit
 * below q to stand in.
 */
static double round_magnitude(const struct magnitude *m)
{
    const uint64_t sign = m->negative ? BITS_SIGN : 0;
    const int length = bit_length(m);
    int lowest = length + m->exponent - 53;
    if (lowest < -1074)
        lowest = -1074;
    if (lowest > 971)
        return double_of(sign | BITS_INFINITY);
    if (length == 0)
        return double_of(sign);

    const int drop = lowest - m->exponent;
    assert(drop >= m->sticky);
    if (drop > length) /* less than half of the smallest */
        return double_of(sign);
    uint64_t q = drop < 64 * MAX_LIMBS ? bits_from(m, drop) : 0;
    if (drop > 0 && test_bit(m, drop - 1) &&
        (q & 1 || m->sticky || any_below(m, drop - 1)))
        q++;
    return double_of(sign | (((uint64_t)(lowest + 1074) << 52) + q));
}

/* Did what came decide the result, whatever the digits are? */
static int special(const int64_t *sum, double *out)
{
    uint64_t bits;
    if (sum[XSUM_NAN] || (sum[XSUM_PINF] && sum[XSUM_NINF]))
        bits = BITS_NAN;
    else if (sum[XSUM_PINF])
        bits = BITS_INFINITY;
    else if (sum[XSUM_NINF])
        bits = BITS_SIGN | BITS_INFINITY;
    else if (sum[XSUM_NZERO] && !sum[XSUM_OTHER])
        bits = BITS_SIGN;
    else
        return 0;
    *out = double_of(bits);
    return 1;
}

double xsum_round(const int64_t *sum)
{
    double result;
    if (special(sum, &result))
        return result;
    struct magnitude m;
    magnitude_init(&m, sum, XSUM_N, XSUM_EXPONENT);
    return round_magnitude(&m);
}

double xsum_mean(const int64_t *sum, uint64_t count)
{
    double result;
    if (count == 0)
        return double_of(BITS_NAN);
    if (special(sum, &result))
        return result;
    struct magnitude m;
    magnitude_init(&m, sum, XSUM_N, XSUM_EXPONENT);
    extend_below(&m);
    divide(&m, count);
    return round_magnitude(&m);
}

static int has_special(const int64_t *sum)
{
    return sum[XSUM_NAN] || sum[XSUM_PINF] || sum[XSUM_NINF];
}

/* The squares' exponent is twice that of the sum and far below 2^-1074, so
 * the quotient needs no more bits below. */
double xsum_variance(const int64_t *sum, const int64_t *squares, uint64_t count)
{
    struct magnitude s, s_squared, m;
    if (count < 2 || has_special(sum) || has_special(squares))
        return double_of(BITS_NAN);
    magnitude_init(&s, sum, XSUM_N, XSUM_EXPONENT);
    magnitude_init(&m, squares, XSQR_N, XSQR_EXPONENT);
    square(&s_squared, &s);
    if (m.negative) /* not from squares */
        return double_of(BITS_NAN);
    multiply(&m, count);
    subtract(&m, &s_squared);
    if (m.negative) /* not the sums of the same values */
        return double_of(BITS_NAN);
    divide(&m, count);
    divide(&m, count - 1);
    return round_magnitude(&m);
}

void xint_decimal(const int64_t *sum, char out[64])
{
    const uint64_t ten_to_19 = UINT64_C(10000000000000000000);
    struct magnitude m;
    magnitude_init(&m, sum, XINT_N, 0);

    uint64_t part[4]; /* of 19 decimals, lowest first: 2^191 has 58 */
    int n = 0;
    do
        part[n++] = divide(&m, ten_to_19);
    while (bit_length(&m) > 0);

    int at = snprintf(out, 64, "%s%llu", m.negative ? "-" : "",
                      (unsigned long long)part[n - 1]);
    for (int i = n - 2; i >= 0; i--)
        at += snprintf(out + at, 64 - (size_t)at, "%019llu",
                       (unsigned long long)part[i]);
}

int xint_to_i64(const int64_t *sum, int64_t *out)
{
    struct magnitude m;
    magnitude_init(&m, sum, XINT_N, 0);
    const int length = bit_length(&m);
    const uint64_t low = m.limb[0];
    if (length > 64 || low > (uint64_t)INT64_MAX + (uint64_t)m.negative)
        return 0;
    *out = (int64_t)(m.negative ? -low : low);
    return 1;
}

int xint_to_u64(const int64_t *sum, uint64_t *out)
{
    struct magnitude m;
    magnitude_init(&m, sum, XINT_N, 0);
    if (m.negative || bit_length(&m) > 64)
        return 0;
    *out = m.limb[0];
    return 1;
}
