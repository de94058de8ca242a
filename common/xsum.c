/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Superaccumulators: adding, merging and normalising (the digits' meaning and
 * the weight are explained in xsum.h; xround.c turns sums into results).
 *
 * Only integers are computed with, so nothing here depends on the rounding
 * mode or on denormals being flushed. Lanes are added modulo 2^64: for sums
 * that are what they say they never wrap (a weight of 2^30 bounds a digit by
 * 2^62), and a made-up one gives a wrong number, not undefined behaviour.
 */
#include "xsum.h"

#include <string.h>

#define DIGIT_BITS 32
#define DIGIT_MASK UINT64_C(0xffffffff)
#define EXPONENT_SPECIAL 0x7ff
#define FRACTION_BITS 52
#define FRACTION_MASK ((UINT64_C(1) << FRACTION_BITS) - 1)
#define SIGN_BIT (UINT64_C(1) << 63)

/* Values that are added between two looks at the weight. */
#define BLOCK ((size_t)1 << 16)

static inline void lane_add(int64_t *lane, uint64_t x)
{
    *lane = (int64_t)((uint64_t)*lane + x);
}

/* Takes the next block off *n: makes room for it, counts it in the weight and
 * as ordinary values, returns its length. */
static size_t take_block(int64_t *sum, size_t *n, int n_digits)
{
    const size_t block = *n < BLOCK ? *n : BLOCK;
    if (sum[XSUM_WEIGHT] > XSUM_MAX_WEIGHT - (int64_t)block)
        xsum_normalise(sum, n_digits);
    lane_add(&sum[XSUM_WEIGHT], block);
    lane_add(&sum[XSUM_OTHER], block);
    *n -= block;
    return block;
}

/* A value of take_block was none of the others but of this lane. */
static inline void recount(int64_t *sum, int lane, uint64_t n)
{
    lane_add(&sum[lane], n);
    lane_add(&sum[XSUM_OTHER], -n);
}

static inline uint64_t bits_of(const double *x)
{
    uint64_t bits;
    memcpy(&bits, x, sizeof bits);
    return bits;
}

static inline unsigned exponent_of(uint64_t bits)
{
    return (unsigned)(bits >> FRACTION_BITS) & EXPONENT_SPECIAL;
}

/* |x| = *mantissa * 2^(result - 1074), for finite x. */
static inline unsigned split(uint64_t bits, uint64_t *mantissa)
{
    const unsigned exponent = exponent_of(bits);
    const unsigned normal = exponent != 0;
    *mantissa = (bits & FRACTION_MASK) | (uint64_t)normal << FRACTION_BITS;
    return exponent - normal;
}

/* The bits of x * 2^shift from 2^64 up; shift < 64. */
static inline uint64_t shifted_out(uint64_t x, unsigned shift)
{
    return x >> 1 >> (63 - shift);
}

/* Adds one finite double: at most 53 + 31 bits, so three digits. In two's
 * complement the lower two come out as they are, the third has the sign. */
static inline void add_finite(int64_t *digit, uint64_t bits)
{
    uint64_t mantissa;
    const unsigned at = split(bits, &mantissa);
    const unsigned shift = at % DIGIT_BITS;
    const uint64_t sign = (uint64_t)((int64_t)bits >> 63); /* 0 or ~0 */
    const int64_t x = (int64_t)((mantissa ^ sign) - sign);
    const uint64_t low = (uint64_t)x << shift;

    digit += at / DIGIT_BITS;
    lane_add(&digit[0], low & DIGIT_MASK);
    lane_add(&digit[1], low >> DIGIT_BITS);
    lane_add(&digit[2], (uint64_t)(x >> 1 >> (63 - shift)));
}

static void add_special(int64_t *sum, uint64_t bits)
{
    if (bits & FRACTION_MASK)
        recount(sum, XSUM_NAN, 1);
    else
        recount(sum, bits & SIGN_BIT ? XSUM_NINF : XSUM_PINF, 1);
}

void xsum_add(int64_t *sum, const double *x, size_t n)
{
    while (n > 0) {
        const size_t block = take_block(sum, &n, XSUM_N);
        uint64_t n_negative_zeros = 0;
        for (size_t i = 0; i < block; i++) {
            const uint64_t bits = bits_of(&x[i]);
            if (__builtin_expect(exponent_of(bits) == EXPONENT_SPECIAL, 0)) {
                add_special(sum, bits);
                continue;
            }
            n_negative_zeros += bits == SIGN_BIT;
            add_finite(sum + XSUM_DIGITS, bits);
        }
        recount(sum, XSUM_NZERO, n_negative_zeros);
        x += block;
    }
}

