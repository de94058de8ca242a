/* SPDX-License-Identifier: Apache-2.0 */
/* Long numbers, exact until they are rounded: see magnitude.h. */
#include "magnitude.h"
#include "xsum.h"

#include <assert.h>
#include <string.h>

typedef unsigned __int128 uint128;

/* The top digit is 64 bits wide, so n digits need n/2 + 1 limbs. */
#define SUM_LIMBS (XSUM_N / 2 + 1)
#define SQR_LIMBS (XSQR_N / 2 + 1)

_Static_assert(2 * SUM_LIMBS + MAGNITUDE_MORE <= MAGNITUDE_LIMBS,
               "the square of a sum fits");
_Static_assert(SQR_LIMBS + 1 + MAGNITUDE_MORE <= MAGNITUDE_LIMBS,
               "squares times a count fit");

/* Minus the limbs, in two's complement. */
static void negate(struct magnitude *m)
{
    uint64_t carry = 1;
    for (int i = 0; i < m->n; i++) {
        m->limb[i] = ~m->limb[i] + carry;
        carry = carry && m->limb[i] == 0;
    }
}

/* Without the zeros at the top. */
static void trim(struct magnitude *m)
{
    while (m->n > 1 && m->limb[m->n - 1] == 0)
        m->n--;
}

void magnitude_init(struct magnitude *m, const int64_t *sum, int n_digits,
                    int exponent)
{
    int64_t copy[XSQR_WORDS]; /* the longest there is */
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
    trim(m);
}

int magnitude_bits(const struct magnitude *m)
{
    for (int i = m->n - 1; i >= 0; i--)
        if (m->limb[i])
            return 64 * (i + 1) - __builtin_clzll(m->limb[i]);
    return 0;
}

void magnitude_subtract(struct magnitude *a, const struct magnitude *b)
{
    uint64_t borrow = 0;
    assert(a->exponent == b->exponent);
    if (a->n < b->n)
        a->n = b->n;
    for (int i = 0; i < a->n; i++) {
        const uint128 d = (uint128)a->limb[i] - b->limb[i] - borrow;
        a->limb[i] = (uint64_t)d;
        borrow = (uint64_t)(d >> 64) & 1;
    }
    a->negative = borrow != 0;
    if (a->negative)
        negate(a);
    trim(a);
}

void magnitude_multiply(struct magnitude *m, uint64_t factor)
{
    uint64_t carry = 0;
    assert(m->n < MAGNITUDE_LIMBS);
    m->n++;
    for (int i = 0; i < m->n; i++) {
        const uint128 p = (uint128)m->limb[i] * factor + carry;
        m->limb[i] = (uint64_t)p;
        carry = (uint64_t)(p >> 64);
    }
    trim(m);
}

void magnitude_square(struct magnitude *out, const struct magnitude *m)
{
    assert(2 * m->n <= MAGNITUDE_LIMBS);
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

void magnitude_extend(struct magnitude *m, int n)
{
    assert(m->n + n <= MAGNITUDE_LIMBS && !m->sticky);
    memmove(m->limb + n, m->limb, (size_t)m->n * sizeof *m->limb);
    memset(m->limb, 0, (size_t)n * sizeof *m->limb);
    m->n += n;
    m->exponent -= 64 * n;
}

uint64_t magnitude_divide(struct magnitude *m, uint64_t divisor)
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

/* 64 bits from bit `at` up. */
static uint64_t bits_from(const struct magnitude *m, int at)
{
    const int i = at / 64, shift = at % 64;
    const uint64_t above = i + 1 < MAGNITUDE_LIMBS ? m->limb[i + 1] : 0;
    return m->limb[i] >> shift | above << 1 << (63 - shift);
}

/* The square root of x, rounded down, bit by bit. */
static uint64_t root_of(uint128 x)
{
    uint64_t root = 0;
    for (uint64_t bit = UINT64_C(1) << 63; bit != 0; bit >>= 1) {
        const uint64_t next = root | bit;
        if ((uint128)next * next <= x)
            root = next;
    }
    return root;
}

/* The root of a floor is the floor of the root: the highest 127 or 128 bits
 * are enough, those from an even power of two up. */
void magnitude_root(struct magnitude *m)
{
    const int length = magnitude_bits(m);
    if (length == 0 || m->kind != MAGNITUDE_FINITE)
        return;
    int drop = length - 128;
    drop += (m->exponent + drop) & 1;
    assert(!m->negative && (drop >= 0 || !m->sticky));
    uint128 x;
    if (drop >= 0)
        x = (uint128)bits_from(m, drop + 64) << 64 | bits_from(m, drop);
    else
        x = ((uint128)m->limb[1] << 64 | m->limb[0]) << -drop;
    const uint64_t root = root_of(x);
    const int sticky = m->sticky || (uint128)root * root != x ||
                       (drop > 0 && any_below(m, drop));
    const int exponent = (m->exponent + drop) / 2;
    *m = (struct magnitude){
        .limb = {root}, .n = 1, .exponent = exponent, .sticky = sticky};
}

/* A binary format of IEEE 754. The lowest bit of a finite number stands for a
 * power of two between these: */
struct format {
    int precision, smallest, largest;
};

/*
 * To nearest, ties to even, as the bits of the format without the sign. The
 * lowest bit stands for 2^lowest: precision - 1 below the highest, but not
 * below 2^smallest. With q the integer above it, (lowest - smallest) *
 * 2^(precision - 1) + q are the bits, for normals (whose q brings its highest
 * bit into the exponent), subnormals (lowest = smallest) and a q + 1 that has
 * become a power of two (at the top: infinity). A sticky bit needs a bit below
 * q to stand in.
 */
static uint64_t round_to(const struct format *f, const struct magnitude *m)
{
    const int fraction = f->precision - 1;
    const uint64_t infinity = (uint64_t)(f->largest - f->smallest + 2)
                              << fraction;
    if (m->kind != MAGNITUDE_FINITE)
        return m->kind == MAGNITUDE_NAN ? infinity | infinity >> 1 : infinity;

    const int length = magnitude_bits(m);
    int lowest = length + m->exponent - f->precision;
    if (lowest < f->smallest)
        lowest = f->smallest;
    const int drop = lowest - m->exponent;
    if (length == 0 || drop > length) /* less than half of the smallest */
        return 0;
    if (lowest > f->largest)
        return infinity;

    assert(drop >= m->sticky);
    uint64_t q = drop < 64 * MAGNITUDE_LIMBS ? bits_from(m, drop) : 0;
    if (drop > 0 && test_bit(m, drop - 1) &&
        (q & 1 || m->sticky || any_below(m, drop - 1)))
        q++;
    return ((uint64_t)(lowest - f->smallest) << fraction) + q;
}

double magnitude_to_double(const struct magnitude *m)
{
    static const struct format binary64 = {53, -1074, 971};
    const uint64_t sign = m->negative != 0;
    const uint64_t bits = round_to(&binary64, m) | sign << 63;
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

float magnitude_to_float(const struct magnitude *m)
{
    static const struct format binary32 = {24, -149, 104};
    const uint32_t sign = m->negative != 0;
    const uint32_t bits = (uint32_t)round_to(&binary32, m) | sign << 31;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}
