/* SPDX-License-Identifier: Apache-2.0 */
/* Superaccumulators: adding integers of 64 bits. */
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
