/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that add to superaccumulators share: the bits of doubles, and
 * lanes and weights of a sum that is being added to (xsum.h). */
#ifndef FANFOLD_COMMON_XSUM_DIGIT_H
#define FANFOLD_COMMON_XSUM_DIGIT_H

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

/* Takes the next block off *n: makes room for twice its weight, counts it in
 * the weight and as ordinary values, returns its length. */
static inline size_t take_block(int64_t *sum, size_t *n, int n_digits)
{
    const size_t block = *n < BLOCK ? *n : BLOCK;
    if (sum[XSUM_WEIGHT] > XSUM_MAX_WEIGHT - 2 * (int64_t)block)
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

/* Adds x * 2^(at - 1074), at <= 2046. In two's complement the lower two of
 * three digits come out as they are, the third has the sign; each changes by
 * at most 2^32. */
static inline void add_scaled(int64_t *digit, int64_t x, unsigned at)
{
    const unsigned shift = at % DIGIT_BITS;
    const uint64_t low = (uint64_t)x << shift;

    digit += at / DIGIT_BITS;
    lane_add(&digit[0], low & DIGIT_MASK);
    lane_add(&digit[1], low >> DIGIT_BITS);
    lane_add(&digit[2], (uint64_t)(x >> 1 >> (63 - shift)));
}

static inline void add_special(int64_t *sum, uint64_t bits)
{
    if (bits & FRACTION_MASK)
        recount(sum, XSUM_NAN, 1);
    else
        recount(sum, bits & SIGN_BIT ? XSUM_NINF : XSUM_PINF, 1);
}

#endif
