/* SPDX-License-Identifier: Apache-2.0 */
/* Superaccumulators: adding integers of 64 bits, and their squares. */
#include "xsum_digit.h"

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

/* Squares of a block: total + carries * 2^128. */
struct squares {
    unsigned __int128 total;
    uint64_t carries;
};

static inline void add_square(struct squares *s, uint64_t x)
{
    const unsigned __int128 square = (unsigned __int128)x * x;
    s->total += square;
    s->carries += s->total < square;
}

/* Each digit changes by less than 2^32. */
static void put_squares(int64_t *sum, const struct squares *s)
{
    int64_t *digit = sum + XSUM_DIGITS;
    for (int i = 0; i < 4; i++)
        lane_add(&digit[i],
                 (uint64_t)(s->total >> (DIGIT_BITS * i)) & DIGIT_MASK);
    lane_add(&digit[4], s->carries);
}

void xint_sqr_add_i64(int64_t *sum, const int64_t *x, size_t n)
{
    while (n > 0) {
        const size_t block = take_block(sum, &n, XINT_SQR_N);
        struct squares s = {0, 0};
        for (size_t i = 0; i < block; i++)
            add_square(&s, x[i] < 0 ? -(uint64_t)x[i] : (uint64_t)x[i]);
        put_squares(sum, &s);
        x += block;
    }
}

void xint_sqr_add_u64(int64_t *sum, const uint64_t *x, size_t n)
{
    while (n > 0) {
        const size_t block = take_block(sum, &n, XINT_SQR_N);
        struct squares s = {0, 0};
        for (size_t i = 0; i < block; i++)
            add_square(&s, x[i]);
        put_squares(sum, &s);
        x += block;
    }
}
