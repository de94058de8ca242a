/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Superaccumulators: merging and normalising (the digits' meaning and the
 * weight are explained in xsum.h; xsum_array.c, xdot.c and xint.c add values,
 * xround.c turns sums into results).
 *
 * Only integers are computed with, so nothing here depends on the rounding
 * mode or on denormals being flushed. Lanes are added modulo 2^64: for sums
 * that are what they say they never wrap (a weight of 2^30 bounds a digit by
 * 2^62), and a made-up one gives a wrong number, not undefined behaviour.
 */
#include "xsum.h"
#include "xsum_vector.h"

#include <string.h>

#define DIGIT_BITS 32
#define DIGIT_MASK INT64_C(0xffffffff)

static inline void lane_add(int64_t *lane, uint64_t x)
{
    *lane = (int64_t)((uint64_t)*lane + x);
}

static void add_lanes(int64_t *into, const int64_t *from, int n_digits)
{
    const struct xsum_vector *vector = xsum_vector();
    if (vector != NULL) {
        vector->add_lanes(into, from, XSUM_DIGITS + n_digits);
        return;
    }
    for (int i = 0; i < XSUM_DIGITS + n_digits; i++)
        lane_add(&into[i], (uint64_t)from[i]);
}

/* Too heavy for a plain merge? Made-up weights may be, none overflows. */
static int too_heavy(const int64_t *a, const int64_t *b)
{
    const uint64_t weight = (uint64_t)a[XSUM_WEIGHT] + (uint64_t)b[XSUM_WEIGHT];
    return weight > (uint64_t)XSUM_MAX_WEIGHT;
}

__attribute__((noinline))
static void merge_heavy(int64_t *into, const int64_t *from, int n_digits)
{
    int64_t light[XSQR_WORDS]; /* the longest there is */
    xsum_normalise(into, n_digits);
    if (too_heavy(into, from)) {
        memcpy(light, from, (size_t)(XSUM_DIGITS + n_digits) * sizeof *light);
        xsum_normalise(light, n_digits);
        from = light;
    }
    add_lanes(into, from, n_digits);
}

void xsum_merge(int64_t *into, const int64_t *from, int n_digits)
{
    if (too_heavy(into, from))
        merge_heavy(into, from, n_digits);
    else
        add_lanes(into, from, n_digits);
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
        digit[i] &= DIGIT_MASK;
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
