/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Superaccumulators: adding products of two doubles, each exact. One by one
 * they are products of integers. Many at once are sums of two doubles each, the
 * rounded product and its error (an FMA has it), which are added as arrays are;
 * but where one would underflow or overflow.
 */
#include "xsum_digit.h"
#include "xsum_vector.h"

#define FEWEST 32 /* for which vectors pay */
#define BITS_INFINITY ((uint64_t)EXPONENT_SPECIAL << FRACTION_BITS)

static inline int is_special(uint64_t bits)
{
    return exponent_of(bits) == EXPONENT_SPECIAL;
}

/* Adds a finite product: at most 106 + 31 bits, so five digits. In two's
 * complement the lower four come out as they are, the fifth has the sign. */
static inline void add_product(int64_t *digit, uint64_t x, uint64_t y)
{
    uint64_t a, b;
    const unsigned at = split(x, &a) + split(y, &b);
    const unsigned shift = at % DIGIT_BITS;
    const unsigned __int128 magnitude = (unsigned __int128)a * b;
    const unsigned __int128 sign = -(unsigned __int128)((x ^ y) >> 63);
    const unsigned __int128 product = (magnitude ^ sign) - sign;
    const uint64_t low = (uint64_t)product, high = (uint64_t)(product >> 64);
    const uint64_t word0 = low << shift;
    const uint64_t word1 = high << shift | low >> 1 >> (63 - shift);

    digit += at / DIGIT_BITS;
    lane_add(&digit[0], word0 & DIGIT_MASK);
    lane_add(&digit[1], word0 >> DIGIT_BITS);
    lane_add(&digit[2], word1 & DIGIT_MASK);
    lane_add(&digit[3], word1 >> DIGIT_BITS);
    lane_add(&digit[4], (uint64_t)((int64_t)high >> 1 >> (63 - shift)));
}

/* The lane that counts a product with a factor that is not finite. */
static int special_lane(uint64_t x, uint64_t y)
{
    const uint64_t a = x & ~SIGN_BIT, b = y & ~SIGN_BIT;
    if (a > BITS_INFINITY || b > BITS_INFINITY || a == 0 || b == 0)
        return XSUM_NAN;
    return (x ^ y) & SIGN_BIT ? XSUM_NINF : XSUM_PINF;
}

/* Is it a zero times something, and negative? */
static inline int is_negative_zero(uint64_t x, uint64_t y)
{
    return (x << 1 == 0 || y << 1 == 0) && (x ^ y) >> 63;
}

/* The factors of the next products lie `stride` doubles further. */
static inline void add_singly(int64_t *sum, const double *x, const double *y,
                              size_t stride, size_t n)
{
    uint64_t n_negative_zeros = 0, n_others = 0;
    for (size_t i = 0; i < n * stride; i += stride) {
        const uint64_t a = bits_of(&x[i]), b = bits_of(&y[i]);
        if (__builtin_expect(is_special(a) || is_special(b), 0)) {
            lane_add(&sum[special_lane(a, b)], 1);
        } else if (__builtin_expect(is_negative_zero(a, b), 0)) {
            n_negative_zeros++;
        } else {
            add_product(sum + XSUM_DIGITS, a, b);
            n_others++;
        }
    }
    lane_add(&sum[XSUM_NZERO], n_negative_zeros);
    lane_add(&sum[XSUM_OTHER], n_others);
}

/* In vector registers: how many of the first, all that make whole steps or
 * none. */
static inline size_t add_vectors(const struct xsum_vector *vector, int64_t *sum,
                                 const double *x, const double *y,
                                 size_t stride, size_t n)
{
    const size_t steps = n / XSUM_VECTOR_STEP * XSUM_VECTOR_STEP;
    if (n < FEWEST || vector == NULL || vector->multiply == NULL)
        return 0;
    return xsum_add_products(vector, sum, x, y, stride, steps) ? steps : 0;
}

void xdot_add_by(const struct xsum_vector *vector, int64_t *sum,
                 const double *x, const double *y, size_t stride, size_t n)
{
    while (n > 0) {
        const size_t block = n < XSUM_PRODUCTS ? n : XSUM_PRODUCTS;
        if (sum[XSUM_WEIGHT] > XSUM_MAX_WEIGHT - 4 * (int64_t)block)
            xsum_normalise(sum, XSQR_N);
        lane_add(&sum[XSUM_WEIGHT], block);
        const size_t done = add_vectors(vector, sum, x, y, stride, block);
        add_singly(sum, x + done * stride, y + done * stride, stride,
                   block - done);
        x += block * stride;
        y += block * stride;
        n -= block;
    }
}

void xsqr_add(int64_t *sum, const double *x, size_t n)
{
    xdot_add_by(xsum_vector(), sum, x, x, 1, n);
}

void xdot_add(int64_t *sum, const double *x, const double *y, size_t n)
{
    xdot_add_by(xsum_vector(), sum, x, y, 1, n);
}

void xdot_add_pairs(int64_t *sum, const double *xy, size_t n)
{
    if (n > 0) /* a batch of nothing may be NULL */
        xdot_add_by(xsum_vector(), sum, xy, xy + 1, 2, n);
}