/* Adds the square of a finite double: 106 + 31 bits, so five digits. */
static inline void add_square(int64_t *digit, uint64_t bits)
{
    uint64_t mantissa;
    const unsigned at = 2 * split(bits, &mantissa);
    const unsigned shift = at % DIGIT_BITS;
    const unsigned __int128 square = (unsigned __int128)mantissa * mantissa;
    const uint64_t low = (uint64_t)square, high = (uint64_t)(square >> 64);
    const uint64_t word0 = low << shift;
    const uint64_t word1 = high << shift | shifted_out(low, shift);

    digit += at / DIGIT_BITS;
    lane_add(&digit[0], word0 & DIGIT_MASK);
    lane_add(&digit[1], word0 >> DIGIT_BITS);
    lane_add(&digit[2], word1 & DIGIT_MASK);
    lane_add(&digit[3], word1 >> DIGIT_BITS);
    lane_add(&digit[4], shifted_out(high, shift));
}

void xsqr_add(int64_t *sum, const double *x, size_t n)
{
    while (n > 0) {
        const size_t block = take_block(sum, &n, XSQR_N);
        for (size_t i = 0; i < block; i++) {
            const uint64_t bits = bits_of(&x[i]) & ~SIGN_BIT;
            if (__builtin_expect(exponent_of(bits) == EXPONENT_SPECIAL, 0))
                add_special(sum, bits);
            else
                add_square(sum + XSUM_DIGITS, bits);
        }
        x += block;
    }
}

void xint_add_i64(int64_t *sum, const int64_t *x, size_t n)
{
    while (n > 0) {
        const size_t block = take_block(sum, &n, XINT_N);
        uint64_t low = 0, high = 0;
        for (size_t i = 0; i < block; i++) {
            low += (uint64_t)x[i] & DIGIT_MASK;
            high += (uint64_t)(x[i] >> DIGIT_BITS);
        }
        lane_add(&sum[XSUM_DIGITS], low);
        lane_add(&sum[XSUM_DIGITS + 1], high);
        x += block;
    }
}

void xint_add_u64(int64_t *sum, const uint64_t *x, size_t n)
{
    while (n > 0) {
        const size_t block = take_block(sum, &n, XINT_N);
        uint64_t low = 0, high = 0;
        for (size_t i = 0; i < block; i++) {
            low += x[i] & DIGIT_MASK;
            high += x[i] >> DIGIT_BITS;
        }
        lane_add(&sum[XSUM_DIGITS], low);
        lane_add(&sum[XSUM_DIGITS + 1], high);
        x += block;
    }
}

static void add_lanes(int64_t *into, const int64_t *from, int n_digits)
{
    for (int i = 0; i < XSUM_DIGITS + n_digits; i++)
        lane_add(&into[i], (uint64_t)from[i]);
}

/* Too heavy for a plain merge? Made-up weights may be, none overflows. */
static int too_heavy(const int64_t *a, const int64_t *b)
{
    const uint64_t weight = (uint64_t)a[XSUM_WEIGHT] + (uint64_t)b[XSUM_WEIGHT];
    return weight > (uint64_t)XSUM_MAX_WEIGHT;
}

void xsum_merge(int64_t *into, const int64_t *from, int n_digits)
{
    if (too_heavy(into, from))
        xsum_normalise(into, n_digits);
    if (!too_heavy(into, from)) {
        add_lanes(into, from, n_digits);
        return;
    }
    int64_t light[XSQR_WORDS]; /* the longest there is */
    memcpy(light, from, (size_t)(XSUM_DIGITS + n_digits) * sizeof *light);
    xsum_normalise(light, n_digits);
    add_lanes(into, light, n_digits);
}

void xsum_normalise(int64_t *sum, int n_digits)
{
    int64_t *digit = sum + XSUM_DIGITS;
    int64_t carry = 0;

    if (sum[XSUM_WEIGHT] == 0)
        return; /* empty, and that form is canonical too */
    for (int i = 0; i < n_digits - 1; i++) {
        lane_add(&digit[i], (uint64_t)carry);
        carry = digit[i] >> DIGIT_BITS; /* rounds down: the rest is >= 0 */
        digit[i] &= (int64_t)DIGIT_MASK;
    }
    lane_add(&digit[n_digits - 1], (uint64_t)carry);
    sum[XSUM_WEIGHT] = 1;
}

static int all_zero(const int64_t *lane, int n)
{
    int64_t any = 0;
    for (int i = 0; i < n; i++)
        any |= lane[i];
    return any == 0;
}

int xsum_valid(const int64_t *sum, int n_digits)
{
    const int64_t weight = sum[XSUM_WEIGHT];
    if (weight == 0)
        return all_zero(sum, XSUM_DIGITS + n_digits);
    if (weight < 0 || weight > XSUM_MAX_WEIGHT)
        return 0;
    for (int i = XSUM_WEIGHT + 1; i < XSUM_DIGITS; i++)
        if (sum[i] < 0)
            return 0;
    const int64_t bound = weight * (INT64_C(1) << DIGIT_BITS);
    for (int i = XSUM_DIGITS; i < XSUM_DIGITS + n_digits; i++)
        if (sum[i] < -bound || sum[i] > bound)
            return 0;
    return 1;
}
